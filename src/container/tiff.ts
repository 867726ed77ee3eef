import { CorruptDataError } from "../core/errors.js";

/** TIFF 6.0 and GeoTIFF 1.1 tags that Tectile writes, and its own private ones (docs/format.md §2). */
export const TAG = {
  newSubfileType: 254,
  imageWidth: 256,
  imageLength: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planarConfiguration: 284,
  predictor: 317,
  tileWidth: 322,
  tileLength: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
  modelPixelScale: 33550,
  modelTiepoint: 33922,
  modelTransformation: 34264,
  geoKeyDirectory: 34735,
  geoDoubleParams: 34736,
  geoAsciiParams: 34737,
  gdalMetadata: 42112,
  gdalNodata: 42113,
  tecMetadata: 65121,
} as const;

export type TagType = "short" | "long" | "long8" | "double" | "ascii" | "byte";

/** One directory entry. ASCII values are given as text and stored with a final NUL. */
export interface Tag {
  readonly tag: number;
  readonly type: TagType;
  readonly values: readonly number[] | string;
}

/** A parsed directory: numbers by tag, text by tag. */
export interface Directory {
  numbers(tag: number): readonly number[] | undefined;
  number(tag: number): number | undefined;
  text(tag: number): string | undefined;
}

const TYPE_CODE: Readonly<Record<TagType, number>> = { byte: 1, ascii: 2, short: 3, long: 4, double: 12, long8: 16 };
const TYPE_BYTES: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
};

/** Bytes of header, note and directories; it depends on the counts of the values alone, so it is known before they are. */
export function sizeOfDirectories(directories: readonly (readonly Tag[])[], big: boolean, note = ""): number {
  return directories.reduce((at, tags) => at + directoryBytes(tags, big), (big ? 16 : 8) + even(note.length));
}

/**
 * The header and a chain of directories, each followed by its out-of-line values; little-endian. `note` is ASCII between the header and
 * the first directory, where GDAL looks for what a file promises of its layout.
 */
export function encodeDirectories(directories: readonly (readonly Tag[])[], big: boolean, note = ""): Uint8Array {
  const bytes = new Uint8Array(sizeOfDirectories(directories, big, note));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x4949, true);
  view.setUint16(2, big ? 43 : 42, true);
  bytes.set(new TextEncoder().encode(note), big ? 16 : 8);
  let at = (big ? 16 : 8) + even(note.length);
  if (big) {
    view.setUint16(4, 8, true);
    view.setBigUint64(8, BigInt(at), true);
  } else {
    view.setUint32(4, at, true);
  }
  directories.forEach((tags, i) => {
    const next = i + 1 < directories.length ? at + directoryBytes(tags, big) : 0;
    encodeDirectory(view, at, { tags, next, big });
    at += directoryBytes(tags, big);
  });
  return bytes;
}

function encodeDirectory(
  view: DataView,
  at: number,
  directory: { tags: readonly Tag[]; next: number; big: boolean },
): void {
  const { next, big } = directory;
  const tags = directory.tags.toSorted((a, b) => a.tag - b.tag);
  const [head, entry, inline] = big ? [8, 20, 8] : [2, 12, 4];
  if (big) view.setBigUint64(at, BigInt(tags.length), true);
  else view.setUint16(at, tags.length, true);
  let outside = at + head + entry * tags.length + inline;
  tags.forEach((tag, i) => {
    const where = at + head + entry * i;
    const count = countOf(tag);
    view.setUint16(where, tag.tag, true);
    view.setUint16(where + 2, TYPE_CODE[tag.type], true);
    if (big) view.setBigUint64(where + 4, BigInt(count), true);
    else view.setUint32(where + 4, count, true);
    const field = where + (big ? 12 : 8);
    const size = valueBytes(tag);
    if (size <= inline) {
      encodeValues(view, field, tag);
      return;
    }
    if (big) view.setBigUint64(field, BigInt(outside), true);
    else view.setUint32(field, outside, true);
    encodeValues(view, outside, tag);
    outside += even(size);
  });
  const last = at + head + entry * tags.length;
  if (big) view.setBigUint64(last, BigInt(next), true);
  else view.setUint32(last, next, true);
}

function encodeValues(view: DataView, at: number, tag: Tag): void {
  if (typeof tag.values === "string") {
    new TextEncoder().encode(tag.values).forEach((byte, i) => view.setUint8(at + i, byte));
    return;
  }
  const size = TYPE_BYTES[TYPE_CODE[tag.type]] ?? 1;
  tag.values.forEach((value, i) => {
    const where = at + size * i;
    if (tag.type === "short") view.setUint16(where, value, true);
    else if (tag.type === "long") view.setUint32(where, value, true);
    else if (tag.type === "long8") view.setBigUint64(where, BigInt(value), true);
    else if (tag.type === "double") view.setFloat64(where, value, true);
    else view.setUint8(where, value);
  });
}

const even = (n: number): number => n + (n & 1);
const countOf = (tag: Tag): number =>
  typeof tag.values === "string" ? new TextEncoder().encode(tag.values).length + 1 : tag.values.length;
const valueBytes = (tag: Tag): number => countOf(tag) * (TYPE_BYTES[TYPE_CODE[tag.type]] ?? 1);

