import type { Request } from "express";
import { z } from "zod";
import { parseBounds } from "../catalog/footprint.js";
import { MOST_TOKENS } from "../core/codecs.js";
import { InvalidRequestError } from "../core/errors.js";
import { parameter, type Parameter } from "../core/parameter.js";

/** What the route that answers a request declares of its query; others aren't read. */
const DECLARED = new WeakMap<Request, (name: string) => boolean>();

export function declareParameters(request: Request, isDeclared: (name: string) => boolean): void {
  DECLARED.set(request, isDeclared);
}

/** The query's parameters, as far as the route declares them, whatever query parser the surrounding Express app has. */
export function queryOf(request: Request): URLSearchParams {
  const isDeclared = DECLARED.get(request);
  return new URLSearchParams(
    isDeclared === undefined ? [] : [...wholeQueryOf(request)].filter(([name]) => isDeclared(name)),
  );
}

/** All of a query, for links that lead here again. */
export function wholeQueryOf(request: Request): URLSearchParams {
  const at = request.originalUrl.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : request.originalUrl.slice(at + 1));
}

/** What isn't of those parameters. */
export function queryWithout(query: URLSearchParams, parameters: readonly Parameter[]): URLSearchParams {
  return new URLSearchParams([...query].filter(([name]) => !parameters.some((one) => one.name === name)));
}

const MAX_BUFFER_PX = 512;

export const BUFFER = parameter({
  name: "buffer",
  description: "Pixels more on each side of a tile",
  example: "2.5",
  schema: z.number().min(0).max(MAX_BUFFER_PX).multipleOf(0.5),
  wanted: `a multiple of 0.5 from 0 to ${MAX_BUFFER_PX}`,
});
export const PADDING = parameter({
  name: "padding",
  description: "Changes nothing: it is there against seams, which tiles here don't have",
  example: "4",
  schema: z.int().min(0).max(MAX_BUFFER_PX),
  wanted: `a multiple of 1 from 0 to ${MAX_BUFFER_PX}`,
});
export const QUALITY = parameter({
  name: "quality",
  description: `Of items stored as FlexTEC: how many of their ${MOST_TOKENS} tokens are read; default all`,
  example: "8",
  schema: z.int().min(0).max(MOST_TOKENS),
  wanted: `a whole number of tokens from 0 to ${MOST_TOKENS}`,
});
export const DATETIME = parameter({
  name: "datetime",
  description: "Instant, date (of a month or year: all of it), or interval of two with / between, .. for an open end",
  example: "2024-12-31",
  schema: z.string().transform(parseDatetime),
});
export const BBOX = parameter({
  name: "bbox",
  description: "west,south,east,north in degrees; 6 numbers with heights; west > east crosses 180°",
  example: "3,42,3.1,43",
  schema: z.array(z.number("a number")).transform((numbers) => parseBounds(numbers, "bbox")),
  commas: true,
});
/** Not told of a route, as none of them reads it. */
export const API_KEY = "api_key";

/** `buffer` of a tile, pixels. `padding` is only checked. @throws InvalidRequestError */
export function parseBuffer(query: URLSearchParams): number {
  PADDING.of(query);
  return BUFFER.of(query) ?? 0;
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
