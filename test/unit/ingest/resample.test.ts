import assert from "node:assert/strict";
import { test } from "node:test";
import type { Raster } from "../../../src/core/raster.js";
import { extendEdges, fillHoles, halve, halveBlock } from "../../../src/ingest/resample.js";

function makeRaster(
  width: number,
  height: number,
  value: (row: number, column: number) => number,
  isValid: (row: number, column: number) => boolean = () => true,
): Raster {
  const valid = new Uint8Array(width * height);
  const samples = new Float32Array(2 * width * height);
  for (let i = 0; i < width * height; i++) {
    const [row, column] = [Math.floor(i / width), i % width];
    valid[i] = isValid(row, column) ? 1 : 0;
    samples[i] = valid[i] === 1 ? value(row, column) : -5000;
    samples[width * height + i] = valid[i] === 1 ? 2 * value(row, column) : -5000;
  }
  return { kind: "raster", width, height, bands: ["B02", "B03"], samples, valid };
}

test("a halved raster holds the means of valid pixels, and odd edges are averaged alone", () => {
  const raster = makeRaster(
    5,
    3,
    (row, column) => 10 * row + column,
    (row, column) => !(row < 2 && column < 2) || (row === 1 && column === 1),
  );
  const half = halve(raster);
  assert.deepEqual([half.width, half.height], [3, 2]);
  // (11) alone; mean of 2 3 12 13; mean of 4 14; mean of 20 21; mean of 22 23; 24.
  assert.deepEqual([...half.samples.subarray(0, 6)], [11, 7.5, 9, 20.5, 22.5, 24]);
  assert.deepEqual([...half.samples.subarray(6)], [22, 15, 18, 41, 45, 48]);
  assert.deepEqual([...half.valid], [1, 1, 1, 1, 1, 1]);
});

test("a halved pixel is a hole only where all of its four are", () => {
  const half = halve(
    makeRaster(
      4,
      4,
      () => 7,
      (row, column) => row >= 2 || column === 3,
    ),
  );
  assert.deepEqual([...half.valid], [0, 1, 1, 1]);
  assert.deepEqual([...half.samples.subarray(0, 4)], [0, 7, 7, 7]);
});

test("a halved class is the most frequent valid one", () => {
  const raster = makeRaster(
    4,
    2,
    () => 1,
    (row, column) => !(row === 0 && column >= 2),
  );
  const { classes } = halveBlock({ raster, classes: Uint8Array.from([4, 5, 8, 8, 5, 5, 6, 6]) });
  assert.deepEqual([...(classes ?? [])], [5, 6]);
});

test("halving until one pixel is left keeps the mean of an image with a power of two as its size", () => {
  let raster = makeRaster(16, 16, (row, column) => (row * 31 + column * 17) % 101);
  const mean = raster.samples.subarray(0, 256).reduce((sum, value) => sum + value, 0) / 256;
  while (raster.width > 1) raster = halve(raster);
  assert.ok(Math.abs((raster.samples[0] ?? 0) - mean) < 1e-3);
});

test("filled holes continue the plane around them and leave valid pixels alone", () => {
  const ramp = (row: number, column: number): number => 1000 + 20 * row + 8 * column;
  const inHole = (row: number, column: number): boolean => (row - 30) ** 2 + (column - 33) ** 2 < 100;
  const raster = makeRaster(64, 61, ramp, (row, column) => !inHole(row, column));
  const filled = fillHoles(raster);
  for (let i = 0; i < 64 * 61; i++) {
    const [row, column] = [Math.floor(i / 64), i % 64];
    const value = filled.samples[i] ?? 0;
    if (!inHole(row, column)) assert.equal(value, ramp(row, column));
    else assert.ok(Math.abs(value - ramp(row, column)) < 25, `${row},${column}: ${value} for ${ramp(row, column)}`);
  }
  assert.deepEqual(filled.valid, raster.valid);
});

test("filled holes stay within the range of the valid pixels, also where most of the image is a hole", () => {
  const raster = makeRaster(
    97,
    80,
    (row, column) => 500 + ((row * 7 + column * 13) % 50),
    (row, column) => row + column < 30,
  );
  const filled = fillHoles(raster).samples.subarray(0, 97 * 80);
  assert.ok(filled.every((value) => value >= 500 && value < 550));
});

test("a hole's surface meets its rim without a step: nearly as the exact solution of Laplace's equation does", () => {
  const wave = (row: number, column: number): number => 2000 + 300 * Math.sin(row / 9) + 200 * Math.cos(column / 11);
  const inHole = (row: number, column: number): boolean => row >= 20 && row < 50 && column >= 40;
  const filled = fillHoles(makeRaster(80, 70, wave, (row, column) => !inHole(row, column)));
  let largest = 0;
  for (let row = 20; row < 50; row++)
    largest = Math.max(largest, Math.abs((filled.samples[row * 80 + 40] ?? 0) - wave(row, 39)));
  // The wave itself changes by up to 33 a pixel, the exact solution (50 sweeps a level) by 40; a constant fill by 400.
  assert.ok(largest < 60, `${largest}`);
});

test("nothing to fill and nothing to fill from give the raster back", () => {
  const whole = makeRaster(8, 8, () => 1);
  assert.equal(fillHoles(whole), whole);
  const empty = makeRaster(
    8,
    8,
    () => 1,
    () => false,
  );
  assert.equal(fillHoles(empty), empty);
});

test("extended edges repeat the outermost pixels", () => {
  const raster = makeRaster(3, 2, (row, column) => 10 * row + column);
  const wide = extendEdges(raster, { left: 2, top: 1, right: 1, bottom: 2 });
  assert.deepEqual([wide.width, wide.height], [6, 5]);
  const rows = [
    [0, 0, 0, 1, 2, 2],
    [0, 0, 0, 1, 2, 2],
    [10, 10, 10, 11, 12, 12],
    [10, 10, 10, 11, 12, 12],
    [10, 10, 10, 11, 12, 12],
  ];
  assert.deepEqual([...wide.samples.subarray(0, 30)], rows.flat());
  assert.deepEqual(
    [...wide.samples.subarray(30)],
    rows.flat().map((value) => 2 * value),
  );
  assert.equal(
    wide.valid.reduce((sum, value) => sum + value, 0),
    6,
  );
  assert.equal(wide.valid[1 * 6 + 2], 1);
});
