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
    const packed = wordsOf(symbols, { plane: rows * columns, local });
    const starts = new Int32Array(channels + 1).fill(count);
    for (let c = 0; c < channels; c++) {
      if (count + local.length > value.length) [value, at] = [doubled(value), doubled(at)];
      const scale = (spectral.step * (gains[c] ?? 1)) / 16;
      if (packed === undefined) {
        const plane = c * rows * columns;
        for (let k = 0; k < local.length; k++) {
          const symbol = symbols[plane + (local[k] ?? 0)] ?? 0;
          if (symbol === 0) continue;
          value[count] = symbol * scale * (mult[k] ?? 16);
          at[count++] = places[k] ?? 0;
        }
      } else {
        const { words, starting, bits, perPlane } = packed;
        const [plane, perWord] = [c * perPlane, 32 / bits];
        for (let i = 0; i < starting.length; i++) {
          const word = words[plane + (starting[i] ?? 0)] ?? 0;
          if (word === 0) continue;
          for (let j = 0, k = i * perWord; j < perWord; j++, k++) {
            const symbol = (word << (32 - bits * (j + 1))) >> (32 - bits);
            if (symbol === 0) continue;
            value[count] = symbol * scale * (mult[k] ?? 16);
            at[count++] = places[k] ?? 0;
          }
        }
      }
      starts[c + 1] = count;
    }
    listed.push({ spectral, starts });
  }
  return { value, at, pieces: listed };
}

interface Packed {
  /** Symbols four bytes at a time, most of which are 0; little-endian, as every machine that Node and browsers run on. */
  readonly words: Int32Array;
  readonly bits: number;
  readonly perPlane: number;
  /** Words of a plane that hold the piece's symbols, in their order. */
  readonly starting: Int32Array;
}

/** Undefined where the symbols aren't integers, or the piece's rows don't begin and end with words. */
function wordsOf(
  symbols: LatentChunk["symbols"],
  { plane, local }: { readonly plane: number; readonly local: Int32Array },
): Packed | undefined {
  const bytes = symbols.BYTES_PER_ELEMENT;
  const perWord = 4 / bytes;
  if (symbols instanceof Float32Array || plane % perWord !== 0 || symbols.byteOffset % 4 !== 0) return undefined;
  for (let k = 0; k < local.length; k += perWord) {
    const from = local[k] ?? 0;
    if (from % perWord !== 0 || local[k + perWord - 1] !== from + perWord - 1) return undefined;
  }
  return {
    words: new Int32Array(symbols.buffer, symbols.byteOffset, symbols.byteLength / 4),
    bits: 8 * bytes,
    perPlane: plane / perWord,
    starting: Int32Array.from({ length: local.length / perWord }, (_, i) => (local[i * perWord] ?? 0) / perWord),
  };
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
