import { readdir, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { z } from "zod";
import { messageOf } from "../core/assert.js";
import { isHttpUrl, isRemote, resolveHref } from "../store/location.js";
import {
  catalogPaths,
  fileMultihash,
  multihash,
  readDocument,
  readDocumentIfAny,
  type StacDocument,
} from "./catalog-files.js";
import { linksOf } from "./collection.js";
import { lockIntents } from "./file-lock.js";
import { parseIntent } from "./intents.js";
import { parseItem } from "./item.js";
import { referenceProblems } from "./references.js";
import { REFERENCE_REL } from "./tec-extension.js";
import type { CatalogItem, CatalogProblem } from "./types.js";

export interface VerifyOptions {
  /** Looks inside a TEC-COG whose size and checksum are right; gives a sentence for each thing wrong. */
  readonly deep?: (path: string, item: CatalogItem) => Promise<readonly string[]>;
  readonly onItem?: (item: CatalogItem) => void;
  readonly signal?: AbortSignal;
}

export interface CatalogReport {
  readonly collections: number;
  readonly items: number;
  readonly problems: readonly CatalogProblem[];
}

/**
 * Reads all of a catalog folder: documents, links, files with size and checksum, references. Nothing is changed.
 *
 * What a killed writer left for the next one to finish (it stands in the lock file) is no problem: readers don't see it.
 */
export async function verifyCatalog(folder: string, options: VerifyOptions = {}): Promise<CatalogReport> {
  const verifier = new Verifier(resolve(folder), options);
  await verifier.run();
  return { collections: verifier.collections, items: verifier.items, problems: verifier.problems };
}

class Verifier {
  collections = 0;
  items = 0;
  readonly problems: CatalogProblem[] = [];
  private readonly folder: string;
  private readonly options: VerifyOptions;
  private unfinished = new Set<string>();

  constructor(folder: string, options: VerifyOptions) {
    this.folder = folder;
    this.options = options;
  }

  async run(): Promise<void> {
    const { root, lock } = catalogPaths(this.folder);
    const intents = (await lockIntents(lock)).map(parseIntent);
    this.unfinished = new Set(intents.map(({ collection, id }) => `${collection}/${id ?? ""}`));
    const document = await this.attempt(root, () => readDocument(root));
    if (document === undefined) return;
    await this.checkLinks(root, document);
    for (const { rel, href } of linksOf(document.json)) {
      if (rel === "child" && !isHttpUrl(href)) await this.checkCollection(resolve(this.folder, href));
    }
  }

  private async checkCollection(path: string): Promise<void> {
    const document = await this.attempt(path, () => readDocument(path));
    if (document === undefined) return;
    this.collections++;
    if (document.json["type"] !== "Collection")
      this.report(path, `type is ${JSON.stringify(document.json["type"])}; wanted "Collection"`);
    await this.checkLinks(path, document);
    const items: CatalogItem[] = [];
    const folders = new Set<string>();
    for (const link of linksOf(document.json)) {
      if (link.rel !== "item" || isHttpUrl(link.href)) continue;
      const itemPath = resolve(dirname(path), link.href);
      folders.add(dirname(itemPath));
      const item = await this.checkItem(itemPath, {
        collection: String(document.json["id"]),
        checksum: link["file:checksum"],
      });
      if (item !== undefined) items.push(item);
    }
    await this.checkUnlinked(dirname(path), folders);
    for (const { item, problem } of referenceProblems(items))
      this.report(join(dirname(path), item.id, `${item.id}.json`), problem);
  }

  private async checkItem(
    path: string,
    wanted: { readonly collection: string; readonly checksum: string | undefined },
  ): Promise<CatalogItem | undefined> {
    this.options.signal?.throwIfAborted();
    if (this.isUnfinished(dirname(path))) return itemOrNone(path);
    const document = await this.attempt(path, () => readDocument(path));
    if (document === undefined) return undefined;
    if (wanted.checksum !== undefined && multihash(document.text) !== wanted.checksum) {
      this.report(path, "has another checksum than its collection's link states");
    }
    const item = await this.attempt(path, () => Promise.resolve(parseItem(document.json, path)));
    if (item === undefined) return undefined;
    this.items++;
    if (item.collection !== wanted.collection)
      this.report(path, `collection is "${item.collection}"; wanted "${wanted.collection}"`);
    await this.checkLinks(path, document);
    const assets = assetsSchema.parse(item.json["assets"]);
    for (const [key, href] of Object.entries(item.assetHrefs)) {
      const whole = isRemote(href) || (await this.checkFile(href, assets[key] ?? {}));
      if (whole && key === "tec" && !isRemote(href)) await this.checkInside(href, item);
    }
    this.options.onItem?.(item);
    return item;
  }

  /** True when the file is what the item says. */
  private async checkFile(path: string, stated: Stated): Promise<boolean> {
    const stats = await stat(path).catch(() => undefined);
    if (stats === undefined || !stats.isFile()) return this.report(path, "the asset's file isn't there");
    const size = stated["file:size"];
    if (size !== undefined && stats.size !== size) {
      return this.report(path, `${stats.size} bytes; the item states ${size}`);
    }
    const checksum = stated["file:checksum"];
    if (checksum === undefined || !checksum.startsWith("1220")) return true;
    const actual = await this.attempt(path, () => fileMultihash(path, this.options.signal));
    if (actual === undefined || actual === checksum) return actual !== undefined;
    return this.report(path, `its sha256 is ${actual.slice(4, 16)}...; the item states ${checksum.slice(4, 16)}...`);
  }

  private async checkInside(path: string, item: CatalogItem): Promise<void> {
    const problems = await this.attempt(path, () => this.options.deep?.(path, item) ?? Promise.resolve([]));
    for (const problem of problems ?? []) this.report(path, problem);
  }

  /**
   * Links within the folder must lead to files; those to children, items and references are followed by others. A mosaic may outlive the
   * dates that it is derived from.
   */
  private async checkLinks(path: string, { json }: StacDocument): Promise<void> {
    const passedOver = ["child", "item", REFERENCE_REL, "derived_from"];
    for (const { rel, href } of linksOf(json)) {
      if (passedOver.includes(rel) || isHttpUrl(href)) continue;
      const target = resolveHref(path, href);
      if (await stat(target).catch(() => undefined)) continue;
      this.report(path, `its ${rel} link leads to ${relative(this.folder, target)}, which isn't there`);
    }
  }

  private async checkUnlinked(collectionFolder: string, linked: ReadonlySet<string>): Promise<void> {
    const entries = await readdir(collectionFolder, { withFileTypes: true });
    for (const entry of entries) {
      const folder = join(collectionFolder, entry.name);
      if (!entry.isDirectory() || linked.has(folder) || this.isUnfinished(folder)) continue;
      this.report(folder, "is a folder that the collection has no link to");
    }
  }

  private isUnfinished(itemFolder: string): boolean {
    return this.unfinished.has(relative(this.folder, itemFolder).replaceAll("\\", "/"));
  }

  private async attempt<T>(path: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.options.signal?.throwIfAborted();
      this.report(path, messageOf(error));
      return undefined;
    }
  }

  private report(path: string, problem: string): false {
    this.problems.push({ path: relative(this.folder, path), problem });
    return false;
  }
}

/** An item that is being written: others may lean on what it was before. */
async function itemOrNone(path: string): Promise<CatalogItem | undefined> {
  try {
    const document = await readDocumentIfAny(path);
    return document && parseItem(document.json, path);
  } catch {
    return undefined;
  }
}

const assetsSchema = z.record(
  z.string(),
  z.looseObject({ "file:size": z.number().optional(), "file:checksum": z.string().optional() }),
);
type Stated = z.infer<typeof assetsSchema>[string];
