import { dirname, join } from "node:path";
import { writeFileAtomic } from "./atomic-file.js";
import * as files from "./catalog-files.js";
import { linksOf } from "./collection.js";

/** A link from one collection of a catalog to another. */
export interface CollectionLink {
  readonly rel: "derived_from" | "related";
  /** The other's id. */
  readonly to: string;
  readonly title: string;
}

const hrefTo = (id: string): string => `../${id}/collection.json`;

/** Adds the link, or gives it its new title; a collection that isn't there stays away. */
export async function addCollectionLink(
  paths: files.CatalogPaths,
  collection: string,
  { rel, to, title }: CollectionLink,
): Promise<void> {
  const path = paths.collection(collection);
  const document = await files.readDocumentIfAny(path);
  if (document === undefined) return;
  const link = { rel, href: hrefTo(to), type: "application/json", title };
  const others = linksOf(document.json).filter((known) => known.rel !== rel || known.href !== link.href);
  const text = files.documentText({ ...document.json, links: [...others, link] });
  if (text !== document.text) await writeFileAtomic(path, text);
}

/** Takes the links to a collection out of all others. */
export async function dropCollectionLinks(paths: files.CatalogPaths, to: string): Promise<void> {
  const root = await files.readDocument(paths.root);
  for (const { rel, href } of linksOf(root.json)) {
    const path = rel === "child" && !href.includes(":") ? join(dirname(paths.root), href) : undefined;
    const document = path === undefined ? undefined : await files.readDocumentIfAny(path).catch(() => undefined);
    if (path === undefined || document === undefined) continue;
    const links = linksOf(document.json);
    const kept = links.filter((link) => link.href !== hrefTo(to));
    if (kept.length < links.length) await writeFileAtomic(path, files.documentText({ ...document.json, links: kept }));
  }
}
