import assert from "node:assert/strict";
import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CorruptDataError } from "../../../src/core/errors.js";
import { catalogWriter } from "../../../src/catalog/catalog-writer.js";
import { openFileCatalog } from "../../../src/catalog/file-catalog.js";
import { verifyCatalog } from "../../../src/catalog/verify-catalog.js";
import { addTestItem, temporaryFolder } from "../../support/catalog-fixtures.js";

async function editText(path: string, edit: (text: string) => string): Promise<void> {
  await writeFile(path, edit(await readFile(path, "utf8")));
}

test("each kind of damage is found and named", async (t) => {
  const damages: readonly [string, (folder: string) => Promise<unknown>, RegExp][] = [
    [
      "a longer file",
      (f) => appendFile(join(f, "lisbon/a/a.tif"), "x"),
      /lisbon\/a\/a\.tif: \d+ bytes; the item states \d+/,
    ],
    [
      "a changed byte",
      (f) => editText(join(f, "lisbon/a/a.tif"), (s) => s.replace("file", "fire")),
      /lisbon\/a\/a\.tif: its sha256 is/,
    ],
    ["a missing file", (f) => rm(join(f, "lisbon/a/a.tif")), /lisbon\/a\/a\.tif: the asset's file isn't there/],
    ["a missing item", (f) => rm(join(f, "lisbon/a"), { recursive: true }), /a\/a\.json isn't there/],
    [
      "a torn item",
      (f) => editText(join(f, "lisbon/a/a.json"), (s) => s.slice(0, 900)),
      /lisbon\/a\/a\.json: .*not a JSON object/,
    ],
    [
      "an edited item",
      (f) => editText(join(f, "lisbon/a/a.json"), (s) => s.replace("sentinel-2a", "sentinel-2b")),
      /another checksum/,
    ],
    ["a missing collection", (f) => rm(join(f, "lisbon/collection.json")), /collection\.json isn't there/],
    ["a missing root", (f) => rm(join(f, "catalog.json")), /catalog\.json isn't there/],
    ["a folder without a link", (f) => mkdir(join(f, "lisbon/stray")), /lisbon\/stray: is a folder/],
    [
      "a dead reference",
      async (f) => addTestItem(await catalogWriter(f), "c", { references: [{ id: "nothing" }] }),
      /names item "nothing"/,
    ],
    [
      "a circle",
      async (f) => {
        const writer = await catalogWriter(f);
        await addTestItem(writer, "c", { references: [{ id: "d" }] });
        await addTestItem(writer, "d", { references: [{ id: "a" }, { id: "c" }] });
      },
      /in a circle: (c -> d -> c|d -> c -> d)/,
    ],
  ];
  for (const [name, damage, expected] of damages) {
    const folder = await temporaryFolder(t);
    const writer = await catalogWriter(folder);
    for (const id of ["a", "b"]) await addTestItem(writer, id);
    assert.deepEqual(await verifyCatalog(folder), { collections: 1, items: 2, problems: [] });
    await damage(folder);
    const { problems } = await verifyCatalog(folder);
    assert.equal(problems.length, 1, `${name}: ${JSON.stringify(problems)}`);
    assert.match(problems.map(({ path, problem }) => `${path}: ${problem}`).join("\n"), expected, name);
  }
});

test("an item that a killed writer was replacing is still there for those that lean on it, at each step", async (t) => {
  const folder = await temporaryFolder(t);
  const writer = await catalogWriter(folder);
  await addTestItem(writer, "a");
  await addTestItem(writer, "b", { references: [{ id: "a" }] });
  const dead = { pid: 2 ** 22 + 1, host: hostname(), token: "x", intents: ["lisbon/a"] };
  const steps: readonly [string, () => Promise<unknown>][] = [
    ["the lock is taken", () => writeFile(join(folder, ".lock"), JSON.stringify(dead))],
    ["the new file is there", () => writeFile(join(folder, "lisbon/a/a-12345678.tif"), "new")],
    ["so is the new item", () => editText(join(folder, "lisbon/a/a.json"), (s) => s.replace("2a", "2b"))],
  ];
  for (const [name, step] of steps) {
    await step();
    assert.deepEqual((await verifyCatalog(folder)).problems, [], name);
  }
  await addTestItem(writer, "c");
  assert.deepEqual(await verifyCatalog(folder), { collections: 1, items: 3, problems: [] });
});

test("a look inside is taken of whole files only, and what it throws is a problem", async (t) => {
  const folder = await temporaryFolder(t);
  const writer = await catalogWriter(folder);
  for (const id of ["a", "b", "c"]) await addTestItem(writer, id);
  await appendFile(join(folder, "lisbon/a/a.tif"), "x");
  const seen: string[] = [];
  const { problems } = await verifyCatalog(folder, {
    async deep(path, item) {
      seen.push(item.id);
      if (item.id === "c") throw new CorruptDataError("chunk 0/0/1", "checksum differs");
      return [`${path.length > 0 ? "chunk 0/0/0" : ""} is odd`];
    },
  });
  assert.deepEqual(seen, ["b", "c"]);
  assert.equal(problems.length, 3);
  assert.match(problems[2]?.problem ?? "", /chunk 0\/0\/1: checksum differs/);
});

test("a reader leaves out what it can't read, says so, and takes it back when it is mended", async (t) => {
  const folder = await temporaryFolder(t);
  const writer = await catalogWriter(folder);
  for (const id of ["a", "b"]) await addTestItem(writer, id);
  const outside = join(folder, "lisbon/a/a.json");
  const text = await readFile(outside, "utf8");
  await writeFile(outside, text.replace("./a.tif", "../../../../etc/passwd"));
  const reported: string[] = [];
  const catalog = await openFileCatalog(folder, {
    pollMs: 0,
    onProblem: ({ path, problem }) => reported.push(`${path}: ${problem}`),
  });
  assert.deepEqual(
    (await catalog.search({ limit: 10 })).items.map(({ id }) => id),
    ["b"],
  );
  assert.match(reported.join("\n"), /a\.json: .*outside the catalog's folder/);
  await addTestItem(writer, "a");
  assert.deepEqual(
    (await catalog.search({ limit: 10 })).items.map(({ id }) => id),
    ["a", "b"],
  );
});

test("a folder without a catalog is an empty one, and grows", async (t) => {
  const folder = await temporaryFolder(t);
  const catalog = await openFileCatalog(folder, { pollMs: 0 });
  assert.deepEqual(await catalog.collections(), []);
  await addTestItem(await catalogWriter(folder), "a");
  assert.equal((await catalog.search({ limit: 1 })).matched, 1);
  await assert.rejects(openFileCatalog(join(folder, "nowhere")), /isn't there/);
});
