import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { gdalOverHttp, hasGdal } from "../support/gdal.js";
import { getJson } from "../support/http-app.js";
import { SIDE } from "../support/mosaic-catalog.js";
import { readNpy } from "../support/npy.js";
import { useMosaicServer } from "../support/scene-server.js";

const server = useMosaicServer();

const BOX = [500_200, 4_699_000, 501_000, 4_699_800];
const UTM = "http://www.opengis.net/def/crs/EPSG/0/32631";

async function bytes(path: string): Promise<Uint8Array> {
  const response = await fetch(server.url + path);
  assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
  return new Uint8Array(await response.arrayBuffer());
}

test("a map is the crop of that box, whose headers say where it lies", async () => {
  const asked = `/collections/place/map?bbox=${BOX.join(",")}&bbox-crs=${encodeURIComponent(UTM)}&f=npy&assets=B08&datetime=2024-03-10&width=80`;
  const crop = `/collections/place/bbox/${BOX.join(",")}.npy?coord_crs=EPSG:32631&assets=B08&datetime=2024-03-10&width=80`;
  assert.deepEqual(await bytes(asked), await bytes(crop));
  const { headers } = await fetch(server.url + asked);
  assert.equal(headers.get("content-crs"), `<${UTM}>`);
  assert.equal(headers.get("content-bbox"), BOX.join(","));
  const bracketed = asked.replace(encodeURIComponent(UTM), encodeURIComponent("[EPSG:32631]"));
  assert.deepEqual(await bytes(bracketed), await bytes(crop));
});

test("GDAL's driver of OGC API Maps sees what the map shows", { skip: !hasGdal() }, async () => {
  const out = server.files.path("map.tif");
  const source = `OGCAPI:${server.url}/collections/place`;
  await gdalOverHttp("gdal_translate", [
    "-q",
    "-outsize",
    "64",
    "64",
    "-oo",
    "API=MAP",
    "--config",
    "GDAL_ENABLE_WMS_CACHE",
    "NO",
    source,
    out,
  ]);
  const { data, info } = await sharp(out).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const ours = await sharp(await bytes("/collections/place/map.png?width=64&height=64&transparent=false"))
    .raw()
    .toBuffer();
  assert.deepEqual([info.width, info.height, data.length], [64, 64, ours.length]);
  // Its box is not quite the collection's: it counts pixels of its own size.
  const apart = data.reduce((sum, value, i) => sum + Math.abs(value - (ours[i] ?? 0)), 0) / data.length;
  assert.ok(apart < 12, `${apart} apart of 255`);
});

test("without a box it is all of the collection, which links to it", async () => {
  const { json: collection } = await getJson(`${server.url}/collections/place`);
  const link = collection.links.find(({ rel }) => rel === "http://www.opengis.net/def/rel/ogc/1.0/map")?.href ?? "";
  const { width, height } = await sharp(await bytes(new URL(link).pathname)).metadata();
  assert.equal(Math.max(width, height) <= 1024 && Math.min(width, height) > SIDE / 2, true, `${width} x ${height}`);
  const { at, planes } = readNpy(await bytes(`/collections/place/map.npy?assets=B08&width=32&height=32`));
  assert.ok(at(planes - 1, 16, 16) > 0);
  assert.ok(Math.abs(at(0, 16, 16) - 4000) < 9000);
});

test("transparent=false has no alpha; what can't be done is said", async () => {
  const plain = await sharp(await bytes("/collections/place/map.png?transparent=false&width=64")).metadata();
  assert.equal(plain.channels, 3);
  for (const [query, what] of [
    ["bgcolor=0xFFFFFF", "bgcolor"],
    ["transparent=maybe", "transparent"],
    ["bbox=3,50,2,49", "bbox"],
    ["bbox=1,2,3", "bbox"],
    ["bbox=0,0,1,1&bbox-crs=EPSG:0", "coord_crs"],
    ["crs=EPSG:3857&dst_crs=EPSG:4326", "dst_crs"],
    ["width=0", "width"],
    ["empty_tile=maybe", "empty_tile"],
  ] as const) {
    const response = await fetch(`${server.url}/collections/place/map?${query}`);
    const { detail } = (await response.json()) as { detail: string };
    assert.equal(response.status, 400, query);
    assert.match(detail, new RegExp(what), query);
  }
  assert.equal((await fetch(`${server.url}/collections/none/map`)).status, 404);
});

test("empty_tile says what an empty picture is, request by request, in the picture's own size", async () => {
  // Beside the image, where its box still reaches.
  const path = `/collections/place/items/place_2024-01-10/bbox/499000,4699000,499640,4699320.png?coord_crs=EPSG:32631`;
  assert.equal((await fetch(server.url + path)).status, 204);
  assert.equal((await fetch(`${server.url}${path}&empty_tile=204`)).status, 204);
  const { width, height, hasAlpha } = await sharp(await bytes(`${path}&empty_tile=blank`)).metadata();
  assert.deepEqual([width, height, hasAlpha], [64, 32, true]);
  const tile = "/collections/place/tiles/WebMercatorQuad/12/0/0.png";
  assert.equal((await fetch(server.url + tile)).status, 204);
  assert.equal((await sharp(await bytes(`${tile}?empty_tile=blank`)).metadata()).width, 256);
});
