import type { OfficialPool } from "../codec/official/elic-pool.js";
import type { LoadedModel } from "../codec/loaded-model.js";
import { findSection, findStreams, parseChunk, SECTION } from "../container/chunk.js";
import { readCorrection, readMasks } from "../container/chunk-masks.js";
import { CorruptDataError, UnsupportedError } from "../core/errors.js";
import { checkSize, decodedChunk, type ChunkPlace, type DecodedChunk } from "./decode-chunk.js";

/** What decoding a chunk of a converted TEC-ELIC takes. */
export interface OfficialChunkInput {
  readonly bytes: Uint8Array;
  readonly place: ChunkPlace;
  readonly model: LoadedModel;
  readonly writtenBy: string;
}

/**
 * Decodes a chunk of a converted TEC-ELIC: its latents are floats, exact but for the last bits.
 *
 * @throws CorruptDataError naming the chunk; UnsupportedError where it is stored with another entropy model than its model's.
 */
export async function decodeOfficialChunk(
  { bytes, place, model, writtenBy }: OfficialChunkInput,
  coders: OfficialPool,
  signal?: AbortSignal,
): Promise<DecodedChunk> {
  const chunk = parseChunk(bytes, place.name);
  checkSize(chunk, place);
  const { codec, quality, rows, columns, channels, checksum } = chunk;
  if (model.coding.kind !== "official" || codec !== "elic")
    throw new UnsupportedError(`${place.name} is stored with entropy model "${codec}", which model ${model.id} lacks`);
  if (channels !== model.channels || quality >= model.qualities)
    throw new CorruptDataError(
      place.name,
      `${channels} channels of quality ${quality}, ${model.channels} of quality 0 expected`,
    );
  const masks = readMasks(chunk, place);
  const streams = findStreams(chunk, place.name);
  const boundaries = findSection(chunk, SECTION.boundaries) ?? new Uint8Array();
  const latents = await coders.decode(
    {
      model: model.coding,
      chunk: { streams, boundaries },
      shape: { rows, columns },
      checksum,
      location: place.name,
      writtenBy,
    },
    signal,
  );
  return decodedChunk(chunk, latents, { ...masks, corrected: readCorrection(chunk, masks.classes, place) });
}
