import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { promisify } from "node:util";
import { readNpy } from "../support/npy.js";
import { gdal, hasGdal } from "../support/gdal.js";
import { SCENE } from "../support/scene-catalog.js";
import { useSceneServer } from "../support/scene-server.js";

const CHECK = fileURLToPath(new URL("../../../test/clients/algorithms_check.py", import.meta.url));
const PYTHON = process.env["TECTILE_TEST_PYTHON"] ?? "python3";
const run = promisify(execFile);
const COLLECTION = `/collections/${SCENE.collection}`;
const ITEM = `${COLLECTION}/items/scene_2024-04-10`;
const TILE = "tiles/WebMercatorQuad/12/2082/1513";

const server = useSceneServer({ pixelThreads: 2 });

const algorithm = (name: string, params?: object): string =>
  `algorithm=${name}${params === undefined ? "" : `&algorithm_params=${encodeURIComponent(JSON.stringify(params))}`}`;

async function get(path: string): Promise<Response> {
  const response = await fetch(server.url + path);
  assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
  return response;
}

async function refusal(path: string): Promise<string> {
  const response = await fetch(server.url + path);
  const { detail } = (await response.json()) as { detail: string };
  assert.equal(response.status, 400, `${path}: ${detail}`);
  return detail;
}

/** An algorithm, its numbers, and what it is asked to take. */
const CASES: readonly (readonly [name: string, params: object, query: string])[] = [
  ["hillshade", {}, "assets=B08&buffer=3"],
  ["hillshade", { azimuth: 300, angle_altitude: 60, buffer: 0, z_exaggeration: 0.02 }, "assets=B08"],
  ["hillshade", { z_exaggeration: 20 }, "assets=B08&unscale=true&buffer=3"],
  ["slope", { buffer: 1 }, "assets=B08"],
  ["slope", { z_exaggeration: 3 }, "expression=B08/B04"],
  ["contours", {}, "assets=B08"],
  ["contours", { increment: 120, thickness: 7, minz: 300, maxz: 3000 }, "assets=B04"],
  ["contours", { increment: 0, minz: -1, maxz: 4 }, "expression=B08/B04"],
  ["normalizedIndex", {}, "assets=B04,B08"],
  ["normalizedIndex", {}, "assets=B04,B08&unscale=true"],
  ["terrarium", {}, "assets=B08"],
  ["terrarium", { nodata_height: -20 }, "assets=B08"],
  ["terrarium", {}, "expression=B08/B04-2"],
  ["terrainrgb", {}, "assets=B08"],
  ["terrainrgb", { interval: 0.5, baseval: 300, nodata_height: 77 }, "assets=B08"],
  ["terrainrgb", { interval: 0.01 }, "expression=B08/B04"],
  ["cast", {}, "assets=B08,B04"],
  ["ceil", {}, "expression=B08/B04;B04*100/B08"],
  ["floor", {}, "expression=B08/B04"],
  ["floor", {}, "assets=B08"],
  ...["min", "max", "median", "mean", "std", "var", "sum"].flatMap((name) =>
    ["assets=B02,B03,B04,B08", "assets=B02,B04,B08&unscale=true"].map((query) => [name, {}, query] as const),
  ),
  ["grayscale", {}, "assets=B04,B03,B02"],
  ["bitonal", {}, "assets=B04,B03,B02"],
  ["bitonal", {}, "expression=B04/8"],
];

test("algorithms make of the same values what titiler.core's make", async (t) => {
  const there = await run(PYTHON, ["-c", "import titiler.core"]).catch(() => undefined);
  if (there === undefined)
    return t.skip("titiler.core is not installed; TECTILE_TEST_PYTHON names a Python that has it");
  const cases = await Promise.all(
    CASES.map(async ([name, params, query], i) => {
      const taken = await get(`${ITEM}/${TILE}.npy?${query}`);
      const made = await get(`${ITEM}/${TILE}.npy?${query}&${algorithm(name, params)}`);
      const bounds = taken.headers.get("content-bbox")?.split(",").map(Number);
      const paths = { taken: `taken-${i}.npy`, made: `made-${i}.npy` };
      await server.files.write(paths.taken, new Uint8Array(await taken.arrayBuffer()));
      await server.files.write(paths.made, new Uint8Array(await made.arrayBuffer()));
      return {
        algorithm: name,
        params,
        query,
        bounds,
        taken: server.files.path(paths.taken),
        made: server.files.path(paths.made),
      };
    }),
  );
  await server.files.write("cases.json", JSON.stringify(cases));
  const { stdout } = await run(PYTHON, [CHECK, server.files.path("cases.json")]);
  assert.match(stdout, new RegExp(`${CASES.length} pictures are as`));
});

