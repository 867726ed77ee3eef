import { readdir, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, extname, join, resolve } from "node:path";
import { randomBytes } from "node:crypto";
import { InvalidRequestError, NotFoundError } from "../core/errors.js";
import { isTemporaryName, makeFolder, moveFileAtomic, removeTemporaries, writeFileAtomic } from "./atomic-file.js";
import * as files from "./catalog-files.js";
import {
  linksOf,
  newCatalog,
  newCollection,
  withItem,
  withItems,
  type CollectionDescription,
  type ItemLink,
} from "./collection.js";
import { isAlive, withLock } from "./file-lock.js";
import { isRemote, schemeOf, shortLocation } from "../store/location.js";
import { parseItem } from "./item.js";
import type { CatalogItem, StacJson } from "./types.js";

/** Temporary files of the root and the lock live for milliseconds; older ones are leftovers. */
const ABANDONED_MS = 60_000;

/** One item to put into the catalog. */
export interface NewItem {
  /** Made where it isn't there. */
  readonly collection: CollectionDescription;
  /** From toItem; its collection must be the one above. */
  readonly item: StacJson;
  /** The TEC-COG, complete, best from stagingPath: it is moved, not copied. */
  readonly file: string;
  /** An image to show in lists, moved too. */
  readonly thumbnail?: { readonly file: string; readonly type: "image/png" | "image/webp" | "image/jpeg" };
}

/** Changes a catalog folder; any number of processes may do so at once, and each may be killed at any moment. */
export interface CatalogWriter {
  /** A new name for a file to be added later, on the catalog's disk; its folder exists. Leftovers of dead processes are removed. */
  stagingPath(extension: string): Promise<string>;
  /** The item as it stands, or undefined: to skip what was ingested before. @throws CorruptDataError */
  find(collection: string, id: string): Promise<CatalogItem | undefined>;
  /** A collection's items as they stand; none where it isn't there. @throws CorruptDataError */
  items(collection: string): Promise<readonly CatalogItem[]>;
  /** Where an item's files will lie, for hrefs that are relative to it. */
  itemFolder(collection: string, id: string): string;
  /**
   * Adds or replaces an item. Readers see the old one or the new one, whole; of the same bytes one file is kept, and a replaced file
   * stays as long as other items lean on it.
   *
   * @throws InvalidRequestError when a file that it leans on isn't there any more.
   */
  addItem(addition: NewItem): Promise<CatalogItem>;
  /**
   * @throws NotFoundError; InvalidRequestError while other items need this one to be decoded, unless `evenIfReferenced`.
   */
  removeItem(collection: string, id: string, options?: { readonly evenIfReferenced?: boolean }): Promise<void>;
}

/** A writer for a folder, which is made with an empty catalog where it isn't one yet. @throws InvalidRequestError for a URL. */
export async function catalogWriter(folder: string, title = "Tectile catalog"): Promise<CatalogWriter> {
  if (isRemote(folder)) {
    throw new InvalidRequestError(`The catalog is a ${schemeOf(folder)}: address; wanted a folder to write into`);
  }
  const paths = files.catalogPaths(resolve(folder));
  await makeFolder(dirname(paths.root));
  const locked = <T>(collection: string, id: string, work: () => Promise<T>): Promise<T> =>
    withLock(paths.lock, `${collection}/${id}`, async (interrupted) => {
      for (const intent of interrupted) await repairItem(paths, intent);
      if ((await files.readDocumentIfAny(paths.root)) === undefined) {
        await writeFileAtomic(paths.root, files.documentText(newCatalog(title)));
      }
      return work();
    });
  return {
    stagingPath: (extension) => stagingPath(paths, extension),
    find: (collection, id) => findItem(paths, collection, id),
    async items(collection) {
      files.checkId(collection, "Collection");
      const document = await files.readDocumentIfAny(paths.collection(collection));
      return document === undefined ? [] : (await readItems(paths, collection, document.json)).map(({ item }) => item);
    },
    itemFolder(collection, id) {
      files.checkId(collection, "Collection");
      files.checkId(id, "Item");
      return paths.itemFolder(collection, id);
    },
    async addItem(addition) {
      const item = checkAddition(addition, paths);
      return locked(item.collection, item.id, () => placeItem(paths, addition, item));
    },
    async removeItem(collection, id, { evenIfReferenced = false } = {}) {
      files.checkId(collection, "Collection");
      files.checkId(id, "Item");
      await locked(collection, id, () => dropItem(paths, { collection, id, evenIfReferenced }));
    },
  };
}

