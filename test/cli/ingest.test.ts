import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { openFileCatalog } from "../../src/catalog/file-catalog.js";
import { realData, SKIP_REAL_DATA } from "../support/real-data.js";
import { sceneTiff } from "../support/scene.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

let files: Workspace;

before(async () => {
  files = await createWorkspace();
  await mkdir(files.path("dates"));
  for (const [i, date] of ["2024-01-05", "2024-04-10", "2024-07-15", "2024-10-20"].entries()) {
    await writeFile(files.path(`dates/place_${date}.tif`), sceneTiff(400 + 10 * i, 300));
  }
});
after(() => files.close());

async function ids(catalog: string): Promise<string[]> {
  const opened = await openFileCatalog(catalog);
  const page = await opened.search({ limit: 100 });
  await opened.close();
  return page.items.map(({ id }) => id);
}

test("a second run changes nothing; --overwrite encodes again", async () => {
  const catalog = files.path("twice");
  const args = ["ingest", files.path("dates/place_2024-01-05.tif"), "--catalog", catalog, "--collection", "place"];
  assert.equal((await runCli(args)).code, 0);
  const item = `${catalog}/place/place_2024-01-05/place_2024-01-05.json`;
  const first = await readFile(item, "utf8");
  const second = await runCli(args);
  assert.match(second.stderr, /already there/);
  assert.equal(await readFile(item, "utf8"), first);
  const third = await runCli([...args, "--overwrite"]);
  assert.match(third.stderr, /PSNR/);
});

test("the item tells model, quality, PSNR of each band and bits per pixel, and one bad input does not stop the others", async () => {
  const catalog = files.path("mixed");
  const bad = await files.write("bad_2024-02-02.tif", new Uint8Array(3000));
  const run = await runCli([
    "ingest",
    bad,
    files.path("dates/place_2024-04-10.tif"),
    "--catalog",
    catalog,
    "--collection",
    "place",
    "--quality",
    "2",
  ]);
  assert.equal(run.code, 1);
  assert.match(run.stderr, /1 of 2 inputs failed/);
  const json = JSON.parse(await readFile(`${catalog}/place/place_2024-04-10/place_2024-04-10.json`, "utf8")) as {
    properties: Record<string, unknown>;
    assets: Record<string, Record<string, unknown>>;
  };
  const told = { ...json.properties, ...json.assets["tec"] };
  assert.equal(told["tec:model"], "tec-s2");
  assert.equal(told["tec:quality"], 2);
  assert.ok(Object.keys(told["tec:psnr"] as object).length === 14);
  assert.ok((told["tec:bits_per_pixel"] as number) > 0.005);
});

test("the real Boadella series becomes a catalog of 12 dates", { timeout: 120_000 }, async (t) => {
  const folder = realData("eotdl_boadella");
  if (folder === undefined) return t.skip(SKIP_REAL_DATA);
  const catalog = files.path("boadella");
  const run = await runCli(["ingest", folder, "--catalog", catalog]);
  assert.equal(run.code, 0, run.stderr);
  assert.equal((await ids(catalog)).length, 12);
  assert.equal((await runCli(["verify", catalog])).code, 0);
});
