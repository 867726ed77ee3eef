import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { hasGdal } from "../support/gdal.js";
import { placeAt, tileOf } from "../support/mosaic-catalog.js";
import { useMosaicServer } from "../support/scene-server.js";

const server = useMosaicServer();

const text = async (path: string): Promise<string> => (await fetch(`${server.url}${path}`)).text();

test("capabilities name the dates of a collection, the newest as default", async () => {
  const xml = await text("/collections/place/WMTSCapabilities.xml");
  const values = [...xml.matchAll(/<Value>([^<]*)<\/Value>/g)].map(([, value]) => value?.slice(0, 10));
  assert.deepEqual([...new Set(values)], ["2024-01-10", "2024-02-10", "2024-03-10", "2024-04-10"]);
  assert.match(xml, /<ows:Identifier>Time<\/ows:Identifier>\s*<ows:UOM>ISO8601<\/ows:UOM>\s*<Default>2024-04-10T/);
});

test("a REST template with its variables filled in is a tile of that date", async () => {
  const xml = await text("/collections/place/WMTSCapabilities.xml?pixel_selection=clear_newest");
  const [, escaped = ""] = /format="image\/png" resourceType="tile" template="([^"]+)"/.exec(xml) ?? [];
  assert.match(escaped, /\{Time\}.*pixel_selection=clear_newest/);
  const { tile } = tileOf(placeAt(64, 64), 14);
  const url = escaped
    .replaceAll("&amp;", "&")
    .replace("{TileMatrix}", "14")
    .replace("{TileCol}", String(tile[0]))
    .replace("{TileRow}", String(tile[1]))
    .replace("{Time}", "2024-02-10T00:00:00Z");
  const response = await fetch(url);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("tectile-dates"), "2024-02-10,2024-01-10");
  assert.equal(response.headers.get("tectile-method"), "clear_newest");
});

test("GetTile by key and value gives the bytes of the REST tile, whatever the case of its names", async () => {
  const { tile, path } = tileOf(placeAt(64, 64), 14);
  const [, layer = ""] =
    /<Layer>[\s\S]*?<ows:Identifier>([^<]+)</.exec(await text("/collections/place/wmts?REQUEST=GetCapabilities")) ?? [];
  const kvp = `SERVICE=WMTS&Request=GetTile&VERSION=1.0.0&LAYER=${layer}&STYLE=default&FORMAT=image/png&TILEMATRIXSET=WebMercatorQuad&TileMatrix=14&TILECOL=${tile[0]}&TILEROW=${tile[1]}&TIME=2024-01-10`;
  const [byKey, byPath] = await Promise.all([
    fetch(`${server.url}/collections/place/wmts?${kvp}`),
    fetch(`${server.url}/collections/place/${path}.png?render=${layer}&datetime=2024-01-10`),
  ]);
  assert.equal(byKey.status, 200);
  assert.equal(byKey.headers.get("etag"), byPath.headers.get("etag"));
  assert.deepEqual(await byKey.arrayBuffer(), await byPath.arrayBuffer());
  for (const [wrong, message] of [
    ["REQUEST=GetMap", /GetMap/],
    ["REQUEST=GetTile&TILEMATRIX=a&TILECOL=0&TILEROW=0", /"a"/],
    ["REQUEST=GetTile&TILEMATRIX=0&TILECOL=0&TILEROW=0&LAYER=x", /layer is "x"/],
    ["REQUEST=GetTile&TILEMATRIX=0&TILECOL=0&TILEROW=0&TILEMATRIXSET=x", /tilematrixset is "x"/],
    [kvp.replace("TIME=2024-01-10", "TIME=2024-06/2024-01"), /ends before it begins/],
  ] as const) {
    const response = await fetch(`${server.url}/collections/place/wmts?${wrong}`);
    assert.equal(response.status, 400, wrong);
    assert.match(((await response.json()) as { detail: string }).detail, message);
  }
});

test("a registered search has capabilities too, and an empty one no dates", async () => {
  const register = async (body: object): Promise<string> => {
    const response = await fetch(`${server.url}/searches/register`, { method: "POST", body: JSON.stringify(body) });
    return ((await response.json()) as { id: string }).id;
  };
  const xml = await text(
    `/searches/${await register({ collections: ["place"], datetime: "2024-02" })}/WMTSCapabilities.xml`,
  );
  assert.match(xml, /<Default>2024-02-10T/);
  const empty = await text(`/searches/${await register({ collections: ["nothing"] })}/WMTSCapabilities.xml`);
  assert.doesNotMatch(empty, /<Dimension>/);
});