function directoryBytes(tags: readonly Tag[], big: boolean): number {
  const [head, entry, inline] = big ? [8, 20, 8] : [2, 12, 4];
  const outside = tags.map(valueBytes).filter((size) => size > inline);
  return head + entry * tags.length + inline + outside.reduce((sum, size) => sum + even(size), 0);
}

/** Thrown inside the parser when bytes beyond those at hand are needed; `end` says up to where. */
class NeedMore extends Error {
  readonly end: number;
  constructor(end: number) {
    super(`bytes up to ${end} are needed`);
    this.end = end;
  }
}

/**
 * Parses the chain of directories out of the file's first bytes.
 *
 * Returns how many bytes from the start are needed when `bytes` is too short, else the directories and where they end.
 *
 * @throws CorruptDataError when it is no little-endian TIFF or the chain loops.
 */
export function parseDirectories(
  bytes: Uint8Array,
  location: string,
): { readonly need: number } | { readonly directories: readonly Directory[]; readonly end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 16 || view.getUint16(0, true) !== 0x4949)
    throw new CorruptDataError(location, "not a little-endian TIFF");
  const version = view.getUint16(2, true);
  if (version !== 42 && version !== 43)
    throw new CorruptDataError(location, `not a TIFF: version ${version}, 42 or 43 expected`);
  const reader = new Reader(view, version === 43, location);
  try {
    const directories: Directory[] = [];
    const seen = new Set<number>();
    let at = version === 43 ? reader.long8(8) : reader.long(4);
    while (at !== 0) {
      if (seen.has(at) || seen.size > 64) throw new CorruptDataError(location, "its directories form a loop");
      seen.add(at);
      const { directory, next } = reader.directory(at);
      directories.push(directory);
      at = next;
    }
    return { directories, end: reader.end };
  } catch (error) {
    if (error instanceof NeedMore) return { need: error.end };
    throw error;
  }
}

/** Numbers in all directories of one file; a scene of 500,000 px a side has some 5 million. Tags may share bytes, so a small file can claim more. */
const MAX_NUMBERS = 8_000_000;

class Reader {
  end = 16;
  private numbersRead = 0;
  private readonly view: DataView;
  private readonly big: boolean;
  private readonly location: string;

  constructor(view: DataView, big: boolean, location: string) {
    this.view = view;
    this.big = big;
    this.location = location;
  }

  long(at: number): number {
    this.reach(at + 4);
    return this.view.getUint32(at, true);
  }

  long8(at: number): number {
    this.reach(at + 8);
    const value = Number(this.view.getBigUint64(at, true));
    if (!Number.isSafeInteger(value)) throw new CorruptDataError(this.location, `an offset of ${value} bytes`);
    return value;
  }

  directory(at: number): { directory: Directory; next: number } {
    const [head, entry] = this.big ? [8, 20] : [2, 12];
    this.reach(at + head);
    const count = this.big ? this.long8(at) : this.view.getUint16(at, true);
    if (count > 512) throw new CorruptDataError(this.location, `a directory of ${count} tags`);
    const values = new Map<number, readonly number[] | string>();
    for (let i = 0; i < count; i++) {
      const where = at + head + entry * i;
      this.reach(where + entry);
      values.set(this.view.getUint16(where, true), this.values(where));
    }
    const last = at + head + entry * count;
    const next = this.big ? this.long8(last) : this.long(last);
    const numbers = (tag: number): readonly number[] | undefined => {
      const value = values.get(tag);
      return typeof value === "string" ? undefined : value;
    };
    const text = (tag: number): string | undefined => {
      const value = values.get(tag);
      return typeof value === "string" ? value : undefined;
    };
    return { directory: { numbers, number: (tag) => numbers(tag)?.[0], text }, next };
  }

  private values(where: number): readonly number[] | string {
    const type = this.view.getUint16(where + 2, true);
    const count = this.big ? this.long8(where + 4) : this.long(where + 4);
    const field = where + (this.big ? 12 : 8);
    const size = (TYPE_BYTES[type] ?? 0) * count;
    if (size > 64 * 2 ** 20) throw new CorruptDataError(this.location, `a tag of ${size} bytes`);
    const outside = size > (this.big ? 8 : 4);
    const at = outside ? (this.big ? this.long8(field) : this.long(field)) : field;
    this.reach(at + size);
    this.numbersRead += type === 2 ? size / 8 : count;
    if (this.numbersRead > MAX_NUMBERS)
      throw new CorruptDataError(this.location, `its directories hold more than ${MAX_NUMBERS} numbers`);
    if (type === 2) {
      const bytes = new Uint8Array(this.view.buffer, this.view.byteOffset + at, Math.max(0, count - 1));
      return new TextDecoder().decode(bytes);
    }
    return Array.from({ length: TYPE_BYTES[type] === undefined ? 0 : count }, (_, i) => this.value(at, type, i));
  }

  private value(at: number, type: number, i: number): number {
    const { view } = this;
    if (type === 3) return view.getUint16(at + 2 * i, true);
    if (type === 4 || type === 13) return view.getUint32(at + 4 * i, true);
    if (type === 12) return view.getFloat64(at + 8 * i, true);
    if (type === 16 || type === 18) return this.long8(at + 8 * i);
    if (type === 11) return view.getFloat32(at + 4 * i, true);
    return view.getUint8(at + i * (TYPE_BYTES[type] ?? 1));
  }

  private reach(end: number): void {
    if (end > this.view.byteLength) throw new NeedMore(end);
    this.end = Math.max(this.end, end);
  }
}
