import { lstat, rm } from "node:fs/promises";
import { dirname, sep } from "node:path";
import { InvalidRequestError, NotFoundError } from "../core/errors.js";
import { writeFileAtomic } from "./atomic-file.js";
import * as files from "./catalog-files.js";
import { dropCollectionLinks } from "./collection-links.js";
import { linksOf, withItems } from "./collection.js";
import { listItems, tidyFolders } from "./item-folders.js";
import type { CatalogItem } from "./types.js";

/**
 * The items together with all that lean on them, directly or through others, those that lean first: any beginning of the list can be
 * removed and leaves the others whole.
 */
export function withDependents(items: readonly CatalogItem[], ids: readonly string[]): readonly CatalogItem[] {
  const byReference = new Map<string, CatalogItem[]>();
  for (const item of items)
    for (const id of item.references) byReference.set(id, [...(byReference.get(id) ?? []), item]);
  const wanted = new Set(ids);
  const found = new Set<CatalogItem>();
  const done = new Set<CatalogItem>();
  // Depth first, without recursion: an item comes out when all that lean on it have.
  const stack = items.filter(({ id }) => wanted.has(id));
  for (let item = stack.at(-1); item !== undefined; item = stack.at(-1)) {
    const next = found.has(item) ? [] : (byReference.get(item.id) ?? []).filter((one) => !found.has(one));
    found.add(item);
    stack.push(...next);
    if (next.length > 0) continue;
    stack.pop();
    done.add(item);
  }
  return [...done];
}

/**
 * Takes items out of a collection: first out of its document, which is what readers look at, then their files. `isRepair`: finishes what
 * a killed process began, where some of them are gone already.
 *
 * @throws NotFoundError without the collection; InvalidRequestError while others lean on them.
 */
export async function dropItems(
  paths: files.CatalogPaths,
  target: { readonly collection: string; readonly ids: readonly string[]; readonly isRepair: boolean },
): Promise<void> {
  const { collection, ids, isRepair } = target;
  const gone = new Set(ids);
  const document = await files.readDocumentIfAny(paths.collection(collection));
  if (document === undefined && !isRepair) throw new NotFoundError(`Collection "${collection}" isn't in the catalog`);
  const { listed, torn } = await listItems(paths, collection, document?.json ?? {});
  const others = listed.filter(({ item }) => !gone.has(item.id));
  const othersTorn = torn.filter(({ id }) => !gone.has(id));
  const dependents = others.filter(({ item }) => leansOnAny(item, { paths, collection, gone }));
  if (dependents.length > 0)
    throw new InvalidRequestError(
      neededText(
        dependents.map(({ item }) => item),
        gone,
      ),
    );
  if (othersTorn[0] !== undefined) {
    const { id, problem } = othersTorn[0];
    throw new InvalidRequestError(
      `Item ${collection}/${id} can't be read, so it isn't known what it leans on: ${problem}; remove it first`,
    );
  }
  if (document !== undefined && linksOf(document.json).some(({ rel }) => rel === "item"))
    await writeFileAtomic(paths.collection(collection), files.documentText(withItems(document.json, others)));
  const references = listed.flatMap(({ item }) => (gone.has(item.id) ? item.references : []));
  for (const id of gone) {
    await rm(paths.item(collection, id), { force: true });
    await rm(paths.itemFolder(collection, id), { recursive: true, force: true });
  }
  if (document !== undefined)
    await tidyFolders(
      paths,
      collection,
      references.filter((id) => !gone.has(id)),
    );
}

/**
 * Takes a whole collection out of the catalog: first out of the root document, then its files. A folder linked in from elsewhere keeps
 * them.
 */
export async function dropCollection(paths: files.CatalogPaths, collection: string): Promise<void> {
  const root = await files.readDocument(paths.root);
  const folder = dirname(paths.collection(collection));
  const stats = await lstat(folder).catch(() => undefined);
  const href = `./${collection}/collection.json`;
  const links = linksOf(root.json);
  const kept = links.filter((link) => link.rel !== "child" || link.href !== href);
  if (kept.length < links.length) await writeFileAtomic(paths.root, files.documentText({ ...root.json, links: kept }));
  await dropCollectionLinks(paths, collection);
  if (stats?.isSymbolicLink() !== true) await rm(paths.collection(collection), { force: true });
  await rm(folder, { recursive: true, force: true });
}

/** By its document's references, or by a file that was replaced and kept for it. */
function leansOnAny(
  { references, referenceHrefs }: CatalogItem,
  {
    paths,
    collection,
    gone,
  }: { readonly paths: files.CatalogPaths; readonly collection: string; readonly gone: ReadonlySet<string> },
): boolean {
  if (references.some((id) => gone.has(id))) return true;
  const folder = dirname(paths.collection(collection)) + sep;
  return referenceHrefs.some(
    (href) => href.startsWith(folder) && gone.has(href.slice(folder.length).split(sep)[0] ?? ""),
  );
}

function neededText(dependents: readonly CatalogItem[], gone: ReadonlySet<string>): string {
  const needed = [...new Set(dependents.flatMap(({ references }) => references.filter((id) => gone.has(id))))];
  const ids = dependents.map(({ id }) => id);
  return `${needed.length === 1 ? "Item" : "Items"} ${few(needed)} can't go: ${ids.length === 1 ? "item" : `${ids.length} items`} ${few(ids)} can't be decoded without (tec:references)`;
}

/** The first of some names. */
export function few(names: readonly string[]): string {
  return `${names.slice(0, 5).join(", ")}${names.length > 5 ? `, and ${names.length - 5} more` : ""}`;
}
