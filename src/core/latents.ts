import { CHUNK_POSITIONS } from "./geometry.js";
import { sharedMemory } from "./shared-memory.js";
/** Symbols of one stored chunk: quantised latents, `symbols[channel * rows * columns + row * columns + column]`. */
export interface LatentChunk {
  /** On shared memory, so that any thread reads it without a copy. Float32Array: some are forecast, or a converted model's, and no integers. */
  readonly symbols: SymbolList | Int8Array | Int16Array | Float32Array;
  /** Channels stored; those beyond are 0. */
  readonly channels: number;
  /** Latents, 16 at most. */
  readonly rows: number;
  readonly columns: number;
  /** Quality step, an index into the model's tables. */
  readonly quality: number;
  /** What symbols of a lapped basis stand for; absent in converted models' chunks, and where nothing is stored. */
  readonly spectral?: SpectralScale | undefined;
}

/** The symbols of a chunk that are not 0, a tenth or less, channel by channel in ascending order of their positions; on one shared memory. */
export interface SymbolList {
  /** Of channel c: entries starts[c] to starts[c + 1]. */
  readonly starts: Int32Array;
  readonly values: Int16Array;
  /** row * columns + column, 255 at most. */
  readonly places: Uint8Array;
}

export function isSymbolList(symbols: LatentChunk["symbols"]): symbols is SymbolList {
  return !ArrayBuffer.isView(symbols);
}

/** A list with room for `count` symbols. */
export function createSymbolList(channels: number, count: number): SymbolList {
  const startBytes = 4 * (channels + 1);
  const buffer = sharedMemory(startBytes + 3 * count);
  return {
    starts: new Int32Array(buffer, 0, channels + 1),
    values: new Int16Array(buffer, startBytes, count),
    places: new Uint8Array(buffer, startBytes + 2 * count, count),
  };
}

/** Lists symbols [channels][positions]. */
export function listSymbols(symbols: Int16Array, positions: number): SymbolList {
  const channels = symbols.length / positions;
  let count = 0;
  for (let i = 0; i < symbols.length; i++) if (symbols[i] !== 0) count++;
  const list = createSymbolList(channels, count);
  let n = 0;
  for (let c = 0; c < channels; c++) {
    list.starts[c] = n;
    for (let p = 0; p < positions; p++) {
      const symbol = symbols[c * positions + p] ?? 0;
      if (symbol === 0) continue;
      list.values[n] = symbol;
      list.places[n++] = p;
    }
  }
  list.starts[channels] = n;
  return list;
}

/** All symbols of a chunk, [channels][rows][columns]. */
export function allSymbols({
  symbols,
  channels,
  rows,
  columns,
}: Pick<LatentChunk, "symbols" | "channels" | "rows" | "columns">): Exclude<LatentChunk["symbols"], SymbolList> {
  if (!isSymbolList(symbols)) return symbols;
  const positions = rows * columns;
  const out = new Int16Array(channels * positions);
  const { starts, values, places } = symbols;
  for (let c = 0; c < channels; c++)
    for (let k = starts[c] ?? 0; k < (starts[c + 1] ?? 0); k++) out[c * positions + (places[k] ?? 0)] = values[k] ?? 0;
  return out;
}

/** Bytes of memory that symbols hold. */
export function bytesOfSymbols(symbols: LatentChunk["symbols"]): number {
  return isSymbolList(symbols) ? symbols.starts.buffer.byteLength : symbols.byteLength;
}

/** What a chunk of a lapped basis says of its symbols; arrays lie on shared memory. */
export interface SpectralScale {
  /** Quantisation step, weighted digital numbers. */
  readonly step: number;
  /** Each position's step in sixteenths of `step`. */
  readonly mult: Uint8Array;
  /** [groups of frequencies][component][band], orthonormal rows. */
  readonly axes: Float32Array;
}

/** A rectangle of one level's latents, pieced together from chunks; beyond the level's edges they are replicated. */
export interface LatentWindow {
  /** First latent row and column, may be negative. */
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
  /** Latents of the whole level. */
  readonly levelRows: number;
  readonly levelColumns: number;
  /** First chunk row and column of `chunks`. */
  readonly chunkRow: number;
  readonly chunkColumn: number;
  readonly chunkColumns: number;
  /** Row-major from (chunkRow, chunkColumn); every chunk that the window touches is there. */
  readonly chunks: readonly LatentChunk[];
}

/** A chunk as if it were a whole level, with a halo around it. */
export function windowOfChunk(chunk: LatentChunk, halo: number): LatentWindow {
  const { rows, columns } = chunk;
  return {
    row: -halo,
    column: -halo,
    rows: rows + 2 * halo,
    columns: columns + 2 * halo,
    levelRows: rows,
    levelColumns: columns,
    chunkRow: 0,
    chunkColumn: 0,
    chunkColumns: 1,
    chunks: [chunk],
  };
}

/** The chunks, [first, last], that latents [from, from + count) of an axis with `total` latents lie in, edges replicated. */
export function chunkSpan(from: number, count: number, total: number): readonly [first: number, last: number] {
  const clamp = (i: number): number => Math.max(0, Math.min(total - 1, i));
  return [Math.floor(clamp(from) / CHUNK_POSITIONS), Math.floor(clamp(from + count - 1) / CHUNK_POSITIONS)];
}

/**
 * Writes a window's dequantised latents, [channels][rows][columns], into `out` from `at` on.
 *
 * `degains[quality]` has one factor a channel (symbol x degain = latent), so chunks of different quality may meet in one window.
 */
export function assembleLatents(
  window: LatentWindow,
  degains: readonly Float32Array[],
  channels: number,
  out: Float32Array,
  at: number,
): void {
  const { rows, columns } = window;
  const rowOf = axis(window.row, rows, window.levelRows, window.chunkRow);
  const columnOf = axis(window.column, columns, window.levelColumns, window.chunkColumn);
  out.fill(0, at, at + channels * rows * columns);
  for (let r = 0; r < rows; r++) {
    const chunkRow = rowOf.chunk[r] ?? 0;
    const localRow = rowOf.local[r] ?? 0;
    for (let from = 0; from < columns;) {
      const chunkColumn = columnOf.chunk[from] ?? 0;
      let to = from + 1;
      while (to < columns && columnOf.chunk[to] === chunkColumn) to++;
      const chunk = window.chunks[chunkRow * window.chunkColumns + chunkColumn];
      const degain = chunk === undefined ? undefined : degains[chunk.quality];
      if (chunk !== undefined && degain !== undefined) {
        const symbols = allSymbols(chunk);
        const plane = chunk.rows * chunk.columns;
        const base = localRow * chunk.columns;
        for (let c = 0; c < chunk.channels; c++) {
          const gain = degain[c] ?? 0;
          const source = c * plane + base;
          const target = at + (c * rows + r) * columns;
          for (let i = from; i < to; i++) out[target + i] = (symbols[source + (columnOf.local[i] ?? 0)] ?? 0) * gain;
        }
      }
      from = to;
    }
  }
}

function axis(
  from: number,
  count: number,
  total: number,
  firstChunk: number,
): { chunk: Int32Array; local: Int32Array } {
  const chunk = new Int32Array(count);
  const local = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const global = Math.max(0, Math.min(total - 1, from + i));
    chunk[i] = Math.floor(global / CHUNK_POSITIONS) - firstChunk;
    local[i] = global % CHUNK_POSITIONS;
  }
  return { chunk, local };
}
