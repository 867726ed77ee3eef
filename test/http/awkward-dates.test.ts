import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { BANDS } from "../../src/core/bands.js";
import { openCrs } from "../../src/geo/crs.js";
import { bandPlanes } from "../support/geotiff-fixture.js";
import { placeAt, tileOf } from "../support/mosaic-catalog.js";
import { readNpy } from "../support/npy.js";
import { sceneTiff, sceneValue } from "../support/scene.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

const SIDE = 128;
const [CLEAR, CLOUD, NOTHING] = [4, 9, 0];
let files: Workspace;
let catalog: string;
let server: TestServer;

interface Image {
  readonly collection: string;
  readonly date: string;
  readonly class: (row: number, column: number) => number;
  /** 0: not seen, whatever the class says. */
  readonly seen?: (row: number, column: number) => boolean;
  readonly step?: number;
  readonly west?: number;
  readonly epsg?: number;
}

const north = (r: number): number => (r < SIDE / 2 ? CLOUD : CLEAR);
const south = (r: number): number => (r < SIDE / 2 ? CLEAR : CLOUD);
const IMAGES: readonly Image[] = [
  { collection: "single", date: "2024-05-10", class: north },
  { collection: "clouded", date: "2024-05-10", class: () => CLOUD },
  { collection: "clouded", date: "2024-06-10", class: () => CLOUD },
  // One place on four grids: shifted by parts of a pixel, coarser, in another zone.
  { collection: "grids", date: "2024-04-10", class: south },
  { collection: "grids", date: "2024-05-10", class: north, west: 500_003 },
  { collection: "grids", date: "2024-06-10", class: south, step: 20, west: 499_300 },
  { collection: "grids", date: "2024-07-10", class: south, epsg: 32_630 },
  // Classes that say clear where nothing was seen, and nothing where something was; clouds and their contrary in the item.
  { collection: "contrary", date: "2024-05-10", class: (_, c) => (c < 40 ? NOTHING : CLEAR), seen: (_, c) => c < 90 },
  { collection: "contrary", date: "2024-06-10", class: () => CLOUD },
  { collection: "contrary", date: "2024-07-10", class: () => CLEAR },
];
const COLLECTIONS = [...new Set(IMAGES.map(({ collection }) => collection))];

before(async () => {
  files = await createWorkspace();
  catalog = files.path("catalog");
  for (const image of IMAGES) {
    await mkdir(files.path(image.collection), { recursive: true });
    await files.write(`${image.collection}/${image.collection}_${image.date}.tif`, tiffOf(image));
  }
  for (const collection of COLLECTIONS) {
    const args = ["ingest", files.path(collection), "--catalog", catalog, "--masks", "given", "--quality", "0"];
    const { code, stderr } = await runCli(args);
    assert.equal(code, 0, stderr);
  }
  await changeItem("contrary_2024-06-10", {
    "tec:clear_percent": 100,
    "tec:chunk_clear_percent": [100],
    "eo:cloud_cover": 0,
  });
  await changeItem("contrary_2024-07-10", { "tec:clear_percent": 60, "tec:chunk_clear_percent": [0] });
  server = await startServer({ catalog });
});
after(async () => {
  await server.close();
  await files.close();
});

async function changeItem(id: string, properties: Readonly<Record<string, unknown>>): Promise<void> {
  const path = `${catalog}/contrary/${id}/${id}.json`;
  const json = JSON.parse(await readFile(path, "utf8")) as { readonly properties: object };
  await writeFile(path, JSON.stringify({ ...json, properties: { ...json.properties, ...properties } }));
}

function tiffOf({ class: classAt, seen, step = 10, west = 500_000, epsg = 32_631 }: Image): Uint8Array {
  const isSeen = (r: number, c: number): boolean => seen?.(r, c) ?? classAt(r, c) !== NOTHING;
  const planes = bandPlanes(SIDE, SIDE, (b, r, c) =>
    isSeen(r, c) ? (classAt(r, c) === CLOUD ? 7000 : Math.max(1, Math.round(sceneValue(b, r, c)))) : 0,
  );
  const scl = Array.from({ length: SIDE * SIDE }, (_, i) => classAt(Math.floor(i / SIDE), i % SIDE));
  const [x, y] = epsg === 32_631 ? [west, 4_700_000] : openCrs(`EPSG:${epsg}`).fromWgs84(...placeAt(0, 0));
  const transform = [step, 0, x, 0, -step, y] as const;
  return sceneTiff(SIDE, SIDE, {
    planes: [...planes, scl],
    descriptions: [...BANDS, "SCL"],
    transform: [...transform],
    epsg,
  });
}

const TILE = tileOf(placeAt(64, 64), 14).path;
const BOX = "3,42.443,3.0155,42.4545/200x200";
const INPAINT = ["nearest", "linear", "harmonic", "tec"].map((method) => `inpaint=${method}`);
const SELECTIONS = ["first", "clear_newest", "clear_median", "best", "count"].map((name) => `pixel_selection=${name}`);

