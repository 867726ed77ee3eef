import { stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { z } from "zod";
import { messageOf } from "../core/assert.js";
import { CorruptDataError, NotFoundError, UpstreamError } from "../core/errors.js";
import { isRemote } from "../store/location.js";
import { catalogPaths, readDocument, readDocumentIfAny } from "./catalog-files.js";
import { linksOf, newCatalog, type StacLink } from "./collection.js";
import { parseItem } from "./item.js";
import { replaceShared } from "./item-text.js";
import { LinkGatherer, type LinkedItems } from "./linked-items.js";
import { scanDocument } from "./scan-document.js";
import { createSearchIndex, type SearchIndex } from "./search-index.js";
import { StoredItems } from "./stored-items.js";
import type { CatalogEvents, CatalogItem, StacJson } from "./types.js";
import { storableItems, writeSnapshot, type SnapshotContents } from "./write-snapshot.js";

/** A snapshot is written again when so many of its items are read from their documents. */
const STALE_SHARE = 0.01;
/** Collections of fewer are read as fast without one. */
const SNAPSHOT_ITEMS = 2000;

export interface FolderReaderOptions extends CatalogEvents {
  /** Collections of so many items (default 2000) are kept as they were parsed, beside their documents. */
  readonly snapshotItems?: number;
  /** A snapshot turned out to be damaged: it is to be written again. */
  readonly onDamage?: () => void;
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
  readonly items: LinkedItems;
}

export interface CatalogState {
  readonly root: LoadedRoot;
  /** Sorted by id. */
  readonly collections: ReadonlyMap<string, LoadedCollection>;
  readonly byPath: ReadonlyMap<string, LoadedCollection>;
  readonly index: SearchIndex;
}

/** Reads a catalog's folder: what has the same stamp as before isn't read again, nor are items whose links tell the checksum that they had. */
export class FolderReader {
  private readonly folder: string;
  private readonly options: FolderReaderOptions;
  /** Of collections' documents: snapshots that were written since they were read. */
  private readonly written = new Map<string, StoredItems>();
  /** Of collections' documents: the stamp of the last of which a snapshot was tried. */
  private readonly tried = new Map<string, string>();
  private readonly damaged = new Set<string>();
  /** Values that all items share (bands, renders), kept once: a tenth of the memory. */
  private readonly shared = new Map<string, unknown>();

  constructor(folder: string, options: FolderReaderOptions) {
    this.folder = folder;
    this.options = options;
  }

  /** The folder's state; without any change the old one. */
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
    return {
      root,
      byPath,
      collections: new Map(sorted.map((one) => [idOf(one.json), one])),
      index: await createSearchIndex(
        sorted.flatMap(({ items }) => [...items.fresh.values()].map(({ item }) => item)),
        sorted.flatMap(({ items }) => items.part ?? []),
      ),
    };
  }

  /** Writes the snapshots that are missing, damaged or too old; true where one is there now that the next `read` will use. */
  async saveSnapshots({ byPath }: CatalogState, signal: AbortSignal): Promise<boolean> {
    const { snapshotItems = SNAPSHOT_ITEMS } = this.options;
    for (const [path, { stamp, json, items }] of byPath) {
      const isDamaged = this.damaged.has(path);
      // Its rows are items of the collection that their documents name.
      if (items.base !== undefined && items.base.items.about.collection !== idOf(json)) continue;
      if (signal.aborted || items.size < snapshotItems || (this.tried.get(path) === stamp && !isDamaged)) continue;
      this.tried.set(path, stamp);
      this.damaged.delete(path);
      const contents = {
        collection: idOf(json),
        place: relative(this.folder, path),
        folder: this.folder,
        base: items.base,
        items: [...items.fresh.values()],
      };
      const wanted = await storableItems(contents, contents.items);
      if (isDamaged || wanted.length > STALE_SHARE * items.size)
        await this.saveSnapshot(path, { ...contents, items: wanted }, signal);
    }
    return this.written.size > 0;
  }

  private async saveSnapshot(path: string, contents: SnapshotContents, signal: AbortSignal): Promise<void> {
    try {
      await writeSnapshot(snapshotOf(path), contents, signal);
      const stored = await this.openSnapshot(path);
      if (stored !== undefined) this.written.set(path, stored);
    } catch {
      // A disk that takes none, read-only perhaps, only makes the next start slower.
    }
  }

  private async openSnapshot(path: string): Promise<StoredItems | undefined> {
    const folder = dirname(path);
    try {
      return await StoredItems.open(snapshotOf(path), {
        folder: this.folder,
        place: relative(this.folder, path),
        intern: (value) => this.intern(value),
        readItem: (href) => this.readItem(resolve(folder, href)),
        onDamage: (problem) => {
          this.options.onProblem?.({ path: relative(this.folder, snapshotOf(path)), problem });
          this.damaged.add(path);
          this.options.onDamage?.();
        },
      });
    } catch (error) {
      // Whatever is wrong with it, the documents themselves are there to be read.
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) this.report(snapshotOf(path), error);
      return undefined;
    }
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
    const written = this.written.get(path);
    const stamp = await stampOf(path);
    if (old !== undefined && old.stamp === stamp && written === undefined) return old;
    const { snapshotItems = SNAPSHOT_ITEMS } = this.options;
    const isNew = old === undefined && snapshotItems < Infinity;
    const base = written ?? old?.items.base?.items ?? (isNew ? await this.openSnapshot(path) : undefined);
    let links = new LinkGatherer(dirname(path), base, old?.items);
    let json = await scanDocument(path, (link) => links.add(link));
    if (json === undefined) {
      ({ json } = await readDocument(path));
      links = new LinkGatherer(dirname(path), base, old?.items);
      for (const link of linksOf(json)) if (link.rel === "item") links.add(link);
    }
    if (json["type"] !== "Collection" || typeof json["id"] !== "string") {
      throw new CorruptDataError(
        relative(this.folder, path),
        `type is "${String(json["type"])}"; wanted a Collection with an id`,
      );
    }
    const items = await links.gather((itemPath) =>
      this.readItem(itemPath).catch((error: unknown) => this.report(itemPath, error)),
    );
    if (written !== undefined) this.written.delete(path);
    return { stamp, json: withoutChildren(json), items };
  }

  private async readItem(path: string): Promise<CatalogItem> {
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
    const { stac_extensions } = sharedSchema.parse(json);
    return replaceShared({ ...json, stac_extensions }, (value) => this.intern(value));
  }

  private intern(value: unknown): unknown {
    const key = JSON.stringify(value);
    if (!this.shared.has(key)) this.shared.set(key, value);
    return this.shared.get(key);
  }

  private report(path: string, error: unknown): undefined {
    this.options.onProblem?.({ path: relative(this.folder, path), problem: messageOf(error) });
  }
}

const NO_FILE = "none";

/** Beside a collection's document, and gone with its folder. */
const snapshotOf = (path: string): string => join(dirname(path), ".items.snapshot");

const sharedSchema = z.object({ stac_extensions: z.array(z.string()).default([]) });

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