test("algorithms are of items, collections and searches: tiles, previews, crops, TileJSON, WMTS, statistics", async () => {
  const query = `assets=B08&buffer=3&${algorithm("hillshade", { z_exaggeration: 0.05 })}`;
  const bytes = async (path: string): Promise<Buffer> => Buffer.from(await (await get(path)).arrayBuffer());
  const body = JSON.stringify({ collections: [SCENE.collection], ids: ["scene_2024-01-10"] });
  const registered = await fetch(`${server.url}/searches/register`, { method: "POST", body });
  const { id } = (await registered.json()) as { id: string };
  const item = `${COLLECTION}/items/scene_2024-01-10`;
  const tile = await bytes(`${item}/${TILE}.png?${query}`);
  assert.deepEqual(await bytes(`${COLLECTION}/${TILE}.png?ids=scene_2024-01-10&${query}`), tile);
  assert.deepEqual(await bytes(`/searches/${id}/${TILE}.png?${query}`), tile);
  assert.notDeepEqual(await bytes(`${item}/${TILE}.png?assets=B08`), tile);
  for (const root of [item, COLLECTION, `/searches/${id}`]) {
    const { tiles } = (await (await get(`${root}/WebMercatorQuad/tilejson.json?${query}`)).json()) as {
      tiles: string[];
    };
    const url = (tiles[0] ?? "").replace("{z}", "12").replace("{x}", "2082").replace("{y}", "1513");
    assert.equal((await fetch(url)).status, 200, url);
    assert.match(url, /algorithm=hillshade&algorithm_params=/);
    assert.match(await (await get(`${root}/WMTSCapabilities.xml?${query}`)).text(), /algorithm=hillshade/);
  }
  // Off each side comes what the algorithm needs there, as in TiTiler: also of where the picture lies.
  const whole = await get(`${item}/preview/100x90.npy?assets=B08&${algorithm("slope", { buffer: 5 })}`);
  const planes = readNpy(new Uint8Array(await whole.arrayBuffer()));
  assert.deepEqual([planes.width, planes.height], [90, 80]);
  const { west, north, width, height } = SCENE;
  const [wide, high] = [width / 10, height / 9];
  const edges = [west + wide * 5, north - high * 85, west + wide * 95, north - high * 5];
  const told = whole.headers.get("content-bbox")?.split(",").map(Number) ?? [];
  assert.ok(
    edges.every((edge, i) => Math.abs(edge - (told[i] ?? 0)) < 1e-6),
    String(told),
  );
  // Figures of the values that the picture would hold at full resolution.
  const asked = `assets=B04&assets=B08&${algorithm("normalizedIndex")}`;
  type Figures = Record<string, { mean: number; count: number; description: string }>;
  const figures = (await (await get(`${item}/statistics?${asked}`)).json()) as Figures;
  const index = readNpy(new Uint8Array(await (await get(`${item}/preview.npy?${asked}`)).arrayBuffer()));
  let sum = 0;
  for (let r = 0; r < index.height; r++) for (let c = 0; c < index.width; c++) sum += index.at(0, r, c);
  assert.deepEqual(Object.keys(figures), ["b1"]);
  assert.equal(figures["b1"]?.description, "(B08 - B04) / (B08 + B04)");
  assert.equal(figures["b1"].count, width * height);
  assert.ok(Math.abs(figures["b1"].mean - sum / (width * height)) < 2e-4);
});

test("a picture of what an algorithm makes is rescaled as its values ask", async () => {
  const luminance = async (query: string): Promise<Buffer> =>
    Buffer.from(await (await get(`${ITEM}/${TILE}.png?${query}`)).arrayBuffer());
  for (const [plain, ranged] of [
    [`assets=B04,B08&${algorithm("normalizedIndex")}`, "-1,1"],
    [`assets=B08&${algorithm("slope")}`, "0,90"],
    [`assets=B08&${algorithm("terrarium")}`, "0,255"],
    [`assets=B02,B08&${algorithm("max")}`, "0,4500"],
    [`assets=B02,B03&${algorithm("sum")}`, "0,6000"],
    [algorithm("grayscale"), "0,3000"],
  ] as const)
    assert.deepEqual(await luminance(plain), await luminance(`${plain}&rescale=${ranged}`), plain);
  const ndvi = `assets=B04,B08&${algorithm("normalizedIndex")}&colormap_name=rdylgn`;
  assert.deepEqual(await luminance(ndvi), await luminance(`${ndvi}&rescale=-1,1`));
});

