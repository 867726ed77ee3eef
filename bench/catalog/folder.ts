// A catalog's folder of a million items that have a snapshot: how long opening takes in a process of its own, the first search of each kind and the
// others, what is in memory, and what one more item costs the server that has it open and the command that adds it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { documentText, multihash } from "../../src/catalog/catalog-files.js";
import { catalogWriter } from "../../src/catalog/catalog-writer.js";
import { newCatalog, newCollection } from "../../src/catalog/collection.js";
import { openFileCatalog } from "../../src/catalog/file-catalog.js";
import { StoredItems } from "../../src/catalog/stored-items.js";
import { writeSnapshot, type LinkedItem } from "../../src/catalog/write-snapshot.js";
import { addTestItem } from "../../test/support/catalog-fixtures.js";
import { printTable, quantile, round, writeResult } from "../support/report.js";
import { makeItems, makeSearches, timeSearches } from "./searches.js";

const COLLECTION = "lisbon";
const DOCUMENT = `${COLLECTION}/collection.json`;
/** Items that are made at once. */
const STEP = 500_000;
const SNAPSHOT = `${COLLECTION}/.items.snapshot`;
const { values: options } = parseArgs({
  options: {
    items: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "60" },
    write: { type: "string", default: "0" },
    /** An earlier run's folder is opened again, and stays. */
    folder: { type: "string" },
    role: { type: "string", default: "all" },
  },
});
const ADDED_MS = Date.UTC(2031, 0, 1);
const { role } = options;
const count = Number(options.items);

if (role === "make") await make(options.folder ?? "");
else if (role === "open") await measureOpen(options.folder ?? "");
else if (role === "add") await add(options.folder ?? "");
else await measureAll();

async function measureAll(): Promise<void> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "tectile-million-")));
  try {
    for (let left = await missing(folder); left > 0; left = await missing(folder)) await runSelf("make", folder);
    await pipeline(Readable.from(collectionTexts(count)), createWriteStream(join(folder, DOCUMENT)));
    await runSelf("open", folder);
  } finally {
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** Items that a folder's snapshot lacks. */
async function missing(folder: string): Promise<number> {
  const stored = await openStored(folder);
  await stored?.close();
  return count - (stored?.size ?? 0);
}

async function openStored(folder: string): Promise<StoredItems | undefined> {
  if ((await stat(join(folder, SNAPSHOT)).catch(() => undefined)) === undefined) return undefined;
  return StoredItems.open(join(folder, SNAPSHOT), {
    folder,
    place: DOCUMENT,
    intern: (value) => value,
    readItem: (href) => Promise.reject(new Error(`${href} isn't made`)),
    onDamage: (problem) => console.log(problem),
  });
}

async function runSelf(as: string, folder: string): Promise<number> {
  const own = ["--items", options.items, "--rounds", options.rounds, "--write", options.write, "--folder", folder];
  const heap = as === "make" ? ["--max-old-space-size=8000"] : [];
  const child = spawn(process.execPath, [...heap, fileURLToPath(import.meta.url), ...own, "--role", as], {
    stdio: "inherit",
  });
  const [code] = (await once(child, "exit")) as [number];
  if (code !== 0) throw new Error(`${as} ended with ${code}`);
  return code;
}

/**
 * A step: some more items into the snapshot, which a killed run leaves whole. The items' own documents aren't made: of what a snapshot has they aren't
 * read.
 */
async function make(folder: string): Promise<void> {
  const began = performance.now();
  await mkdir(join(folder, COLLECTION), { recursive: true });
  const links = [{ rel: "child", href: `./${DOCUMENT}`, type: "application/json" }];
  await writeFile(join(folder, "catalog.json"), documentText({ ...newCatalog("A million"), links }));
  const base = await openStored(folder);
  const from = base?.size ?? 0;
  const to = Math.min(from + STEP, count);
  const items: LinkedItem[] = [];
  let i = 0;
  for (const item of makeItems(to, COLLECTION))
    if (i++ >= from) items.push({ item: inFolder(item, folder), ...linkOf(item.id) });
  const written = performance.now();
  const contents = { collection: COLLECTION, place: DOCUMENT, folder, items };
  const old = base === undefined ? undefined : { items: base, hidden: undefined };
  await writeSnapshot(join(folder, SNAPSHOT), { ...contents, base: old }, new AbortController().signal);
  await base?.close();
  console.log(
    `items ${from} to ${to} made in ${seconds(written - began)} s, the snapshot written in ${seconds(performance.now() - written)} s`,
  );
}

function linkOf(id: string): Omit<LinkedItem, "item"> {
  return { href: `./${id}/${id}.json`, checksum: multihash(id) };
}

/** As catalog-writer writes it. */
function* collectionTexts(size: number): Generator<string> {
  yield documentText({ ...newCollection({ id: COLLECTION }), links: [] }).replace(/\]\n\}\n$/, "");
  let separator = "\n    ";
  let text = "";
  for (const { id, datetime } of makeItems(size, COLLECTION)) {
    const { href, checksum } = linkOf(id);
    const link = { rel: "item", href, type: "application/geo+json", title: datetime, "file:checksum": checksum };
    text += separator + JSON.stringify(link, undefined, 2).replaceAll("\n", "\n    ");
    separator = ",\n    ";
    if (text.length < 2 ** 18) continue;
    yield text;
    text = "";
  }
  yield `${text}\n  ]\n}\n`;
}

