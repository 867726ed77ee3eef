import { STRIDE } from "../../core/geometry.js";
import type { NativeFactors } from "../../core/bands.js";
import type { LatentWindow } from "../../core/latents.js";
import {
  inBlocks,
  STORED_ARRAY,
  storeNumbers,
  type StoredArray,
  type WantedNumbers,
} from "../../core/stored-numbers.js";
import type { LappedTransform } from "../transform.js";
import type { LappedBasis } from "./basis.js";
import { AXES_LENGTH, COMPONENTS, FREQUENCIES, GROUPS, RADIUS } from "./geometry.js";
import type { BandPlanes, CropRect, LappedKernels } from "./kernels.js";
import { averageNative, factorsOf } from "./native.js";
import { listPiece, piecesOf, turnTable, type TurnTable } from "./window-pieces.js";

/** Runs the decoder's branch: coefficients [canonical][rows][columns] -> residual [canonical][rows - 2][columns - 2], weighted digital numbers. */
export type RunBranch = (coefficients: Float32Array, rows: number, columns: number) => Promise<Float32Array>;

/** What computes. Its kernels belong to one synthesis until that has answered. */
export interface Synthesis {
  readonly kernels: LappedKernels;
  readonly branch: RunBranch | undefined;
  /** What the branch gave for this window already. */
  readonly known?: Float32Array | undefined;
}

/** Indices of the bands wanted; at the full resolution, which of the image's repeat the pixels of a coarser grid. */
export interface WantedBands {
  readonly bands: readonly number[];
  readonly native: NativeFactors | undefined;
}

/**
 * Pixels of a window of a lapped model on the CPU: digital numbers, [bands][16 (rows - 2 halo)][16 (columns - 2 halo)].
 *
 * `window` has the transform's halo around what is asked for. Chunks may differ in axes and steps: every position returns to bands before
 * the spatial steps are undone. Digital numbers below `lowest` are raised to it. Without `branch` the linear basis alone answers, which is nearly as good and much cheaper.
 */
export async function synthesiseLapped(
  window: LatentWindow,
  transform: Pick<LappedTransform, "basis" | "degains" | "halo">,
  wanted: WantedBands & { readonly lowest?: number | undefined },
  use: Synthesis,
): Promise<Float32Array> {
  const { lowest = -Infinity } = wanted;
  const { kernels } = use;
  const { at, numbers } = await synthesise(window, transform, wanted, use, {
    bytes: 4,
    crop: (plane, rect, factor, out) => kernels.crop(plane, rect, { factor, lowest }, out),
  });
  return kernels.view(at, numbers).slice();
}

/** The same as numbers are stored. */
export async function synthesiseStored(
  window: LatentWindow,
  transform: Pick<LappedTransform, "basis" | "degains" | "halo">,
  wanted: WantedBands & { readonly stored: WantedNumbers },
  use: Synthesis,
): Promise<StoredArray> {
  const { stored: units } = wanted;
  const { kernels } = use;
  const { block } = units;
  if (units.dtype === "float32") {
    const numbers = storeNumbers(await synthesiseLapped(window, transform, wanted, use), units);
    const [rows, columns] = [window.rows, window.columns].map((count) => STRIDE * (count - 2 * transform.halo));
    return block === undefined ? numbers : inBlocks(numbers, { rows: rows ?? 0, columns: columns ?? 0, block });
  }
  const made = STORED_ARRAY[units.dtype];
  const { at, numbers } = await synthesise(window, transform, wanted, use, {
    bytes: made.BYTES_PER_ELEMENT,
    block,
    crop: (plane, rect, factor, out) => kernels.cropStored(plane, rect, { factor, units }, out),
  });
  const out = new made(numbers);
  const { buffer, byteOffset } = kernels.view(at, 0);
  out.set(new made(buffer, byteOffset, numbers));
  return out;
}

/** How a band's pixels leave the kernels' memory: bytes a number, columns cut at once, and what cuts them out of a plane. */
interface Cut {
  readonly bytes: number;
  readonly block?: number | undefined;
  readonly crop: (plane: number, rect: CropRect, factor: number, out: number) => void;
}

