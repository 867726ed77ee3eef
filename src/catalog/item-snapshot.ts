import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join, sep } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { createSlices } from "../core/slices.js";
import { isRemote } from "../store/location.js";
import { temporaryName } from "./atomic-file.js";
import { isInstant, propertyOf, SEARCHED_PROPERTIES } from "./item-properties.js";
import type { CatalogItem, StacJson } from "./types.js";

/** An item and the checksum by which its collection's link names it. */
export interface LinkedItem {
  readonly item: CatalogItem;
  readonly checksum: string | undefined;
}

/**
 * A collection's items as they were parsed, in one file: reading a million documents takes minutes. It is a cache of them, each found again by its
 * link's checksum, and may be removed at any time.
 *
 * Lines of JSON: a head; of each item its path, checksum and parsed fields, its footprint, and its document; in the end how many items they were
 * and what their documents share, each once.
 */
const HEAD = "tectile items";
/** Raise it when CatalogItem or the lines change. */
const VERSION = 1;
const BLOCK_BYTES = 2 ** 20;
const NEWLINE = 10;
/** Of an item. */
const LINES = 3;

/** Values that many items' documents have in common are kept once. */
export type Intern = (value: unknown) => unknown;

/**
 * The items by their paths; undefined where there is no snapshot, or it is torn, damaged or another version's. Documents are parsed when they
 * are looked at.
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
  let head: unknown;
  let isWhole = false;
  try {
    for await (const lines of linesOf(path)) {
      let at = 0;
      if (head === undefined) head = headSchema.parse(JSON.parse(lines[at++]?.toString() ?? ""));
      const texts = blockOf(lines.slice(at));
      for (; at + LINES <= lines.length; at += LINES) {
        const [known, checksum, fields] = JSON.parse(lines[at]?.toString() ?? "") as readonly [string, string, Fields];
        const item = lazyItem(placed(fields, place, names), { ...texts.next(lines[at + 1], lines[at + 2]), shared });
        items.set(place(known), { item, checksum });
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
    const { json, geometry, ...fields } = item;
    const footprint = JSON.stringify(geometry);
    const isSame = JSON.stringify(json["geometry"]) === footprint;
    lines.push(
      JSON.stringify([
        relativeTo(folder, path),
        checksum,
        { ...relativeFields(fields, folder), searched: searchedOf(item) },
      ]),
    );
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

const relativeFields = (fields: Fields, folder: string): Fields =>
  mapPlaces(fields, (place) => relativeTo(folder, place));

function searchedOf(item: CatalogItem): CatalogItem["searched"] {
  const found = [...SEARCHED_PROPERTIES].map((name) => [name, propertyOf(item, name)] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

/** With places, and with texts that are many items' or twice an item's kept once. */
function placed(fields: Fields, place: (known: string) => string, texts: Map<string, string>): Fields {
  const once = (text: string): string => {
    const known = texts.get(text) ?? text;
    texts.set(known, known);
    return known;
  };
  const { checksum, codedChecksum, searched = {} } = fields;
  const short = Object.entries(searched).map(([name, value]) => {
    return [name, typeof value === "string" && !isInstant(name) ? once(value) : value] as const;
  });
  return {
    ...mapPlaces(fields, place),
    collection: once(fields.collection),
    searched: Object.fromEntries(short),
    model: once(fields.model),
    modelSha256: once(fields.modelSha256),
    codedChecksum: codedChecksum === checksum ? checksum : codedChecksum,
  };
}

/** @throws RangeError for a place outside the folder that is no URL. */
function placeIn(folder: string): (known: string) => string {
  return (known) => {
    if (isRemote(known)) return known;
    const place = known.startsWith(".") ? join(folder, known) : known;
    if (place.startsWith(folder + sep)) return place;
    throw new RangeError(`${known} is outside ${folder}`);
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

/** Where the texts of a footprint and of a document lie, one behind the other. */
interface DocumentText {
  readonly block: Buffer;
  readonly from: number;
  readonly middle: number;
  readonly to: number;
  readonly shared: readonly unknown[];
}

const TEXT = Symbol("text");

/** An item whose footprint and document are parsed when they are looked at: a million of them parsed fill more memory than most machines have. */
function lazyItem(fields: Fields, text: DocumentText): CatalogItem {
  Object.defineProperty(fields, TEXT, { value: text });
  Object.defineProperty(fields, "geometry", FOOTPRINT);
  return Object.defineProperty(fields, "json", DOCUMENT) as CatalogItem;
}

interface LazyItem {
  readonly [TEXT]: DocumentText;
  readonly geometry: unknown;
}

const FOOTPRINT: PropertyDescriptor = {
  enumerable: true,
  get(this: LazyItem): unknown {
    const { block, from, middle } = this[TEXT];
    return JSON.parse(block.toString("latin1", from, middle));
  },
};

/** Who looks at one property looks at the next. */
let last: { readonly text: DocumentText; readonly json: StacJson } | undefined;

const DOCUMENT: PropertyDescriptor = {
  enumerable: true,
  get(this: LazyItem): StacJson {
    const text = this[TEXT];
    if (last?.text === text) return last.json;
    const { block, middle, to, shared } = text;
    const parsed = JSON.parse(block.toString("utf8", middle, to)) as StacJson;
    const found = replaceShared(parsed, (value) => (typeof value === "number" ? shared[value] : value));
    const json = found["geometry"] === SAME ? { ...found, geometry: this.geometry } : found;
    last = { text, json };
    return json;
  },
};

/** Copies footprints and documents out of what was read, whose rest need not stay. */
function blockOf(lines: readonly Buffer[]): {
  next(footprint: Buffer | undefined, document: Buffer | undefined): Omit<DocumentText, "shared">;
} {
  const block = Buffer.allocUnsafeSlow(lines.reduce((sum, line, i) => sum + (i % LINES === 0 ? 0 : line.length), 0));
  let end = 0;
  return {
    next(footprint = EMPTY, document = EMPTY) {
      const from = end;
      const middle = from + footprint.copy(block, from);
      end = middle + document.copy(block, middle);
      return { block, from, middle, to: end };
    },
  };
}

const EMPTY = Buffer.alloc(0);

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
