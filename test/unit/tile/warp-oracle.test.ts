import assert from "node:assert/strict";
import { test } from "node:test";
import type { WarpGrid } from "../../../src/geo/warp-grid.js";
import type { MaskPieces } from "../../../src/tile/pixel-tasks.js";
import { warpOnto } from "../../../src/tile/draw/warp.js";
import type { WindowRaster } from "../../../src/tile/draw/warp-row.js";
import { windowMask } from "../../../src/tile/window-mask.js";

const SIZE = 40;
const STEP = 16;

/** A grid turned and stretched a little, that reaches outside the source on every side. */
function turnedGrid(): WarpGrid {
  const nodes = Math.ceil(SIZE / STEP) + 1;
  const [x, y] = [new Float64Array(nodes * nodes), new Float64Array(nodes * nodes)];
  for (let j = 0; j < nodes; j++) {
    for (let i = 0; i < nodes; i++) {
      x[j * nodes + i] = 98.013 + 0.71 * STEP * i + 0.05 * STEP * j;
      y[j * nodes + i] = 199.007 - 0.04 * STEP * i + 0.66 * STEP * j;
    }
  }
  return { width: SIZE, height: SIZE, step: STEP, columns: nodes, rows: nodes, x, y };
}

const noise = (i: number): number => ((i * 7919) % 4001) - 200;

function sourceOf(valid: WindowRaster["valid"]): WindowRaster {
  const samples = Float32Array.from({ length: 2 * 24 * 20 }, (_, i) => noise(i));
  return { kind: "raster", x: 100, y: 200, width: 24, height: 20, bands: ["B02", "B03"], samples, valid };
}

/** One pixel as the documentation says it: the weighted mean of the valid ones among the four around it. */
function expected(source: WindowRaster, grid: WarpGrid, band: number, column: number, row: number): number | undefined {
  const at = (nodes: Float64Array): number => {
    const [i, j] = [Math.floor((column + 0.5) / STEP), Math.floor((row + 0.5) / STEP)];
    const [u, v] = [(column + 0.5) / STEP - i, (row + 0.5) / STEP - j];
    const node = (di: number, dj: number): number => nodes[(j + dj) * grid.columns + i + di] ?? 0;
    return (node(0, 0) * (1 - u) + node(1, 0) * u) * (1 - v) + (node(0, 1) * (1 - u) + node(1, 1) * u) * v;
  };
  const [x, y] = [at(grid.x) - source.x, at(grid.y) - source.y];
  const isValid = (c: number, r: number): boolean => source.valid === "all" || source.valid[r * source.width + c] === 1;
  if (x < 0 || y < 0 || x >= source.width || y >= source.height || !isValid(Math.floor(x), Math.floor(y)))
    return undefined;
  let [sum, weights] = [0, 0];
  for (let r = 0; r < source.height; r++) {
    for (let c = 0; c < source.width; c++) {
      const cx = Math.max(0.5, Math.min(source.width - 0.5, x));
      const cy = Math.max(0.5, Math.min(source.height - 0.5, y));
      const weight = Math.max(0, 1 - Math.abs(c + 0.5 - cx)) * Math.max(0, 1 - Math.abs(r + 0.5 - cy));
      if (weight === 0 || !isValid(c, r)) continue;
      sum += weight * (source.samples[(band * source.height + r) * source.width + c] ?? 0);
      weights += weight;
    }
  }
  return sum / weights;
}

for (const [name, valid] of [
  ["every source pixel valid", "all"],
  ["holes", Uint8Array.from({ length: 24 * 20 }, (_, i) => ((i * 31) % 7 < 5 ? 1 : 0))],
] as const) {
  test(`a warped pixel is the weighted mean of its valid neighbours, with ${name}`, () => {
    const [source, grid] = [sourceOf(valid), turnedGrid()];
    const canvas = {
      size: SIZE,
      height: SIZE,
      samples: new Float32Array(2 * SIZE * SIZE).fill(-1),
      filled: new Uint8Array(SIZE * SIZE),
    };
    const filled = warpOnto(canvas, source, grid, { factor: 1, resampling: "bilinear" });
    let drawn = 0;
    for (let i = 0; i < SIZE * SIZE; i++) {
      for (const band of [0, 1]) {
        const want = expected(source, grid, band, i % SIZE, Math.floor(i / SIZE));
        const got = canvas.samples[band * SIZE * SIZE + i] ?? Number.NaN;
        assert.equal(canvas.filled[i], want === undefined ? 0 : 1, `pixel ${i}`);
        assert.ok(Math.abs(got - (want ?? -1)) < 0.01, `pixel ${i} of band ${band} is ${got}, ${want} expected`);
      }
      drawn += canvas.filled[i] ?? 0;
    }
    assert.equal(filled, drawn);
    assert.ok(drawn > 300 && drawn < SIZE * SIZE, `${drawn} pixels drawn: the grid should reach past the source`);
  });
}

test("a window's mask is pieced together from its chunks, and told in a word where they are all valid", () => {
  const half = Uint8Array.from({ length: 256 * 256 }, (_, i) => (i % 256 < 128 ? 1 : 0));
  const piece = (valid: Uint8Array | "all" | "none", width = 256) => ({ valid, width, height: 256 });
  const pieces: MaskPieces = { x: 256, y: 0, chunkColumns: 3, chunks: [piece("all"), piece(half), piece("none", 100)] };
  assert.equal(windowMask(pieces, { x: 300, y: 16, width: 100, height: 32 }), "all");
  const window = { x: 500, y: 100, width: 400, height: 8 };
  const mask = windowMask(pieces, window);
  assert.notEqual(mask, "all");
  for (let c = 0; c < window.width; c++)
    assert.equal(mask[3 * window.width + c], window.x + c < 512 + 128 ? 1 : 0, `column ${c}`);
  assert.notEqual(
    windowMask({ ...pieces, chunkColumns: 1, chunks: [piece("all", 200)] }, { x: 256, y: 0, width: 208, height: 16 }),
    "all",
  );
});
