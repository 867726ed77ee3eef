import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, open as openFile, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { multihash } from "../../../src/catalog/catalog-files.js";
import { catalogWriter } from "../../../src/catalog/catalog-writer.js";
import { openFileCatalog, type FileCatalogOptions } from "../../../src/catalog/file-catalog.js";
import type {
  Catalog,
  CatalogItem,
  CatalogProblem,
  SearchPage,
  SearchQuery,
  StacJson,
} from "../../../src/catalog/types.js";
import { verifyCatalog } from "../../../src/catalog/verify-catalog.js";
import { writeSnapshot } from "../../../src/catalog/write-snapshot.js";
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

async function open(
  t: TestContext,
  folder: string,
  snapshotItems = 1,
  events: FileCatalogOptions = {},
): Promise<Catalog> {
  const catalog = await openFileCatalog(folder, { pollMs: 0, snapshotItems, ...events });
  t.after(() => catalog.close());
  return catalog;
}

/** Until something is so, 5 s at most. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await isSo()) return;
    await sleep(10);
  }
  assert.fail("it isn't so after 5 s");
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
const isWritten = (path: string): Promise<void> => until(() => isThere(path));

/** Everything that a catalog tells of its items; documents as texts, since the order of their fields shows too. */
async function told(catalog: Catalog): Promise<unknown> {
  const plain = ({ json, ...item }: CatalogItem): unknown => ({
    ...item,
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

test("a snapshot of which any byte is changed, or that is cut off anywhere, is told of and not believed", async (t) => {
  const { folder, path } = await makeCatalog(t);
  const wanted = await told(await open(t, folder, Infinity));
  await open(t, folder);
  await isWritten(path);
  const whole = await readFile(path);
  const places = Array.from({ length: 120 }, (_, i) => Math.floor((whole.length * i) / 120));
  const tail = Array.from({ length: 40 }, (_, i) => whole.length - 40 + i);
  const flipped = [...places, ...tail].map((at, i) => {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (i % 8));
    return bytes;
  });
  const cut = places.slice(0, 30).map((at) => whole.subarray(0, 4 * at));
  const older = Buffer.from('{"kind":"tectile items","version":2}\n');
  const changed = [...cut, whole.subarray(0, -1), Buffer.concat([whole, Buffer.from("{}")]), older, Buffer.alloc(0)];
  const unseen: number[] = [];
  for (const [i, found] of [...changed, ...flipped].entries()) {
    await writeFile(path, found);
    const problems: CatalogProblem[] = [];
    const catalog = await openFileCatalog(folder, {
      pollMs: 0,
      snapshotItems: 1,
      onProblem: (problem) => problems.push(problem),
    });
    assert.deepEqual(await told(catalog), wanted, `change ${i}`);
    await catalog.close();
    if (problems.length === 0) unseen.push(i - changed.length);
    for (const problem of problems) assert.equal(problem.path, "lisbon/.items.snapshot");
  }
  // Between sections there are up to 7 bytes that say nothing.
  assert.ok(
    unseen.every((i) => i >= 0 && whole[[...places, ...tail][i] ?? 0] === 0) && unseen.length < 5,
    unseen.join(),
  );
});

test("a snapshot that is damaged while it is open is read no more, and written again", async (t) => {
  const { folder, path } = await makeCatalog(t);
  const wanted = await told(await open(t, folder, Infinity));
  const first = await open(t, folder);
  await isWritten(path);
  await first.close();
  const problems: CatalogProblem[] = [];
  const catalog = await open(t, folder, 1, { onProblem: (problem) => problems.push(problem) });
  // In place: all items' texts stand in the beginning.
  const handle = await openFile(path, "r+");
  for (let at = 10; at < 20_000; at += 500) await handle.write("#", at);
  await handle.close();
  const before = (await stat(path)).ctimeMs;
  assert.deepEqual(await told(catalog), wanted);
  assert.match(String(problems[0]?.problem), /the text of item \d+ is damaged/);
  await until(async () => (await stat(path)).ctimeMs !== before);
  await catalog.close();
  for (const id of IDS) await rm(join(folder, "lisbon", id, `${id}.json`));
  assert.deepEqual(await told(await open(t, folder)), wanted);
});

test("a snapshot of another place, or whose items have other places, is not believed", async (t) => {
  const { folder, path } = await makeCatalog(t);
  await open(t, folder);
  await isWritten(path);
  const other = await temporaryFolder(t);
  await cp(folder, other, { recursive: true });
  // Of the same ids, other documents.
  const writer = await catalogWriter(other);
  for (const id of IDS.slice(3)) await addTestItem(writer, id, { quality: 5, title: `other ${id}` });
  const replaced = await open(t, other);
  assert.deepEqual(await told(replaced), await told(await open(t, other, Infinity)));
  // It may be writing a snapshot still.
  await replaced.close();
  // The collection with its snapshot is in a folder of another name.
  const document = join(other, "catalog.json");
  await cp(join(folder, "lisbon"), join(other, "porto"), { recursive: true });
  await rm(join(other, "lisbon"), { recursive: true });
  await writeFile(document, (await readFile(document, "utf8")).replaceAll("./lisbon/", "./porto/"));
  const problems: CatalogProblem[] = [];
  const moved = await open(t, other, 1, { onProblem: (problem) => problems.push(problem) });
  assert.match(String(problems[0]?.problem), /its snapshot is of lisbon/);
  assert.equal((await moved.item("lisbon", "item-01")).href, join(other, "porto/item-01/item-01.tif"));
  // Written by somebody who wishes us ill, with all its checksums right.
  for (const href of ["/etc/passwd", `${folder}/../secret.tif`]) {
    const item = { ...(await (await open(t, folder)).item("lisbon", "item-02")), href };
    const link = {
      href: "./item-02/item-02.json",
      checksum: multihash(await readFile(join(folder, "lisbon/item-02/item-02.json"), "utf8")),
    };
    const place = "lisbon/collection.json";
    const contents = { collection: "lisbon", place, folder, base: undefined, items: [{ item, ...link }] };
    await writeSnapshot(path, contents, new AbortController().signal);
    const catalog = await open(t, folder);
    assert.equal((await catalog.item("lisbon", "item-02")).href, join(folder, "lisbon/item-02/item-02.tif"));
    await catalog.close();
  }
});

test("where no snapshot can be written or read the documents are", async (t) => {
  const { folder, path } = await makeCatalog(t);
  await mkdir(path);
  const wanted = await told(await open(t, folder, Infinity));
  const catalog = await open(t, folder);
  assert.deepEqual(await told(catalog), wanted);
  await addTestItem(await catalogWriter(folder), "new");
  assert.equal((await catalog.item("lisbon", "new")).id, "new");
});

test("items that went or were replaced are told as they were, from a snapshot too, and none because it was written", async (t) => {
  const { folder, path } = await makeCatalog(t);
  const writer = await catalogWriter(folder);
  const gone: [string, unknown][] = [];
  const onGone = (items: readonly CatalogItem[]): void => {
    for (const { id, quality, json } of items) gone.push([id, [quality, (json["properties"] as StacJson)["title"]]]);
  };
  const catalog = await open(t, folder, 1, { onGone });
  await isWritten(path);
  await sleep(50);
  await catalog.search({ limit: 1 });
  assert.deepEqual(gone, []);
  await addTestItem(writer, "item-05", { quality: 4, title: "again" });
  await writer.removeItems("lisbon", ["item-04"]);
  await catalog.search({ limit: 1 });
  assert.deepEqual(
    new Map(gone),
    new Map([
      ["item-04", [3, "Ärger, 東京"]],
      ["item-05", [3, "item-05"]],
    ]),
  );
  await sleep(50);
  await addTestItem(writer, "item-05", { quality: 5 });
  await catalog.search({ limit: 1 });
  assert.deepEqual(gone.slice(2), [["item-05", [4, "again"]]]);
});

test("servers over one folder tell what its documents say, whatever comes, goes and is written meanwhile, and pages neither repeat nor skip", async (t) => {
  const step = fc.record({
    id: fc.constantFrom(...IDS, "a", "b"),
    kind: fc.constantFrom("add", "add", "remove", "wait"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 8 }), async (steps) => {
      const { folder } = await makeCatalog(t);
      const servers = [await open(t, folder), await open(t, folder)];
      const writer = await catalogWriter(folder);
      const touched = new Set(steps.flatMap(({ id, kind }) => (kind === "wait" ? [] : [id])));
      const paged: string[] = [];
      let token: string | undefined;
      for (const [i, { id, kind }] of steps.entries()) {
        if (kind === "add")
          await addTestItem(writer, id, { quality: i, title: `${i}`, properties: { "eo:cloud_cover": i } });
        if (kind === "remove") await writer.removeItems("lisbon", [id]).catch(() => undefined);
        if (kind === "wait") await sleep(20);
        const truth = await openFileCatalog(folder, { pollMs: 0, snapshotItems: Infinity });
        for (const server of servers) assert.deepEqual(await told(server), await told(truth));
        await truth.close();
        const sortby = [{ property: "view:sun_azimuth", descending: false }];
        const page: SearchPage | undefined = await servers[i % 2]?.search({
          sortby,
          limit: 4,
          ...(token === undefined ? {} : { token }),
        });
        if (i > 0 && token === undefined) continue;
        token = page?.next;
        paged.push(...(page?.items.map((one) => one.id) ?? []));
      }
      const staying = (ids: readonly string[]): readonly string[] => ids.filter((id) => !touched.has(id));
      const all = staying(IDS);
      assert.deepEqual(staying(paged), token === undefined ? all : all.slice(0, staying(paged).length));
      for (const server of servers) await server.close();
      await rm(folder, { recursive: true });
    }),
    { seed: 41, numRuns: 8 },
  );
});

test("while a collection's document is being read, however long that takes, the catalog answers as it was", async (t) => {
  const { folder } = await makeCatalog(t);
  const catalog = await openFileCatalog(folder, { pollMs: 5 });
  const document = join(folder, "lisbon/collection.json");
  const text = await readFile(document, "utf8");
  // Whoever reads it waits until somebody writes.
  await promisify(execFile)("mkfifo", [`${document}.pipe`]);
  await rename(`${document}.pipe`, document);
  await sleep(20);
  for (let i = 0; i < 5; i++) assert.equal((await catalog.search({ limit: 1 })).matched, IDS.length);
  const { links } = JSON.parse(text) as { links: { href: string }[] };
  const fewer = links.filter(({ href }) => !href.includes("item-03"));
  await writeFile(document, JSON.stringify({ ...(JSON.parse(text) as object), links: fewer }));
  await until(async () => (await catalog.search({ limit: 1 })).matched === IDS.length - 1);
  await rename(document, `${document}.pipe`);
  await writeFile(document, text);
  // A look that began meanwhile waits for the pipe's end.
  await Promise.all([catalog.close(), writeFile(`${document}.pipe`, "{}", { flag: "r+" })]);
});