test(
  "a GeoTIFF of what an algorithm makes lies where its pixels do",
  { skip: hasGdal() ? false : "no GDAL" },
  async () => {
    const response = await get(`${ITEM}/preview/100x90.tif?assets=B08&${algorithm("hillshade", { buffer: 10 })}`);
    await server.files.write("shade.tif", new Uint8Array(await response.arrayBuffer()));
    const info = JSON.parse(gdal("gdalinfo", ["-json", server.files.path("shade.tif")])) as {
      size: number[];
      geoTransform: number[];
      bands: { type: string; description: string }[];
    };
    assert.deepEqual(info.size, [80, 70]);
    assert.deepEqual(
      [info.geoTransform[0], info.geoTransform[3]],
      [SCENE.west + (10 * SCENE.width) / 10, SCENE.north - 10 * (SCENE.height / 9)],
    );
    assert.deepEqual([info.bands[0]?.type, info.bands[0]?.description], ["Byte", "hillshade"]);
  },
);

test("an algorithm that is not known, takes other bands, or other numbers is refused by name", async () => {
  const tile = `${ITEM}/${TILE}.png`;
  assert.match(await refusal(`${tile}?algorithm=none`), /algorithm is "none"; wanted one of hillshade, slope/);
  assert.match(await refusal(`${tile}?${algorithm("hillshade")}`), /algorithm=hillshade is of 1 band.*names 3/);
  assert.match(await refusal(`${tile}?assets=B08&${algorithm("normalizedIndex")}`), /2 bands/);
  assert.match(await refusal(`${tile}?assets=B08&${algorithm("std")}`), /2 or more/);
  for (const [params, wanted] of [
    ["{", /JSON object/],
    ["[1]", /JSON object/],
    ['{"azimuth":361}', /azimuth 361; wanted a whole number from 0 to 360/],
    ['{"azimuth":1.5}', /azimuth 1.5/],
    ['{"azimuth":"x"}', /azimuth "x"/],
    ['{"sun":1}', /"sun", which hillshade doesn't take/],
    ['{"buffer":99}', undefined],
  ] as const) {
    const asked = `assets=B08&algorithm=hillshade&algorithm_params=${encodeURIComponent(params)}`;
    if (wanted === undefined) assert.match(await refusal(`${tile}?${asked}&tilesize=198`), /takes 99 pixels/);
    else assert.match(await refusal(`${tile}?${asked}`), wanted);
  }
  assert.match(await refusal(`${tile}?assets=B08&algorithm_params={"buffer":1}`), /without algorithm/);
  assert.match(await refusal(`${tile}?assets=B08&${algorithm("contours", { minz: 5, maxz: 5 })}`), /minz below maxz/);
  assert.match(
    await refusal(`${tile}?assets=B08&${algorithm("terrainrgb", { interval: 0.0001 })}`),
    /greater interval/,
  );
  assert.match(await refusal(`${ITEM}/preview/1500x1500.tif?assets=B08&${algorithm("slope")}`), /2 megapixels/);
  assert.equal((await fetch(`${server.url}/algorithms/none`)).status, 404);
});

test("algorithms are told as TiTiler 2.4 tells them", async (t) => {
  const there = await run(PYTHON, ["-c", "import titiler.core"]).catch(() => undefined);
  if (there === undefined)
    return t.skip("titiler.core is not installed; TECTILE_TEST_PYTHON names a Python that has it");
  const script = `
import json
from titiler.core.factory import AlgorithmFactory
factory = AlgorithmFactory()
data = factory.supported_algorithm.data
print(json.dumps({name: factory._get_algo_metadata(one).model_dump() for name, one in data.items()}))`;
  const { stdout } = await run(PYTHON, ["-c", script]);
  const wanted = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  const { algorithms } = (await (await get("/algorithms")).json()) as {
    algorithms: { id: string; links: { href: string }[] }[];
  };
  assert.deepEqual(
    algorithms.map(({ id }) => id),
    Object.keys(wanted),
  );
  for (const { id, links } of algorithms)
    assert.deepEqual(await (await fetch(links[0]?.href ?? "")).json(), wanted[id], id);
});
