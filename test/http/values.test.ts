import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { BANDS } from "../../src/core/bands.js";
import { PIXEL_SELECTIONS } from "../../src/tile/mosaic/mosaic-spec.js";
import { bandPlanes } from "../support/geotiff-fixture.js";
import { placeAt, tileOf } from "../support/mosaic-catalog.js";
import { readNpy, type NpyPlanes } from "../support/npy.js";
import { sceneTiff } from "../support/scene.js";
import { seededRandom } from "../support/seeded-random.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

const SIDE = 128;
const CEILING = 32_767;
/** Of SCL. */
const WATER = 6;
let files: Workspace;
let server: TestServer;

/** Dark water beside bright sand, whose decoded bands ring below 0; in the first date a saturated cloud whose 10 m bands are 0. */
function darkWater(date: number): Uint8Array {
  const random = seededRandom(date + 1);
  const noise = Float64Array.from({ length: SIDE * SIDE }, () => random());
  const isSaturated = (row: number, column: number): boolean => date === 0 && row > 100 && column > 100;
  const tenMetre = ["B02", "B03", "B04", "B08"];
  const planes = bandPlanes(SIDE, SIDE, (b, r, c) => {
    if (isSaturated(r, c)) return tenMetre.includes(BANDS[b] ?? "") ? 0 : CEILING;
    const bright = c % 32 < 4 ? 3000 : 0;
    return Math.round(bright + 1 + (noise[r * SIDE + c] ?? 0) * (40 - 3 * b));
  });
  return sceneTiff(SIDE, SIDE, {
    planes: [...planes, new Array<number>(SIDE * SIDE).fill(WATER)],
    descriptions: [...BANDS, "SCL"],
    transform: [10, 0, 500_000, 0, -10, 4_700_000],
    epsg: 32631,
    nodata: "0",
  });
}

before(async () => {
  files = await createWorkspace();
  await mkdir(files.path("water"));
  for (const date of [0, 1, 2]) await files.write(`water/water_2024-0${date + 1}-10.tif`, darkWater(date));
  const catalog = files.path("catalog");
  const run = await runCli(["ingest", files.path("water"), "--catalog", catalog, "--quality", "0", "--masks", "given"]);
  assert.equal(run.code, 0, run.stderr);
  server = await startServer({ catalog });
});
after(async () => {
  await server.close();
  await files.close();
});

const { path: TILE } = tileOf(placeAt(64, 64), 13);
const NDVI = "expression=(B08-B04)/(B08%2BB04)";

async function tile(query: string): Promise<NpyPlanes> {
  const response = await fetch(`${server.url}/collections/water/${TILE}.npy?${query}`);
  assert.equal(response.status, 200, `${query}: ${await response.clone().text()}`);
  return readNpy(new Uint8Array(await response.arrayBuffer()));
}

function rangeOf({ at, width, height }: NpyPlanes): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) [low, high] = [Math.min(low, at(0, y, x)), Math.max(high, at(0, y, x))];
  return [low, high];
}

test("no index of dark water leaves -1..1, whatever draws it", async () => {
  const two = `${NDVI};(B03-B08)/(B03%2BB08)`;
  const queries = [
    ...PIXEL_SELECTIONS.filter((name) => name !== "count").map(
      (name) => `${name.startsWith("lastband") ? two : NDVI}&pixel_selection=${name}`,
    ),
    ...["nearest", "linear", "harmonic", "tec"].map((name) => `${NDVI}&inpaint=${name}`),
  ];
  let widest = 0;
  for (const query of queries) {
    const [low, high] = rangeOf(await tile(query));
    assert.ok(low >= -1 && high <= 1, `${query}: ${low} to ${high}`);
    widest = Math.max(widest, high - low);
  }
  assert.ok(widest > 1, `water and sand differ: ${widest}`);
  const [lon, lat] = placeAt(10, 10);
  for (let x = 6; x < 40; x += 3) {
    const at = placeAt(x, 50).join(",");
    const { properties, values } = (await (
      await fetch(`${server.url}/collections/water/items/water_2024-01-10/point/${at}?${NDVI}`)
    ).json()) as { properties: unknown; values: number[] };
    for (const value of values) assert.ok(Math.abs(value) <= 1, `point: ${value} ${JSON.stringify(properties)}`);
  }
  const body = JSON.stringify({
    type: "Feature",
    properties: {},
    geometry: {
      type: "Polygon",
      coordinates: [[[lon, lat], placeAt(120, 10), placeAt(120, 90), placeAt(10, 90), [lon, lat]]],
    },
  });
  const answer = await fetch(`${server.url}/collections/water/statistics?${NDVI}`, {
    method: "POST",
    headers: { "Content-Type": "application/geo+json" },
    body,
  });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  const found = [...text.matchAll(/"(?:min|max)":(-?[\d.]+)/g)].map(([, value]) => Number(value));
  assert.ok(found.length >= 6, text.slice(0, 300));
  for (const value of found) assert.ok(Math.abs(value) <= 1, text.slice(0, 300));
});

test("digital numbers that are merged are never negative: the lowest of noisy water is 0 or more in float too", async () => {
  const [low] = rangeOf(await tile("expression=B09&pixel_selection=lowest"));
  assert.ok(low >= 0, `${low}`);
});

test("a saturated cloud whose 10 m bands are 0 is a hole, not black", async () => {
  const { path, x, y } = tileOf(placeAt(115, 115), 14);
  const at = async (datetime: string): Promise<readonly [number, number]> => {
    const url = `${server.url}/collections/water/items/water_${datetime}/${path}.npy?assets=B04`;
    const planes = readNpy(new Uint8Array(await (await fetch(url)).arrayBuffer()));
    return [planes.at(0, y, x), planes.at(1, y, x)];
  };
  assert.deepEqual(await at("2024-01-10"), [0, 0], "masked where it is saturated");
  assert.equal((await at("2024-02-10"))[1], 255, "dark water is seen");
});

test("counts as values are counts, as pictures grey", async () => {
  const { path, x, y } = tileOf(placeAt(50, 50), 14);
  const get = async (name: string): Promise<NpyPlanes> =>
    readNpy(
      new Uint8Array(
        await (await fetch(`${server.url}/collections/water/${path}.npy?pixel_selection=count${name}`)).arrayBuffer(),
      ),
    );
  assert.equal((await get("")).at(0, y, x), 3);
  assert.equal((await get("&rescale=0,12")).at(0, y, x), Math.round((3 * 255) / 12));
});
