import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { packFilled, unpackFilled } from "../../src/tile/fill/pack-filled.js";
import { CLOUDY_DATE, makeCloudySeries } from "../support/cloudy-series.js";
import { tileOf } from "../support/mosaic-catalog.js";
import { startServer } from "../support/server.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

let files: Workspace;
let catalog: string;
let folder: string;
let path: string;

before(async () => {
  files = await createWorkspace();
  [catalog, folder] = [files.path("series-catalog"), files.path("filled")];
  const [west, south, east, north] = (await makeCloudySeries(catalog)).boundsWgs84;
  const tile = tileOf([(west + east) / 2, (south + north) / 2], 14).path;
  path = `/collections/series/${tile}.npy?assets=B04&datetime=${CLOUDY_DATE}&inpaint=linear`;
});
after(() => files.close());

/** The picture's digest, of a fresh server over the folder. */
async function draw(): Promise<string> {
  const server = await startServer({ catalog, filledFolder: folder, tileCacheBytes: 0 });
  try {
    const response = await fetch(server.url + path);
    assert.equal(response.status, 200);
    return createHash("sha256")
      .update(Buffer.from(await response.arrayBuffer()))
      .digest("hex");
  } finally {
    await server.close();
  }
}

/** The stored chunks, once as many as there will be are whole. */
async function stored(): Promise<readonly string[]> {
  let names: readonly string[] = [];
  for (let i = 0; i < 100; i++) {
    const now = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".filled"));
    if (now.length > 0 && now.length === names.length) return now.map((name) => `${folder}/${name}`);
    names = now;
    await sleep(200);
  }
  throw new Error("nothing was stored");
}

test("filled chunks survive a restart; damaged ones are filled again, the same", async () => {
  const first = await draw();
  const chunks = await stored();
  const whole = await Promise.all(chunks.map((chunk) => readFile(chunk)));
  assert.equal(await draw(), first);

  for (const [i, chunk] of chunks.entries()) {
    const bytes = Buffer.from(whole[i] ?? []);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(chunk, i % 2 === 0 ? bytes : bytes.subarray(0, 30));
  }
  assert.equal(await draw(), first);
  for (let i = 0; i < 100; i++) {
    const now = await Promise.all(chunks.map((chunk) => readFile(chunk)));
    if (now.every((bytes, k) => bytes.equals(whole[k] ?? Buffer.of()))) break;
    assert.ok(i < 99, "damaged chunks are not replaced");
    await sleep(200);
  }

  // What is there is what is drawn: a chunk that says something else is believed.
  for (const chunk of chunks) {
    const filled = await unpackFilled(await readFile(chunk));
    assert.ok(filled !== undefined);
    await writeFile(chunk, await packFilled({ ...filled, samples: filled.samples.map((value) => value + 900) }));
  }
  assert.notEqual(await draw(), first);
});
