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

/** Where features and candidates of one pass go. */
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
      : predictLinearly(tables.linear[slot] ?? new Int16Array(), slot, { ...chunk, symbols }, pass);
  const line = lineOf(chunk.symbols);
  const lines = tables.temporal ? [0, 1].map((d) => lineOf(chunk.references[d]?.symbols)) : [];
  for (let c = from; c < to; c++) {
    for (let k = 0; k < count; k++) {
      const at = (c - from) * count + k;
      const p = positions[k] ?? 0;
      const set = chunk.sets[p] ?? 0;
      const { mean, magnitude, spread } = lookAround(chunk.symbols, c * total, neighbours, k);
      const expected = line?.[at] ?? mean;
      own[at] = levelOfEighths(2 * magnitude);
      own[plane + at] = levelOfEighths(2 * mean);
      own[2 * plane + at] = levelOfEighths(8 * spread);
      own[3 * plane + at] = Math.min(126, 2 * (tables.base[set * channels + c] ?? 0));
      own[4 * plane + at] = levelOfEighths(2 * expected);
      own[5 * plane + at] = levelOfEighths(2 * (expected - mean));
      candidates[at] = mean;
      candidates[plane + at] = expected;
      candidates[2 * plane + at] = c < LOW_CHANNELS ? (tables.means[set * LOW_CHANNELS + c] ?? 0) : 0;
      if (tables.temporal) temporalFeatures({ chunk, neighbours, k, p, c, expected, at, plane }, lines, out);
    }
  }
}

interface Place {
  readonly chunk: KnownChunk;
  readonly neighbours: Int32Array;
  readonly k: number;
  readonly p: number;
  readonly c: number;
  /** The chunk's own prediction, quarters. */
  readonly expected: number;
  readonly at: number;
  readonly plane: number;
}

function temporalFeatures(
  place: Place,
  lines: readonly (Int32Array | undefined)[],
  { own, candidates }: PassFeatures,
): void {
  const { chunk, neighbours, k, p, c, expected, at, plane } = place;
  const total = chunk.rows * chunk.columns;
  const here = c * total + p;
  for (let d = 0; d < 2; d++) {
    const reference = chunk.references[d];
    const feature = (6 + 3 * d) * plane + at;
    const candidate = (3 + 2 * d) * plane + at;
    const value = reference?.symbols[here] ?? 0;
    const other =
      reference === undefined ? 0 : (lines[d]?.[at] ?? lookAround(reference.symbols, c * total, neighbours, k).mean);
    own[feature] = levelOfEighths(8 * value);
    own[feature + plane] = hasClear(reference) ? levelOfEighths(2 * (expected - other)) : 0;
    own[feature + 2 * plane] = Math.min(chunk.clear[p] ?? 0, reference?.clear[p] ?? 0);
    candidates[candidate] = 4 * value;
    candidates[candidate + plane] = other;
  }
  const [a, b] = chunk.references;
  own[12 * plane + at] = a === undefined ? 0 : levelOfEighths(ringOf(a.symbols, c * total, p, chunk));
  own[13 * plane + at] = hasClear(b) ? levelOfEighths(8 * ((a?.symbols[here] ?? 0) - (b.symbols[here] ?? 0))) : 0;
}

const found = { mean: 0, magnitude: 0, spread: 0 };

/** Mean and mean magnitude of the neighbours that are there, in quarters rounded down, and the largest less the smallest. */
function lookAround(symbols: Int16Array, from: number, neighbours: Int32Array, k: number): typeof found {
  let [sum, magnitude, count, largest, smallest] = [0, 0, 0, -99999, 99999];
  if (neighbours.length > 0) {
    for (let n = 4 * k; n < 4 * k + 4; n++) {
      const at = neighbours[n] ?? -1;
      if (at < 0) continue;
      const value = symbols[from + at] ?? 0;
      sum += value;
      magnitude += value < 0 ? -value : value;
      if (value > largest) largest = value;
      if (value < smallest) smallest = value;
      count++;
    }
  }
  found.mean = count === 0 ? 0 : Math.floor((4 * sum) / count);
  found.magnitude = count === 0 ? 0 : Math.floor((4 * magnitude) / count);
  found.spread = count === 0 ? 0 : largest - smallest;
  return found;
}

/** Sum of the magnitudes of the eight positions around p. */
function ringOf(symbols: Int16Array, from: number, p: number, size: { rows: number; columns: number }): number {
  const [row, column] = [Math.floor(p / size.columns), p % size.columns];
  let sum = 0;
  for (let i = Math.max(0, row - 1); i <= Math.min(size.rows - 1, row + 1); i++) {
    for (let j = Math.max(0, column - 1); j <= Math.min(size.columns - 1, column + 1); j++) {
      const value = symbols[from + i * size.columns + j] ?? 0;
      if (i !== row || j !== column) sum += value < 0 ? -value : value;
    }
  }
  return sum;
}
