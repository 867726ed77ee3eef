import { deflateSync } from "node:zlib";
import { quantise, type ChunkSymbols, type FactorizedCoder } from "../codec/factorized.js";
import type { StepTables } from "../codec/tables.js";
import { xxhash32 } from "../codec/xxhash32.js";
import { packChunk, SECTION, type Section } from "../container/chunk.js";
import { encodeWithContext, type CodedSymbols, type ContextUse } from "./context-encoder.js";

/** What is known of a chunk's pixels. */
export interface ChunkMask {
  readonly width: number;
  readonly height: number;
  /** Row-major, 1 = valid. */
  readonly valid: Uint8Array;
  readonly classes: Uint8Array | undefined;
}

/** Latents of one block of a level before the gain, [channels][rows][columns], placed at (row, column) of the level's latents. */
export interface BlockLatents {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  readonly latents: Float32Array;
}

/** Where a chunk lies: chunk row and column of a level, and its index there. */
export interface ChunkPlace {
  readonly row: number;
  readonly column: number;
  readonly level: number;
  readonly index: number;
  readonly mask: ChunkMask;
}

/** What codes chunks: TEC-FP, and where `context` is there the smaller of it and TEC-FP (FlexTEC always, for its tokens' sake). */
export interface ChunkCoding {
  readonly coder: FactorizedCoder;
  readonly step: StepTables;
  readonly quality: number;
  readonly context: ContextUse | undefined;
}

/** Quantises, entropy-codes and packs one chunk cut out of a block. */
export async function encodeChunk(block: BlockLatents, place: ChunkPlace, use: ChunkCoding): Promise<Uint8Array> {
  const { mask } = place;
  const [rows, columns] = [Math.ceil(mask.height / 16), Math.ceil(mask.width / 16)];
  const latents = cutLatents(block, { row: place.row * 16, column: place.column * 16, rows, columns });
  const chunk = quantise(latents, use.step, rows, columns);
  const { stream, setMap, sets } = use.coder.encode(chunk, use.quality);
  const plain: CodedSymbols = {
    entropy: "fp",
    sections: [
      { kind: SECTION.symbols, bytes: stream },
      ...(setMap.length === 0 ? [] : [{ kind: SECTION.sets, bytes: setMap }]),
    ],
  };
  const { level, index } = place;
  const input = { chunk, sets, mask, quality: use.quality, level, index };
  const coded = use.context === undefined ? plain : smaller(plain, await encodeWithContext(input, use.context));
  const masks = maskSections(mask);
  return packChunk({
    entropy: coded.entropy,
    quality: use.quality,
    width: mask.width,
    height: mask.height,
    channels: chunk.channels,
    checksum: checksumOf(chunk),
    // Tokens come last, so that the first bytes of a chunk are all that its first tokens need.
    sections: coded.entropy === "flextec" ? [...masks, ...coded.sections] : [...coded.sections, ...masks],
  });
}

/** TEC-FP where it is smaller, but FlexTEC stays: its tokens are what it is for. */
function smaller(plain: CodedSymbols, context: CodedSymbols): CodedSymbols {
  const bytes = ({ sections }: CodedSymbols): number => sections.reduce((sum, s) => sum + 4 + s.bytes.length, 0);
  return context.entropy === "flextec" || bytes(context) < bytes(plain) ? context : plain;
}

/** What a decoder will see of a block: quantised and dequantised latents, a rectangle of it, edges replicated. */
export function dequantised(
  block: BlockLatents,
  step: StepTables,
  rect: { row: number; column: number; rows: number; columns: number },
): Float32Array {
  const { rows, columns } = rect;
  const out = new Float32Array(block.channels * rows * columns);
  const { symbols, channels } = quantise(block.latents, step, block.rows, block.columns);
  const clamp = (i: number, count: number): number => Math.max(0, Math.min(count - 1, i));
  for (let r = 0; r < rows; r++) {
    const from = clamp(rect.row + r - block.row, block.rows) * block.columns;
    for (let c = 0; c < columns; c++) {
      const at = from + clamp(rect.column + c - block.column, block.columns);
      for (let k = 0; k < channels; k++) {
        out[(k * rows + r) * columns + c] = (symbols[k * block.rows * block.columns + at] ?? 0) * (step.degain[k] ?? 1);
      }
    }
  }
  return out;
}

/** A rectangle inside a block, [channels][rows][columns]. */
export function cutLatents(
  block: BlockLatents,
  rect: { row: number; column: number; rows: number; columns: number },
): Float32Array {
  const { rows, columns } = rect;
  const out = new Float32Array(block.channels * rows * columns);
  for (let k = 0; k < block.channels; k++) {
    for (let r = 0; r < rows; r++) {
      const from = (k * block.rows + rect.row + r - block.row) * block.columns + rect.column - block.column;
      out.set(block.latents.subarray(from, from + columns), (k * rows + r) * columns);
    }
  }
  return out;
}

function checksumOf({ symbols }: ChunkSymbols): number {
  return xxhash32(new Uint8Array(symbols.buffer, symbols.byteOffset, symbols.byteLength));
}

/** What a chunk stores of its pixels' validity and scene classes. */
export function maskSections({ valid, classes }: Pick<ChunkMask, "valid" | "classes">): readonly Section[] {
  return [...validitySection(valid), ...classesSection(classes)];
}

/** Nothing where all pixels are valid, an empty section where none is, else one bit a pixel, deflated. */
function validitySection(valid: Uint8Array): Section[] {
  if (valid.every((v) => v !== 0)) return [];
  if (valid.every((v) => v === 0)) return [{ kind: SECTION.validity, bytes: new Uint8Array() }];
  const bits = new Uint8Array(Math.ceil(valid.length / 8));
  for (let i = 0; i < valid.length; i++) if (valid[i] !== 0) bits[i >> 3] = (bits[i >> 3] ?? 0) | (128 >> (i & 7));
  return [{ kind: SECTION.validity, bytes: deflateSync(bits, { level: 9 }) }];
}

/** SCL codes, 4 bits a pixel, deflated. */
function classesSection(classes: Uint8Array | undefined): Section[] {
  if (classes === undefined) return [];
  const nibbles = new Uint8Array(Math.ceil(classes.length / 2));
  for (let i = 0; i < classes.length; i++)
    nibbles[i >> 1] = (nibbles[i >> 1] ?? 0) | (((classes[i] ?? 0) & 15) << (i & 1 ? 0 : 4));
  return [{ kind: SECTION.classes, bytes: deflateSync(nibbles, { level: 9 }) }];
}
