import type { Request } from "express";
import { z } from "zod";
import { parseBounds } from "../catalog/footprint.js";
import { parseGeometry } from "../catalog/geometry.js";
import type { SearchQuery } from "../catalog/types.js";
import { MOST_TOKENS } from "../core/codecs.js";
import { InvalidRequestError } from "../core/errors.js";
import type { Bounds } from "../geo/bounds.js";

/** Items a page, unless told otherwise. */
export const DEFAULT_LIMIT = 10;
/** More are never sent on one page; a greater limit counts as this one. */
export const MAX_LIMIT = 1000;

/** The query string's parameters, whatever query parser the surrounding Express app has. */
export function queryOf(request: Request): URLSearchParams {
  const at = request.originalUrl.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : request.originalUrl.slice(at + 1));
}

/** Body of POST /search, and, with lists joined by commas, the parameters of GET /search. */
export const searchSchema = z.object({
  collections: z.array(z.string()).optional().describe("Only items of these collections"),
  ids: z.array(z.string()).optional().describe("Only items with these ids"),
  bbox: z
    .array(z.number())
    .optional()
    .describe("west,south,east,north in degrees; 6 numbers with heights; west > east crosses 180°"),
  intersects: z.unknown().optional().describe("GeoJSON geometry in WGS84 degrees; not together with bbox"),
  datetime: z
    .string()
    .optional()
    .describe("RFC 3339 instant, or interval with .. for an open end; a date means the whole day"),
  limit: z
    .int()
    .min(1)
    .optional()
    .describe(`Items a page, default ${DEFAULT_LIMIT}; above ${MAX_LIMIT} counts as ${MAX_LIMIT}`),
  token: z.string().optional().describe("From the next link of the page before"),
  sortby: z.unknown().optional().describe("Only the order that there is: -datetime"),
});

/** Parameters that other servers have; ignoring them would give wrong answers. */
const NOT_HERE = ["filter", "query", "q"];

/**
 * The search that a GET asks for.
 *
 * @throws InvalidRequestError naming the parameter, what it is and what was wanted.
 */
export function parseSearchParams(query: URLSearchParams): SearchQuery {
  const text = (name: string): string | undefined => {
    const values = query.getAll(name).filter((value) => value !== "");
    return values.length === 0 ? undefined : values.join(",");
  };
  const list = (name: string): string[] | undefined => text(name)?.split(",");
  const limit = text("limit");
  const raw = {
    collections: list("collections"),
    ids: list("ids"),
    bbox: list("bbox")?.map((part) => parseNumber(part, "bbox")),
    intersects: text("intersects"),
    datetime: query.get("datetime") ?? undefined,
    limit: limit === undefined ? undefined : parseNumber(limit, "limit"),
    token: text("token"),
    sortby: text("sortby"),
    ...Object.fromEntries(NOT_HERE.map((name) => [name, text(name)])),
  };
  return parseSearch(raw);
}

/**
 * The search that a POST's body asks for.
 *
 * @throws InvalidRequestError naming the field, what it is and what was wanted.
 */
export function parseSearch(body: unknown): SearchQuery {
  const record = z.record(z.string(), z.unknown()).safeParse(body ?? {});
  if (!record.success)
    throw new InvalidRequestError("The request's body isn't a JSON object; wanted search parameters");
  const unwanted = NOT_HERE.find((name) => record.data[name] !== undefined && record.data[name] !== null);
  if (unwanted !== undefined) {
    throw new InvalidRequestError(
      `${unwanted} isn't supported; wanted ids, collections, bbox, intersects, datetime, limit or token`,
    );
  }
  const given = Object.fromEntries(Object.entries(record.data).filter(([, value]) => value !== null));
  const parsed = searchSchema.safeParse(given);
  if (!parsed.success) throw new InvalidRequestError(sentenceOf(parsed.error, given));
  const { collections, ids, bbox, intersects, datetime, limit = DEFAULT_LIMIT, token, sortby } = parsed.data;
  if (bbox !== undefined && intersects !== undefined) {
    throw new InvalidRequestError("bbox and intersects are both given; wanted one of them");
  }
  if (sortby !== undefined) checkOrder(sortby);
  return {
    ...(collections === undefined || collections.length === 0 ? {} : { collections }),
    ...(ids === undefined || ids.length === 0 ? {} : { ids }),
    ...(bbox === undefined ? {} : { bbox: parseBounds(bbox, "bbox") }),
    ...(intersects === undefined ? {} : { intersects: parseGeometry(intersects) }),
    ...(datetime === undefined || datetime === "" ? {} : { datetime: parseDatetime(datetime) }),
    ...(token === undefined ? {} : { token }),
    limit: Math.min(limit, MAX_LIMIT),
  };
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

function parseNumber(text: string, name: string): number {
  if (/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text)) return Number(text);
  throw new InvalidRequestError(`${name} holds "${text.slice(0, 40)}"; wanted a number`);
}

function checkOrder(sortby: unknown): void {
  const fields = z
    .union([z.string(), z.array(z.object({ field: z.string(), direction: z.string().default("asc") }))])
    .safeParse(sortby);
  const spelled = !fields.success
    ? "?"
    : typeof fields.data === "string"
      ? fields.data
      : fields.data.map(({ field, direction }) => (direction === "desc" ? `-${field}` : field)).join(",");
  if (/^-(properties\.)?datetime$/.test(spelled)) return;
  throw new InvalidRequestError(
    `sortby is "${spelled.slice(0, 80)}"; wanted -datetime, the order that items always have`,
  );
}

function sentenceOf(error: z.ZodError, given: Readonly<Record<string, unknown>>): string {
  const [issue] = error.issues;
  const name = String(issue?.path[0] ?? "body");
  return `${name} is ${(JSON.stringify(given[name]) ?? "missing").slice(0, 60)}: ${issue?.message ?? "unreadable"}`;
}

/** The parameters of GET /search as OpenAPI describes them, from the schema above. */
export function parameterDocs(): readonly {
  readonly name: string;
  readonly in: "query";
  readonly [key: string]: unknown;
}[] {
  return Object.entries(searchSchema.shape).map(([name, schema]) => {
    const inner = schema.unwrap();
    const list = inner instanceof z.ZodArray;
    const { $schema: _, description: __, ...json } = z.toJSONSchema(inner, { target: "openapi-3.0" });
    const text = { type: "string" };
    return {
      name,
      in: "query" as const,
      description: schema.description,
      ...(list ? { style: "form", explode: false } : {}),
      schema: name === "intersects" || name === "sortby" ? text : json,
    };
  });
}
