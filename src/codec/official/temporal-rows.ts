import type { TemporalCard } from "./temporal-card.js";

/**
 * Which table codes each symbol of a token, from the transformer's float means and scales. The arithmetic follows terracodec's
 * GsnConditionalLocScaleShift in float32: symbol = latent - round(mean), row = means index x scales + scales index, both cut to integers.
 */
export interface TokenRows {
  readonly rows: Uint16Array;
  /** Rounded means: latent = symbol + base. */
  readonly base: Int16Array;
  /** Symbols whose row or base another engine's floats may decide otherwise, the least certain first. */
  readonly doubts: readonly Doubt[];
}

/** The other side of a boundary that lies close to a symbol's mean or scale. */
export interface Doubt {
  readonly index: number;
  readonly row: number;
  readonly base: number;
  /** Distance to the boundary, in units of FLOAT_NOISE relative to the number: 0 .. 1. */
  readonly distance: number;
}

/** Engines differ by about 1e-6 of a mean or scale (measured: docs/converting.md); a boundary nearer than this is a doubt. */
export const FLOAT_NOISE = 1e-5;

const f = Math.fround;

/** `means` and `scales` as the step network gives them, any length. */
export function rowsOf(means: Float32Array, scales: Float32Array, card: TemporalCard): TokenRows {
  const rows = new Uint16Array(means.length);
  const base = new Int16Array(means.length);
  const doubts: Doubt[] = [];
  const grid = scaleGrid(card);
  const lastMean = card.means - 1;
  for (let i = 0; i < means.length; i++) {
    const mean = means[i] ?? 0;
    const rounded = roundHalfEven(mean);
    const meanAt = f(f(f(mean - rounded) + 0.5) * card.means);
    const meanRow = Math.min(lastMean, Math.max(0, Math.trunc(meanAt)));
    const scale = scales[i] ?? 0;
    const width = spread(card.kind === "flextec" ? bounded(scale) : scale);
    const scaleAt = grid.at(width);
    const scaleRow = Math.min(card.scales - 1, Math.max(0, Math.trunc(scaleAt)));
    rows[i] = meanRow * card.scales + scaleRow;
    base[i] = rounded;

    const boundary = Math.round(meanAt);
    const meanGap = Math.abs(meanAt - boundary) / card.means / (FLOAT_NOISE * Math.max(1, Math.abs(mean)));
    if (meanGap < 1) {
      const other = meanRow === boundary ? boundary - 1 : boundary;
      const wrap = other < 0 ? -1 : other > lastMean ? 1 : 0; // over a half, the neighbouring integer's first or last row
      const row = (other - wrap * card.means) * card.scales + scaleRow;
      doubts.push({ index: i, row, base: rounded + wrap, distance: meanGap });
    }
    const step = Math.round(scaleAt);
    const slope = (grid.perLog / (width + card.smallestScale)) * Math.min(1, width * width);
    const scaleGap = Math.abs(scaleAt - step) / slope / (FLOAT_NOISE * Math.max(1, Math.abs(scale)));
    if (scaleGap < 1 && step > 0 && step < card.scales) {
      const row = meanRow * card.scales + (scaleRow === step ? step - 1 : step);
      doubts.push({ index: i, row, base: rounded, distance: scaleGap });
    }
  }
  return { rows, base, doubts: doubts.toSorted((a, b) => a.distance - b.distance) };
}

/** Rounds as torch.round: halves to the even neighbour. */
export function roundHalfEven(value: number): number {
  const low = Math.floor(value);
  const above = value - low;
  if (above !== 0.5) return above < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

/** Index = (log(width + smallest) - log(smallest)) / log(largest / smallest + 1) (scales - 1). */
function scaleGrid(card: TemporalCard): { at: (width: number) => number; perLog: number } {
  const smallest = f(card.smallestScale);
  const origin = f(Math.log(card.smallestScale));
  const range = f(Math.log(card.largestScale / card.smallestScale + 1));
  const last = card.scales - 1;
  return {
    at: (width) => f(f(f(f(Math.log(f(width + smallest))) - origin) / range) * last),
    perLog: last / range,
  };
}

/** Terracodec's "very soft plus": 1 + x above 0, 1 / (1 - x) below. */
const spread = (x: number): number => (x > 0 ? f(x + 1) : f(1 / f(1 - x)));

/** What FlexTEC makes of the scale head's output before: softplus, kept in 0.001 .. 10. */
function bounded(x: number): number {
  const soft = x > 20 ? x : f(Math.log1p(f(Math.exp(x))));
  return Math.min(10, Math.max(f(1e-3), f(soft + f(1e-6))));
}
