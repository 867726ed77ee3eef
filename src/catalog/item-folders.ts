import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { messageOf } from "../core/assert.js";
import { isTemporaryName } from "./atomic-file.js";
import * as files from "./catalog-files.js";
import { linksOf, type ItemLink } from "./collection.js";
import { parseItem } from "./item.js";
import type { CatalogItem, StacJson } from "./types.js";

/** An item that a collection's document names, with the link that it should have. */
export interface ListedItem {
  readonly item: CatalogItem;
  readonly link: ItemLink;
}

/** What a collection's document names. */
export interface Listing {
  readonly listed: readonly ListedItem[];
  /** Items whose documents can't be read. */
  readonly torn: readonly { readonly id: string; readonly problem: string }[];
}

/** Reads the items of a collection's document; links that lead nowhere are left out. */
export async function listItems(paths: files.CatalogPaths, collection: string, document: StacJson): Promise<Listing> {
  const listed: ListedItem[] = [];
  const torn: { id: string; problem: string }[] = [];
  for (const { rel, href } of linksOf(document)) {
    if (rel !== "item") continue;
    const path = resolve(dirname(paths.collection(collection)), href);
    try {
      const read = await files.readDocumentIfAny(path);
      if (read === undefined) continue;
      const item = parseItem(read.json, path);
      listed.push({ item, link: files.itemLink(item, read.text) });
    } catch (error) {
      torn.push({ id: basename(path, ".json"), problem: messageOf(error) });
    }
  }
  return { listed, torn };
}

/**
 * Removes from items' folders what their JSON doesn't name: replaced files and leftovers of killed writers, but no file that other
 * items lean on.
 */
export async function tidyFolders(
  paths: files.CatalogPaths,
  collection: string,
  ids: readonly string[],
): Promise<void> {
  let needed: ReadonlySet<string> | undefined;
  for (const id of new Set(ids)) {
    const folder = paths.itemFolder(collection, id);
    const document = await files.readDocumentIfAny(paths.item(collection, id));
    if (document === undefined) continue;
    const named = (name: string): boolean => document.text.includes(`"./${name}"`);
    const strays = (await readdir(folder)).filter(
      (name) => isTemporaryName(name) || (/\.(tif|png|webp|jpe?g)$/.test(name) && !named(name)),
    );
    if (strays.length === 0) continue;
    needed ??= await leantOn(paths, collection);
    // Where an item can't be read, it isn't known what it needs.
    if (needed === undefined) return;
    for (const name of strays) if (!needed.has(join(folder, name))) await rm(join(folder, name), { force: true });
  }
}

/** The files that a collection's items lean on; undefined where one of them can't be read. */
async function leantOn(paths: files.CatalogPaths, collection: string): Promise<ReadonlySet<string> | undefined> {
  const { json } = await files.readDocument(paths.collection(collection));
  const { listed, torn } = await listItems(paths, collection, json);
  if (torn.length > 0) return undefined;
  return new Set(listed.flatMap(({ item }) => item.referenceHrefs));
}
