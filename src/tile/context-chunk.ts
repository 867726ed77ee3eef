import { clearShares } from "../codec/context/clear-shares.js";
import type { ContextSymbols } from "../codec/context/context-coder.js";
import type { ContextCoders } from "../codec/context/context-pool.js";
import type { LoadedContext, ReferenceChunk } from "../codec/context/context-tasks.js";
import type { LoadedModel } from "../codec/loaded-model.js";
import { findSection, parseChunk, SECTION, TOKENS, type Chunk } from "../container/chunk.js";
import { CorruptDataError, UnsupportedError } from "../core/errors.js";
import {
  checkSize,
  decodedChunk,
  readMasks,
  shareSymbols,
  type ChunkPlace,
  type DecodedChunk,
} from "./decode-chunk.js";

/** What decoding a chunk of TEC-ELIC, TEC-TT or FlexTEC takes. */
export interface ContextChunkInput {
  readonly bytes: Uint8Array;
  readonly place: ChunkPlace;
  readonly model: LoadedModel;
  /** Tokens wanted, 0..16; undefined: all. */
  readonly tokens: number | undefined;
  readonly writtenBy: string;
  /** The same chunk of the file's reference `index`. */
  readonly reference: (index: number) => Promise<DecodedChunk>;
}

/**
 * Decodes a chunk whose distributions come from context: its own symbols and, where it leans on earlier dates, theirs.
 *
 * @throws CorruptDataError naming the chunk, before memory is taken where its head is not the model's; UnsupportedError where the model
 * has no such context model.
 */
export async function decodeContextChunk(
  input: ContextChunkInput,
  coders: ContextCoders,
  signal?: AbortSignal,
): Promise<DecodedChunk> {
  const { bytes, place, model, tokens } = input;
  const chunk = parseChunk(bytes, place.name);
  checkSize(chunk, place);
  const context = contextOf(model, chunk, place.name);
  checkHead(chunk, model, place.name);
  const isTokens = chunk.entropy === "flextec";
  const streams = isTokens ? tokenStreams(chunk, tokens, place.name) : [symbolStream(chunk, place.name)];
  const masks = readMasks(chunk, place);
  const needed = Math.ceil(chunk.channels / (model.channels / TOKENS));
  const whole = !isTokens || streams.length >= needed;
  if (!whole && streams.length < (tokens ?? TOKENS))
    throw new CorruptDataError(place.name, `it holds ${streams.length} of ${needed} tokens`);
  const found = await coders.decode(
    context,
    isTokens,
    {
      frame: {
        ...frameOf(chunk),
        clear: clearShares({ ...place, ...masks }),
        references: await readReferences(chunk, input),
      },
      streams,
      checksum: whole ? chunk.checksum : undefined,
      location: place.name,
      writtenBy: input.writtenBy,
    },
    signal,
  );
  return decodedChunk(chunk, joined(found, chunk), masks);
}

/** Sections of a FlexTEC chunk, at most: each kind below the tokens once, and the tokens. */
const FLEXTEC_SECTIONS = SECTION.references + 1 + TOKENS;

/**
 * The bytes from a chunk's start that its first `tokens` tokens need; undefined where `head` is too short to tell, which one of 104
 * bytes never is.
 *
 * @throws CorruptDataError where there are more sections than a FlexTEC chunk can have, or tokens in disorder.
 */
export function bytesOfTokens(head: Uint8Array, tokens: number, location: string): number | undefined {
  const sections = head[5] ?? 0;
  if (sections > FLEXTEC_SECTIONS)
    throw new CorruptDataError(location, `${sections} sections, ${FLEXTEC_SECTIONS} at most expected of FlexTEC`);
  const start = 16 + 4 * sections;
  if (head.length < start) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  let end = start;
  for (let i = 0; i < sections; i++) {
    const word = view.getUint32(16 + 4 * i, true);
    if ((word & 255) >= SECTION.token0 + tokens) continue;
    if (end !== start + sumBefore(view, i)) throw new CorruptDataError(location, "its tokens are out of order");
    end += word >>> 8;
  }
  return end;
}

