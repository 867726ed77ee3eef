import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { openCrs } from "../../src/geo/crs.js";
import { gdal, hasGdal } from "../support/gdal.js";
import { readNpy } from "../support/npy.js";
import { sceneTiff } from "../support/scene.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

const [WIDTH, HEIGHT] = [420, 300];
let files: Workspace;
let encoded = "";
let whole = "";

before(async () => {
  files = await createWorkspace();
  encoded = files.path("tec.tif");
  whole = files.path("whole.tif");
  const source = await files.write("scene.tif", sceneTiff(WIDTH, HEIGHT));
  for (const args of [["encode", source, encoded] as const, ["decode", encoded, whole] as const]) {
    const { code, stderr } = await runCli(args);
    assert.equal(code, 0, stderr);
  }
});
after(() => files.close());

const skip = hasGdal() ? false : "GDAL is not installed";

/** The box of whole pixels, in degrees, a little smaller. */
function boxOf(x: number, y: number, width: number, height: number): string {
  const { toWgs84 } = openCrs("EPSG:32631");
  const at = (column: number, row: number): [number, number] => toWgs84(500_000 + 10 * column, 4_700_000 - 10 * row);
  const corners = [
    at(x + 0.3, y + 0.3),
    at(x + width - 0.3, y + 0.3),
    at(x + 0.3, y + height - 0.3),
    at(x + width - 0.3, y + height - 0.3),
  ];
  const [lons, lats] = [corners.map(([lon]) => lon), corners.map(([, lat]) => lat)];
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)].join(",");
}

async function samples(file: string, ...options: string[]): Promise<Buffer> {
  gdal("gdal_translate", ["-q", "-of", "ENVI", "-co", "INTERLEAVE=BSQ", ...options, file, files.path("part.raw")]);
  return readFile(files.path("part.raw"));
}

test("--bbox and --bands write those pixels of those bands, where they lie", { skip }, async () => {
  const [x, y, width, height] = [131, 77, 270, 190];
  const part = files.path("part.tif");
  const { code, stderr } = await runCli([
    "decode",
    encoded,
    part,
    "--bbox",
    boxOf(x, y, width, height),
    "--bands",
    "B08,red",
  ]);
  assert.equal(code, 0, stderr);
  const told = JSON.parse(gdal("gdalinfo", ["-json", part])) as {
    size: number[];
    geoTransform: number[];
    bands: { description: string }[];
  };
  // A box of degrees leans in UTM: it may touch a pixel more on a side.
  const [left, top] = [((told.geoTransform[0] ?? 0) - 500_000) / 10, (4_700_000 - (told.geoTransform[3] ?? 0)) / 10];
  const [wide = 0, high = 0] = told.size;
  assert.ok(left <= x && x - left <= 2 && top <= y && y - top <= 2, `${left} ${top}`);
  assert.ok(wide >= width && wide <= width + 4 && high >= height && high <= height + 4, `${wide} x ${high}`);
  assert.deepEqual(
    told.bands.map(({ description }) => description),
    ["B08", "B04"],
  );
  const wanted = await samples(whole, "-b", "8", "-b", "4", "-srcwin", ...[left, top, wide, high].map(String));
  assert.deepEqual(await samples(part), wanted);
});

test("OUT or --format make an array of digital numbers or a picture", { skip }, async () => {
  const [array, picture] = [files.path("all.npy"), files.path("picture.png")];
  assert.equal((await runCli(["decode", encoded, array])).code, 0);
  const { planes, height, width, at } = readNpy(new Uint8Array(await readFile(array)));
  assert.deepEqual([planes, height, width], [13, HEIGHT, WIDTH]);
  const all = await samples(whole);
  for (const [plane, row, column] of [
    [0, 0, 0],
    [7, 123, 211],
    [11, HEIGHT - 1, WIDTH - 1],
  ] as const)
    assert.equal(at(plane, row, column), all.readUInt16LE(2 * ((plane * HEIGHT + row) * WIDTH + column)));
  assert.equal((await runCli(["decode", encoded, picture, "--bands", "nir,red,green"])).code, 0);
  const told = JSON.parse(gdal("gdalinfo", ["-json", picture])) as { size: number[]; driverShortName: string };
  assert.deepEqual([told.size, told.driverShortName], [[WIDTH, HEIGHT], "PNG"]);
  const untold = files.path("untold");
  assert.equal((await runCli(["decode", encoded, untold, "--format", "webp"])).code, 0);
  assert.equal((await readFile(untold)).subarray(8, 12).toString(), "WEBP");
});

test("what can't be decoded is one sentence, and nothing is written", async () => {
  const out = files.path("never.tif");
  for (const [options, wanted] of [
    [["--bbox", "10,10,11,11"], /lies outside the image/],
    [["--bbox", "3,42,3.1,41"], /south at most north/],
    [["--bbox", "3,42,3.1"], /3 numbers/],
    [["--bbox", "a,b,c,d"], /bbox/],
    [["--bands", "B08,B10"], /--bands has "B10"/],
    [["--format", "bmp"], /--format is "bmp"; wanted tif, npy, png, webp, jpg/],
    [["--provenance", "--bands", "B08"], /--provenance is of a whole mosaic/],
  ] as const) {
    const { code, stderr } = await runCli(["decode", encoded, out, ...options]);
    assert.notEqual(code, 0, options.join(" "));
    assert.match(stderr, wanted);
    await assert.rejects(readFile(out));
  }
});
