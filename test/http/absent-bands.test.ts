import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { pointToTile } from "@mapbox/tilebelt";
import { openTecCog } from "../../src/app/open-tec-cog.js";
import { BANDS, type BandName } from "../../src/core/bands.js";
import { openCrs } from "../../src/geo/crs.js";
import { gdal, hasGdal } from "../support/gdal.js";
import { bandPlanes } from "../support/geotiff-fixture.js";
import { sceneTiff, sceneValue } from "../support/scene.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

const [WIDTH, HEIGHT] = [300, 280];
const ABSENT: readonly BandName[] = ["B01", "B09"];
const HELD = BANDS.filter((band) => !ABSENT.includes(band));
const TEN = "/collections/dates/items/ten_2024-04-10";
const FULL = "/collections/dates/items/full_2024-01-10";

let files: Workspace;
let server: TestServer;
before(async () => {
  files = await createWorkspace();
  const planes = bandPlanes(WIDTH, HEIGHT, sceneValue);
  const held = planes.filter((_, b) => HELD.includes(BANDS[b] ?? "B01"));
  await files.write("full_2024-01-10.tif", sceneTiff(WIDTH, HEIGHT, { planes, descriptions: [...BANDS] }));
  await files.write("ten_2024-04-10.tif", sceneTiff(WIDTH, HEIGHT, { planes: held, descriptions: [...HELD] }));
  const catalog = files.path("catalog");
  const inputs = ["full_2024-01-10.tif", "ten_2024-04-10.tif"].map(files.path);
  const run = await runCli(["ingest", ...inputs, "--catalog", catalog, "--collection", "dates", "--masks", "given"]);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /ten_2024-04-10\.tif: B01, B09 are missing: absent in what is made of it, never made up/);
  server = await startServer({ catalog });
});
after(async () => {
  await server.close();
  await files.close();
});

const [LON, LAT] = openCrs("EPSG:32631").toWgs84(500_000 + 10 * 150, 4_700_000 - 10 * 140);
const [X, Y] = pointToTile(LON, LAT, 14);
const tile = (base: string, query: string, format = "npy"): string =>
  `${base}/tiles/WebMercatorQuad/14/${X}/${Y}.${format}?${query}`;
const get = (path: string): Promise<Response> => fetch(`${server.url}${path}`);
const bytes = async (path: string): Promise<Buffer> => Buffer.from(await (await get(path)).arrayBuffer());

test("the item says what is absent, in its bands, its field and its PSNR", async () => {
  const item = (await (await get(TEN)).json()) as { assets: Record<string, Record<string, unknown>> };
  const { tec = {}, B04 } = item.assets;
  assert.deepEqual(
    BANDS.filter((band) => !(band in item.assets)),
    ABSENT,
    "COGs that the server makes",
  );
  const cog = String(B04?.["href"]);
  assert.deepEqual(
    await Promise.all([cog, cog.replace("B04", "B09")].map(async (href) => (await fetch(href)).status)),
    [200, 404],
  );
  assert.deepEqual(tec["tec:absent_bands"], ABSENT);
  assert.deepEqual(
    (tec["bands"] as { name: string }[]).map(({ name }) => name),
    HELD,
  );
  const measured = Object.keys(tec["tec:psnr"] as object);
  assert.deepEqual(
    BANDS.filter((band) => !measured.includes(band)),
    ABSENT,
  );
});

test("what asks an item for an absent band is 404 and names it; for others it is answered", async () => {
  for (const path of [
    tile(TEN, "assets=B01"),
    tile(TEN, "assets=B09&rescale=0,3000", "png"),
    tile(TEN, "expression=(B08-B01)/(B08%2BB01)"),
    tile(TEN, "assets=tec"),
    tile(TEN, "bidx=10"),
    `${TEN}/preview.png?assets=B01&rescale=0,3000`,
    `${TEN}/point/${LON},${LAT}?assets=B09`,
  ]) {
    const response = await get(path);
    const text = await response.text();
    assert.equal(response.status, 404, `${path}: ${text.slice(0, 200)}`);
    assert.match(text, /No B0[19].* in item ten_2024-04-10: the image that it was made from had none/, path);
  }
  for (const path of [
    tile(TEN, "assets=B04"),
    tile(TEN, "", "png"),
    `${TEN}/preview.png`,
    tile(TEN, `assets=${HELD.join(",")}`),
  ])
    assert.equal((await get(path)).status, 200, path);
});

