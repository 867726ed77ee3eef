import { createSlices } from "../core/slices.js";
import type { Bounds } from "../geo/bounds.js";

/** Degrees a side of a cell: a footprint of Sentinel-2 lies in a few, a search of a region in some hundred. */
const CELL = 2;
const [COLUMNS, ROWS] = [360 / CELL, 180 / CELL];
/** What lies in more cells is listed apart. */
const MAX_CELLS = 64;
const STEP = 4096;

/** Which rows' boxes lie in which cells of the world. */
export interface BoxGrid {
  /**
   * The rows, each once and in order, whose boxes may touch a box (east > 180 where it crosses the antimeridian); undefined where they
   * are so many that looking at all rows is faster.
   */
  candidates(box: Bounds): Uint32Array | undefined;
}

/** `boxes`: four numbers a row, as in ItemColumns. Built in slices. */
export async function createBoxGrid(boxes: Float64Array): Promise<BoxGrid> {
  const count = boxes.length / 4;
  const slices = createSlices();
  const starts = new Uint32Array(COLUMNS * ROWS + 1);
  const wide: number[] = [];
  const visit = async (put: (cell: number, row: number) => void): Promise<void> => {
    for (let row = 0; row < count; row++) {
      if (row % STEP === 0 && slices.isOver()) await slices.pause();
      const at = 4 * row;
      const range = cellsOf(boxes[at] ?? 0, boxes[at + 1] ?? 0, boxes[at + 2] ?? 0, boxes[at + 3] ?? 0);
      if (isWide(range)) continue;
      for (let y = range.south; y <= range.north; y++)
        for (let x = range.west; x <= range.east; x++) put(y * COLUMNS + (x % COLUMNS), row);
    }
  };
  await visit((cell) => {
    starts[cell + 1] = (starts[cell + 1] ?? 0) + 1;
  });
  for (let cell = 0; cell < COLUMNS * ROWS; cell++) starts[cell + 1] = (starts[cell + 1] ?? 0) + (starts[cell] ?? 0);
  const rows = new Uint32Array(starts[COLUMNS * ROWS] ?? 0);
  const next = starts.slice();
  await visit((cell, row) => {
    const place = next[cell] ?? 0;
    rows[place] = row;
    next[cell] = place + 1;
  });
  for (let row = 0; row < count; row++) {
    const at = 4 * row;
    if (isWide(cellsOf(boxes[at] ?? 0, boxes[at + 1] ?? 0, boxes[at + 2] ?? 0, boxes[at + 3] ?? 0))) wide.push(row);
    if (row % STEP === 0 && slices.isOver()) await slices.pause();
  }
  return {
    candidates([west, south, east, north]) {
      const range = cellsOf(west, south, east, north);
      const lists: Uint32Array[] = [];
      let total = wide.length;
      for (let y = range.south; y <= range.north; y++) {
        for (let x = range.west; x <= Math.min(range.east, range.west + COLUMNS - 1); x++) {
          const cell = y * COLUMNS + (x % COLUMNS);
          const list = rows.subarray(starts[cell] ?? 0, starts[cell + 1] ?? 0);
          total += list.length;
          lists.push(list);
        }
        if (total > count / 8) return undefined;
      }
      return sortedOnce(lists, wide, total);
    },
  };
}

interface CellRange {
  readonly west: number;
  /** Beyond the last column where the box crosses the antimeridian. */
  readonly east: number;
  readonly south: number;
  readonly north: number;
}

/** Both edges of a cell belong to it, since touching counts. */
function cellsOf(west: number, south: number, east: number, north: number): CellRange {
  const row = (degrees: number): number => Math.max(0, Math.min(ROWS - 1, Math.floor((degrees + 90) / CELL)));
  const column = Math.floor((west + 180) / CELL);
  const first = ((column % COLUMNS) + COLUMNS) % COLUMNS;
  const isEdge = (degrees: number): boolean => degrees % CELL === 0;
  return {
    // A neighbour that ends on the western or southern edge touches.
    west: isEdge(west) ? first - 1 + (first === 0 ? COLUMNS : 0) : first,
    east: (isEdge(west) && first === 0 ? COLUMNS : first) + Math.floor((east + 180) / CELL) - column,
    south: isEdge(south) ? Math.max(0, row(south) - 1) : row(south),
    north: row(north),
  };
}

const isWide = ({ west, east, south, north }: CellRange): boolean =>
  (east - west + 1) * (north - south + 1) > MAX_CELLS;

function sortedOnce(lists: readonly Uint32Array[], wide: readonly number[], total: number): Uint32Array {
  const all = new Uint32Array(total);
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  all.set(wide, at);
  all.sort();
  let kept = 0;
  for (let i = 0; i < total; i++) if (i === 0 || all[i] !== all[i - 1]) all[kept++] = all[i] ?? 0;
  return all.subarray(0, kept);
}
