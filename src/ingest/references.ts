import { clearShares } from "../codec/context/clear-shares.js";
import type { ReferenceChunk } from "../codec/lapped/lapped-coder.js";
import { referenceFault, type LeaningImage } from "../container/reference-fault.js";
import type { TecCog } from "../container/tec-cog.js";
import { CODECS, type CodecName } from "../core/codecs.js";
import { InvalidRequestError } from "../core/errors.js";
import type { ChunkJob } from "./encode-tasks.js";
import type { ChunkMask } from "./masks.js";

/** An encoded image of an earlier date that chunks may lean on. */
export interface ReferenceImage {
  /** As the new file names it: relative to the new file's folder, or a URL. */
  readonly href: string;
  readonly cog: TecCog;
  /** One of its chunks, by level and index. */
  chunk(level: number, index: number): Promise<ReferenceChunk>;
}

/** A reference that shares less than this of its clear positions with the chunk teaches nothing. */
const LEAST_SHARE = 0.1;

/** The references that show most of what a chunk shows, the nearest first among equals; as many as its entropy model leans on. */
export async function chooseReferences(
  codec: CodecName,
  mask: ChunkMask,
  at: { readonly level: number; readonly index: number },
  references: readonly ReferenceImage[],
): Promise<ChunkJob["references"]> {
  const most = CODECS[codec].references;
  if (most === 0) return [];
  const clear = clearShares(mask);
  const all = await Promise.all(
    references.map(async (image, index) => {
      const chunk = await image.chunk(at.level, at.index);
      const both = clear.reduce((sum, share, i) => sum + Math.min(share, chunk.clear[i] ?? 0), 0);
      return { index, chunk, share: both / (127 * clear.length) };
    }),
  );
  const tenths = (share: number): number => Math.round(10 * share);
  return all
    .filter(({ chunk, share }) => share > LEAST_SHARE && chunk.latents.channels > 0)
    .toSorted((a, b) => tenths(b.share) - tenths(a.share) || a.index - b.index)
    .slice(0, most)
    .map(({ index, chunk }) => ({ index, chunk }));
}

/**
 * Checks that an image may lean on others.
 *
 * @throws InvalidRequestError in one sentence: another grid or model, a newer date, or a reference that is no keyframe.
 */
export function checkReferences(image: LeaningImage, references: readonly Pick<ReferenceImage, "cog">[]): void {
  for (const { cog } of references) {
    const fault = referenceFault(image, cog);
    if (fault !== undefined) throw new InvalidRequestError(`Reference ${cog.location} ${fault}`);
  }
}
