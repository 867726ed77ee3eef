import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { BANDS, BAND_RESOLUTION_M, type BandName } from "../../../src/core/bands.js";
import { CorruptDataError, NotFoundError, UpstreamError } from "../../../src/core/errors.js";
import { openStacItemSource } from "../../../src/ingest/source-stac.js";
import { makeGeoTiff } from "../../support/geotiff-fixture.js";
import { startRangeServer } from "../../support/range-server.js";

const [LEFT, TOP] = [600_000, 5_000_040];
const SIDE = 60;
const WHOLE = { x: 0, y: 0, width: SIDE, height: SIDE };

/** Linear on the ground, so that bilinear interpolation between rightly placed centres gives it back exactly. */
const ramp = (band: BandName, x: number, y: number): number =>
  2000 + 100 * BANDS.indexOf(band) + (x - LEFT) / 5 + (2 * (TOP - y)) / 5;

interface Shape {
  readonly left?: number;
  readonly top?: number;
  readonly width?: number;
  readonly height?: number;
}

function bandFile(band: BandName, shape: Shape = {}, value = ramp): Uint8Array {
  const gsd = BAND_RESOLUTION_M[band];
  const { left = LEFT, top = TOP, width = (SIDE * 10) / gsd, height = (SIDE * 10) / gsd } = shape;
  const plane = Array.from({ length: width * height }, (_, i) =>
    value(band, left + ((i % width) + 0.5) * gsd, top - (Math.floor(i / width) + 0.5) * gsd),
  );
  return makeGeoTiff({
    width,
    height,
    planes: [plane],
    transform: [gsd, 0, left, 0, -gsd, top],
    epsg: 32631,
    nodata: "0",
    tileSize: 16,
    compression: "deflate",
  });
}

const sclFile = (code: (row: number, column: number) => number): Uint8Array => {
  const plane = Array.from({ length: 900 }, (_, i) => code(Math.floor(i / 30), i % 30));
  return makeGeoTiff({
    width: 30,
    height: 30,
    planes: [plane],
    type: "uint8",
    transform: [20, 0, LEFT, 0, -20, TOP],
    epsg: 32631,
  });
};

function itemJson(keys: readonly string[], properties: Record<string, unknown> = {}): string {
  const assets = Object.fromEntries(
    keys.map((key) => [key, { href: `./bands/${key}.tif`, type: "image/tiff; application=geotiff" }]),
  );
  const all = {
    datetime: "2023-05-06T10:50:31.024Z",
    platform: "sentinel-2a",
    "eo:cloud_cover": 3,
    "proj:epsg": 32631,
    ...properties,
  };
  return JSON.stringify({
    type: "Feature",
    stac_version: "1.0.0",
    id: "S2A_31TEG_20230506",
    geometry: null,
    bbox: [],
    links: [],
    properties: all,
    assets,
  });
}

