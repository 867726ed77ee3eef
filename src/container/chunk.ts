import { positionsOf } from "../core/geometry.js";
import { CODEC_NAMES, CODECS, MOST_TOKENS, type CodecName } from "../core/codecs.js";
import { CorruptDataError, UnsupportedError } from "../core/errors.js";
import { xxhash32 } from "../core/xxhash32.js";

/**
 * What a section holds (docs/format.md §4). Tokens of FlexTEC take 16 to 31, in order, after all other sections; a converted TEC-ELIC's
 * streams take 32 to 95.
 */
export const SECTION = {
  symbols: 0,
  validity: 1,
  classes: 2,
  sets: 3,
  boundaries: 4,
  references: 5,
  axes: 6,
  provenance: 7,
  /** Of the classes. */
  correction: 8,
  token0: 16,
  stream0: 32,
} as const;
/** Streams of a converted model's chunk, at most. */
const STREAMS = 64;

export interface Section {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** A stored chunk: its head and its sections, everything that decoding it needs but the model. */
export interface Chunk {
  readonly codec: CodecName;
  /** Quality step, an index into the model's tables. */
  readonly quality: number;
  /** Of a lapped basis: the quantisation step, weighted digital numbers, a multiple of 1/8; 0 of a converted model. */
  readonly step: number;
  /** Pixels that the chunk covers, 1..256. */
  readonly width: number;
  readonly height: number;
  /** Latents, 1..16: a sixteenth of the pixels, rounded up. */
  readonly rows: number;
  readonly columns: number;
  /** Channels stored; those beyond are 0. */
  readonly channels: number;
  /** XXH32 of the stored symbols as little-endian int16, [channels][rows][columns]; of a damaged head another number. */
  readonly checksum: number;
  readonly sections: readonly Section[];
}

const MAGIC = 0x4354; // "TC"
const VERSION = 3;
/** Its checksum is over the symbols alone. */
const SYMBOLS_ONLY = 2;
const HEAD_BYTES = 16;
/** Of the head: the number of sections and the checksum itself. */
const UNCOVERED_BYTES = 5;
/** Steps are kept in so many parts of a digital number. */
const STEP_PARTS = 8;

/** The bytes of a chunk: 16 bytes of head, 4 a section, then the sections in order. */
export function packChunk(chunk: Omit<Chunk, "rows" | "columns">): Uint8Array {
  const start = HEAD_BYTES + 4 * chunk.sections.length;
  const bytes = new Uint8Array(chunk.sections.reduce((sum, section) => sum + section.bytes.length, start));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, MAGIC, true);
  bytes.set(
    [VERSION, CODECS[chunk.codec].code, chunk.quality, chunk.sections.length, chunk.width - 1, chunk.height - 1],
    2,
  );
  view.setUint16(8, chunk.channels, true);
  view.setUint16(10, Math.round(chunk.step * STEP_PARTS), true);
  let at = start;
  chunk.sections.forEach((section, i) => {
    if (section.bytes.length >= 2 ** 24)
      throw new UnsupportedError(`A chunk's section of ${section.bytes.length} bytes; at most 16 MiB fit`);
    view.setUint32(HEAD_BYTES + 4 * i, section.kind | (section.bytes.length << 8), true);
    bytes.set(section.bytes, at);
    at += section.bytes.length;
  });
  view.setUint32(12, chunk.checksum ^ checksumAround(bytes, chunk.sections), true);
  return bytes;
}

/**
 * XXH32 of what else symbols become pixels by, and masks are read by: the head without the number of sections and the checksum, then kind, length and
 * bytes of each section but tokens and streams. Those may be left out, and are told by the symbols.
 */
function checksumAround(bytes: Uint8Array, sections: readonly Section[]): number {
  const covered = sections.filter(({ kind }) => kind < SECTION.token0);
  const around = new Uint8Array(
    covered.reduce((sum, section) => sum + 4 + section.bytes.length, HEAD_BYTES - UNCOVERED_BYTES),
  );
  around.set(bytes.subarray(0, 5));
  around.set(bytes.subarray(6, 12), 5);
  const view = new DataView(around.buffer);
  let at = HEAD_BYTES - UNCOVERED_BYTES;
  for (const section of covered) {
    view.setUint32(at, section.kind | (section.bytes.length << 8), true);
    around.set(section.bytes, at + 4);
    at += 4 + section.bytes.length;
  }
  return xxhash32(around);
}

