import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { BANDS } from "../../../src/core/bands.js";
import { InvalidRequestError } from "../../../src/core/errors.js";
import { countValid, type Raster } from "../../../src/core/raster.js";
import {
  clearTruth,
  DEMO_DATES,
  openLandscapeSeries,
  openLandscapeSource,
  type LandscapeOptions,
} from "../../../src/ingest/landscape/landscape.js";
import type { SourceBlock } from "../../../src/ingest/source.js";

const SIDE = 192;
const COUNT = SIDE * SIDE;
const WHOLE = { x: 0, y: 0, width: SIDE, height: SIDE };
const CLOUDY: LandscapeOptions = { datetime: "2024-05-25T10:50:29Z", cloudCover: 0.4, width: SIDE, height: SIDE };
const CLEAR: LandscapeOptions = { datetime: "2024-07-04T10:50:31Z", width: SIDE, height: SIDE };

async function readWhole(options: LandscapeOptions): Promise<SourceBlock> {
  const source = openLandscapeSource(options);
  const block = await source.read(WHOLE);
  await source.close();
  return block;
}

const plane = (raster: Raster, band: (typeof BANDS)[number]): Float32Array =>
  raster.samples.subarray(BANDS.indexOf(band) * COUNT, (BANDS.indexOf(band) + 1) * COUNT);

function meanOf(values: Float32Array, chosen: (i: number) => boolean): number {
  const picked = values.filter((_, i) => chosen(i));
  return picked.reduce((sum, value) => sum + value, 0) / picked.length;
}

