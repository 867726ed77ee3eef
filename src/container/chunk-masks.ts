import { deflateSync, inflateSync } from "node:zlib";
import { messageOf } from "../core/assert.js";
import { CorruptDataError } from "../core/errors.js";
import { findSection, SECTION, type Chunk, type Section } from "./chunk.js";

/** What is known of each pixel of a stored chunk, row-major: 1 = valid, and the SCL codes that it was coded with, where the source had them. */
export interface ChunkMasks {
  readonly valid: Uint8Array | "all" | "none";
  readonly classes: Uint8Array | undefined;
  /** Of a mosaic: where each pixel comes from (core/provenance). */
  readonly provenance?: Uint8Array | undefined;
}

/** Which chunk, for messages, and the pixels that it covers. */
interface MaskPlace {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

/** On shared memory. @throws CorruptDataError when a mask is damaged. */
export function readMasks(chunk: Chunk, place: MaskPlace): ChunkMasks {
  const packed = findSection(chunk, SECTION.classes);
  const provenance = findSection(chunk, SECTION.provenance);
  return {
    valid: readValidity(findSection(chunk, SECTION.validity), place),
    classes: packed === undefined ? undefined : unpackNibbles(packed, place),
    provenance: provenance && share(inflate(provenance, place.width * place.height, place.name)),
  };
}

/** The corrected SCL codes, on shared memory; undefined where those in `coded` hold. @throws CorruptDataError when they are damaged. */
export function readCorrection(chunk: Chunk, coded: Uint8Array | undefined, place: MaskPlace): Uint8Array | undefined {
  const packed = findSection(chunk, SECTION.correction);
  if (packed === undefined) return undefined;
  const codes = unpackNibbles(packed, place);
  if (coded !== undefined) putTogether(codes, coded);
  return codes;
}

/** codes[i] ^= coded[i], four at a time. */
function putTogether(codes: Uint8Array, coded: Uint8Array): void {
  const words = codes.length >> 2;
  const [to, from] = [codes, coded].map(({ buffer, byteOffset }) => new Int32Array(buffer, byteOffset, words)) as [
    Int32Array,
    Int32Array,
  ];
  for (let i = 0; i < words; i++) to[i] = (to[i] ?? 0) ^ (from[i] ?? 0);
  for (let i = 4 * words; i < codes.length; i++) codes[i] = (codes[i] ?? 0) ^ (coded[i] ?? 0);
}

/** What a chunk stores of its pixels' validity, scene classes and provenance. */
export function maskSections({
  valid,
  classes,
  provenance,
}: Omit<ChunkMasks, "valid"> & { readonly valid: Uint8Array }): readonly Section[] {
  const from =
    provenance === undefined ? [] : [{ kind: SECTION.provenance, bytes: deflateSync(provenance, { level: 9 }) }];
  return [...validitySection(valid), ...classesSection(classes), ...from];
}

/** Nothing where all pixels are valid, an empty section where none is, else one bit a pixel, deflated. */
function validitySection(valid: Uint8Array): Section[] {
  if (valid.every((v) => v !== 0)) return [];
  if (valid.every((v) => v === 0)) return [{ kind: SECTION.validity, bytes: new Uint8Array() }];
  const bits = new Uint8Array(Math.ceil(valid.length / 8));
  for (let i = 0; i < valid.length; i++) if (valid[i] !== 0) bits[i >> 3] = (bits[i >> 3] ?? 0) | (128 >> (i & 7));
  return [{ kind: SECTION.validity, bytes: deflateSync(bits, { level: 9 }) }];
}

function classesSection(classes: Uint8Array | undefined): Section[] {
  return classes === undefined ? [] : [{ kind: SECTION.classes, bytes: packNibbles(classes) }];
}

/** What a chunk stores where its classes are corrected: codes xor those it was coded with (0 where it had none); nothing where they agree. */
export function correctionSection(coded: Uint8Array | undefined, corrected: Uint8Array): readonly Section[] {
  const difference = coded === undefined ? corrected : corrected.map((code, i) => code ^ (coded[i] ?? 0));
  return difference.every((code) => code === 0) ? [] : [{ kind: SECTION.correction, bytes: packNibbles(difference) }];
}

/** 4 bits each, the first the higher, deflated. */
function packNibbles(codes: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(Math.ceil(codes.length / 2));
  for (let i = 0; i < codes.length; i++)
    nibbles[i >> 1] = (nibbles[i >> 1] ?? 0) | (((codes[i] ?? 0) & 15) << (i & 1 ? 0 : 4));
  return deflateSync(nibbles, { level: 9 });
}

function readValidity(section: Uint8Array | undefined, place: MaskPlace): Uint8Array | "all" | "none" {
  if (section === undefined) return "all";
  if (section.length === 0) return "none";
  const pixels = place.width * place.height;
  const bits = inflate(section, Math.ceil(pixels / 8), place.name);
  const valid = new Uint8Array(new SharedArrayBuffer(pixels));
  for (let i = 0; i < pixels; i++) valid[i] = ((bits[i >> 3] ?? 0) >> (7 - (i & 7))) & 1;
  return valid;
}

function unpackNibbles(section: Uint8Array, place: MaskPlace): Uint8Array {
  const pixels = place.width * place.height;
  const nibbles = inflate(section, Math.ceil(pixels / 2), place.name);
  const padded = new Uint8Array((nibbles.length + 3) & ~3);
  padded.set(nibbles);
  // Eight codes at a time, little-endian, and not at once to shared memory: a sixth of the time.
  const words = new Int32Array(padded.buffer);
  const codes = new Int32Array(2 * words.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? 0;
    const [high, low] = [(word >>> 4) & 0x0f0f0f0f, word & 0x0f0f0f0f];
    codes[2 * i] = (high & 15) | ((low & 15) << 8) | ((high & 0xf00) << 8) | ((low & 0xf00) << 16);
    codes[2 * i + 1] = ((high >>> 16) & 15) | ((low >>> 8) & 0xf00) | ((high >>> 8) & 0xf0000) | (low & 0xf000000);
  }
  return share(new Uint8Array(codes.buffer, 0, pixels));
}

function share(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

function inflate(section: Uint8Array, length: number, name: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = inflateSync(section, { maxOutputLength: length + 1 });
  } catch (cause) {
    throw new CorruptDataError(name, `a mask can't be unpacked (${messageOf(cause)})`, { cause });
  }
  if (bytes.length !== length) throw new CorruptDataError(name, `a mask of ${bytes.length} bytes, ${length} expected`);
  return bytes;
}
