import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join, sep } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { CorruptDataError } from "../core/errors.js";
import { createSlices } from "../core/slices.js";
import { isRemote } from "../store/location.js";
import { temporaryName } from "./atomic-file.js";
import { propertyOf, SEARCHED_PROPERTIES } from "./item-properties.js";
import type { CatalogItem, StacJson } from "./types.js";

/** An item and the checksum by which its collection's link names it. */
export interface LinkedItem {
  readonly item: IndexedItem;
  readonly checksum: string | undefined;
}

/**
 * A collection's items as they were parsed, in one file: reading a million documents takes minutes. It is a cache of them, each found again by its
 * link's checksum, and may be removed at any time.
 *
 * Lines of JSON: a head; of each item what an index wants, its parsed fields, its footprint, and its document; in the end how many items they were
 * and what their documents share, each once.
 */
const HEAD = "tectile items";
/** Raise it when CatalogItem or the lines change. */
const VERSION = 2;
const BLOCK_BYTES = 2 ** 20;
const NEWLINE = 10;
/** Of an item. */
const LINES = 4;

/** Values that many items' documents have in common are kept once. */
export type Intern = (value: unknown) => unknown;

/**
 * The items by their paths; undefined where there is no snapshot, or it is torn, damaged or another version's.
 *
 * @param folder the catalog's: places are kept relative to it, and none outside it is taken.
 */
export async function readSnapshot(
  path: string,
  folder: string,
  intern: Intern,
): Promise<ReadonlyMap<string, LinkedItem> | undefined> {
  const items = new Map<string, LinkedItem>();
  const shared: unknown[] = [];
  const names = new Map<string, string>();
  const place = placeIn(folder);
  const source: SnapshotSource = { place, shared };
  let head: unknown;
  let isWhole = false;
  try {
    for await (const lines of linesOf(path)) {
      let at = 0;
      if (head === undefined) head = headSchema.parse(JSON.parse(lines[at++]?.toString() ?? ""));
      const texts = blockOf(lines.slice(at));
      for (; at + LINES <= lines.length; at += LINES) {
        const entry = JSON.parse(lines[at]?.toString() ?? "") as SnapshotEntry;
        const { collection } = entry;
        const name = names.get(collection) ?? collection;
        names.set(name, name);
        if (leadsOut(lines[at + 1])) return undefined;
        const item = new StoredItem({ ...entry, collection: name }, texts.next(lines, at + 1), source);
        items.set(place(entry.path), { item, checksum: entry.checksum });
      }
      const last = lines[at];
      if (last === undefined) continue;
      const end = endSchema.parse(JSON.parse(last.toString()));
      for (const value of end.shared) shared.push(intern(value));
      isWhole = end.count === items.size;
    }
  } catch {
    // Whatever is wrong with it, the documents themselves are there to be read.
    return undefined;
  }
  return isWhole ? items : undefined;
}

/** Written whole or not at all. @throws where the disk doesn't take it. */
export async function writeSnapshot(
  path: string,
  folder: string,
  items: ReadonlyMap<string, LinkedItem>,
  signal: AbortSignal,
): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await pipeline(Readable.from(piecesOf(folder, items, signal)), createWriteStream(temporary, { flush: true }), {
      signal,
    });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function* piecesOf(
  folder: string,
  items: ReadonlyMap<string, LinkedItem>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const shared = new Map<unknown, number>();
  const slices = createSlices(signal);
  let count = 0;
  let lines = [JSON.stringify({ kind: HEAD, version: VERSION })];
  for (const [path, { item, checksum }] of items) {
    if (checksum === undefined) continue;
    const { json, geometry, ...fields } = wholeItem(item);
    const { id, collection, datetimeMs, boundsWgs84: bounds } = fields;
    const entry: SnapshotEntry = { path: relativeTo(folder, path), checksum, id, collection, datetimeMs, bounds };
    const footprint = JSON.stringify(geometry);
    const isSame = JSON.stringify(json["geometry"]) === footprint;
    const parsed = mapPlaces({ ...fields, searched: searchedOf(item) }, (at) => relativeTo(folder, at));
    lines.push(JSON.stringify(entry), JSON.stringify(parsed));
    lines.push(footprint, JSON.stringify(withNumbers(isSame ? { ...json, geometry: SAME } : json, shared)));
    count++;
    if (lines.length < 256) continue;
    yield `${lines.join("\n")}\n`;
    lines = [];
    if (slices.isOver()) await slices.pause();
  }
  lines.push(JSON.stringify({ count, shared: [...shared.keys()] }));
  yield `${lines.join("\n")}\n`;
}

