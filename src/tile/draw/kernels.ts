import type { Resampling } from "../../render/render-spec.js";
import { spanOf, type WarpGrid } from "../../geo/warp-grid.js";
import { createRow, locateRow, type Row, type WindowRaster } from "./warp-row.js";

/** What is made of more than the four pixels around, as GDAL's warper makes it. */
export type WideKernel = Exclude<Resampling, "nearest" | "bilinear">;

/** Where a convolution's weights come from: of a distance from the target's centre, in source pixels or, where those are finer, target pixels. */
interface Curve {
  readonly radius: number;
  readonly weight: (distance: number) => number;
}

/** Keys' cubic with a = -1/2, the cubic B-spline, and sinc under a window of three lobes. */
const CURVES = {
  cubic: {
    radius: 2,
    weight: (x) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2),
  },
  cubic_spline: {
    radius: 2,
    weight: (x) => (x < 1 ? 2 / 3 + 0.5 * x * x * (x - 2) : (2 - x) ** 3 / 6),
  },
  lanczos: { radius: 3, weight: (x) => sinc(x) * sinc(x / 3) },
} as const satisfies Partial<Record<WideKernel, Curve>>;

const TENT: Curve = { radius: 1, weight: (x) => 1 - x };

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Rows of Pascal's triangle, by how many source pixels a target pixel spans. */
const GAUSS = [
  [1, 2, 1],
  [1, 4, 6, 4, 1],
  [1, 6, 15, 20, 15, 6, 1],
] as const;

/** Values and their weights, `count` of them, of one target pixel. */
type Merge = (values: Float64Array, weights: Float64Array, count: number) => number;

const sum: Merge = (values, weights, count) => {
  let total = 0;
  for (let i = 0; i < count; i++) total += (values[i] ?? 0) * (weights[i] ?? 0);
  return total;
};
const average: Merge = (values, weights, count) => sum(values, weights, count) / total(weights, count);
const rms: Merge = (values, weights, count) => {
  for (let i = 0; i < count; i++) values[i] = (values[i] ?? 0) ** 2;
  return Math.sqrt(average(values, weights, count));
};
const rank =
  (share: number): Merge =>
  (values, _, count) =>
    values.subarray(0, count).toSorted()[Math.max(0, Math.ceil(share * count - 1))] ?? 0;

