import { createSlices, sortInSlices } from "../core/slices.js";
import { aggregateRows, propertiesOfAggregations } from "./aggregate.js";
import { propertiesOf } from "./cql2/expression.js";
import { FREE_TEXT_PROPERTIES } from "./free-text.js";
import { createItemColumns } from "./item-columns.js";
import { wholeItem, type IndexedItem } from "./item-snapshot.js";
import type { PropertySchema } from "./item-properties.js";
import { decodePlace, encodePlace, type Place } from "./page-token.js";
import { isOfTimeOnly, rowsWithin, scanRows, type Table } from "./scan-rows.js";
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
export async function createSearchIndex(unsorted: Iterable<IndexedItem>): Promise<SearchIndex> {
  const byCollection = new Map<string, Map<string, IndexedItem>>();
  const slices = createSlices();
  let count = 0;
  for (const item of unsorted) {
    const ids = byCollection.get(item.collection) ?? new Map<string, IndexedItem>();
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
    get(collection, id) {
      const found = byCollection.get(collection)?.get(id);
      return found === undefined ? undefined : wholeItem(found);
    },
    search: (query, signal) => searchRows({ items, table }, query, signal),
    async aggregate(filter, asked, signal) {
      const columns = await table.prepare([...columnsOf(filter), ...propertiesOfAggregations(asked)]);
      const rows: number[] = [];
      await scanRows({ items, table, columns }, filter, (row) => rows.push(row), { signal });
      return aggregateRows(rows, asked, columns);
    },
    queryables: (collection) => table.queryables(collection),
  };
}

type Searched = Omit<Table, "columns">;

async function searchRows({ items, table }: Searched, query: SearchQuery, signal?: AbortSignal): Promise<SearchPage> {
  signal?.throwIfAborted();
  const { sortby = [], limit } = query;
  const columns = await table.prepare([...columnsOf(query), ...sortby.map(({ property }) => property)]);
  const order = createSortOrder(sortby, columns);
  const after = query.token === undefined ? undefined : decodePlace(query.token, sortby);
  const isSorted = sortby.length > 0;
  if (!isSorted && isOfTimeOnly(query)) return neighbours({ items, table }, query, after);
  const found = isSorted ? leastRows(limit + 1, order) : firstRows(limit + 1);
  let matched = 0;
  const visit = (row: number): void => {
    matched++;
    if (after === undefined || isAfter(row, after, { items, order })) found.add(row);
  };
  await scanRows({ items, table, columns }, query, visit, { anyOrder: isSorted, signal });
  const rows = found.rows();
  const page = rows
    .slice(0, limit)
    .flatMap((row) => items[row] ?? [])
    .map(wholeItem);
  const last = rows[limit - 1];
  const next =
    rows.length > limit && last !== undefined ? encodePlace(placeOf(last, { items, order }), sortby) : undefined;
  return { items: page, matched, next };
}

/** A page of all items of an interval, which needs no scan: they stand together in the table. */
function neighbours(
  { items, table }: Searched,
  { datetime, limit }: SearchQuery,
  after: Place | undefined,
): SearchPage {
  const order = createSortOrder([], { column: () => undefined, names: [] });
  const [begin, end] = rowsWithin(table.timeMs, datetime ?? [-Infinity, Infinity]);
  let [low, high] = [begin, after === undefined ? begin : end];
  while (after !== undefined && low < high) {
    const middle = (low + high) >> 1;
    if (isAfter(middle, after, { items, order })) high = middle;
    else low = middle + 1;
  }
  const stop = Math.min(low + limit, end);
  const next = stop < end && stop > low ? encodePlace(placeOf(stop - 1, { items, order }), []) : undefined;
  return { items: items.slice(low, stop).map(wholeItem), matched: end - begin, next };
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
      if (worst >= 0 && (order.isLater(row, worst) || compare(row, worst) >= 0)) return;
      rows.push(row);
      if (rows.length >= 2 * most) tidy();
    },
    rows() {
      tidy();
      return rows;
    },
  };
}

interface Ordered {
  readonly items: readonly IndexedItem[];
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
