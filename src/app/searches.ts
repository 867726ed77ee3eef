import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { makeFolder, writeFileAtomic } from "../catalog/atomic-file.js";
import { messageOf } from "../core/assert.js";
import { CorruptDataError, InvalidRequestError, NotFoundError } from "../core/errors.js";
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

/** Registered searches; those of a catalog in a folder are kept in its .searches, whole or not at all. */
export interface SearchStore {
  register(given: Pick<RegisteredSearch, "search" | "metadata">): Promise<RegisteredSearch>;
  /** @throws NotFoundError */
  get(id: string): Promise<RegisteredSearch>;
  list(): Promise<readonly RegisteredSearch[]>;
}

const MAX_SEARCHES = 10_000;

const fileSchema = z.object({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  search: z.record(z.string(), z.unknown()),
  metadata: z.record(z.string(), z.unknown()),
  registered: z.string(),
});

/** `catalog`: the setting. Searches of catalogs that are no folder live as long as the process. */
export function createSearchStore(catalog: string): SearchStore {
  const location = parseLocation(catalog);
  const folder = location.kind === "file" ? join(location.path, ".searches") : undefined;
  const known = new Map<string, RegisteredSearch>();
  let loading: Promise<void> | undefined;
  const load = async (): Promise<void> => {
    loading ??= folder === undefined ? Promise.resolve() : loadAll(folder, known);
    return loading;
  };
  return {
    async register({ search, metadata }) {
      await load();
      const id = idOf({ search, metadata });
      const before = known.get(id);
      if (before !== undefined) return before;
      if (known.size >= MAX_SEARCHES)
        throw new InvalidRequestError(`${MAX_SEARCHES} searches are registered already; that is as many as are kept`);
      const entry = { id, search, metadata, registered: new Date().toISOString() };
      if (folder !== undefined) {
        await makeFolder(folder);
        await writeFileAtomic(join(folder, `${id}.json`), `${JSON.stringify(entry, undefined, 2)}\n`);
      }
      known.set(id, entry);
      return entry;
    },
    async get(id) {
      await load();
      // Another server on the same folder may have registered it.
      const found = known.get(id) ?? (folder === undefined ? undefined : await readOne(folder, id));
      if (found === undefined) throw new NotFoundError(`Search "${id.slice(0, 40)}" is not registered`);
      known.set(found.id, found);
      return found;
    },
    async list() {
      await load();
      return [...known.values()];
    },
  };
}

async function loadAll(folder: string, known: Map<string, RegisteredSearch>): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((file) => /^[0-9a-f]{32}\.json$/.test(file))) {
    const found = await readOne(folder, name.slice(0, 32));
    if (found !== undefined) known.set(found.id, found);
  }
}

async function readOne(folder: string, id: string): Promise<RegisteredSearch | undefined> {
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
  const text = await readFile(join(folder, `${id}.json`), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
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
