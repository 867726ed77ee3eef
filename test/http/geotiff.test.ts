import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test, type TestContext } from "node:test";
import { gdal, hasGdal } from "../support/gdal.js";
import { makeMosaicCatalog, placeAt, SIDE, tileOf } from "../support/mosaic-catalog.js";
import { readNpy } from "../support/npy.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

let files: Workspace;
let server: TestServer;

before(async () => {
  files = await createWorkspace();
  server = await startServer({ catalog: await makeMosaicCatalog(files), emptyTile: "blank" });
});
after(async () => {
  await server.close();
  await files.close();
});

const { path: TILE, tile } = tileOf(placeAt(64, 64), 14);
const ITEM = "/collections/place/items/place_2024-02-10";
const HALF_WORLD_M = 20_037_508.342789244;

interface Info {
  readonly size: readonly number[];
  readonly geoTransform?: readonly number[];
  readonly stac: { readonly "proj:epsg"?: number };
  readonly metadata: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly bands: readonly {
    readonly type: string;
    readonly description?: string;
    readonly colorInterpretation: string;
  }[];
}

/** What GDAL says of the answer, and where it lies. */
async function read(t: TestContext, path: string): Promise<{ info: Info; file: string; response: Response }> {
  const response = await fetch(`${server.url}${path}`);
  assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
  const file = await files.write(`${t.name.replaceAll(/\W/g, "")}.tif`, new Uint8Array(await response.arrayBuffer()));
  return { info: JSON.parse(gdal("gdalinfo", ["-json", file])) as Info, file, response };
}

