import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BANDS } from "../../../src/core/bands.js";
import type { Raster } from "../../../src/core/raster.js";
import { groundResolutionM, openCrs } from "../../../src/geo/crs.js";
import { listInputs } from "../../../src/ingest/inputs.js";
import { openStacItemSource } from "../../../src/ingest/source-stac.js";
import { openGeoTiffSource } from "../../../src/ingest/source-geotiff.js";
import type { Source } from "../../../src/ingest/source.js";

const CASES = casesFolder();

/** Name, id, instant: one without a zone is UTC, of an interval the middle. */
const STAC_CASES = [
  ["a-control", "ctl", "2020-06-15T16:50:31.024Z"],
  ["b-dateonly", "dateonly", "2020-06-15T00:00:00Z"],
  ["b-naive", "naive", "2020-06-15T16:50:31Z"],
  ["b-null", "nulldt", "2020-06-15T16:51:01Z"],
  ["d-earthsearch-v1", "S2A_16UFG_20200615_0_L2A", "2020-06-15T16:50:31.024Z"],
  ["e-nan", "nan", "2020-06-15T16:50:31.024Z"],
  ["e-slashid", "S2A-T16-2020-06-15-u", "2020-06-15T16:50:31.024Z"],
] as const;

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

    // gdalinfo's corner of the first pixel.
    for (const [name, lon, lat, zoom] of [
      ["sweden_3006", 16, 60, 10],
      ["nad83_4269", -90, 40, 10],
      ["aea_custom", -96, 40, 10],
      ["esri_54009", 10, 50, 10],
      ["lon360", -160, 50, 10],
    ] as const) {
      test(`05-crs/${name}.tif lies where GDAL puts it, with pixels of some ten metres`, async () => {
        const source = await openGeoTiffSource(path(`05-crs/${name}.tif`));
        const { transform, crs = "", width, height } = source.grid;
        assert.ok(transform !== undefined);
        const [gotLon, gotLat] = openCrs(crs).toWgs84(transform[2], transform[5]);
        assert.ok(Math.abs(gotLon - lon) < 1e-4 && Math.abs(gotLat - lat) < 1e-4, `${gotLon} ${gotLat}`);
        const metres = groundResolutionM({ transform, width, height, crs });
        assert.ok(metres > 0.7 * zoom && metres < 1.3 * zoom, `${metres} m`);
        await source.close();
      });
    }

    test("the same name in two dated folders, and names without a Latin letter, are two items each", async () => {
      for (const folder of ["12-layout/d_same", "12-layout/c_unicode"]) {
        const { inputs } = await listInputs([path(folder)]);
        assert.equal(new Set(inputs.map(({ id }) => id)).size, 2, folder);
      }
    });

    test("an item beside its own band files is one input", async () => {
      const { inputs, passedOver } = await listInputs([path("12-layout/a_item_with_assets")]);
      assert.deepEqual([inputs.length, passedOver.length], [1, 0]);
      assert.match(inputs[0]?.location ?? "", /L2A\.json$/);
    });

    test("items whose assets no store here opens, or that are missing, are refused by name", async () => {
      await assert.rejects(
        openStacItemSource(path("11-stac/d-cdse-jp2.json")),
        /Asset B01_20m of item cdsejp2 is s3:\/\/eodata\/x\/B01_20m\.jp2: .* scheme s3/,
      );
      await assert.rejects(openStacItemSource(path("11-stac/c-href-encoded.json")), /Asset B01 of item enc is missing/);
    });

    // Their assets are written f/B01.tif and lie in F/B01.TIF.
    for (const [name, id, datetime] of STAC_CASES) {
      test(`11-stac/${name}.json holds the control's pixels, of ${datetime}`, async () => {
        const source = await openStacItemSource(path(`11-stac/${name}.json`));
        assert.deepEqual([source.id, source.datetime], [id, datetime]);
        assert.match(
          source.warnings.join(),
          /1[23] assets are found under names in other letters, such as F\/B01\.TIF/,
        );
        const { width, height } = source.grid;
        const [{ raster }, control] = [
          await source.read({ x: 0, y: 0, width, height }),
          await open("00-control/control.tif"),
        ];
        assert.deepEqual([width, height], [control.source.grid.width, control.source.grid.height]);
        const at = raster.bands.indexOf("B04") * width * height;
        assert.deepEqual(
          raster.samples.subarray(at, at + width * height),
          control.raster.samples.subarray(at, at + width * height),
        );
        await source.close();
      });
    }

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
