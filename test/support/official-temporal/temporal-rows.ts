import type { TemporalCard } from "./temporal-card.js";

/**
 * Which table codes each symbol of a token, from the transformer's float means and scales. The arithmetic follows terracodec's
 * GsnConditionalLocScaleShift in float32: symbol = latent - round(mean), row = means index x scales + scales index, both cut to integers.
 */
export interface TokenRows {
  readonly rows: Uint16Array;
  /** Rounded means: latent = symbol + base. */
  readonly base: Int16Array;
  /** Choices that another engine's floats may turn, the least certain first. */
  readonly doubts: readonly Doubt[];
}

/** A mean or scale close to a boundary between two rows. */
export interface Doubt {
  /** 2 x the symbol's index, + 1 when it is the scale's: its place in a boundary list. */
  readonly at: number;
  /** Whether the upper side was taken. */
  readonly upper: boolean;
  /** The row and base of the other side. */
  readonly row: number;
  readonly base: number;
  /** Distance to the boundary in units of the noise allowed for: 0 .. 1. */
  readonly distance: number;
}

export interface RowRules {
  readonly card: TemporalCard;
  /** How much engines may differ, relative to the larger of 1 and a mean or scale: a boundary nearer than this is a doubt. */
  readonly noise: number;
}

const f = Math.fround;

/**
 * `means` and `scales` as the step network gives them, any length. `sides`, two a symbol (mean, scale), -1, 0 for the lower and 1 for the
 * upper, settles choices that an encoder listed.
 */
export function rowsOf(means: Float32Array, scales: Float32Array, rules: RowRules, sides?: Int8Array): TokenRows {
  const { card, noise } = rules;
  const rows = new Uint16Array(means.length);
  const base = new Int16Array(means.length);
  const doubts: Doubt[] = [];
  const grid = scaleGrid(card);
  for (let i = 0; i < means.length; i++) {
    const mean = means[i] ?? 0;
    const scale = scales[i] ?? 0;
    const [meanSide, scaleSide] = [sides?.[2 * i] ?? -1, sides?.[2 * i + 1] ?? -1];

    // means in cells of 1 / means, an integer's cells from half below it to half above: base = floor(cell / means)
    const rounded = roundHalfEven(mean);
    const meanAt = f(f(f(mean - rounded) + 0.5) * card.means);
    const meanEdge = rounded * card.means + Math.round(meanAt);
    const meanGap = gap(Math.abs(meanAt - Math.round(meanAt)) / card.means, mean) / noise;
    const nominal = rounded * card.means + Math.min(card.means - 1, Math.trunc(meanAt));
    const cell = meanSide < 0 ? nominal : meanEdge - 1 + meanSide;

    const width = spread(card.kind === "flextec" ? bounded(scale) : scale);
    const scaleAt = grid.at(width);
    const scaleEdge = Math.max(1, Math.min(card.scales - 1, Math.round(scaleAt)));
    const slope = (grid.perLog / (width + card.smallestScale)) * Math.min(1, width * width);
    const scaleGap = gap(Math.abs(scaleAt - scaleEdge) / slope, scale) / noise;
    const ordinary = Math.min(card.scales - 1, Math.max(0, Math.trunc(scaleAt)));
    const level = scaleSide < 0 ? ordinary : scaleEdge - 1 + scaleSide;

    const rowAt = (c: number, l: number): number => modulo(c, card.means) * card.scales + l;
    rows[i] = rowAt(cell, level);
    base[i] = Math.floor(cell / card.means);
    if (meanGap < 1 && meanSide < 0) {
      const upper = cell === meanEdge;
      const other = upper ? meanEdge - 1 : meanEdge;
      const row = rowAt(other, level);
      doubts.push({ at: 2 * i, upper, row, base: Math.floor(other / card.means), distance: meanGap });
    }
    if (scaleGap < 1 && scaleSide < 0) {
      const upper = level === scaleEdge;
      const row = rowAt(cell, upper ? scaleEdge - 1 : scaleEdge);
      doubts.push({ at: 2 * i + 1, upper, row, base: Math.floor(cell / card.means), distance: scaleGap });
    }
  }
  return { rows, base, doubts: doubts.toSorted((a, b) => a.distance - b.distance) };
}

/** Latents of a token that isn't coded: its rounded means. `sides` as in rowsOf; doubts are means next to a half. */
export function predictedOf(means: Float32Array, noise: number, sides?: Int8Array): Pick<TokenRows, "base" | "doubts"> {
  const doubts: Doubt[] = [];
  const base = Int16Array.from(means, (mean, i) => {
    const side = sides?.[2 * i] ?? -1;
    const below = Math.floor(mean);
    if (side >= 0) return below + side;
    const rounded = roundHalfEven(mean);
    const distance = gap(Math.abs(mean - below - 0.5), mean) / noise;
    const upper = rounded !== below;
    if (distance < 1) doubts.push({ at: 2 * i, upper, row: 0, base: upper ? below : below + 1, distance });
    return rounded;
  });
  return { base, doubts };
}

/** Rounds as torch.round: halves to the even neighbour. */
export function roundHalfEven(value: number): number {
  const low = Math.floor(value);
  const above = value - low;
  if (above !== 0.5) return above < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

const gap = (distance: number, value: number): number => distance / Math.max(1, Math.abs(value));

const modulo = (n: number, m: number): number => ((n % m) + m) % m;

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
