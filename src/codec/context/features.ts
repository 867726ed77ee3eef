import { levelOfEighths } from "./levels.js";
import { linearSlot, LOW_CHANNELS, predictLinearly, type LinearWeights } from "./linear.js";
import type { Pass } from "./passes.js";

/** An earlier date's chunk as context: all channels, 0 where it stores none. */
export interface Reference {
  /** [channels][positions]. */
  readonly symbols: Int16Array;
  /** Clear share of each position's pixels, 0..127. */
  readonly clear: Uint8Array;
  /** Whether any of it is clear. */
  readonly isSeen: boolean;
}

/** A chunk half decoded. */
export interface KnownChunk {
  readonly rows: number;
  readonly columns: number;
  /** [channels][positions]: what is decoded, 0 elsewhere. */
  readonly symbols: Int16Array;
  /** Table set of each position. */
  readonly sets: Uint8Array;
  /** Clear share of each position's pixels, 0..127. */
  readonly clear: Uint8Array;
  /** Two at most; an absent one is undefined. */
  readonly references: readonly (Reference | undefined)[];
}

/** Features of a symbol and candidates for its mean, by whether earlier dates are looked at. */
export const featureCount = (temporal: boolean): number => (temporal ? 14 : 6);
export const candidateCount = (temporal: boolean): number => (temporal ? 7 : 3);
/** Features of a (channel, position) that the summary of a position sees. */
export const planeCount = (temporal: boolean): number => (temporal ? 4 : 1);

const hasClear = (reference: Reference | undefined): reference is Reference => reference?.isSeen === true;

/** Writes the planes that hold before anything is decoded: the levels of the earlier dates. `out` is [planes][channels][positions], 0. */
export function startPlanes(chunk: KnownChunk, out: Float32Array): void {
  const size = chunk.symbols.length;
  const earlier = chunk.references[0];
  if (earlier === undefined || out.length === size) return;
  for (let i = 0; i < size; i++) out[2 * size + i] = levelOfEighths(8 * (earlier.symbols[i] ?? 0));
}

/** Adds what channels [from, to) now say. */
export function addPlanes(chunk: KnownChunk, from: number, to: number, out: Float32Array): void {
  const { symbols } = chunk;
  const size = symbols.length;
  const positions = chunk.rows * chunk.columns;
  const [a, b] = out.length === size ? [] : chunk.references;
  const [first, second] = [hasClear(a) ? a.symbols : undefined, hasClear(b) ? b.symbols : undefined];
  for (let i = from * positions; i < to * positions; i++) {
    const value = symbols[i] ?? 0;
    out[i] = levelOfEighths(8 * value);
    if (first !== undefined) out[size + i] = levelOfEighths(8 * (value - (first[i] ?? 0)));
    if (second !== undefined) out[3 * size + i] = levelOfEighths(8 * (value - (second[i] ?? 0)));
  }
}

/** Where features and candidates of one pass go; both begin as zeros. */
export interface PassFeatures {
  /** [features][channels of the group][positions of the pass], 0..127. */
  readonly own: Float32Array;
  /** [candidates][channels of the group][positions of the pass], quarters of a symbol. */
  readonly candidates: Int32Array;
}

/** What features are made from besides the chunk, all of its quality step. */
export interface FeatureTables {
  readonly temporal: boolean;
  /** Scale index, [sets][channels]. */
  readonly base: Uint8Array;
  readonly linear: LinearWeights;
  /** Quarters of a symbol, [sets][LOW_CHANNELS]. */
  readonly means: Int16Array;
}

/** Features of channels [from, to) at a pass's positions. `forecast`: of channels that are not stored, without neighbours of any kind. */
export function ownFeatures(
  chunk: KnownChunk,
  range: { readonly from: number; readonly to: number; readonly pass: Pass; readonly forecast: boolean },
  tables: FeatureTables,
  out: PassFeatures,
): void {
  const { pass, from, to } = range;
  const { positions, neighbours } = pass;
  const count = positions.length;
  const plane = (to - from) * count;
  const total = chunk.rows * chunk.columns;
  const channels = chunk.symbols.length / total;
  const { own, candidates } = out;
  const slot = range.forecast ? undefined : linearSlot(from, to, pass.kind);
  const lineOf = (symbols: Int16Array | undefined): Int32Array | undefined =>
    slot === undefined || symbols === undefined
      ? undefined
      : predictLinearly(tables.linear[slot] ?? new Float64Array(), slot, { ...chunk, symbols }, pass);
  const line = lineOf(chunk.symbols);
  const lines = tables.temporal ? [0, 1].map((d) => lineOf(chunk.references[d]?.symbols)) : [];
  const around = { mean: new Int32Array(count), magnitude: new Int32Array(count), spread: new Int32Array(count) };
  const expected = new Int32Array(count);
  for (let c = from; c < to; c++) {
    const start = (c - from) * count;
    lookAround(chunk.symbols, c * total, neighbours, around);
    for (let k = 0; k < count; k++) {
      const at = start + k;
      const set = chunk.sets[positions[k] ?? 0] ?? 0;
      const mean = around.mean[k] ?? 0;
      const hope = line === undefined ? mean : (line[at] ?? 0);
      expected[k] = hope;
      own[at] = levelOfEighths(2 * (around.magnitude[k] ?? 0));
      own[plane + at] = levelOfEighths(2 * mean);
      own[2 * plane + at] = levelOfEighths(8 * (around.spread[k] ?? 0));
      own[3 * plane + at] = Math.min(126, 2 * (tables.base[set * channels + c] ?? 0));
      own[4 * plane + at] = levelOfEighths(2 * hope);
      own[5 * plane + at] = levelOfEighths(2 * (hope - mean));
      candidates[at] = mean;
      candidates[plane + at] = hope;
      if (c < LOW_CHANNELS) candidates[2 * plane + at] = tables.means[set * LOW_CHANNELS + c] ?? 0;
    }
    if (tables.temporal) temporalFeatures(chunk, { pass, c, start, plane, expected, lines, around }, out);
  }
}