/** Cuts what was not read off a chunk's section table, so that the rest parses as a chunk with fewer tokens. */
export function withoutMissingTokens(bytes: Uint8Array, tokens: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes[5] ?? 0;
  const kept = Array.from({ length: count }, (_, i) => view.getUint32(16 + 4 * i, true)).filter(
    (word) => (word & 255) < SECTION.token0 + tokens,
  );
  const out = new Uint8Array(bytes.length - 4 * (count - kept.length));
  out.set(bytes.subarray(0, 16));
  out[5] = kept.length;
  const outView = new DataView(out.buffer);
  kept.forEach((word, i) => outView.setUint32(16 + 4 * i, word, true));
  out.set(bytes.subarray(16 + 4 * count), 16 + 4 * kept.length);
  return out;
}

function sumBefore(view: DataView, sections: number): number {
  let sum = 0;
  for (let i = 0; i < sections; i++) sum += view.getUint32(16 + 4 * i, true) >>> 8;
  return sum;
}

function contextOf(model: LoadedModel, { entropy }: Chunk, location: string): LoadedContext {
  const context = entropy === "elic" ? model.contexts.elic : model.contexts.tt;
  if (context === undefined)
    throw new UnsupportedError(`${location} is stored with entropy model "${entropy}", which model ${model.id} lacks`);
  return context;
}

/** Before anything is allocated: channels and step choose how much that is and which tables are looked into. */
function checkHead({ channels, quality }: Chunk, model: LoadedModel, location: string): void {
  if (channels > model.channels)
    throw new CorruptDataError(location, `${channels} channels, model ${model.id} has ${model.channels}`);
  const last = model.degains.length - 1;
  if (quality > last)
    throw new CorruptDataError(location, `quality step ${quality}, model ${model.id} has 0 to ${last}`);
}

const frameOf = ({ rows, columns, quality, channels }: Chunk) => ({ rows, columns, quality, channels });

function symbolStream(chunk: Chunk, location: string): Uint8Array {
  const stream = findSection(chunk, SECTION.symbols);
  if (stream === undefined) throw new CorruptDataError(location, "it holds no symbols");
  return stream;
}

const isToken = ({ kind }: { readonly kind: number }): boolean =>
  kind >= SECTION.token0 && kind < SECTION.token0 + TOKENS;

function tokenStreams(chunk: Chunk, tokens: number | undefined, location: string): readonly Uint8Array[] {
  const stored = chunk.sections.filter(isToken);
  if (stored.some(({ kind }, i) => kind !== SECTION.token0 + i))
    throw new CorruptDataError(location, "its tokens are not complete and in order");
  return stored.slice(0, tokens ?? stored.length).map(({ bytes }) => bytes);
}

async function readReferences(chunk: Chunk, input: ContextChunkInput): Promise<readonly ReferenceChunk[]> {
  const indices = findSection(chunk, SECTION.references) ?? new Uint8Array();
  if (indices.length > 2)
    throw new CorruptDataError(input.place.name, `it leans on ${indices.length} dates, two at most are allowed`);
  return Promise.all(
    [...indices].map(async (index) => {
      const decoded = await input.reference(index);
      const { latents } = decoded;
      if (latents.channels > 0 && latents.quality !== chunk.quality) {
        throw new CorruptDataError(
          input.place.name,
          `it leans on a chunk of quality ${latents.quality}, its own is ${chunk.quality}`,
        );
      }
      if (latents.channels > input.model.channels) {
        throw new CorruptDataError(
          input.place.name,
          `it leans on a chunk of ${latents.channels} channels, model ${input.model.id} has ${input.model.channels}`,
        );
      }
      return { latents, clear: clearShares({ ...input.place, valid: decoded.valid, classes: decoded.classes }) };
    }),
  );
}

/** Symbols as stored; with a forecast behind them, in symbols that are no integers. */
function joined({ symbols, forecast }: ContextSymbols, { rows, columns }: Chunk): DecodedChunk["latents"]["symbols"] {
  if (forecast === undefined) return shareSymbols(symbols);
  const start = forecast.from * rows * columns;
  const out = new Float32Array(new SharedArrayBuffer(4 * (start + forecast.eighths.length)));
  out.set(symbols);
  for (let i = 0; i < forecast.eighths.length; i++) out[start + i] = (forecast.eighths[i] ?? 0) / 8;
  return out;
}
