/** What a predicted channel's symbols are coded about (docs/format.md §5). */
export interface PredictionShape {
  readonly rows: number;
  readonly columns: number;
  /** The position's step in sixteenths of the chunk's. */
  readonly mult: Uint8Array;
}

/**
 * Differences of a channel's symbols to their prediction: floor((left + top) / 2) in units of step / 16, the one that is there at an edge,
 * 0 in the corner, rounded to the position's own step.
 */
export function differencesOf(symbols: Int16Array, { rows, columns, mult }: PredictionShape): Int16Array {
  const out = symbols.slice();
  for (let p = 1; p < rows * columns; p++) {
    const own = mult[p] ?? 16;
    const left = p % columns > 0 ? (symbols[p - 1] ?? 0) * (mult[p - 1] ?? 16) : undefined;
    const top = p >= columns ? (symbols[p - columns] ?? 0) * (mult[p - columns] ?? 16) : undefined;
    const expected = left === undefined ? (top ?? 0) : top === undefined ? left : (left + top) >> 1;
    out[p] = (symbols[p] ?? 0) - Math.floor((2 * expected + own) / (2 * own));
  }
  return out;
}
