import { BANDS, BAND_RESOLUTION_M } from "../../core/bands.js";
import { gaussianTable, hash, type Size } from "./noise.js";

export interface SensorOptions extends Size {
  readonly seed: number;
  /** Whether to add noise: not to what is meant as truth. */
  readonly noise: boolean;
}

/**
 * What the instrument makes of the light, in place: 10 m bands slightly blurred, 20 m and 60 m bands averaged and resampled
 * bilinearly to 10 m (so that they are smooth), noise of 10 to 30 digital numbers added at each band's own resolution, whole
 * numbers of at least 1.
 */
export function applySensor(samples: Float32Array, options: SensorOptions): void {
  const { width, height, seed } = options;
  const count = width * height;
  const deviates = gaussianTable(5);
  for (const [b, band] of BANDS.entries()) {
    const plane = samples.subarray(b * count, (b + 1) * count);
    const factor = BAND_RESOLUTION_M[band] / 10;
    const coarse = factor === 1 ? spread(plane, options) : average(plane, options, factor);
    if (options.noise) addNoise(coarse.plane, deviates, hash(seed, b, 31));
    if (factor > 1) enlarge(coarse, plane, options, factor);
    else plane.set(coarse.plane);
    for (let i = 0; i < count; i++) plane[i] = Math.max(1, Math.round(plane[i] ?? 0));
  }
}

interface Coarse extends Size {
  readonly plane: Float32Array;
}

/** Point spread: a separable 1 6 1 over neighbours. */
function spread(plane: Float32Array, { width, height }: Size): Coarse {
  const rows = new Float32Array(plane.length);
  for (let r = 0; r < height; r++) {
    const row = r * width;
    for (let c = 0; c < width; c++) {
      const left = plane[row + Math.max(0, c - 1)] ?? 0;
      const right = plane[row + Math.min(width - 1, c + 1)] ?? 0;
      rows[row + c] = 0.75 * (plane[row + c] ?? 0) + 0.125 * (left + right);
    }
  }
  const out = new Float32Array(plane.length);
  for (let r = 0; r < height; r++) {
    const [above, below] = [Math.max(0, r - 1) * width, Math.min(height - 1, r + 1) * width];
    for (let c = 0; c < width; c++) {
      out[r * width + c] =
        0.75 * (rows[r * width + c] ?? 0) + 0.125 * ((rows[above + c] ?? 0) + (rows[below + c] ?? 0));
    }
  }
  return { plane: out, width, height };
}

function average(plane: Float32Array, { width, height }: Size, factor: number): Coarse {
  const [outWidth, outHeight] = [Math.ceil(width / factor), Math.ceil(height / factor)];
  const out = new Float32Array(outWidth * outHeight);
  for (let r = 0; r < outHeight; r++) {
    const rowEnd = Math.min(height, (r + 1) * factor);
    for (let c = 0; c < outWidth; c++) {
      const columnEnd = Math.min(width, (c + 1) * factor);
      let sum = 0;
      for (let y = r * factor; y < rowEnd; y++)
        for (let x = c * factor; x < columnEnd; x++) sum += plane[y * width + x] ?? 0;
      out[r * outWidth + c] = sum / ((rowEnd - r * factor) * (columnEnd - c * factor));
    }
  }
  return { plane: out, width: outWidth, height: outHeight };
}

/** Bilinear between the coarse pixels' centres. */
function enlarge(coarse: Coarse, out: Float32Array, { width, height }: Size, factor: number): void {
  const from = coarse.plane;
  for (let r = 0; r < height; r++) {
    const y = (r + 0.5) / factor - 0.5;
    const top = Math.floor(y);
    const wy = y - top;
    const upper = Math.max(0, top) * coarse.width;
    const lower = Math.min(coarse.height - 1, top + 1) * coarse.width;
    for (let c = 0; c < width; c++) {
      const x = (c + 0.5) / factor - 0.5;
      const first = Math.floor(x);
      const wx = x - first;
      const left = Math.max(0, first);
      const right = Math.min(coarse.width - 1, first + 1);
      const above = (from[upper + left] ?? 0) * (1 - wx) + (from[upper + right] ?? 0) * wx;
      const below = (from[lower + left] ?? 0) * (1 - wx) + (from[lower + right] ?? 0) * wx;
      out[r * width + c] = above * (1 - wy) + below * wy;
    }
  }
}

/** Read-out noise and, growing with the root of the signal, shot noise. */
function addNoise(plane: Float32Array, deviates: Float32Array, seed: number): void {
  const mask = deviates.length - 1;
  let state = seed | 1;
  for (let i = 0; i < plane.length; i++) {
    // A linear congruential step is enough to pick from a table of deviates.
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const value = plane[i] ?? 0;
    const sigma = 8 + 0.28 * Math.sqrt(Math.max(0, value));
    plane[i] = value + sigma * (deviates[(state >>> 12) & mask] ?? 0);
  }
}
