import type { LappedBasis } from "./basis.js";
import { AXES_LENGTH, COMPONENTS, FREQUENCIES, GROUP, GROUPS } from "./geometry.js";
import { STRIDE } from "../../core/geometry.js";
import type { LappedKernels } from "./kernels.js";
import { analyseNative, factorsOf, type PlanePlace } from "./native.js";
import type { NativeFactors } from "../../core/bands.js";

/** Pixels of a part of a level, edges repeated to whole positions: weighted and transformed band by band. */
export interface AnalysedBlock {
  /** Coefficients of a rectangle of the block's positions; outside the block its outermost are repeated. */
  cut(rect: PositionRect): BandCoefficients;
}

/** Positions; may reach beyond the block. */
export interface PositionRect {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Weighted digital numbers, [band][frequency, as listed in FREQUENCY_ORDER][position], planes padded to multiples of four with 0. They lie in the
 * kernels' memory until what was taken before is freed.
 */
export interface BandCoefficients {
  readonly rows: number;
  readonly columns: number;
  /** Numbers from one plane to the next. */
  readonly plane: number;
  /** Address. */
  readonly at: number;
}

/** Frequencies group by group, so that a group is one stretch of memory; 0 comes first. */
export const FREQUENCY_ORDER: Uint8Array = Uint8Array.from(
  Array.from({ length: FREQUENCIES }, (_, f) => f).toSorted((a, b) => (GROUP[a] ?? 0) - (GROUP[b] ?? 0) || a - b),
);
const PLACE_OF = new Uint16Array(FREQUENCIES);
FREQUENCY_ORDER.forEach((f, i) => (PLACE_OF[f] = i));

/**
 * Transforms a block of pixels, [bands][height][width], sides multiples of 16; `place` tells where native pixels lie. The outer half position is right only where the block ends
 * with the level: give one position more around what is wanted. The block lives in the kernels' memory until they are freed.
 */
export function analyseBlock(
  pixels: Float32Array,
  place: PlanePlace,
  { weights, native }: Pick<LappedBasis, "weights"> & { readonly native: NativeFactors | undefined },
  kernels: LappedKernels,
): AnalysedBlock {
  const { width, height } = place;
  const factors = factorsOf(native);
  kernels.free();
  const area = width * height;
  const [blockRows, blockColumns] = [height / STRIDE, width / STRIDE];
  const scratch = kernels.take(area);
  const planes = Array.from({ length: COMPONENTS }, () => kernels.take(area));
  planes.forEach((to, b) => {
    const weight = weights[b] ?? 1;
    const from = pixels.subarray(b * area, (b + 1) * area);
    const factor = factors[b] ?? 1;
    if (factor !== 1) return analyseNative(kernels, from, { scratch, to }, place, { factor, weight });
    kernels.view(scratch, area).set(from);
    kernels.scale(scratch, area, weight);
    kernels.analyse(scratch, to, place);
  });
  const places = kernels.place(Int32Array.from(PLACE_OF));
  return {
    cut({ row, column, rows, columns }) {
      const plane = (rows * columns + 3) & ~3;
      const size = COMPONENTS * FREQUENCIES * plane;
      const at = kernels.take(size);
      const firsts = (from: number, count: number, total: number): number =>
        kernels.place(
          Int32Array.from({ length: count }, (_, i) => STRIDE * Math.max(0, Math.min(total - 1, from + i))),
        );
      const [tops, lefts] = [firsts(row, rows, blockRows), firsts(column, columns, blockColumns)];
      kernels.view(at, size).fill(0);
      planes.forEach((source, b) =>
        kernels.gather(source, height, { tops, rows, lefts, columns, places, plane }, at + 4 * b * FREQUENCIES * plane),
      );
      return { rows, columns, plane, at };
    },
  };
}

/** A band of coefficients as the kernels' synthesis wants it: [16 columns][16 rows], coefficient (u, v) at (16 column + v, 16 row + u). */
export function spreadBand(
  { rows, columns, plane, at }: BandCoefficients,
  band: number,
  kernels: LappedKernels,
): Float32Array {
  const out = new Float32Array(FREQUENCIES * rows * columns);
  const values = kernels.view(at + 4 * band * FREQUENCIES * plane, FREQUENCIES * plane);
  FREQUENCY_ORDER.forEach((f, i) => {
    const [u, v] = [Math.floor(f / STRIDE), f % STRIDE];
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++)
        out[(STRIDE * c + v) * STRIDE * rows + STRIDE * r + u] = values[i * plane + r * columns + c] ?? 0;
  });
  return out;
}

/** Second moments of each frequency, [frequency, as in FREQUENCY_ORDER][band][band], means over positions. */
export function momentsOf({ rows, columns, plane, at }: BandCoefficients, kernels: LappedKernels): Float64Array {
  const size = COMPONENTS * COMPONENTS;
  const out = new Float64Array(FREQUENCIES * size);
  const scale = 1 / (rows * columns);
  for (let a = 0; a < COMPONENTS; a++) {
    for (let b = a; b < COMPONENTS; b++) {
      for (let i = 0; i < FREQUENCIES; i++) {
        const sum = kernels.dot(at + 4 * plane * (a * FREQUENCIES + i), at + 4 * plane * (b * FREQUENCIES + i), plane);
        out[i * size + a * COMPONENTS + b] = out[i * size + b * COMPONENTS + a] = sum * scale;
      }
    }
  }
  return out;
}

/** Second moments [GROUPS][band][band] of the coefficients but those of frequency 0, means over frequencies. */
export function groupMoments(moments: Float64Array): Float64Array {
  const size = COMPONENTS * COMPONENTS;
  const out = new Float64Array(AXES_LENGTH);
  const count = new Uint16Array(GROUPS);
  FREQUENCY_ORDER.forEach((f, i) => {
    if (f === 0) return;
    const g = GROUP[f] ?? 0;
    count[g] = (count[g] ?? 0) + 1;
    for (let k = 0; k < size; k++) out[g * size + k] = (out[g * size + k] ?? 0) + (moments[i * size + k] ?? 0);
  });
  for (let k = 0; k < AXES_LENGTH; k++) out[k] = (out[k] ?? 0) / (count[Math.floor(k / size)] ?? 1);
  return out;
}

/** Components of the channels listed, [channel][position] without padding: the sum over bands of axes x coefficients. */
export function turnedTo(
  { rows, columns, plane, at }: BandCoefficients,
  axes: Float32Array,
  channels: Uint16Array,
  kernels: LappedKernels,
): Float32Array {
  const weights = kernels.take(COMPONENTS);
  const turned = kernels.take(plane);
  const positions = rows * columns;
  const stack = { count: COMPONENTS, plane: FREQUENCIES * plane, length: plane };
  const out = new Float32Array(channels.length * positions);
  channels.forEach((id, c) => {
    const f = id % FREQUENCIES;
    const from = ((GROUP[f] ?? 0) * COMPONENTS + Math.floor(id / FREQUENCIES)) * COMPONENTS;
    kernels.view(weights, COMPONENTS).set(axes.subarray(from, from + COMPONENTS));
    kernels.mix(weights, { ...stack, data: at + 4 * plane * (PLACE_OF[f] ?? 0) }, turned);
    out.set(kernels.view(turned, positions), c * positions);
  });
  kernels.free(weights);
  return out;
}