describe("the made-up landscape", () => {
  let cloudy: SourceBlock;
  let clear: SourceBlock;
  let truth: Raster;
  before(async () => {
    cloudy = await readWhole(CLOUDY);
    clear = await readWhole(CLEAR);
    truth = clearTruth(CLOUDY);
  });
  const classOf = (block: SourceBlock, i: number): number => block.classes?.[i] ?? -1;

  test("is the same each time, and another one for another seed", async () => {
    assert.deepEqual((await readWhole(CLEAR)).raster.samples, clear.raster.samples);
    assert.notDeepEqual((await readWhole({ ...CLEAR, seed: 8 })).raster.samples, clear.raster.samples);
  });

  test("a window is a crop of the whole", async () => {
    const source = openLandscapeSource(CLEAR);
    const { raster, classes } = await source.read({ x: 31, y: 77, width: 50, height: 3 });
    for (const b of [0, 7, 11]) {
      const wanted = clear.raster.samples.subarray(b * COUNT + 78 * SIDE + 31, b * COUNT + 78 * SIDE + 81);
      assert.deepEqual(raster.samples.subarray(b * 150 + 50, b * 150 + 100), wanted);
    }
    assert.deepEqual(classes?.subarray(0, 50), clear.classes?.subarray(77 * SIDE + 31, 77 * SIDE + 81));
    await assert.rejects(source.read({ ...WHOLE, x: 1 }), InvalidRequestError);
  });

  test("is the same place on every date: what is water stays water", async () => {
    const sources = openLandscapeSeries([CLEAR, { ...CLEAR, datetime: "2024-10-02T10:50:31Z" }]);
    const dates = await Promise.all(sources.map((source) => source.read(WHOLE)));
    assert.deepEqual(dates[0]?.raster.samples, clear.raster.samples);
    const water = dates.map((block) => Array.from({ length: COUNT }, (_, i) => classOf(block, i) === 6));
    assert.deepEqual(water[0], water[1]);
    assert.ok(water[0]?.includes(true));
  });

  test("has the spectra of what it shows: water dark in the infrared, leaves bright behind the red edge", () => {
    const [red, nir, swir] = [plane(clear.raster, "B04"), plane(clear.raster, "B08"), plane(clear.raster, "B12")];
    const isWater = (i: number): boolean => classOf(clear, i) === 6;
    const isLeaf = (i: number): boolean => classOf(clear, i) === 4;
    assert.ok(meanOf(nir, isWater) < 400);
    assert.ok(meanOf(swir, isWater) < 300);
    assert.ok(meanOf(nir, isLeaf) > 3 * meanOf(red, isLeaf));
    assert.ok(meanOf(swir, (i) => classOf(clear, i) === 5) > 1800);
  });

  test("turns with the seasons: greener in late spring than in winter, snow in winter only", async () => {
    const winter = await readWhole({ ...CLEAR, datetime: "2024-01-16T10:50:31Z" });
    const greenness = (raster: Raster): number => {
      const [red, nir] = [plane(raster, "B04"), plane(raster, "B08")];
      return meanOf(
        nir.map((value, i) => (value - (red[i] ?? 0)) / (value + (red[i] ?? 0))),
        (i) => classOf(clear, i) !== 6,
      );
    };
    assert.ok(greenness(truth) > greenness(winter.raster) + 0.15);
    assert.ok(winter.classes?.includes(11));
    assert.equal(clear.classes?.includes(11), false);
  });

  test("has about the cloud cover asked for, bright clouds, dark shadows, and the truth between them", () => {
    const isCloud = (i: number): boolean => classOf(cloudy, i) === 8 || classOf(cloudy, i) === 9;
    const share = Array.from({ length: COUNT }, (_, i) => isCloud(i)).filter(Boolean).length / COUNT;
    assert.ok(Math.abs(share - 0.4) < 0.12, `${share}`);
    const [seen, wanted] = [plane(cloudy.raster, "B04"), plane(truth, "B04")];
    assert.ok(meanOf(seen, (i) => classOf(cloudy, i) === 9) > 4000);
    const isShadow = (i: number): boolean => classOf(cloudy, i) === 3;
    assert.ok(meanOf(seen, isShadow) < 0.75 * meanOf(wanted, isShadow));
    const isFree = (i: number): boolean => classOf(cloudy, i) >= 4 && classOf(cloudy, i) <= 6;
    assert.ok(Math.abs(meanOf(seen, isFree) - meanOf(wanted, isFree)) < 60);
  });

  test("has the noise of a sensor and no more", () => {
    const smooth = clearTruth(CLEAR);
    for (const band of ["B02", "B08"] as const) {
      const [seen, wanted] = [plane(clear.raster, band), plane(smooth, band)];
      const variance = meanOf(
        seen.map((value, i) => (value - (wanted[i] ?? 0)) ** 2),
        () => true,
      );
      assert.ok(Math.sqrt(variance) > 8 && Math.sqrt(variance) < 30, `${band} ${Math.sqrt(variance)}`);
    }
  });

  test("has smoother bands where the instrument's pixels are larger", () => {
    const roughness = (band: (typeof BANDS)[number]): number => {
      const values = plane(truth, band);
      const steps = values.map((value, i) => (i % SIDE === 0 ? 0 : Math.abs(value - (values[i - 1] ?? 0))));
      const mean = meanOf(values, () => true);
      return meanOf(steps, () => true) / mean;
    };
    assert.ok(roughness("B8A") < 0.75 * roughness("B08"));
    assert.ok(roughness("B09") < 0.5 * roughness("B08"));
  });

  test("ends at the edge of a swath: no values, class 0, not valid", async () => {
    const { raster, classes } = await readWhole({ ...CLEAR, swathEdge: true });
    const lost = COUNT - countValid(raster.valid);
    assert.ok(lost > 0.005 * COUNT && lost < 0.1 * COUNT);
    for (let i = 0; i < COUNT; i++) {
      assert.equal(classes?.[i] === 0, raster.valid[i] === 0);
      if (raster.valid[i] === 0) assert.equal(raster.samples[5 * COUNT + i], 0);
    }
    assert.equal(countValid(clear.raster.valid), COUNT);
  });

  test("has eight demo dates over a year, three of them cloudy, on one grid", () => {
    assert.equal(DEMO_DATES.length, 8);
    assert.equal(DEMO_DATES.filter(({ cloudCover = 0 }) => cloudCover > 0.2).length, 3);
    const sources = DEMO_DATES.map((options) => openLandscapeSource(options));
    assert.equal(new Set(sources.map(({ id }) => id)).size, 8);
    assert.equal(new Set(sources.map(({ grid }) => JSON.stringify(grid))).size, 1);
    assert.deepEqual(
      sources.map(({ datetime }) => datetime),
      DEMO_DATES.map(({ datetime }) => datetime),
    );
  });

  test("refuses a date, size or cover that can't be", () => {
    assert.throws(() => openLandscapeSource({ datetime: "yesterday" }), InvalidRequestError);
    assert.throws(() => openLandscapeSource({ ...CLEAR, width: 10 }), InvalidRequestError);
    assert.throws(() => openLandscapeSource({ ...CLEAR, cloudCover: Number.NaN }), InvalidRequestError);
  });
});
