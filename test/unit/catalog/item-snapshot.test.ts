import assert from "node:assert/strict";
import { access, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { catalogWriter } from "../../../src/catalog/catalog-writer.js";
import { openFileCatalog } from "../../../src/catalog/file-catalog.js";
import type { Catalog, CatalogItem, SearchQuery } from "../../../src/catalog/types.js";
import { verifyCatalog } from "../../../src/catalog/verify-catalog.js";
import { addTestItem, degreeGrid, temporaryFolder } from "../../support/catalog-fixtures.js";

const IDS = Array.from({ length: 12 }, (_, i) => `item-${String(i).padStart(2, "0")}`);
const QUERIES: readonly SearchQuery[] = [
  { limit: 5 },
  { limit: 100, bbox: [2.5, 38, 4, 42] },
  { limit: 100, filter: { op: "<", args: [{ property: "eo:cloud_cover" }, 40] } },
  { limit: 100, filter: { op: "=", args: [{ property: "tec:quality" }, 3] } },
  { limit: 100, text: ["item-03"] },
  { limit: 3, sortby: [{ property: "eo:cloud_cover", descending: true }] },
  { limit: 3, sortby: [{ property: "title", descending: true }] },
  { limit: 100, intersects: { type: "Point", coordinates: [3.5, 40.5] } },
];

async function makeCatalog(t: TestContext): Promise<{ readonly folder: string; readonly path: string }> {
  const folder = await temporaryFolder(t);
  const writer = await catalogWriter(folder);
  for (const [i, id] of IDS.entries())
    await addTestItem(writer, id, {
      grid: degreeGrid(i % 5, 41 + (i % 3)),
      datetime: `2024-05-${String(1 + (i % 7)).padStart(2, "0")}T10:00:00Z`,
      title: i === 4 ? "Ärger, 東京" : id,
      properties: { platform: "sentinel-2b", "eo:cloud_cover": (37 * i) % 100, "view:sun_azimuth": i },
    });
  return { folder, path: join(folder, "lisbon/.items.snapshot") };
}

async function open(t: TestContext, folder: string, snapshotItems = 1): Promise<Catalog> {
  const catalog = await openFileCatalog(folder, { pollMs: 0, snapshotItems });
  t.after(() => catalog.close());
  return catalog;
}

async function isWritten(path: string): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return;
    await sleep(10);
  }
  assert.fail(`${path} isn't there after 5 s`);
}

/** Everything that a catalog tells of its items; documents as texts, since the order of their fields shows too. */
async function told(catalog: Catalog): Promise<unknown> {
  const plain = ({ json, ...item }: CatalogItem): unknown => ({
    ...item,
    searched: undefined,
    json: JSON.stringify(json),
  });
  const pages = [];
  for (const query of QUERIES) {
    const page = await catalog.search(query);
    const next = page.next === undefined ? undefined : await catalog.search({ ...query, token: page.next });
    pages.push([page.matched, page.next, [...page.items, ...(next?.items ?? [])].map(plain)]);
  }
  return JSON.parse(
    JSON.stringify([pages, await catalog.queryables(), await catalog.aggregate({}, [{ name: "total_count" }])]),
  ) as unknown;
}

test("items of a snapshot are those of their documents in all that is told of them, without their documents", async (t) => {
  const { folder, path } = await makeCatalog(t);
  const wanted = await told(await open(t, folder, Infinity));
  const first = await open(t, folder);
  assert.deepEqual(await told(first), wanted);
  await isWritten(path);
  assert.deepEqual((await verifyCatalog(folder)).problems, []);
  for (const id of IDS) await rm(join(folder, "lisbon", id, `${id}.json`));
  const second = await open(t, folder);
  assert.deepEqual(await told(second), wanted);
  assert.deepEqual(await told(second), wanted);
});

test("items that came, went or changed since a snapshot are seen", async (t) => {
  const { folder, path } = await makeCatalog(t);
  await open(t, folder);
  await isWritten(path);
  const writer = await catalogWriter(folder);
  await writer.removeItems("lisbon", ["item-03"]);
  await addTestItem(writer, "item-05", { quality: 4, datetime: "2025-01-01T00:00:00Z" });
  await addTestItem(writer, "new");
  const before = (await stat(path)).mtimeMs;
  const catalog = await open(t, folder);
  const wanted = await told(await open(t, folder, Infinity));
  assert.deepEqual(await told(catalog), wanted);
  assert.equal((await catalog.item("lisbon", "item-05")).quality, 4);
  for (let i = 0; i < 500 && (await stat(path)).mtimeMs === before; i++) await sleep(10);
  assert.deepEqual(await told(await open(t, folder)), wanted);
});

test("a snapshot that is torn, damaged, another version's or leads outside its catalog is left alone", async (t) => {
  const { folder, path } = await makeCatalog(t);
  const wanted = await told(await open(t, folder, Infinity));
  await open(t, folder);
  await isWritten(path);
  const whole = await readFile(path);
  const text = whole.toString();
  const lines = text.split("\n");
  const cuts = Array.from({ length: 40 }, (_, i) => Math.floor((whole.length * i) / 40));
  const changed = [
    text.replace('"version":2', '"version":1'),
    text.replace("./lisbon/item-01/item-01.tif", "./../../../etc/passwd"),
    text.replace("./lisbon/item-01/item-01.tif", "/etc/passwd"),
    text.replace(/"count":\d+/, '"count":11'),
    lines.toSpliced(4, 1).join("\n"),
    lines.toSpliced(-2, 1).join("\n"),
    `${text}{}\n`,
    "",
    "\n",
  ];
  for (const found of [...cuts.map((cut) => whole.subarray(0, cut)), ...changed]) {
    await writeFile(path, found);
    // Closed before it has written another one.
    const catalog = await openFileCatalog(folder, { pollMs: 0, snapshotItems: 1 });
    await catalog.close();
    assert.deepEqual(await told(catalog), wanted);
  }
  await writeFile(path, whole);
  await truncate(path, whole.length - 1);
  assert.deepEqual(await told(await open(t, folder)), wanted);
});
