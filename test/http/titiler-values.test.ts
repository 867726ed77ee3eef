import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openCrs } from "../../src/geo/crs.js";
import { gdal, hasGdal } from "../support/gdal.js";
import { readNpy, type NpyPlanes } from "../support/npy.js";
import { SCENE } from "../support/scene-catalog.js";
import { useSceneServer } from "../support/scene-server.js";

const STATISTICS = fileURLToPath(new URL("../../../test/clients/statistics_check.py", import.meta.url));
const PYTHON = process.env["TECTILE_TEST_PYTHON"] ?? "python3";
const run = promisify(execFile);
const COLLECTION = `/collections/${SCENE.collection}`;
const ITEM = `${COLLECTION}/items/scene_2024-04-10`;
const { west, north } = SCENE;
const UTM = openCrs("EPSG:32631");

const server = useSceneServer({ pixelThreads: 2 });

async function get(path: string, body?: unknown): Promise<Response> {
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(server.url + path, init);
  assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
  return response;
}
const json = async <T>(path: string, body?: unknown): Promise<T> => (await (await get(path, body)).json()) as T;
const bytes = async (path: string): Promise<Uint8Array> => new Uint8Array(await (await get(path)).arrayBuffer());
const npy = async (path: string): Promise<NpyPlanes> => readNpy(await bytes(path));

/** A square of `side` metres in the scene's own CRS, or in degrees. */
function square(x: number, y: number, side: number, crs: "own" | "degrees"): object {
  const corners = [
    [x, y],
    [x + side, y],
    [x + side, y + side],
    [x, y + side],
    [x, y],
  ] as const;
  return { type: "Polygon", coordinates: [crs === "own" ? corners : corners.map(([a, b]) => UTM.toWgs84(a, b))] };
}

test("pngraw holds digital numbers as they are", { skip: hasGdal() ? false : "GDAL is not installed" }, async () => {
  const tile = `${ITEM}/tiles/WebMercatorQuad/12/2082/1513`;
  for (const [query, type, colours] of [
    ["assets=B08", "UInt16", ["Gray", "Alpha"]],
    ["assets=B08,B04,B02", "UInt16", ["Red", "Green", "Blue", "Alpha"]],
    ["", "UInt16", ["Red", "Green", "Blue", "Alpha"]],
    ["assets=B08&algorithm=terrainrgb", "Byte", ["Red", "Green", "Blue", "Alpha"]],
    ["assets=B08&return_mask=false", "UInt16", ["Gray"]],
  ] as const) {
    await server.files.write("raw.png", await bytes(`${tile}.pngraw?${query}`));
    const told = JSON.parse(gdal("gdalinfo", ["-json", server.files.path("raw.png")])) as {
      bands: { type: string; colorInterpretation: string }[];
    };
    assert.deepEqual(
      told.bands.map((band) => [band.type, band.colorInterpretation]),
      colours.map((colour) => [type, colour]),
      query,
    );
    const how = ["-q", "-of", "ENVI", "-co", "INTERLEAVE=BSQ", "-ot", "UInt16"];
    gdal("gdal_translate", [...how, server.files.path("raw.png"), server.files.path("raw.bin")]);
    const read = new Uint16Array(new Uint8Array(await readFile(server.files.path("raw.bin"))).buffer);
    const named = query === "" ? "assets=B04,B03,B02" : query;
    const { planes, height, width, at } = await npy(`${tile}.npy?${named}`);
    assert.equal(planes, colours.length);
    const opaque = type === "Byte" ? 255 : 65_535;
    const isAlpha = (p: number): boolean => colours[p] === "Alpha";
    for (let p = 0; p < planes; p++)
      for (let i = 0; i < width * height; i += 7) {
        const value = at(p, Math.floor(i / width), i % width);
        assert.equal(read[p * width * height + i], isAlpha(p) && value !== 0 ? opaque : value, `${query} ${p} ${i}`);
      }
  }
  const look = "assets=B08&rescale=0,3000";
  assert.deepEqual(await bytes(`${tile}.pngraw?${look}`), await bytes(`${tile}.png?${look}`));
  for (const query of ["expression=B08/B04", "assets=B08&unscale=true", "assets=B08,B04"])
    assert.equal((await fetch(`${server.url}${tile}.pngraw?${query}`)).status, 400, query);
});

test("an item's statistics of a size or by a kernel are numpy's of the picture of that", async (t) => {
  const there = await run(PYTHON, ["-c", "import numpy"]).catch(() => undefined);
  if (there === undefined) return t.skip("numpy is not installed; TECTILE_TEST_PYTHON names a Python that has it");
  const box = [west + 2200, north - 3000, west + 3200, north - 2000];
  const area = square(west + 2200, north - 3000, 1000, "own");
  for (const [statistics, picture, body] of [
    ["width=100&height=90", `${ITEM}/preview/100x90.npy?`, undefined],
    ["width=100&resampling=average", `${ITEM}/preview.npy?width=100&resampling=average`, undefined],
    ["max_size=300&reproject=med", `${ITEM}/preview.npy?max_size=300&reproject=med`, undefined],
    [
      "max_size=300&resampling=nearest&unscale=true",
      `${ITEM}/preview.npy?max_size=300&resampling=nearest&unscale=true`,
      undefined,
    ],
    ["coord_crs=EPSG:32631&width=64&height=50", `${ITEM}/bbox/${box.join(",")}/64x50.npy?coord_crs=EPSG:32631`, area],
    [
      "coord_crs=EPSG:32631&resampling=cubic&max_size=40",
      `${ITEM}/bbox/${box.join(",")}.npy?coord_crs=EPSG:32631&resampling=cubic&max_size=40`,
      area,
    ],
  ] as const) {
    const asked = `assets=B04&assets=B08&histogram_bins=6&p=10&p=90`;
    await server.files.write("drawn.npy", await bytes(`${picture}&assets=B04,B08`));
    const answer = await json<{ properties?: { statistics: object } }>(
      `${ITEM}/statistics?${asked}&${statistics}`,
      body,
    );
    await server.files.write("figures.json", JSON.stringify(answer.properties?.statistics ?? answer));
    const { stdout } = await run(PYTHON, [
      STATISTICS,
      server.files.path("drawn.npy"),
      server.files.path("figures.json"),
      "6",
      "10,90",
    ]);
    assert.match(stdout, /2 bands are as numpy has them/, statistics);
  }
  const outside = square(west + 100_000, north, 500, "own");
  const none = await json<{ properties: { statistics: null } }>(
    `${ITEM}/statistics?coord_crs=EPSG:32631&width=9&height=9`,
    outside,
  );
  assert.equal(none.properties.statistics, null);
  const big = await fetch(`${server.url}${ITEM}/statistics?width=9000&height=9000`);
  assert.equal(big.status, 400);
});

