import type { Request } from "express";
import { z } from "zod";
import { parseBounds } from "../catalog/footprint.js";
import { MOST_TOKENS } from "../core/codecs.js";
import { InvalidRequestError } from "../core/errors.js";
import type { Bounds } from "../geo/bounds.js";

/** The query string's parameters, whatever query parser the surrounding Express app has. */
export function queryOf(request: Request): URLSearchParams {
  const at = request.originalUrl.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : request.originalUrl.slice(at + 1));
}

const MAX_BUFFER_PX = 512;

/**
 * `buffer`: pixels more on each side of a tile, a multiple of a half. `padding`, which is there against seams, is read and changes
 * nothing: tiles have none.
 *
 * @throws InvalidRequestError
 */
export function parseBuffer(query: URLSearchParams): number {
  for (const [name, step] of [
    ["padding", 1],
    ["buffer", 0.5],
  ] as const) {
    const text = query.get(name) ?? "";
    const value = text === "" ? 0 : parseNumber(text, name);
    if (value < 0 || value > MAX_BUFFER_PX || !Number.isInteger(value / step))
      throw new InvalidRequestError(
        `${name} is "${text.slice(0, 40)}"; wanted a multiple of ${step} from 0 to ${MAX_BUFFER_PX}`,
      );
    if (name === "buffer") return value;
  }
  return 0;
}

const tokensSchema = z
  .string()
  .regex(/^\d{1,2}$/)
  .transform(Number)
  .pipe(z.int().max(MOST_TOKENS));

/**
 * `quality`: how many of FlexTEC's tokens a picture is made of; undefined: all.
 *
 * @throws InvalidRequestError
 */
export function parseTokens(query: URLSearchParams): number | undefined {
  const text = query.get("quality") ?? "";
  if (text === "") return undefined;
  const parsed = tokensSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidRequestError(
    `quality is "${text.slice(0, 40)}"; wanted a whole number of tokens from 0 to ${MOST_TOKENS}`,
  );
}

/**
 * "west,south,east,north" in degrees, or 6 numbers with heights.
 *
 * @throws InvalidRequestError
 */
export function parseBbox(text: string): Bounds {
  return parseBounds(
    text.split(",").map((part) => parseNumber(part, "bbox")),
    "bbox",
  );
}

/**
 * A closed interval of milliseconds: an instant, a date (all of the day; of the month or year where that's all there is), or two of
 * them with "/" between, ".." or nothing for an open end.
 *
 * @throws InvalidRequestError
 */
export function parseDatetime(text: string): readonly [fromMs: number, toMs: number] {
  const parts = text.trim().split("/");
  const [first = "", second] = parts;
  if (parts.length > 2) throw new InvalidRequestError(`datetime is "${text.slice(0, 80)}"; wanted one "/" at most`);
  if (second === undefined) return parseMoment(first, text);
  const isOpen = (part: string): boolean => part === "" || part === "..";
  const from = isOpen(first) ? -Infinity : parseMoment(first, text)[0];
  const to = isOpen(second) ? Infinity : parseMoment(second, text)[1];
  if (from > to) throw new InvalidRequestError(`datetime is "${text.slice(0, 80)}", which ends before it begins`);
  return [from, to];
}

const instantSchema = z.iso.datetime({ offset: true });
const dateSchema = z.iso.date();

function parseMoment(part: string, text: string): readonly [number, number] {
  const upper = part
    .trim()
    .toUpperCase()
    .replace(/^(\d{4}-\d\d-\d\d) /, "$1T");
  // A "+" of an offset that wasn't percent-encoded in the URL arrives as a space.
  const instant = upper.replace(/ (\d\d:\d\d)$/, "+$1");
  if (instantSchema.safeParse(instant).success) return [Date.parse(instant), Date.parse(instant)];
  const [, year, month, day] = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/.exec(upper) ?? [];
  if (year === undefined || !dateSchema.safeParse(`${year}-${month ?? "01"}-${day ?? "01"}`).success) {
    throw new InvalidRequestError(
      `datetime is "${text.slice(0, 80)}"; wanted an RFC 3339 instant such as 2024-05-01T10:00:00Z, a date, or an interval of them`,
    );
  }
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  const start = Date.parse(`${year}-${month ?? "01"}-${day ?? "01"}T00:00:00Z`);
  return [start, endOfPeriod(start, month, day)];
}

/** The last millisecond of the year, month or day that begins at `start`. */
function endOfPeriod(start: number, month: string | undefined, day: string | undefined): number {
  const next = new Date(start);
  if (month === undefined) next.setUTCFullYear(next.getUTCFullYear() + 1);
  else if (day === undefined) next.setUTCMonth(next.getUTCMonth() + 1);
  else next.setUTCDate(next.getUTCDate() + 1);
  return next.getTime() - 1;
}

/** @throws InvalidRequestError naming the parameter that holds the text. */
export function parseNumber(text: string, name: string): number {
  if (/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text)) return Number(text);
  throw new InvalidRequestError(`${name} holds "${text.slice(0, 40)}"; wanted a number`);
}
