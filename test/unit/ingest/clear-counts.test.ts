import assert from "node:assert/strict";
import { test } from "node:test";
import { createClearCounts } from "../../../src/ingest/clear-counts.js";
import { mayBeClear, type PlanLayer } from "../../../src/tile/plan.js";

/** 600 x 300 pixels, three by two chunks: cloud (SCL 9) left of x = 512 but for one pixel, at (300, 10), and no data below y = 280. */
function count(): ReturnType<typeof createClearCounts> {
  const [width, height] = [600, 300];
  const counts = createClearCounts(width, height);
  for (const from of [0, 256]) {
    const block = { x: 0, y: from, width, height: Math.min(256, height - from) };
    const pixels = Array.from(
      { length: width * block.height },
      (_, i) => [i % width, from + Math.floor(i / width)] as const,
    );
    counts.add(block, {
      raster: {
        kind: "raster",
        width,
        height: block.height,
        bands: [],
        samples: new Float32Array(),
        valid: Uint8Array.from(pixels, ([, y]) => (y < 280 ? 1 : 0)),
      },
      classes: Uint8Array.from(pixels, ([x, y]) => (x >= 512 || (x === 300 && y === 10) ? 4 : 9)),
    });
  }
  return counts;
}

const layer = (percents: readonly number[], level: number, column: number, columns: number): PlanLayer =>
  ({
    item: { grid: { width: 600, height: 300 }, chunkClearPercent: percents },
    level,
    rect: { row: 0, rows: 4, column, columns },
  }) as unknown as PlanLayer;

test("each chunk's clear share is rounded up: 0 means no clear pixel at all", () => {
  const counts = count();
  assert.deepEqual(counts.chunkClearPercent(), [0, 1, 100, 0, 0, Math.ceil((100 * 24) / 44)]);
  assert.equal(counts.validPercent(), (100 * 280) / 300);
  assert.equal(counts.clearPercent(), (100 * (88 * 280 + 1)) / (600 * 300));
});

test("a date is passed over only where every chunk under the picture is without a clear pixel", () => {
  const percents = count().chunkClearPercent();
  assert.equal(mayBeClear(layer(percents, 0, 0, 10)), false);
  assert.equal(mayBeClear(layer(percents, 0, 0, 16)), true, "touches the second chunk");
  assert.equal(mayBeClear(layer(percents, 1, 0, 7)), false, "level 1: half the latents");
  assert.equal(mayBeClear(layer(percents, 1, 0, 8)), true);
  assert.equal(mayBeClear(layer([0, 0, 0], 0, 0, 10)), true, "another number of chunks tells nothing");
});
