import { InvalidRequestError } from "../core/errors.js";

const DAYS = new Map([
  ["d", 1],
  ["w", 7],
  ["m", 30],
  ["y", 365],
]);

/** The instant, milliseconds, that `--older-than` names: a date or RFC 3339 time, or so long before now (90d, 12w, 6m, 2y). @throws InvalidRequestError */
export function instantBefore(text: string, nowMs = Date.now()): number {
  const [, count, unit = ""] = /^(\d{1,5})([dwmy])$/.exec(text) ?? [];
  if (count !== undefined) return nowMs - Number(count) * (DAYS.get(unit) ?? 1) * 86_400_000;
  const isDate = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const instant = isDate ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(instant)) return instant;
  throw new InvalidRequestError(
    `--older-than is "${text.slice(0, 40)}"; wanted a date (2023-01-01), a time (2023-01-01T10:00:00Z) or an age (90d, 12w, 6m, 2y)`,
  );
}
