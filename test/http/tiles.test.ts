import assert from "node:assert/strict";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { test } from "node:test";
import sharp from "sharp";
import { pointToTile } from "@mapbox/tilebelt";
import { openTecCog } from "../../src/app/open-tec-cog.js";
import { openCrs } from "../../src/geo/crs.js";
import { SCENE } from "../support/scene-catalog.js";
import { startServer } from "../support/server.js";
import { useSceneServer } from "../support/scene-server.js";

const server = useSceneServer();

const { toWgs84 } = openCrs("EPSG:32631");
const item = (date: string): string => `/collections/scene/items/scene_${date}`;

/** The tile that a pixel of the scene lies in, and where in it. */
function tileAt(column: number, row: number, z: number): { path: string; x: number; y: number } {
  const [lon, lat] = toWgs84(SCENE.west + 10 * column, SCENE.north - 10 * row);
  const [x, y] = pointToTile(lon, lat, z);
  const n = 2 ** z;
  const mercatorY = (1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2;
  return {
    path: `tiles/WebMercatorQuad/${z}/${x}/${y}`,
    x: Math.floor((((lon + 180) / 360) * n - x) * 256),
    y: Math.floor((mercatorY * n - y) * 256),
  };
}

async function get(path: string, init?: RequestInit): Promise<Response> {
  return fetch(`${server.url}${path}`, init);
}

async function pixels(path: string): Promise<{ data: Uint8Array; width: number; channels: number }> {
  const response = await get(path);
  assert.equal(
    response.status,
    200,
    `${path}: ${response.status} ${await response
      .clone()
      .text()
      .then((t) => t.slice(0, 200))}`,
  );
  const { data, info } = await sharp(Buffer.from(await response.arrayBuffer()))
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, channels: info.channels };
}

test("a tile shows what openTecCog decodes, at the right place: every zoom from overview to over-zoom", async () => {
  const image = await openTecCog(`${server.catalog}/scene/scene_2024-01-10/scene_2024-01-10.tif`);
  const { samples, width, height } = await image.readWindow(
    { x: 0, y: 0, width: SCENE.width, height: SCENE.height },
    { bands: ["B08"] },
  );
  await image.close();
  for (const z of [11, 12, 13, 14, 16]) {
    let [sum, count] = [0, 0];
    for (const [column, row] of [
      [130.5, 60.5],
      [210.5, 200.5],
      [300.5, 333.5],
      [390.5, 120.5],
    ] as const) {
      const { path, x, y } = tileAt(column, row, z);
      const tile = await pixels(`${item("2024-01-10")}/${path}.png?assets=B08&rescale=0,5100`);
      const shown = ((tile.data[(y * tile.width + x) * tile.channels] ?? 0) / 255) * 5100;
      // Below the native zoom a pixel is the mean of a neighbourhood of the source.
      const reach = z >= 14 ? 0 : 2 ** (13 - z);
      let [mean, n] = [0, 0];
      for (let r = Math.floor(row) - reach; r <= row + reach; r++)
        for (let c = Math.floor(column) - reach; c <= column + reach; c++)
          [mean, n] = [mean + (samples[Math.min(height - 1, r) * width + Math.min(width - 1, c)] ?? 0), n + 1];
      sum += Math.abs(shown - mean / n);
      count++;
    }
    assert.ok(sum / count < 220, `zoom ${z}: ${sum / count} DN apart on average`);
  }
});

test("formats by extension, jpeg for whole and png for partial tiles without one", async () => {
  const inside = tileAt(210, 200, 15).path;
  const edge = tileAt(0, 0, 13).path;
  const types: [string, string][] = [
    [`${inside}.png`, "image/png"],
    [`${inside}.webp`, "image/webp"],
    [`${inside}.jpg`, "image/jpeg"],
    [inside, "image/jpeg"],
    [edge, "image/png"],
  ];
  for (const [path, type] of types)
    assert.equal((await get(`${item("2024-01-10")}/${path}`)).headers.get("content-type"), type, path);
});

test("a collection tile takes, pixel by pixel, the newest valid date at or before datetime", async () => {
  const red = async (column: number, row: number, datetime: string): Promise<number> => {
    const { path, x, y } = tileAt(column, row, 14);
    const tile = await pixels(`/collections/scene/${path}.png?assets=B04&rescale=0,10200${datetime}`);
    return tile.data[(y * tile.width + x) * tile.channels] ?? 0;
  };
  const [january, april, july] = [
    await red(300, 80, "&datetime=2024-02-01"),
    await red(300, 80, "&datetime=2024-05-01"),
    await red(300, 80, ""),
  ];
  assert.ok(april > 1.6 * january && april < 2.4 * january, `${january} then ${april}`);
  assert.ok(july !== april && Math.abs(july - january - 12.5) < 6, `${january} then ${july}`);
  // South of July's footprint April shows, and in April's hole January.
  assert.equal(await red(300, 300, ""), await red(300, 300, "&datetime=2024-05-01"));
  assert.equal(await red(120, 300, ""), await red(120, 300, "&datetime=2024-02-01"));
  assert.equal(await red(300, 300, "&datetime=../2024-02-01"), await red(300, 300, "&datetime=2024-01-10T00:00:00Z"));
});

