import { createHash } from "node:crypto";
import { readdir, readFile, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { makeFolder, writeFileAtomic } from "../catalog/atomic-file.js";
import { messageOf } from "../core/assert.js";
import { CorruptDataError, InvalidRequestError, NotFoundError, OverloadedError } from "../core/errors.js";
import { parseLocation } from "../store/location.js";

/** A search that has a name, so that tiles can be asked of it. */
export interface RegisteredSearch {
  /** Hex, from what was registered: equal searches have equal ids. */
  readonly id: string;
  /** STAC search parameters as they were posted. */
  readonly search: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** RFC 3339 UTC, of the first registration. */
  readonly registered: string;
}

/** A search, and how it is used. */
export interface ListedSearch extends RegisteredSearch {
  /** RFC 3339 UTC: of the last use, to the minute where the server was started since; of the registration before any. */
  readonly lastused: string;
  /** Since the server was started. */
  readonly usecount: number;
}

/** By `lastused`, `usecount`, `hash`, `registered`, or a property of the metadata, as text. */
export interface SearchOrder {
  readonly property: string;
  readonly descending: boolean;
}

/** Registered searches; those of a catalog in a folder are kept in its .searches, whole or not at all. */
export interface SearchStore {
  /** @throws InvalidRequestError for one that is too large; OverloadedError where no more are kept. */
  register(given: Pick<RegisteredSearch, "search" | "metadata">): Promise<RegisteredSearch>;
  /** To answer with what it finds, which counts as a use. @throws NotFoundError */
  get(id: string): Promise<RegisteredSearch>;
  /** To tell of it. @throws NotFoundError */
  look(id: string): Promise<ListedSearch>;
  /** In the order of their ids unless told otherwise; those without a property come last, descending first, as in PostgreSQL. */
  list(page: {
    readonly limit: number;
    readonly offset: number;
    readonly order?: readonly SearchOrder[];
  }): Promise<SearchList>;
}

export interface SearchList {
  readonly searches: readonly ListedSearch[];
  /** Of all. */
  readonly matched: number;
}

export interface SearchStoreOptions {
  readonly maxSearches: number;
  /** Of all files together. */
  readonly maxBytes: number;
}

/** Of one search's file. */
const MAX_SEARCH_BYTES = 64 * 1024;
/** Of searches kept in memory, where the disk has them too. */
const MEMORY_BYTES = 4 * 2 ** 20;
/** Other servers on the same folder register too: what is there is counted again after so long. */
const RECOUNT_MS = 10_000;
/** The time of a search's last use is kept on disk, so often at most. */
const TOUCH_MS = 60_000;

const fileSchema = z.object({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  search: z.record(z.string(), z.unknown()),
  metadata: z.record(z.string(), z.unknown()),
  registered: z.string(),
});

/** `catalog`: the setting. Searches of catalogs that are no folder live as long as the process. */
export function createSearchStore(catalog: string, { maxSearches, maxBytes }: SearchStoreOptions): SearchStore {
  const location = parseLocation(catalog);
  const files = location.kind === "file" ? folderShelf(join(location.path, ".searches")) : memoryShelf();
  const known = new LRUCache<string, { readonly entry: RegisteredSearch; readonly bytes: number }>({
    maxSize: MEMORY_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
  });
  const uses = new Map<string, { count: number; lastMs: number; keptMs: number }>();
  /** Registrations wait for one another, so that none passes the bounds beside another one. */
  let last: Promise<unknown> = Promise.resolve();

  async function find(id: string): Promise<RegisteredSearch | undefined> {
    if (!ID.test(id)) return undefined;
    const cached = known.get(id);
    if (cached !== undefined) return cached.entry;
    const text = await files.read(id);
    if (text === undefined) return undefined;
    const entry = parseEntry(id, text);
    known.set(id, { entry, bytes: text.length });
    return entry;
  }

  async function add({ search, metadata }: Pick<RegisteredSearch, "search" | "metadata">): Promise<RegisteredSearch> {
    const id = idOf({ search, metadata });
    const before = await find(id);
    if (before !== undefined) return before;
    const entry = { id, search, metadata, registered: new Date().toISOString() };
    const text = JSON.stringify(entry);
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_SEARCH_BYTES)
      throw new InvalidRequestError(`The search takes ${bytes} bytes; wanted at most ${MAX_SEARCH_BYTES}`);
    const { count, bytes: stored } = await files.total();
    if (count >= maxSearches || stored + bytes > maxBytes)
      throw new OverloadedError(`${count} searches of ${stored} bytes are registered; that is as many as are kept`);
    await files.write(id, text);
    known.set(id, { entry, bytes });
    return entry;
  }

  const missing = (id: string): NotFoundError => new NotFoundError(`Search "${id.slice(0, 40)}" is not registered`);

  async function count(id: string): Promise<void> {
    const now = Date.now();
    const use = uses.get(id) ?? { count: 0, lastMs: now, keptMs: -Infinity };
    uses.set(id, use);
    use.count++;
    use.lastMs = now;
    if (now - use.keptMs < TOUCH_MS) return;
    use.keptMs = now;
    await files.touch(id, now);
  }

  async function listed(entry: RegisteredSearch): Promise<ListedSearch> {
    const use = uses.get(entry.id);
    const lastMs = use?.lastMs ?? (await files.touched(entry.id)) ?? Date.parse(entry.registered);
    return { ...entry, lastused: new Date(lastMs).toISOString(), usecount: use?.count ?? 0 };
  }

  return {
    register(given) {
      const added = last.then(() => add(given));
      last = added.catch(() => undefined);
      return added;
    },
    async get(id) {
      const found = await find(id);
      if (found === undefined) throw missing(id);
      await count(id);
      return found;
    },
    async look(id) {
      const found = await find(id);
      if (found === undefined) throw missing(id);
      return listed(found);
    },
    async list({ limit, offset, order = [] }) {
      const ids = await files.ids();
      const searches: ListedSearch[] = [];
      for (const id of order.length === 0 ? ids.slice(offset, offset + limit) : ids) {
        const found = await find(id).catch(() => undefined);
        if (found !== undefined) searches.push(await listed(found));
      }
      const sorted = order.length === 0 ? searches : inOrder(searches, order).slice(offset, offset + limit);
      return { searches: sorted, matched: ids.length };
    },
  };
}

