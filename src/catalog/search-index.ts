import { createSlices, sortInSlices } from "../core/slices.js";
import type { Bounds } from "../geo/bounds.js";
import { aggregateRows, propertiesOfAggregations } from "./aggregate.js";
import { compileFilter } from "./cql2/evaluate.js";
import type { Columns } from "./cql2/columns.js";
import { propertiesOf } from "./cql2/expression.js";
import { FREE_TEXT_PROPERTIES, freeTextTest } from "./free-text.js";
import { partsOf } from "./geometry.js";
import { boundsGeometry, boundsOfParts, partsIntersect } from "./intersects.js";
import { createItemColumns, type ItemColumns } from "./item-columns.js";
import type { PropertySchema } from "./item-properties.js";
import { decodePlace, encodePlace, type Place } from "./page-token.js";
import { createSortOrder, type SortOrder } from "./sort-order.js";
import type { Aggregation, AggregationRequest, CatalogItem, SearchFilter, SearchPage, SearchQuery } from "./types.js";

/** Items in the catalog's order as a table; a search goes over all rows in slices of a few milliseconds. */
export interface SearchIndex {
  readonly size: number;
  get(collection: string, id: string): CatalogItem | undefined;
  /** @throws InvalidRequestError for a token that isn't one, an unknown property, values that can't be compared. */
  search(query: SearchQuery, signal?: AbortSignal): Promise<SearchPage>;
  /** @throws InvalidRequestError as search. */
  aggregate(
    filter: SearchFilter,
    asked: readonly AggregationRequest[],
    signal?: AbortSignal,
  ): Promise<readonly Aggregation[]>;
  queryables(collection?: string): Promise<Readonly<Record<string, PropertySchema>>>;
}

/** Builds the index in slices; of two items with one collection and id the later one counts. */
export async function createSearchIndex(unsorted: Iterable<CatalogItem>): Promise<SearchIndex> {
  const byCollection = new Map<string, Map<string, CatalogItem>>();
  const slices = createSlices();
  let count = 0;
  for (const item of unsorted) {
    const ids = byCollection.get(item.collection) ?? new Map<string, CatalogItem>();
    byCollection.set(item.collection, ids.set(item.id, item));
    if (++count % 1024 === 0 && slices.isOver()) await slices.pause();
  }
  const items = await sortInSlices(
    [...byCollection.values()].flatMap((ids) => [...ids.values()]),
    compareItems,
  );
  const table = await createItemColumns(items);
  return {
    size: items.length,
    get: (collection, id) => byCollection.get(collection)?.get(id),
    search: (query, signal) => searchRows({ items, table }, query, signal),
    async aggregate(filter, asked, signal) {
      const columns = await table.prepare([...columnsOf(filter), ...propertiesOfAggregations(asked)]);
      const rows: number[] = [];
      await eachMatch({ items, table, columns }, filter, (row) => rows.push(row), signal);
      return aggregateRows(rows, asked, columns);
    },
    queryables: (collection) => table.queryables(collection),
  };
}

interface Table {
  readonly items: readonly CatalogItem[];
  readonly table: ItemColumns;
}

async function searchRows({ items, table }: Table, query: SearchQuery, signal?: AbortSignal): Promise<SearchPage> {
  const { sortby = [], limit } = query;
  const columns = await table.prepare([...columnsOf(query), ...sortby.map(({ property }) => property)]);
  const order = createSortOrder(sortby, columns);
  const after = query.token === undefined ? undefined : decodePlace(query.token, sortby);
  const found = sortby.length === 0 ? firstRows(limit + 1) : leastRows(limit + 1, order);
  let matched = 0;
  await eachMatch(
    { items, table, columns },
    query,
    (row) => {
      matched++;
      if (after === undefined || isAfter(row, after, { items, order })) found.add(row);
    },
    signal,
  );
  const rows = found.rows();
  const page = rows.slice(0, limit).flatMap((row) => items[row] ?? []);
  const last = rows[limit - 1];
  const next =
    rows.length > limit && last !== undefined ? encodePlace(placeOf(last, { items, order }), sortby) : undefined;
  return { items: page, matched, next };
}

function columnsOf({ filter, text }: SearchFilter): readonly string[] {
  return [...(filter === undefined ? [] : propertiesOf(filter)), ...(text === undefined ? [] : FREE_TEXT_PROPERTIES)];
}

interface Rows {
  add(row: number): void;
  rows(): readonly number[];
}

/** Of rows that come in order. */
function firstRows(most: number): Rows {
  const rows: number[] = [];
  return { add: (row) => rows.length < most && rows.push(row), rows: () => rows };
}

/** The first `most` rows in an order, of rows that come in any: sorted and cut whenever twice as many have gathered. */
function leastRows(most: number, order: SortOrder): Rows {
  let rows: number[] = [];
  let worst = -1;
  const compare = (a: number, b: number): number => order.compare(a, b) || a - b;
  const tidy = (): void => {
    rows = rows.sort(compare).slice(0, most);
    worst = rows.length === most ? (rows[most - 1] ?? -1) : -1;
  };
  return {
    add(row) {
      if (worst >= 0 && compare(row, worst) >= 0) return;
      rows.push(row);
      if (rows.length >= 2 * most) tidy();
    },
    rows() {
      tidy();
      return rows;
    },
  };
}

