import { z } from "zod";
import { parseInstant } from "../catalog/cql2/instants.js";
import type { Expression } from "../catalog/cql2/expression.js";
import { parseCql2Json } from "../catalog/cql2/parse-json.js";
import { parseCql2Text } from "../catalog/cql2/parse-text.js";
import { parseBounds } from "../catalog/footprint.js";
import { parseGeometry } from "../catalog/geometry.js";
import type { SortKey } from "../catalog/sort-order.js";
import type { SearchQuery } from "../catalog/types.js";
import { InvalidRequestError } from "../core/errors.js";
import { parameter, type Parameter } from "../core/parameter.js";
import type { MosaicFilter } from "../tile/mosaic/find-items.js";
import { EFFORT_PARAMETERS, parseEffort } from "./effort-params.js";
import { parseFields, type Fields } from "./item-fields.js";
import { parseDatetime } from "./params.js";
import { queryFilter } from "./query-extension.js";

/** Items a page, unless told otherwise. */
const DEFAULT_LIMIT = 10;
/** More are never sent on one page; a greater limit counts as this one. */
const MAX_LIMIT = 1000;
const CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

/** A text alone is taken for a list of one. */
const texts = z.preprocess((value) => (typeof value === "string" ? [value] : value), z.array(z.string()));

/** Of a body with a search, bytes. */
export const SEARCH_BODY = 1_000_000;

/** Body of POST /search, and, with lists joined by commas, the parameters of GET /search. */
export const searchSchema = z.object({
  collections: texts.optional().describe("Only items of these collections"),
  ids: texts.optional().describe("Only items with these ids"),
  bbox: z
    .array(z.number())
    .optional()
    .describe("west,south,east,north in degrees; 6 numbers with heights; west > east crosses 180°"),
  intersects: z.unknown().optional().describe("GeoJSON geometry in WGS84 degrees; not together with bbox"),
  datetime: z.string().optional().describe("RFC 3339 instant, or interval of two with .. for an open end"),
  q: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe("Phrases, with commas between: items with one of them in title, description or keywords"),
  filter: z.unknown().optional().describe("CQL2, as text or JSON (filter-lang)"),
  "filter-lang": z.enum(["cql2-text", "cql2-json"]).optional().describe("cql2-text for GET, cql2-json for POST"),
  "filter-crs": z.string().optional().describe(`Of the filter's geometries: ${CRS84}`),
  query: z.unknown().optional().describe('Conditions of STAC\'s query extension: {"eo:cloud_cover":{"lt":20}}'),
  sortby: z
    .unknown()
    .optional()
    .describe("Properties to sort by: +eo:cloud_cover,-datetime; newest first unless given"),
  fields: z.unknown().optional().describe("Members of the items to send: properties.datetime,-assets"),
  limit: z
    .int()
    .min(1)
    .optional()
    .describe(`Items a page, default ${DEFAULT_LIMIT}; above ${MAX_LIMIT} counts as ${MAX_LIMIT}`),
  token: z.string().optional().describe("From the next link of the page before"),
});

const list = z.array(z.string());
const joined = list.transform((given) => given.join(","));
/** How a field of the body above is given in a query. */
const inQuery = (name: keyof typeof searchSchema.shape, example: string, schema: z.ZodType = z.string()): Parameter =>
  parameter({
    name,
    description: searchSchema.shape[name].description ?? "",
    example,
    schema,
    ...(schema instanceof z.ZodArray ? { commas: true } : schema === joined ? {} : { once: true }),
  });

const COLLECTIONS = inQuery("collections", "sentinel-2-l2a", list);
const IDS = inQuery("ids", "scene_2024-01-10", list);
// How many numbers is told here, and checked where what is wrong is said.
const BBOX = inQuery("bbox", "3,42,3.1,43", z.array(z.number("a number")).meta({ minItems: 4, maxItems: 6 }));
const FILTER = inQuery("filter", "tec:valid_percent > 1");
const FILTER_LANG = inQuery("filter-lang", "cql2-text", z.enum(["cql2-text", "cql2-json"]));
const FILTER_CRS = inQuery("filter-crs", CRS84);
const QUERY = inQuery("query", '{"tec:valid_percent":{"gt":1}}');
const SORTBY = inQuery("sortby", "-tec:valid_percent", joined);
export const LIMIT = inQuery("limit", "2", z.int().min(1).meta({ default: DEFAULT_LIMIT, maximum: MAX_LIMIT }));
/** Of GET /search. */
export const SEARCH_PARAMETERS: readonly Parameter[] = [
  COLLECTIONS,
  IDS,
  BBOX,
  inQuery("intersects", '{"type":"Point","coordinates":[3,42]}'),
  inQuery("datetime", "2024-01-01T00:00:00Z/.."),
  inQuery("q", "sentinel", list),
  FILTER,
  FILTER_LANG,
  FILTER_CRS,
  QUERY,
  SORTBY,
  inQuery("fields", "id,-assets", joined),
  LIMIT,
  inQuery("token", "0"),
];