/** Mean and mean magnitude of each position's neighbours that are there, in quarters rounded down, and the largest less the smallest. */
interface Around {
  readonly mean: Int32Array;
  readonly magnitude: Int32Array;
  readonly spread: Int32Array;
}

/** One channel of a pass. */
interface PassChannel {
  readonly pass: Pass;
  readonly c: number;
  /** Its first symbol in a feature's plane. */
  readonly start: number;
  readonly plane: number;
  /** The chunk's own predictions, quarters. */
  readonly expected: Int32Array;
  /** Predictions of all channels from each earlier date. */
  readonly lines: readonly (Int32Array | undefined)[];
  /** Scratch. */
  readonly around: Around;
}

/** What earlier dates tell of a channel; of absent dates nothing is written. */
function temporalFeatures(chunk: KnownChunk, at: PassChannel, { own, candidates }: PassFeatures): void {
  const { c, start, plane, expected } = at;
  const { positions, neighbours } = at.pass;
  const from = c * chunk.rows * chunk.columns;
  for (let d = 0; d < 2; d++) {
    const reference = chunk.references[d];
    if (reference === undefined) continue;
    const { symbols, clear } = reference;
    const line = at.lines[d];
    const isClear = hasClear(reference);
    if (line === undefined) lookAround(symbols, from, neighbours, at.around);
    const { mean } = at.around;
    const feature = (6 + 3 * d) * plane + start;
    const candidate = (3 + 2 * d) * plane + start;
    for (let k = 0; k < positions.length; k++) {
      const p = positions[k] ?? 0;
      const value = symbols[from + p] ?? 0;
      const other = (line === undefined ? mean[k] : line[start + k]) ?? 0;
      own[feature + k] = levelOfEighths(8 * value);
      if (isClear) own[feature + plane + k] = levelOfEighths(2 * ((expected[k] ?? 0) - other));
      own[feature + 2 * plane + k] = Math.min(chunk.clear[p] ?? 0, clear[p] ?? 0);
      candidates[candidate + k] = 4 * value;
      candidates[candidate + plane + k] = other;
    }
  }
  changeFeatures(chunk, at, own);
}

/** The nearest date's surroundings, and how the two dates differ. */
function changeFeatures(chunk: KnownChunk, { c, start, plane, pass }: PassChannel, own: Float32Array): void {
  const [a, b] = chunk.references;
  const from = c * chunk.rows * chunk.columns;
  const { positions } = pass;
  const isClear = hasClear(b);
  for (let k = 0; k < positions.length; k++) {
    const p = positions[k] ?? 0;
    if (a !== undefined) own[12 * plane + start + k] = levelOfEighths(ringOf(a.symbols, from, p, chunk));
    if (isClear) {
      const change = (a?.symbols[from + p] ?? 0) - (b.symbols[from + p] ?? 0);
      own[13 * plane + start + k] = levelOfEighths(8 * change);
    }
  }
}

function lookAround(symbols: Int16Array, from: number, neighbours: Int32Array, out: Around): void {
  const { mean, magnitude, spread } = out;
  if (neighbours.length === 0) {
    for (const values of [mean, magnitude, spread]) values.fill(0);
    return;
  }
  for (let k = 0; k < mean.length; k++) {
    let sum = 0;
    let size = 0;
    let count = 0;
    let largest = -99999;
    let smallest = 99999;
    for (let n = 4 * k; n < 4 * k + 4; n++) {
      const at = neighbours[n] ?? -1;
      if (at < 0) continue;
      const value = symbols[from + at] ?? 0;
      sum += value;
      size += value < 0 ? -value : value;
      if (value > largest) largest = value;
      if (value < smallest) smallest = value;
      count++;
    }
    mean[k] = quarters(sum, count);
    magnitude[k] = quarters(size, count);
    spread[k] = count === 0 ? 0 : largest - smallest;
  }
}

/** 4 sum / count, rounded down. */
function quarters(sum: number, count: number): number {
  if (count === 4) return sum;
  return count === 0 ? 0 : Math.floor((4 * sum) / count);
}

/** Sum of the magnitudes of the eight positions around p. */
function ringOf(symbols: Int16Array, from: number, p: number, size: { rows: number; columns: number }): number {
  const { rows, columns } = size;
  const row = Math.floor(p / columns);
  const column = p - row * columns;
  const left = column > 0 ? -1 : 0;
  const right = column < columns - 1 ? 1 : 0;
  let sum = 0;
  for (let i = row > 0 ? row - 1 : row; i <= row + 1 && i < rows; i++) {
    const at = from + i * columns + column;
    for (let j = at + left; j <= at + right; j++) {
      const value = symbols[j] ?? 0;
      sum += value < 0 ? -value : value;
    }
  }
  const here = symbols[from + p] ?? 0;
  return sum - (here < 0 ? -here : here);
}
