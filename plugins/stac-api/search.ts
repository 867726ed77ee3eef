import { z } from "zod";
import { InvalidRequestError, type CatalogItem, type SearchQuery, type StacJson } from "../../src/plugin.js";

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

/** The body of POST /search. @throws InvalidRequestError for a token that is none of ours. */
export function searchBody({ ids, collections, bbox, intersects, datetime, limit, token }: SearchQuery): StacJson {
  const moment = (ms: number): string => (Number.isFinite(ms) ? new Date(ms).toISOString() : "..");
  const open = datetime === undefined || datetime.every((ms) => !Number.isFinite(ms));
  return {
    ...(ids === undefined ? {} : { ids }),
    ...(collections === undefined ? {} : { collections }),
    ...(bbox === undefined ? {} : { bbox }),
    ...(intersects === undefined ? {} : { intersects }),
    ...(open ? {} : { datetime: datetime.map(moment).join("/") }),
    limit,
    sortby: [{ field: "properties.datetime", direction: "desc" }],
    ...(token === undefined ? {} : fromToken(token)),
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