test("GDAL opens a layer of the service", async (t) => {
  if (!hasGdal()) return t.skip("GDAL's tools are not installed");
  const url = `${server.url}/collections/pair/WMTSCapabilities.xml`;
  const [, layer = ""] =
    /<Layer>[\s\S]*?<ows:Identifier>([^<]+)</.exec(await text("/collections/pair/WMTSCapabilities.xml")) ?? [];
  const { stdout } = await promisify(execFile)("gdalinfo", ["-json", `WMTS:${url},layer=${layer}`]);
  const info = JSON.parse(stdout) as { driverShortName: string; bands: unknown[] };
  assert.equal(info.driverShortName, "WMTS");
  assert.ok(info.bands.length >= 3);
});

test("an item has capabilities without a time, whose templates and GetTile are its tiles", async () => {
  const item = "/collections/place/items/place_2024-02-10";
  const xml = await text(`${item}/WMTSCapabilities.xml?tile_format=webp`);
  assert.doesNotMatch(xml, /<Dimension>|image\/png"/);
  const [, escaped = ""] = /format="image\/webp" resourceType="tile" template="([^"]+)"/.exec(xml) ?? [];
  assert.doesNotMatch(escaped, /Time|tile_format/);
  const { tile, path } = tileOf(placeAt(64, 64), 14);
  const [x, y] = tile.map(String);
  const url = escaped
    .replaceAll("&amp;", "&")
    .replace("{TileMatrix}", "14")
    .replace("{TileCol}", x ?? "")
    .replace("{TileRow}", y ?? "");
  const [, render = ""] = /render=([^&]+)/.exec(url) ?? [];
  const kvp = `request=GetTile&layer=${render}&format=image/webp&tilematrix=14&tilecol=${x}&tilerow=${y}`;
  const answers = await Promise.all(
    [url, `${server.url}${item}/wmts?${kvp}`, `${server.url}${item}/${path}.webp?render=${render}`].map(async (one) => {
      const response = await fetch(one);
      assert.equal(response.status, 200, one);
      return Buffer.from(await response.arrayBuffer());
    }),
  );
  assert.ok(answers.every((bytes) => bytes.equals(answers[0] ?? Buffer.alloc(0))));
});

test("use_epsg names the CRS otherwise, zooms bound what is offered, and GDAL opens both", async (t) => {
  const path = "/collections/pair/WMTSCapabilities.xml";
  const zooms = async (query: string): Promise<readonly number[]> =>
    [...(await text(`${path}?${query}`)).matchAll(/<TileMatrix>\s*<ows:Identifier>(\d+)</g)].map(([, z]) => Number(z));
  assert.deepEqual(await zooms("zooms=WebMercatorQuad::9,12"), [9, 10, 11, 12]);
  assert.deepEqual(await zooms("zooms=*::0,1"), [0, 1]);
  assert.deepEqual(await zooms("zooms=WorldCRS84Quad::0,1&zooms=WebMercatorQuad::3,3"), [3]);
  assert.deepEqual(await zooms("zooms=WorldCRS84Quad::0,1"), await zooms(""));
  for (const [wrong, status] of [
    ["zooms=WebMercatorQuad::5,2", 400],
    ["zooms=3,4", 400],
    ["zooms=*::0,25", 400],
    ["zooms=None::0,1", 404],
    ["use_epsg=perhaps", 400],
  ] as const)
    assert.equal((await fetch(`${server.url}${path}?${wrong}`)).status, status, wrong);
  // A comma would end the URL for GDAL.
  const both = "use_epsg=true&zooms=WebMercatorQuad::10%2C14";
  const xml = await text(`${path}?${both}`);
  assert.match(xml, /<ows:SupportedCRS>EPSG:3857<\/ows:SupportedCRS>/);
  assert.doesNotMatch(xml.replaceAll(/<ServiceMetadataURL[^>]*>/g, ""), /use_epsg|zooms/);
  if (!hasGdal()) return t.skip("GDAL's tools are not installed");
  const [, layer = ""] = /<Layer>[\s\S]*?<ows:Identifier>([^<]+)</.exec(xml) ?? [];
  const { stdout } = await promisify(execFile)("gdalinfo", [
    "-json",
    `WMTS:${server.url}${path}?${both},layer=${layer}`,
  ]);
  const info = JSON.parse(stdout) as {
    coordinateSystem: { wkt: string };
    geoTransform: number[];
  };
  assert.match(info.coordinateSystem.wkt, /"EPSG",3857/);
  // Of the last zoom, at full size.
  assert.ok(Math.abs((info.geoTransform[1] ?? 0) - 156543.03392804097 / 2 ** 14) < 1e-6);
});
