import { createServer, type Server } from "node:http";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ingest } from "../../src/index.js";
import { sceneTiff } from "../../test/support/scene.js";
import { startProcess, type ServeProcess } from "../../test/support/serve-process.js";
import type { Workspace } from "../../test/support/workspace.js";
import { quantile } from "../support/report.js";
import { MISBEHAVIOURS, wellBehaved, type Answer } from "./misbehaviours.js";
import { isSame, readPicture, readPictures, type Picture } from "./pictures.js";

export interface StoreReport {
  readonly misbehaviours: number;
  readonly answers: number;
  readonly right: number;
  readonly refused: number;
  /** Longest wait for an answer, seconds. */
  readonly longestS: number;
  /** Of an item whose store behaves, meanwhile, milliseconds. */
  readonly wellP99Ms: number;
  /** How far resident memory went beyond what it was when all stores behaved, MiB. */
  readonly grownMiB: number;
  readonly problems: readonly string[];
}

/** How a store stands at a moment: each time, every other time, or not at all badly. */
type Mood = "always" | "sometimes" | "never";

/** Beyond what a server takes that has read all files once: reads in flight, and freed memory that isn't given back. */
const GROWTH_MIB = 128;
/** All attempts of one read take 60 s at most; a picture reads a header, then chunks. */
const LONGEST_S = 150;
const WELL = "behaves";

/**
 * Serves items whose files lie on stores that misbehave, each in its own way, always and then every other time, then no more. Every answer
 * is the right picture or a refusal with its reason, an item beside them is answered all the time, and in the end all are right.
 */
export async function tryStores(files: Workspace, names: readonly string[] = ALL): Promise<StoreReport> {
  const source = await makeSource(files);
  const behaviours = [WELL, ...names].map((name): Behaviour => ({
    name,
    answer: MISBEHAVIOURS.get(name) ?? wellBehaved,
    mood: "never",
    version: 1,
    count: 0,
  }));
  const store = await startStore(source.bytes, behaviours);
  const { port } = store.address() as AddressInfo;
  const folder = await linkCatalog(files, source, behaviours.length, `http://127.0.0.1:${port}`);
  const server = await startProcess(["--catalog", folder], {
    TECTILE_PRIVATE_HOSTS: JSON.stringify([`127.0.0.1:${port}`]),
    // No picture and no chunk comes from a cache.
    TECTILE_TILE_CACHE_BYTES: "0",
    TECTILE_LATENTS_CACHE_BYTES: "1",
  });
  try {
    return await new StoreTrial(source, behaviours, server).run();
  } finally {
    await server.kill();
    store.closeAllConnections();
    store.close();
  }
}

class StoreTrial {
  private readonly problems: string[] = [];
  private readonly wellMs: number[] = [];
  private readonly source: SourceItem;
  private readonly behaviours: readonly Behaviour[];
  private readonly server: ServeProcess;
  private answers = 0;
  private right = 0;
  private refused = 0;
  private longestMs = 0;
  private highestMiB = 0;
  private isOver = false;

  constructor(source: SourceItem, behaviours: readonly Behaviour[], server: ServeProcess) {
    this.source = source;
    this.behaviours = behaviours;
    this.server = server;
  }

  async run(): Promise<StoreReport> {
    const { behaviours, problems, server } = this;
    const all = behaviours.map((_, i) => i);
    for (let round = 0; round < 3; round++) for (const i of all) await this.askRight(i, "at first");
    const before = await residentMiB(server.child.pid);
    const beside = this.askBeside();
    const bad = all.slice(1);
    for (const mood of ["always", "sometimes"] as const) {
      for (const i of bad) this.setMood(i, mood);
      await Promise.all(bad.flatMap((i) => [this.ask(i, mood), this.ask(i, mood)]));
    }
    // Whatever was kept of a bad moment must not outlive it, also where the file was uploaded again in the meantime.
    for (const i of bad) this.setMood(i, "never", 2);
    for (const i of bad) await this.askRight(i, "once it behaves");
    this.isOver = true;
    await beside;
    const grownMiB = Math.round(this.highestMiB - before);
    if (grownMiB > GROWTH_MIB) problems.push(`resident memory grew by ${grownMiB} MiB; wanted ${GROWTH_MIB} at most`);
    const longestS = Math.round(this.longestMs / 1000);
    if (longestS > LONGEST_S) problems.push(`an answer took ${longestS} s; wanted ${LONGEST_S} at most`);
    const { answers, right, refused } = this;
    const wellP99Ms = Math.round(quantile(this.wellMs, 0.99));
    return { misbehaviours: bad.length, answers, right, refused, longestS, wellP99Ms, grownMiB, problems };
  }

