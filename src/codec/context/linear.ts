import type { Pass } from "./passes.js";

/** Channels that one linear prediction gives: those of the first two groups of 32. */
const BLOCK = 32;
/** Channels with static means. */
export const LOW_CHANNELS = 64;
/** Inputs of each prediction: [group, kind of pass, inputs]; 0 is a group's first pass. */
export const LINEAR_SLOTS = [
  [0, 1, 4 * BLOCK],
  [0, 2, 4 * BLOCK],
  [0, 3, 4 * BLOCK],
  [0, 4, 4 * BLOCK],
  [1, 0, 9 * BLOCK],
  [1, 4, 13 * BLOCK],
] as const;

/** Weights of one quality step: for each slot [32][inputs], integers (int16) in 1/4096. */
export type LinearWeights = readonly Float64Array[];

/** Which slot serves the 32 channels from `from` on in a pass; undefined where there is none. */
export function linearSlot(from: number, to: number, kind: number): number | undefined {
  if (to - from !== BLOCK) return undefined;
  const slot = LINEAR_SLOTS.findIndex(([group, ofKind]) => group * BLOCK === from && ofKind === kind);
  return slot < 0 ? undefined : slot;
}

/**
 * Predicts 32 channels at a pass's positions from their neighbours' 32 lowest channels (and their own channels where the pass has
 * neighbours): quarters of a symbol, [32][positions of the pass]. Integers throughout.
 */
export function predictLinearly(
  weights: Float64Array,
  slot: number,
  chunk: { readonly symbols: Int16Array; readonly rows: number; readonly columns: number },
  pass: Pass,
): Int32Array {
  const [group = 0, , inputs = 0] = LINEAR_SLOTS[slot] ?? [];
  const count = pass.positions.length;
  const out = new Int32Array(BLOCK * count);
  const x = new Float64Array(inputs);
  for (let k = 0; k < count; k++) {
    if (group === 0) fillFour(chunk, pass.neighbours, { k, from: 0, at: 0 }, x);
    else {
      fillNine(chunk, pass.positions[k] ?? 0, x);
      if (inputs > 9 * BLOCK) fillFour(chunk, pass.neighbours, { k, from: BLOCK, at: 9 * BLOCK }, x);
    }
    for (let c = 0; c < BLOCK; c += 4) {
      // Four sums at a time don't wait for one another; products of integers are exact in double precision.
      const [w0, w1, w2, w3] = [c * inputs, (c + 1) * inputs, (c + 2) * inputs, (c + 3) * inputs];
      let [s0, s1, s2, s3] = [512, 512, 512, 512];
      for (let i = 0; i < inputs; i++) {
        const value = x[i] ?? 0;
        s0 += (weights[w0 + i] ?? 0) * value;
        s1 += (weights[w1 + i] ?? 0) * value;
        s2 += (weights[w2 + i] ?? 0) * value;
        s3 += (weights[w3 + i] ?? 0) * value;
      }
      out[c * count + k] = Math.floor(s0 / 1024);
      out[(c + 1) * count + k] = Math.floor(s1 / 1024);
      out[(c + 2) * count + k] = Math.floor(s2 / 1024);
      out[(c + 3) * count + k] = Math.floor(s3 / 1024);
    }
  }
  return out;
}

interface Window {
  readonly symbols: Int16Array;
  readonly rows: number;
  readonly columns: number;
}

/** The 32 channels from `from` on of a position's four neighbours; one outside the chunk is the mean of those inside, rounded down. */
function fillFour(
  { symbols, rows, columns }: Window,
  neighbours: Int32Array,
  place: { readonly k: number; readonly from: number; readonly at: number },
  x: Float64Array,
): void {
  const total = rows * columns;
  const { k, from, at } = place;
  for (let c = 0; c < BLOCK; c++) {
    const plane = (from + c) * total;
    let sum = 0;
    let count = 0;
    for (let n = 0; n < 4; n++) {
      const p = neighbours[4 * k + n] ?? -1;
      if (p < 0) continue;
      const value = symbols[plane + p] ?? 0;
      x[at + n * BLOCK + c] = value;
      sum += value;
      count++;
    }
    if (count === 4) continue;
    const mean = count === 0 ? 0 : Math.floor(sum / count);
    for (let n = 0; n < 4; n++) if ((neighbours[4 * k + n] ?? -1) < 0) x[at + n * BLOCK + c] = mean;
  }
}

/** The 32 lowest channels of the nine positions around p, the chunk's edge repeated. */
function fillNine({ symbols, rows, columns }: Window, p: number, x: Float64Array): void {
  const total = rows * columns;
  const [row, column] = [Math.floor(p / columns), p % columns];
  for (let n = 0; n < 9; n++) {
    const i = Math.max(0, Math.min(rows - 1, row + Math.floor(n / 3) - 1));
    const j = Math.max(0, Math.min(columns - 1, column + (n % 3) - 1));
    for (let c = 0; c < BLOCK; c++) x[n * BLOCK + c] = symbols[c * total + i * columns + j] ?? 0;
  }
}