test("the ETag answers 304 before any byte is read, and differs wherever pixels may", async () => {
  const { path } = tileAt(210, 200, 14);
  const first = await get(`${item("2024-01-10")}/${path}.png`);
  const etag = first.headers.get("etag") ?? "";
  assert.match(etag, /^"[\w-]{20,}"$/);
  const misses = server.services.reader.stats().latents.misses;
  const again = await get(`${item("2024-01-10")}/${path}.png`, { headers: { "If-None-Match": `W/"x", ${etag}` } });
  assert.equal(again.status, 304);
  assert.equal((await again.arrayBuffer()).byteLength, 0);
  assert.equal(server.services.reader.stats().latents.misses, misses);
  const others = await Promise.all(
    [
      `${path}.webp`,
      `${path}.png?rescale=0,2000`,
      `${path}.png?assets=B08`,
      `${path}.png?tilesize=512`,
      `${path}.png?resampling=nearest`,
    ].map(async (p) => (await get(`${item("2024-01-10")}/${p}`)).headers.get("etag")),
  );
  assert.equal(new Set([etag, ...others]).size, 6);
  assert.equal((await get(`${item("2024-01-10")}/${path}.png?_=123`)).headers.get("etag"), etag);
  assert.notEqual((await get(`${item("2024-04-10")}/${path}.png`)).headers.get("etag"), etag);
});

test("concurrent requests for one tile decode each chunk once", async () => {
  const fresh = await startServer({ catalog: server.catalog });
  const { path } = tileAt(256, 256, 14);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => fetch(`${fresh.url}${item("2024-01-10")}/${path}.png`)),
  );
  assert.ok(answers.every(({ status }) => status === 200));
  const stats = fresh.services.reader.stats().latents;
  assert.ok(stats.misses <= 4, JSON.stringify(stats));
  assert.equal(fresh.services.networks.stats().windows, 1);
  await fresh.close();
});

test("inside the matrix but empty: 204 without a body, or a blank picture where configured", async () => {
  const nowhere = `${item("2024-01-10")}/tiles/WebMercatorQuad/14/100/100.png`;
  const empty = await get(nowhere);
  assert.equal(empty.status, 204);
  assert.equal((await empty.arrayBuffer()).byteLength, 0);
  const blank = await startServer({ catalog: server.catalog, emptyTile: "blank" });
  const answer = await fetch(`${blank.url}${nowhere}?tilesize=512`);
  assert.equal(answer.status, 200);
  const { info } = await sharp(Buffer.from(await answer.arrayBuffer()))
    .raw()
    .toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.channels], [512, 4]);
  await blank.close();
});

test("bad requests: the right status and one sentence, and the server goes on", async () => {
  const tile = tileAt(210, 200, 14).path;
  const cases: [string, number, RegExp][] = [
    [`${item("2024-01-10")}/tiles/WebMercatorQuad/3/8/0.png`, 404, /outside the matrix/],
    [`${item("2024-01-10")}/tiles/WebMercatorQuad/3/-1/0.png`, 404, /outside the matrix/],
    [`${item("2024-01-10")}/tiles/WebMercatorQuad/99/0/0.png`, 404, /zoom is 99/],
    [`${item("2024-01-10")}/tiles/WebMercatorQuad/NaN/0/0.png`, 400, /z is "NaN"/],
    [`${item("2024-01-10")}/tiles/WebMercatorQuad/3/1e9/0.png`, 400, /x is "1e9"/],
    [`${item("2024-01-10")}/tiles/WebMercatorQuad/3/1000000000/0.png`, 404, /outside/],
    [`${item("2024-01-10")}/tiles/WGS1984Quad/3/1/1.png`, 404, /WGS1984Quad.*WebMercatorQuad/],
    [`${item("2024-01-10")}/${tile}.gif`, 400, /gif/],
    [`${item("2024-01-10")}/${tile}.jp2`, 400, /^Format "jp2" is not known/],
    [`/collections/nowhere/${tile}.png`, 404, /nowhere/],
    [`/collections/scene/items/nothing/${tile}.png`, 404, /nothing/],
    [`${item("2024-01-10")}/${tile}.png?assets=B17`, 400, /B17/],
    [`${item("2024-01-10")}/${tile}.png?assets=B04&colormap_name=nope`, 400, /nope/],
    [`${item("2024-01-10")}/${tile}.png?expression=require('fs')`, 400, /expression|require/i],
    [`${item("2024-01-10")}/${tile}.png?rescale=1`, 400, /rescale/],
    [`/collections/scene/${tile}.png?datetime=2024-99`, 400, /datetime/],
    [`${item("2024-01-10")}/preview.png?max_size=99999`, 400, /max_size/],
  ];
  for (const [path, status, message] of cases) {
    const response = await get(path);
    const body = (await response.json()) as { detail: string };
    assert.equal(response.status, status, `${path}: ${JSON.stringify(body)}`);
    assert.match(body.detail, message, path);
    assert.match(response.headers.get("content-type") ?? "", /problem\+json/);
  }
  assert.equal((await get(`${item("2024-01-10")}/${tile}.png`)).status, 200);
});

