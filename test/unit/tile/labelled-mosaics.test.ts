// Scenes with labels that pin the constants of mosaics: bench/constants changes each constant a little and wants one of these to fail.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CatalogItem } from "../../../src/catalog/types.js";
import { isCloudOrShadow } from "../../../src/tile/mosaic/cloud-detector.js";
import { BestMosaic } from "../../../src/tile/mosaic/best-mosaic.js";
import { reachingItems } from "../../../src/tile/mosaic/order-items.js";
import { windowObservations } from "../../../src/tile/window-observations.js";

interface Look {
  readonly days: number;
  /** Pixels to the next hole. */
  readonly distance: number;
  readonly blue: number;
  readonly red: number;
}

/** As docs/mosaics.md has it. */
function score({ days, distance, blue, red }: Look): number {
  const haze = blue - red / 2;
  return (
    Math.exp(-((days / 30) ** 2) / 2) +
    1 / (1 + Math.exp((25 - Math.min(50, distance)) / 5)) +
    1 / (1 + Math.exp((haze - 400) / 100))
  );
}

const WIDTH = 80;
const PIXEL = WIDTH - 1;

/** Which of the looks `best` takes. */
function best(looks: readonly Look[]): number | undefined {
  const mosaic = new BestMosaic({ planes: 1, pixels: WIDTH, width: WIDTH });
  looks.forEach(({ days, distance, blue, red }, k) => {
    const plane = (value: number): Float32Array => new Float32Array(WIDTH).fill(value);
    const valid = new Uint8Array(WIDTH).fill(1);
    valid[PIXEL - distance] = 0;
    mosaic.feed({ planes: [plane(k)], valid, days, blue: plane(blue), red: plane(red) });
  });
  return mosaic.result().planes[0]?.[PIXEL];
}

test("best takes, of any two looks whose documented scores differ by a hundredth, the better one", () => {
  const looks = fc.record({
    days: fc.integer({ min: -90, max: 90 }),
    distance: fc.integer({ min: 1, max: 70 }),
    blue: fc.integer({ min: 100, max: 1000 }),
    red: fc.integer({ min: 100, max: 1000 }),
  });
  fc.assert(
    fc.property(looks, looks, (a, b) => {
      const difference = score(b) - score(a);
      fc.pre(Math.abs(difference) > 0.01);
      assert.equal(best([a, b]), difference > 0 ? 1 : 0);
    }),
    { numRuns: 3000, seed: 7 },
  );
});

test("a look that is farther than 50 pixels from a cloud gains nothing by more", () => {
  const near = { days: 0, blue: 300, red: 300 };
  assert.equal(
    best([
      { ...near, distance: 50 },
      { ...near, distance: 70 },
    ]),
    0,
  );
  assert.equal(
    best([
      { ...near, distance: 48 },
      { ...near, distance: 50 },
    ]),
    1,
  );
});

/** Blue, green, red, near and short-wave infrared; what the rules of one date say of them. */
const PIXELS: readonly (readonly [spectrum: readonly number[], hidden: boolean, why: string])[] = [
  [[1500, 1530, 1500, 3000, 1100], true, "a little cloud: green above 1500, no redder than green"],
  [[1500, 1470, 1400, 3000, 1100], false, "green below 1500"],
  [[1500, 1530, 1560, 3000, 1100], false, "redder than green: bare soil"],
  [[2500, 2530, 2700, 3000, 1100], true, "green above 2500 is cloud however red"],
  [[2500, 2470, 2700, 3000, 1100], false, "green below 2500 and red"],
  [[3000, 3000, 2900, 3000, 1030], true, "short-wave infrared above 1000: no snow"],
  [[3000, 3000, 2900, 3000, 970], false, "short-wave infrared below 1000: snow"],
  [[400, 400, 300, 1200, 580], true, "near and short-wave infrared of 890 together: shadow"],
  [[400, 400, 300, 1230, 590], false, "of 910: land"],
  [[400, 400, 300, 600, 410], true, "short-wave infrared above green: shadow"],
  [[400, 400, 300, 600, 390], false, "below green: water"],
  [[880, 400, 300, 600, 500], true, "blue below 900: shadow"],
  [[920, 400, 300, 600, 500], false, "too blue for a shadow"],
];

test("the rules of one date, pixel by pixel on both sides of each bound", () => {
  for (const [[blue = 0, green = 0, red = 0, nir = 0, swir = 0], hidden, why] of PIXELS) {
    const of = (value: number): Float32Array => Float32Array.of(value);
    const bands = { blue: of(blue), green: of(green), red: of(red), nir: of(nir), swir: of(swir) };
    assert.equal(isCloudOrShadow(bands, 0), hidden, why);
  }
});

test("a cloud hides itself and 30 m around: 3, 2, 1 and 1 pixels at levels of 10, 20, 40 and 80 m", () => {
  const masks = { x: 0, y: 0, chunkColumns: 1, chunks: [{ valid: "all" as const, width: 256, height: 256 }] };
  for (const [cloud, ground] of [
    [9, 4],
    [8, 5],
    [3, 6],
    [10, 11],
    [1, 7],
    [9, 2],
  ] as const) {
    const classes = new Uint8Array(256 * 256).fill(ground);
    classes[100 * 256 + 120] = cloud;
    for (const [factor, radius] of [
      [1, 3],
      [2, 2],
      [4, 1],
      [8, 1],
    ] as const) {
      const looks = windowObservations(
        { masks, classes: [classes] },
        { x: 0, y: 0, width: 256, height: 256 },
        { rule: "clear", factor },
      );
      assert.ok(looks !== "all");
      looks.forEach((seen, i) => {
        const away = Math.max(Math.abs((i % 256) - 120), Math.abs(Math.floor(i / 256) - 100));
        assert.equal(seen, away > radius ? 1 : 0, `class ${cloud}, factor ${factor}: ${away} pixels away`);
      });
    }
  }
});

test("dates of a strip a tenth of the picture wide count against the limit there", () => {
  const strips = [1, 2, 3].map(
    (day) =>
      ({
        id: `${day}`,
        datetimeMs: Date.UTC(2024, 0, day, 12),
        boundsWgs84: [0.08, 0, 0.18, 1],
      }) as unknown as CatalogItem,
  );
  assert.deepEqual(
    reachingItems(strips, [0, 0, 1, 1], 2).map(({ id }) => id),
    ["1", "2"],
  );
});
