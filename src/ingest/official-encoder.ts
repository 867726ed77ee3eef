import type { ContextCoders } from "../codec/context/context-pool.js";
import type { LoadedOfficial } from "../codec/context/context-tasks.js";
import { packChunk, SECTION } from "../container/chunk.js";
import type { LatentChunk } from "../core/latents.js";
import { cutLatents, maskSections, type BlockLatents, type ChunkPlace } from "./chunk-encoder.js";

/** What codes the chunks of a converted TEC-ELIC. */
export interface OfficialCoding {
  readonly model: LoadedOfficial;
  readonly coders: ContextCoders;
  readonly quality: number;
}

/** Codes and packs one chunk cut out of a block, and gives its latents as every reader will see them. */
export async function encodeOfficialChunk(
  block: BlockLatents,
  { row, column, mask }: ChunkPlace,
  { model, coders, quality }: OfficialCoding,
): Promise<{ readonly bytes: Uint8Array; readonly decoded: LatentChunk }> {
  const { width, height } = mask;
  const shape = { rows: Math.ceil(height / 16), columns: Math.ceil(width / 16) };
  const latents = cutLatents(block, { row: row * 16, column: column * 16, ...shape });
  const { streams, boundaries, checksum, latents: symbols } = await coders.encodeOfficial({ model, latents, shape });
  const { channels } = block;
  const bytes = packChunk({
    entropy: "elic",
    quality,
    width,
    height,
    channels,
    checksum,
    sections: [
      ...streams.map((stream, i) => ({ kind: SECTION.stream0 + i, bytes: stream })),
      ...(boundaries.length === 0 ? [] : [{ kind: SECTION.boundaries, bytes: boundaries }]),
      ...maskSections(mask),
    ],
  });
  return { bytes, decoded: { symbols, channels, quality, ...shape } };
}
