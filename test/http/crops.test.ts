import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { openCrs } from "../../src/geo/crs.js";
import { openTecCog } from "../../src/index.js";
import { gdal, hasGdal } from "../support/gdal.js";
import { placeAt } from "../support/mosaic-catalog.js";
import { readNpy } from "../support/npy.js";
import { useMosaicServer } from "../support/scene-server.js";
import { runCli } from "../support/workspace.js";

const server = useMosaicServer();

const ID = "place_2024-02-10";
const ITEM = `/collections/place/items/${ID}`;
const [WEST, NORTH] = [500_000, 4_700_000];
const skip = hasGdal() ? false : "GDAL is not installed";

async function npy(path: string): Promise<{ values: Uint16Array; width: number; height: number; response: Response }> {
  const response = await fetch(server.url + path);
  assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
  const { at, height, width } = readNpy(new Uint8Array(await response.arrayBuffer()));
  const values = Uint16Array.from({ length: height * width }, (_, i) => at(0, Math.floor(i / width), i % width));
  return { values, width, height, response };
}

async function refusal(path: string): Promise<{ status: number; detail: string }> {
  const response = await fetch(server.url + path);
  const { detail } = (await response.json()) as { detail: string };
  return { status: response.status, detail };
}

/** The first band of a GeoTIFF as GDAL reads it. */
async function bandOf(file: string): Promise<Uint16Array> {
  gdal("gdal_translate", ["-q", "-of", "ENVI", "-b", "1", "-ot", "UInt16", file, `${file}.raw`]);
  return new Uint16Array(new Uint8Array(await readFile(`${file}.raw`)).buffer);
}

test("a box on the item's own pixels is those pixels, and the headers say where", async () => {
  const box = [WEST + 200, NORTH - 900, WEST + 800, NORTH - 100];
  const asked = `${ITEM}/bbox/${box.join(",")}.npy?assets=B08&coord_crs=EPSG:32631`;
  const { values, width, height, response } = await npy(asked);
  assert.deepEqual([width, height], [60, 80]);
  assert.equal(response.headers.get("content-bbox"), box.join(","));
  assert.equal(response.headers.get("content-crs"), "<http://www.opengis.net/def/crs/EPSG/0/32631>");
  const { href } = await server.services.catalog.item("place", ID);
  const image = await openTecCog(href, { decoder: server.services });
  const { samples } = await image.readWindow({ x: 20, y: 10, width, height }, { bands: ["B08"] });
  assert.deepEqual(
    values,
    Uint16Array.from(samples, (value) => Math.round(value)),
  );
  const six = `${box.slice(0, 2).join(",")},-10,${box.slice(2).join(",")},900`;
  assert.deepEqual((await npy(asked.replace(box.join(","), six))).values, values);
  const uri = encodeURIComponent("http://www.opengis.net/def/crs/EPSG/0/32631");
  assert.deepEqual((await npy(asked.replace("EPSG:32631", uri))).values, values);
});

test("a box in degrees has the pixels and values that gdalwarp gives it", { skip }, async () => {
  const { href } = await server.services.catalog.item("place", ID);
  const [decoded, warped] = [server.files.path("decoded.tif"), server.files.path("warped.tif")];
  assert.equal((await runCli(["decode", href, decoded])).code, 0);
  const [west, north] = placeAt(70, 20);
  const [east, south] = placeAt(120, 110);
  const { values, width, height } = await npy(`${ITEM}/bbox/${west},${south},${east},${north}.npy?assets=B08`);
  gdal("gdalwarp", ["-q", "-t_srs", "EPSG:4326", decoded, server.files.path("default.tif")]);
  const told = JSON.parse(gdal("gdalinfo", ["-json", server.files.path("default.tif")])) as { geoTransform: number[] };
  const size = told.geoTransform[1] ?? 1;
  assert.deepEqual([width, height], [Math.round((east - west) / size), Math.round((north - south) / size)]);
  const te = [west, south, east, north].map(String);
  const ts = [width, height].map(String);
  gdal("gdalwarp", ["-q", "-t_srs", "EPSG:4326", "-te", ...te, "-ts", ...ts, "-r", "bilinear", decoded, warped]);
  gdal("gdal_translate", ["-q", "-b", "8", warped, server.files.path("b08.tif")]);
  const wanted = await bandOf(server.files.path("b08.tif"));
  const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - (wanted[i] ?? 0))), 0);
  assert.ok(worst <= 8, `${worst} digital numbers apart`);
});

test("width, height and max_size shape the picture as rio-tiler's part does", async () => {
  const [west, north] = placeAt(0, 0);
  const [east, south] = placeAt(100, 50);
  const path = `${ITEM}/bbox/${west},${south},${east},${north}`;
  // Without any of them it has 114 x 42 pixels.
  const ratio = 42 / 114;
  const plain = await npy(`${path}.npy?assets=B08`);
  assert.deepEqual([plain.width, plain.height], [114, 42]);
  const shape = async (suffix: string): Promise<number[]> => {
    const { width, height } = await npy(`${path}${suffix}`);
    return [width, height];
  };
  assert.deepEqual(await shape("/33x44.npy?assets=B08"), [33, 44]);
  assert.deepEqual(await shape(".npy?assets=B08&width=200"), [200, Math.ceil(200 * ratio)]);
  assert.deepEqual(await shape(".npy?assets=B08&height=70"), [Math.ceil(70 / ratio), 70]);
  assert.deepEqual(await shape(".npy?assets=B08&max_size=64"), [64, Math.ceil(64 * ratio)]);
  const mercator = await npy(`${path}.npy?assets=B08&dst_crs=EPSG:3857&max_size=64`);
  assert.equal(mercator.response.headers.get("content-crs"), "<http://www.opengis.net/def/crs/EPSG/0/3857>");
});