  private setMood(i: number, mood: Mood, version = 1): void {
    const behaviour = this.behaviours[i];
    if (behaviour !== undefined) Object.assign(behaviour, { mood, version, count: 0 });
  }

  private async ask(i: number, when: string): Promise<Picture> {
    const start = performance.now();
    const got = await readPicture(this.server, `place/${idOf(i)}`);
    this.longestMs = Math.max(this.longestMs, performance.now() - start);
    this.answers++;
    if (isSame(got, this.source.right, true)) this.right++;
    else if (got.status === 200) this.report(i, when, "a wrong picture");
    else if (/its log has the details/.test(got.text)) this.report(i, when, got.text);
    else this.refused++;
    return got;
  }

  private async askRight(i: number, when: string): Promise<void> {
    const got = await this.ask(i, when);
    if (got.status !== 200) this.report(i, when, got.text);
  }

  /** The item whose store behaves, five times a second. */
  private async askBeside(): Promise<void> {
    while (!this.isOver) {
      const start = performance.now();
      await this.askRight(0, "beside the others");
      this.wellMs.push(performance.now() - start);
      this.highestMiB = Math.max(this.highestMiB, await residentMiB(this.server.child.pid));
      await sleep(200);
    }
  }

  private report(i: number, when: string, problem: string): void {
    this.problems.push(`a store that ${this.behaviours[i]?.name}, ${when}: ${problem}`);
  }
}

const ALL = [...MISBEHAVIOURS.keys()];

export interface SourceItem {
  readonly catalog: string;
  readonly bytes: Uint8Array;
  readonly right: Picture;
}

/** A catalog of one item, its file's bytes and its picture. */
export async function makeSource(files: Workspace): Promise<SourceItem> {
  const image = await files.write("scene.tif", sceneTiff(600, 400));
  const catalog = files.path("one");
  const { item } = await ingest(image, { catalog, collection: "place", id: ITEM, datetime: "2024-05-01T10:00:00Z" });
  const right = (await readPictures(catalog)).get(`place/${ITEM}`);
  if (right?.values === undefined) throw new Error(`the item itself: ${right?.text}`);
  return { catalog, bytes: await readFile(item.href), right };
}

const ITEM = "item";

/** The same catalog with the item once for each name, its file at `origin`/number.tif. */
async function linkCatalog(files: Workspace, from: SourceItem, count: number, origin: string): Promise<string> {
  const folder = files.path("many");
  await cp(from.catalog, folder, { recursive: true });
  await linkItems(folder, count, origin);
  return folder;
}

/** The item of a catalog's collection "place", once for each name, its file at `origin`/number.tif. */
export async function linkItems(folder: string, count: number, origin: string): Promise<void> {
  const collectionPath = `${folder}/place/collection.json`;
  const item = JSON.parse(await readFile(`${folder}/place/${ITEM}/${ITEM}.json`, "utf8")) as Json & {
    assets: { tec: Json };
  };
  const collection = JSON.parse(await readFile(collectionPath, "utf8")) as Json & { links: Json[] };
  const links = collection.links.filter(({ rel }) => rel !== "item");
  for (let i = 0; i < count; i++) {
    const id = idOf(i);
    const assets = { tec: { ...item.assets.tec, href: `${origin}/${i}.tif` } };
    await mkdir(`${folder}/place/${id}`);
    await writeFile(`${folder}/place/${id}/${id}.json`, JSON.stringify({ ...item, id, assets }));
    links.push({ rel: "item", href: `./${id}/${id}.json`, type: "application/geo+json" });
  }
  await writeFile(collectionPath, JSON.stringify({ ...collection, links }));
}

type Json = Record<string, unknown>;
/** The item whose file lies at number.tif. */
export const idOf = (i: number): string => `item-${i}`;

/** Answers for /0.tif, /1.tif, ... in the mood of each. */
export async function startStore(bytes: Uint8Array, behaviours: readonly Behaviour[]): Promise<Server> {
  const server = createServer((request, response) => {
    response.on("error", () => undefined);
    const behaviour = behaviours[Number(/^\/(\d+)\.tif/.exec(request.url ?? "")?.[1])];
    const [, first = "0", last = "0"] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    if (behaviour === undefined) return void response.writeHead(404).end();
    const count = ++behaviour.count;
    const asked = {
      bytes,
      first: Number(first),
      last: Math.min(Number(last), bytes.length - 1),
      etag: `"${behaviour.version}"`,
      count,
    };
    const isBad = behaviour.mood === "always" || (behaviour.mood === "sometimes" && count % 2 === 0);
    void (isBad ? behaviour.answer : wellBehaved)(response, asked);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

export interface Behaviour {
  readonly name: string;
  readonly answer: Answer;
  mood: Mood;
  /** Its ETag. */
  version: number;
  /** Requests so far. */
  count: number;
}

export async function residentMiB(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024;
}