describe("a STAC Item source", () => {
  let root = "";
  let made = 0;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "tectile-stac-"));
  });
  after(() => rm(root, { recursive: true }));

  async function write(
    files: Readonly<Record<string, Uint8Array>>,
    properties: Record<string, unknown> = {},
  ): Promise<string> {
    const folder = join(root, String(made++));
    await mkdir(join(folder, "bands"), { recursive: true });
    for (const [key, bytes] of Object.entries(files)) await writeFile(join(folder, "bands", `${key}.tif`), bytes);
    await writeFile(join(folder, "item.json"), itemJson([...BANDS, ...("SCL" in files ? ["SCL"] : [])], properties));
    return join(folder, "item.json");
  }
  const allBands = (): Record<string, Uint8Array> => Object.fromEntries(BANDS.map((band) => [band, bandFile(band)]));

  /** Largest difference from the ramp where `isTested`. */
  async function error(
    path: string,
    isTested: (row: number, column: number) => boolean,
  ): Promise<Record<string, number>> {
    const source = await openStacItemSource(path);
    const { raster } = await source.read(WHOLE);
    await source.close();
    return Object.fromEntries(
      BANDS.map((band, b) => {
        const off = Array.from({ length: SIDE * SIDE }, (_, i) => {
          const [row, column] = [Math.floor(i / SIDE), i % SIDE];
          const wanted = ramp(band, LEFT + 10 * column + 5, TOP - 10 * row - 5);
          return isTested(row, column) ? Math.abs((raster.samples[b * SIDE * SIDE + i] ?? 0) - wanted) : 0;
        });
        return [band, Math.max(...off)];
      }),
    );
  }

  const isInner = (row: number, column: number): boolean =>
    Math.min(row, column) >= 6 && Math.max(row, column) < SIDE - 6;

  test("a time without a zone is UTC wherever the machine stands; an interval is kept, and its middle stands for it", async () => {
    const zone = process.env["TZ"];
    process.env["TZ"] = "America/Los_Angeles";
    try {
      const [start, end] = ["2020-06-15T16:00:00", "2020-06-15T17:00:00+00:00"];
      const cases = [
        [{ datetime: "2020-06-15T16:50:31" }, "2020-06-15T16:50:31Z"],
        [{ datetime: null, start_datetime: start, end_datetime: end }, "2020-06-15T16:30:00Z"],
      ] as const;
      for (const [properties, wanted] of cases) {
        const source = await openStacItemSource(await write(allBands(), properties));
        assert.equal(source.datetime, wanted);
        const kept = [source.properties["start_datetime"], source.properties["end_datetime"]];
        assert.deepEqual(
          kept,
          "end_datetime" in properties ? ["2020-06-15T16:00:00Z", "2020-06-15T17:00:00Z"] : [undefined, undefined],
        );
        await source.close();
      }
    } finally {
      process.env["TZ"] = zone ?? "";
      if (zone === undefined) delete process.env["TZ"];
    }
  });

  test("float assets without a scale are told apart by what they hold", async () => {
    const float = (band: BandName): Uint8Array =>
      makeGeoTiff({
        width: SIDE,
        height: SIDE,
        planes: [Array.from({ length: SIDE * SIDE }, (_, i) => (i === 7 ? 4.5 : 0.05 + (i % 40) / 200))],
        type: "float32",
        transform: [10, 0, LEFT, 0, -10, TOP],
        epsg: 32631,
        descriptions: [band],
      });
    const source = await openStacItemSource(await write(Object.fromEntries(BANDS.map((band) => [band, float(band)]))));
    const { raster } = await source.read({ x: 0, y: 0, width: 8, height: 1 });
    assert.equal(Math.round(raster.samples[1] ?? 0), 550);
    assert.match(source.warnings.join(), /taken as reflectance/);
    await source.close();
  });

  test("20 m and 60 m bands whose grids nest are their own pixels, repeated", async () => {
    const source = await openStacItemSource(await write(allBands()));
    const { raster } = await source.read(WHOLE);
    await source.close();
    for (const [b, band] of BANDS.entries()) {
      const step = BAND_RESOLUTION_M[band] / 10;
      assert.equal(source.native?.[band], step === 1 ? undefined : step, band);
      for (let i = 0; i < SIDE * SIDE; i++) {
        const [row, column] = [Math.floor(i / SIDE), i % SIDE];
        const centre = (at: number): number => 10 * step * (Math.floor(at / step) + 0.5);
        const wanted = ramp(band, LEFT + centre(column), TOP - centre(row));
        assert.ok(Math.abs((raster.samples[b * SIDE * SIDE + i] ?? 0) - wanted) < 0.01, `${band} at ${i}`);
      }
    }
  });

  test("also where their grids begin elsewhere, by part of a pixel", async () => {
    const files = allBands();
    files["B05"] = bandFile("B05", { left: LEFT - 10, top: TOP + 10, width: 31, height: 31 });
    files["B09"] = bandFile("B09", { left: LEFT - 20, top: TOP + 30, width: 11, height: 11 });
    files["B08"] = bandFile("B08", { left: LEFT - 30, top: TOP + 20, width: 66, height: 64 });
    const errors = await error(await write(files), isInner);
    const placed = BANDS.filter((band) => BAND_RESOLUTION_M[band] === 10 || band in { B05: 0, B09: 0 });
    for (const band of placed) assert.ok((errors[band] ?? 99) < 0.01, `${band} is off by ${errors[band]}`);
    const source = await openStacItemSource(await write(files));
    assert.deepEqual([source.native?.B05, source.native?.B09, source.native?.B11], [undefined, undefined, 2]);
    await source.close();
  });

  test("a window is a crop of the whole, across tiles", async () => {
    const source = await openStacItemSource(
      await write({ ...allBands(), SCL: sclFile((row, column) => 4 + ((row + column) % 3)) }),
    );
    const [whole, part] = await Promise.all([source.read(WHOLE), source.read({ x: 13, y: 30, width: 29, height: 7 })]);
    for (let b = 0; b < 12; b++) {
      for (let row = 0; row < 7; row++) {
        const from = b * SIDE * SIDE + (30 + row) * SIDE + 13;
        assert.deepEqual(
          part.raster.samples.subarray((b * 7 + row) * 29, (b * 7 + row + 1) * 29),
          whole.raster.samples.subarray(from, from + 29),
        );
      }
    }
    assert.deepEqual(part.classes?.subarray(0, 29), whole.classes?.subarray(30 * SIDE + 13, 30 * SIDE + 42));
    await source.close();
  });

  test("scene classes go to the nearest pixel and their 0 makes a hole", async () => {
    const source = await openStacItemSource(
      await write({ ...allBands(), SCL: sclFile((row, column) => (row === 2 && column === 3 ? 0 : 9)) }),
    );
    const { raster, classes } = await source.read({ x: 5, y: 3, width: 4, height: 4 });
    assert.deepEqual([...(classes ?? [])], [9, 9, 9, 9, 9, 0, 0, 9, 9, 0, 0, 9, 9, 9, 9, 9]);
    assert.deepEqual([...raster.valid], [1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1]);
    assert.equal(source.hasClasses, true);
    await source.close();
  });

  test("a swath's edge is a hole where all bands are 0, and no band is darkened beside it", async () => {
    const cut = (band: BandName, x: number): number => (x < LEFT + 220 ? 0 : 3000 + BANDS.indexOf(band));
    const files = Object.fromEntries(BANDS.map((band) => [band, bandFile(band, {}, cut)]));
    const source = await openStacItemSource(await write(files));
    const { raster } = await source.read({ x: 0, y: 30, width: SIDE, height: 1 });
    for (let column = 0; column < SIDE; column++) {
      assert.equal(raster.valid[column], column < 22 ? 0 : 1);
      if (column < 24) continue;
      for (let b = 0; b < 12; b++) assert.equal(raster.samples[b * SIDE + column], 3000 + b);
    }
    await source.close();
  });

  test("the item tells date, identity and what is worth keeping, and the baseline's offset goes once", async () => {
    const path = await write(allBands(), {
      "s2:processing_baseline": "05.09",
      "s2:cloud_shadow_percentage": 1,
      "raster:note": "x",
    });
    const source = await openStacItemSource(path);
    assert.deepEqual(
      [source.id, source.datetime, source.grid.crs],
      ["S2A_31TEG_20230506", "2023-05-06T10:50:31.024Z", "EPSG:32631"],
    );
    assert.deepEqual(source.grid.transform, [10, 0, LEFT, 0, -10, TOP]);
    assert.deepEqual(source.properties, {
      platform: "sentinel-2a",
      "eo:cloud_cover": 3,
      "s2:processing_baseline": "05.09",
    });
    assert.deepEqual(source.units, { dtype: "uint16", scale: 1, offset: -1000, nodata: 0 });
    const { raster } = await source.read({ x: 10, y: 10, width: 1, height: 1 });
    assert.equal(raster.samples[1], ramp("B02", LEFT + 105, TOP - 105) - 1000);
    assert.match(source.warnings.join(), /no raster:offset: 1000 is subtracted/);
    await source.close();
  });

  test("it is read over HTTP by ranges, and a missing asset is named", async (t) => {
    const path = await write({ ...allBands(), SCL: sclFile(() => 4) });
    const server = await startRangeServer();
    t.after(() => server.close());
    const folder = join(path, "..");
    server.files.set("/c/item.json", await readFile(path));
    for (const name of await readdir(join(folder, "bands")))
      server.files.set(`/c/bands/${name}`, await readFile(join(folder, "bands", name)));
    const http = { backoffMs: 1, attempts: 2 };
    const [remote, local] = await Promise.all([
      openStacItemSource(`${server.origin}/c/item.json`, { http }),
      openStacItemSource(path),
    ]);
    assert.deepEqual((await remote.read(WHOLE)).raster.samples, (await local.read(WHOLE)).raster.samples);
    await Promise.all([remote.close(), local.close()]);
    server.files.delete("/c/bands/B11.tif");
    await assert.rejects(openStacItemSource(`${server.origin}/c/item.json`, { http }), (failure) => {
      assert.ok(failure instanceof NotFoundError);
      assert.equal(failure.message, "Asset B11 of item S2A_31TEG_20230506 is missing: there is no bands/B11.tif");
      return true;
    });
  });

  test("a missing file, a failing server, a cut file and no JSON are told apart", async (t) => {
    const path = await write(allBands());
    await rm(join(path, "..", "bands", "B04.tif"));
    await assert.rejects(
      openStacItemSource(path),
      /^NotFoundError: Asset B04 of item S2A_31TEG_20230506 is missing: there is no bands\/B04\.tif$/,
    );
    await writeFile(join(path, "..", "bands", "B04.tif"), bandFile("B04").subarray(0, 600));
    await assert.rejects(openStacItemSource(path), CorruptDataError);
    const server = await startRangeServer((request, response) => {
      if (request.url === "/item.json") return false;
      response.writeHead(503).end();
      return true;
    });
    t.after(() => server.close());
    server.files.set("/item.json", await readFile(path));
    await assert.rejects(
      openStacItemSource(`${server.origin}/item.json`, { http: { backoffMs: 1, attempts: 2 } }),
      UpstreamError,
    );
    await writeFile(path, "{ no json");
    await assert.rejects(openStacItemSource(path), /item\.json: not JSON/);
    await assert.rejects(openStacItemSource(join(root, "none.json")), NotFoundError);
  });
});
