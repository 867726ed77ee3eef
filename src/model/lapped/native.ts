import { BANDS, type NativeFactors } from "../../core/bands.js";
import { STRIDE } from "../../core/geometry.js";
import type { LappedKernels, PlaneSize } from "./kernels.js";

/**
 * Bands whose sensor is coarser than the image's grid by a whole factor, each native pixel repeated factor x factor times: 2 for the 20 m
 * bands on a 10 m grid, 6 for the 60 m ones. They have no detail beyond STRIDE / factor, so none is stored: a band is kept as the smooth
 * surface of low frequencies whose means over native pixels are those pixels, and decodes to these means, repeated.
 */
export type NativeFactor = 1 | 2 | 6;

/** The factor of each band, in the order of core/bands. */
export function factorsOf(native: NativeFactors | undefined): readonly NativeFactor[] {
  return BANDS.map((band) => native?.[band] ?? 1);
}

/** Frequencies a side that a band of a factor keeps. */
export function keptFrequencies(factor: NativeFactor): number {
  return factor === 1 ? STRIDE : Math.ceil(STRIDE / factor);
}

/** Where native pixels lie in a plane: the first pixel of the plane in the image. */
export interface PlanePlace extends PlaneSize {
  readonly x: number;
  readonly y: number;
}

/** Replaces each native pixel by its mean, as far as the plane shows it. */
export function averageNative(plane: Float32Array, { x, y, width, height }: PlanePlace, factor: NativeFactor): void {
  if (factor === 1) return;
  const nextEdge = (at: number, first: number): number => at + factor - ((at + first) % factor);
  for (let top = 0; top < height; top = nextEdge(top, y)) {
    const bottom = Math.min(height, nextEdge(top, y));
    for (let left = 0; left < width; left = nextEdge(left, x)) {
      const right = Math.min(width, nextEdge(left, x));
      let sum = 0;
      for (let r = top; r < bottom; r++) for (let c = left; c < right; c++) sum += plane[r * width + c] ?? 0;
      const mean = sum / ((bottom - top) * (right - left));
      for (let r = top; r < bottom; r++) plane.fill(mean, r * width + left, r * width + right);
    }
  }
}

/** What the mean over native pixels leaves of a frequency's amplitude: sin(factor a) / (factor sin a), a = pi k / (2 STRIDE). */
function gain(k: number, factor: NativeFactor): number {
  if (k === 0) return 1;
  const angle = (Math.PI * k) / (2 * STRIDE);
  return Math.sin(factor * angle) / (factor * Math.sin(angle));
}

/** Steps of the solver: of white noise between native pixels, the hardest there is, less than a hundredth is left. */
const STEPS = 4;

/**
 * Analyses a band of repeated native pixels: coefficients, [16 columns][16 rows], that are 0 beyond keptFrequencies and whose synthesis has
 * the native pixels as means. With S the synthesis, M the means and P the frequencies kept they solve P S' M S c = P S' x, by conjugate gradients
 * preconditioned with the means' gains (Golub and Van Loan, 11.5). `pixels` is spoilt.
 */
export function analyseNative(
  kernels: LappedKernels,
  at: { readonly pixels: number; readonly scratch: number; readonly turned: number; readonly out: number },
  place: PlanePlace,
  factor: NativeFactor,
): void {
  const area = place.width * place.height;
  const { indices, weights } = keptOf(place, factor);
  kernels.analyse(at.pixels, at.turned, place);
  const rest = gather(kernels.view(at.turned, area), indices);
  const solution = new Float32Array(indices.length);
  let direction = product(rest, weights);
  let energy = dot(rest, direction);
  for (let step = 0; step < STEPS && energy > 0; step++) {
    scatter(direction, indices, kernels.view(at.turned, area));
    kernels.synthesise(at.turned, at.scratch, place, keptFrequencies(factor));
    averageNative(kernels.view(at.scratch, area), place, factor);
    kernels.analyse(at.scratch, at.turned, place);
    const image = gather(kernels.view(at.turned, area), indices);
    const length = energy / dot(direction, image);
    for (let i = 0; i < indices.length; i++) {
      solution[i] = (solution[i] ?? 0) + length * (direction[i] ?? 0);
      rest[i] = (rest[i] ?? 0) - length * (image[i] ?? 0);
    }
    const next = product(rest, weights);
    const after = dot(rest, next);
    const share = after / energy;
    for (let i = 0; i < indices.length; i++) next[i] = (next[i] ?? 0) + share * (direction[i] ?? 0);
    [direction, energy] = [next, after];
  }
  scatter(solution, indices, kernels.view(at.out, area));
}

/** Where the kept coefficients of a plane lie, and what the means take off each of them twice, undone. */
function keptOf(
  { width, height }: PlaneSize,
  factor: NativeFactor,
): { readonly indices: Uint32Array; readonly weights: Float32Array } {
  const kept = keptFrequencies(factor);
  const gains = Float32Array.from({ length: kept }, (_, k) => 1 / gain(k, factor) ** 2);
  const count = (width / STRIDE) * (height / STRIDE) * kept * kept;
  const [indices, weights] = [new Uint32Array(count), new Float32Array(count)];
  let at = 0;
  for (let x = 0; x < width; x++) {
    if (x % STRIDE >= kept) continue;
    for (let y = 0; y < height; y++) {
      if (y % STRIDE >= kept) continue;
      indices[at] = x * height + y;
      weights[at++] = (gains[x % STRIDE] ?? 0) * (gains[y % STRIDE] ?? 0);
    }
  }
  return { indices, weights };
}

function gather(plane: Float32Array, indices: Uint32Array): Float32Array {
  const out = new Float32Array(indices.length);
  for (let i = 0; i < out.length; i++) out[i] = plane[indices[i] ?? 0] ?? 0;
  return out;
}

/** Puts values at their indices, 0 elsewhere. */
function scatter(values: Float32Array, indices: Uint32Array, plane: Float32Array): void {
  plane.fill(0);
  for (let i = 0; i < values.length; i++) plane[indices[i] ?? 0] = values[i] ?? 0;
}

function product(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = (a[i] ?? 0) * (b[i] ?? 0);
  return out;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
