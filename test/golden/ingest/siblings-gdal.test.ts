import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { openSource } from "../../../src/app/open-source.js";
import { BANDS } from "../../../src/core/bands.js";
import { AppError } from "../../../src/core/errors.js";
import { ingest } from "../../../src/index.js";
import { gdal, hasGdal } from "../../support/gdal.js";
import { bandPlanes, makeGeoTiff } from "../../support/geotiff-fixture.js";
import { createWorkspace, type Workspace } from "../../support/workspace.js";

const [WIDTH, HEIGHT] = [70, 50];

/** GDAL's arguments, and what becomes of the file: GDAL's own numbers, or a refusal. */
const SIBLINGS: readonly (readonly [args: string, wanted: "pixels" | RegExp])[] = [
  ["-ot Float64", /is float64; wanted/],
  ["-ot UInt32", /integer type of another size/],
  ["-ot Int32", /integer type of another size/],
  ["-ot CInt16", /is complex; wanted/],
  ["-ot Int16 -co ENDIANNESS=BIG -co INTERLEAVE=BAND -co COMPRESS=LZW -co PREDICTOR=2", "pixels"],
  ["-co COMPRESS=LERC_DEFLATE", "pixels"],
  ["-co COMPRESS=LERC_ZSTD -co TILED=YES -co BLOCKXSIZE=32 -co BLOCKYSIZE=32", "pixels"],
  ["-co COMPRESS=ZSTD -co PREDICTOR=2 -co BIGTIFF=YES -co SPARSE_OK=TRUE", "pixels"],
  ["-co COMPRESS=LZMA", /Unknown compression/],
  ["-co COMPRESS=DEFLATE -co DISCARD_LSB=3", "pixels"],
  ["-of COG", "pixels"],
  ["-a_ullr 600000 6100000 600700 6100500", "pixels"],
  ["-outsize 50% 50%", "pixels"],
  ["-mask 1 --config GDAL_TIFF_INTERNAL_MASK YES", "pixels"],
  ["-mask 1", "pixels"],
  ["-a_nodata 65535", "pixels"],
  ["-ot Float32 -a_nodata nan", "pixels"],
  ["-ot Byte -scale 0 9000 1 255", /uint8 without a scale/],
  ["-b 1 -b 2 -b 3 -b 4 -b 5 -b 6 -b 7 -b 8 -b 9 -b 10 -b 11 -b 12 -b 1 -colorinterp_13 alpha", "pixels"],
  ["-b 4 -b 3 -b 2", "pixels"],
  ["-of PNG -b 1", /not a TIFF file/],
  ["-gcp 0 0 10 50 -gcp 70 0 10.1 50 -gcp 0 50 10 49.9 -a_srs EPSG:4326", "pixels"],
];

describe(
  "siblings of the awkward files are read as GDAL reads them, or refused by name",
  { skip: hasGdal() ? false : "gdal_translate is not installed: nothing to compare with", timeout: 120_000 },
  () => {
    let space: Workspace;
    before(async () => {
      space = await createWorkspace();
      const planes = bandPlanes(
        WIDTH,
        HEIGHT,
        (band, row, column) => 300 + band * 400 + ((row * 37 + column * 13) % 3000),
      );
      const transform = [10, 0, 600_000, 0, -10, 6_100_000] as const;
      const base = { width: WIDTH, height: HEIGHT, planes, descriptions: [...BANDS], transform, epsg: 32616 };
      await writeFile(space.path("base.tif"), makeGeoTiff(base));
    });
    after(() => space.close());

    test("a file that only ground control points place is refused for a catalog by that", async () => {
      const points = "-gcp 0 0 10 50 -gcp 70 0 10.1 50 -gcp 0 50 10 49.9 -gcp 70 50 10.1 49.9 -a_srs EPSG:4326";
      const [tiff, beside] = [space.path("points_2024-01-05.tif"), space.path("points_2024-01-07.tif")];
      gdal("gdal_translate", ["-q", ...points.split(" "), space.path("base.tif"), tiff]);
      gdal("gdal_translate", ["-q", "-co", "PROFILE=BASELINE", tiff, beside]);
      for (const path of [tiff, beside]) {
        const target = { catalog: space.path("catalog"), collection: "points", sessions: 1 };
        await assert.rejects(
          ingest(path, target),
          /: it has no georeference of its own grid, but 4 ground control points/,
        );
      }
    });

    test("a date that GDAL keeps beside the file is the file's", async () => {
      const path = space.path("dated.tif");
      await copyFile(space.path("base.tif"), path);
      const items = '<Metadata><MDI key="TIFFTAG_DATETIME">2023:04:05 10:20:30</MDI></Metadata>';
      await writeFile(`${path}.aux.xml`, `<PAMDataset>${items}</PAMDataset>`);
      assert.match(gdal("gdalinfo", [path]), /TIFFTAG_DATETIME=2023:04:05 10:20:30/);
      const source = await openSource(path, {});
      assert.equal(source.datetime, "2023-04-05T10:20:30Z");
      await source.close();
    });

    for (const [args, wanted] of SIBLINGS) {
      test(args, async () => {
        const path = space.path("sibling.tif");
        gdal("gdal_translate", ["-q", ...args.split(" "), space.path("base.tif"), path]);
        if (wanted !== "pixels") {
          await assert.rejects(openAndRead(path), (error) => error instanceof AppError && wanted.test(error.message));
          return;
        }
        const { bands, samples } = await openAndRead(path);
        gdal("gdal_translate", [
          "-q",
          "-of",
          "ENVI",
          "-ot",
          "Float32",
          "-co",
          "INTERLEAVE=BSQ",
          path,
          space.path("raw.bin"),
        ]);
        const raw = new Float32Array(new Uint8Array(await readFile(space.path("raw.bin"))).buffer);
        const names = (JSON.parse(gdal("gdalinfo", ["-json", path])) as { bands: { description?: string }[] }).bands;
        const size = samples.length / BANDS.length;
        for (const band of bands) {
          const own = names.findIndex(({ description }) => description === band);
          const at = BANDS.indexOf(band) * size;
          assert.deepEqual([...samples.subarray(at, at + size)], [...raw.subarray(own * size, (own + 1) * size)], band);
        }
      });
    }

    for (const name of [
      "what?.tif",
      "x#y.tif",
      "a&b=c 100%.tif",
      '"quoted" é.tif',
      "-dash.tif",
      "http:__x.tif",
      "new\nline.tif",
    ])
      test(`a file named ${JSON.stringify(name)} is read as any other`, async () => {
        await copyFile(space.path("base.tif"), space.path(name));
        const [odd, plain] = [await openAndRead(space.path(name)), await openAndRead(space.path("base.tif"))];
        assert.deepEqual(odd, plain);
      });

    test("what is empty, a folder or text under the name of an image is said to be that", async () => {
      await writeFile(space.path("zero.tif"), "");
      await writeFile(space.path("text.tif"), "hello");
      await mkdir(space.path("folder.tif"));
      await assert.rejects(openSource(space.path("zero.tif")), /zero\.tif: it is empty/);
      await assert.rejects(openSource(space.path("text.tif")), /text\.tif: not a TIFF file/);
      await assert.rejects(openSource(space.path("folder.tif")), /folder\.tif is a folder, and no product/);
    });
  },
);

async function openAndRead(path: string) {
  const source = await openSource(path);
  try {
    const { width, height } = source.grid;
    const { raster } = await source.read({ x: 0, y: 0, width, height });
    return { bands: BANDS.filter((band) => source.absentBands?.includes(band) !== true), samples: raster.samples };
  } finally {
    await source.close();
  }
}
