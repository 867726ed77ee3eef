import type { LatentChunk, LatentWindow, SpectralScale } from "../../core/latents.js";

/** A chunk's part in a window; rows and columns of positions, half open. */
export interface Piece {
  readonly chunk: LatentChunk;
  /** Of the level. */
  readonly row: number;
  readonly column: number;
  /** Of the chunk: the positions that the window takes. */
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
}

/** What a window's chunks store that isn't 0, piece by piece and channel by channel: a tenth of their symbols or less. */
export interface NonZeros {
  /** Weighted digital numbers. */
  readonly value: Float64Array;
  /** Positions in the window: row x columns + column. */
  readonly at: Int32Array;
  /** `starts[c]` to `starts[c + 1]` are those of channel c. */
  readonly pieces: readonly { readonly spectral: SpectralScale; readonly starts: Int32Array }[];
}

/** Enough for most windows of a chunk and what lies around it. */
const FIRST_CAPACITY = 32_768;

/** Goes over a window's symbols once, for all that is made of them. `degains[quality]` has one factor a channel. */
export function listNonZeros(
  window: LatentWindow,
  pieces: readonly Piece[],
  degains: readonly Float32Array[],
): NonZeros {
  let value = new Float64Array(FIRST_CAPACITY);
  let at = new Int32Array(FIRST_CAPACITY);
  let count = 0;
  const listed: { spectral: SpectralScale; starts: Int32Array }[] = [];
  for (const piece of pieces) {
    const { symbols, channels, quality, spectral, rows, columns } = piece.chunk;
    const gains = degains[quality];
    if (spectral === undefined || gains === undefined) continue;
    const { local, places, mult } = positionsIn(piece, window, spectral);
    const words = local.length === rows * columns ? wordsOf(symbols, rows * columns) : undefined;
    const starts = new Int32Array(channels + 1).fill(count);
    for (let c = 0; c < channels; c++) {
      if (count + local.length > value.length) [value, at] = [doubled(value), doubled(at)];
      const scale = (spectral.step * (gains[c] ?? 1)) / 16;
      const plane = c * rows * columns;
      const [numbers, perStep] =
        words === undefined ? [local.length, 1] : [words.length / channels, symbols.length / words.length];
      for (let i = 0; i < numbers; i++) {
        if (words !== undefined && words[c * numbers + i] === 0) continue;
        for (let k = i * perStep; k < (i + 1) * perStep; k++) {
          const symbol = symbols[plane + (local[k] ?? 0)] ?? 0;
          if (symbol === 0) continue;
          value[count] = symbol * scale * (mult[k] ?? 16);
          at[count++] = places[k] ?? 0;
        }
      }
      starts[c + 1] = count;
    }
    listed.push({ spectral, starts });
  }
  return { value, at, pieces: listed };
}

/** Symbols of whole planes four bytes at a time, most of which are 0; undefined where planes don't divide so. */
function wordsOf(symbols: LatentChunk["symbols"], plane: number): Int32Array | undefined {
  if ((plane * symbols.BYTES_PER_ELEMENT) % 4 !== 0 || symbols.byteOffset % 4 !== 0) return undefined;
  return new Int32Array(symbols.buffer, symbols.byteOffset, symbols.byteLength / 4);
}

/** The positions of a piece that its window takes: in the chunk, in the window, and each one's step in sixteenths of the chunk's. */
function positionsIn(
  { chunk, row, column, rows, columns }: Piece,
  window: LatentWindow,
  { mult }: SpectralScale,
): { readonly local: Int32Array; readonly places: Int32Array; readonly mult: Uint8Array } {
  const across = columns[1] - columns[0];
  const local = Int32Array.from(
    { length: (rows[1] - rows[0]) * across },
    (_, k) => (rows[0] + Math.floor(k / across)) * chunk.columns + columns[0] + (k % across),
  );
  const places = local.map(
    (at) =>
      (row + Math.floor(at / chunk.columns) - window.row) * window.columns +
      column +
      (at % chunk.columns) -
      window.column,
  );
  return { local, places, mult: Uint8Array.from(local, (at) => mult[at] ?? 16) };
}

function doubled<A extends Float64Array | Int32Array>(numbers: A): A {
  const out = new (numbers.constructor as new (length: number) => A)(2 * numbers.length);
  out.set(numbers);
  return out;
}
