import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { before, after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CLOUDY_DATE, makeWideSeries, openWideSources } from "../../support/cloudy-series.js";
import { tileOf } from "../../support/mosaic-catalog.js";
import { startServer, type TestServer } from "../../support/server.js";
import { createWorkspace, runCli, type Workspace } from "../../support/workspace.js";

const PYTHON = process.env["TECTILE_TEST_PYTHON"] ?? "python3";
const CHECK = fileURLToPath(new URL("../../../../test/golden/pictures/check.py", import.meta.url));
const run = promisify(execFile);
/** What the middle of a request's days is, for `clear_nearest` and `best`. */
const ASKED = "2024-06-20T00:00:00Z";

/** Pixels a side, and the zoom at which they are not larger than the imagery's. */
const [SIDE, NATIVE] = [128, 15];

let files: Workspace;
let server: TestServer;
let middle: readonly [lon: number, lat: number];
/** What the reference is drawn from: each date decoded by the command, and the classes that it was made with. */
let dates: readonly { readonly datetime: string; readonly file: string; readonly classes: string }[];
const isThere = await run(PYTHON, ["-c", "import numpy, rasterio, rio_tiler"]).then(
  () => true,
  () => false,
);
const skip = isThere
  ? false
  : "rasterio and rio-tiler are not installed; TECTILE_TEST_PYTHON names a Python that has them";

before(async () => {
  if (!isThere) return;
  files = await createWorkspace();
  const catalog = files.path("catalog");
  const [west, south, east, north] = (await makeWideSeries(catalog)).boundsWgs84;
  middle = [(west + east) / 2, (south + north) / 2];
  dates = await Promise.all(openWideSources().map((source) => reference(catalog, source)));
  server = await startServer({ catalog, pixelThreads: 2 });
});
after(async () => {
  await server?.close();
  await files?.close();
});

async function reference(
  catalog: string,
  source: ReturnType<typeof openWideSources>[number],
): Promise<(typeof dates)[number]> {
  const { width, height } = source.grid;
  const { classes = new Uint8Array() } = await source.read({ x: 0, y: 0, width, height });
  await source.close();
  const { id } = source;
  const file = files.path(`${id}.tif`);
  const { code, stderr } = await runCli(["decode", join(catalog, "wide", id, `${id}.tif`), file]);
  assert.equal(code, 0, stderr);
  return { datetime: source.datetime ?? "", file, classes: await files.write(`${id}.scl`, classes) };
}

interface Picture {
  readonly z: number;
  readonly x: number;
  readonly y: number;
  readonly answer: string;
  readonly observed: number;
  readonly inferred: number;
}

/** Tiles at some zooms, at the native one nine of all parts, rims and what lies beyond included; and where the answers lie. */
async function fetchTiles(
  name: string,
  {
    path,
    query,
    ext,
    zooms,
  }: { readonly path: string; readonly query: string; readonly ext: string; readonly zooms: readonly number[] },
): Promise<readonly Picture[]> {
  const pictures: Picture[] = [];
  for (const z of zooms) {
    const [mx, my] = tileOf(middle, z).tile;
    for (const y of z === NATIVE ? [my - 3, my, my + 3] : [my]) {
      for (const x of z === NATIVE ? [mx - 3, mx, mx + 3] : [mx]) {
        const response = await fetch(
          `${server.url}${path}/tiles/WebMercatorQuad/${z}/${x}/${y}.${ext}?tilesize=${SIDE}&${query}`,
        );
        assert.ok(response.ok, `${query}: ${response.status} ${await response.clone().text()}`);
        if (response.status === 204) continue;
        const share = (header: string): number => Number(response.headers.get(header));
        pictures.push({
          z,
          x,
          y,
          answer: await files.write(`${name}-${z}-${x}-${y}.${ext}`, new Uint8Array(await response.arrayBuffer())),
          observed: share("tectile-observed"),
          inferred: share("tectile-inferred"),
        });
      }
    }
  }
  assert.ok(pictures.length >= zooms.length, `${name}: ${pictures.length} tiles`);
  return pictures;
}

/** Has check.py draw the same pictures and compare; its tolerances are stated there. */
async function check(jobs: readonly object[]): Promise<string> {
  const file = await files.write("jobs.json", JSON.stringify({ dates, asked: ASKED, jobs }));
  const { stdout } = await run(PYTHON, [CHECK, file], { maxBuffer: 2 ** 24 }).catch((error: { stderr: string }) =>
    assert.fail(error.stderr),
  );
  return stdout;
}

const STYLES: Readonly<Record<string, string>> = {
  "true colour": "assets=B04,B03,B02&rescale=0,3000",
  "true colour as it comes": "",
  "false colour": "render=false-color-infrared",
  NDVI: "expression=(B08-B04)/(B08%2BB04)&rescale=-1,1&colormap_name=rdylgn",
  "one band": "assets=B08&rescale=0,5000",
  "one band in colours": "assets=B11&rescale=0,4500&colormap_name=viridis",
  "a range a band": "assets=B12,B8A,B02&rescale=200,2500&rescale=100,5000&rescale=0,1500",
};

test("every style is what rio-tiler draws of the decoded date", { skip }, async () => {
  const [first] = openWideSources();
  const jobs = [];
  for (const [name, query] of Object.entries(STYLES)) {
    const path = `/collections/wide/items/${first?.id}`;
    jobs.push({
      kind: "style",
      name,
      pictures: await fetchTiles(name, { path, query, ext: "png", zooms: [NATIVE, 17] }),
    });
    jobs.push({
      kind: "overview",
      name,
      pictures: await fetchTiles(name, { path, query, ext: "png", zooms: [13, 14] }),
    });
  }
  console.time("py");
  assert.match(await check(jobs), /14 jobs/);
  console.timeEnd("py");
});

const SELECTIONS = ["first", "highest", "lowest", "mean", "median", "stdev", "count", "lastbandhigh", "lastbandlow"];
const CLEAR = ["clear_newest", "clear_nearest", "clear_median", "medoid", "best"];

test(
  "every selection is the dates that GDAL warps, merged by rio-tiler's methods or by the documented rules",
  { skip },
  async () => {
    const jobs = [];
    for (const name of [...SELECTIONS, ...CLEAR]) {
      const decides = name.startsWith("lastband") ? "expression=B04;B08;B02" : "assets=B04,B08,B02";
      const asked = name === "clear_nearest" || name === "best" ? `&datetime=${ASKED}` : "";
      const query = `${decides}&pixel_selection=${name}${asked}`;
      jobs.push({
        kind: "selection",
        name,
        pictures: await fetchTiles(name, { path: "/collections/wide", query, ext: "npy", zooms: [NATIVE, 17] }),
      });
    }
    console.time("py");
    assert.match(await check(jobs), /14 jobs/);
    console.timeEnd("py");
  },
);

test(
  "filled dates show what was seen as it was seen, say the rest is inferred, and its detail is that of the nearest date",
  { skip },
  async () => {
    const jobs = [];
    for (const name of ["nearest", "linear", "harmonic", "tec"]) {
      const query = `assets=B04,B08,B02&inpaint=${name}&datetime=${CLOUDY_DATE}&return_inferred=true&return_uncertainty=true`;
      jobs.push({
        kind: "filled",
        name,
        pictures: await fetchTiles(`inpaint ${name}`, {
          path: "/collections/wide",
          query,
          ext: "npy",
          zooms: [NATIVE, 17],
        }),
      });
    }
    assert.match(await check(jobs), /4 jobs/);
  },
);