function inFolder(item: LinkedItem["item"], folder: string): LinkedItem["item"] {
  const href = join(folder, COLLECTION, item.id, `${item.id}.tif`);
  return { ...item, href, assetHrefs: { tec: href } };
}

async function measureOpen(folder: string): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const [began, usedBefore] = [performance.now(), process.cpuUsage()];
  const catalog = await openFileCatalog(folder, { onProblem: ({ path, problem }) => console.log(path, problem) });
  const openMs = performance.now() - began;
  const { user, system } = process.cpuUsage(usedBefore);
  delay.disable();
  const [snapshotBytes, documentBytes] = [await sizeOf(SNAPSHOT), await sizeOf(DOCUMENT)];
  const opened = {
    openMs: round(openMs),
    openCpuMs: round((user + system) / 1000),
    sinceProcessStartMs: round(performance.now()),
    loopHeldMs: round(delay.max / 1e6 - 5),
    memoryMiB: memory(),
  };
  console.log(JSON.stringify({ snapshotBytes, documentBytes, ...opened }));
  const searches = await timeSearches(catalog, Number(options.rounds));
  printTable(searches);
  const memoryAfterSearchesMiB = memory();
  const added = await measureAdding();
  console.log(JSON.stringify({ memoryAfterSearchesMiB, added, memoryAfterAddingMiB: memory() }));
  await catalog.close();
  if (options.write === "1")
    writeResult("catalog-folder", {
      items: count,
      snapshotBytes,
      documentBytes,
      ...opened,
      searches,
      memoryAfterSearchesMiB,
      added,
    });

  async function sizeOf(name: string): Promise<number> {
    return (await stat(join(folder, name))).size;
  }

  /** Searches all the while, one after the other with rests between, as clients ask. */
  async function measureAdding(): Promise<object> {
    const kinds = Object.values(makeSearches());
    const times: number[] = [];
    const before = process.cpuUsage();
    const start = performance.now();
    let linkedMs = 0;
    const adding = runSelf("add", folder).then(() => (linkedMs = performance.now() - start));
    const held = monitorEventLoopDelay({ resolution: 5 });
    held.enable();
    let isSeen = false;
    for (let i = 0; !isSeen || linkedMs === 0; i++) {
      const asked = kinds[i % kinds.length]?.() ?? { limit: 10 };
      const from = performance.now();
      await catalog.search(asked);
      times.push(performance.now() - from);
      isSeen = (await catalog.search({ limit: 1, datetime: [ADDED_MS, ADDED_MS] })).matched > 0;
      await new Promise((done) => setTimeout(done, 20));
    }
    await adding;
    held.disable();
    const { user: u, system: s } = process.cpuUsage(before);
    return {
      commandMs: round(linkedMs),
      seenMs: round(performance.now() - start),
      serverCpuMs: round((u + s) / 1000),
      searches: times.length,
      searchP95Ms: round(quantile(times, 0.95)),
      loopDelayP99Ms: round(held.percentile(99) / 1e6 - 5),
      loopDelayMaxMs: round(held.max / 1e6 - 5),
    };
  }
}

/** As ingest does. */
async function add(folder: string): Promise<void> {
  const began = performance.now();
  const writer = await catalogWriter(folder);
  await addTestItem(writer, `added-${Date.now()}`, { datetime: new Date(ADDED_MS).toISOString() });
  const { maxRSS } = process.resourceUsage();
  console.log(
    `the command that adds an item: ${seconds(performance.now() - began)} s, ${Math.round(maxRSS / 1024)} MiB at most`,
  );
}

function seconds(ms: number): number {
  return round(ms / 1000);
}

function memory(): object {
  const { rss, heapUsed, external } = process.memoryUsage();
  const mib = (bytes: number): number => Math.round(bytes / 2 ** 20);
  return { rss: mib(rss), heapUsed: mib(heapUsed), external: mib(external) };
}
