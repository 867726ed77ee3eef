import { clearShares } from "../codec/context/clear-shares.js";
import type { ContextCoders } from "../codec/context/context-pool.js";
import type { ChunkFrame, LoadedContext, ReferenceChunk } from "../codec/context/context-tasks.js";
import type { ChunkSymbols } from "../codec/factorized.js";
import type { LoadedModel } from "../codec/loaded-model.js";
import { SECTION, type EntropyModel, type Section } from "../container/chunk.js";
import { referenceFault, type LeaningImage } from "../container/reference-fault.js";
import type { TecCog } from "../container/tec-cog.js";
import { InvalidRequestError } from "../core/errors.js";

/** An encoded image of an earlier date that chunks may lean on. */
export interface ReferenceImage {
  /** As the new file names it: relative to the new file's folder, or a URL. */
  readonly href: string;
  readonly cog: TecCog;
  /** One of its chunks, by level and index. */
  chunk(level: number, index: number): Promise<ReferenceChunk>;
}

/** How an image's chunks are entropy-coded beyond TEC-FP. */
export interface ContextUse {
  readonly entropy: Exclude<EntropyModel, "fp">;
  readonly coders: ContextCoders;
  readonly model: LoadedModel;
  /** Nearest in time first. */
  readonly references: readonly ReferenceImage[];
}

/** A chunk quantised and entropy-coded, without its masks. */
export interface CodedSymbols {
  readonly entropy: EntropyModel;
  readonly sections: readonly Section[];
}

/** What the chunk to code shows: symbols, TEC-FP's table sets, masks. */
export interface ContextInput {
  readonly chunk: ChunkSymbols;
  readonly sets: Uint8Array;
  readonly mask: {
    readonly width: number;
    readonly height: number;
    readonly valid: Uint8Array;
    readonly classes: Uint8Array | undefined;
  };
  readonly quality: number;
  readonly level: number;
  readonly index: number;
}

/** A reference that shares less than this of its clear latents with the chunk teaches nothing. */
const LEAST_SHARE = 0.1;
/** References that a chunk may lean on. */
const MOST = 2;

/**
 * The chunk by its context model. TEC-TT leans on the two references that show most of what the chunk shows, and where none does, or
 * where it is smaller, is coded as TEC-ELIC; the caller keeps TEC-FP where that is smaller still.
 */
export async function encodeWithContext(input: ContextInput, use: ContextUse): Promise<CodedSymbols> {
  const { entropy } = use;
  const frame = frameOf(input);
  const chosen = entropy === "elic" ? [] : await chooseReferences(input, frame, use.references);
  const leansOnNone = entropy === "tt" && chosen.length === 0 && use.model.contexts.elic !== undefined;
  return encodeAs(leansOnNone ? "elic" : entropy, input, { frame, chosen }, use);
}

/**
 * Checks that an image may lean on others.
 *
 * @throws InvalidRequestError in one sentence: another grid, model or quality, a newer date, or a reference that is no keyframe.
 */
export function checkReferences(image: LeaningImage, references: readonly Pick<ReferenceImage, "cog">[]): void {
  for (const { cog } of references) {
    const fault = referenceFault(image, cog);
    if (fault !== undefined) throw new InvalidRequestError(`Reference ${cog.location} ${fault}`);
  }
}

function frameOf({ chunk, mask, quality }: ContextInput): Omit<ChunkFrame, "references"> {
  const { width, height, valid, classes } = mask;
  const { rows, columns, channels } = chunk;
  return { rows, columns, channels, quality, clear: clearShares({ width, height, valid, classes }) };
}

interface Chosen {
  readonly index: number;
  readonly reference: ReferenceChunk;
  /** Share of the chunk's latents that both show, 0..1. */
  readonly share: number;
}

/** The references that show most of what the chunk shows, nearest first among equals. */
async function chooseReferences(
  { level, index }: ContextInput,
  { clear, quality, channels }: Omit<ChunkFrame, "references">,
  references: readonly ReferenceImage[],
): Promise<readonly Chosen[]> {
  if (channels === 0) return [];
  const all = await Promise.all(
    references.map(async (image, k) => {
      const reference = await image.chunk(level, index);
      const both = clear.reduce((sum, share, i) => sum + Math.min(share, reference.clear[i] ?? 0), 0);
      return { index: k, reference, share: both / (127 * clear.length) };
    }),
  );
  const usable = all.filter(
    ({ reference, share }) =>
      share > LEAST_SHARE && reference.latents.channels > 0 && reference.latents.quality === quality,
  );
  const tenths = (share: number): number => Math.round(10 * share);
  return usable.toSorted((a, b) => tenths(b.share) - tenths(a.share) || a.index - b.index).slice(0, MOST);
}

/** The chunk by one entropy model, leaning on the references chosen. */
async function encodeAs(
  entropy: ContextUse["entropy"],
  { chunk, sets }: ContextInput,
  leaning: { readonly frame: Omit<ChunkFrame, "references">; readonly chosen: readonly Chosen[] },
  { model, coders }: ContextUse,
): Promise<CodedSymbols> {
  const { frame, chosen } = leaning;
  const tokens = entropy === "flextec";
  const streams = await coders.encode({
    model: wanted(model, entropy),
    tokens,
    frame: { ...frame, references: chosen.map(({ reference }) => reference) },
    symbols: chunk.symbols,
    sets,
  });
  const first = tokens ? SECTION.token0 : SECTION.symbols;
  return {
    entropy,
    sections: [...referenceSection(chosen), ...streams.map((bytes, t) => ({ kind: first + t, bytes }))],
  };
}

function referenceSection(chosen: readonly Chosen[]): readonly Section[] {
  if (chosen.length === 0) return [];
  return [{ kind: SECTION.references, bytes: Uint8Array.from(chosen, ({ index }) => index) }];
}

/** Entropy models that a model's images may be stored with, its default first. */
export function entropyModelsOf({
  fp,
  official,
  contexts,
}: Pick<LoadedModel, "fp" | "official" | "contexts">): readonly EntropyModel[] {
  if (fp === undefined) return official === undefined ? [] : ["elic"];
  const temporal: readonly EntropyModel[] = contexts.tt === undefined ? [] : ["tt", "flextec"];
  return ["fp", ...(contexts.elic === undefined ? [] : (["elic"] as const)), ...temporal];
}

/** @throws InvalidRequestError when the model has no such entropy model. */
export function checkEntropy(model: LoadedModel, entropy: EntropyModel): void {
  const has = entropyModelsOf(model);
  if (!has.includes(entropy))
    throw new InvalidRequestError(`Entropy model is "${entropy}"; model ${model.id} has ${has.join(", ")}`);
}

function wanted(model: LoadedModel, entropy: Exclude<EntropyModel, "fp">): LoadedContext {
  const context = entropy === "elic" ? model.contexts.elic : model.contexts.tt;
  if (context === undefined) throw new RangeError(`model ${model.id} has no context model for "${entropy}"`);
  return context;
}
