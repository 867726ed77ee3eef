import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseItem } from "../../src/catalog/item.js";
import type { CatalogItem } from "../../src/catalog/types.js";
import { BANDS } from "../../src/core/bands.js";
import { inspect, openTecCog } from "../../src/index.js";
import { bandPlanes } from "../support/geotiff-fixture.js";
import { sceneTiff, sceneValue } from "../support/scene.js";
import { createWorkspace, runCli, type CliResult, type Workspace } from "../support/workspace.js";

const SIDE = 128;
const DATES = ["2024-01-05", "2024-02-05", "2024-03-05", "2024-04-05", "2024-05-05", "2024-06-05"] as const;
const CLOUDY = "2024-03-05";
/** Row, column, radius of the cloud, pixels. */
const CLOUD = [64, 92, 26] as const;
const WINDOW = { x: 0, y: 0, width: SIDE, height: SIDE };

let files: Workspace;
let catalog = "";

before(async () => {
  files = await createWorkspace();
  catalog = files.path("catalog");
  await mkdir(files.path("dates"));
  for (const date of DATES) {
    const [row, column, radius] = date === CLOUDY ? CLOUD : [0, 0, -1];
    const value = (b: number, r: number, c: number): number =>
      Math.hypot(r - row, c - column) <= radius
        ? 6000 - 100 * b
        : Math.round(sceneValue(b, r, c) * (1 + Number(date.slice(5, 7)) / 100));
    await files.write(
      `dates/place_${date}.tif`,
      sceneTiff(SIDE, SIDE, { planes: bandPlanes(SIDE, SIDE, value), descriptions: [...BANDS] }),
    );
  }
});
after(() => files.close());

async function itemOf(date: string): Promise<CatalogItem> {
  const path = `${catalog}/place/place_${date}/place_${date}.json`;
  return parseItem(JSON.parse(await readFile(path, "utf8")), path);
}

const items = (dates: readonly string[] = DATES): Promise<readonly CatalogItem[]> => Promise.all(dates.map(itemOf));

async function pixelsOf({ href }: CatalogItem): Promise<Float32Array> {
  const image = await openTecCog(href);
  try {
    return (await image.readWindow(WINDOW)).samples;
  } finally {
    await image.close();
  }
}

function command(name: "ingest" | "masks", ...options: readonly string[]): Promise<CliResult> {
  return runCli([name, ...options, "--catalog", catalog, "--collection", "place"]);
}

async function verify(): Promise<void> {
  const run = await runCli(["verify", catalog]);
  assert.equal(run.code, 0, run.stdout);
}

test("a date alone is judged by itself, and its item tells how cloudy it is", async () => {
  const run = await command("ingest", files.path(`dates/place_${CLOUDY}.tif`), "--entropy", "tt");
  assert.equal(run.code, 0, run.stderr);
  const item = await itemOf(CLOUDY);
  assert.equal(item.maskSource, "single-date");
  assert.ok(Math.abs((item.cloudCover ?? 0) + (item.clearPercent ?? 0) - 100) < 0.01);
  assert.ok((item.cloudCover ?? 0) >= 10, `${item.cloudCover} %`);
  await verify();
});

test("with the dates beside it the series tells, of all dates at once, and latents stay as they are", async () => {
  const given = await command("ingest", files.path("dates"), "--entropy", "tt", "--keyframes", "3", "--masks", "given");
  assert.equal(given.code, 0, given.stderr);
  const before = await items();
  assert.ok(before.some(({ references }) => references.length > 0));
  const pixels = await Promise.all(before.slice(0, 2).map(pixelsOf));
  const dry = await command("masks", "--dry-run");
  assert.match(dry.stderr, /masks: 6 of 6 dates would change/);
  assert.deepEqual(await items(), before);

  const run = await command("masks");
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /masks: 6 of 6 dates changed/);
  const told = await items();
  const share = (100 * Math.PI * CLOUD[2] ** 2) / SIDE ** 2;
  for (const [t, item] of told.entries()) {
    assert.equal(item.maskSource, "time");
    const wanted = DATES[t] === CLOUDY ? share : 0;
    assert.ok(
      Math.abs((item.cloudCover ?? 50) - wanted) < 0.25 * share,
      `${item.id}: ${item.cloudCover} %, ${wanted} expected`,
    );
    assert.equal((await inspect(item.href)).maskSource, "time");
    assert.equal(item.codedChecksum, before[t]?.codedChecksum);
    assert.deepEqual(item.references, before[t]?.references);
    if (pixels[t] !== undefined) assert.deepEqual(await pixelsOf(item), pixels[t]);
    assert.ok(item.assetHrefs["thumbnail"]);
    assert.equal((await readdir(`${catalog}/place/${item.id}`)).length, 3);
  }
  await verify();
  assert.match((await command("masks")).stderr, /masks: 0 of 6 dates changed/);
  assert.equal(
    (await command("ingest", files.path("dates"), "--entropy", "tt", "--keyframes", "3")).stderr.match(/already there/g)
      ?.length,
    6,
  );
  assert.deepEqual(await items(), told);
});

test("killed at any moment the catalog is whole, and the next run ends it", async () => {
  const told = await items();
  const main = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));
  for (const mode of ["given", "from-time"]) {
    const child = spawn(
      process.execPath,
      [main, "masks", "--catalog", catalog, "--collection", "place", "--masks", mode],
      {
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    // The first date that is written is told on a line; then it is in the midst of it.
    await once(child.stderr, "data");
    await sleep(20);
    child.kill("SIGKILL");
    await once(child, "exit");
    await verify();
  }
  assert.equal((await command("masks", "--masks", "given")).code, 0);
  assert.deepEqual(
    (await items()).map(({ maskSource, cloudCover }) => [maskSource, cloudCover]),
    told.map(() => [undefined, undefined]),
  );
  const run = await command("masks");
  assert.equal(run.code, 0, run.stderr);
  const again = await items();
  assert.deepEqual(
    again.map(({ checksum, cloudCover }) => [checksum, cloudCover]),
    told.map(({ checksum, cloudCover }) => [checksum, cloudCover]),
  );
  await verify();
});

test("what can't be is said in one sentence", async () => {
  const wrong = await command("masks", "--masks", "guess");
  assert.match(wrong.stderr, /--masks is "guess"; wanted from-time or given/);
  const none = await runCli(["masks", "--catalog", catalog, "--collection", "nowhere"]);
  assert.match(none.stderr, /Collection nowhere of .* has no items/);
  assert.ok(wrong.code > 0 && none.code > 0);
});