function checkAddition({ item: json, collection }: NewItem, paths: files.CatalogPaths): CatalogItem {
  const item = parseItem(json, join(paths.staging, "item.json"));
  files.checkId(item.id, "Item");
  files.checkId(collection.id, "Collection");
  if (item.collection === collection.id) return item;
  throw new InvalidRequestError(`Item ${item.id} says collection "${item.collection}"; wanted "${collection.id}"`);
}

/**
 * File, then item JSON, then collection, then root: at each step all that a document names is there. A replaced file gets a new
 * name, so that the rename of the JSON switches both at once.
 */
async function placeItem(paths: files.CatalogPaths, addition: NewItem, item: CatalogItem): Promise<CatalogItem> {
  const { collection, id } = item;
  const folder = paths.itemFolder(collection, id);
  await checkReferences(parseItem(addition.item, paths.item(collection, id)));
  await makeFolder(folder);
  const old = await findItem(paths, collection, id).catch(() => undefined);
  const place = join(folder, fileName(item, old));
  await moveFileAtomic(addition.file, place);
  const assets: Record<string, unknown> = { tec: { ...assetOf(addition.item), href: `./${basename(place)}` } };
  if (addition.thumbnail !== undefined) {
    const image = `${id}${extname(addition.thumbnail.file)}`;
    await moveFileAtomic(addition.thumbnail.file, join(folder, image));
    assets["thumbnail"] = {
      href: `./${image}`,
      type: addition.thumbnail.type,
      title: "Thumbnail",
      roles: ["thumbnail"],
    };
  }
  const text = files.documentText({ ...addition.item, assets });
  await writeFileAtomic(paths.item(collection, id), text);
  const placed = parseItem(JSON.parse(text), paths.item(collection, id));
  await linkItem(paths, placed, { link: files.itemLink(placed, text), description: addition.collection });
  await tidyFolders(paths, collection, [id, ...(old?.references ?? [])]);
  return placed;
}

async function checkReferences({ id, referenceHrefs }: CatalogItem): Promise<void> {
  for (const href of referenceHrefs) {
    if (isRemote(href) || (await isFile(href))) continue;
    throw new InvalidRequestError(
      `Item ${id} leans on ${shortLocation(href)}, which isn't there any more; ingest it again`,
    );
  }
}

async function dropItem(
  paths: files.CatalogPaths,
  target: { collection: string; id: string; evenIfReferenced: boolean },
): Promise<void> {
  const { collection, id } = target;
  const document = await files.readDocumentIfAny(paths.collection(collection));
  const there = await files.readDocumentIfAny(paths.item(collection, id));
  if (document === undefined || there === undefined)
    throw new NotFoundError(`Item ${collection}/${id} isn't in the catalog`);
  const others = (await readItems(paths, collection, document.json)).filter(({ item }) => item.id !== id);
  const dependent = others.find(({ item }) => item.references.includes(id));
  if (dependent !== undefined && !target.evenIfReferenced) {
    throw new InvalidRequestError(
      `Item ${collection}/${id} is needed to decode item ${dependent.item.id} (tec:references); remove that one first`,
    );
  }
  await writeFileAtomic(paths.collection(collection), files.documentText(withItems(document.json, others)));
  await rm(paths.itemFolder(collection, id), { recursive: true, force: true });
  await tidyFolders(paths, collection, parseItem(there.json, paths.item(collection, id)).references);
}

/** Finishes what a killed process had begun with an item: its JSON, if it got so far, is what counts. */
async function repairItem(paths: files.CatalogPaths, intent: string): Promise<void> {
  const [collection = "", id = ""] = intent.split("/");
  files.checkId(collection, "Collection");
  files.checkId(id, "Item");
  await removeTemporaries(dirname(paths.collection(collection)), 0);
  const document = await files.readDocumentIfAny(paths.collection(collection));
  const linked = document !== undefined && linksOf(document.json).some(({ href }) => href === `./${id}/${id}.json`);
  const item = await files.readDocumentIfAny(paths.item(collection, id));
  const parsed = item === undefined ? undefined : parseItem(item.json, paths.item(collection, id));
  if (parsed === undefined || item === undefined) {
    await rm(paths.itemFolder(collection, id), { recursive: true, force: true });
    if (document === undefined || !linked) return;
    const others = await readItems(paths, collection, document.json);
    await writeFileAtomic(paths.collection(collection), files.documentText(withItems(document.json, others)));
    return;
  }
  await linkItem(paths, parsed, { link: files.itemLink(parsed, item.text), description: { id: collection } });
  await tidyFolders(paths, collection, [id, ...parsed.references]);
}

