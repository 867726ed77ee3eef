import { stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { z } from "zod";
import { messageOf } from "../core/assert.js";
import { CorruptDataError, NotFoundError, UpstreamError } from "../core/errors.js";
import { createSlices } from "../core/slices.js";
import { isRemote } from "../store/location.js";
import { catalogPaths, readDocument, readDocumentIfAny } from "./catalog-files.js";
import { linksOf, newCatalog, type StacLink } from "./collection.js";
import { parseItem } from "./item.js";
import { readSnapshot, wholeItem, writeSnapshot, type LinkedItem } from "./item-snapshot.js";
import { createSearchIndex, type SearchIndex } from "./search-index.js";
import type { Catalog, CatalogEvents, CatalogItem, StacJson } from "./types.js";

/** Item files read at once. */
const CONCURRENCY = 16;
/** A snapshot is written again when so many of its items were read from their documents. */
const STALE_SHARE = 0.01;

export interface FileCatalogOptions extends CatalogEvents {
  /** How often the folder is looked at for changes, milliseconds; 0: at every request. */
  readonly pollMs?: number;
  /** Collections of so many items (default 2000) are kept as they were parsed, beside their documents: fewer are read as fast without. */
  readonly snapshotItems?: number;
}

/**
 * The catalog in a folder: catalog.json, its child collections, their items. All of it is in memory; changes made by other processes
 * are seen within `pollMs` (default 1000), asked or not, and replace the whole state at once. A document that can't be read is left out. While
 * the folder is lost only `root` fails: the others answer as it was.
 *
 * @throws NotFoundError when the folder isn't there. A folder without catalog.json is an empty catalog.
 */
export async function openFileCatalog(folder: string, options: FileCatalogOptions = {}): Promise<Catalog> {
  const { pollMs = 1000 } = options;
  const reader = new FolderReader(resolve(folder), options);
  let state = await reader.read(undefined);
  let checkedAt = performance.now();
  let refreshing: Promise<void> | undefined;
  let lost: unknown;
  const refresh = async (): Promise<void> => {
    try {
      const before = state;
      state = await reader.read(before);
      lost = undefined;
      const gone = state === before ? [] : goneItems(before, state);
      if (gone.length > 0) options.onGone?.(gone);
      if (state !== before) saving = saving.then(save);
    } catch (error) {
      lost = error;
    } finally {
      checkedAt = performance.now();
      refreshing = undefined;
    }
  };
  const current = async (): Promise<CatalogState> => {
    if (refreshing === undefined && performance.now() - checkedAt >= pollMs) refreshing = refresh();
    await refreshing;
    return state;
  };
  const closing = new AbortController();
  const save = (): Promise<void> => reader.saveSnapshots(state.byPath, closing.signal);
  let saving = save();
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
      const found = index.get(collection, id);
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
      await (refreshing ??= refresh());
    },
    async close() {
      clearInterval(timer);
      closing.abort();
      await saving;
    },
  };
}

/** Items of an earlier state that aren't the same ones now. */
function goneItems(before: CatalogState, after: CatalogState): readonly CatalogItem[] {
  return [...before.byPath].flatMap(([path, collection]) => {
    const now = after.byPath.get(path);
    if (now === collection) return [];
    const old = [...collection.items].filter(([itemPath, { item }]) => now?.items.get(itemPath)?.item !== item);
    return old.map(([, { item }]) => wholeItem(item));
  });
}

interface LoadedDocument {
  /** Changes when the file may have changed. */
  readonly stamp: string;
  /** Without links to items and children. */
  readonly json: StacJson;
}

interface LoadedRoot extends LoadedDocument {
  readonly links: readonly StacLink[];
}

interface LoadedCollection extends LoadedDocument {
  /** By path. */
  readonly items: ReadonlyMap<string, LinkedItem>;
}

interface CatalogState {
  readonly root: LoadedRoot;
  /** Sorted by id. */
  readonly collections: ReadonlyMap<string, LoadedCollection>;
  readonly byPath: ReadonlyMap<string, LoadedCollection>;
  readonly index: SearchIndex;
}

class FolderReader {
  private readonly folder: string;
  private readonly events: FileCatalogOptions;
  /** Of collections' documents, items that were read since their snapshot. */
  private readonly unsaved = new Map<string, number>();
  /** Values that all items share (bands, renders), kept once: a tenth of the memory. */
  private readonly shared = new Map<string, unknown>();

  constructor(folder: string, events: FileCatalogOptions) {
    this.folder = folder;
    this.events = events;
  }

  /** The folder's state; what has the same stamp as before isn't read again, and without any change the old state is returned. */
  async read(old: CatalogState | undefined): Promise<CatalogState> {
    const root = await this.readRoot(old?.root);
    const paths = root.links.filter(({ rel }) => rel === "child").map(({ href }) => resolve(this.folder, href));
    const byPath = new Map<string, LoadedCollection>();
    for (const path of paths) {
      const before = old?.byPath.get(path);
      const loaded = await this.readCollection(path, before).catch(
        (error: unknown) => this.report(path, error) ?? before,
      );
      if (loaded !== undefined) byPath.set(path, loaded);
    }
    const same = old !== undefined && old.root === root && byPath.size === old.byPath.size;
    if (same && [...byPath].every(([path, loaded]) => old.byPath.get(path) === loaded)) return old;
    const sorted = [...byPath.values()].sort((a, b) => (idOf(a.json) < idOf(b.json) ? -1 : 1));
    const items = sorted.flatMap((loaded) => [...loaded.items.values()].map(({ item }) => item));
    return {
      root,
      byPath,
      collections: new Map(sorted.map((one) => [idOf(one.json), one])),
      index: await createSearchIndex(items),
    };
  }