/** Gives the address of [bands][rows][columns] numbers in the kernels' memory, and how many they are. */
async function synthesise(
  window: LatentWindow,
  transform: Pick<LappedTransform, "basis" | "degains" | "halo">,
  { bands, native }: WantedBands,
  { kernels, branch, known }: Synthesis,
  { bytes, block, crop }: Cut,
): Promise<{ readonly at: number; readonly numbers: number }> {
  const factors = factorsOf(native);
  const { basis, degains, halo } = transform;
  const plan = planWindow(window, halo);
  const { width, height } = plan.size;
  const area = width * height;
  kernels.free();
  const planes = zeros(kernels, bands.length * area);
  const to: BandPlanes = { bands: kernels.place(Int32Array.from(bands)), count: bands.length, height, planes, area };
  const cells = kernels.place(cellsOf(window, plan));
  const order = kernels.place(basis.order);
  const [positions, canonicals] = [window.rows * window.columns, basis.canonical.length];
  const isAsked = branch !== undefined && known === undefined;
  const canonical = isAsked ? zeros(kernels, canonicals * positions) : 0;
  const table = isAsked ? placeTable(canonicalTable(basis), kernels) : { first: 0, entries: 0 };
  let used = 1;
  for (const piece of piecesOf(window)) {
    const gains = degains[piece.chunk.quality];
    if (gains === undefined) continue;
    const mark = kernels.take(0);
    const { axes } = piece.spectral;
    const list = listPiece(piece, window, gains, kernels);
    if (isAsked) kernels.turn(list, table, kernels.place(turnToCommon(axes, basis.common)), positions, canonical);
    used = Math.max(used, kernels.scatter(list, order, kernels.place(axes), cells, to));
    kernels.free(mark);
  }
  if (isAsked) repeatEdges(canonical, window, canonicals, kernels);
  const residual = isAsked
    ? await branch(kernels.view(canonical, canonicals * positions).slice(), window.rows, window.columns)
    : branch && known;
  if (residual !== undefined) {
    kernels.addCommon(residualPlanes(residual, window, { plan, basis, kernels }), kernels.place(basis.common), to);
    used = Math.max(used, highestOf(basis));
  }
  const [rows, columns] = [STRIDE * (window.rows - 2 * halo), STRIDE * (window.columns - 2 * halo)];
  const [from, across] = [plan.top * width + plan.left, block ?? columns];
  const pixels = kernels.take(area);
  const out = kernels.take((bytes * bands.length * rows * columns) / 4);
  bands.forEach((band, n) => {
    kernels.synthesise(planes + 4 * n * area, pixels, plan.size, used);
    const place = { x: STRIDE * plan.first.column, y: STRIDE * plan.first.row, width, height };
    averageNative(kernels.view(pixels, area), place, factors[band] ?? 1);
    for (let left = 0; left < columns; left += across) {
      const rect = { width, from: from + left, rows, columns: across };
      crop(pixels, rect, 1 / (basis.weights[band] ?? 1), out + bytes * rows * (n * columns + left));
    }
  });
  return { at: out, numbers: bands.length * rows * columns };
}

function zeros(kernels: LappedKernels, floats: number): number {
  const at = kernels.take(floats);
  kernels.view(at, floats).fill(0);
  return at;
}

function placeTable({ first, entries }: TurnTable, kernels: LappedKernels): { first: number; entries: number } {
  return { first: kernels.place(first), entries: kernels.place(entries) };
}

interface WindowPlan {
  /** Positions whose pixels are made, of the level: what is asked for and one around it, inside the level. */
  readonly first: { readonly row: number; readonly column: number };
  readonly last: { readonly row: number; readonly column: number };
  readonly size: { readonly width: number; readonly height: number };
  /** Pixels of the planes before what is asked for. */
  readonly top: number;
  readonly left: number;
}

function planWindow(window: LatentWindow, halo: number): WindowPlan {
  const { row, column, rows, columns, levelRows, levelColumns } = window;
  const first = { row: Math.max(0, row + halo - 1), column: Math.max(0, column + halo - 1) };
  const last = {
    row: Math.min(levelRows, row + rows - halo + 1),
    column: Math.min(levelColumns, column + columns - halo + 1),
  };
  return {
    first,
    last,
    size: { width: STRIDE * (last.column - first.column), height: STRIDE * (last.row - first.row) },
    top: STRIDE * (row + halo - first.row),
    left: STRIDE * (column + halo - first.column),
  };
}

/** Of each position of a window, where its lowest frequency lies in the planes; below 0 where its pixels are not made. */
function cellsOf({ row, column, rows, columns }: LatentWindow, { first, last, size }: WindowPlan): Int32Array {
  const out = new Int32Array(rows * columns).fill(-1);
  for (let r = Math.max(row, first.row); r < Math.min(row + rows, last.row); r++) {
    for (let c = Math.max(column, first.column); c < Math.min(column + columns, last.column); c++)
      out[(r - row) * columns + c - column] = STRIDE * ((c - first.column) * size.height + r - first.row);
  }
  return out;
}