test("in a collection the dates that hold the band answer", async () => {
  const [mosaic, full] = await Promise.all([
    bytes(tile("/collections/dates", "assets=B01")),
    bytes(tile(FULL, "assets=B01")),
  ]);
  assert.ok(mosaic.length > 1000 && mosaic.equals(full), "the older date's");
  const newest = await bytes(tile("/collections/dates", "assets=B04"));
  assert.ok(newest.equals(await bytes(tile(TEN, "assets=B04"))), "the newer date's");
  const series = async (band: string) =>
    (await (await get(`/collections/dates/point/${LON},${LAT}?assets=${band}`)).text()).match(/2024-0[14]-10/g) ?? [];
  assert.deepEqual([...new Set(await series("B09"))], ["2024-01-10"]);
  assert.deepEqual([...new Set(await series("B08"))].toSorted(), ["2024-01-10", "2024-04-10"]);
});

test("the file says it to inspect, openTecCog and decode, and costs no more than with all bands", async () => {
  const paths = ["full_2024-01-10", "ten_2024-04-10"].map((id) => files.path(`catalog/dates/${id}/${id}.tif`));
  const [full = "", ten = ""] = paths;
  const told = await runCli(["inspect", ten]);
  assert.match(told.stdout, /absent {5}B01 B09: its source had none/);
  const image = await openTecCog(ten);
  const window = { x: 0, y: 0, width: 32, height: 32 };
  assert.deepEqual((await image.readWindow(window)).bands, HELD);
  await assert.rejects(
    image.readWindow(window, { bands: ["B04", "B09"] }),
    /No B09 in .*: its source had none; it holds B02/,
  );
  await image.close();
  const [all, some] = await Promise.all([readFile(full), readFile(ten)]);
  assert.ok(some.length <= all.length, `${some.length} of ${all.length} bytes`);
  if (!hasGdal()) return;
  const decoded = await runCli(["decode", ten, files.path("decoded.tif")]);
  assert.equal(decoded.code, 0, decoded.stderr);
  const { bands } = JSON.parse(gdal("gdalinfo", ["-json", files.path("decoded.tif")])) as {
    bands: { description: string }[];
  };
  assert.deepEqual(
    bands.map(({ description }) => description),
    HELD,
  );
});

test("a target counts the bands that are there alone", async () => {
  const out = files.path("target.tif");
  const run = await runCli(["encode", files.path("ten_2024-04-10.tif"), out, "--psnr", "42"]);
  assert.equal(run.code, 0, run.stderr);
  const psnr = Number(/PSNR ([\d.]+) dB/.exec(run.stdout)?.[1]);
  assert.ok(Math.abs(psnr - 42) < 0.5, `${psnr} dB`);
});

test("a cube has a hole where a date lacks a band, and an item's own cube has no such band", async () => {
  const get = (path: string): Promise<Response> => fetch(`${server.url}/collections/dates/${path}`);
  assert.equal((await get("zarr/B01/c/0/0/0")).status, 200);
  assert.equal((await get("zarr/B01/c/1/0/0")).status, 404);
  assert.equal((await get("zarr/B02/c/1/0/0")).status, 200);
  const { consolidated_metadata: told } = (await (await get("items/ten_2024-04-10/zarr/zarr.json")).json()) as {
    consolidated_metadata: { metadata: Record<string, unknown> };
  };
  assert.deepEqual(
    BANDS.filter((band) => told.metadata[band] === undefined),
    [...ABSENT],
  );
});