test("damaged imagery is a 500 that tells a client no path, and other items still answer", async () => {
  const broken = server.files.path("broken-catalog");
  await cp(server.catalog, broken, { recursive: true });
  const path = `${broken}/scene/scene_2024-01-10/scene_2024-01-10.tif`;
  const bytes = await readFile(path);
  bytes.fill(0x55, 6000, bytes.length - 500);
  await writeFile(path, bytes);
  const other = await startServer({ catalog: broken });
  const tile = tileAt(210, 200, 14).path;
  const response = await fetch(`${other.url}${item("2024-01-10")}/${tile}.png`);
  assert.equal(response.status, 500);
  const text = await response.text();
  assert.match(text, /Stored imagery is damaged/);
  assert.doesNotMatch(text, /catalog|\.tif| at /);
  assert.equal((await fetch(`${other.url}${item("2024-07-10")}/${tileAt(210, 80, 14).path}.png`)).status, 200);
  await rm(path);
  const gone = await startServer({ catalog: broken });
  assert.equal((await fetch(`${gone.url}${item("2024-01-10")}/${tile}.png`)).status, 404);
  await gone.close();
  await other.close();
});

test("tilejson: native maxzoom, bounds, and tiles that carry the query on", async () => {
  const json = (await (
    await get(`${item("2024-01-10")}/WebMercatorQuad/tilejson.json?assets=B08&rescale=0,4000&tile_format=webp`)
  ).json()) as { maxzoom: number; minzoom: number; tiles: string[]; bounds: number[] };
  assert.equal(json.maxzoom, 13);
  const [template = ""] = json.tiles;
  assert.equal(
    template,
    `${server.url}${item("2024-01-10")}/tiles/WebMercatorQuad/{z}/{x}/{y}.webp?assets=B08&rescale=0%2C4000`,
  );
  const [west = 0, , , north = 0] = json.bounds;
  const [lon, lat] = toWgs84(SCENE.west, SCENE.north);
  assert.ok(Math.abs(west - lon) < 1e-4 && Math.abs(north - lat) < 1e-3);
  const collection = (await (
    await get("/collections/scene/WebMercatorQuad/tilejson.json?datetime=2024-05-01")
  ).json()) as { tiles: string[] };
  assert.match(
    collection.tiles[0] ?? "",
    /\/collections\/scene\/tiles\/WebMercatorQuad\/\{z\}\/\{x\}\/\{y\}\.png\?datetime=2024-05-01$/,
  );
});

test("colormaps: the list that error messages point at, and each one's colours as matplotlib has them", async () => {
  const { colorMaps } = (await (await get("/colorMaps")).json()) as { colorMaps: string[] };
  assert.ok(colorMaps.includes("viridis") && colorMaps.includes("rdylgn_r"));
  const viridis = (await (await get("/colorMaps/viridis")).json()) as Record<string, number[]>;
  assert.deepEqual(
    [viridis["0"], viridis["128"], viridis["255"]],
    [
      [68, 1, 84, 255],
      [32, 144, 140, 255],
      [253, 231, 36, 255],
    ],
  );
  assert.equal((await get("/colorMaps/nope")).status, 404);
  const { colormaps } = (await (await get("/colorMaps")).json()) as {
    colormaps: { id: string; links: { href: string }[] }[];
  };
  assert.deepEqual(
    colormaps.map(({ id }) => id),
    colorMaps,
  );
  assert.match(colormaps[0]?.links[0]?.href ?? "", /\/colorMaps\/accent$/);
  const legend = await pixels("/colorMaps/viridis?f=png&orientation=vertical&width=30&height=100");
  assert.deepEqual([legend.width, legend.data.length / legend.channels], [30, 3000]);
  for (const wrong of ["f=html", "f=png&orientation=up", "f=png&width=1e3", "f=png&height=0"])
    assert.equal((await get(`/colorMaps/viridis?${wrong}`)).status, 400, wrong);
});

test("preview: the whole item on its own grid, never larger than it is", async () => {
  const preview = await pixels(`${item("2024-01-10")}/preview.png`);
  assert.deepEqual(
    [preview.width, preview.data.length / preview.width / preview.channels],
    [SCENE.width, SCENE.height],
  );
  const small = await pixels(`${item("2024-01-10")}/preview.webp?max_size=100`);
  assert.equal(small.width, 100);
  const exact = await pixels(`${item("2024-01-10")}/preview/64x32.png`);
  assert.deepEqual([exact.width, exact.data.length / exact.channels], [64, 64 * 32]);
});
