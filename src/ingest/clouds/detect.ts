import { classify, compare, radiiOf, STATE, type Comparison, type Verdict } from "./classify.js";
import { neighbourhoods } from "./neighbourhoods.js";
import type { Shape } from "./planes.js";
import { BLUE, NIR, predict, spreadOf, type DatePlanes } from "./predict.js";

/** All dates of a block of one grid. */
export interface SeriesBlock extends Shape {
  /** Side of a pixel, metres. */
  readonly pixelM: number;
  /** In order of time. */
  readonly dates: readonly SeriesDate[];
}

export interface SeriesDate {
  /** Days since any common moment. */
  readonly day: number;
  readonly samples: DatePlanes;
  /** 1 = valid. */
  readonly valid: Uint8Array;
  /** 1 where the source's scene classes say cloud or shadow: a first guess, which the series may overrule. */
  readonly hidden?: Uint8Array | undefined;
}

/** A series of fewer dates tells too little. */
export const LEAST_DATES = 6;
/** Clear looks among a date's neighbours without which a pixel stays unknown. */
const LEAST_LOOKS = 2.5;
/** Weight of a look that is no clear one: something has to be compared with. */
const FLOOR = 0.02;
/** What is beyond this, metres, changes nothing that matters: the sum of the rules' windows. */
export const REACH_M = 660;
/** Bytes of memory a pixel and date: samples and prediction of 5 bands, residual, weight, states. */
export const BYTES_A_PIXEL = 34;

/**
 * Cloud and shadow of every date of a block, STATE by pixel, from what the series knows of each place.
 *
 * After Tmask (Zhu and Woodcock 2014: each date against a robust model of the pixel's own series in a visible band, near and short-wave infrared) and
 * MTCD (Hagolle et al. 2010: blue against the last clear look, red gaining less than blue). The model is a weighted quantile of the dates nearest in
 * time and season in place of harmonics, which a dozen dates don't fix. Three rounds: a guess from blue alone, soft weights, then the
 * dates found clear. What a date is doesn't depend on the order in which dates came.
 *
 * All is unknown where there are fewer than 6 dates; a pixel is where fewer than 3 of its neighbours are clear.
 */
export function detectClouds(block: SeriesBlock): readonly Uint8Array[] {
  const { dates, pixelM, width, height } = block;
  const pixels = width * height;
  if (dates.length < LEAST_DATES) return dates.map(() => new Uint8Array(pixels).fill(STATE.unknown));
  const window = { shape: { width, height }, radii: radiiOf(pixelM) };
  const around = neighbourhoods(dates.map(({ day }) => day));
  const samples = dates.map((date) => date.samples);
  const predictAll = (weights: readonly Float32Array[], quantiles: readonly (number | undefined)[]): DatePlanes[] =>
    around.map((neighbours) => predict({ samples, weights, neighbours, quantiles }));

  const guessed = dates.map(guessWeights);
  const rough = predictAll(guessed, [0.35, undefined, undefined, 0.5, undefined]);
  const soft = dates.map((date, t) => softWeights(compare(date, rough[t] ?? date.samples, window), date));
  const first = classifyAll(dates, predictAll(soft, [0.35, 0.4, 0.4, 0.5, 0.5]), soft, window);
  const firm = dates.map((date, t) => firmWeights(first[t], date));
  const second = classifyAll(dates, predictAll(firm, [0.5, 0.5, 0.5, 0.5, 0.5]), firm, window);
  return dates.map((date, t) => {
    const states = second[t]?.states ?? new Uint8Array(pixels);
    const looks = new Float32Array(pixels);
    for (const { index } of around[t] ?? []) firm[index]?.forEach((weight, p) => (looks[p] = (looks[p] ?? 0) + weight));
    return states.map((state, p) => (date.valid[p] !== 0 && (looks[p] ?? 0) >= LEAST_LOOKS ? state : STATE.unknown));
  });
}

interface Judged extends Verdict {
  /** Blue above what was predicted, digital numbers. */
  readonly blue: Float32Array;
}

function classifyAll(
  dates: readonly SeriesDate[],
  predictions: readonly DatePlanes[],
  weights: readonly Float32Array[],
  window: { readonly shape: Shape; readonly radii: ReturnType<typeof radiiOf> },
): readonly Judged[] {
  const whiteness = dates.map((date, t) => compare(date, predictions[t] ?? date.samples, window).whiteness);
  const spread = spreadOf(whiteness, weights);
  return dates.map((date, t) => {
    // Compared anew rather than kept: ten planes a date are most of the memory.
    const comparison = compare(date, predictions[t] ?? date.samples, window);
    return { ...classify(comparison, spread, window), blue: excessOf(comparison, BLUE) };
  });
}

function excessOf({ seen, wanted }: Comparison, band: number): Float32Array {
  const plane = wanted[band] ?? new Float32Array();
  return (seen[band] ?? plane).map((value, p) => value - (plane[p] ?? 0));
}

/** Dark in blue is a fair guess at clear; what the scene classes call hidden counts a tenth. */
function guessWeights({ samples, valid, hidden }: SeriesDate): Float32Array {
  const pixels = valid.length;
  return Float32Array.from(valid, (v, p) => {
    const weight = FLOOR + Math.exp(-Math.max(0, (samples[BLUE * pixels + p] ?? 0) - 400) / 400);
    return v === 0 ? 0 : weight * (hidden?.[p] === 1 ? 0.1 : 1);
  });
}

/** Neither bluer than predicted (cloud) nor darker in near infrared (shadow). */
function softWeights(comparison: Comparison, { valid }: SeriesDate): Float32Array {
  const [blue, nir] = [excessOf(comparison, BLUE), excessOf(comparison, NIR)];
  return Float32Array.from(valid, (v, p) => {
    const weight = 0.01 + Math.exp(-Math.max(0, blue[p] ?? 0) / 100) * Math.exp(-Math.max(0, -(nir[p] ?? 0)) / 600);
    return v === 0 ? 0 : weight;
  });
}

/** Found clear and not under snow; of several such, those that are not brighter. */
function firmWeights(judged: Judged | undefined, { valid }: SeriesDate): Float32Array {
  return Float32Array.from(valid, (v, p) => {
    const isClear = judged?.states[p] === STATE.clear && judged.snow[p] === 0;
    return v === 0 ? 0 : (isClear ? 1 : FLOOR) * Math.exp(-Math.max(0, judged?.blue[p] ?? 0) / 400);
  });
}
