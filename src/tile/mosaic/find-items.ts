import { boundsGeometry } from "../../catalog/intersects.js";
import type { Catalog, CatalogItem, SearchFilter, SearchPage, SearchQuery } from "../../catalog/types.js";
import type { SortKey } from "../../catalog/sort-order.js";
import { InvalidRequestError } from "../../core/errors.js";
import type { Bounds } from "../../geo/bounds.js";
import type { MosaicItem } from "../plan.js";
import { observationRule, type MosaicSpec } from "./mosaic-spec.js";
import { baseDay, byDistance, orderItems, reachingItems, solarDay } from "./order-items.js";

/** Where items are found, and how many of them a picture may read. */
export interface MosaicCatalog {
  readonly catalog: Pick<Catalog, "search">;
  readonly config: { readonly maxItemsPerTile: number };
}

/** Which items a mosaic may read, and in which order; newest first unless given. */
export interface MosaicFilter extends SearchFilter {
  readonly sortby?: readonly SortKey[];
  /** Reads fewer items than a picture may. */
  readonly mostItems?: number;
}

export interface MosaicSearch {
  readonly search: MosaicFilter;
  /** WGS84, of the picture. */
  readonly bounds: Bounds;
  readonly mosaic: MosaicSpec;
  /** Milliseconds, closed. */
  readonly interval: readonly [fromMs: number, toMs: number];
}

/** Items looked at for each that is read, since those without clear observations are left out. */
const LOOKED_AT = 16;
const MAX_AFTER = 1000;
const ALWAYS = [-Infinity, Infinity] as const;
/** Items of one picture, many abutting ones of a date counted. */
const MOST_ITEMS = 100;

/**
 * The items that a picture reads, in order of precedence, at most `maxItemsPerTile`.
 *
 * @throws InvalidRequestError for an order of the search's own where the mosaic has another.
 */
export async function findMosaicItems(
  { catalog, config }: MosaicCatalog,
  { search, bounds, mosaic, interval }: MosaicSearch,
  signal?: AbortSignal,
): Promise<readonly MosaicItem[]> {
  const [from, to] = intersection(interval, search.datetime ?? ALWAYS);
  if (from > to) return [];
  const { bbox, intersects: shape, sortby, mostItems = Infinity, ...rest } = search;
  const intersects = shape ?? (bbox === undefined ? undefined : boundsGeometry(bbox));
  const limit = Math.min(config.maxItemsPerTile, mostItems);
  if (sortby !== undefined && (mosaic.inpaint !== "none" || observationRule(mosaic) === "clear"))
    throw new InvalidRequestError(
      `sortby with ${mosaic.inpaint === "none" ? `pixel_selection=${mosaic.selection}` : `inpaint=${mosaic.inpaint}`}, which goes by time; wanted one of them`,
    );
  const order = sortby === undefined ? {} : { sortby };
  const find = async (datetime: readonly [number, number], most: number): Promise<readonly CatalogItem[]> =>
    datetime[0] > datetime[1]
      ? []
      : (
          await catalog.search(
            {
              ...rest,
              ...order,
              ...(intersects === undefined ? {} : { intersects }),
              bbox: bounds,
              datetime,
              limit: most,
            },
            signal,
          )
        ).items;
  if (sortby !== undefined) return find([from, to], limit);
  const middle = Math.min(to, mosaic.askedMs ?? to);
  const before = await find([from, middle], LOOKED_AT * limit);
  const after = middle < to ? await find([Math.max(from, middle + 1), to], MAX_AFTER) : [];
  const found = orderItems([...after, ...before], mosaic, LOOKED_AT * limit);
  const items = reachingItems(found, bounds, limit).slice(0, Math.min(mostItems, MOST_ITEMS));
  if (mosaic.inpaint === "none") return items;
  const filled = mosaic.selection === "first" ? baseDay(items, mosaic) : items.slice(0, 1);
  const around = (item: CatalogItem): Promise<readonly CatalogItem[]> =>
    findReferences({
      find: ({ datetime = ALWAYS, ...query }) =>
        catalog.search({ ...rest, ...query, datetime: intersection(datetime, search.datetime ?? ALWAYS) }, signal),
      item,
      mosaic,
      limit,
      interval: [from, to],
    });
  return Promise.all(
    items.map(async (item) => (filled.includes(item) ? { ...item, fillFrom: await around(item) } : item)),
  );
}

interface ReferenceSearch {
  readonly find: (query: Pick<SearchQuery, "bbox" | "datetime" | "limit">) => Promise<SearchPage>;
  readonly item: CatalogItem;
  readonly mosaic: MosaicSpec;
  readonly limit: number;
  readonly interval: readonly [fromMs: number, toMs: number];
}

/**
 * What an item's holes are filled from: found by the item's own bounds, so the same wherever on it a picture lies. Of one date shown, the nearest
 * dates on each side; of a mosaic in order, the dates that come after it in that order.
 */
async function findReferences({
  find,
  item,
  mosaic,
  limit,
  interval,
}: ReferenceSearch): Promise<readonly CatalogItem[]> {
  if (mosaic.selection !== "first") {
    const { items } = await find({ bbox: item.boundsWgs84, datetime: interval, limit: LOOKED_AT * limit });
    return orderItems(items, mosaic, limit).filter(({ id }) => id !== item.id);
  }
  return referencesOfDate({ find, item, limit });
}

/** What the holes of one date's item are filled from: the nearest other dates with something clear, at most `limit` on each side, nearest first. */
export async function referencesOfDate({
  find,
  item,
  limit,
}: Pick<ReferenceSearch, "find" | "item" | "limit">): Promise<readonly CatalogItem[]> {
  const { datetimeMs, boundsWgs84: bbox } = item;
  const day = solarDay(item);
  const isOther = (one: CatalogItem): boolean => solarDay(one) !== day && one.clearPercent !== 0;
  const [{ items: before }, { items: after }] = await Promise.all([
    find({ bbox, datetime: [-Infinity, datetimeMs], limit: LOOKED_AT * limit }),
    find({ bbox, datetime: [datetimeMs, Infinity], limit: MAX_AFTER }),
  ]);
  return byDistance([...after.filter(isOther).slice(-limit), ...before.filter(isOther).slice(0, limit)], datetimeMs);
}

function intersection(a: readonly [number, number], b: readonly [number, number]): readonly [number, number] {
  return [Math.max(a[0], b[0]), Math.min(a[1], b[1])];
}
