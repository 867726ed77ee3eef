import type { Neighbour } from "./neighbourhoods.js";

/** Bands that the detection of clouds over time looks at, in the order of its planes. */
export const SERIES_BANDS = ["B02", "B03", "B04", "B08", "B11"] as const;
/** Their planes. */
export const [BLUE, GREEN, RED, NIR, SWIR] = [0, 1, 2, 3, 4] as const;
const COUNT = SERIES_BANDS.length;

/** Of one date: digital numbers, [5][height][width]. */
export type DatePlanes = Int16Array;

/** What other dates say of one, before it is looked at. */
export interface PredictionInput {
  /** Of all dates of the series. */
  readonly samples: readonly DatePlanes[];
  /** Of all dates: how much each pixel counts, 0 where it is invalid. */
  readonly weights: readonly Float32Array[];
  readonly neighbours: readonly Neighbour[];
  /** Quantile wanted of each band, 0..1; undefined: the band is left 0. */
  readonly quantiles: readonly (number | undefined)[];
}

/**
 * What each pixel of a date should be: the weighted quantile, band by band, of the same pixel at the dates that weigh most.
 *
 * With values in order and w their weights (neighbour x pixel), the first whose running sum less w / 2 reaches quantile x total. 0 where nothing
 * weighs.
 */
export function predict({ samples, weights, neighbours, quantiles }: PredictionInput): DatePlanes {
  const [first] = samples;
  const pixels = (first?.length ?? 0) / COUNT;
  const out = new Int16Array(COUNT * pixels);
  const count = neighbours.length;
  const planes = neighbours.map(({ index }) => samples[index] ?? out);
  const clear = neighbours.map(({ index }) => weights[index] ?? new Float32Array(pixels));
  const base = Float64Array.from(neighbours, ({ weight }) => weight);
  const [weight, sorted, keys] = [new Float64Array(count), new Float64Array(count), new Int32Array(count)];
  for (let p = 0; p < pixels; p++) {
    let total = 0;
    for (let k = 0; k < count; k++) {
      const w = (base[k] ?? 0) * (clear[k]?.[p] ?? 0);
      weight[k] = w;
      total += w;
    }
    if (total === 0) continue;
    for (let b = 0; b < COUNT; b++) {
      const quantile = quantiles[b];
      if (quantile === undefined) continue;
      const at = b * pixels + p;
      // Value and neighbour in one number, so that one array is sorted; by insertion, as they are few.
      for (let k = 0; k < count; k++) {
        const key = (planes[k]?.[at] ?? 0) * MOST_KEYS + k;
        let j = k;
        for (; j > 0 && (keys[j - 1] ?? 0) > key; j--) keys[j] = keys[j - 1] ?? 0;
        keys[j] = key;
      }
      for (let k = 0; k < count; k++) sorted[k] = weight[(keys[k] ?? 0) & (MOST_KEYS - 1)] ?? 0;
      out[at] = (keys[firstReaching(sorted, count, quantile * total)] ?? 0) >> KEY_BITS;
    }
  }
  return out;
}

/** More than the neighbours of a date. */
const KEY_BITS = 5;
const MOST_KEYS = 2 ** KEY_BITS;

function firstReaching(weights: Float64Array, count: number, target: number): number {
  let sum = 0;
  for (let k = 0; k < count - 1; k++) {
    const w = weights[k] ?? 0;
    if (sum + w / 2 >= target) return k;
    sum += w;
  }
  return count - 1;
}

/**
 * A robust standard deviation of each pixel's residual over the dates: 1.4826 times the weighted median of its size.
 *
 * `residuals` and `weights` hold a plane a date.
 */
export function spreadOf(residuals: readonly Float32Array[], weights: readonly Float32Array[]): Float32Array {
  const pixels = residuals[0]?.length ?? 0;
  const dates = residuals.length;
  const out = new Float32Array(pixels);
  const [keys, sorted] = [new Float64Array(dates), new Float64Array(dates)];
  for (let p = 0; p < pixels; p++) {
    let total = 0;
    // Size and date in one number each, so that the sort needs no callback.
    for (let t = 0; t < dates; t++) {
      keys[t] = Math.round(16 * Math.abs(residuals[t]?.[p] ?? 0)) * MOST_DATES + t;
      total += weights[t]?.[p] ?? 0;
    }
    keys.sort();
    for (let k = 0; k < dates; k++) sorted[k] = weights[(keys[k] ?? 0) % MOST_DATES]?.[p] ?? 0;
    out[p] = (1.4826 / 16) * Math.floor((keys[firstReaching(sorted, dates, total / 2)] ?? 0) / MOST_DATES);
  }
  return out;
}

const MOST_DATES = 2 ** 20;
