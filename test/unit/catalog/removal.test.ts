import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { catalogWriter } from "../../../src/catalog/catalog-writer.js";
import { openFileCatalog } from "../../../src/catalog/file-catalog.js";
import { parseItem, toItem } from "../../../src/catalog/item.js";
import { withDependents } from "../../../src/catalog/removal.js";
import type { CatalogItem, CatalogProblem } from "../../../src/catalog/types.js";
import { verifyCatalog } from "../../../src/catalog/verify-catalog.js";
import { CorruptDataError, InvalidRequestError, NotFoundError } from "../../../src/core/errors.js";
import { addTestItem, describeItem, temporaryFolder } from "../../support/catalog-fixtures.js";

const REMOVER = fileURLToPath(new URL("../../support/catalog-remover.js", import.meta.url));

/** A collection in which each item may lean on some before it. */
const graphs = fc
  .array(fc.array(fc.nat(9), { maxLength: 2 }), { minLength: 1, maxLength: 10 })
  .map((lists) =>
    lists.map((list, i) =>
      parseItem(
        toItem(
          describeItem(`i${i}`, { references: [...new Set(list)].filter((k) => k < i).map((k) => ({ id: `i${k}` })) }),
        ),
        "/x.json",
      ),
    ),
  );

test("what leans on items goes with them and before them, and nothing else does", () => {
  fc.assert(
    fc.property(graphs, fc.array(fc.nat(9)), (items, picked) => {
      const ids = picked.map((k) => `i${k}`);
      const order = withDependents(items, ids).map(({ id }) => id);
      assert.equal(new Set(order).size, order.length);
      const going = new Set(order);
      for (const item of items) {
        const leans = item.references.some((id) => going.has(id));
        assert.equal(going.has(item.id), ids.includes(item.id) || leans, item.id);
        for (const id of item.references)
          if (going.has(id)) assert.ok(order.indexOf(item.id) < order.indexOf(id), `${item.id} goes before ${id}`);
      }
    }),
  );
});

