import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import sharp from "sharp";
import { pointToTile } from "@mapbox/tilebelt";
import { openCrs } from "../../src/geo/crs.js";
import { SCENE } from "../support/scene-catalog.js";
import { startServer } from "../support/server.js";
import { useSceneServer } from "../support/scene-server.js";

const server = useSceneServer();

const ITEM = "/collections/scene/items/scene_2024-01-10";
const [LON, LAT] = openCrs("EPSG:32631").toWgs84(SCENE.west + 2100, SCENE.north - 2000);
const [X, Y, Z] = pointToTile(LON, LAT, 14);

const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${server.url}${path}`, init);

async function sizeOf(path: string): Promise<readonly (number | undefined)[]> {
  const response = await get(path);
  assert.equal(response.status, 200, path);
  const { width, height } = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
  return [width, height];
}

test("@2x is a tile of 512 px, the same as tilesize=512; another tilesize contradicts it", async () => {
  for (const place of [ITEM, "/collections/scene"]) {
    const tile = `${place}/tiles/WebMercatorQuad/${Z}/${X}/${Y}`;
    assert.deepEqual(await sizeOf(`${tile}@2x.png`), [512, 512]);
    assert.deepEqual(await sizeOf(`${tile}@1x`), [256, 256]);
    assert.equal((await get(`${tile}@2x.webp?tilesize=128`)).status, 400);
    const etags = [`${tile}@2x.png`, `${tile}.png?tilesize=512`].map(async (path) =>
      (await get(path)).headers.get("etag"),
    );
    const [scaled, sized] = await Promise.all(etags);
    assert.equal(scaled, sized);
    assert.equal((await get(`${tile}@9x.png`)).status, 400);
  }
});

test("tiles and TileJSON without a tile matrix set are WebMercatorQuad's", async () => {
  for (const place of [ITEM, "/collections/scene"]) {
    const [short, long] = await Promise.all(
      [`${place}/tiles/${Z}/${X}/${Y}.png`, `${place}/tiles/WebMercatorQuad/${Z}/${X}/${Y}.png`].map((path) =>
        get(path),
      ),
    );
    assert.equal(short?.status, 200);
    assert.equal(short.headers.get("etag"), long?.headers.get("etag"));
    assert.deepEqual(
      await (await get(`${place}/tilejson.json`)).json(),
      await (await get(`${place}/WebMercatorQuad/tilejson.json`)).json(),
    );
  }
});

test("TileJSON: tile_scale becomes the suffix, and zooms the wrong way round are refused", async () => {
  const { tiles } = (await (
    await get(`${ITEM}/WebMercatorQuad/tilejson.json?tile_scale=2&tile_format=webp`)
  ).json()) as {
    tiles: string[];
  };
  assert.deepEqual(tiles, [`${server.url}${ITEM}/tiles/WebMercatorQuad/{z}/{x}/{y}@2x.webp`]);
  for (const [query, sentence] of [
    ["minzoom=12&maxzoom=3", /minzoom is 12 and maxzoom 3/],
    ["tile_scale=9", /tile_scale is "9"/],
  ] as const) {
    const response = await get(`${ITEM}/WebMercatorQuad/tilejson.json?${query}`);
    assert.equal(response.status, 400);
    assert.match(((await response.json()) as { detail: string }).detail, sentence);
  }
});

test("a preview with one side keeps the item's proportion", async () => {
  const other = (px: number, a: number, b: number): number => Math.round((px * b) / a);
  assert.deepEqual(await sizeOf(`${ITEM}/preview.png?width=100`), [100, other(100, SCENE.width, SCENE.height)]);
  assert.deepEqual(await sizeOf(`${ITEM}/preview.png?height=60`), [other(60, SCENE.height, SCENE.width), 60]);
});

test("HEAD tells a tile's length without sending it; other methods are refused by name", async () => {
  const path = `${ITEM}/tiles/WebMercatorQuad/${Z}/${X}/${Y}.png`;
  const whole = await get(path);
  const head = await get(path, { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal(Number(head.headers.get("content-length")), (await whole.arrayBuffer()).byteLength);
  const refused = await get(path, { method: "DELETE" });
  assert.deepEqual([refused.status, refused.headers.get("allow")], [405, "GET, HEAD, OPTIONS"]);
});

test("pictures whose memory doesn't fit together are drawn one after the other", async () => {
  const small = await startServer({ catalog: server.catalog, drawingBytes: 1, sessions: 1 });
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, small.services.networks.stats().waiting)), 1);
  const answers = await Promise.all(
    [200, 210, 220, 230].map((side) => fetch(`${small.url}${ITEM}/preview/${side}x200.png`)),
  );
  clearInterval(watch);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200],
  );
  assert.equal(peak, 0, "windows waited for the network although only one picture may be drawn");
  assert.equal(small.services.drawing.bytes(), 0);
  await small.close();
});

test("TiTiler's map pages lead to the viewer, at the collection", async () => {
  for (const path of ["WebMercatorQuad/map.html", "map.html"]) {
    const response = await get(`/collections/scene/${path}`, { redirect: "manual" });
    assert.deepEqual([response.status, response.headers.get("location")], [307, `${server.url}/#collection=scene`]);
  }
});

test("an item whose grid is none is left out, one whose grid isn't its file's is damaged: other dates still answer", async () => {
  const broken = server.files.path("lying-catalog");
  await cp(server.catalog, broken, { recursive: true });
  const edit = async (date: string, change: Record<string, unknown>): Promise<void> => {
    const path = `${broken}/scene/scene_${date}/scene_${date}.json`;
    const item = JSON.parse(await readFile(path, "utf8")) as { properties: Record<string, unknown> };
    Object.assign(item.properties, change);
    await writeFile(path, JSON.stringify(item));
  };
  await edit("2024-07-10", { "proj:transform": [0, 0, 0, 0, 0, 0] });
  await edit("2024-04-10", { "proj:shape": [1_000_000, 1_000_000] });
  const other = await startServer({ catalog: broken });
  const status = async (path: string): Promise<number> =>
    (await fetch(`${other.url}/collections/scene/${path}/tiles/${Z}/${X}/${Y}.png`)).status;
  assert.equal(await status("items/scene_2024-07-10"), 404);
  assert.equal(await status("items/scene_2024-04-10"), 500);
  assert.equal(await status("items/scene_2024-01-10"), 200);
  const collection = await fetch(`${other.url}/collections/scene/tiles/${Z}/${X}/${Y}.png?datetime=2024-02-01`);
  assert.equal(collection.status, 200);
  await other.close();
});