/** Of equally frequent ones the one that comes first. */
const mode: Merge = (values, _, count) => {
  const counts = new Map<number, number>();
  let [best, most] = [0, 0];
  for (let i = 0; i < count; i++) {
    const value = Math.round(values[i] ?? 0);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  for (const [value, found] of counts) if (found > most) [best, most] = [value, found];
  return best;
};

const MERGES = {
  cubic: average,
  cubic_spline: average,
  lanczos: average,
  gauss: average,
  average,
  rms,
  sum,
  mode,
  min: rank(0),
  q1: rank(0.25),
  med: rank(0.5),
  q3: rank(0.75),
  max: rank(1),
} as const satisfies Record<WideKernel, Merge>;

function total(weights: Float64Array, count: number): number {
  let all = 0;
  for (let i = 0; i < count; i++) all += weights[i] ?? 0;
  return all;
}

/** Shorter than a source pixel by so little is taken for as long. */
const ABOUT_ONE = 1 / 0.95;

/** Draws the rows of a target by a wide kernel. */
export interface KernelRows {
  /** Works out what the pixels chosen in row `r` are made of. */
  place(row: Row, r: number): void;
  /** One band of them. */
  draw(plane: Float32Array, out: Float32Array): void;
}

/** The taps along one axis for each pixel of a row: from `first` on `count` of them, of `wanted` where the source went on. */
interface Axis {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly wanted: Int32Array;
  /** `most` a pixel. */
  readonly weights: Float64Array;
  readonly most: number;
  /** Of the source along it. */
  readonly pixels: number;
  /** Source pixels under a target pixel. */
  readonly span: number;
}

/** Of `size` target pixels and as many source pixels. */
function createAxis(size: number, pixels: number, span: number): Axis {
  // As many as lanczos' six lobes have.
  const most = Math.min(pixels, Math.ceil(6 * Math.max(1, span)) + 3);
  const ints = (): Int32Array => new Int32Array(size);
  return { first: ints(), count: ints(), wanted: ints(), weights: new Float64Array(size * most), most, pixels, span };
}

/** Sets the taps of pixel `i`: those of [from, to) that the source has. */
function setTaps(axis: Axis, i: number, [from, to]: readonly [number, number], weight: (tap: number) => number): void {
  const first = Math.max(0, from);
  const count = Math.max(0, Math.min(axis.most, Math.min(axis.pixels, to) - first));
  axis.first[i] = first;
  axis.count[i] = count;
  axis.wanted[i] = to - from;
  for (let k = 0; k < count; k++) axis.weights[i * axis.most + k] = weight(first + k);
}

function convolve(axis: Axis, i: number, at: number, { radius, weight }: Curve): void {
  const wide = axis.span > ABOUT_ONE ? axis.span : 1;
  const [from, to] = [Math.ceil(at - 0.5 - radius * wide), Math.floor(at - 0.5 + radius * wide) + 1];
  setTaps(axis, i, [from, to], (tap) => weight(Math.abs(tap + 0.5 - at) / wide));
}

function binomial(axis: Axis, i: number, at: number): void {
  const span = Math.round(axis.span);
  const weights = GAUSS[span <= 2 ? 0 : span <= 4 ? 1 : 2];
  const from = Math.floor(at) - (weights.length - 1) / 2;
  setTaps(axis, i, [from, from + weights.length], (tap) => weights[tap - from] ?? 0);
}

/** Those that [from, to) covers, by how much. */
function cover(axis: Axis, i: number, one: number, other: number): void {
  const [from, to] = [Math.min(one, other), Math.max(one, other)];
  const first = Math.floor(from + TINY);
  const last = Math.max(first + 1, Math.ceil(to - TINY));
  const share = (tap: number): number => Math.max(TINY, Math.min(to, tap + 1) - Math.max(from, tap));
  setTaps(axis, i, [first, last], share);
}

const TINY = 1e-10;

/**
 * The rows of a target as GDAL's warper makes them: convolutions (cubic, cubic_spline, lanczos) are widened where target pixels are the longer ones; the
 * others look at the source pixels under a target pixel, by the share that it covers (average, rms, sum) or all alike.
 *
 * Only valid pixels of the own rank or a lower one weigh in; where some of a kernel with negative weights don't, the four around do instead.
 */
export function kernelRows(
  kernel: WideKernel,
  source: WindowRaster,
  { grid, factor, size }: { readonly grid: WarpGrid; readonly factor: number; readonly size: number },
): KernelRows {
  const { width, height } = source;
  const [across, down] = spanOf(grid, factor);
  const wide: Axes = [createAxis(size, width, across), createAxis(size, height, down)];
  const four: Axes = [createAxis(size, width, 1), createAxis(size, height, 1)];
  const corners = [createRow(size + 1), createRow(size + 1)] as const;
  const level = { scale: 1 / factor, x: source.x, y: source.y, offset: 0 };
  const most = wide[0].most * wide[1].most;
  const taken: Taken = { values: new Float64Array(most), weights: new Float64Array(most) };
  let placed: Row | undefined;
  return {
    place(row, r) {
      placed = row;
      if (!isCurve(kernel) && kernel !== "gauss") {
        locateRow(corners[0], r, grid, level);
        locateRow(corners[1], r + 1, grid, level);
      }
      for (let i = 0; i < row.count; i++) {
        const c = row.to[i] ?? 0;
        for (const [n, at] of [row.x[c] ?? 0, row.y[c] ?? 0].entries()) {
          const [axis, tent] = n === 0 ? [wide[0], four[0]] : [wide[1], four[1]];
          const [before, after] = n === 0 ? [corners[0].x, corners[1].x] : [corners[0].y, corners[1].y];
          if (isCurve(kernel)) convolve(axis, i, at, CURVES[kernel]);
          else if (kernel === "gauss") binomial(axis, i, at);
          else cover(axis, i, before[c] ?? 0, after[c + 1] ?? 0);
          if (isSharp(kernel)) convolve(tent, i, at, TENT);
        }
      }
    },
    draw(plane, out) {
      if (placed === undefined) return;
      for (let i = 0; i < placed.count; i++) {
        const own = placed.from[i] ?? 0;
        let count = gather({ plane, source, own }, wide, i, taken);
        const wanted = (wide[0].wanted[i] ?? 0) * (wide[1].wanted[i] ?? 0);
        if (isSharp(kernel) && count < wanted) count = gather({ plane, source, own }, four, i, taken);
        out[placed.to[i] ?? 0] = count === 0 ? (plane[own] ?? 0) : MERGES[kernel](taken.values, taken.weights, count);
      }
    },
  };
}

type Axes = readonly [across: Axis, down: Axis];

/** What weighs in of one pixel. */
interface Taken {
  readonly values: Float64Array;
  readonly weights: Float64Array;
}

/** Puts the values under pixel `i` that weigh in beside their weights; how many there are. `own` is the pixel that it falls in. */
function gather(
  { plane, source, own }: { readonly plane: Float32Array; readonly source: WindowRaster; readonly own: number },
  [xs, ys]: Axes,
  i: number,
  { values, weights }: Taken,
): number {
  const mask = source.valid === "all" ? undefined : source.valid;
  const rankHere = mask?.[own] ?? 1;
  const [left, wide] = [xs.first[i] ?? 0, xs.count[i] ?? 0];
  let count = 0;
  for (let b = 0; b < (ys.count[i] ?? 0); b++) {
    const line = ((ys.first[i] ?? 0) + b) * source.width + left;
    const wy = ys.weights[i * ys.most + b] ?? 0;
    for (let a = 0; a < wide; a++) {
      const rankThere = mask === undefined ? 1 : (mask[line + a] ?? 0);
      if (rankThere === 0 || rankThere > rankHere) continue;
      values[count] = plane[line + a] ?? 0;
      weights[count++] = wy * (xs.weights[i * xs.most + a] ?? 0);
    }
  }
  return count;
}

const isCurve = (kernel: WideKernel): kernel is keyof typeof CURVES => kernel in CURVES;
/** With negative weights. */
const isSharp = (kernel: WideKernel): boolean => kernel === "cubic" || kernel === "lanczos";
