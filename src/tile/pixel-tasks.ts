import type { WarpGrid } from "../geo/warp-grid.js";
import type { RenderSpec } from "../render/render-spec.js";
import type { EncodedImage } from "../render/encode-image.js";
import type { ChunkPlace, DecodedChunk } from "./decode-chunk.js";
import type { LoadedModel } from "../codec/loaded-model.js";

/** Entropy-decode one stored chunk. */
export interface DecodeTask {
  readonly kind: "decode";
  readonly bytes: Uint8Array;
  readonly place: ChunkPlace;
  readonly model: Pick<LoadedModel, "sha256" | "tables" | "block">;
}

/** Which pixels of a level's window are valid: masks of the chunks it lies in. */
export interface MaskPieces {
  /** First chunk's first pixel in the level. */
  readonly x: number;
  readonly y: number;
  readonly chunkColumns: number;
  /** Row-major. */
  readonly chunks: readonly {
    readonly valid: DecodedChunk["valid"];
    readonly width: number;
    readonly height: number;
  }[];
}

/** Draw one date's decoded window onto a tile, and render the tile where it is full or the last date came. */
export interface ComposeTask {
  readonly kind: "compose";
  /** Digital numbers [bands][height][width] of the window. */
  readonly pixels: Float32Array;
  readonly window: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly masks: MaskPieces;
  readonly grid: WarpGrid;
  readonly factor: number;
  readonly spec: RenderSpec;
  readonly canvas: CanvasMemory;
  /** Render whatever is filled. */
  readonly last: boolean;
}

/** A tile in the making, on shared memory: samples [bands][height][size], one `filled` byte a pixel. */
export interface CanvasMemory {
  readonly size: number;
  readonly height: number;
  readonly bands: readonly string[];
  readonly samples: Float32Array;
  readonly filled: Uint8Array;
}

export interface RenderTask {
  readonly kind: "render";
  readonly spec: RenderSpec;
  readonly canvas: CanvasMemory;
}

export type PixelTask = DecodeTask | ComposeTask | RenderTask;

export type PixelResult =
  | { readonly kind: "decoded"; readonly chunk: DecodedChunk }
  | { readonly kind: "composed"; readonly filled: number; readonly image: EncodedImage | undefined };
