import { InvalidRequestError } from "../../core/errors.js";
import type { Instant } from "./expression.js";

const DAY_MS = 86_400_000;
const PATTERN = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$/i;

/** Milliseconds since 1970 of RFC 3339 text, of a day its first; undefined for what is neither. */
export function parseInstant(text: string): number | undefined {
  if (!PATTERN.test(text)) return undefined;
  const ms = Date.parse(text.toUpperCase());
  if (Number.isNaN(ms)) return undefined;
  // Date.parse takes 30 February for 1 March.
  const day = text.slice(0, 10);
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day) ? ms : undefined;
}

/** The last millisecond that a text means: of a day its last, of an instant itself. */
export const lastMs = (text: string, ms: number): number => (text.length === 10 ? ms + DAY_MS - 1 : ms);

/** Milliseconds of a date's beginning or a timestamp. @throws InvalidRequestError */
export function instantMs(instant: Instant): number {
  const text = "date" in instant ? instant.date : instant.timestamp;
  const ms = parseInstant(text);
  if (ms === undefined || ("date" in instant && text.length !== 10))
    throw new InvalidRequestError(
      `filter has the ${"date" in instant ? "date" : "instant"} "${text.slice(0, 40)}"; wanted RFC 3339, such as ${"date" in instant ? "2024-05-01" : "2024-05-01T10:00:00Z"}`,
    );
  return ms;
}
