import { boundsGeometry } from "../../catalog/intersects.js";
import type { Catalog, CatalogItem, SearchFilter, SearchPage, SearchQuery } from "../../catalog/types.js";
import type { SortKey } from "../../catalog/sort-order.js";
import { InvalidRequestError } from "../../core/errors.js";
import type { Bounds } from "../../geo/bounds.js";
import type { DateBound, MosaicItem } from "../plan.js";
import { goesByCover, withinEffort, type Effort } from "./effort.js";
import { isOrdered, observationRule, type MosaicSpec } from "./mosaic-spec.js";
import { baseDay, byDistance, orderItems, reachingItems, solarDay } from "./order-items.js";
import { createTimeLimit } from "./time-limit.js";

/** Where items are found, and how many of them a picture may read. */
export interface MosaicCatalog {
  readonly catalog: Pick<Catalog, "search">;
  readonly config: { readonly maxItemsPerTile: number };
}

/** Which items a mosaic may read, and in which order; newest first unless given. */
export interface MosaicFilter extends SearchFilter {
  readonly sortby?: readonly SortKey[];
  readonly effort?: Effort;
}

export interface MosaicSearch {
  readonly search: MosaicFilter;
  /** WGS84, of the picture. */
  readonly bounds: Bounds;
  readonly mosaic: MosaicSpec;
  /** Milliseconds, closed. */
  readonly interval: readonly [fromMs: number, toMs: number];
}

/** Items that a picture may read, in order of precedence, and how many dates of them. */
export interface FoundItems {
  readonly items: readonly MosaicItem[];
  readonly limit: DateBound;
}

/** Items looked at where so many dates may be read, since those without clear observations are left out and many may abut. */
const lookedAt = (dates: number): number => Math.max(128, 16 * dates);
const MAX_AFTER = 1000;
const ALWAYS = [-Infinity, Infinity] as const;
/** Dates that may be passed over at any one place because they add no pixel there, for each that may be read. */
const PASSED_OVER = 4;
/** Items of one picture, many abutting ones of a date counted. */
const MOST_ITEMS = 400;

/**
 * The items that a picture may read, in order of precedence: of any one place more dates than `maxItemsPerTile`, since dates that add no pixel to it don't
 * count (draw/date-limit).
 *
 * @throws InvalidRequestError for an order of the search's own where the mosaic has another.
 */
