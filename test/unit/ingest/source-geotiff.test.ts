import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { BANDS } from "../../../src/core/bands.js";
import { CorruptDataError, InvalidRequestError, NotFoundError, UnsupportedError } from "../../../src/core/errors.js";
import type { Source } from "../../../src/ingest/source.js";
import { openGeoTiffSource, type GeoTiffOptions } from "../../../src/ingest/source-geotiff.js";
import { bandPlanes, makeGeoTiff, type FixtureOptions } from "../../support/geotiff-fixture.js";

const WIDTH = 50;
const HEIGHT = 37;
const VALUE = (band: number, row: number, column: number): number => 1 + band * 3000 + row * 60 + column;
const PLANES = bandPlanes(WIDTH, HEIGHT, VALUE);
const UTM = [10, 0, 500_000, 0, -10, 4_600_000] as const;
const WHOLE = { x: 0, y: 0, width: WIDTH, height: HEIGHT };

describe("a GeoTIFF source", () => {
  let folder = "";
  let made = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "tectile-geotiff-"));
  });
  after(() => rm(folder, { recursive: true }));

  async function open(
    fixture: Partial<FixtureOptions>,
    options: GeoTiffOptions = {},
    name = `f${made++}.tif`,
  ): Promise<Source> {
    const defaults = {
      width: WIDTH,
      height: HEIGHT,
      planes: PLANES,
      descriptions: [...BANDS],
      transform: UTM,
      epsg: 32631,
    };
    await writeFile(join(folder, name), makeGeoTiff({ ...defaults, ...fixture }));
    return openGeoTiffSource(join(folder, name), options);
  }

  /** The samples of a one-pixel window: 12 numbers and whether the pixel is valid. */
  async function pixel(
    source: Source,
    row: number,
    column: number,
  ): Promise<{ dn: number[]; valid: number | undefined }> {
    const { raster } = await source.read({ x: column, y: row, width: 1, height: 1 });
    return { dn: [...raster.samples], valid: raster.valid[0] };
  }

  test("bands that repeat in the whole raster are native by that factor, and none of which one pixel differs", async () => {
    const [width, height] = [150, 130];
    const repeated = (factor: number) => (_: number, row: number, column: number) =>
      1000 + 37 * Math.floor(row / factor) + 11 * Math.floor(column / factor);
    const coarse: Readonly<Record<string, number>> = { B01: 6, B05: 2, B09: 2, B11: 2, B12: 6, B02: 2 };
    const planes = BANDS.map((band, b) => bandPlanes(width, height, repeated(coarse[band] ?? 1))[b] ?? []);
    const last = (height - 1) * width + width - 1;
    const b11 = planes[BANDS.indexOf("B11")] ?? [];
    b11[last] = (b11[last] ?? 0) + 1;
    const source = await open({ width, height, planes });
    // B02 is a 10 m band, B11 differs in its last pixel, and what repeats by 6 repeats by 2.
    assert.deepEqual(source.native, { B01: 6, B05: 2, B09: 2, B12: 2 });
    const shifted = planes.map((plane) => plane.map((_, i) => plane[i + 1] ?? 0));
    assert.deepEqual((await open({ width, height, planes: shifted })).native, {});
    await source.close();
  });

  const layouts: readonly Partial<FixtureOptions>[] = [
    {},
    { rowsPerStrip: 5 },
    { layout: "planar", rowsPerStrip: 8 },
    { tileSize: 16 },
    { tileSize: 32, layout: "planar", compression: "deflate" },
    { bigTiff: true, tileSize: 16 },
    { bigEndian: true, rowsPerStrip: 1, compression: "deflate" },
    { bigEndian: true, bigTiff: true, layout: "planar", tileSize: 16 },
  ];
  for (const layout of layouts) {
    test(`a window is the same numbers however the file is laid out: ${JSON.stringify(layout)}`, async () => {
      const source = await open(layout);
      const { raster } = await source.read({ x: 13, y: 9, width: 30, height: 20 });
      const wanted = bandPlanes(30, 20, (band, row, column) => VALUE(band, row + 9, column + 13)).flat();
      assert.deepEqual([...raster.samples], wanted);
      assert.ok(raster.valid.every((value) => value === 1));
      assert.deepEqual(source.warnings, []);
      await source.close();
    });
  }

  test("bands are found by their names in any order and spelling, and SCL beside them", async () => {
    const names = [
      "SCL",
      "swir22",
      "B11 (1610 nm)",
      "b9",
      "B8a",
      "NIR",
      "B7",
      "rededge2",
      "B5",
      "red",
      "B03_10m",
      "blue",
      "coastal",
    ];
    const planes = names.map((_, i) => Array<number>(WIDTH * HEIGHT).fill(i === 0 ? 4 : 1000 + i));
    const source = await open({ descriptions: names, planes });
    const { raster, classes } = await source.read({ x: 0, y: 0, width: 1, height: 1 });
    assert.deepEqual([...raster.samples], [1012, 1011, 1010, 1009, 1008, 1007, 1006, 1005, 1004, 1003, 1002, 1001]);
    assert.deepEqual([...(classes ?? [])], [4]);
    assert.equal(source.hasClasses, true);
    await source.close();
  });

  test("13 bands without names are an L1C product, whose B10 is dropped", async () => {
    const planes = Array.from({ length: 13 }, (_, i) => Array<number>(WIDTH * HEIGHT).fill(100 + i));
    const source = await open({ descriptions: [], planes });
    assert.deepEqual((await pixel(source, 0, 0)).dn, [100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 111, 112]);
    assert.match(source.warnings.join(), /no names and were taken in the documented order/);
    await source.close();
  });

  test("other bands are refused with what was found and what is wanted", async () => {
    const planes = PLANES.slice(0, 3);
    await assert.rejects(open({ descriptions: [], planes }, {}, "three.tif"), (error) => {
      assert.ok(error instanceof InvalidRequestError);
      assert.match(
        error.message,
        /^3 bands found in .*three\.tif \(no names\); wanted B01 B02 .* B12: all in this order, or .* by name$/,
      );
      return true;
    });
    const twice = [...BANDS.slice(0, 11), "B01"];
    await assert.rejects(open({ descriptions: twice }, {}, "twice.tif"), /2 bands named B01 in .*twice\.tif/);
    const missing = [...BANDS.slice(0, 11), "slope"];
    const partial = await open({ descriptions: missing });
    assert.deepEqual(partial.absentBands, ["B12"]);
    assert.match(partial.warnings.join(), /B12 is missing \(not taken for any: slope\): absent in what is made of it/);
    await partial.close();
  });

  const units: readonly (readonly [string, Partial<FixtureOptions>, GeoTiffOptions, stored: number, dn: number])[] = [
    ["no tags: stored numbers are digital numbers", {}, {}, 1234, 1234],
    ["a reflectance scale in the tags", { scales: Array(12).fill(0.0001) }, {}, 1234, 1234],
    [
      "scale and offset of baseline 04.00",
      { scales: Array(12).fill(0.0001), offsets: Array(12).fill(-0.1) },
      {},
      1234,
      234,
    ],
    ["another reflectance scale", { scales: Array(12).fill(0.0002) }, {}, 1000, 2000],
    ["a scale to digital numbers", { scales: Array(12).fill(2), offsets: Array(12).fill(5) }, {}, 1000, 2005],
    ["the user's offset", {}, { offset: -1000 }, 1234, 234],
    [
      "the user's scale wins over the tags",
      { scales: Array(12).fill(0.0001), offsets: Array(12).fill(-0.1) },
      { scale: 1 },
      1234,
      1234,
    ],
    ["negative int16", { type: "int16" }, {}, -37, -37],
    ["float32 reflectance with a scale of the user's", { type: "float32" }, { scale: 10_000 }, 0.25, 2500],
    ["uint8 with a scale", { type: "uint8" }, { scale: 40 }, 200, 8000],
  ];
  for (const [name, fixture, options, stored, dn] of units) {
    test(`numbers are converted once: ${name}`, async () => {
      const planes = BANDS.map(() => Array<number>(WIDTH * HEIGHT).fill(stored));
      const source = await open({ ...fixture, planes }, options);
      assert.deepEqual((await pixel(source, 3, 3)).dn, Array<number>(12).fill(dn));
      assert.equal(stored * source.units.scale + source.units.offset, dn);
      assert.deepEqual(source.warnings, []);
      await source.close();
    });
  }

  test("float32 without a scale is told apart by its range, with a warning", async () => {
    const fill = (value: number): number[][] => BANDS.map(() => Array<number>(WIDTH * HEIGHT).fill(value));
    const reflectance = await open({ type: "float32", planes: fill(0.5) });
    assert.equal((await pixel(reflectance, 0, 0)).dn[0], 5000);
    assert.match(
      reflectance.warnings.join(),
      /float32 without a scale, median 0.5 where sampled: taken as reflectance/,
    );
    const numbers = await open({ type: "float32", planes: fill(740.5) });
    assert.equal((await pixel(numbers, 0, 0)).dn[0], 740.5);
    assert.match(numbers.warnings.join(), /taken as digital numbers/);
    await Promise.all([reflectance.close(), numbers.close()]);
  });

  test("types that carry no reflectance are refused", async () => {
    const one = PLANES.map((plane) => plane.map(() => 1));
    for (const type of ["float64", "uint32", "complex64", "uint8"] as const) {
      await assert.rejects(open({ type, planes: one }), (error) => {
        assert.ok(error instanceof UnsupportedError, type);
        assert.match(error.message, /wanted uint16, int16 or float32/);
        return true;
      });
    }
    await assert.rejects(
      open({ scales: [...Array<number>(11).fill(0.0001), 0.0002] }),
      /the scale 0\.0001 in one band and 0\.0002/,
    );
  });

  test("one band at 0 is a value, all bands at 0 are not, whatever the nodata tag says", async () => {
    for (const nodata of [undefined, "0"]) {
      const planes = PLANES.map((plane) => [...plane]);
      for (const [band, plane] of planes.entries()) {
        plane[0] = 0;
        if (band === 5) plane[1] = 0;
      }
      const source = await open({ planes, ...(nodata === undefined ? {} : { nodata }) });
      assert.deepEqual(await pixel(source, 0, 0), { dn: Array<number>(12).fill(0), valid: 0 });
      assert.equal((await pixel(source, 0, 1)).valid, 1);
      assert.equal((await pixel(source, 0, 1)).dn[5], 0);
      await source.close();
    }
  });

  test("a nodata value other than 0, or NaN, in any band makes a hole", async () => {
    const planes = PLANES.map((plane) => plane.map((value) => value % 20_000));
    planes[2]?.splice(0, 2, -9999, -9998);
    const source = await open({ planes, type: "int16", nodata: "-9999" });
    assert.deepEqual(await pixel(source, 0, 0), { dn: Array<number>(12).fill(0), valid: 0 });
    assert.equal((await pixel(source, 0, 1)).valid, 1);
    planes[2]?.splice(0, 2, Number.NaN, Infinity);
    const floats = await open({ planes, type: "float32", nodata: "nan" }, { scale: 1 });
    assert.equal((await pixel(floats, 0, 0)).valid, 0);
    assert.equal((await pixel(floats, 0, 1)).valid, 0);
    assert.equal((await pixel(floats, 0, 2)).valid, 1);
    await Promise.all([source.close(), floats.close()]);
  });

  test("the internal mask, scene class 0 and a classification beside the file make holes", async () => {
    const mask = PLANES[0]?.map((_, i) => (i % WIDTH < 9 ? 0 : 1)) ?? [];
    const source = await open({ mask });
    assert.deepEqual(await Promise.all([8, 9].map(async (column) => (await pixel(source, 20, column)).valid)), [0, 1]);
    await source.close();

    const half = {
      width: WIDTH / 2,
      height: 19,
      type: "uint8",
      descriptions: [],
      transform: [20, 0, 500_000, 0, -20, 4_600_000],
    } as const;
    const codes = Array.from({ length: 25 * 19 }, (_, i) => (i % 25 === 3 ? 0 : 4 + (i % 2)));
    await writeFile(join(folder, "place_SCL.tif"), makeGeoTiff({ ...half, epsg: 32631, planes: [codes] }));
    const classed = await open({}, {}, "place.tif");
    const { raster, classes } = await classed.read({ x: 5, y: 3, width: 4, height: 1 });
    assert.deepEqual([...raster.valid], [1, 0, 0, 1]);
    assert.deepEqual([...(classes ?? [])], [codes[27], 0, 0, codes[29]]);
    await classed.close();
  });

  test("the georeference is read as GDAL reads it", async () => {
    const cases: readonly (readonly [Partial<FixtureOptions>, Source["grid"]["transform"]])[] = [
      [{}, [10, 0, 500_000, 0, -10, 4_600_000]],
      [{ pixelIsPoint: true }, [10, 0, 499_995, 0, -10, 4_600_005]],
      [{ transform: [10, 0, 500_000, 0, 10, 4_500_000] }, [10, 0, 500_000, 0, 10, 4_500_000]],
      [{ transform: [8, 6, 500_000, 6, -8, 4_500_000] }, [8, 6, 500_000, 6, -8, 4_500_000]],
    ];
    for (const [fixture, wanted] of cases) {
      const source = await open(fixture);
      assert.deepEqual(source.grid.transform, wanted);
      assert.equal(source.grid.crs, "EPSG:32631");
      await source.close();
    }
    const degrees = await open({ epsg: 4326, geographic: true, transform: [0.0001, 0, 2.5, 0, -0.0001, 42] });
    assert.equal(degrees.grid.crs, "EPSG:4326");
    await degrees.close();
  });

  test("a user-defined CRS and a missing georeference are warnings, and the keys are kept", async () => {
    const custom = await open({ epsg: 32767 });
    // Not "missing": it is named so, and refused by that where it has to be projected.
    assert.equal(custom.grid.crs, "user-defined");
    assert.deepEqual(custom.grid.geoKeys?.directory.slice(-4), [3072, 0, 1, 32767]);
    assert.match(custom.warnings.join(), /its CRS \(user-defined\) is not one that can be projected here/);
    await custom.close();
    const [{ width, height, planes }, path] = [
      { width: WIDTH, height: HEIGHT, planes: PLANES },
      join(folder, "bare.tif"),
    ];
    await writeFile(path, makeGeoTiff({ width, height, planes, descriptions: [...BANDS] }));
    const bare = await openGeoTiffSource(path);
    assert.deepEqual([bare.grid.transform, bare.grid.crs, bare.grid.geoKeys], [undefined, undefined, undefined]);
    assert.match(bare.warnings.join("\n"), /no georeference[^]*names no CRS/);
    await bare.close();
  });

  test("the date comes from the tag, else from the name", async () => {
    const tagged = await open({ dateTime: "2021:03:04 10:20:30" }, {}, "place_2020-01-13.tif");
    assert.equal(tagged.datetime, "2021-03-04T10:20:30Z");
    const named = await open({}, {}, "S2A_MSIL2A_20170613T101031_87_48.tif");
    assert.equal(named.datetime, "2017-06-13T10:10:31Z");
    assert.equal(named.id, "S2A_MSIL2A_20170613T101031_87_48");
    const told = await open({}, { datetime: "2000-01-01T00:00:00Z", id: "x" });
    assert.deepEqual([told.id, told.datetime], ["x", "2000-01-01T00:00:00Z"]);
    await Promise.all([tagged.close(), named.close(), told.close()]);
  });

  test("a truncated file, another format and a missing file are told apart", async () => {
    const bytes = makeGeoTiff({ width: WIDTH, height: HEIGHT, planes: PLANES, mask: Array(WIDTH * HEIGHT).fill(1) });
    const path = join(folder, "cut.tif");
    for (const keep of [4, 8, 1000, bytes.length - 10]) {
      await writeFile(path, bytes.subarray(0, keep));
      await assert.rejects(openGeoTiffSource(path), CorruptDataError, `${keep} bytes`);
    }
    await writeFile(path, "PNG or something else, not a TIFF");
    await assert.rejects(openGeoTiffSource(path), (error) => {
      assert.ok(error instanceof CorruptDataError);
      assert.match(error.message, /cut\.tif: not a TIFF file$/);
      return true;
    });
    await assert.rejects(openGeoTiffSource(join(folder, "missing.tif")), NotFoundError);
  });

  test("the fingerprint changes with the file and with how its numbers are read", async () => {
    const first = await open({}, {}, "changing.tif");
    const second = await open({ nodata: "0" }, {}, "changing.tif");
    const third = await openGeoTiffSource(join(folder, "changing.tif"), { offset: -1000 });
    assert.equal(new Set([first.fingerprint, second.fingerprint, third.fingerprint]).size, 3);
    await Promise.all([first.close(), second.close(), third.close()]);
  });

  test("a window outside the image is refused", async () => {
    const source = await open({});
    await assert.rejects(source.read({ ...WHOLE, x: 1 }), InvalidRequestError);
    await source.close();
  });
});