/**
 * Parses a chunk; sections are views into `bytes`.
 *
 * @throws CorruptDataError naming `location`; UnsupportedError for a newer version.
 */
export function parseChunk(bytes: Uint8Array, location: string): Chunk {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEAD_BYTES || view.getUint16(0, true) !== MAGIC)
    throw new CorruptDataError(location, "no chunk head where one is expected");
  const [version = 0, code = 0, quality = 0, count = 0, lastColumn = 0, lastRow = 0] = bytes.subarray(2, 8);
  if (version !== VERSION && version !== SYMBOLS_ONLY)
    throw new UnsupportedError(
      `${location}: chunk version ${version}, this version reads ${SYMBOLS_ONLY} and ${VERSION}`,
    );
  const codec = CODEC_NAMES[code];
  if (codec === undefined) throw new UnsupportedError(`${location}: entropy model ${code} is not known`);
  const sections: Section[] = [];
  let at = HEAD_BYTES + 4 * count;
  for (let i = 0; i < count; i++) {
    const word = HEAD_BYTES + 4 * i + 4 <= bytes.length ? view.getUint32(HEAD_BYTES + 4 * i, true) : 0xffffffff;
    const end = at + (word >>> 8);
    if (end > bytes.length)
      throw new CorruptDataError(location, `truncated: ${end} bytes expected, ${bytes.length} read`);
    sections.push({ kind: word & 255, bytes: bytes.subarray(at, end) });
    at = end;
  }
  if (at !== bytes.length) throw new CorruptDataError(location, `${bytes.length} bytes, ${at} expected`);
  const [width, height] = [lastColumn + 1, lastRow + 1];
  return {
    codec,
    quality,
    step: view.getUint16(10, true) / STEP_PARTS,
    width,
    height,
    rows: positionsOf(height),
    columns: positionsOf(width),
    channels: view.getUint16(8, true),
    checksum: (view.getUint32(12, true) ^ (version === VERSION ? checksumAround(bytes, sections) : 0)) >>> 0,
    sections,
  };
}

/** A step as a chunk keeps it: the nearest multiple of 1/8, between 1/8 and 8191. */
export function storedStep(step: number): number {
  return Math.max(1, Math.min(65535, Math.round(step * STEP_PARTS))) / STEP_PARTS;
}

/** The entropy model of a chunk, read off its head without parsing the rest; undefined where it is not known. */
export function codecOf(bytes: Uint8Array): CodecName | undefined {
  return CODEC_NAMES[bytes[3] ?? -1];
}

/** The streams of a chunk's tokens, in order, those that were read. @throws CorruptDataError where one is missing between others. */
export function findTokens({ sections }: Chunk, location: string): readonly Uint8Array[] {
  const stored = sections.filter(({ kind }) => kind >= SECTION.token0 && kind < SECTION.token0 + MOST_TOKENS);
  if (stored.some(({ kind }, i) => kind !== SECTION.token0 + i))
    throw new CorruptDataError(location, "its tokens are not complete and in order");
  return stored.map(({ bytes }) => bytes);
}

/** The bytes of the first section of a kind. */
export function findSection(chunk: Chunk, kind: number): Uint8Array | undefined {
  return chunk.sections.find((section) => section.kind === kind)?.bytes;
}

/** The streams of a converted model's chunk, in order. @throws CorruptDataError where one is missing. */
export function findStreams({ sections }: Chunk, location: string): readonly Uint8Array[] {
  const stored = sections.filter(({ kind }) => kind >= SECTION.stream0 && kind < SECTION.stream0 + STREAMS);
  if (stored.some(({ kind }, i) => kind !== SECTION.stream0 + i))
    throw new CorruptDataError(location, "its streams are not complete and in order");
  return stored.map(({ bytes }) => bytes);
}
