import { z } from "zod";
import {
  InvalidRequestError,
  type Aggregation,
  type AggregationRequest,
  type CatalogItem,
  type SearchFilter,
  type SearchQuery,
  type StacJson,
} from "../../src/plugin.js";

/** A JSON object. */
export const document = z.record(z.string(), z.unknown());
/** The links of a document, as far as paging needs them. */
export const linksSchema = z.array(
  z.looseObject({ rel: z.string(), href: z.string().default(""), body: document.optional() }),
);
/** An answer of /search; `context` is what older APIs say instead of numberMatched. */
export const searchSchema = z.looseObject({
  features: z.array(document),
  links: linksSchema.default([]),
  numberMatched: z.int().optional(),
  context: z.looseObject({ matched: z.int().optional() }).optional(),
});

/** The answer of /queryables. */
export const queryablesSchema = z.looseObject({ properties: z.record(z.string(), document) });

/** The answer of /aggregate. */
export const aggregationsSchema = z.looseObject({
  aggregations: z.array(z.custom<Aggregation>((one) => z.looseObject({ name: z.string() }).safeParse(one).success)),
});

/** The body of POST /search. @throws InvalidRequestError for a token that is none of ours. */
export function searchBody({ limit, token, sortby, ...filter }: SearchQuery): StacJson {
  const keys = sortby ?? [{ property: "datetime", descending: true }];
  return {
    ...filterBody(filter),
    limit,
    sortby: keys.map(({ property, descending }) => ({
      field: CORE.has(property) || property.startsWith("properties.") ? property : `properties.${property}`,
      direction: descending ? "desc" : "asc",
    })),
    ...(token === undefined ? {} : fromToken(token)),
  };
}

/** The body of POST /aggregate. */
export function aggregateBody(filter: SearchFilter, asked: readonly AggregationRequest[]): StacJson {
  const interval = asked.find((one) => one.interval !== undefined)?.interval;
  return {
    ...filterBody(filter),
    aggregations: asked.map(({ name }) => name),
    ...(interval === undefined ? {} : { datetime_frequency_interval: interval }),
  };
}

/** Members of an item beside its properties. */
const CORE = new Set(["id", "collection"]);

function filterBody({ ids, collections, bbox, intersects, datetime, filter, text }: SearchFilter): StacJson {
  const moment = (ms: number): string => (Number.isFinite(ms) ? new Date(ms).toISOString() : "..");
  const open = datetime === undefined || datetime.every((ms) => !Number.isFinite(ms));
  return {
    ...(ids === undefined ? {} : { ids }),
    ...(collections === undefined ? {} : { collections }),
    ...(bbox === undefined ? {} : { bbox }),
    ...(intersects === undefined ? {} : { intersects }),
    ...(open ? {} : { datetime: datetime.map(moment).join("/") }),
    ...(filter === undefined ? {} : { filter, "filter-lang": "cql2-json" }),
    ...(text === undefined ? {} : { q: text }),
  };
}

/** Only this part of a next link comes back from clients, so that they can't send the server elsewhere. */
const tokenSchema = z.union([z.strictObject({ token: z.string() }), z.strictObject({ next: z.string() })]);

/** The next page's token (most APIs) or next (stac-server), from the body or the query of its link. */
export function nextToken(links: z.infer<typeof linksSchema>): string | undefined {
  const link = links.find(({ rel }) => rel === "next");
  if (link === undefined) return undefined;
  const query = new URLSearchParams(link.href.split("?")[1]);
  for (const key of ["token", "next"]) {
    const value = link.body?.[key] ?? query.get(key);
    if (typeof value === "string") return Buffer.from(JSON.stringify({ [key]: value })).toString("base64url");
  }
  return undefined;
}

function fromToken(token: string): StacJson {
  try {
    return tokenSchema.parse(JSON.parse(Buffer.from(token, "base64url").toString()));
  } catch (cause) {
    throw new InvalidRequestError(`token is "${token.slice(0, 40)}"; wanted one from a next link`, { cause });
  }
}

/** The order of a Catalog. */
export const newestFirst = (a: CatalogItem, b: CatalogItem): number =>
  b.datetimeMs - a.datetimeMs || compare(a.collection, b.collection) || compare(a.id, b.id);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