async function linkItem(
  paths: files.CatalogPaths,
  item: CatalogItem,
  { link, description }: { readonly link: ItemLink; readonly description: CollectionDescription },
): Promise<void> {
  const path = paths.collection(item.collection);
  const old = await files.readDocumentIfAny(path);
  const text = files.documentText(withItem(old?.json ?? newCollection(description), item, link));
  if (text !== old?.text) await writeFileAtomic(path, text);
  const root = await files.readDocument(paths.root);
  const href = `./${item.collection}/collection.json`;
  if (linksOf(root.json).some((known) => known.rel === "child" && known.href === href)) return;
  const child = { rel: "child", href, type: "application/json", title: description.title ?? description.id };
  await writeFileAtomic(paths.root, files.documentText({ ...root.json, links: [...linksOf(root.json), child] }));
}

/**
 * Removes from items' folders what their JSON doesn't name: replaced files and leftovers of killed writers, but no file that other
 * items lean on.
 */
async function tidyFolders(paths: files.CatalogPaths, collection: string, ids: readonly string[]): Promise<void> {
  for (const id of new Set(ids)) {
    const folder = paths.itemFolder(collection, id);
    const document = await files.readDocumentIfAny(paths.item(collection, id));
    if (document === undefined) continue;
    const named = (name: string): boolean => document.text.includes(`"./${name}"`);
    const strays = (await readdir(folder)).filter(
      (name) => isTemporaryName(name) || (/\.(tif|png|webp|jpe?g)$/.test(name) && !named(name)),
    );
    if (strays.length === 0) continue;
    // Where an item can't be read, it isn't known what it needs.
    const needed = await leantOn(paths, collection).catch(() => undefined);
    if (needed === undefined) continue;
    for (const name of strays) if (!needed.has(join(folder, name))) await rm(join(folder, name), { force: true });
  }
}

/** The files that a collection's items lean on. */
async function leantOn(paths: files.CatalogPaths, collection: string): Promise<ReadonlySet<string>> {
  const { json } = await files.readDocument(paths.collection(collection));
  const items = await readItems(paths, collection, json);
  return new Set(items.flatMap(({ item }) => item.referenceHrefs));
}

async function readItems(
  paths: files.CatalogPaths,
  collection: string,
  document: StacJson,
): Promise<readonly { readonly item: CatalogItem; readonly link: ItemLink }[]> {
  const found: { item: CatalogItem; link: ItemLink }[] = [];
  for (const { rel, href } of linksOf(document)) {
    const path = resolve(dirname(paths.collection(collection)), href);
    const read = rel === "item" ? await files.readDocumentIfAny(path) : undefined;
    if (read === undefined) continue;
    const item = parseItem(read.json, path);
    found.push({ item, link: files.itemLink(item, read.text) });
  }
  return found;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

async function findItem(paths: files.CatalogPaths, collection: string, id: string): Promise<CatalogItem | undefined> {
  files.checkId(collection, "Collection");
  files.checkId(id, "Item");
  const path = paths.item(collection, id);
  const read = await files.readDocumentIfAny(path);
  return read === undefined ? undefined : parseItem(read.json, path);
}

/** Of the same bytes the same name, of others a name that no file of the item ever had: what leans on a replaced file still finds it. */
function fileName(item: CatalogItem, old: CatalogItem | undefined): string {
  if (old === undefined) return `${item.id}.tif`;
  return old.checksum === item.checksum ? basename(old.href) : `${item.id}-${item.checksum.slice(4, 12)}.tif`;
}

function assetOf(json: StacJson): object {
  const assets = json["assets"];
  if (typeof assets !== "object" || assets === null || !("tec" in assets)) return {};
  return typeof assets.tec === "object" && assets.tec !== null ? assets.tec : {};
}

/** Names say whose they are, so that what a dead process left can be told from what a live one writes. */
async function stagingPath({ root, staging: folder }: files.CatalogPaths, extension: string): Promise<string> {
  await makeFolder(folder);
  await removeTemporaries(dirname(root), ABANDONED_MS);
  const host = hostname().replaceAll(/[^A-Za-z0-9]/g, "_");
  for (const name of await readdir(folder)) {
    const [owner, pid] = name.split("~");
    if (owner === host && pid !== undefined && !isAlive(Number(pid)))
      await rm(join(folder, name), { force: true, recursive: true });
  }
  return join(folder, `${host}~${process.pid}~${randomBytes(6).toString("hex")}${extension}`);
}
