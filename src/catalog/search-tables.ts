import { AppError } from "../core/errors.js";
import type { Columns } from "./cql2/columns.js";
import { compareItems, positionOf, type ItemTable } from "./item-table.js";
import { decodePlace, encodePlace, type Place } from "./page-token.js";
import { createScanSlices, isOfTimeOnly, rowsWithin, scanRows } from "./scan-rows.js";
import { createSortOrder, type SortOrder } from "./sort-order.js";
import type { SearchPage, SearchQuery } from "./types.js";

/** A table and the columns that a search speaks of. */
export interface SearchedTable {
  readonly table: ItemTable;
  readonly columns: Columns;
  readonly hidden?: Uint8Array | undefined;
}

type OrderedTable = SearchedTable & { readonly order: SortOrder };

/** Rows of one table, the first of those that are found, and how many are. */
interface Found {
  readonly rows: readonly number[];
  readonly matched: number;
}

/** A page of what all tables have together: each tells its first rows after the page before, and the first of these are the page. */
export async function searchTables(
  tables: readonly SearchedTable[],
  query: SearchQuery,
  signal?: AbortSignal,
): Promise<SearchPage> {
  const { sortby = [], limit } = query;
  const after = query.token === undefined ? undefined : decodePlace(query.token, sortby);
  const slices = createScanSlices(signal);
  const entries: Entry[] = [];
  let matched = 0;
  for (const one of tables) {
    const part: OrderedTable = { ...one, order: createSortOrder(sortby, one.columns) };
    const found =
      sortby.length === 0 && isOfTimeOnly(query) ? neighbours(part, query, after) : await scan(part, query, after);
    matched += found.matched;
    for (const row of found.rows) entries.push({ row, part, place: placeOf(row, part) });
  }
  entries.sort((a, b) => a.part.order.compareWith(a.row, b.place.values) || compareItems(a.place, b.place));
  const page = entries.slice(0, limit);
  const last = page.at(-1);
  const next = entries.length > limit && last !== undefined ? encodePlace(last.place, sortby) : undefined;
  const items = await Promise.all(page.map(({ part, row }) => part.table.item(row).catch(leftOut)));
  return { items: items.filter((item) => item !== undefined), matched, next };

  async function scan(part: OrderedTable, asked: SearchQuery, from: Place | undefined): Promise<Found> {
    const found = sortby.length > 0 ? leastRows(limit + 1, part.order) : firstRows(limit + 1);
    let count = 0;
    const visit = (row: number): void => {
      count++;
      if (from === undefined || isAfter(row, from, part)) found.add(row);
    };
    await scanRows(part, asked, visit, { anyOrder: sortby.length > 0, slices });
    return { rows: found.rows(), matched: count };
  }
}

/** An item that can't be had any more, as one whose document can't be read. */
function leftOut(error: unknown): undefined {
  if (!(error instanceof AppError)) throw error;
}

interface Entry {
  readonly row: number;
  readonly part: OrderedTable;
  readonly place: Place;
}

/** All items of an interval need no scan: they stand together in the table. */
function neighbours(part: OrderedTable, { datetime, limit }: SearchQuery, after: Place | undefined): Found {
  const { table, hidden } = part;
  const [begin, end] = rowsWithin(table.timeMs, datetime ?? [-Infinity, Infinity]);
  let [low, high] = [begin, after === undefined ? begin : end];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (after !== undefined && isAfter(middle, after, part)) high = middle;
    else low = middle + 1;
  }
  const rows: number[] = [];
  for (let row = low; row < end && rows.length <= limit; row++) if ((hidden?.[row] ?? 0) === 0) rows.push(row);
  let matched = end - begin;
  if (hidden !== undefined) for (let row = begin; row < end; row++) matched -= hidden[row] ?? 0;
  return { rows, matched };
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

const placeOf = (row: number, { table, order }: OrderedTable): Place => ({
  values: order.valuesOf(row),
  ...positionOf(table, row),
});

function isAfter(row: number, place: Place, { table, order }: OrderedTable): boolean {
  const byValue = order.compareWith(row, place.values);
  if (byValue !== 0) return byValue > 0;
  // An id is text that has to be made first, and most rows are of another time.
  const byTime = place.datetimeMs - (table.timeMs[row] ?? 0);
  return byTime === 0 ? compareItems(positionOf(table, row), place) > 0 : byTime > 0;
}