export async function findMosaicItems(
  { catalog, config }: MosaicCatalog,
  { search, bounds, mosaic, interval }: MosaicSearch,
  signal?: AbortSignal,
): Promise<FoundItems> {
  const [from, to] = intersection(interval, search.datetime ?? ALWAYS);
  const { bbox, intersects: shape, sortby, effort = {}, ...rest } = search;
  const { mostItems = Infinity, mostScanned = Infinity, timeLimitMs } = effort;
  const time = createTimeLimit(timeLimitMs, signal);
  const intersects = shape ?? (bbox === undefined ? undefined : boundsGeometry(bbox));
  const limit = Math.min(config.maxItemsPerTile, mostItems);
  // Where pixels end the reading it ends no later than footprints would have it, and shows the same.
  const byCover = goesByCover(effort) && !isOrdered(mosaic.selection);
  const found = (items: readonly MosaicItem[], isCut: boolean): FoundItems => ({
    items,
    // What the request itself leaves out is no bound of the server's.
    limit: {
      dates: config.maxItemsPerTile,
      isCut: isCut && !byCover && items.length < Math.min(mostItems, mostScanned),
      isLate: time.isOver(),
    },
  });
  if (from > to) return found([], false);
  if (sortby !== undefined && (mosaic.inpaint !== "none" || observationRule(mosaic) === "clear"))
    throw new InvalidRequestError(
      `sortby with ${mosaic.inpaint === "none" ? `pixel_selection=${mosaic.selection}` : `inpaint=${mosaic.inpaint}`}, which goes by time; wanted one of them`,
    );
  const order = sortby === undefined ? {} : { sortby };
  const find = async (
    datetime: readonly [number, number],
    most: number,
    until: AbortSignal | undefined,
  ): Promise<Pick<SearchPage, "items" | "next">> =>
    datetime[0] > datetime[1]
      ? { items: [], next: undefined }
      : catalog.search(
          {
            ...rest,
            ...order,
            ...(intersects === undefined ? {} : { intersects }),
            bbox: bounds,
            datetime,
            limit: most,
          },
          until,
        );
  if (sortby !== undefined) {
    const most = Math.min(mostScanned, byCover ? Infinity : mostItems, PASSED_OVER * limit);
    const { items, next } = await time.first((until) => find([from, to], most, until));
    return found(byCover ? withinEffort(items, effort, { bounds }) : items, next !== undefined);
  }
  const middle = Math.min(to, mosaic.askedMs ?? to);
  const before = await time.first((until) => find([from, middle], lookedAt(limit), until));
  const after =
    middle < to ? await time.within((until) => find([Math.max(from, middle + 1), to], MAX_AFTER, until)) : undefined;
  const ordered = orderItems([...(after?.items ?? []), ...before.items], mosaic, Infinity);
  const scanned = ordered.slice(0, Math.min(mostScanned, lookedAt(limit)));
  const left = byCover ? withinEffort(scanned, effort, { bounds }) : scanned;
  const items = reachingItems(left, bounds, PASSED_OVER * limit).slice(0, Math.min(mostItems, MOST_ITEMS));
  const isCut = items.length < ordered.length || before.next !== undefined || after?.next !== undefined;
  if (mosaic.inpaint === "none") return found(items, isCut);
  const filled = mosaic.selection === "first" ? baseDay(items, mosaic) : items.slice(0, 1);
  const around = async (item: CatalogItem): Promise<References> =>
    (await time.within((until) =>
      findReferences({
        find: ({ datetime = ALWAYS, ...query }) =>
          catalog.search({ ...rest, ...query, datetime: intersection(datetime, search.datetime ?? ALWAYS) }, until),
        item,
        mosaic,
        limit,
        interval: [from, to],
      }),
    )) ?? { fillFrom: [], isFillCut: true };
  const withReferences = await Promise.all(
    items.map(async (item) => (filled.includes(item) ? { ...item, ...(await around(item)) } : item)),
  );
  return found(withReferences, isCut);
}

/** What holes are filled from, and whether there is more than may be read. */
interface References {
  readonly fillFrom: readonly CatalogItem[];
  readonly isFillCut: boolean;
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
async function findReferences({ find, item, mosaic, limit, interval }: ReferenceSearch): Promise<References> {
  if (mosaic.selection !== "first") {
    const { items, next } = await find({ bbox: item.boundsWgs84, datetime: interval, limit: lookedAt(limit) });
    const ordered = orderItems(items, mosaic, items.length).filter(({ id }) => id !== item.id);
    return { fillFrom: ordered.slice(0, limit), isFillCut: ordered.length > limit || next !== undefined };
  }
  return referencesOfDate({ find, item, limit });
}

/** What the holes of one date's item are filled from: the nearest other dates with something clear, at most `limit` on each side, nearest first. */
export async function referencesOfDate({
  find,
  item,
  limit,
}: Pick<ReferenceSearch, "find" | "item" | "limit">): Promise<References> {
  const { datetimeMs, boundsWgs84: bbox } = item;
  const day = solarDay(item);
  const isOther = (one: CatalogItem): boolean => solarDay(one) !== day && one.clearPercent !== 0;
  const [before, after] = await Promise.all([
    find({ bbox, datetime: [-Infinity, datetimeMs], limit: lookedAt(limit) }),
    find({ bbox, datetime: [datetimeMs, Infinity], limit: MAX_AFTER }),
  ]);
  const [older, newer] = [before.items.filter(isOther), after.items.filter(isOther)];
  const isPaged = [before, after].some(({ next }) => next !== undefined);
  return {
    fillFrom: byDistance([...newer.slice(-limit), ...older.slice(0, limit)], datetimeMs),
    isFillCut: isPaged || Math.max(older.length, newer.length) > limit,
  };
}

function intersection(a: readonly [number, number], b: readonly [number, number]): readonly [number, number] {
  return [Math.max(a[0], b[0]), Math.min(a[1], b[1])];
}
