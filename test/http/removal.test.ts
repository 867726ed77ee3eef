import assert from "node:assert/strict";
import { readdir, readlink } from "node:fs/promises";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { catalogWriter } from "../../src/catalog/catalog-writer.js";
import { makeDemoCatalog } from "../support/demo-catalog.js";
import { startServer } from "../support/server.js";
import { runCli } from "../support/workspace.js";

const DATES = ["2024-05-01T10:00:00Z", "2024-06-01T10:00:00Z", "2024-07-01T10:00:00Z"];

test("what is removed is gone from every answer and cache of a running server, and no request sees it half gone", async (t) => {
  const { folder, collection, items, tile } = await makeDemoCatalog(t, DATES);
  const server = await startServer({ catalog: folder });
  t.after(() => server.close());
  const [newest = "", middle = ""] = items;
  const base = `${server.url}/collections/${collection}`;
  const tilePath = (item: string): string => `${base}/items/${item}/tiles/WebMercatorQuad/${tile}.png`;
  const status = async (url: string): Promise<number> => {
    const response = await fetch(url);
    await response.arrayBuffer();
    return response.status;
  };
  const shown = async (): Promise<string | null> =>
    (await fetch(`${base}/tiles/WebMercatorQuad/${tile}.png`)).headers.get("tectile-dates");
  for (const item of items) assert.equal(await status(tilePath(item)), 200);
  assert.equal(await shown(), "2024-07-01");
  const before = { latents: server.services.reader.stats(), tiles: server.services.tiles.stats() };
  const register = { method: "POST", body: JSON.stringify({ collections: [collection], ids: [newest] }) };
  const headers = { "Content-Type": "application/json" };
  const { id } = (await (await fetch(`${server.url}/searches/register`, { ...register, headers })).json()) as {
    id: string;
  };
  // Clients ask all the while: for a moment the server's catalog names a file that is gone.
  const answers = new Set<string>();
  let isOver = false;
  const asking = [0, 1, 2].map(async (k) => {
    for (let i = 0; !isOver; i++) {
      const seed = `?rescale=0,${3000 + 3 * i + k}`;
      answers.add(`item ${await status(tilePath(newest) + seed)}`);
      answers.add(`collection ${await status(`${base}/tiles/WebMercatorQuad/${tile}.png${seed}`)}`);
      answers.add(`preview ${await status(`${base}/items/${newest}/preview.png${seed}`)}`);
      answers.add(`point ${await status(`${base}/point/3.01,42.45`)}`);
    }
  });
  const run = await runCli(["remove", collection, newest, "--catalog", folder]);
  assert.deepEqual([run.code, run.stdout], [0, ""], run.stderr);
  assert.match(run.stderr, /^removed 1 item \(0\.\d MiB\) of collection demo$/m);
  await sleep(1500);
  isOver = true;
  await Promise.all(asking);
  assert.deepEqual(
    [...answers].toSorted(),
    ["collection 200", "item 200", "item 404", "point 200", "preview 200", "preview 404"],
    "found or gone, never a failure",
  );
  assert.equal(await status(tilePath(newest)), 404);
  assert.equal(await status(`${base}/items/${newest}`), 404);
  assert.equal(await status(`${server.url}/searches/${id}/tiles/WebMercatorQuad/${tile}.png`), 204);
  assert.equal(await shown(), "2024-06-01");
  const found = (await (await fetch(`${server.url}/search`)).json()) as { features: { id: string }[] };
  assert.deepEqual(
    found.features.map((one) => one.id),
    items.slice(1),
  );
  await (await catalogWriter(folder)).removeCollection(collection);
  await sleep(1200);
  assert.equal(await status(base), 404);
  assert.equal(await status(tilePath(middle)), 404);
  const { reader, tiles } = server.services;
  assert.ok(before.latents.headers >= 3 && before.latents.latents.entries >= 3 && before.tiles.entries >= 3);
  assert.deepEqual([reader.stats().headers, reader.stats().latents.entries, tiles.stats().entries], [0, 0, 0]);
  assert.deepEqual(await readdir(folder), [".searches", ".staging", "catalog.json"]);
  // A file that stays open keeps its place on the disk.
  if (process.platform !== "linux") return;
  const open = async (): Promise<string[]> => {
    const links = (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ""));
    return (await Promise.all(links)).filter((place) => place.startsWith(folder));
  };
  assert.ok((await open()).length <= 3, "those that requests may still read, for half a minute");
});

test("the command refuses what others need, asks where much would go, and says what it would do", async (t) => {
  const { folder, collection } = await makeDemoCatalog(
    t,
    ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01", "2024-05-01"].map((day) => `${day}T10:00:00Z`),
    { entropy: "tt", keyframes: 3 },
  );
  const remove = (...args: string[]): ReturnType<typeof runCli> => runCli(["remove", ...args, "--catalog", folder]);
  const left = async (): Promise<string[]> =>
    (await (await catalogWriter(folder)).items(collection)).map(({ id }) => id);
  const refusals: readonly (readonly [args: string[], code: number, message: RegExp])[] = [
    [[], 2, /wants a COLLECTION/],
    [[collection], 2, /wants ids of items, --older-than or --all/],
    [[collection, "scene-2024-01-01"], 2, /Item scene-2024-01-01 can't go: \d items scene-.* can't be decoded without/],
    [[collection, "scene-2024-01-01", "--cascade"], 2, /would remove 4 items .*because they lean on others.*say --yes/],
    [[collection, "--older-than", "2024-02-15"], 2, /can't go/],
    [[collection, "--older-than", "yesterday"], 2, /--older-than is "yesterday"; wanted a date/],
    [[collection, "--all"], 2, /would remove collection demo with 5 items/],
    [[collection, "nothing"], 1, /Item demo\/nothing isn't in the catalog/],
    [["nowhere", "--all"], 1, /Collection "nowhere" isn't in the catalog/],
    [["../x", "--all"], 2, /Collection id is/],
  ];
  for (const [args, code, message] of refusals) {
    const run = await remove(...args);
    assert.equal(run.code, code, `${args.join(" ")}: ${run.stderr}`);
    assert.match(run.stderr, message);
    assert.equal(run.stderr.trim().split("\n").length, 1, run.stderr);
  }
  assert.equal((await left()).length, 5, "a refusal changes nothing");
  const dry = await remove(collection, "scene-2024-04-01", "--cascade", "--dry-run");
  assert.deepEqual(dry.stdout.trim().split("\n"), ["scene-2024-05-01", "scene-2024-04-01"], "what leans goes first");
  assert.match(dry.stderr, /^would remove 2 items/);
  const old = await remove(collection, "--older-than", "2024-03-15", "--keep-needed");
  assert.equal(old.code, 0, old.stderr);
  assert.match(old.stderr, /1 items stay, because others lean on them: scene-2024-01-01/);
  assert.deepEqual(await left(), ["scene-2024-01-01", "scene-2024-04-01", "scene-2024-05-01"]);
  const cascade = await remove(collection, "scene-2024-04-01", "--cascade", "--yes");
  assert.match(cascade.stderr, /removed 2 items .* 1 of them because they lean on others \(scene-2024-05-01\)/);
  assert.equal((await remove(collection, "--all", "--yes")).code, 0);
  assert.equal((await runCli(["verify", folder])).code, 0);
});
