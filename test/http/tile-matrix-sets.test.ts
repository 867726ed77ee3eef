import assert from "node:assert/strict";
import { test } from "node:test";
import { openCrs } from "../../src/geo/crs.js";
import { tileMatrix, tileMatrixSet, tileTransformOf, type SetTile } from "../../src/geo/tile-matrix-sets.js";
import { getJson } from "../support/http-app.js";
import { readNpy, type NpyPlanes } from "../support/npy.js";
import { SCENE } from "../support/scene-catalog.js";
import { useSceneServer } from "../support/scene-server.js";

/** Of January, which is whole. */
const item = "/collections/scene/items/scene_2024-01-10";

const server = useSceneServer();

const utm = openCrs("EPSG:32631");

async function npy(path: string): Promise<NpyPlanes> {
  const response = await fetch(`${server.url}${path}`);
  assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
  return readNpy(new Uint8Array(await response.arrayBuffer()));
}

/** The tile of a set, with cells of about 10 m, that the middle of the scene lies in. */
function tileInTheMiddle(name: string): SetTile {
  const set = tileMatrixSet(name);
  const [lon, lat] = utm.toWgs84(SCENE.west + 5 * SCENE.width, SCENE.north - 5 * SCENE.height);
  const [x, y] = openCrs(set.crs).fromWgs84(lon, lat);
  const metres = set.crs === "OGC:CRS84" ? 111_319.5 : 1;
  let z = set.zooms[0];
  while (tileMatrix(set, z).cellSize * metres > 12) z++;
  const [side, , west, , , north] = tileTransformOf({ set, z, x: 0, y: 0 }, 1);
  return { set, z, x: Math.floor((x - west) / side), y: Math.floor((north - y) / side) };
}

test("tiles of every set show at a place what the item has there", async () => {
  const own = await npy(`${item}/preview/${SCENE.width}x${SCENE.height}.npy?assets=B08`);
  assert.deepEqual([own.width, own.height], [SCENE.width, SCENE.height]);
  const sets = [
    "WebMercatorQuad",
    "WorldCRS84Quad",
    "WorldMercatorWGS84Quad",
    "EuropeanETRS89_LAEAQuad",
    "UTM31WGS84Quad",
    "UTM30WGS84Quad",
  ];
  for (const name of [...sets, "UPSArcticWGS84Quad"]) {
    const tile = tileInTheMiddle(name);
    const { toWgs84 } = openCrs(tile.set.crs);
    const drawn = await npy(`${item}/tiles/${name}/${tile.z}/${tile.x}/${tile.y}.npy?assets=B08`);
    const [a, , c, , e, f] = tileTransformOf(tile, 256);
    let [seen, error] = [0, 0];
    for (let row = 0; row < 256; row += 3)
      for (let column = 0; column < 256; column += 3) {
        const [x, y] = utm.fromWgs84(...toWgs84(c + a * (column + 0.5), f + e * (row + 0.5)));
        const [i, j] = [(x - SCENE.west) / 10 - 0.5, (SCENE.north - y) / 10 - 0.5];
        const isInside = i >= 1 && j >= 1 && i < SCENE.width - 2 && j < SCENE.height - 2;
        if (!isInside || drawn.at(drawn.planes - 1, row, column) === 0) continue;
        const [i0, j0] = [Math.floor(i), Math.floor(j)];
        const [u, v] = [i - i0, j - j0];
        const value =
          (1 - v) * ((1 - u) * own.at(0, j0, i0) + u * own.at(0, j0, i0 + 1)) +
          v * ((1 - u) * own.at(0, j0 + 1, i0) + u * own.at(0, j0 + 1, i0 + 1));
        seen++;
        error += Math.abs(value - drawn.at(0, row, column)) / Math.max(100, value);
      }
    assert.ok(seen > 500, `${name}: ${seen} pixels seen`);
    assert.ok(error / seen < 0.03, `${name}: a mean error of ${(100 * error) / seen} %`);
  }
});