const NARROWING: readonly Parameter[] = [IDS, BBOX, QUERY, FILTER, FILTER_LANG, FILTER_CRS];
/** Which of a collection's items count. */
export const FILTER_PARAMETERS: readonly Parameter[] = [...NARROWING, ...EFFORT_PARAMETERS];
export const ORDER_PARAMETERS: readonly Parameter[] = [SORTBY];

/** A search, and which members of its items are to be sent. */
export interface SearchRequest {
  readonly query: SearchQuery;
  readonly fields: Fields | undefined;
}

/**
 * The search that a GET asks for.
 *
 * @throws InvalidRequestError naming the parameter, what it is and what was wanted.
 */
export function parseSearchParams(query: URLSearchParams): SearchRequest {
  return parseSearch({
    ...Object.fromEntries(SEARCH_PARAMETERS.map((one) => [one.name, one.of(query)])),
    // Nothing at all is wrong of these two.
    ...Object.fromEntries(["datetime", "fields"].flatMap((name) => (query.get(name) === "" ? [[name, ""]] : []))),
  });
}

/**
 * The search that a POST's body asks for.
 *
 * @throws InvalidRequestError naming the field, what it is and what was wanted.
 */
export function parseSearch(body: unknown, intervalOf = parseInterval): SearchRequest {
  const record = z.record(z.string(), z.unknown()).safeParse(body ?? {});
  if (!record.success)
    throw new InvalidRequestError("The request's body isn't a JSON object; wanted search parameters");
  if (record.data["fields"] === null)
    throw new InvalidRequestError('fields is null; wanted {"include":[...],"exclude":[...]} of names, or nothing');
  const given = Object.fromEntries(
    Object.entries(record.data).filter(([, value]) => value !== null && value !== undefined),
  );
  const parsed = searchSchema.safeParse(given);
  if (!parsed.success) throw new InvalidRequestError(sentenceOf(parsed.error, given));
  const { collections, ids, bbox, intersects, datetime, limit = DEFAULT_LIMIT, token, q, sortby } = parsed.data;
  if (bbox !== undefined && intersects !== undefined)
    throw new InvalidRequestError("bbox and intersects are both given; wanted one of them");
  const phrases = (typeof q === "string" ? q.split(",") : (q ?? []))
    .map((one) => one.trim())
    .filter((one) => one !== "");
  const filter = parseFilter(parsed.data);
  const keys = sortby === undefined ? [] : parseSortby(sortby);
  const query: SearchQuery = {
    ...(collections === undefined || collections.length === 0 ? {} : { collections }),
    ...(ids === undefined || ids.length === 0 ? {} : { ids }),
    ...(bbox === undefined ? {} : { bbox: parseBounds(bbox, "bbox") }),
    ...(intersects === undefined ? {} : { intersects: parseGeometry(intersects) }),
    ...(datetime === undefined ? {} : { datetime: intervalOf(datetime) }),
    ...(phrases.length === 0 ? {} : { text: phrases }),
    ...(filter === undefined ? {} : { filter }),
    ...(keys.length === 0 ? {} : { sortby: keys }),
    ...(token === undefined ? {} : { token }),
    limit: Math.min(limit, MAX_LIMIT),
  };
  return { query, fields: parsed.data.fields === undefined ? undefined : parseFields(parsed.data.fields) };
}

/** `filter` and `query` together. */
function parseFilter({
  filter,
  query,
  "filter-lang": language,
  "filter-crs": crs,
}: z.infer<typeof searchSchema>): Expression | undefined {
  if (crs !== undefined && crs !== CRS84)
    throw new InvalidRequestError(`filter-crs is "${crs.slice(0, 80)}"; wanted ${CRS84}`);
  const asked = [
    ...(filter === undefined ? [] : [parseCql2(filter, language)]),
    ...(query === undefined ? [] : queryFilter(query)),
  ];
  return asked.length > 1 ? { op: "and", args: asked } : asked[0];
}

function parseCql2(filter: unknown, language: "cql2-text" | "cql2-json" | undefined): Expression {
  if (typeof filter !== "string") {
    if (language === "cql2-text")
      throw new InvalidRequestError("filter is JSON, filter-lang says cql2-text; wanted them to agree");
    return parseCql2Json(filter);
  }
  if (language !== "cql2-json") return parseCql2Text(filter);
  try {
    return parseCql2Json(JSON.parse(filter));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InvalidRequestError(`filter is "${filter.slice(0, 40)}", which is no JSON; filter-lang says cql2-json`, {
      cause: error,
    });
  }
}

