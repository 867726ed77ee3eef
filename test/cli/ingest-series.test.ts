import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { parseItem } from "../../src/catalog/item.js";
import type { CatalogItem } from "../../src/catalog/types.js";
import { inspect } from "../../src/index.js";
import { writeDatedScene } from "../support/dated-scenes.js";
import { createWorkspace, runCli, type CliResult, type Workspace } from "../support/workspace.js";

const DATES = ["2024-01-05", "2024-02-05", "2024-03-05", "2024-04-05"] as const;

let files: Workspace;
let catalog = "";

before(async () => {
  files = await createWorkspace();
  catalog = files.path("catalog");
  await mkdir(files.path("dates"));
  for (const date of DATES) await writeDatedScene(files, date, "dates");
});
after(() => files.close());

/** Every second date is a keyframe. */
function ingest(inputs: readonly string[], ...options: readonly string[]): Promise<CliResult> {
  const series = [
    "--catalog",
    catalog,
    "--collection",
    "place",
    "--entropy",
    "tt",
    "--keyframes",
    "2",
    "--masks",
    "given",
  ];
  return runCli(["ingest", ...inputs, ...series, ...options]);
}

async function itemOf(date: string): Promise<CatalogItem> {
  const path = `${catalog}/place/place_${date}/place_${date}.json`;
  return parseItem(JSON.parse(await readFile(path, "utf8")), path);
}

async function wholeCatalog(): Promise<void> {
  const run = await runCli(["verify", catalog]);
  assert.equal(run.code, 0, run.stdout);
}

test("dates given in any order are stored in order of time: every K-th as a keyframe, the others lean on the last two", async () => {
  const inputs = DATES.toReversed().map((date) => files.path(`dates/place_${date}.tif`));
  const run = await ingest(inputs);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /4 inputs in order of time, 2024-01-05 to 2024-04-05/);
  const items = await Promise.all(DATES.map(itemOf));
  assert.deepEqual(
    items.map(({ entropy, references }) => [entropy, ...references]),
    [["elic"], ["tt", "place_2024-01-05"], ["elic"], ["tt", "place_2024-03-05", "place_2024-01-05"]],
  );
  const last = items[3];
  assert.deepEqual(last?.referenceHrefs, [items[2]?.href, items[0]?.href]);
  const { references, levels } = await inspect(last?.href ?? "");
  assert.deepEqual(references, [
    { href: "../place_2024-03-05/place_2024-03-05.tif", datetime: "2024-03-05T00:00:00Z" },
    { href: "../place_2024-01-05/place_2024-01-05.tif", datetime: "2024-01-05T00:00:00Z" },
  ]);
  assert.deepEqual(levels[0]?.entropy, { tt: { chunks: 1, bytes: levels[0]?.bytes } });
  assert.equal(levels[0]?.leaning, 1);
  await wholeCatalog();
});

test("a date that leans on others takes fewer bytes than alone", async () => {
  const [keyframe, leaning] = [await itemOf(DATES[2]), await itemOf(DATES[3])];
  const bytes = async ({ href }: CatalogItem): Promise<number> => (await inspect(href)).levels[0]?.bytes ?? 0;
  assert.ok((await bytes(leaning)) < 0.95 * (await bytes(keyframe)));
});

test("a second run changes nothing, and a late date leans only on what is before it and changes nothing else", async () => {
  const before = await Promise.all(DATES.map(itemOf));
  const again = await ingest([files.path("dates")]);
  assert.equal(again.stderr.match(/already there/g)?.length, 4, again.stderr);
  const late = await writeDatedScene(files, "2024-02-20", "dates");
  const run = await ingest([late]);
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual((await itemOf("2024-02-20")).references, []);
  const third = await ingest([files.path("dates")]);
  assert.equal(third.stderr.match(/already there/g)?.length, 5, third.stderr);
  assert.deepEqual(await Promise.all(DATES.map(itemOf)), before);
  await wholeCatalog();
});

test("a keyframe is not encoded again without what leans on it", async () => {
  const before = await itemOf(DATES[0]);
  const run = await ingest([files.path(`dates/place_${DATES[0]}.tif`)], "--overwrite");
  assert.equal(run.code, 1);
  assert.match(
    run.stderr,
    /Item place_2024-01-05 is a keyframe that 2 other items lean on \(place_2024-02-05, place_2024-04-05\); to encode it again give their inputs in the same run/,
  );
  assert.deepEqual(await itemOf(DATES[0]), before);
  const finer = ["--quality", "2", "--overwrite"];
  const plain = await runCli([
    "ingest",
    files.path(`dates/place_${DATES[0]}.tif`),
    "--catalog",
    catalog,
    "--collection",
    "place",
    ...finer,
  ]);
  assert.match(plain.stderr, /is a keyframe that 2 other items lean on/);
  assert.deepEqual(await readdir(`${catalog}/.staging`), []);
});

test("all of a series at another quality: whole in the end, without what was replaced", async () => {
  const before = await itemOf(DATES[0]);
  const run = await ingest([files.path("dates")], "--quality", "1");
  assert.equal(run.code, 0, run.stderr);
  await wholeCatalog();
  for (const date of DATES) {
    const item = await itemOf(date);
    assert.equal(item.quality, 1);
    const names = await readdir(`${catalog}/place/place_${date}`);
    assert.deepEqual(names.filter((name) => name.endsWith(".tif")).length, 1, names.join(", "));
  }
  assert.notEqual((await itemOf(DATES[0])).href, before.href);
});

test("verify names an item whose references are not its file's, and a reference that is gone", async () => {
  const path = `${catalog}/place/place_${DATES[1]}/place_${DATES[1]}.json`;
  const item = await itemOf(DATES[1]);
  const text = await readFile(path, "utf8");
  const [reference = ""] = item.references;
  await writeFile(path, text.replace(/"tec:references": \[\s*"[^"]+"\s*\]/, `"tec:references": []`));
  const edited = await runCli(["verify", catalog]);
  assert.match(
    edited.stdout,
    new RegExp(`tec:references of item place_2024-02-05: none; the file leans on ${reference}`),
  );
  await writeFile(path, text);
  await rm((await itemOf(reference.slice(6))).href);
  const gone = await runCli(["verify", catalog]);
  assert.equal(gone.code, 1);
  assert.match(
    gone.stdout,
    /place_2024-02-05[-\w]*\.tif: .*its reference \.\.\/place_.* can't be read: .*does not exist/,
  );
});

test("FlexTEC's keyframes are FlexTEC without references, and keyframes are a whole number", async () => {
  const into = ["--catalog", files.path("flexible"), "--collection", "place", "--entropy", "flextec"];
  const inputs = DATES.slice(0, 2).map((date) => files.path(`dates/place_${date}.tif`));
  const run = await runCli(["ingest", ...inputs, ...into]);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /1\/2 .*, flextec \(/);
  assert.match(run.stderr, /2\/2 .*, flextec, leans on place_2024-01-05 \(/);
  assert.equal((await runCli(["verify", files.path("flexible")])).code, 0);
  const half = await runCli(["ingest", ...inputs, ...into, "--keyframes", "1.5"]);
  assert.equal(half.code, 2);
  assert.match(half.stderr, /keyframes is 1\.5; wanted a whole number of dates from 1 up/);
});