/** Rows between two looks at the clock; a footprint held against a shape counts as many. */
const STEP = 2048;
const HEAVY = 128;

/** Visits all rows that a query finds, in the table's order. */
async function eachMatch(
  { items, table, columns }: Table & { readonly columns: Columns },
  query: SearchFilter,
  visit: (row: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const slices = createSlices(signal);
  const accepts = exactFilter(query, { items, table, columns });
  const { timeMs, boxes, collection, collectionNumbers } = table;
  const [from, to] = query.datetime ?? [-Infinity, Infinity];
  const [west, south, right, north] = query.bbox ?? [-Infinity, -Infinity, Infinity, Infinity];
  const east = west > right ? right + 360 : right;
  const wanted = new Uint8Array(collectionNumbers.size).fill(query.collections === undefined ? 1 : 0);
  for (const name of query.collections ?? []) wanted[collectionNumbers.get(name) ?? -1] = 1;
  // Newest first: the rows of an interval are neighbours.
  const [begin, end] = [firstAtMost(timeMs, to), firstAtMost(timeMs, from, true)];
  for (let row = begin, work = 0; row < end; row++) {
    if (++work >= STEP) {
      work = 0;
      if (slices.isOver()) await slices.pause();
    }
    if (wanted[collection[row] ?? 0] === 0) continue;
    const at = 4 * row;
    const s = boxes[at + 1] ?? 0;
    const n = boxes[at + 3] ?? 0;
    if (s > north || n < south) continue;
    const w = boxes[at] ?? 0;
    const e = boxes[at + 2] ?? 0;
    // Longitudes of the item and of the query may be a turn apart. Touching boxes count, and boxes without area too.
    const turn = w <= east && e >= west ? 0 : w - 360 <= east && e - 360 >= west ? -360 : 360;
    if (w + turn > east || e + turn < west) continue;
    const isInside = w + turn >= west && e + turn <= east && s >= south && n <= north;
    if (accepts.isHeavy || (!isInside && query.bbox !== undefined)) work += HEAVY;
    if (accepts.test(row, isInside)) visit(row);
  }
}

/** The first row whose time is at most `ms` (before it, where `before`), of times that fall. */
function firstAtMost(timeMs: Float64Array, ms: number, before = false): number {
  let [low, high] = [0, timeMs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const time = timeMs[middle] ?? 0;
    if (before ? time < ms : time <= ms) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What the boxes don't know: ids, words, the filter, and the footprint against the query's box and geometry. */
function exactFilter(
  query: SearchFilter,
  { items, columns }: Table & { readonly columns: Columns },
): { readonly isHeavy: boolean; readonly test: (row: number, isInside: boolean) => boolean } {
  const ids = query.ids === undefined ? undefined : new Set(query.ids);
  const box = query.bbox === undefined ? undefined : partsOf(boundsGeometry(query.bbox));
  const shape = query.intersects === undefined ? undefined : partsOf(query.intersects);
  const around = shape === undefined ? undefined : boundsOfParts(shape);
  const filter = query.filter === undefined ? undefined : compileFilter(query.filter, columns);
  const words = query.text === undefined ? undefined : freeTextTest(query.text, columns);
  const hasShapes = JSON.stringify(query.filter ?? "").includes('"s_');
  return {
    isHeavy: shape !== undefined || hasShapes,
    test(row, isInside) {
      const item = items[row];
      if (item === undefined || (ids !== undefined && !ids.has(item.id))) return false;
      if (filter !== undefined && !filter(row)) return false;
      if (words !== undefined && !words(row)) return false;
      if (around !== undefined && isApart(around, item.boundsWgs84)) return false;
      if (shape === undefined && (box === undefined || isInside)) return true;
      const footprint = partsOf(item.geometry);
      return (
        (box === undefined || isInside || partsIntersect(box, footprint)) &&
        (shape === undefined || partsIntersect(shape, footprint))
      );
    },
  };
}

/** Of boxes that don't cross the antimeridian; false where the second does. */
function isApart(a: Bounds, [west, south, east, north]: Bounds): boolean {
  return west <= east && (west > a[2] || east < a[0] || south > a[3] || north < a[1]);
}

interface Ordered {
  readonly items: readonly CatalogItem[];
  readonly order: SortOrder;
}

function placeOf(row: number, { items, order }: Ordered): Place {
  const { datetimeMs = 0, collection = "", id = "" } = items[row] ?? {};
  return { values: order.valuesOf(row), datetimeMs, collection, id };
}

function isAfter(row: number, place: Place, { items, order }: Ordered): boolean {
  const item = items[row];
  return item !== undefined && (order.compareWith(row, place.values) || compareItems(item, place)) > 0;
}

type Position = Pick<CatalogItem, "datetimeMs" | "collection" | "id">;

/** Newest first, then by collection and id (code units, so that no locale changes it). */
function compareItems(a: Position, b: Position): number {
  return b.datetimeMs - a.datetimeMs || compareText(a.collection, b.collection) || compareText(a.id, b.id);
}

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