test("areas and points are taken in the CRS that coord_crs names", async () => {
  const [x, y] = [west + 2705, north - 2705];
  const [lon, lat] = UTM.toWgs84(x, y);
  interface Point {
    readonly coordinates: readonly number[];
    readonly values: readonly (number | null)[];
  }
  const degrees = await json<Point>(`${ITEM}/point/${lon},${lat}?assets=B04,B08`);
  const own = await json<Point>(`${ITEM}/point/${x},${y}?assets=B04,B08&coord_crs=EPSG:32631&resampling=cubic`);
  assert.deepEqual(own.values, degrees.values);
  assert.deepEqual(own.coordinates, [x, y]);
  const scaled = await json<Point>(`${ITEM}/point/${lon},${lat}?assets=B04,B08&unscale=true`);
  for (const [i, value] of degrees.values.entries())
    assert.ok(Math.abs((scaled.values[i] ?? 0) - Number(value) / 10_000) < 1e-6);
  const hole = Math.round(Number(degrees.values[0]));
  assert.deepEqual((await json<Point>(`${ITEM}/point/${lon},${lat}?assets=B04&nodata=${hole}`)).values, [null]);
  assert.equal((await fetch(`${server.url}${ITEM}/point/${x},${y}?coord_crs=EPSG:9`)).status, 400);
  assert.equal((await fetch(`${server.url}${ITEM}/point/${x},${y}`)).status, 400);
  const dates = await json<object[]>(`${COLLECTION}/point/${x},${y}/assets?coord_crs=EPSG:32631`);
  assert.deepEqual(dates, await json<object[]>(`${COLLECTION}/point/${lon},${lat}/assets`));
  for (const root of [ITEM, COLLECTION]) {
    const asked = `${root}/statistics?assets=B04`;
    const one = await json<{ properties: object }>(asked, square(x, y, 600, "degrees"));
    const other = await json<{ properties: object }>(`${asked}&coord_crs=EPSG:32631`, square(x, y, 600, "own"));
    assert.deepEqual(other.properties, one.properties);
  }
});

test("an item's box is told in the CRS that is asked for", async () => {
  interface Feature {
    readonly bbox: readonly number[];
    readonly geometry: { readonly coordinates: readonly (readonly (readonly number[])[])[] };
  }
  const own = await json<Feature>(`${ITEM}/info.geojson?crs=EPSG:32631`);
  const { width, height } = SCENE;
  assert.deepEqual(own.bbox, [west, north - 10 * height, west + 10 * width, north]);
  const mercator = await json<Feature>(`${ITEM}/info.geojson?crs=EPSG:3857`);
  const { fromWgs84 } = openCrs("EPSG:3857");
  const corner = fromWgs84(...UTM.toWgs84(west, north));
  const ring = mercator.geometry.coordinates[0] ?? [];
  assert.equal(ring.length, 5);
  assert.ok(Math.abs((mercator.bbox[0] ?? 0) - corner[0]) < 50 && Math.abs((mercator.bbox[3] ?? 0) - corner[1]) < 50);
});

test("a collection's dates are told as a registered search is", async () => {
  interface Info {
    readonly search: { readonly search: object; readonly metadata: { readonly bounds?: readonly number[] } };
    readonly links: readonly { readonly rel: string; readonly href: string }[];
  }
  const info = await json<Info>(`${COLLECTION}/info?ids=scene_2024-01-10`);
  assert.deepEqual(info.search.search, { collections: ["scene"], ids: "scene_2024-01-10" });
  const tilejson = await json<{ bounds: number[] }>(`${COLLECTION}/WebMercatorQuad/tilejson.json?ids=scene_2024-01-10`);
  assert.deepEqual(info.search.metadata.bounds, tilejson.bounds);
  // One of each for the query itself, and of TileJSON and map one for each look.
  const count = (rel: string): number => info.links.filter((link) => link.rel === rel).length;
  assert.deepEqual([...new Set(info.links.map(({ rel }) => rel))], ["self", "tilejson", "map", "wmts"]);
  assert.deepEqual([count("self"), count("tilejson"), count("map"), count("wmts")], [1, 9, 9, 1]);
  for (const { href } of info.links) {
    const url = href.replace("{tileMatrixSetId}", "WebMercatorQuad");
    assert.ok([200, 307].includes((await fetch(url, { redirect: "manual" })).status), url);
    assert.match(url, /ids=scene_2024-01-10/);
  }
  assert.equal((await json<Info>(`${COLLECTION}/info?ids=none`)).search.metadata.bounds, undefined);
});
