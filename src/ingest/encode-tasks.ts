import type { ReferenceChunk } from "../codec/lapped/lapped-coder.js";
import type { DecodableModel } from "../codec/open-coder.js";
import type { BandName, NativeFactors } from "../core/bands.js";
import type { CodecName } from "../core/codecs.js";
import type { LatentChunk } from "../core/latents.js";
import type { ChunkMask } from "./masks.js";

/** What a chunk is to reach: the model's step of a quality, or an error, whatever step that takes. */
export type Goal =
  | { readonly kind: "step"; readonly step: number }
  /** Over the pixels that are valid and not kept coarser for cloud, mean of all bands: root mean square error, digital numbers. */
  | { readonly kind: "rmse"; readonly rmse: number };

/** How chunks of an image are coded, whatever they show. */
export interface ChunkRules {
  readonly codec: CodecName;
  readonly goal: Goal;
  /** Bands whose error doesn't count towards the goal. */
  readonly absent: readonly BandName[];
  /** Sixteenths of the step by which cloud is kept coarser; 16: not at all. */
  readonly cloudMult: number;
}

/** One chunk of a block. */
export interface ChunkJob {
  /** For messages. */
  readonly name: string;
  /** Its first position in the level. */
  readonly row: number;
  readonly column: number;
  readonly mask: ChunkMask;
  /** Indices of the references in the file's list, and the same chunk of each. */
  readonly references: readonly { readonly index: number; readonly chunk: ReferenceChunk }[];
}

/** Analyse a part of a level and code its chunks. */
export interface EncodeTask {
  readonly model: DecodableModel;
  /** Digital numbers, [bands][height][width], holes filled, sides multiples of 16; on shared memory. */
  readonly pixels: Float32Array;
  readonly width: number;
  readonly height: number;
  /** Of the pixels, in the level. */
  readonly firstRow: number;
  readonly firstColumn: number;
  /** At the full resolution, the source's bands that repeat the pixels of a coarser grid. */
  readonly native: NativeFactors | undefined;
  readonly rules: ChunkRules;
  readonly chunks: readonly ChunkJob[];
}

/** A chunk as it is stored, and as a reader will see it. */
export interface EncodedChunk {
  readonly bytes: Uint8Array;
  readonly latents: LatentChunk;
}

export interface EncodeResult {
  /** In the order of the jobs. */
  readonly chunks: readonly EncodedChunk[];
}
