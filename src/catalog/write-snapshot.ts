import { crc32 } from "node:zlib";
import { createSlices, sortInSlices } from "../core/slices.js";
import type { Column } from "./cql2/columns.js";
import { columnOf, compareItems, eachItem, positionOf, turned, typesOf } from "./item-table.js";
import { searchedNames } from "./item-properties.js";
import { textOfItem } from "./item-text.js";
import { SectionWriter } from "./section-file.js";
import { bytesOf, writeColumn, type ColumnKind } from "./stored-columns.js";
import { hrefOfId, isSha256, type SnapshotAbout } from "./snapshot-sections.js";
import type { StoredItems } from "./stored-items.js";
import { endsOf } from "./text-list.js";
import type { CatalogItem } from "./types.js";

/** An item, the link that names it and the checksum that the link tells. */
export interface LinkedItem {
  readonly item: CatalogItem;
  readonly href: string;
  readonly checksum: string | undefined;
}

export interface SnapshotContents {
  readonly collection: string;
  /** The collection's document, relative to the catalog's folder. */
  readonly place: string;
  /** The catalog's, absolute. */
  readonly folder: string;
  /** An older snapshot, whose rows but the hidden ones are kept as they are. */
  readonly base: { readonly items: StoredItems; readonly hidden: Uint8Array | undefined } | undefined;
  readonly items: readonly LinkedItem[];
}

/**
 * Those that a snapshot can hold: found again by their checksum, of this collection, and the only one with their id there. Others are read from
 * their documents at each start.
 */
export async function storableItems(
  { collection, base }: Pick<SnapshotContents, "collection" | "base">,
  items: readonly LinkedItem[],
): Promise<readonly LinkedItem[]> {
  const times = new Map<string, number>();
  await eachItem(items, createSlices(), ({ item }) => times.set(item.id, (times.get(item.id) ?? 0) + 1));
  const isInBase = (id: string): boolean => {
    const row = base?.items.find(collection, id);
    return row !== undefined && (base?.hidden?.[row] ?? 0) === 0;
  };
  const storable: LinkedItem[] = [];
  await eachItem(items, createSlices(), (linked) => {
    const { item, checksum } = linked;
    if (item.collection !== collection || checksum === undefined || !isSha256(checksum)) return;
    if (times.get(item.id) === 1 && !isInBase(item.id)) storable.push(linked);
  });
  return storable;
}

