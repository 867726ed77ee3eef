import { InvalidRequestError } from "../core/errors.js";
import { createSlices } from "../core/slices.js";
import type { Bounds } from "../geo/bounds.js";
import type { Columns } from "./cql2/columns.js";
import { compileFilter } from "./cql2/evaluate.js";
import { rangesOf } from "./cql2/ranges.js";
import { freeTextTest } from "./free-text.js";
import { partsOf } from "./geometry.js";
import { boundsGeometry, boundsOfParts, partsIntersect } from "./intersects.js";
import type { ItemColumns } from "./item-columns.js";
import type { IndexedItem } from "./item-snapshot.js";
import type { SearchFilter } from "./types.js";

export interface Table {
  /** In the catalog's order: newest first, then by collection and id. */
  readonly items: readonly IndexedItem[];
  readonly table: ItemColumns;
  /** Prepared: all that the filter speaks of. */
  readonly columns: Columns;
}

/** Rows between two looks at the clock; a footprint held against a shape counts as many, and so do long filters. */
const STEP = 2048;
const HEAVY = 128;
/** Operands of a filter that take as long as a row; where shapes are related (DE-9IM) each takes as long as some rows. */
const OPERANDS_A_ROW = 4;
const RELATED_ROWS = 8;
/** Of the main thread's time, for one scan: who asks for more is to narrow the search. */
const MOST_MS = 10_000;

/**
 * Visits all rows that a search finds, in slices: in the table's order, or (`anyOrder`) blocks of it far from one another in turn, so
 * that who looks for the least finds some of the least soon.
 *
 * @throws InvalidRequestError for what takes more than MOST_MS of the main thread.
 */
export async function scanRows(
  { items, table, columns }: Table,
  query: SearchFilter,
  visit: (row: number) => void,
  { anyOrder = false, signal }: { readonly anyOrder?: boolean; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  signal?.throwIfAborted();
  const slices = createSlices(signal);
  let [spentMs, sinceMs] = [0, performance.now()];
  const pause = async (): Promise<void> => {
    spentMs += performance.now() - sinceMs;
    if (spentMs > MOST_MS)
      throw new InvalidRequestError(
        "The search compares too much with too many items; narrow it by collections, bbox or datetime, or simplify its filter",
      );
    await slices.pause();
    sinceMs = performance.now();
  };
  const accepts = exactFilter(query, { items, table, columns });
  const { timeMs, boxes, collection, collectionNumbers } = table;
  const [from, to] = query.datetime ?? [-Infinity, Infinity];
  const box = query.bbox === undefined ? WORLD : turned(query.bbox);
  const [west, south, east, north] = box;
  const wanted = new Uint8Array(collectionNumbers.size).fill(query.collections === undefined ? 1 : 0);
  for (const name of query.collections ?? []) wanted[collectionNumbers.get(name) ?? -1] = 1;
  const ranges = query.filter === undefined ? [] : rangesOf(query.filter, columns);
  const listed = query.bbox === undefined ? undefined : table.grid.candidates(box);
  // Newest first: the rows of an interval are neighbours.
  const [first, end] = rowsWithin(timeMs, [from, to]);
  const rowAt = (i: number): number => listed?.[i] ?? i;
  const [begin, stop] = listed === undefined ? [first, end] : [0, listed.length];
  const blocks = Math.ceil((stop - begin) / STEP);
  for (let n = 0, work = 0; n < blocks; n++) {
    const block = begin + STEP * (anyOrder ? (n * STRIDE) % blocks : n);
    if (work >= STEP) {
      work = 0;
      if (slices.isOver()) await pause();
    }
    work += STEP;
    rows: for (let i = block; i < Math.min(block + STEP, stop); i++) {
      const row = listed === undefined ? i : rowAt(i);
      if (row < first || row >= end || wanted[collection[row] ?? 0] === 0) continue;
      for (const { values, least, most } of ranges) {
        const value = values[row] ?? Number.NaN;
        if (!(value >= least && value <= most)) continue rows;
      }
      let isInside = true;
      if (query.bbox !== undefined) {
        const at = 4 * row;
        const s = boxes[at + 1] ?? 0;
        const n = boxes[at + 3] ?? 0;
        if (s > north || n < south) continue;
        const w = boxes[at] ?? 0;
        const e = boxes[at + 2] ?? 0;
        // Longitudes of the item and of the query may be a turn apart. Touching boxes count, and boxes without area too.
        const turn = w <= east && e >= west ? 0 : w - 360 <= east && e - 360 >= west ? -360 : 360;
        if (w + turn > east || e + turn < west) continue;
        isInside = w + turn >= west && e + turn <= east && s >= south && n <= north;
      }
      if (accepts === undefined) {
        visit(row);
        continue;
      }
      const cost = accepts.rows + (isInside ? 0 : HEAVY);
      if (cost > 0) {
        work += cost;
        if (work >= STEP * 2) {
          work = STEP;
          if (slices.isOver()) await pause();
        }
      }
      if (accepts.test(row, isInside)) visit(row);
    }
  }
}

const WORLD: Bounds = [-Infinity, -Infinity, Infinity, Infinity];
/** A prime greater than any number of blocks' likely factors, so that all blocks come once. */
const STRIDE = 7919;

const turned = ([west, south, east, north]: Bounds): Bounds => [west, south, west > east ? east + 360 : east, north];

/** The rows of a closed interval, as [first, end): neighbours in times that fall. */
export function rowsWithin(timeMs: Float64Array, [from, to]: readonly [number, number]): readonly [number, number] {
  return [firstAtMost(timeMs, to), firstAtMost(timeMs, from, true)];
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

/** Whether a search is for all items, of an interval at most. */
export function isOfTimeOnly(query: SearchFilter): boolean {
  return [query.ids, query.collections, query.bbox, query.intersects, query.filter, query.text].every(
    (one) => one === undefined,
  );
}

interface Exact {
  /** A test takes as long as looking at so many rows. */
  readonly rows: number;
  readonly test: (row: number, isInside: boolean) => boolean;
}

/** What the boxes don't know: ids, words, the filter, and the footprint against the query's box and geometry. */
function exactFilter(query: SearchFilter, { items, columns }: Table): Exact | undefined {
  const { ids: names, bbox, intersects, filter: expression, text } = query;
  if (![names, bbox, intersects, expression, text].some((one) => one !== undefined)) return undefined;
  const ids = names === undefined ? undefined : new Set(names);
  const box = bbox === undefined ? undefined : partsOf(boundsGeometry(bbox));
  const shape = intersects === undefined ? undefined : partsOf(intersects);
  const around = shape === undefined ? undefined : boundsOfParts(shape);
  const filter = expression === undefined ? undefined : compileFilter(expression, columns);
  const words = text === undefined ? undefined : freeTextTest(text, columns);
  const written = JSON.stringify(expression ?? "");
  const looksAtFootprints = shape !== undefined || written.includes('"s_');
  const relates = /"s_(?!intersects|disjoint)/.test(written);
  const operands = written.split(/[,:]/).length / 2;
  return {
    rows: (looksAtFootprints ? HEAVY : 0) + Math.floor(relates ? RELATED_ROWS * operands : operands / OPERANDS_A_ROW),
    test(row, isInside) {
      if (filter !== undefined && !filter(row)) return false;
      if (words !== undefined && !words(row)) return false;
      if (ids === undefined && shape === undefined && (box === undefined || isInside)) return true;
      const item = items[row];
      if (item === undefined || (ids !== undefined && !ids.has(item.id))) return false;
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
