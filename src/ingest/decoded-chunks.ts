import { positionsOf } from "../core/geometry.js";
import { chunkSpan, type LatentChunk, type LatentWindow } from "../core/latents.js";
import { CHUNK_POSITIONS } from "../core/geometry.js";

/** Latents of a level's chunks as a reader will see them, kept for as long as something around them is to be measured. */
export interface DecodedChunks {
  add(index: number, chunk: LatentChunk): void;
  /** A window, edges replicated; chunks that were not added are 0. */
  window(rect: LatentRect): LatentWindow;
  /** Drops the chunks above a row of chunks. */
  dropAbove(chunkRow: number): void;
}

/** May reach beyond the level. */
export interface LatentRect {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
}

/** `size` of the level in pixels. */
export function createDecodedChunks(size: { readonly width: number; readonly height: number }): DecodedChunks {
  const kept = new Map<number, LatentChunk>();
  const [levelRows, levelColumns] = [positionsOf(size.height), positionsOf(size.width)];
  const perRow = Math.ceil(levelColumns / CHUNK_POSITIONS);
  const missing: LatentChunk = { symbols: new Int8Array(), channels: 0, rows: 16, columns: 16, quality: 0 };

  function indicesOf({ row, column, rows, columns }: LatentRect): {
    readonly chunkRow: number;
    readonly chunkColumn: number;
    readonly chunkColumns: number;
    readonly indices: readonly number[];
  } {
    const [chunkRow, lastRow] = chunkSpan(row, rows, levelRows);
    const [chunkColumn, lastColumn] = chunkSpan(column, columns, levelColumns);
    const indices: number[] = [];
    for (let r = chunkRow; r <= lastRow; r++) {
      for (let c = chunkColumn; c <= lastColumn; c++) indices.push(r * perRow + c);
    }
    return { chunkRow, chunkColumn, chunkColumns: lastColumn - chunkColumn + 1, indices };
  }

  return {
    add: (index, chunk) => void kept.set(index, chunk),
    window(rect) {
      const { indices, ...place } = indicesOf(rect);
      const chunks = indices.map((index) => kept.get(index) ?? missing);
      return { ...rect, levelRows, levelColumns, ...place, chunks };
    },
    dropAbove(chunkRow) {
      for (const index of kept.keys()) if (index < chunkRow * perRow) kept.delete(index);
    },
  };
}