test("a collection's and a search's box show their newest date, and png is a picture", async () => {
  const [west, north] = placeAt(10, 10);
  const [east, south] = placeAt(60, 60);
  const path = `bbox/${west},${south},${east},${north}.npy?assets=B08&datetime=2024-02-20`;
  const one = await npy(`${ITEM}/${path}`);
  assert.deepEqual((await npy(`/collections/place/${path}`)).values, one.values);
  const body = JSON.stringify({ collections: ["place"] });
  const headers = { "Content-Type": "application/json" };
  const registered = await fetch(`${server.url}/searches/register`, { method: "POST", headers, body });
  const { id } = (await registered.json()) as { id: string };
  assert.deepEqual((await npy(`/searches/${id}/${path}`)).values, one.values);
  const picture = await fetch(`${server.url}/collections/place/${path.replace(".npy?assets=B08&", ".png?")}`);
  assert.equal(picture.headers.get("content-type"), "image/png");
  const nowhere = await fetch(`${server.url}/collections/place/bbox/100,10,100.1,10.1.png`);
  assert.equal(nowhere.status, 204);
});

test("a large tif goes out row by row and holds what npy holds, and so does a preview", { skip }, async () => {
  const [west, north] = placeAt(3, 5);
  const [east, south] = placeAt(110, 120);
  const path = `${ITEM}/bbox/${west},${south},${east},${north}/1900x1501`;
  for (const [tif, same] of [
    [`${path}.tif?assets=B08`, `${path}.npy?assets=B08`],
    [`${ITEM}/preview/2100x2100.tif?assets=B08`, ""],
  ] as const) {
    const response = await fetch(server.url + tif);
    assert.equal(response.status, 200);
    const bytes = new Uint8Array(await response.arrayBuffer());
    assert.equal(response.headers.get("content-length"), String(bytes.length));
    const file = await server.files.write("large.tif", bytes);
    const told = JSON.parse(gdal("gdalinfo", ["-json", file])) as { size: number[]; bands: { description: string }[] };
    assert.deepEqual(
      told.bands.map(({ description }) => description),
      ["B08", "mask"],
    );
    const values = await bandOf(file);
    if (same === "") assert.deepEqual([told.size, values.every((value) => value > 0)], [[2100, 2100], true]);
    else assert.deepEqual(values, (await npy(same)).values);
    const etag = response.headers.get("etag") ?? "";
    const again = await fetch(server.url + tif, { headers: { "If-None-Match": etag } });
    assert.equal(again.status, 304);
  }
});

test("a box across the antimeridian is one picture", async () => {
  const { toWgs84 } = openCrs("EPSG:32660");
  const item = await server.services.catalog.item("dateline", "dateline_2024-06-01");
  const [, , x, , , y] = item.grid.transform;
  const [[west, north], [east, south]] = [toWgs84(x + 100, y - 100), toWgs84(x + 1180, y - 1180)];
  assert.ok(west > 0 && east < 0);
  for (const path of ["/collections/dateline/items/dateline_2024-06-01", "/collections/dateline"]) {
    const { values, width, response } = await npy(`${path}/bbox/${west},${south},${east},${north}.npy?assets=B08`);
    assert.ok(width > 90 && width < 125, `${width}`);
    assert.ok(values.every((value) => value > 900 && value < 1100));
    const [minx = 0, , maxx = 0] = (response.headers.get("content-bbox") ?? "").split(",").map(Number);
    assert.ok(minx < maxx && maxx > 180);
  }
});

test("boxes that are none, and crops of 10^9 pixels, are 400 with a sentence", async () => {
  for (const [path, wanted] of [
    ["bbox/3,43,3.1,42.png", /south at most north/],
    ["bbox/3,42,3.1.png", /wanted MINX,MINY,MAXX,MAXY/],
    ["bbox/3,42,3.1,42.1,5.png", /5 numbers/],
    ["bbox/a,b,c,d.png", /wanted MINX,MINY,MAXX,MAXY/],
    ["bbox/500800,4699000,500100,4699900.png?coord_crs=EPSG:32631", /lower left corner first/],
    ["bbox/3,42,3,42.png", /no area/],
    ["bbox/3,42,3.01,42.01/40000x40000.tif", /40000 x 40000 pixels are too many.*500000000 at most/],
    ["bbox/3,42,3.01,42.01/40000x40000.png", /too many for a picture; wanted 16777216 at most.*or tif/],
    ["bbox/3,42,3.01,42.01/0x10.png", /whole number of pixels/],
    ["bbox/3,42,3.01,42.01/10.png", /wanted WIDTHxHEIGHT/],
    ["bbox/3,42,3.01,42.01.png?dst_crs=EPSG:999999", /dst_crs is "EPSG:999999"/],
    ["preview/40000x40000.tif", /too many/],
  ] as const) {
    const { status, detail } = await refusal(`${ITEM}/${path}`);
    assert.equal(status, 400, `${path}: ${detail}`);
    assert.match(detail, wanted, path);
  }
});
