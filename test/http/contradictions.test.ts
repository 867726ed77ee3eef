import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_ROUTES } from "../../src/http/routes/all.js";
import { SCENE } from "../support/scene-catalog.js";
import { useSceneServer } from "../support/scene-server.js";

const server = useSceneServer({ privateUrlHosts: ["127.0.0.1"] });
const COLLECTION = `/collections/${SCENE.collection}`;
const ITEM = `${COLLECTION}/items/scene_2024-01-10`;
const TILE = "tiles/WebMercatorQuad/12/2082/1513";
const BOX = "bbox/3.005,42.43,3.02,42.44";

async function answer(path: string): Promise<{ status: number; detail: string }> {
  const response = await fetch(server.url + path);
  const text = await response.text();
  return {
    status: response.status,
    detail: response.status === 400 ? (JSON.parse(text) as { detail: string }).detail : "",
  };
}

/** Of what can be said in two ways: the same twice is fine, two things at once are not. */
const TWICE: readonly (readonly [path: string, same: string, other: string, said: RegExp])[] = [
  [`${ITEM}/${TILE}.png`, "format=png", "format=webp", /path's extension is png and format webp/],
  [`${ITEM}/${TILE}.png`, "f=png", "f=jpg", /path's extension is png and f jpeg/],
  [`${COLLECTION}/${TILE}`, "format=png&f=png", "format=png&f=npy", /format is png and f npy/],
  [`${ITEM}/${TILE}@2x`, "tilesize=512", "tilesize=256", /path's tile size is 512 and tilesize 256/],
  [`${COLLECTION}/${TILE}@2x.webp`, "tilesize=512", "tilesize=300", /path's tile size is 512 and tilesize 300/],
  [`${ITEM}/tilejson.json`, "tile_scale=2&tilesize=512", "tile_scale=2&tilesize=256", /tile size/],
  [`${ITEM}/preview/64x60.png`, "width=64&height=60", "width=32", /path's width is 64 and width 32/],
  [`${ITEM}/preview/64x60.png`, "max_size=64", "max_size=63", /max_size is 63 and a side 64 pixels/],
  [`${ITEM}/preview.png`, "width=32&max_size=32", "width=32&max_size=16", /max_size is 16 and a side 32/],
  [`${ITEM}/${BOX}/64x60.png`, "height=60", "height=61", /path's height is 60 and height 61/],
  [`${COLLECTION}/${BOX}.png`, "width=40&height=30&max_size=40", "width=40&max_size=39", /max_size is 39/],
  [
    `${ITEM}/${TILE}.png`,
    "assets=B04&colormap_name=viridis",
    `assets=B04&colormap_name=viridis&colormap={"1":[0,0,0]}`,
    /colormap and colormap_name/,
  ],
  [`${ITEM}/${TILE}.png`, "assets=B04&asset_bidx=B04|1", "assets=B04&asset_bidx=B08|1", /asset_bidx is of "B08"/],
  [
    `${ITEM}/${TILE}.png`,
    "resampling=nearest&resampling=nearest",
    "resampling=nearest&resampling=bilinear",
    /resampling is given twice/,
  ],
  [
    `${COLLECTION}/${TILE}.png`,
    "datetime=2024-05-01",
    "datetime=2024-05-01&datetime=2024-01-10",
    /datetime is given twice/,
  ],
  [`${COLLECTION}/${TILE}.png`, "pixel_selection=first", "pixel_selection=median&inpaint=tec", /inpaint/],
  [
    `${COLLECTION}/WMTSCapabilities.xml`,
    "tile_format=png",
    "tile_format=png&tile_format=jpg",
    /tile_format is given twice/,
  ],
  [
    `${COLLECTION}/wmts`,
    "request=GetCapabilities&REQUEST=GetCapabilities",
    "request=GetCapabilities&REQUEST=GetTile",
    /twice/,
  ],
  [`${ITEM}/tilejson.json`, "minzoom=3&maxzoom=3", "minzoom=4&maxzoom=3", /minzoom at most maxzoom/],
  [
    "/search",
    "bbox=3,42,4,43",
    `bbox=3,42,4,43&intersects={"type":"Point","coordinates":[3,42]}`,
    /wanted one of them/,
  ],
  [`${COLLECTION}/items`, `collections=${SCENE.collection}`, "collections=other", /collections/],
];

test("a request that says two things of one is told which, one that says the same twice is answered", async () => {
  for (const [path, same, other, said] of TWICE) {
    const fine = await answer(`${path}?${same}`);
    assert.equal(fine.status, 200, `${path}?${same}: ${fine.detail}`);
    const { status, detail } = await answer(`${path}?${other}`);
    assert.equal(status, 400, `${path}?${other}`);
    assert.match(detail, said, `${path}?${other}`);
  }
});

test("a TileJSON and capabilities that were asked for with a format lead to tiles that exist", async () => {
  const json = (await (await fetch(`${server.url}${ITEM}/tilejson.json?format=webp&tile_scale=2`)).json()) as {
    tiles: string[];
  };
  const [x, y] = ["2082", "1513"];
  const tile = (json.tiles[0] ?? "").replace("{z}", "12").replace("{x}", x).replace("{y}", y);
  assert.equal((await fetch(tile)).status, 200, tile);
  const xml = await (await fetch(`${server.url}${ITEM}/WMTSCapabilities.xml?format=webp`)).text();
  const [, template = ""] = /format="image\/png" resourceType="tile" template="([^"]+)"/.exec(xml) ?? [];
  const named = template.replace("{TileMatrix}", "12").replace("{TileCol}", x).replace("{TileRow}", y);
  assert.equal((await fetch(named.replaceAll("&amp;", "&"))).status, 200, named);
});

test("a body of more than 1 MB is a 413 wherever one is posted", async () => {
  const posts = ALL_ROUTES.flatMap(({ routes }) => routes).filter(({ method }) => method === "post");
  assert.ok(posts.length >= 12);
  const url = encodeURIComponent(server.url + ITEM);
  const body = " ".repeat(1_100_000);
  for (const { paths } of posts) {
    const path = (paths[0] ?? "")
      .replace("{collection}", SCENE.collection)
      .replace("{item}", "scene_2024-01-10")
      .replace("{search}", "none");
    const response = await fetch(`${server.url}${path}?url=${url}`, { method: "POST", body });
    assert.equal(response.status, 413, path);
    assert.match(await response.text(), /wanted at most 1 MB/);
  }
});

test("a page's token that was altered anywhere is refused", async () => {
  const first = (await (await fetch(`${server.url}/search?limit=1`)).json()) as {
    links: { rel: string; href: string }[];
  };
  const next = new URL(first.links.find(({ rel }) => rel === "next")?.href ?? "");
  const token = next.searchParams.get("token") ?? "";
  assert.ok(token.length > 20);
  assert.equal((await fetch(next)).status, 200);
  const altered = Array.from(
    token,
    (letter, i) => `${token.slice(0, i)}${letter === "A" ? "B" : "A"}${token.slice(i + 1)}`,
  );
  for (const wrong of [
    ...altered,
    token.slice(1),
    token.slice(0, -1),
    `${token}A`,
    token + token,
    token.toUpperCase(),
  ]) {
    const { status, detail } = await answer(`/search?limit=1&token=${encodeURIComponent(wrong)}`);
    assert.equal(status, 400, wrong);
    assert.match(detail, /unaltered/);
  }
  assert.equal((await answer(`/search?limit=1&sortby=id&token=${token}`)).status, 400);
});