  private async readRoot(old: LoadedRoot | undefined): Promise<LoadedRoot> {
    const path = catalogPaths(this.folder).root;
    const stamp = await stampOf(path);
    if (old !== undefined && old.stamp === stamp) return old;
    if (stamp === NO_FILE) {
      if (old !== undefined) throw new UpstreamError("The catalog's folder lost its catalog.json; wanted it back");
      if ((await stampOf(this.folder)) === NO_FILE)
        throw new NotFoundError(`Catalog folder ${this.folder} isn't there`);
      return { stamp, json: withoutChildren(newCatalog("Tectile catalog")), links: [] };
    }
    try {
      const { json } = await readDocument(path);
      return { stamp, json: withoutChildren(json), links: linksOf(json) };
    } catch (error) {
      if (old === undefined) throw error;
      this.report(path, error);
      return old;
    }
  }

  private async readCollection(path: string, old: LoadedCollection | undefined): Promise<LoadedCollection | undefined> {
    const stamp = await stampOf(path);
    if (old !== undefined && old.stamp === stamp) return old;
    const { json } = await readDocument(path);
    if (json["type"] !== "Collection" || typeof json["id"] !== "string") {
      throw new CorruptDataError(
        relative(this.folder, path),
        `type is "${String(json["type"])}"; wanted a Collection with an id`,
      );
    }
    const wanted = linksOf(json).filter(({ rel }) => rel === "item");
    const items = new Map<string, LinkedItem>();
    const isMany = wanted.length >= (this.events.snapshotItems ?? 2000);
    const kept =
      old?.items ??
      (isMany ? await readSnapshot(snapshotOf(path), this.folder, (value) => this.intern(value)) : undefined);
    let fresh = 0;
    const slices = createSlices();
    await forEachOf(wanted, CONCURRENCY, async (link) => {
      if (slices.isOver()) await slices.pause();
      const itemPath = resolve(dirname(path), link.href);
      const checksum = link["file:checksum"];
      const before = kept?.get(itemPath);
      if (before !== undefined && checksum !== undefined && before.checksum === checksum) {
        items.set(itemPath, before);
        return;
      }
      const item = await this.readItem(itemPath).catch((error: unknown) => this.report(itemPath, error));
      if (item === undefined) return;
      items.set(itemPath, { item, checksum });
      if (checksum !== undefined) fresh++;
    });
    if (isMany) this.unsaved.set(path, (this.unsaved.get(path) ?? 0) + fresh);
    return { stamp, json: withoutChildren(json), items };
  }

  private async readItem(path: string): Promise<CatalogItem | undefined> {
    const document = await readDocumentIfAny(path);
    if (document === undefined) throw new NotFoundError("the item's file isn't there");
    const item = parseItem(document.json, path);
    for (const href of [...Object.values(item.assetHrefs), ...item.referenceHrefs]) this.checkInside(href, path);
    return { ...item, json: this.share(item.json) };
  }

  /** Files of the catalog are served to anybody, so an item must not reach outside its folder. */
  private checkInside(href: string, path: string): void {
    if (isRemote(href) || href.startsWith(this.folder + sep)) return;
    throw new CorruptDataError(
      relative(this.folder, path),
      `an asset's or reference's href is outside the catalog's folder and not a URL`,
    );
  }

  private share(json: StacJson): StacJson {
    const parsed = sharedSchema.parse(json);
    const { properties, assets } = parsed;
    const kept = (value: unknown): unknown => this.intern(value);
    return {
      ...json,
      stac_extensions: kept(parsed.stac_extensions),
      properties:
        properties["renders"] === undefined ? properties : { ...properties, renders: kept(properties["renders"]) },
      assets: {
        ...assets,
        tec: assets.tec["bands"] === undefined ? assets.tec : { ...assets.tec, bands: kept(assets.tec["bands"]) },
      },
    };
  }

  private intern(value: unknown): unknown {
    const key = JSON.stringify(value);
    if (!this.shared.has(key)) this.shared.set(key, value);
    return this.shared.get(key);
  }

  /** Writes the snapshots that are missing or too old. */
  async saveSnapshots(collections: CatalogState["byPath"], signal: AbortSignal): Promise<void> {
    for (const [path, { items }] of collections) {
      if (signal.aborted || (this.unsaved.get(path) ?? 0) <= STALE_SHARE * items.size) continue;
      this.unsaved.delete(path);
      // A disk that takes none, read-only perhaps, only makes the next start slower.
      await writeSnapshot(snapshotOf(path), this.folder, items, signal).catch(() => undefined);
    }
  }

  private report(path: string, error: unknown): undefined {
    this.events.onProblem?.({ path: relative(this.folder, path), problem: messageOf(error) });
  }
}

const NO_FILE = "none";

/** Beside a collection's document, and gone with its folder. */
const snapshotOf = (path: string): string => join(dirname(path), ".items.snapshot");

const anyRecord = z.record(z.string(), z.unknown());
const sharedSchema = z.object({
  stac_extensions: z.array(z.string()).default([]),
  properties: anyRecord,
  assets: z.looseObject({ tec: anyRecord }),
});

const idOf = (json: StacJson): string => String(json["id"]);

function withoutChildren(json: StacJson): StacJson {
  return {
    ...json,
    links: linksOf(json).filter(({ rel }) => !["item", "child", "root", "parent", "self"].includes(rel)),
  };
}

async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino}-${size}-${mtimeNs}`;
  } catch {
    return NO_FILE;
  }
}

async function forEachOf<T>(values: readonly T[], workers: number, work: (value: T) => Promise<void>): Promise<void> {
  const queue = values.values();
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (const value of queue) await work(value);
    }),
  );
}
