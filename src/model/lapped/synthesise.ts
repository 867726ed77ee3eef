import type { LatentWindow } from "../../core/latents.js";
import { CHUNK_POSITIONS } from "../../core/geometry.js";
import type { LappedTransform } from "../transform.js";
import type { LappedBasis } from "./basis.js";
import { AXES_LENGTH, COMPONENTS, FREQUENCIES, GROUP, GROUPS, RADIUS } from "./geometry.js";
import { STRIDE } from "../../core/geometry.js";
import type { NativeFactors } from "../../core/bands.js";
import type { LappedKernels } from "./kernels.js";
import { averageNative, factorsOf } from "./native.js";
import { listNonZeros, type NonZeros, type Piece } from "./non-zeros.js";

/** Runs the decoder's branch: coefficients [canonical][rows][columns] -> residual [canonical][rows - 2][columns - 2], weighted digital numbers. */
export type RunBranch = (coefficients: Float32Array, rows: number, columns: number) => Promise<Float32Array>;

/** What computes. */
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
 * the spatial steps are undone. Without `branch` the linear basis alone answers, which is nearly as good and much cheaper.
 */
export async function synthesiseLapped(
  window: LatentWindow,
  transform: Pick<LappedTransform, "basis" | "degains" | "halo">,
  { bands, native }: WantedBands,
  { kernels, branch, known }: Synthesis,
): Promise<Float32Array> {
  const factors = factorsOf(native);
  const { basis, degains, halo } = transform;
  const plan = planWindow(window, halo);
  const stored = listNonZeros(window, plan.pieces, degains);
  const residual = known ?? (await branch?.(canonicalOf(stored, window, basis), window.rows, window.columns));
  const { width, height } = plan.size;
  const area = width * height;
  kernels.free();
  const turned = bands.map(() => kernels.take(area));
  const pixels = kernels.take(area);
  const planes = turned.map((at) => kernels.view(at, area));
  for (const plane of planes) plane.fill(0);
  let used = scatter(stored, window, plan, { basis, bands, planes });
  if (residual !== undefined) used = Math.max(used, addResidual(residual, window, plan, { basis, bands, planes }));
  const [rows, columns] = [STRIDE * (window.rows - 2 * halo), STRIDE * (window.columns - 2 * halo)];
  const out = new Float32Array(bands.length * rows * columns);
  bands.forEach((band, n) => {
    kernels.synthesise(turned[n] ?? 0, pixels, plan.size, used);
    const plane = kernels.view(pixels, area);
    const place = { x: STRIDE * plan.first.column, y: STRIDE * plan.first.row, width, height };
    averageNative(plane, place, factors[band] ?? 1);
    kernels.scale(pixels, area, 1 / (basis.weights[band] ?? 1));
    for (let y = 0; y < rows; y++) {
      const from = (y + plan.top) * width + plan.left;
      out.set(plane.subarray(from, from + columns), (n * rows + y) * columns);
    }
  });
  return out;
}

interface WindowPlan {
  /** Stored pieces, halo included. */
  readonly pieces: readonly Piece[];
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
  const pieces: Piece[] = [];
  window.chunks.forEach((chunk, i) => {
    if (chunk.channels === 0) return;
    const top = (window.chunkRow + Math.floor(i / window.chunkColumns)) * CHUNK_POSITIONS;
    const left = (window.chunkColumn + (i % window.chunkColumns)) * CHUNK_POSITIONS;
    const span = (from: number, count: number, start: number, length: number): readonly [number, number] => [
      Math.max(0, start - from),
      Math.min(length, start + count - from),
    ];
    const [mine, across] = [span(top, rows, row, chunk.rows), span(left, columns, column, chunk.columns)];
    if (mine[0] < mine[1] && across[0] < across[1])
      pieces.push({ chunk, row: top, column: left, rows: mine, columns: across });
  });
  return {
    pieces,
    first,
    last,
    size: { width: STRIDE * (last.column - first.column), height: STRIDE * (last.row - first.row) },
    top: STRIDE * (row + halo - first.row),
    left: STRIDE * (column + halo - first.column),
  };
}

interface Planes {
  readonly basis: LappedBasis;
  readonly bands: readonly number[];
  /** Coefficients of the bands, [16 columns][16 rows]: (16 column + v) height + 16 row + u. */
  readonly planes: readonly Float32Array[];
}

