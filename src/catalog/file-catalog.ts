import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { NotFoundError } from "../core/errors.js";
import { FolderReader, type CatalogState } from "./folder-reader.js";
import { goneItems } from "./linked-items.js";
import type { Catalog, CatalogEvents } from "./types.js";

/** Requests wait for a look at the folder so long after it began: usually that is a millisecond, but new links of a million take seconds. */
const WAIT_MS = 250;

export interface FileCatalogOptions extends CatalogEvents {
  /** How often the folder is looked at for changes, milliseconds; 0: at every request. */
  readonly pollMs?: number;
  /** Collections of so many items (default 2000) are kept as they were parsed, beside their documents: fewer are read as fast without. */
  readonly snapshotItems?: number;
}

/**
 * The catalog in a folder: catalog.json, its child collections, their items. What searches look at is in memory; changes made by other
 * processes are seen within `pollMs` (default 1000) and the time that their reading takes, asked or not, and replace the whole state at once:
 * until then it answers as it was. A document that can't be read is left out. While the folder is lost only `root` fails: the others answer as it was.
 *
 * @throws NotFoundError when the folder isn't there. A folder without catalog.json is an empty catalog.
 */
export async function openFileCatalog(folder: string, options: FileCatalogOptions = {}): Promise<Catalog> {
  const { pollMs = 1000 } = options;
  const closing = new AbortController();
  let saving = Promise.resolve();
  const reader = new FolderReader(resolve(folder), { ...options, onDamage: () => saveLater() });
  let state = await reader.read(undefined);
  let checkedAt = performance.now();
  let refreshing: Promise<void> | undefined;
  let begunAt = checkedAt;
  let lost: unknown;
  const look = async (): Promise<void> => {
    begunAt = performance.now();
    try {
      const before = state;
      state = await reader.read(before);
      lost = undefined;
      if (state === before) return;
      for await (const gone of goneItems(before.byPath, state.byPath)) options.onGone?.(gone);
      await closeUnused(before, state);
      saveLater();
    } catch (error) {
      lost = error;
    } finally {
      checkedAt = performance.now();
      refreshing = undefined;
    }
  };
  const refresh = (): Promise<void> => (refreshing ??= look());
  const current = async (): Promise<CatalogState> => {
    if (refreshing === undefined && performance.now() - checkedAt >= pollMs) void refresh();
    const leftMs = pollMs === 0 ? Infinity : begunAt + WAIT_MS - performance.now();
    if (leftMs === Infinity) await refreshing;
    else if (refreshing !== undefined && leftMs > 0) await Promise.race([refreshing, sleep(leftMs)]);
    return state;
  };
  const save = async (): Promise<void> => {
    if (await reader.saveSnapshots(state, closing.signal)) await refresh();
  };
  function saveLater(): void {
    saving = saving.then(save);
  }
  saveLater();
  const timer = pollMs > 0 ? setInterval(() => void current(), pollMs).unref() : undefined;
  return {
    async root() {
      const { root } = await current();
      if (lost !== undefined) throw lost;
      return root.json;
    },
    collections: async () => [...(await current()).collections.values()].map(({ json }) => json),
    async collection(id) {
      const found = (await current()).collections.get(id);
      if (found === undefined) throw new NotFoundError(`Collection "${id.slice(0, 80)}" isn't in the catalog`);
      return found.json;
    },
    async item(collection, id) {
      const { index, collections } = await current();
      const found = await index.get(collection, id);
      if (found !== undefined) return found;
      if (!collections.has(collection))
        throw new NotFoundError(`Collection "${collection.slice(0, 80)}" isn't in the catalog`);
      throw new NotFoundError(`Item "${id.slice(0, 80)}" isn't in collection "${collection}"`);
    },
    async search(query, signal) {
      return (await current()).index.search(query, signal);
    },
    async queryables(collection) {
      const { index, collections } = await current();
      if (collection === undefined || collections.has(collection)) return index.queryables(collection);
      throw new NotFoundError(`Collection "${collection.slice(0, 80)}" isn't in the catalog`);
    },
    async aggregate(filter, asked, signal) {
      return (await current()).index.aggregate(filter, asked, signal);
    },
    async refresh() {
      await refreshing;
      await refresh();
    },
    async close() {
      clearInterval(timer);
      closing.abort();
      await saving;
      await refreshing;
      for (const { items } of state.byPath.values()) await items.base?.items.close();
    },
  };
}

/** Snapshots that another state no longer uses; who still reads of them reads documents. */
async function closeUnused(before: CatalogState, after: CatalogState): Promise<void> {
  const used = new Set([...after.byPath.values()].map(({ items }) => items.base?.items));
  for (const { items } of before.byPath.values()) if (!used.has(items.base?.items)) await items.base?.items.close();
}