/**
 * A closed interval of milliseconds: an RFC 3339 instant, or two of them with "/" between, one ".." or nothing for an open end.
 *
 * @throws InvalidRequestError
 */
function parseInterval(text: string): readonly [fromMs: number, toMs: number] {
  const ends = text.split("/");
  const [first = "", second = first] = ends;
  const isOpen = (part: string): boolean => part === "" || part === "..";
  const fail = (why: string): never => {
    throw new InvalidRequestError(
      `datetime is "${text.slice(0, 80)}"${why}; wanted an RFC 3339 instant such as 2024-05-01T10:00:00Z, or two with "/" between, one of which may be ".."`,
    );
  };
  if (ends.length > 2) return fail(', with more than one "/"');
  if (isOpen(first) && isOpen(second)) return fail(", without an instant");
  const [from, to] = [first, second].map((part) => {
    // A "+" of an offset that wasn't percent-encoded in the URL arrives as a space.
    const instant = part.replace(/ (\d\d:\d\d)$/, "+$1");
    const ms = instant.length === 10 ? undefined : parseInstant(instant);
    return isOpen(part) ? undefined : (ms ?? fail(`, where "${part.slice(0, 40)}" is none`));
  });
  if (from !== undefined && to !== undefined && from > to) return fail(", which ends before it begins");
  return [from ?? -Infinity, to ?? Infinity];
}

const sortSchema = z.array(z.object({ field: z.string().min(1), direction: z.enum(["asc", "desc"]).default("asc") }));

/** A text with signs before its properties, or a list of fields and directions. */
function parseSortby(sortby: unknown): readonly SortKey[] {
  const keys: readonly SortKey[] =
    typeof sortby === "string"
      ? sortby.split(",").map((part) => {
          // A "+" that wasn't percent-encoded arrives as a space.
          const [, sign = "", property = ""] = /^([-+ ]?)(.*)$/s.exec(part) ?? [];
          return { property, descending: sign === "-" };
        })
      : parseSortList(sortby);
  if (keys.some(({ property }) => property === ""))
    throw new InvalidRequestError(`sortby is "${String(sortby).slice(0, 80)}"; wanted properties such as -datetime`);
  if (keys.length > MAX_KEYS)
    throw new InvalidRequestError(`sortby has ${keys.length} properties; wanted at most ${MAX_KEYS}`);
  const [only] = keys;
  // The order that items have anyway.
  return keys.length === 1 && only?.descending === true && /^(properties\.)?datetime$/.test(only.property) ? [] : keys;
}

const MAX_KEYS = 8;

function parseSortList(sortby: unknown): readonly SortKey[] {
  const parsed = sortSchema.safeParse(sortby);
  if (parsed.success)
    return parsed.data.map(({ field, direction }) => ({ property: field, descending: direction === "desc" }));
  throw new InvalidRequestError(
    `sortby is ${JSON.stringify(sortby).slice(0, 80)}; wanted [{"field":"datetime","direction":"desc"}]`,
  );
}

function sentenceOf(error: z.ZodError, given: Readonly<Record<string, unknown>>): string {
  const [issue] = error.issues;
  const name = String(issue?.path[0] ?? "body");
  return `${name} is ${(JSON.stringify(given[name]) ?? "missing").slice(0, 60)}: ${issue?.message ?? "unreadable"}`;
}

/** The items that a mosaic is made of: a search without paging, whose datetime may be of days, as its tiles' may. @throws InvalidRequestError */
export function parseMosaicFilter(search: unknown): MosaicFilter {
  const { limit: _limit, token: _token, ...filter } = parseSearch(search, parseDatetime).query;
  return filter;
}

/** The same of a registered search, with how hard a query has them looked for. @throws InvalidRequestError */
export function parseRegistered(search: unknown, query: URLSearchParams): MosaicFilter {
  return { ...parseMosaicFilter(search), effort: parseEffort(query) };
}

/**
 * Those of a collection that a query narrows as titiler-pgstac does: `ids`, `bbox`, `query`, `filter`, `sortby`, and how hard they are looked for.
 * `datetime` is left to what reads dates.
 *
 * @throws InvalidRequestError
 */
export function parseCollectionFilter(collection: string, query: URLSearchParams): MosaicFilter {
  const given = [...NARROWING, SORTBY].map((one) => [one.name, one.of(query)] as const);
  const { limit: _limit, token: _token, ...filter } = parseSearch(Object.fromEntries(given)).query;
  return { ...filter, collections: [collection], effort: parseEffort(query) };
}
