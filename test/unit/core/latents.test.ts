import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assembleLatents, chunkSpan, type LatentChunk } from "../../../src/core/latents.js";

/** A level of latents whose value tells channel, row and column, cut into chunks as they are stored. */
function levelOf(rows: number, columns: number, channels: number): { chunks: LatentChunk[]; chunkColumns: number } {
  const chunkColumns = Math.ceil(columns / 16);
  const chunks: LatentChunk[] = [];
  for (let r = 0; r < Math.ceil(rows / 16); r++) {
    for (let c = 0; c < chunkColumns; c++) {
      const [h, w] = [Math.min(16, rows - 16 * r), Math.min(16, columns - 16 * c)];
      const symbols = new Int16Array(channels * h * w);
      symbols.forEach((_, i) => {
        const [k, y, x] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
        symbols[i] = k * 10000 + (16 * r + y) * 100 + 16 * c + x;
      });
      chunks.push({ symbols, channels, rows: h, columns: w, quality: 0 });
    }
  }
  return { chunks, chunkColumns };
}

test("any window is the level's latents, replicated beyond its edges, whatever chunks it crosses", () => {
  const [levelRows, levelColumns, channels] = [37, 41, 3];
  const { chunks, chunkColumns } = levelOf(levelRows, levelColumns, 2);
  fc.assert(
    fc.property(
      fc.integer({ min: -5, max: 36 }),
      fc.integer({ min: -5, max: 40 }),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 30 }),
      (row, column, rows, columns) => {
        const [firstRow, lastRow] = chunkSpan(row, rows, levelRows);
        const [firstColumn, lastColumn] = chunkSpan(column, columns, levelColumns);
        const wanted: LatentChunk[] = [];
        for (let r = firstRow; r <= lastRow; r++)
          for (let c = firstColumn; c <= lastColumn; c++) wanted.push(chunks[r * chunkColumns + c] as LatentChunk);
        const window = {
          row,
          column,
          rows,
          columns,
          levelRows,
          levelColumns,
          chunkRow: firstRow,
          chunkColumn: firstColumn,
          chunkColumns: lastColumn - firstColumn + 1,
          chunks: wanted,
        };
        const out = new Float32Array(channels * rows * columns).fill(7);
        assembleLatents(window, [Float32Array.of(0.5, 2, 9)], channels, out, 0);
        const clamp = (i: number, n: number): number => Math.max(0, Math.min(n - 1, i));
        out.forEach((value, i) => {
          const [k, r, c] = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns];
          const expected =
            k === 2
              ? 0
              : (k * 10000 + clamp(row + r, levelRows) * 100 + clamp(column + c, levelColumns)) * (k === 0 ? 0.5 : 2);
          assert.equal(value, expected);
        });
      },
    ),
    { numRuns: 150 },
  );
});