const ID = /^[0-9a-f]{32}$/;

function inOrder(searches: readonly ListedSearch[], order: readonly SearchOrder[]): readonly ListedSearch[] {
  const keyed = searches.map((search) => ({ search, values: order.map(({ property }) => valueOf(search, property)) }));
  return keyed
    .toSorted((a, b) => {
      for (const [i, { descending }] of order.entries()) {
        const [mine, other] = [a.values[i], b.values[i]];
        if (mine === other) continue;
        const isLess = mine !== undefined && (other === undefined || mine < other);
        return isLess === descending ? 1 : -1;
      }
      return 0;
    })
    .map(({ search }) => search);
}

function valueOf(search: ListedSearch, property: string): string | number | undefined {
  if (property === "hash") return search.id;
  if (property === "lastused" || property === "usecount" || property === "registered") return search[property];
  const value = Object.hasOwn(search.metadata, property) ? search.metadata[property] : undefined;
  return value === undefined || value === null ? undefined : typeof value === "string" ? value : JSON.stringify(value);
}

/** Where the texts of searches are kept. */
interface Shelf {
  /** Sorted. */
  ids(): Promise<readonly string[]>;
  read(id: string): Promise<string | undefined>;
  write(id: string, text: string): Promise<void>;
  total(): Promise<{ readonly count: number; readonly bytes: number }>;
  /** Keeps when a search was used, where that can be kept. */
  touch(id: string, ms: number): Promise<void>;
  touched(id: string): Promise<number | undefined>;
}

function memoryShelf(): Shelf {
  const texts = new Map<string, string>();
  let bytes = 0;
  return {
    ids: async () => [...texts.keys()].toSorted(),
    read: async (id) => texts.get(id),
    async write(id, text) {
      texts.set(id, text);
      bytes += Buffer.byteLength(text);
    },
    total: async () => ({ count: texts.size, bytes }),
    touch: async () => undefined,
    touched: async () => undefined,
  };
}

function folderShelf(folder: string): Shelf {
  let counted: { count: number; bytes: number; atMs: number } | undefined;
  const place = (id: string): string => join(folder, `${id}.json`);
  const ids = async (): Promise<readonly string[]> =>
    (await readdir(folder).catch((): string[] => []))
      .filter((name) => name.endsWith(".json") && ID.test(name.slice(0, -5)))
      .map((name) => name.slice(0, -5))
      .toSorted();
  return {
    ids,
    read: (id) => readFile(place(id), "utf8").catch(() => undefined),
    async write(id, text) {
      await makeFolder(folder);
      await writeFileAtomic(place(id), text);
      if (counted !== undefined) {
        counted.count++;
        counted.bytes += Buffer.byteLength(text);
      }
    },
    // The file's own time, which another server on the folder reads too.
    touch: (id, ms) => utimes(place(id), new Date(ms), new Date(ms)).catch(() => undefined),
    touched: async (id) => (await stat(place(id)).catch(() => undefined))?.mtimeMs,
    async total() {
      if (counted === undefined || performance.now() - counted.atMs > RECOUNT_MS) {
        const all = await ids();
        let bytes = 0;
        for (const id of all) bytes += (await stat(place(id)).catch(() => undefined))?.size ?? 0;
        counted = { count: all.length, bytes, atMs: performance.now() };
      }
      return counted;
    },
  };
}

function parseEntry(id: string, text: string): RegisteredSearch {
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CorruptDataError(`search ${id}`, `its file can't be read (${messageOf(cause)})`, { cause });
  }
}

function idOf(given: object): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(given)))
    .digest("hex")
    .slice(0, 32);
}

/** The same JSON with the keys of every object in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
