import { z } from "zod";
import { hasText } from "../catalog/free-text.js";
import { boundsGeometry, geometriesIntersect } from "../catalog/intersects.js";
import { parseBounds } from "../catalog/footprint.js";
import type { StacJson } from "../catalog/types.js";
import { InvalidRequestError } from "../core/errors.js";
import { parameter, type Parameter } from "../core/parameter.js";
import { LIMIT, parseSearchParams, SEARCH_PARAMETERS } from "./search-params.js";

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

const OFFSET = parameter({
  name: "offset",
  description: "Collections passed over",
  example: "0",
  schema: z.int().min(0).max(999_999_999),
  wanted: "a whole number",
});
const USED = ["bbox", "datetime", "q", "limit"];
/** Of items; named only to be refused. */
const OF_ITEMS = SEARCH_PARAMETERS.filter(({ name }) => !USED.includes(name));

export const COLLECTION_SEARCH_PARAMETERS: readonly Parameter[] = [
  ...SEARCH_PARAMETERS.filter(({ name }) => USED.includes(name)),
  OFFSET,
];

/**
 * STAC's collection search: by bbox, datetime, words (q), a page at a time.
 *
 * @throws InvalidRequestError
 */
export function searchCollections(all: readonly StacJson[], query: URLSearchParams): CollectionPage {
  const wrong = OF_ITEMS.find(({ name }) => query.has(name));
  if (wrong !== undefined)
    throw new InvalidRequestError(`${wrong.name} isn't for collections; wanted bbox, datetime, q, limit or offset`);
  const { query: asked } = parseSearchParams(query);
  const limit = LIMIT.of(query) === undefined ? DEFAULT_LIMIT : asked.limit;
  const offset = OFFSET.of(query) ?? 0;
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
