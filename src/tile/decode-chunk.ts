import { positionsOf } from "../core/geometry.js";
import { clearShares } from "../codec/context/clear-shares.js";
import type { ReferenceChunk } from "../codec/lapped/lapped-coder.js";
import { parseChunk, type Chunk } from "../container/chunk.js";
import { readCorrection, readMasks, type ChunkMasks } from "../container/chunk-masks.js";
import { CorruptDataError } from "../core/errors.js";
import { decodeSymbols, type DecodeUse } from "./decode-symbols.js";
import { bytesOfSymbols, type LatentChunk, type SpectralScale } from "../core/latents.js";

/** A chunk decoded as far as the cache keeps it: latents, and what is known of each pixel. All arrays lie on shared memory. */
export interface DecodedChunk {
  readonly latents: LatentChunk;
  /** One byte a pixel of the chunk, row-major, 1 = valid; "all" or "none" where they agree. */
  readonly valid: Uint8Array | "all" | "none";
  /** SCL code of each pixel, corrected where the file holds a correction; undefined where nothing tells. */
  readonly classes: Uint8Array | undefined;
  /** Of a mosaic: where each pixel comes from (core/provenance). */
  readonly provenance?: Uint8Array | undefined;
  /** Those that the latents were coded with: the source's. */
  readonly codedClasses: Uint8Array | undefined;
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
  return decodedChunk(chunk, symbols, { ...masks, corrected: readCorrection(chunk, masks.classes, place) }, spectral);
}

/** Of axes, steps and the objects themselves. */
const CHUNK_BYTES = 2560;

/** A chunk as the cache keeps it; `symbols` lie on shared memory. */
export function decodedChunk(
  { rows, columns, channels, quality }: Pick<Chunk, "rows" | "columns" | "channels" | "quality">,
  symbols: LatentChunk["symbols"],
  { valid, classes, provenance, corrected }: ChunkMasks & { readonly corrected: Uint8Array | undefined },
  spectral?: SpectralScale,
): DecodedChunk {
  const masks = [typeof valid === "string" ? undefined : valid, classes, provenance, corrected];
  return {
    latents: { symbols, channels, rows, columns, quality, ...(spectral === undefined ? {} : { spectral }) },
    valid,
    classes: corrected ?? classes,
    codedClasses: classes,
    provenance,
    bytes: bytesOfSymbols(symbols) + masks.reduce((sum, mask) => sum + (mask?.length ?? 0), 0) + CHUNK_BYTES,
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
    codedClasses: undefined,
    bytes: 256,
  };
}

/** A decoded chunk as one that others lean on. */
export function asReference(
  { latents, valid, codedClasses }: DecodedChunk,
  { width, height }: Pick<ChunkPlace, "width" | "height">,
): ReferenceChunk {
  return { latents, clear: clearShares({ width, height, valid, classes: codedClasses }) };
}
