import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { checkHealth } from "../../src/app/health.js";
import { SCENE } from "../support/scene-catalog.js";
import { useSceneServer } from "../support/scene-server.js";

const server = useSceneServer();

interface Tileset {
  readonly links: readonly { readonly rel: string; readonly href: string; readonly type: string }[];
  readonly tileMatrixSetLimits?: readonly Readonly<Record<string, number | string>>[];
  readonly boundingBox?: { readonly lowerLeft: readonly number[]; readonly upperRight: readonly number[] };
}

const get = (path: string, accept = "*/*"): Promise<Response> =>
  fetch(`${server.url}${path}`, { headers: { Accept: accept } });
const tileset = async (path: string): Promise<Tileset> => {
  const response = await get(path);
  assert.equal(response.status, 200, path);
  return (await response.json()) as Tileset;
};
const COLLECTION = `/collections/${SCENE.collection}`;
/** July has the northern part alone. */
const JULY = "scene_2024-07-10";
const filter = encodeURIComponent(`id = '${JULY}'`);

test("a collection's tileset is where the items that a query leaves are, and its links ask for those", async () => {
  const july = await tileset(`${COLLECTION}/items/${JULY}/tiles/WebMercatorQuad`);
  const all = await tileset(`${COLLECTION}/tiles/WebMercatorQuad`);
  assert.notDeepEqual(july.tileMatrixSetLimits, all.tileMatrixSetLimits);
  const register = await fetch(`${server.url}/searches/register`, {
    method: "POST",
    body: JSON.stringify({ collections: [SCENE.collection], ids: [JULY] }),
  });
  const { id } = (await register.json()) as { id: string };
  for (const path of [
    `${COLLECTION}/tiles/WebMercatorQuad?ids=${JULY}`,
    `${COLLECTION}/tiles/WebMercatorQuad?filter=${filter}`,
    `${COLLECTION}/tiles/WebMercatorQuad?query=${encodeURIComponent(JSON.stringify({ id: { eq: JULY } }))}`,
    `${COLLECTION}/tiles/WebMercatorQuad?datetime=2024-07-01/2024-08-01&sortby=-datetime`,
    `/searches/${id}/tiles/WebMercatorQuad?assets=B08`,
  ]) {
    const one = await tileset(path);
    assert.deepEqual(one.tileMatrixSetLimits, july.tileMatrixSetLimits, path);
    assert.deepEqual(one.boundingBox, july.boundingBox, path);
    const query = path.slice(path.indexOf("?") + 1);
    for (const { rel, href } of one.links.filter(
      ({ rel }) => rel !== "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme",
    ))
      assert.equal(
        new URLSearchParams(href.slice(href.indexOf("?"))).toString(),
        new URLSearchParams(query).toString(),
        rel,
      );
    const tile = one.links.find(({ rel }) => rel === "item")?.href ?? "";
    const drawn = await fetch(tile.replace("{tileMatrix}/{tileCol}/{tileRow}", "12/2082/1513"));
    assert.equal(drawn.status, 200, tile);
  }
  const none = await tileset(`${COLLECTION}/tiles/WebMercatorQuad?ids=none`);
  assert.deepEqual([none.tileMatrixSetLimits, none.boundingBox], [[], undefined]);
  // As of its tiles, an instant means all that is there until then.
  const may = await tileset(`${COLLECTION}/tiles/WebMercatorQuad?datetime=2024-05-01`);
  assert.deepEqual(may.boundingBox, all.boundingBox);
});

test("minzoom and maxzoom bound a tileset's limits and aren't the tiles' business", async () => {
  for (const path of [COLLECTION, `${COLLECTION}/items/${JULY}`]) {
    const some = await tileset(`${path}/tiles/WebMercatorQuad?minzoom=9&maxzoom=11&assets=B04`);
    const all = await tileset(`${path}/tiles/WebMercatorQuad`);
    assert.deepEqual(
      some.tileMatrixSetLimits,
      all.tileMatrixSetLimits?.filter(({ tileMatrix }) => Number(tileMatrix) >= 9 && Number(tileMatrix) <= 11),
    );
    assert.ok(some.links.every(({ href }) => !href.includes("zoom=")));
    assert.ok(some.links.some(({ href }) => href.endsWith("?assets=B04")));
    for (const wrong of ["minzoom=5&maxzoom=4", "minzoom=x", "assets=B99", "f=xml"])
      assert.equal((await get(`${path}/tiles/WebMercatorQuad?${wrong}`)).status, 400, wrong);
    assert.equal((await get(`${path}/tiles?crs=EPSG:1`)).status, 400);
  }
});

test("documents are pages to browsers and where f says so, and JSON to others", async () => {
  const paths = [
    `${COLLECTION}/tiles`,
    `${COLLECTION}/tiles/WebMercatorQuad`,
    `${COLLECTION}/items/${JULY}/tiles`,
    "/tileMatrixSets",
    "/tileMatrixSets/UTM31WGS84Quad",
    "/algorithms",
    "/algorithms/slope",
    "/colorMaps",
    "/conformance",
  ];
  const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
  for (const path of paths) {
    const json = await get(path);
    const document = await json.text();
    assert.match(json.headers.get("content-type") ?? "", /^application\/json/, path);
    assert.match(json.headers.get("vary") ?? "", /Accept/, path);
    for (const page of [await get(path, browser), await get(`${path}?f=html`)]) {
      assert.match(page.headers.get("content-type") ?? "", /^text\/html/, path);
      const text = await page.text();
      assert.match(text, /<a href="\?f=json">JSON<\/a>/);
      const links = [...text.matchAll(/<a href="(http[^"]+)"/g)].map(([, href = ""]) => href.replaceAll("&amp;", "&"));
      const told = [...document.matchAll(/"(http[^"{]+)"/g)].map(([, href]) => href);
      assert.deepEqual(links, told, path);
    }
    assert.equal(await (await get(`${path}?f=json`, browser)).text(), document, path);
    assert.equal((await get(`${path}?f=xml`)).status, 400, path);
  }
  // Nothing of a query runs in the page.
  const said = await get(`${COLLECTION}/tiles?f=html&x="><script>alert(1)</script>`);
  assert.equal(said.status, 200);
  assert.ok(!(await said.text()).includes("<script"));
});

test("the health check gives its catalog as long as it is told", async () => {
  assert.equal((await get("/healthz?timeout=1")).status, 200);
  const { catalog } = server.services;
  const slow = {
    ...server.services,
    catalog: { ...catalog, root: () => sleep(400).then(() => catalog.root()) },
  };
  assert.equal((await checkHealth(slow, 50)).parts["catalog"], "no answer");
  assert.equal((await checkHealth(slow, 20_000)).parts["catalog"], "ok");
  for (const wrong of ["0", "-1", "x", "31"]) assert.equal((await get(`/healthz?timeout=${wrong}`)).status, 400, wrong);
});
