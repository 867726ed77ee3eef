import assert from "node:assert/strict";
import { test } from "node:test";
import { BANDS } from "../../../src/core/bands.js";
import { createLevelStore } from "../../../src/ingest/level-store.js";
import type { SourceBlock } from "../../../src/ingest/source.js";
import { seededRandom } from "../../support/seeded-random.js";

const [WIDTH, HEIGHT] = [75, 700];

test("windows give what blocks wrote, rounded and cut to int16, across strips; rows given up are told", () => {
  const random = seededRandom(5);
  const truth = blockOf(WIDTH, HEIGHT, () => Math.fround(80_000 * (random() - 0.5)));
  const store = createLevelStore(WIDTH, HEIGHT, { classes: true, provenance: false });
  for (let y = 0; y < HEIGHT; y += 130)
    for (let x = 0; x < WIDTH; x += 40)
      store.write(x, y, cut(truth, x, y, Math.min(40, WIDTH - x), Math.min(130, HEIGHT - y)));
  for (const [x, y, w, h] of [
    [0, 0, WIDTH, HEIGHT],
    [13, 250, 50, 20],
    [74, 699, 1, 1],
  ] as const) {
    const read = store.read({ x, y, width: w, height: h });
    const wanted = cut(truth, x, y, w, h);
    const rounded = wanted.raster.samples.map((v) => Math.max(-32768, Math.min(32767, Math.floor(v + 0.5))));
    assert.deepEqual(read.raster.samples, rounded);
    assert.deepEqual(read.raster.valid, wanted.raster.valid);
    assert.deepEqual(read.classes, wanted.classes);
    assert.equal(read.provenance, undefined);
  }
  store.dropAbove(520);
  assert.throws(() => store.read({ x: 0, y: 511, width: 1, height: 1 }), /row 511 of 700/);
  assert.equal(store.read({ x: 0, y: 512, width: WIDTH, height: 188 }).raster.height, 188);
});

function blockOf(width: number, height: number, value: () => number): SourceBlock {
  const samples = Float32Array.from({ length: BANDS.length * width * height }, value);
  const valid = Uint8Array.from({ length: width * height }, (_, i) => (i % 3) & 1);
  const classes = Uint8Array.from({ length: width * height }, (_, i) => i % 11);
  return { raster: { kind: "raster", width, height, bands: BANDS, samples, valid }, classes };
}

/** Pixel by pixel, unlike what is tested. */
function cut({ raster, classes }: SourceBlock, x: number, y: number, width: number, height: number): SourceBlock {
  const pixel = (i: number): number => (y + Math.floor(i / width)) * raster.width + x + (i % width);
  const area = width * height;
  return {
    raster: {
      ...raster,
      width,
      height,
      samples: Float32Array.from({ length: BANDS.length * area }, (_, i) => {
        const band = Math.floor(i / area) * raster.width * raster.height;
        return raster.samples[band + pixel(i % area)] ?? 0;
      }),
      valid: Uint8Array.from({ length: area }, (_, i) => raster.valid[pixel(i)] ?? 0),
    },
    classes: Uint8Array.from({ length: area }, (_, i) => classes?.[pixel(i)] ?? 0),
  };
}