/** All bands as GDAL decodes them, band by band. */
async function valuesOf(file: string): Promise<Float32Array> {
  gdal("gdal_translate", ["-q", "-of", "ENVI", "-co", "INTERLEAVE=BSQ", "-ot", "Float32", file, `${file}.raw`]);
  const bytes = await readFile(`${file}.raw`);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** The npy of the same request, band by band. */
async function npyOf(path: string): Promise<readonly number[]> {
  const { planes, height, width, at } = readNpy(
    new Uint8Array(await (await fetch(`${server.url}${path}`)).arrayBuffer()),
  );
  return Array.from({ length: planes * height * width }, (_, i) =>
    at(Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width),
  );
}

const skip = hasGdal() ? false : "GDAL is not installed";

test("a tile as tif: npy's values with bands' names, EPSG:3857 and an alpha band", { skip }, async (t) => {
  const query = "assets=B04&assets=B08&assets=B11&assets=B12&assets=B01";
  const { info, file, response } = await read(t, `${ITEM}/${TILE}.tif?${query}`);
  assert.equal(response.headers.get("content-type"), "image/tiff; application=geotiff");
  assert.match(response.headers.get("etag") ?? "", /^"/);
  assert.deepEqual(info.size, [256, 256]);
  assert.equal(info.stac["proj:epsg"], 3857);
  const pixelM = (2 * HALF_WORLD_M) / 2 ** 14 / 256;
  const [x, y] = [-HALF_WORLD_M + tile[0] * 256 * pixelM, HALF_WORLD_M - tile[1] * 256 * pixelM];
  [x, pixelM, 0, y, 0, -pixelM].forEach((value, i) =>
    assert.ok(Math.abs((info.geoTransform?.[i] ?? Number.NaN) - value) < 1e-6, String(info.geoTransform)),
  );
  assert.deepEqual(
    info.bands.map(({ type, description }) => `${type} ${description}`),
    ["B04", "B08", "B11", "B12", "B01", "mask"].map((name) => `UInt16 ${name}`),
  );
  assert.deepEqual(info.metadata["IMAGE_STRUCTURE"], { COMPRESSION: "DEFLATE", INTERLEAVE: "PIXEL" });
  assert.equal(info.bands.at(-1)?.colorInterpretation, "Alpha");
  const wanted = await npyOf(`${ITEM}/${TILE}.npy?${query}`);
  const values = await valuesOf(file);
  assert.ok(wanted.some((value) => value > 500));
  assert.deepEqual(
    [...values],
    wanted.map((value, i) => (i >= 5 * 65_536 && value === 255 ? 65_535 : value)),
  );
});

test(
  "expressions are float32 and named, a rescale makes uint8, return_mask=false leaves the mask out",
  { skip },
  async (t) => {
    const query = `expression=${encodeURIComponent("B08-B04;where(B08<3000,1,2)")}`;
    const { info, file } = await read(t, `${ITEM}/${TILE}@2x.tif?${query}&return_mask=false`);
    assert.deepEqual(info.size, [512, 512]);
    assert.deepEqual(
      info.bands.map(({ type }) => type),
      ["Float32", "Float32"],
    );
    assert.match(info.bands[1]?.description ?? "", /B08 *< *3000/);
    assert.deepEqual([...(await valuesOf(file))], await npyOf(`${ITEM}/${TILE}@2x.npy?${query}&return_mask=false`));
    const small = await read(t, `${ITEM}/${TILE}.tif?assets=B08&rescale=0,5100`);
    assert.deepEqual(
      small.info.bands.map(({ type }) => type),
      ["Byte", "Byte"],
    );
    assert.deepEqual([...(await valuesOf(small.file))], await npyOf(`${ITEM}/${TILE}.npy?assets=B08&rescale=0,5100`));
  },
);

test("return_inferred adds a band: 255 where no date of the day has a clear look", { skip }, async (t) => {
  const query = "assets=B08&datetime=2024-03-10&inpaint=nearest&return_inferred=true";
  const { info, file, response } = await read(t, `/collections/place/${TILE}.tif?${query}`);
  assert.deepEqual(
    info.bands.map(({ description }) => description),
    ["B08", "mask", "inferred"],
  );
  const inferred = (await valuesOf(file)).subarray(2 * 65_536);
  assert.ok(inferred.every((value) => value === 0 || value === 255));
  const share = inferred.reduce((sum, value) => sum + value / 255, 0) / 65_536;
  assert.ok(Math.abs(share - Number(response.headers.get("tectile-inferred"))) < 0.0006 && share > 0.05, `${share}`);
  const merged = await read(t, `/collections/place/${TILE}.tif?assets=B08&pixel_selection=count&return_mask=false`);
  assert.deepEqual(
    merged.info.bands.map(({ description }) => description),
    ["count"],
  );
});

test("a preview as tif lies on the item's own grid, whatever its size", { skip }, async (t) => {
  for (const [path, width] of [
    ["preview.tif?assets=B04", SIDE],
    ["preview/40x40.tif?assets=B04", 40],
    ["preview/300x300.tif?assets=B04", 300],
  ] as const) {
    const { info, file } = await read(t, `${ITEM}/${path}`);
    assert.deepEqual([info.size, info.stac["proj:epsg"]], [[width, width], 32631], path);
    const pixelM = (SIDE * 10) / width;
    [500_000, pixelM, 0, 4_700_000, 0, -pixelM].forEach((value, i) =>
      assert.ok(
        Math.abs((info.geoTransform?.[i] ?? Number.NaN) - value) < 1e-6,
        `${path}: ${String(info.geoTransform)}`,
      ),
    );
    const wanted = await npyOf(`${ITEM}/${path.replace(".tif", ".npy")}`);
    assert.deepEqual([...(await valuesOf(file)).subarray(0, width * width)], wanted.slice(0, width * width), path);
  }
});

test("an empty tif is 204 even where blank pictures are configured, and TileJSON and the API description know it", async () => {
  const empty = await fetch(`${server.url}${ITEM}/tiles/WebMercatorQuad/14/100/100.tif`);
  assert.equal(empty.status, 204);
  const query = "assets=B04&assets=B08&assets=B11&assets=B12&tile_format=tif";
  for (const root of [ITEM, "/collections/place"]) {
    const answer = await fetch(`${server.url}${root}/WebMercatorQuad/tilejson.json?${query}`);
    const { tiles } = (await answer.json()) as { tiles: string[] };
    assert.match(tiles[0] ?? "", /\{y\}\.tif\?assets=B04&assets=B08&assets=B11&assets=B12$/);
  }
  const { paths } = (await (await fetch(`${server.url}/api`)).json()) as { paths: Record<string, unknown> };
  const tileOfItem = paths["/collections/{collection}/items/{item}/tiles/{tms}/{z}/{x}/{y}.{format}"];
  assert.match(JSON.stringify(tileOfItem), /"image\/tiff; application=geotiff"/);
});
