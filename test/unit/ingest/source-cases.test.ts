import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BANDS } from "../../../src/core/bands.js";
import type { Raster } from "../../../src/core/raster.js";
import { openGeoTiffSource } from "../../../src/ingest/source-geotiff.js";
import type { Source } from "../../../src/ingest/source.js";

const CASES = casesFolder();

describe(
  "the awkward files of ../shared/cases",
  { skip: CASES === undefined ? "../shared/cases is not here" : false },
  () => {
    const path = (name: string): string => join(CASES ?? "", name);
    async function open(name: string): Promise<{ readonly source: Source; readonly raster: Raster }> {
      const source = await openGeoTiffSource(path(name));
      const { raster } = await source.read({ x: 0, y: 0, width: source.grid.width, height: source.grid.height });
      return { source, raster };
    }

    for (const name of [
      "02-layout/big_p2.tif",
      "06-names/safe_files_sorted.tif",
      "06-names/gee_tobands.tif",
      "07-sidecar/aux_names.tif",
    ]) {
      test(`${name} holds the control's pixels`, async () => {
        const [{ raster }, control] = [await open(name), await open("00-control/control.tif")];
        assert.deepEqual(raster.samples, control.raster.samples);
        assert.deepEqual(raster.valid, control.raster.valid);
      });
    }

    test("twelve bands and alpha are twelve bands, with a hole where it is transparent", async () => {
      const [{ source, raster }, control] = [await open("01-alpha/noname.tif"), await open("00-control/control.tif")];
      const holes = raster.valid.reduce((sum, value) => sum + 1 - value, 0);
      assert.ok(holes > 0 && holes < raster.valid.length / 2, `${holes} holes`);
      for (let i = 0; i < raster.samples.length; i++) {
        if (raster.valid[i % raster.valid.length] === 1) assert.equal(raster.samples[i], control.raster.samples[i]);
      }
      assert.match(source.warnings.join(), /opacity/);
    });

    test("twelve bits a sample are the control's, cut to twelve bits", async () => {
      const [{ raster }, control] = [await open("02-layout/nbits12.tif"), await open("00-control/control.tif")];
      assert.deepEqual(
        [...raster.samples],
        Array.from(control.raster.samples, (value) => Math.min(4095, value)),
      );
    });

    test("a glint does not turn reflectance into digital numbers", async () => {
      const { source, raster } = await open("10-scale/f32_bright.tif");
      assert.equal(source.units.scale, 10_000);
      const sorted = raster.samples.slice().sort();
      assert.ok((sorted[sorted.length >> 1] ?? 0) > 1000);
      assert.ok((sorted.at(-1) ?? 0) > 20_000);
    });

    test("tiny images are images", async () => {
      for (const [name, size] of [
        ["15-size/s1x1.tif", 1],
        ["15-size/s3x5.tif", 15],
      ] as const) {
        const { raster } = await open(name);
        assert.deepEqual([raster.valid.length, raster.bands], [size, BANDS]);
      }
    });
  },
);

function casesFolder(): string | undefined {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "shared", "cases"))) return join(folder, "shared", "cases");
  }
  return undefined;
}