const headSchema = z.object({ kind: z.literal(HEAD), version: z.literal(VERSION) });
const endSchema = z.object({ count: z.number(), shared: z.array(z.unknown()) });

/** What a document has in place of the item's own footprint. */
const SAME = 0;

type Fields = Omit<CatalogItem, "json" | "geometry">;

/** Of the parsed fields those that are places. */
function mapPlaces(fields: Fields, to: (place: string) => string): Fields {
  return {
    ...fields,
    href: to(fields.href),
    assetHrefs: Object.fromEntries(Object.entries(fields.assetHrefs).map(([key, href]) => [key, to(href)])),
    referenceHrefs: fields.referenceHrefs.map(to),
  };
}

const relativeTo = (folder: string, place: string): string =>
  place.startsWith(folder + sep) ? `.${place.slice(folder.length)}` : place;

function searchedOf(item: IndexedItem): CatalogItem["searched"] {
  const found = [...SEARCHED_PROPERTIES].map((name) => [name, propertyOf(item, name)] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

/** Whether a line of fields names a place outside the catalog's folder. */
function leadsOut(line: Buffer | undefined): boolean {
  return line === undefined || line.includes("/..") || line.includes('"/');
}

/** @throws CorruptDataError for a place outside the folder that is no URL. */
function placeIn(folder: string): (known: string) => string {
  return (known) => {
    if (isRemote(known)) return known;
    const place = known.startsWith(".") ? join(folder, known) : known;
    if (place.startsWith(folder + sep)) return place;
    throw new CorruptDataError("A snapshot of items", `${known} is outside the catalog's folder`);
  };
}

/** A document with the numbers of what it shares in their place. */
function withNumbers(json: StacJson, shared: Map<unknown, number>): StacJson {
  const number = (value: unknown): unknown => {
    if (value === undefined) return undefined;
    const known = shared.get(value) ?? shared.size;
    shared.set(value, known);
    return known;
  };
  return replaceShared(json, number);
}

/** The values that catalogs keep once: see FolderReader.share. */
function replaceShared(json: StacJson, by: (value: unknown) => unknown): StacJson {
  const { properties, assets } = json as { readonly properties: StacJson; readonly assets: Record<string, StacJson> };
  const tec = assets["tec"] ?? {};
  return {
    ...json,
    stac_extensions: by(json["stac_extensions"]),
    properties:
      properties["renders"] === undefined ? properties : { ...properties, renders: by(properties["renders"]) },
    assets: { ...assets, tec: tec["bands"] === undefined ? tec : { ...tec, bands: by(tec["bands"]) } },
  };
}

/** What a snapshot says of an item before anything of it is wanted. */
interface SnapshotEntry {
  readonly path: string;
  readonly checksum: string;
  readonly id: string;
  readonly collection: string;
  readonly datetimeMs: number;
  readonly bounds: CatalogItem["boundsWgs84"];
}

/** What all items of a snapshot have in common. */
interface SnapshotSource {
  readonly place: (known: string) => string;
  readonly shared: readonly unknown[];
}

/** Where an item's fields, footprint and document begin, one behind the other, and where they end. */
interface ItemText {
  readonly block: Buffer;
  readonly fields: number;
  readonly footprint: number;
  readonly document: number;
  readonly end: number;
}

/** An item of which only what an index wants is in memory, the rest being text: a million items that are parsed fill more than most machines have. */
export class StoredItem {
  readonly id: string;
  readonly collection: string;
  readonly datetimeMs: number;
  readonly boundsWgs84: CatalogItem["boundsWgs84"];
  private readonly text: ItemText;
  private readonly source: SnapshotSource;

  constructor({ id, collection, datetimeMs, bounds }: SnapshotEntry, text: ItemText, source: SnapshotSource) {
    this.id = id;
    this.collection = collection;
    this.datetimeMs = datetimeMs;
    this.boundsWgs84 = bounds;
    this.text = text;
    this.source = source;
  }

  get datetime(): string {
    return this.fields().datetime;
  }

  get searched(): CatalogItem["searched"] {
    return this.fields().searched;
  }

  get geometry(): CatalogItem["geometry"] {
    const { footprint, document } = this.text;
    return this.parse(footprint, document) as CatalogItem["geometry"];
  }

  get json(): StacJson {
    if (last?.text === this.text) return last.json;
    const { document, end } = this.text;
    const { shared } = this.source;
    const found = replaceShared(this.parse(document, end) as StacJson, (value) =>
      typeof value === "number" ? shared[value] : value,
    );
    const json = found["geometry"] === SAME ? { ...found, geometry: this.geometry } : found;
    last = { text: this.text, json };
    return json;
  }

  whole(): CatalogItem {
    const { json, geometry } = this;
    return { ...mapPlaces(this.fields(), this.source.place), geometry, json };
  }

  private fields(): Fields {
    const { fields, footprint } = this.text;
    return this.parse(fields, footprint) as Fields;
  }

  private parse(from: number, to: number): unknown {
    return JSON.parse(this.text.block.toString("utf8", from, to));
  }
}

/** Who looks at one property looks at the next. */
let last: { readonly text: ItemText; readonly json: StacJson } | undefined;

/** What an index is made of. */
export type IndexedItem = CatalogItem | StoredItem;

export function wholeItem(item: IndexedItem): CatalogItem {
  return item instanceof StoredItem ? item.whole() : item;
}

/** Copies all but items' entries out of what was read, whose rest need not stay. */
function blockOf(lines: readonly Buffer[]): { next(lines: readonly Buffer[], first: number): ItemText } {
  const size = lines.reduce((sum, line, i) => sum + (i % LINES === 0 ? 0 : line.length), 0);
  const block = Buffer.allocUnsafeSlow(size);
  let end = 0;
  const put = (line: Buffer | undefined): number => {
    const from = end;
    end += line?.copy(block, from) ?? 0;
    return from;
  };
  return {
    next(all, first) {
      const [fields, footprint, document] = [put(all[first]), put(all[first + 1]), put(all[first + 2])];
      return { block, fields, footprint, document, end };
    },
  };
}

/** Whole lines in groups: the head with the first, an item's lines always together, the last line alone. */
async function* linesOf(path: string): AsyncGenerator<readonly Buffer[]> {
  let rest = Buffer.alloc(0);
  let heads = 1;
  for await (const piece of createReadStream(path, { highWaterMark: BLOCK_BYTES })) {
    const bytes = Buffer.concat([rest, z.instanceof(Buffer).parse(piece)]);
    const lines: Buffer[] = [];
    let at = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, at)) {
      lines.push(bytes.subarray(at, end));
      at = end + 1;
    }
    const whole = lines.length < heads ? 0 : lines.length - ((lines.length - heads) % LINES);
    rest = bytes.subarray(lines.slice(whole).reduce((start, line) => start - line.length - 1, at));
    if (whole === 0) continue;
    yield lines.slice(0, whole);
    heads = 0;
  }
  if (rest.at(-1) === NEWLINE) yield [rest.subarray(0, -1)];
}