/** In slices; whole or not at all. @throws where the disk doesn't take it. */
export async function writeSnapshot(path: string, contents: SnapshotContents, signal: AbortSignal): Promise<void> {
  const writer = await SectionWriter.create(path, signal);
  try {
    await writer.finish(await writeSections(writer, contents, signal));
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

async function writeSections(
  writer: SectionWriter,
  contents: SnapshotContents,
  signal: AbortSignal,
): Promise<SnapshotAbout> {
  const { collection, place, folder, base } = contents;
  const wanted = await storableItems(contents, contents.items);
  const fresh = await sortInSlices(wanted, (a, b) => compareItems(a.item, b.item));
  const shared = new Map(base?.items.sharedValues.map((value, i) => [value, i] as const));
  const rows = await mergedRows(base, fresh, signal);
  const size = rows.length;
  const slices = createSlices(signal);
  const times = new Float64Array(size);
  const boxes = new Float64Array(4 * size);
  const checksums = Buffer.alloc(32 * size);
  const starts = new Float64Array(size);
  const lengths = new Uint32Array(size);
  const sums = new Uint32Array(size);
  const ids: Uint8Array[] = [];
  const hrefs: Uint8Array[] = [];
  const footprints: Uint8Array[] = [];
  const kept = base?.items.texts();
  for (const [to, from] of rows.entries()) {
    const linked = from < 0 ? fresh[-1 - from] : undefined;
    const stored = linked === undefined && base !== undefined ? storedRow(base.items, from) : undefined;
    const row = stored ?? (linked === undefined ? undefined : freshRow(linked));
    if (row === undefined) continue;
    const text = stored === undefined ? undefined : await textAt(kept, from);
    const item = linked?.item ?? (text === undefined ? await base?.items.item(from).catch(() => undefined) : undefined);
    const bytes = text ?? (item === undefined ? NO_TEXT : textOfItem(item, folder, shared));
    times[to] = row.timeMs;
    boxes.set(row.box, 4 * to);
    checksums.write(row.checksum.slice(4), 32 * to, "hex");
    ids.push(Buffer.from(row.id));
    hrefs.push(Buffer.from(row.href === hrefOfId(row.id) ? "" : row.href));
    footprints.push(row.footprint);
    lengths[to] = bytes.length;
    sums[to] = bytes === NO_TEXT ? NO_CHECKSUM : crc32(bytes);
    starts[to] = await writer.append(bytes);
    if (slices.isOver()) await slices.pause();
  }
  await writer.section("times", [bytesOf(times)]);
  await writer.section("boxes", [bytesOf(boxes)]);
  await writer.section("checksums", [checksums]);
  await writer.section("text starts", [bytesOf(starts)]);
  await writer.section("text lengths", [bytesOf(lengths)]);
  await writer.section("text checksums", [bytesOf(sums)]);
  for (const [name, pieces] of Object.entries({ ids, hrefs, footprints })) {
    await writer.section(name, pieces);
    await writer.section(`${name} ends`, [bytesOf(endsOf(pieces))]);
  }
  const freshItems = fresh.map(({ item }) => item);
  const types = new Map(await base?.items.types());
  for (const [name, found] of await typesOf(freshItems))
    types.set(name, new Set([...(types.get(name) ?? []), ...found]));
  const names = new Set(base?.items.columnKinds.keys());
  await eachItem(freshItems, slices, (item) => searchedNames(item).forEach((name) => names.add(name)));
  const columns: [string, ColumnKind][] = [];
  for (const name of names) {
    const isLong = base?.items.columnKinds.get(name) === "long";
    const [old, added] = isLong ? [] : [await base?.items.makeColumn(name), await columnOf(freshItems, name)];
    const kind = isLong ? "long" : await writeColumn(writer, name, mergedValues(rows, old, added), size);
    if (kind === undefined) types.delete(name);
    else columns.push([name, kind]);
  }
  const told = [...types].map(([name, found]): [string, string[]] => [name, [...found]]);
  return { place, collection, size, shared: [...shared.keys()], columns, types: told };
}

/** Of an item whose text is damaged and whose document can't be read: it doesn't match, so that the document is tried again. */
const NO_TEXT = Buffer.alloc(0);
const NO_CHECKSUM = 1;

interface SnapshotRow {
  readonly timeMs: number;
  readonly box: ArrayLike<number>;
  readonly checksum: string;
  readonly id: string;
  readonly href: string;
  readonly footprint: Uint8Array;
}

const storedRow = (items: StoredItems, row: number): SnapshotRow => ({
  timeMs: items.timeMs[row] ?? 0,
  box: items.boxes.subarray(4 * row, 4 * row + 4),
  checksum: items.checksum(row),
  id: items.id(row),
  href: items.href(row),
  footprint: items.footprintText(row),
});

const freshRow = ({ item, href, checksum = "" }: LinkedItem): SnapshotRow => ({
  timeMs: item.datetimeMs,
  box: turned(item.boundsWgs84),
  checksum,
  id: item.id,
  href,
  footprint: Buffer.from(JSON.stringify(item.geometry)),
});

/** In the order of tables: rows of the base, and -1, -2, ... for the fresh ones. */
async function mergedRows(
  base: SnapshotContents["base"],
  fresh: readonly LinkedItem[],
  signal: AbortSignal,
): Promise<Int32Array> {
  const slices = createSlices(signal);
  const rows = new Int32Array((base?.items.size ?? 0) + fresh.length);
  let [count, next] = [0, 0];
  const takeBefore = (isBefore: (item: CatalogItem) => boolean): void => {
    for (let one = fresh[next]; one !== undefined && isBefore(one.item); one = fresh[next]) rows[count++] = -1 - next++;
  };
  for (let row = 0; base !== undefined && row < base.items.size; row++) {
    if ((base.hidden?.[row] ?? 0) !== 0) continue;
    const { items } = base;
    const timeMs = items.timeMs[row] ?? 0;
    takeBefore(
      (item) =>
        item.datetimeMs > timeMs || (item.datetimeMs === timeMs && compareItems(item, positionOf(items, row)) < 0),
    );
    rows[count++] = row;
    if (row % 1024 === 0 && slices.isOver()) await slices.pause();
  }
  takeBefore(() => true);
  return rows.subarray(0, count);
}

function* mergedValues(rows: Int32Array, old: Column | undefined, added: Column | undefined): Generator {
  for (const row of rows) yield row < 0 ? valueAt(added, -1 - row) : valueAt(old, row);
}

function valueAt(column: Column | undefined, row: number): unknown {
  if (column === undefined || column.kind === "geometry") return undefined;
  const value = column.values[row];
  return typeof value === "number" && Number.isNaN(value) ? undefined : value;
}

/** The text of a row, of texts in order of rows. */
async function textAt(
  texts: AsyncGenerator<readonly [row: number, text: Buffer | undefined]> | undefined,
  row: number,
): Promise<Buffer | undefined> {
  for (let found = await texts?.next(); found?.done === false; found = await texts?.next())
    if (found.value[0] === row) return found.value[1];
  return undefined;
}