/** Adds stored values, turned to bands; one more than the highest frequency that they hold. */
function scatter(
  { value, at, pieces }: NonZeros,
  window: LatentWindow,
  plan: WindowPlan,
  { basis, bands, planes }: Planes,
): number {
  const places = placesInPlanes(window, plan);
  const { height } = plan.size;
  let used = 1;
  for (const { spectral, starts } of pieces) {
    for (let channel = 0; channel + 1 < starts.length; channel++) {
      const [from, to] = [starts[channel] ?? 0, starts[channel + 1] ?? 0];
      if (from === to) continue;
      const id = basis.order[channel] ?? 0;
      const f = id % FREQUENCIES;
      used = Math.max(used, (RADIUS[f] ?? 0) + 1);
      const offset = (f % STRIDE) * height + Math.floor(f / STRIDE);
      const axis = ((GROUP[f] ?? 0) * COMPONENTS + Math.floor(id / FREQUENCIES)) * COMPONENTS;
      for (let n = 0; n < bands.length; n++) {
        const plane = planes[n] ?? new Float32Array();
        const share = spectral.axes[axis + (bands[n] ?? 0)] ?? 0;
        for (let k = from; k < to; k++) {
          const place = (places[at[k] ?? 0] ?? 0) + offset;
          if (place >= 0) plane[place] = (plane[place] ?? 0) + (value[k] ?? 0) * share;
        }
      }
    }
  }
  return used;
}

/** Of each position of a window, where its lowest frequency lies in the planes; far below 0 where its pixels are not made. */
function placesInPlanes({ row, column, rows, columns }: LatentWindow, { first, last, size }: WindowPlan): Int32Array {
  const out = new Int32Array(rows * columns).fill(NOWHERE);
  for (let r = Math.max(row, first.row); r < Math.min(row + rows, last.row); r++) {
    for (let c = Math.max(column, first.column); c < Math.min(column + columns, last.column); c++)
      out[(r - row) * columns + c - column] = STRIDE * ((c - first.column) * size.height + r - first.row);
  }
  return out;
}

const NOWHERE = -(2 ** 30);

/** Coefficients in common axes that the branch reads, [canonical][rows][columns] of the window; the level's outermost repeated beyond it. */
function canonicalOf({ value, at, pieces }: NonZeros, window: LatentWindow, basis: LappedBasis): Float32Array {
  const area = window.rows * window.columns;
  const out = new Float32Array(basis.canonical.length * area);
  const listed = canonicalByFrequency(basis);
  for (const { spectral, starts } of pieces) {
    const toCommon = turnToCommon(spectral.axes, basis.common);
    for (let channel = 0; channel + 1 < starts.length; channel++) {
      const [from, to] = [starts[channel] ?? 0, starts[channel + 1] ?? 0];
      if (from === to) continue;
      const id = basis.order[channel] ?? 0;
      const { components, places } = listed[id % FREQUENCIES] ?? { components: [], places: [] };
      const axis = ((GROUP[id % FREQUENCIES] ?? 0) * COMPONENTS + Math.floor(id / FREQUENCIES)) * COMPONENTS;
      for (let n = 0; n < places.length; n++) {
        const plane = (places[n] ?? 0) * area;
        const share = toCommon[axis + (components[n] ?? 0)] ?? 0;
        for (let k = from; k < to; k++) {
          const place = plane + (at[k] ?? 0);
          out[place] = (out[place] ?? 0) + (value[k] ?? 0) * share;
        }
      }
    }
  }
  repeatEdges(out, window, basis.canonical.length);
  return out;
}

/** Fills what lies beyond the level with its outermost positions. */
export function repeatEdges(
  planes: Float32Array,
  window: Pick<LatentWindow, "row" | "column" | "rows" | "columns" | "levelRows" | "levelColumns">,
  count: number,
): void {
  const { row, column, rows, columns, levelRows, levelColumns } = window;
  if (row >= 0 && column >= 0 && row + rows <= levelRows && column + columns <= levelColumns) return;
  const inside = (i: number, from: number, total: number): number => Math.max(0, Math.min(total - 1, i + from)) - from;
  const source = Int32Array.from(
    { length: rows * columns },
    (_, p) => inside(Math.floor(p / columns), row, levelRows) * columns + inside(p % columns, column, levelColumns),
  );
  for (let k = 0; k < count; k++) {
    const plane = planes.subarray(k * rows * columns, (k + 1) * rows * columns);
    for (let p = 0; p < source.length; p++) {
      const from = source[p] ?? p;
      if (from !== p) plane[p] = plane[from] ?? 0;
    }
  }
}

