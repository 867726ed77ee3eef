import { hex } from "../codec/checksum.js";
import { clearShares } from "../codec/context/clear-shares.js";
import { positionSteps } from "../codec/lapped/cloud-steps.js";
import type { ReferenceChunk } from "../codec/lapped/lapped-coder.js";
import type { ModelDecoder } from "../codec/open-coder.js";
import { findSection, findTokens, SECTION, type Chunk } from "../container/chunk.js";
import type { ChunkMasks } from "../container/chunk-masks.js";
import { CODECS } from "../core/codecs.js";
import { CorruptDataError } from "../core/errors.js";

/** What a chunk is decoded with beside its bytes. */
export interface DecodeUse {
  readonly decoder: ModelDecoder;
  /** The same chunk of the dates that it leans on. */
  readonly references: readonly ReferenceChunk[];
  /** Tokens wanted of one that has them; undefined: all. */
  readonly tokens: number | undefined;
}

/**
 * A parsed chunk's symbols, checked; runs in browsers too.
 *
 * @throws CorruptDataError naming `location`; UnsupportedError for an entropy model that its model lacks.
 */
export function decodeSymbols(
  chunk: Chunk,
  masks: ChunkMasks,
  { decoder, references, tokens }: DecodeUse,
  location: string,
): ReturnType<ModelDecoder["decode"]> {
  const { codec, width, height } = chunk;
  const pixels = { width, height, ...masks };
  const stored = findTokens(chunk, location);
  const decoded = decoder.decode(
    codec,
    {
      symbols: findSection(chunk, SECTION.symbols),
      setMap: findSection(chunk, SECTION.sets),
      axes: findSection(chunk, SECTION.axes),
      tokens: stored.slice(0, tokens),
    },
    { ...chunk, clear: codec === "fp" ? NO_SHARES : clearShares(pixels), references },
    (cloudMult) => positionSteps(pixels, cloudMult),
    location,
  );
  const { checksum } = decoded;
  if (checksum !== undefined) {
    if (checksum !== chunk.checksum)
      throw new CorruptDataError(
        location,
        `its latents or head are damaged: checksum ${hex(checksum)}, ${hex(chunk.checksum)} expected`,
      );
  } else if (stored.length < (tokens ?? CODECS[codec].tokens)) {
    throw new CorruptDataError(location, `it holds ${stored.length} of its tokens`);
  }
  return decoded;
}

/** TEC-FP looks at no shares. */
const NO_SHARES = new Uint8Array();
