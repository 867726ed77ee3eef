import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { createDecoder } from "../../src/app/services.js";
import { parseConfig } from "../../src/app/config.js";
import { BANDS, BAND_RESOLUTION_M } from "../../src/core/bands.js";
import { makeGeoTiff } from "../support/geotiff-fixture.js";
import { startRangeServer } from "../support/range-server.js";
import { sceneValue } from "../support/scene.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

const SIZE = 240;
let files: Workspace;
before(async () => {
  files = await createWorkspace();
});
after(() => files.close());

/** SCL of the scene: a cloud in the middle, vegetation elsewhere. */
const sclAt = (row: number, column: number): number => (Math.hypot(row - 60, column - 60) < 20 ? 9 : 4);

/** Assets of one product as Earth Search keeps them: a file a band at its own resolution, SCL at 20 m. */
function assets(offset: number): Map<string, Uint8Array> {
  const made = new Map<string, Uint8Array>();
  const add = (
    name: string,
    resolution: number,
    value: (row: number, column: number) => number,
    type: "uint16" | "uint8",
  ): void => {
    const side = (SIZE * 10) / resolution;
    const plane = Array.from({ length: side * side }, (_, i) => value(Math.floor(i / side), i % side));
    made.set(
      name,
      makeGeoTiff({
        width: side,
        height: side,
        planes: [plane],
        type,
        tileSize: 64,
        epsg: 32631,
        transform: [resolution, 0, 500000, 0, -resolution, 4700000],
      }),
    );
  };
  BANDS.forEach((band, b) => {
    const step = BAND_RESOLUTION_M[band] / 10;
    add(
      `${band}.tif`,
      10 * step,
      (row, column) => Math.round(sceneValue(b, row * step, column * step)) - offset,
      "uint16",
    );
  });
  add("SCL.tif", 20, sclAt, "uint8");
  return made;
}

function item(href: (name: string) => string, properties: object): string {
  const band = (name: string) => [
    name,
    {
      href: href(`${name}.tif`),
      type: "image/tiff; application=geotiff",
      roles: ["data"],
      "eo:bands": [{ name }],
      "proj:shape": [1, 1],
    },
  ];
  return JSON.stringify({
    type: "Feature",
    stac_version: "1.0.0",
    stac_extensions: [],
    id: "S2_TEST",
    bbox: [3, 42.4, 3.03, 42.45],
    geometry: null,
    links: [],
    properties: { datetime: "2024-05-01T10:50:31Z", platform: "sentinel-2a", ...properties },
    assets: Object.fromEntries([
      ...BANDS.map(band),
      ["SCL", { href: href("SCL.tif"), type: "image/tiff; application=geotiff", roles: ["data"] }],
    ]),
  });
}

async function ingest(location: string, catalog: string): Promise<Record<string, unknown>> {
  const run = await runCli([
    "ingest",
    location,
    "--catalog",
    files.path(catalog),
    "--collection",
    "s2",
    "--masks",
    "given",
  ]);
  assert.equal(run.code, 0, run.stderr);
  const json = JSON.parse(await readFile(files.path(`${catalog}/s2/S2_TEST/S2_TEST.json`), "utf8")) as {
    properties: Record<string, unknown>;
    assets: { tec: Record<string, unknown> };
  };
  return { ...json.properties, ...json.assets.tec };
}

/** Mean of B04 over clear land, and the classes of the pixels, as the server would decode them. */
async function decodeChunk(catalog: string): Promise<{ mean: number; classes: Uint8Array }> {
  const decoder = await createDecoder(parseConfig({ provider: "cpu" }));
  const container = await decoder.reader.open(files.path(`${catalog}/s2/S2_TEST/S2_TEST.tif`), "");
  const { openTecCog } = await import("../../src/app/open-tec-cog.js");
  const raster = await (
    await openTecCog(files.path(`${catalog}/s2/S2_TEST/S2_TEST.tif`), { decoder })
  ).readWindow({ x: 150, y: 150, width: 80, height: 80 }, { bands: ["B04"] });
  const { classes } = await decoder.reader.chunk(container, 0, 0);
  await decoder.close();
  assert.ok(classes !== undefined);
  return { mean: raster.samples.reduce((sum, v) => sum + v, 0) / raster.samples.length, classes };
}

const truth = (): number => {
  let sum = 0;
  for (let r = 150; r < 230; r++) for (let c = 150; c < 230; c++) sum += sceneValue(3, r, c);
  return sum / 6400;
};

test("an Item's assets at 10, 20 and 60 m over http: one item, its offset taken once, its SCL kept exactly", async () => {
  const server = await startRangeServer();
  // Stored numbers are 1000 above digital numbers, as since processing baseline 04.00.
  for (const [name, bytes] of assets(-1000)) server.files.set(`/${name}`, bytes);
  server.files.set("/item.json", Buffer.from(item((name) => `./${name}`, { "s2:processing_baseline": "05.09" })));
  const told = await ingest(`${server.origin}/item.json`, "http");
  await server.close();
  assert.equal(Date.parse(told["datetime"] as string), Date.parse("2024-05-01T10:50:31Z"));
  assert.equal(told["platform"], "sentinel-2a");
  const { mean, classes } = await decodeChunk("http");
  assert.ok(Math.abs(mean - truth()) < 15, `${mean} against ${truth()}`);
  for (let r = 0; r < SIZE; r++)
    for (let c = 0; c < SIZE; c++) assert.equal(classes[r * SIZE + c], sclAt(Math.floor(r / 2), Math.floor(c / 2)));
  const clouds = classes.reduce((count, code) => count + (code === 9 ? 1 : 0), 0);
  assert.ok(Math.abs((told["tec:clear_percent"] as number) - 100 * (1 - clouds / SIZE ** 2)) < 0.01);
  assert.deepEqual(told["tec:chunk_clear_percent"], [Math.ceil(told["tec:clear_percent"] as number)]);
});

test("an Item from files whose offset was applied already is not shifted again", async () => {
  for (const [name, bytes] of assets(0)) await files.write(name, bytes);
  await files.write(
    "item.json",
    item((name) => name, { "s2:processing_baseline": "05.09", "earthsearch:boa_offset_applied": true }),
  );
  await ingest(files.path("item.json"), "files");
  const { mean } = await decodeChunk("files");
  assert.ok(Math.abs(mean - truth()) < 15, `${mean} against ${truth()}`);
});

test("an Item whose asset is missing is one sentence, and nothing is left behind", async () => {
  await files.write(
    "broken.json",
    item((name) => (name === "B05.tif" ? "gone.tif" : name), {}),
  );
  const run = await runCli([
    "ingest",
    files.path("broken.json"),
    "--catalog",
    files.path("none"),
    "--collection",
    "s2",
  ]);
  assert.equal(run.code, 1);
  assert.match(run.stderr, /B05.*gone\.tif/);
  assert.doesNotMatch(run.stderr, /\n +at /);
});