interface CanonicalPlaces {
  readonly components: readonly number[];
  readonly places: readonly number[];
}

const listedOf = new WeakMap<Uint16Array, readonly CanonicalPlaces[]>();

/** For each frequency, the components in common axes that the branch reads, and their places. */
function canonicalByFrequency({ canonical }: LappedBasis): readonly CanonicalPlaces[] {
  const known = listedOf.get(canonical);
  if (known !== undefined) return known;
  const out = Array.from({ length: FREQUENCIES }, () => ({ components: [] as number[], places: [] as number[] }));
  canonical.forEach((id, place) => {
    out[id % FREQUENCIES]?.components.push(Math.floor(id / FREQUENCIES));
    out[id % FREQUENCIES]?.places.push(place);
  });
  listedOf.set(canonical, out);
  return out;
}

/** From a chunk's components to those in common axes: [GROUPS][component][common component], the sum over bands of both axes. */
export function turnToCommon(axes: Float32Array, common: Float32Array): Float32Array {
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

/** Adds the branch's residual, turned to bands; one more than the highest frequency that it holds. */
function addResidual(
  residual: Float32Array,
  window: LatentWindow,
  { first, last, size }: WindowPlan,
  { basis, bands, planes }: Planes,
): number {
  const [rows, columns] = [window.rows - 2, window.columns - 2];
  const { height } = size;
  let used = 1;
  basis.canonical.forEach((id, place) => {
    const f = id % FREQUENCIES;
    const [u, v] = [Math.floor(f / STRIDE), f % STRIDE];
    used = Math.max(used, (RADIUS[f] ?? 0) + 1);
    const from = ((GROUP[f] ?? 0) * COMPONENTS + Math.floor(id / FREQUENCIES)) * COMPONENTS;
    const plane = residual.subarray(place * rows * columns, (place + 1) * rows * columns);
    for (let n = 0; n < bands.length; n++) {
      const share = basis.common[from + (bands[n] ?? 0)] ?? 0;
      const target = planes[n] ?? new Float32Array();
      for (let column = first.column; column < last.column; column++) {
        let to = (STRIDE * (column - first.column) + v) * height + u;
        let at = (first.row - window.row - 1) * columns + column - window.column - 1;
        for (let row = first.row; row < last.row; row++, to += STRIDE, at += columns)
          target[to] = (target[to] ?? 0) + share * (plane[at] ?? 0);
      }
    }
  });
  return used;
}

/** All coefficients in common axes, by id, [COMPONENTS * FREQUENCIES][rows][columns] of the window: what the synthesis graph reads. */
export function commonCoefficients(
  window: LatentWindow,
  { basis, degains, halo }: Pick<LappedTransform, "basis" | "degains" | "halo">,
  out: Float32Array,
): void {
  const { rows, columns } = window;
  const area = rows * columns;
  out.fill(0);
  const { value, at, pieces } = listNonZeros(window, planWindow(window, halo).pieces, degains);
  for (const { spectral, starts } of pieces) {
    const toCommon = turnToCommon(spectral.axes, basis.common);
    for (let channel = 0; channel + 1 < starts.length; channel++) {
      const id = basis.order[channel] ?? 0;
      const f = id % FREQUENCIES;
      const axis = ((GROUP[f] ?? 0) * COMPONENTS + Math.floor(id / FREQUENCIES)) * COMPONENTS;
      for (let j = 0; j < COMPONENTS; j++) {
        const share = toCommon[axis + j] ?? 0;
        for (let k = starts[channel] ?? 0; k < (starts[channel + 1] ?? 0); k++) {
          const place = (j * FREQUENCIES + f) * area + (at[k] ?? 0);
          out[place] = (out[place] ?? 0) + (value[k] ?? 0) * share;
        }
      }
    }
  }
  repeatEdges(out, window, COMPONENTS * FREQUENCIES);
}
