import { positionsOf } from "../core/geometry.js";
import { inflateSync } from "node:zlib";
import { clearShares } from "../codec/context/clear-shares.js";
import type { ReferenceChunk } from "../codec/lapped/lapped-coder.js";
import { findSection, parseChunk, SECTION, type Chunk } from "../container/chunk.js";
import { messageOf } from "../core/assert.js";
import { CorruptDataError } from "../core/errors.js";
import { decodeSymbols, type ChunkMasks, type DecodeUse } from "./decode-symbols.js";
import type { LatentChunk, SpectralScale } from "../core/latents.js";

/** A chunk decoded as far as the cache keeps it: latents, and what is known of each pixel. All arrays lie on shared memory. */
export interface DecodedChunk {
  readonly latents: LatentChunk;
  /** One byte a pixel of the chunk, row-major, 1 = valid; "all" or "none" where they agree. */
  readonly valid: Uint8Array | "all" | "none";
  /** SCL code of each pixel, where the source had them. */
  readonly classes: Uint8Array | undefined;
  /** Of a mosaic: where each pixel comes from (core/provenance). */
  readonly provenance?: Uint8Array | undefined;
  /** Bytes of memory held. */
  readonly bytes: number;
}

/** A chunk as its file's header has it. */
export interface ChunkPlace {
  /** For messages, such as "chunk 0/1/2 of lisbon.tif". */
  readonly name: string;
  /** Pixels that it covers. */
  readonly width: number;
  readonly height: number;
}

/**
 * Entropy-decodes a chunk of any model that needs no networks for it, and checks it; runs in browsers too, given the masks.
 *
 * @throws CorruptDataError when the checksum, a length or a mask is wrong; UnsupportedError for an entropy model that its model lacks.
 */
export function decodeChunk(
  bytes: Uint8Array,
  place: ChunkPlace,
  { decoder, references, tokens }: DecodeUse,
): DecodedChunk {
  const chunk = parseChunk(bytes, place.name);
  checkSize(chunk, place);
  const masks = readMasks(chunk, place);
  const { symbols, spectral } = decodeSymbols(chunk, masks, { decoder, references, tokens }, place.name);
  return decodedChunk(
    chunk,
    symbols instanceof Float32Array ? shareFloats(symbols) : shareSymbols(symbols),
    masks,
    spectral,
  );
}

/** Of axes, steps and the objects themselves. */
const CHUNK_BYTES = 2560;

/** @throws CorruptDataError when a mask is damaged. */
export function readMasks(chunk: Chunk, place: ChunkPlace): ChunkMasks {
  const packed = findSection(chunk, SECTION.classes);
  const provenance = findSection(chunk, SECTION.provenance);
  return {
    valid: readValidity(findSection(chunk, SECTION.validity), place),
    classes: packed === undefined ? undefined : readClasses(packed, place),
    provenance: provenance && share(inflate(provenance, place.width * place.height, place.name)),
  };
}

/** A chunk as the cache keeps it; `symbols` lie on shared memory, [channels][rows][columns]. */
export function decodedChunk(
  { rows, columns, quality }: Pick<Chunk, "rows" | "columns" | "quality">,
  symbols: LatentChunk["symbols"],
  { valid, classes, provenance }: ChunkMasks,
  spectral?: SpectralScale,
): DecodedChunk {
  const channels = symbols.length / (rows * columns);
  return {
    latents: { symbols, channels, rows, columns, quality, ...(spectral === undefined ? {} : { spectral }) },
    valid,
    classes,
    provenance,
    bytes:
      symbols.byteLength +
      (typeof valid === "string" ? 0 : valid.length) +
      (classes?.length ?? 0) +
      (provenance?.length ?? 0) +
      CHUNK_BYTES,
  };
}

/** @throws CorruptDataError when the chunk covers another size than its place in the file. */
export function checkSize(chunk: Chunk, place: ChunkPlace): void {
  if (chunk.width === place.width && chunk.height === place.height) return;
  throw new CorruptDataError(
    place.name,
    `it covers ${chunk.width} x ${chunk.height} pixels, ${place.width} x ${place.height} expected`,
  );
}

/** What stands for a chunk that is not stored: no pixel of it is valid and its latents are 0. */
export function emptyChunk(place: ChunkPlace): DecodedChunk {
  const [rows, columns] = [positionsOf(place.height), positionsOf(place.width)];
  return {
    latents: { symbols: new Int8Array(), channels: 0, rows, columns, quality: 0 },
    valid: "none",
    classes: undefined,
    bytes: 256,
  };
}

/** int8 where every symbol fits, on shared memory. */
export function shareSymbols(symbols: Int16Array): Int8Array | Int16Array {
  // Any bit above the lowest eight of symbol + 128 tells of one outside -128..127; a callback a symbol takes seven times as long.
  let bits = 0;
  for (let i = 0; i < symbols.length; i++) bits |= (symbols[i] ?? 0) + 128;
  const shared =
    (bits & ~255) === 0
      ? new Int8Array(new SharedArrayBuffer(symbols.length))
      : new Int16Array(new SharedArrayBuffer(2 * symbols.length));
  shared.set(symbols);
  return shared;
}

function share(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

function shareFloats(symbols: Float32Array): Float32Array {
  const shared = new Float32Array(new SharedArrayBuffer(symbols.byteLength));
  shared.set(symbols);
  return shared;
}

/** A decoded chunk as one that others lean on. */
export function asReference(
  { latents, valid, classes }: DecodedChunk,
  place: Pick<ChunkPlace, "width" | "height">,
): ReferenceChunk {
  const { width, height } = place;
  return { latents, clear: clearShares({ width, height, valid, classes }) };
}

function readValidity(section: Uint8Array | undefined, place: ChunkPlace): Uint8Array | "all" | "none" {
  if (section === undefined) return "all";
  if (section.length === 0) return "none";
  const pixels = place.width * place.height;
  const bits = inflate(section, Math.ceil(pixels / 8), place.name);
  const valid = new Uint8Array(new SharedArrayBuffer(pixels));
  for (let i = 0; i < pixels; i++) valid[i] = ((bits[i >> 3] ?? 0) >> (7 - (i & 7))) & 1;
  return valid;
}

function readClasses(section: Uint8Array, place: ChunkPlace): Uint8Array {
  const pixels = place.width * place.height;
  const nibbles = inflate(section, Math.ceil(pixels / 2), place.name);
  const classes = new Uint8Array(new SharedArrayBuffer(pixels));
  for (let i = 0; i < pixels; i++) classes[i] = ((nibbles[i >> 1] ?? 0) >> (i & 1 ? 0 : 4)) & 15;
  return classes;
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
