import type { ChunkSymbols } from "./factorized.js";

/**
 * The chunk with its predicted channels as differences to (left + top) >> 1 of the chunk's own symbols: the one that is there at the left
 * and upper edge, 0 in the corner. `predicted` has 1 for such a channel. Slowly varying channels (means, slopes) cost less so.
 */
export function toDifferences(chunk: ChunkSymbols, predicted: Uint8Array): ChunkSymbols {
  const { rows, columns, channels, symbols } = chunk;
  const out = symbols.slice();
  for (let c = 0; c < channels; c++) {
    if (predicted[c] !== 1) continue;
    const from = c * rows * columns;
    for (let i = rows * columns - 1; i > 0; i--) {
      out[from + i] = (symbols[from + i] ?? 0) - prediction(symbols, from, i, columns);
    }
  }
  return { ...chunk, symbols: out };
}

/** Undoes toDifferences in place, in reading order. */
export function fromDifferences(
  symbols: Int16Array,
  shape: Omit<ChunkSymbols, "symbols">,
  predicted: Uint8Array,
): void {
  const { rows, columns, channels } = shape;
  for (let c = 0; c < channels; c++) {
    if (predicted[c] !== 1) continue;
    const from = c * rows * columns;
    for (let i = 1; i < rows * columns; i++) {
      symbols[from + i] = (symbols[from + i] ?? 0) + prediction(symbols, from, i, columns);
    }
  }
}

/** What position i > 0 of a channel is expected to be, from the symbols before it. */
function prediction(symbols: Int16Array, from: number, i: number, columns: number): number {
  const at = from + i;
  if (i < columns) return symbols[at - 1] ?? 0;
  const top = symbols[at - columns] ?? 0;
  return i % columns === 0 ? top : ((symbols[at - 1] ?? 0) + top) >> 1;
}