/** Fills what lies beyond the level with its outermost positions; `planes` [count][rows][columns] of the window. */
function repeatEdges(planes: number, window: LatentWindow, count: number, kernels: LappedKernels): void {
  const { row, column, rows, columns, levelRows, levelColumns } = window;
  if (row >= 0 && column >= 0 && row + rows <= levelRows && column + columns <= levelColumns) return;
  const inside = (i: number, from: number, total: number): number => Math.max(0, Math.min(total - 1, i + from)) - from;
  const source = new Int32Array(rows * columns);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      source[r * columns + c] = inside(r, row, levelRows) * columns + inside(c, column, levelColumns);
  kernels.rearrange(planes, count, rows * columns, kernels.place(source));
}

/** From a chunk's components to those in common axes: [GROUPS][component][common component], the sum over bands of both axes. */
function turnToCommon(axes: Float32Array, common: Float32Array): Float32Array {
  const out = new Float32Array(AXES_LENGTH);
  const size = COMPONENTS * COMPONENTS;
  for (let g = 0; g < GROUPS; g++) {
    for (let m = 0; m < COMPONENTS; m++) {
      for (let j = 0; j < COMPONENTS; j++) {
        let sum = 0;
        for (let b = 0; b < COMPONENTS; b++)
          sum += (axes[g * size + m * COMPONENTS + b] ?? 0) * (common[g * size + j * COMPONENTS + b] ?? 0);
        out[g * size + m * COMPONENTS + j] = sum;
      }
    }
  }
  return out;
}

/** The branch's residual in the kernels' memory, as far as pixels are made. */
function residualPlanes(
  residual: Float32Array,
  window: LatentWindow,
  { plan, basis, kernels }: { readonly plan: WindowPlan; readonly basis: LappedBasis; readonly kernels: LappedKernels },
) {
  const { first, last } = plan;
  const [rows, columns] = [window.rows - 2, window.columns - 2];
  return {
    data: kernels.place(residual),
    rows,
    columns,
    ids: kernels.place(basis.canonical),
    count: basis.canonical.length,
    from: (first.row - window.row - 1) * columns + first.column - window.column - 1,
    high: last.row - first.row,
    wide: last.column - first.column,
  };
}

/** One more than the highest frequency that the branch corrects. */
const highestOf = ({ canonical }: LappedBasis): number =>
  canonical.reduce((most, id) => Math.max(most, (RADIUS[id % FREQUENCIES] ?? 0) + 1), 1);

const canonicalTables = new WeakMap<Uint16Array, TurnTable>();
const wholeTables = new WeakMap<Uint16Array, TurnTable>();

/** To the coefficients in common axes that the branch reads. */
function canonicalTable({ order, canonical }: LappedBasis): TurnTable {
  const table = canonicalTables.get(canonical) ?? turnTable(order, canonical);
  canonicalTables.set(canonical, table);
  return table;
}

/** To all of them. */
function wholeTable({ order }: LappedBasis): TurnTable {
  const ids = Uint16Array.from({ length: COMPONENTS * FREQUENCIES }, (_, id) => id);
  const table = wholeTables.get(order) ?? turnTable(order, ids);
  wholeTables.set(order, table);
  return table;
}

/** All coefficients in common axes, by id, [COMPONENTS * FREQUENCIES][rows][columns] of the window: what the synthesis graph reads. */
export function commonCoefficients(
  window: LatentWindow,
  { basis, degains }: Pick<LappedTransform, "basis" | "degains">,
  kernels: LappedKernels,
  out: Float32Array,
): void {
  const [positions, count] = [window.rows * window.columns, COMPONENTS * FREQUENCIES];
  kernels.free();
  const planes = zeros(kernels, count * positions);
  const table = placeTable(wholeTable(basis), kernels);
  for (const piece of piecesOf(window)) {
    const gains = degains[piece.chunk.quality];
    if (gains === undefined) continue;
    const mark = kernels.take(0);
    const list = listPiece(piece, window, gains, kernels);
    const shares = kernels.place(turnToCommon(piece.spectral.axes, basis.common));
    kernels.turn(list, table, shares, positions, planes);
    kernels.free(mark);
  }
  repeatEdges(planes, window, count, kernels);
  out.set(kernels.view(planes, count * positions));
}
