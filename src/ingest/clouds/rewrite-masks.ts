import { isDeepStrictEqual } from "node:util";
import { packChunk, parseChunk, SECTION, type Chunk, type Section } from "../../container/chunk.js";
import { correctionSection, readMasks } from "../../container/chunk-masks.js";
import { chunkName, chunkSize, type TecCog, type TecMetadata } from "../../container/tec-cog.js";
import { readChunkBytes } from "../../container/tec-cog-reader.js";
import { createTecCogWriter } from "../../container/tec-cog-writer.js";
import { CHUNK_PX } from "../../core/geometry.js";
import type { PixelWindow } from "../../core/raster.js";
import type { ByteSource } from "../../store/byte-source.js";
import { createClearCounts } from "../clear-counts.js";
import { STATE } from "./classify.js";
import { correctedCode } from "./correct-classes.js";

/** What is known of a date's pixels, STATE by pixel of one level. */
export interface FoundStates {
  readonly level: number;
  readonly width: number;
  readonly height: number;
  readonly states: Uint8Array;
}

export interface RewriteOptions {
  readonly source: ByteSource;
  readonly cog: TecCog;
  /** Undefined: the classes that the source had hold. */
  readonly found: FoundStates | undefined;
  readonly maskSource: NonNullable<TecMetadata["masks"]>["source"] | undefined;
  /** Where the files that it leans on lie, where they moved. */
  readonly references: TecMetadata["references"];
  readonly signal?: AbortSignal | undefined;
}

export interface Rewritten {
  /** False: the new file has the same masks and names the same references as the old one. */
  readonly changed: boolean;
  readonly fileBytes: number;
  readonly headerBytes: number;
  /** 0..100, as EncodeReport's; undefined where nothing tells what is cloud. */
  readonly validPercent: number;
  readonly clearPercent: number | undefined;
  readonly chunkClearPercent: readonly number[] | undefined;
}

/**
 * Writes a TEC-COG again at `path` with other corrections of its classes, and everything else to the bit: latents are neither decoded nor encoded.
 *
 * The classes that the latents were coded with stay, since steps and contexts are derived from them. Appears only when it is whole.
 */
export async function rewriteMasks(path: string, options: RewriteOptions): Promise<Rewritten> {
  const { source, cog, found, signal } = options;
  const [full] = cog.levels;
  const { width = 0, height = 0 } = full ?? {};
  const metadata = metadataOf(cog.metadata, options);
  const writer = await createTecCogWriter(path, {
    ...cog,
    width,
    height,
    metadata,
    expectedBytes: 24 * width * height,
  });
  const counts = createClearCounts(width, height);
  let changed = !isDeepStrictEqual(metadata, cog.metadata);
  try {
    for (const [level, tiles] of cog.levels.entries()) {
      for (let index = 0; index < tiles.offsets.length; index++) {
        signal?.throwIfAborted();
        const bytes = await readChunkBytes(source, tiles, index, signal);
        if (bytes === undefined) continue;
        const [row, column] = [Math.floor(index / tiles.chunkColumns), index % tiles.chunkColumns];
        const window = { x: column * CHUNK_PX, y: row * CHUNK_PX, ...chunkSize(tiles, row, column) };
        const chunk = parseChunk(bytes, chunkName(cog.location, level, row, column));
        const masks = readMasks(chunk, { name: chunkName(cog.location, level, row, column), ...window });
        const valid = asBytes(masks.valid, window);
        const classes =
          found === undefined ? masks.classes : correctedClasses(statesOf(found, level, window), valid, masks.classes);
        const corrected = withSection(chunk, classes === undefined ? [] : correctionSection(masks.classes, classes));
        changed ||= Buffer.compare(corrected, bytes) !== 0;
        if (level === 0) counts.add(window, { raster: { ...window, valid }, classes });
        await writer.append(level, index, corrected);
      }
    }
    const { offset, bytes: length, ...size } = cog.quicklook;
    const written = await writer.finish({ ...size, webp: await source.getRange(offset, length, signal) });
    const tells = metadata.masks !== undefined || metadata.classes;
    return {
      changed,
      ...written,
      validPercent: counts.validPercent(),
      clearPercent: tells ? counts.clearPercent() : undefined,
      chunkClearPercent: tells ? counts.chunkClearPercent() : undefined,
    };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

function metadataOf(metadata: TecMetadata, { maskSource, references }: RewriteOptions): TecMetadata {
  const { masks: _, ...rest } = { ...metadata, ...(references === undefined ? {} : { references }) };
  return { ...rest, ...(maskSource === undefined ? {} : { masks: { source: maskSource } }) };
}

/** The chunk with these sections in place of its correction, before its tokens and streams, which come last. */
function withSection(chunk: Chunk, correction: readonly Section[]): Uint8Array {
  const kept = chunk.sections.filter(({ kind }) => kind !== SECTION.correction);
  const at = kept.findIndex(({ kind }) => kind >= SECTION.token0);
  return packChunk({ ...chunk, sections: kept.toSpliced(at < 0 ? kept.length : at, 0, ...correction) });
}

function asBytes(valid: Uint8Array | "all" | "none", { width, height }: PixelWindow): Uint8Array {
  return typeof valid === "string" ? new Uint8Array(width * height).fill(valid === "all" ? 1 : 0) : valid;
}

function correctedClasses(states: Uint8Array, valid: Uint8Array, coded: Uint8Array | undefined): Uint8Array {
  return states.map((state, i) => (valid[i] === 0 ? (coded?.[i] ?? 0) : correctedCode(state, coded?.[i])));
}

/** States of a window of any level: repeated at a finer level than they were found at, the most frequent one at a coarser one. */
function statesOf({ level: at, width, height, states }: FoundStates, level: number, window: PixelWindow): Uint8Array {
  const out = new Uint8Array(window.width * window.height);
  const votes = new Uint32Array(Object.keys(STATE).length);
  const side = 2 ** Math.max(0, level - at);
  const shrink = 2 ** Math.max(0, at - level);
  for (let r = 0; r < window.height; r++) {
    for (let c = 0; c < window.width; c++) {
      const [top, left] = [Math.floor((window.y + r) / shrink) * side, Math.floor((window.x + c) / shrink) * side];
      votes.fill(0);
      for (let y = top; y < Math.min(height, top + side); y++) {
        for (let x = left; x < Math.min(width, left + side); x++) {
          const state = states[y * width + x] ?? STATE.unknown;
          votes[state] = (votes[state] ?? 0) + 1;
        }
      }
      out[r * window.width + c] = votes.indexOf(Math.max(...votes));
    }
  }
  return out;
}