test("a tileset's limits hold the tiles that show something, and hardly more", async () => {
  for (const name of [
    "WebMercatorQuad",
    "WorldCRS84Quad",
    "UTM31WGS84Quad",
    "EuropeanETRS89_LAEAQuad",
    "UPSArcticWGS84Quad",
  ]) {
    const { z } = tileInTheMiddle(name);
    const { json: tileset } = await getJson(`${server.url}${item}/tiles/${name}`);
    const limits = (tileset["tileMatrixSetLimits"] as Record<string, number | string>[]).find(
      ({ tileMatrix: id }) => id === String(z + 1),
    );
    const [left = 0, right = 0, top = 0, bottom = 0] = ["minTileCol", "maxTileCol", "minTileRow", "maxTileRow"].map(
      (key) => Number(limits?.[key]),
    );
    const seen: [number, number][] = [];
    for (let x = left - 1; x <= right + 1; x++)
      for (let y = top - 1; y <= bottom + 1; y++) {
        const { status } = await fetch(`${server.url}${item}/tiles/${name}/${z + 1}/${x}/${y}.png`);
        if (status === 200) seen.push([x, y]);
      }
    const [xs, ys] = [seen.map(([x]) => x), seen.map(([, y]) => y)];
    // The box of degrees is a little larger than a scene that lies askew in it.
    for (const [told, found, name_] of [
      [left, Math.min(...xs), "left"],
      [right, Math.max(...xs), "right"],
      [top, Math.min(...ys), "top"],
      [bottom, Math.max(...ys), "bottom"],
    ] as const) {
      const outwards = name_ === "left" || name_ === "top" ? found - told : told - found;
      assert.ok(outwards >= 0 && outwards <= 1, `${name}, ${name_}: ${told} told, ${found} found`);
    }
  }
});

test("sets, tilesets and their links lead to one another, and templates to tiles", async () => {
  const { json: landing } = await getJson(`${server.url}/`);
  const { json: list } = await getJson(landing.links.find(({ rel }) => rel.endsWith("/tiling-schemes"))?.href ?? "");
  const sets = list["tileMatrixSets"] as { id: string; links: { href: string }[] }[];
  assert.equal(sets.length, 66);
  const { json: utm31 } = await getJson(sets.find(({ id }) => id === "UTM31WGS84Quad")?.links[0]?.href ?? "");
  assert.equal(utm31["crs"], "http://www.opengis.net/def/crs/EPSG/0/32631");
  for (const path of [item, "/collections/scene"]) {
    const { json: document } = await getJson(`${server.url}${path}`);
    const { json: tilesets } = await getJson(
      document.links.find(({ rel }) => rel.endsWith("/tilesets-map"))?.href ?? "",
    );
    const one = (tilesets["tilesets"] as { tileMatrixSetURI: string; links: { rel: string; href: string }[] }[]).find(
      ({ tileMatrixSetURI }) => tileMatrixSetURI.endsWith("/WorldCRS84Quad"),
    );
    const { json: tileset } = await getJson(one?.links.find(({ rel }) => rel === "self")?.href ?? "");
    assert.equal(tileset["crs"], "http://www.opengis.net/def/crs/OGC/1.3/CRS84");
    const tile = tileInTheMiddle("WorldCRS84Quad");
    const template = tileset.links.find(({ rel }) => rel === "item")?.href ?? "";
    const href = template
      .replace("{tileMatrix}", String(tile.z))
      .replace("{tileCol}", String(tile.x))
      .replace("{tileRow}", String(tile.y));
    assert.equal((await fetch(href)).headers.get("content-type"), "image/png", href);
    const scheme = tileset.links.find(({ rel }) => rel.endsWith("/tiling-scheme"))?.href ?? "";
    assert.equal((await getJson(scheme)).json["id"], "WorldCRS84Quad");
  }
  const { json: tilejson } = await getJson(`${server.url}${item}/UTM31WGS84Quad/tilejson.json`);
  assert.match((tilejson["tiles"] as string[])[0] ?? "", /tiles\/UTM31WGS84Quad\/\{z\}/);
  assert.equal((await fetch(`${server.url}${item}/tiles/CDB1GlobalGrid/0/0/0`)).status, 404);
  assert.equal(
    (await fetch(`${server.url}${item}/tiles/GoogleMapsCompatible/0/0/0`)).status,
    (await fetch(`${server.url}${item}/tiles/WebMercatorQuad/0/0/0`)).status,
  );
});
