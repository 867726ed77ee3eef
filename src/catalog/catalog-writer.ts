import { readdir, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, extname, join, resolve } from "node:path";
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { CorruptDataError, InvalidRequestError, NotFoundError } from "../core/errors.js";
import { makeFolder, moveFileAtomic, removeTemporaries, writeFileAtomic } from "./atomic-file.js";
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
import { addCollectionLink, type CollectionLink } from "./collection-links.js";
import { isAlive, isLeftBehind, withLock } from "./file-lock.js";
import { intentText, parseIntent, type Intent } from "./intents.js";
import { listItems, tidyFolders, type Listing } from "./item-folders.js";
import { dropCollection, dropItems, few } from "./removal.js";
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
  /** Gives a collection a link to another one of the catalog; one that isn't there stays away. */
  linkCollection(collection: string, link: CollectionLink): Promise<void>;
  /** A collection's items as they stand, and which can't be read. @throws NotFoundError */
  list(collection: string): Promise<Listing>;
  /**
   * Removes items, all or none. Readers see them or don't; a process killed in between is finished by the next writer.
   *
   * @throws NotFoundError; InvalidRequestError while other items need one of them to be decoded (removal.ts, withDependents).
   */
  removeItems(collection: string, ids: readonly string[]): Promise<void>;
  /** The same of a whole collection. @throws NotFoundError */
  removeCollection(collection: string): Promise<void>;
}

/** A writer for a folder, which is made with an empty catalog where it isn't one yet. @throws InvalidRequestError for a URL. */
export async function catalogWriter(folder: string, title = "Tectile catalog"): Promise<CatalogWriter> {
  if (isRemote(folder)) {
    throw new InvalidRequestError(`The catalog is a ${schemeOf(folder)}: address; wanted a folder to write into`);
  }
  const paths = files.catalogPaths(resolve(folder));
  await makeFolder(dirname(paths.root));
  const locked = <T>(intents: readonly Intent[], work: () => Promise<T>): Promise<T> =>
    withLock(paths.lock, intents.map(intentText), {
      repair: (interrupted) => repair(paths, interrupted.map(parseIntent)),
      async work() {
        if ((await files.readDocumentIfAny(paths.root)) === undefined)
          await writeFileAtomic(paths.root, files.documentText(newCatalog(title)));
        return work();
      },
    });
  // What a killed process left undone comes first: an item that it had placed but not linked would count as there, and stay unseen.
  if (await isLeftBehind(paths.lock)) await locked([], () => Promise.resolve());
  return {
    stagingPath: (extension) => stagingPath(paths, extension),
    find: (collection, id) => findItem(paths, collection, id),
    async items(collection) {
      files.checkId(collection, "Collection");
      const document = await files.readDocumentIfAny(paths.collection(collection));
      return document === undefined ? [] : (await readItems(paths, collection, document.json)).map(({ item }) => item);
    },
    async list(collection) {
      files.checkId(collection, "Collection");
      const document = await files.readDocumentIfAny(paths.collection(collection));
      if (document === undefined) throw new NotFoundError(`Collection "${collection}" isn't in the catalog`);
      return listItems(paths, collection, document.json);
    },
    itemFolder(collection, id) {
      files.checkId(collection, "Collection");
      files.checkId(id, "Item");
      return paths.itemFolder(collection, id);
    },
    async addItem(addition) {
      const item = checkAddition(addition, paths);
      const intent: Intent = { kind: "add", collection: item.collection, id: item.id };
      return locked([intent], () => placeItem(paths, addition, item));
    },
    async linkCollection(collection, link) {
      files.checkId(collection, "Collection");
      files.checkId(link.to, "Collection");
      // One document, replaced at once: nothing to finish should this process die.
      await locked([], () => addCollectionLink(paths, collection, link));
    },
    async removeItems(collection, ids) {
      files.checkId(collection, "Collection");
      for (const id of ids) files.checkId(id, "Item");
      // Before the lock says what is to be removed, so that nothing but items ever is.
      await checkThere(paths, collection, ids);
      const intents = ids.map((id): Intent => ({ kind: "remove", collection, id }));
      await locked(intents, () => dropItems(paths, { collection, ids, isRepair: false }));
    },
    async removeCollection(collection) {
      files.checkId(collection, "Collection");
      if (!(await isFile(paths.collection(collection))))
        throw new NotFoundError(`Collection "${collection}" isn't in the catalog`);
      const intent: Intent = { kind: "remove", collection, id: undefined };
      await locked([intent], () => dropCollection(paths, collection));
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
  const assets: Record<string, unknown> = {
    ...assetsOf(addition.item),
    tec: { ...assetOf(addition.item), href: `./${basename(place)}` },
  };
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

/** Finishes what killed processes had begun. What they were not allowed to remove stays. */
async function repair(paths: files.CatalogPaths, intents: readonly Intent[]): Promise<void> {
  const removed = new Map<string, string[]>();
  for (const { kind, collection, id } of intents) {
    files.checkId(collection, "Collection");
    if (id !== undefined) files.checkId(id, "Item");
    await removeTemporaries(dirname(paths.collection(collection)), 0);
    if (kind === "remove" && id !== undefined) removed.set(collection, [...(removed.get(collection) ?? []), id]);
    else if (kind === "remove") await dropCollection(paths, collection);
    else if (id !== undefined) await repairItem(paths, collection, id);
  }
  for (const [collection, ids] of removed) {
    await dropItems(paths, { collection, ids, isRepair: true }).catch((error: unknown) => {
      if (!(error instanceof InvalidRequestError)) throw error;
    });
  }
}

/** Finishes what a killed process had begun with an item: its JSON, if it got so far, is what counts. */
async function repairItem(paths: files.CatalogPaths, collection: string, id: string): Promise<void> {
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

/** @throws CorruptDataError for the first that can't be read. */
async function readItems(
  paths: files.CatalogPaths,
  collection: string,
  document: StacJson,
): Promise<Listing["listed"]> {
  const { listed, torn } = await listItems(paths, collection, document);
  if (torn[0] !== undefined) throw new CorruptDataError(`item ${collection}/${torn[0].id}`, torn[0].problem);
  return listed;
}

/** @throws NotFoundError */
async function checkThere(paths: files.CatalogPaths, collection: string, ids: readonly string[]): Promise<void> {
  const missing: string[] = [];
  for (const id of ids) if (!(await isFile(paths.item(collection, id)))) missing.push(id);
  if (missing.length === 1) throw new NotFoundError(`Item ${collection}/${missing[0]} isn't in the catalog`);
  if (missing.length > 0)
    throw new NotFoundError(`${missing.length} items aren't in collection ${collection}: ${few(missing)}`);
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

const assetsOf = (json: StacJson): Record<string, unknown> =>
  z.record(z.string(), z.unknown()).safeParse(json["assets"]).data ?? {};

const assetOf = (json: StacJson): object => z.looseObject({}).safeParse(assetsOf(json)["tec"]).data ?? {};

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
