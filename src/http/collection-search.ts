import { z } from "zod";
import { hasText } from "../catalog/free-text.js";
import { boundsGeometry, geometriesIntersect } from "../catalog/intersects.js";
import { parseBounds } from "../catalog/footprint.js";
import type { StacJson } from "../catalog/types.js";
import { InvalidRequestError } from "../core/errors.js";
import { parseSearchParams } from "./search-params.js";

/** Collections a page, unless told otherwise: all that most servers have. */
const DEFAULT_LIMIT = 1000;

export interface CollectionPage {
  readonly collections: readonly StacJson[];
  readonly matched: number;
  /** Query of the next page. */
  readonly next: URLSearchParams | undefined;
}

const extentSchema = z.looseObject({
  extent: z.looseObject({
    spatial: z.looseObject({ bbox: z.array(z.array(z.number())) }),
    temporal: z.looseObject({ interval: z.array(z.array(z.string().nullable())) }),
  }),
});

/** Parameters of items that collections have none of. */
const OF_ITEMS = ["ids", "collections", "intersects", "filter", "query", "sortby", "fields", "token"];

/**
 * STAC's collection search: by bbox, datetime, words (q), a page at a time.
 *
 * @throws InvalidRequestError
 */
export function searchCollections(all: readonly StacJson[], query: URLSearchParams): CollectionPage {
  const wrong = OF_ITEMS.find((name) => query.has(name));
  if (wrong !== undefined)
    throw new InvalidRequestError(`${wrong} isn't for collections; wanted bbox, datetime, q, limit or offset`);
  const { query: asked } = parseSearchParams(query);
  const limit = query.has("limit") ? asked.limit : DEFAULT_LIMIT;
  const offset = offsetOf(query.get("offset"));
  const box = asked.bbox === undefined ? undefined : boundsGeometry(asked.bbox);
  const found = all.filter((collection) => {
    if (asked.text !== undefined && !hasText(collection, asked.text)) return false;
    const extent = extentSchema.safeParse(collection).data?.extent;
    if (extent === undefined) return true;
    return (
      (box === undefined ||
        boxesOf(extent.spatial.bbox).some((one) => geometriesIntersect(boundsGeometry(one), box))) &&
      (asked.datetime === undefined || extent.temporal.interval.some((one) => overlaps(one, asked.datetime)))
    );
  });
  const next = new URLSearchParams(query);
  next.set("offset", String(offset + limit));
  return {
    collections: found.slice(offset, offset + limit),
    matched: found.length,
    next: offset + limit < found.length ? next : undefined,
  };
}

/** The first box is around all the others. */
const boxesOf = (boxes: readonly (readonly number[])[]): readonly ReturnType<typeof parseBounds>[] =>
  (boxes.length > 1 ? boxes.slice(1) : boxes).map((box) => parseBounds(box, "bbox of a collection"));

function overlaps(
  [start, end]: readonly (string | null)[],
  asked: readonly [number, number] = [-Infinity, Infinity],
): boolean {
  const from = typeof start === "string" ? Date.parse(start) : -Infinity;
  const to = typeof end === "string" ? Date.parse(end) : Infinity;
  return from <= asked[1] && to >= asked[0];
}

function offsetOf(text: string | null): number {
  if (text === null || text === "") return 0;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidRequestError(`offset is "${text.slice(0, 40)}"; wanted a whole number`);
}