test("items go all or none: one that others need, one that isn't there, one that can't be read", async (t) => {
  const folder = await temporaryFolder(t);
  const writer = await catalogWriter(folder);
  const a = await addTestItem(writer, "a");
  const toA = { id: "a", file: relative(join(folder, "lisbon/b"), a.href) };
  for (const id of ["b", "c"]) await addTestItem(writer, id, { references: [toA] });
  await addTestItem(writer, "d");
  const ids = async (): Promise<string[]> => (await writer.items("lisbon")).map(({ id }) => id);
  await assert.rejects(
    writer.removeItems("lisbon", ["d", "a", "b"]),
    (error: unknown) => error instanceof InvalidRequestError && error.message.startsWith("Item a can't go: item c "),
  );
  await assert.rejects(writer.removeItems("lisbon", ["d", "x", "y"]), /2 items aren't in collection lisbon: x, y/);
  await assert.rejects(writer.removeItems("porto", ["d"]), NotFoundError);
  await assert.rejects(access(join(folder, ".lock")), "a refusal leaves no lock");
  assert.deepEqual(await ids(), ["a", "b", "c", "d"]);
  await writer.removeItems("lisbon", ["d", "b"]);
  assert.deepEqual((await readdir(join(folder, "lisbon"))).toSorted(), ["a", "c", "collection.json"]);
  // A torn document may lean on anything.
  await writeFile(join(folder, "lisbon/c/c.json"), "{");
  await assert.rejects(writer.removeItems("lisbon", ["a"]), /Item lisbon\/c can't be read.*remove it first/);
  await assert.rejects(writer.items("lisbon"), CorruptDataError);
  await writer.removeItems("lisbon", ["a", "c"]);
  assert.deepEqual(await verifyCatalog(folder), { collections: 1, items: 0, problems: [] });
});

test("a collection goes whole; where it was linked in, its files stay, and what is no collection is left alone", async (t) => {
  const folder = await temporaryFolder(t);
  const elsewhere = await temporaryFolder(t);
  const writer = await catalogWriter(folder);
  await addTestItem(await catalogWriter(elsewhere), "linked");
  await symlink(join(elsewhere, "lisbon"), join(folder, "lisbon"));
  await addTestItem(writer, "own", { collection: "porto" });
  await addTestItem(writer, "two");
  await mkdir(join(folder, "sources"));
  await assert.rejects(writer.removeCollection("sources"), NotFoundError);
  await writer.removeCollection("porto");
  await writer.removeCollection("lisbon");
  assert.deepEqual((await readdir(folder)).toSorted(), [".staging", "catalog.json", "sources"]);
  assert.deepEqual((await readdir(join(elsewhere, "lisbon"))).toSorted(), ["collection.json", "linked", "two"]);
  assert.deepEqual(await verifyCatalog(folder), { collections: 0, items: 0, problems: [] });
  await assert.rejects(writer.removeCollection("porto"), NotFoundError);
});

test("an open catalog tells which items went or were replaced, without being asked", async (t) => {
  const folder = await temporaryFolder(t);
  const writer = await catalogWriter(folder);
  for (const id of ["a", "b", "c"]) await addTestItem(writer, id);
  const gone: CatalogItem[] = [];
  const catalog = await openFileCatalog(folder, { pollMs: 20, onGone: (items) => gone.push(...items) });
  t.after(() => catalog.close());
  await writer.removeItems("lisbon", ["b"]);
  await addTestItem(writer, "c", { quality: 5 });
  while (gone.length < 2) await sleep(5);
  assert.deepEqual(
    gone.map(({ id, quality }) => [id, quality]),
    [
      ["b", 3],
      ["c", 3],
    ],
  );
});

test("a remover killed at any moment leaves a whole catalog, and the next writer finishes what it had begun", async (t) => {
  const folder = await temporaryFolder(t);
  const problems: CatalogProblem[] = [];
  for (let round = 0; round < 6; round++) {
    const writer = await catalogWriter(folder);
    for (let i = 0; i < 8; i++)
      await addTestItem(writer, `r${i}`, i % 4 === 0 ? {} : { references: [{ id: `r${i - (i % 4)}` }] });
    const reader = await openFileCatalog(folder, { pollMs: 0, onProblem: (problem) => problems.push(problem) });
    const child = spawn(process.execPath, [REMOVER, folder, "lisbon"], { stdio: ["ignore", "pipe", "inherit"] });
    const told: string[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => told.push(...text.trim().split("\n")));
    await once(child.stdout, "data");
    await sleep(round * 7);
    child.kill("SIGKILL");
    await once(child, "close");
    assert.deepEqual((await verifyCatalog(folder)).problems, [], `round ${round}`);
    for (const id of told.slice(1)) await assert.rejects(reader.item("lisbon", id), NotFoundError);
    const kept = (await reader.search({ limit: 100 })).items.map(({ id }) => id).toSorted();
    await addTestItem(writer, "next", { collection: "porto" });
    await assert.rejects(access(join(folder, ".lock")));
    const folders = (await readdir(join(folder, "lisbon"))).filter((name) => name !== "collection.json").toSorted();
    const document = JSON.parse(await readFile(join(folder, "lisbon/collection.json"), "utf8")) as { links: object[] };
    const finished = (await reader.search({ limit: 100, collections: ["lisbon"] })).items.map(({ id }) => id);
    assert.deepEqual(folders, finished.toSorted(), "no folder is left over, none is missing");
    assert.equal(document.links.length, 2 + finished.length);
    assert.ok(
      finished.every((id) => kept.includes(id)),
      "nothing comes back",
    );
    assert.deepEqual((await verifyCatalog(folder)).problems, [], `round ${round}, after the next writer`);
  }
  assert.deepEqual(problems, []);
});
