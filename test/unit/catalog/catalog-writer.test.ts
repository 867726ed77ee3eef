import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, join, relative } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { InvalidRequestError, NotFoundError } from "../../../src/core/errors.js";
import { catalogWriter } from "../../../src/catalog/catalog-writer.js";
import { openFileCatalog } from "../../../src/catalog/file-catalog.js";
import { toItem, type ItemReference } from "../../../src/catalog/item.js";
import type { CatalogProblem } from "../../../src/catalog/types.js";
import { verifyCatalog } from "../../../src/catalog/verify-catalog.js";
import { addTestItem, bytesOf, degreeGrid, describeItem, temporaryFolder } from "../../support/catalog-fixtures.js";

const ADDER = fileURLToPath(new URL("../../support/catalog-adder.js", import.meta.url));

test("a collection's extent and summaries follow its items", async (t) => {
  const folder = await temporaryFolder(t);
  const writer = await catalogWriter(folder);
  const catalog = await openFileCatalog(folder, { pollMs: 0 });
  await addTestItem(writer, "a", { grid: degreeGrid(178, 10), datetime: "2024-05-01T00:00:00Z" });
  await addTestItem(writer, "b", { grid: degreeGrid(-179, 12), datetime: "2023-05-01T00:00:00Z", quality: 5 });
  const both = await catalog.collection("lisbon");
  assert.deepEqual(both["extent"], {
    spatial: { bbox: [[178, 9, -178, 12]] },
    temporal: { interval: [["2023-05-01T00:00:00Z", "2024-05-01T00:00:00Z"]] },
  });
  assert.deepEqual((both["summaries"] as Record<string, unknown>)["tec:quality"], [3, 5]);
  await writer.removeItems("lisbon", ["b"]);
  const one = await catalog.collection("lisbon");
  assert.deepEqual(one["extent"], {
    spatial: { bbox: [[178, 9, 179, 10]] },
    temporal: { interval: [["2024-05-01T00:00:00Z", "2024-05-01T00:00:00Z"]] },
  });
  await assert.rejects(catalog.item("lisbon", "b"), NotFoundError);
});

test("adding an item again replaces it whole, and keeps one file", async (t) => {
  const folder = await temporaryFolder(t);
  const writer = await catalogWriter(folder);
  const first = await addTestItem(writer, "a");
  const second = await addTestItem(writer, "a", { quality: 4 }, bytesOf("other bytes"));
  assert.notEqual(second.href, first.href);
  assert.deepEqual(new Uint8Array(await readFile(second.href)), bytesOf("other bytes"));
  assert.deepEqual(
    new Set(await readdir(join(folder, "lisbon/a"))),
    new Set(["a.json", second.href.split("/").at(-1)]),
  );
  const third = await addTestItem(writer, "a", { quality: 5 }, bytesOf("third bytes"));
  assert.ok(![first.href, second.href].includes(third.href), "no name is used twice");
  assert.equal((await writer.find("lisbon", "a"))?.quality, 5);
  assert.equal(await writer.find("lisbon", "b"), undefined);
  assert.deepEqual((await verifyCatalog(folder)).problems, []);
});

test("ids that could leave the folder, or differ from the collection's, are refused", async (t) => {
  const writer = await catalogWriter(await temporaryFolder(t));
  for (const id of ["../a", "a/b", ".hidden", "", "a b", "x".repeat(129), "a."]) {
    await assert.rejects(addTestItem(writer, id || "%"), InvalidRequestError, id);
    await assert.rejects(writer.find("lisbon", id), InvalidRequestError, id);
  }
  const item = toItem(describeItem("a"));
  await assert.rejects(
    writer.addItem({ collection: { id: "porto" }, item, file: "/nowhere.tif" }),
    InvalidRequestError,
  );
});

test("four processes add at once and nothing is lost", async (t) => {
  const folder = await temporaryFolder(t);
  const children = ["a", "b", "c", "d"].map((prefix) =>
    spawn(process.execPath, [ADDER, folder, prefix, "4"], { stdio: "inherit" }),
  );
  const codes = await Promise.all(children.map(async (child) => ((await once(child, "exit")) as [number])[0]));
  assert.deepEqual(codes, [0, 0, 0, 0]);
  const report = await verifyCatalog(folder);
  assert.deepEqual([report.items, report.problems], [12, []]);
  await assert.rejects(access(join(folder, ".lock")));
});

