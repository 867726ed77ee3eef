import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CorruptDataError, InvalidRequestError, NotFoundError } from "../core/errors.js";
import { shortLocation } from "../store/location.js";
import type { ItemLink } from "./collection.js";
import type { CatalogItem, StacJson } from "./types.js";

/** Names and places inside a catalog folder. */
export interface CatalogPaths {
  readonly root: string;
  readonly lock: string;
  readonly staging: string;
  collection(id: string): string;
  itemFolder(collection: string, id: string): string;
  item(collection: string, id: string): string;
}

/** A document as parsed and as it stands in its file. */
export interface StacDocument {
  readonly json: StacJson;
  readonly text: string;
}

/** The layout: catalog.json, <collection>/collection.json, <collection>/<item>/<item>.json with its .tif beside it. */
export function catalogPaths(folder: string): CatalogPaths {
  return {
    root: join(folder, "catalog.json"),
    lock: join(folder, ".lock"),
    staging: join(folder, ".staging"),
    collection: (id) => join(folder, id, "collection.json"),
    itemFolder: (collection, id) => join(folder, collection, id),
    item: (collection, id) => join(folder, collection, id, `${id}.json`),
  };
}

/**
 * An id that is safe as a folder's name and in a URL.
 *
 * @throws InvalidRequestError
 */
export function checkId(id: string, kind: "Item" | "Collection"): void {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(id) && !id.endsWith(".")) return;
  throw new InvalidRequestError(
    `${kind} id is "${id.slice(0, 140)}"; wanted at most 128 letters, digits, ".", "_" or "-", the first a letter, digit or "_"`,
  );
}

/**
 * A JSON document of the catalog and its exact text.
 *
 * @throws NotFoundError, or CorruptDataError for what isn't a JSON object.
 */
export async function readDocument(path: string): Promise<StacDocument> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR")) {
      throw new NotFoundError(`${shortLocation(path)} isn't there`, { cause });
    }
    throw new CorruptDataError(shortLocation(path), "can't be read", { cause });
  }
  try {
    return { json: z.record(z.string(), z.unknown()).parse(JSON.parse(text)), text };
  } catch (cause) {
    throw new CorruptDataError(shortLocation(path), `not a JSON object (${text.length} characters)`, { cause });
  }
}

/** readDocument, undefined where there is no such file. */
export async function readDocumentIfAny(path: string): Promise<StacDocument | undefined> {
  try {
    return await readDocument(path);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** The text of a document, as it is written. */
export function documentText(json: StacJson): string {
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

/** The link by which a collection names an item whose JSON text is given. */
export function itemLink(item: CatalogItem, text: string): ItemLink {
  return {
    rel: "item",
    href: `./${item.id}/${item.id}.json`,
    type: "application/geo+json",
    title: item.datetime,
    "file:checksum": multihash(text),
  };
}

/** Multihash (sha2-256) of a text, hexadecimal. */
export function multihash(text: string): string {
  return `1220${createHash("sha256").update(text).digest("hex")}`;
}

/** Multihash (sha2-256) of a file, hexadecimal. */
export async function fileMultihash(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { signal, highWaterMark: 1 << 20 }))
    hash.update(z.instanceof(Buffer).parse(piece));
  return `1220${hash.digest("hex")}`;
}
