import { InvalidRequestError } from "../core/errors.js";
import { createSlices, type Slices } from "../core/slices.js";
import type { Bounds } from "../geo/bounds.js";
import type { Columns } from "./cql2/columns.js";
import { compileFilter } from "./cql2/evaluate.js";
import { rangesOf } from "./cql2/ranges.js";
import { freeTextTest } from "./free-text.js";
import { partsOf } from "./geometry.js";
import { boundsGeometry, boundsOfParts, partsIntersect } from "./intersects.js";
import { turned, type ItemTable } from "./item-table.js";
import type { SearchFilter } from "./types.js";

export interface Table {
  readonly table: ItemTable;
  /** Prepared: all that the filter speaks of. */
  readonly columns: Columns;
  /** Not 0 for rows that count as not there. */
  readonly hidden?: Uint8Array | undefined;
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
 * The pauses of one search, whatever tables it goes over: `pause` throws InvalidRequestError when it has had MOST_MS of the main thread.
 */
export function createScanSlices(signal?: AbortSignal): Slices {
  signal?.throwIfAborted();
  const slices = createSlices(signal);
  let [spentMs, sinceMs] = [0, performance.now()];
  return {
    isOver: () => slices.isOver(),
    async pause() {
      spentMs += performance.now() - sinceMs;
      if (spentMs > MOST_MS)
        throw new InvalidRequestError(
          "The search compares too much with too many items; narrow it by collections, bbox or datetime, or simplify its filter",
        );
      await slices.pause();
      sinceMs = performance.now();
    },
  };
}

/**
 * Visits all rows that a search finds, in slices: in the table's order, or (`anyOrder`) blocks of it far from one another in turn, so
 * that who looks for the least finds some of the least soon.
 */
export async function scanRows(
  { table, columns, hidden }: Table,
  query: SearchFilter,
  visit: (row: number) => void,
  { anyOrder = false, slices }: { readonly anyOrder?: boolean; readonly slices: Slices },
): Promise<void> {
  const accepts = exactFilter(query, { table, columns });
  const { timeMs, boxes, collection, collections } = table;
  const [from, to] = query.datetime ?? [-Infinity, Infinity];
  const box = query.bbox === undefined ? WORLD : turned(query.bbox);
  const [west, south, east, north] = box;
  const wanted = Uint8Array.from(collections, (name) => Number(query.collections?.includes(name) ?? true));
  if (!wanted.includes(1)) return;
  const ranges = query.filter === undefined ? [] : rangesOf(query.filter, columns);
  const listed = candidatesOf(query, box, table);
  // Newest first: the rows of an interval are neighbours.
  const [first, end] = rowsWithin(timeMs, [from, to]);
  const rowAt = (i: number): number => listed?.[i] ?? i;
  const [begin, stop] = listed === undefined ? [first, end] : [0, listed.length];
  const blocks = Math.ceil((stop - begin) / STEP);
  for (let n = 0, work = 0; n < blocks; n++) {
    const block = begin + STEP * (anyOrder ? (n * STRIDE) % blocks : n);
    if (work >= STEP) {
      work = 0;
      if (slices.isOver()) await slices.pause();
    }
    work += STEP;
    rows: for (let i = block; i < Math.min(block + STEP, stop); i++) {
      const row = listed === undefined ? i : rowAt(i);
      if (row < first || row >= end || wanted[collection[row] ?? 0] === 0) continue;
      if (hidden !== undefined && hidden[row] !== 0) continue;
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
          if (slices.isOver()) await slices.pause();
        }
      }
      if (accepts.test(row, isInside)) visit(row);
    }
  }
}

const WORLD: Bounds = [-Infinity, -Infinity, Infinity, Infinity];
/** A prime greater than any number of blocks' likely factors, so that all blocks come once. */
const STRIDE = 7919;

/** The rows, in order, outside of which a search finds none; undefined where all are to be looked at. */
function candidatesOf(
  { ids, bbox, collections }: SearchFilter,
  box: Bounds,
  table: ItemTable,
): Uint32Array | undefined {
  if (ids === undefined) return bbox === undefined ? undefined : table.grid.candidates(box);
  const names = table.collections.filter((name) => collections?.includes(name) ?? true);
  const rows = ids.flatMap((id) => names.flatMap((name) => table.find(name, id) ?? []));
  return Uint32Array.from(new Set(rows)).sort();
}

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

/** What the boxes don't know: words, the filter, and the footprint against the query's box and geometry. */
function exactFilter(query: SearchFilter, { table, columns }: Omit<Table, "hidden">): Exact | undefined {
  const { bbox, intersects, filter: expression, text } = query;
  if (![bbox, intersects, expression, text].some((one) => one !== undefined)) return undefined;
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
      if (shape === undefined && (box === undefined || isInside)) return true;
      if (around !== undefined && isApart(around, table.boxes, 4 * row)) return false;
      const footprint = partsOf(table.footprint(row));
      return (
        (box === undefined || isInside || partsIntersect(box, footprint)) &&
        (shape === undefined || partsIntersect(shape, footprint))
      );
    },
  };
}

/** Of a box that does not cross the antimeridian and the one at a place in `boxes`; false where that one may. */
function isApart([west, south, east, north]: Bounds, boxes: Float64Array, at: number): boolean {
  const [w = 0, s = 0, e = 0, n = 0] = boxes.subarray(at, at + 4);
  return e < 180 && (west > e || east < w || south > n || north < s);
}