test("a writer killed at any moment leaves a whole catalog, and the next one tidies up", async (t) => {
  const folder = await temporaryFolder(t);
  const reported: CatalogProblem[] = [];
  const reader = await openFileCatalog(folder, { pollMs: 0, onProblem: (problem) => reported.push(problem) });
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, [ADDER, folder, `r${round}-`, "1000"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const added: string[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => added.push(...text.trim().split("\n")));
    await once(child.stdout, "data");
    await sleep(20 + round * 11);
    child.kill("SIGKILL");
    await once(child, "close");
    assert.deepEqual((await verifyCatalog(folder)).problems, [], `round ${round}`);
    for (const id of added) await reader.item("lisbon", id);
  }
  assert.deepEqual(reported, []);
  const writer = await catalogWriter(folder);
  await addTestItem(writer, "last");
  await assert.rejects(access(join(folder, ".lock")));
  assert.deepEqual((await verifyCatalog(folder)).problems, []);
  assert.deepEqual(await readdir(join(folder, ".staging")), []);
  for (const id of await readdir(join(folder, "lisbon"))) {
    if (id === "collection.json") continue;
    const names = await readdir(join(folder, "lisbon", id));
    assert.equal(names.length, 2, `${id} holds ${names.join(", ")}`);
  }
});

test("what a dead writer had begun is finished or undone, as its lock says", async (t) => {
  const folder = await temporaryFolder(t);
  const writer = await catalogWriter(folder);
  for (const id of ["kept", "unlinked"]) await addTestItem(writer, id);
  // Killed after the item's JSON, before the collection's: the link isn't there yet.
  const path = join(folder, "lisbon/collection.json");
  const collection = JSON.parse(await readFile(path, "utf8")) as { links: { href: string }[] };
  await writeFile(
    path,
    JSON.stringify({ ...collection, links: collection.links.filter(({ href }) => !href.includes("unlinked")) }),
  );
  const dead = { pid: 2 ** 22 + 1, host: hostname(), token: "x", intents: ["lisbon/unlinked"] };
  await writeFile(join(folder, ".lock"), JSON.stringify(dead));
  assert.deepEqual((await verifyCatalog(folder)).problems, []);
  await addTestItem(writer, "next");
  const catalog = await openFileCatalog(folder);
  assert.equal((await catalog.item("lisbon", "unlinked")).id, "unlinked");
  assert.deepEqual((await verifyCatalog(folder)).items, 3);
});

test("opening a catalog to write finishes what a dead writer had begun, even if nothing is written then", async (t) => {
  const folder = await temporaryFolder(t);
  const writer = await catalogWriter(folder);
  for (const id of ["kept", "unlinked"]) await addTestItem(writer, id);
  const path = join(folder, "lisbon/collection.json");
  const collection = JSON.parse(await readFile(path, "utf8")) as { links: { href: string }[] };
  const links = collection.links.filter(({ href }) => !href.includes("unlinked"));
  await writeFile(path, JSON.stringify({ ...collection, links }));
  const dead = { pid: 2 ** 22 + 1, host: hostname(), token: "x", intents: ["lisbon/unlinked"] };
  await writeFile(join(folder, ".lock"), JSON.stringify(dead));
  // As ingest does, which leaves an item alone that is there.
  assert.equal((await (await catalogWriter(folder)).find("lisbon", "unlinked"))?.id, "unlinked");
  assert.equal((await (await openFileCatalog(folder)).item("lisbon", "unlinked")).id, "unlinked");
  await assert.rejects(access(join(folder, ".lock")));
});

test("a replaced file stays as long as others lean on it", async (t) => {
  const folder = await temporaryFolder(t);
  const writer = await catalogWriter(folder);
  const names = (): Promise<string[]> => readdir(join(folder, "lisbon/a"));
  const old = await addTestItem(writer, "a");
  const toA = (item: { readonly href: string }): ItemReference => ({
    id: "a",
    file: relative(join(folder, "lisbon/b"), item.href),
  });
  for (const id of ["b", "c"]) await addTestItem(writer, id, { references: [toA(old)] });
  const fresh = await addTestItem(writer, "a", {}, bytesOf("another a"));
  assert.deepEqual(new Set(await names()), new Set(["a.json", "a.tif", basename(fresh.href)]));
  await addTestItem(writer, "b", { references: [toA(fresh)] }, bytesOf("another b"));
  assert.equal((await names()).length, 3, "c still leans on the old one");
  await writer.removeItems("lisbon", ["c"]);
  assert.deepEqual(new Set(await names()), new Set(["a.json", basename(fresh.href)]));
  assert.deepEqual((await verifyCatalog(folder)).problems, []);
  assert.deepEqual(
    (await writer.items("lisbon")).map(({ id, referenceHrefs }) => [id, ...referenceHrefs]),
    [["a"], ["b", fresh.href]],
  );
});

test("an item that leans on a file that is gone is refused, and nothing of it is written", async (t) => {
  const folder = await temporaryFolder(t);
  const writer = await catalogWriter(folder);
  await addTestItem(writer, "a");
  const references = [{ id: "a", file: "../a/a-12345678.tif" }];
  await assert.rejects(
    addTestItem(writer, "b", { references }),
    (error: unknown) =>
      error instanceof InvalidRequestError &&
      /Item b leans on a\/a-12345678\.tif, which isn't there/.test(error.message),
  );
  assert.equal(await writer.find("lisbon", "b"), undefined);
  await assert.rejects(access(join(folder, "lisbon/b")));
  await assert.rejects(access(join(folder, ".lock")), "a refusal leaves no lock");
});