/** What is asked of a collection, whatever its dates are; `when` narrows them. */
function* asked(collection: string, when: string): Generator<string> {
  const root = `/collections/${collection}`;
  for (const query of [...INPAINT, ...SELECTIONS]) {
    yield `${root}/${TILE}.png?${query}&${when}`;
    yield `${root}/bbox/${BOX}.npy?assets=B04&${query}&${when}`;
  }
  yield `${root}/WebMercatorQuad/tilejson.json?inpaint=tec&${when}`;
  yield `${root}/WMTSCapabilities.xml?${when}`;
  yield `${root}/dates?${when}`;
  yield `${root}/point/3.005,42.448?assets=B04&inpaint=linear&${when}`;
}

/** The answer: whole, or nothing at all, or one sentence. */
async function answer(path: string): Promise<{ readonly status: number; readonly body: Uint8Array }> {
  const response = await fetch(server.url + path);
  const body = new Uint8Array(await response.arrayBuffer());
  if (response.status >= 400) {
    const { detail } = JSON.parse(Buffer.from(body).toString()) as { readonly detail: unknown };
    assert.match(String(detail), /^[A-Z].{10,}/, `${path}: ${String(detail)}`);
  }
  return { status: response.status, body };
}

test("one date, dates of different grids, masks that contradict themselves: each request has its answer, and no place that a date shows is lost", async () => {
  for (const collection of ["single", "grids", "contrary"]) {
    for (const when of ["", "datetime=2024-05-10"]) {
      for (const path of asked(collection, when)) assert.equal((await answer(path)).status, 200, path);
      const box = `/collections/${collection}/bbox/${BOX}.npy?assets=B04`;
      const clear = readNpy((await answer(`${box}&pixel_selection=clear_nearest&${when}`)).body);
      for (const method of INPAINT) {
        const filled = readNpy((await answer(`${box}&${method}&${when}`)).body);
        for (let y = 0; y < clear.height; y++)
          for (let x = 0; x < clear.width; x++)
            if (clear.at(1, y, x) !== 0) assert.notEqual(filled.at(1, y, x), 0, `${collection} ${method} ${x}, ${y}`);
      }
    }
    for (const date of IMAGES.filter((image) => image.collection === collection).map((image) => image.date)) {
      const item = `/collections/${collection}/items/${collection}_${date}`;
      assert.equal((await answer(`${item}/preview.png`)).status, 200);
      assert.equal((await answer(`${item}/zarr/zarr.json`)).status, 200);
    }
    assert.equal((await answer(`/collections/${collection}/zarr/zarr.json`)).status, 200);
  }
});

test("where all dates are clouded the clouds are there to see, and nothing else is made up", async () => {
  for (const when of ["", "datetime=2024-05-10"])
    for (const path of asked("clouded", when)) {
      const isPicture = /png|npy/.test(path);
      const isEmpty = isPicture && !/pixel_selection=(first|count)/.test(path);
      assert.equal((await answer(path)).status, isEmpty ? 204 : 200, path);
    }
});

test("an interval without dates is empty everywhere, and says so where there is a sentence to say it", async () => {
  const datetime = "1999-01-01/1999-02-01";
  for (const path of asked("single", `datetime=${datetime}`))
    assert.equal((await answer(path)).status, /png|npy/.test(path) ? 204 : 200, path);
  const { body: dates } = await answer(`/collections/single/dates?datetime=${datetime}`);
  assert.deepEqual((JSON.parse(Buffer.from(dates).toString()) as { readonly dates: unknown }).dates, []);
  const response = await fetch(`${server.url}/searches/register`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ collections: ["single"], datetime }),
  });
  const search = `/searches/${((await response.json()) as { readonly id: string }).id}`;
  for (const [path, status] of [
    [`${search}/${TILE}.png?inpaint=tec`, 204],
    [`${search}/bbox/${BOX}.tif`, 204],
    [`${search}/zarr/zarr.json`, 404],
    [`${search}/WebMercatorQuad/tilejson.json`, 200],
    [`/collections/single/items/none/preview.png`, 404],
  ] as const)
    assert.equal((await answer(path)).status, status, path);
});

test("mosaics of such dates are made of what there is, or refused in a sentence", { timeout: 120_000 }, async () => {
  for (const method of ["clear_median", "inpaint"]) {
    const make = (collection: string, every: string): ReturnType<typeof runCli> =>
      runCli([
        "mosaic",
        `--collection=${collection}`,
        `--every=${every}`,
        `--method=${method}`,
        `--catalog=${catalog}`,
        `--out-collection=${collection}-${method.replace("_", "-")}`,
        "--quality=0",
      ]);
    for (const [collection, every] of [
      ["clouded", "month"],
      ["single", "1999-01-01/1999-02-01"],
    ] as const) {
      const { code, stderr } = await make(collection, every);
      assert.equal(code, 2);
      assert.equal(stderr.trim(), `tectile: No date of ${collection} with a clear pixel lies in ${every}`);
    }
    // Of each grid its own; of one date what it shows; of the contrary masks what the file says.
    const seen = async (collection: string): Promise<readonly number[]> => {
      const { code, stderr } = await make(collection, "year");
      assert.equal(code, 0, stderr);
      return [...stderr.matchAll(/(\d+) % seen/g)].map(([, percent]) => Number(percent));
    };
    const isWhole = method === "inpaint";
    assert.deepEqual(await seen("single"), [isWhole ? 100 : 48]);
    assert.deepEqual(await seen("grids"), isWhole ? [100, 100, 100, 100] : [48, 48, 48, 48]);
    assert.deepEqual(await seen("contrary"), [100]);
  }
});
