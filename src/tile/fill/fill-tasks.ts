import type { PixelWindow } from "../../core/raster.js";
import type { Light } from "../inpaint/light.js";
import type { InpaintMethod } from "../mosaic/mosaic-spec.js";
import type { CanvasMemory, DatedCanvas } from "../pixel-tasks.js";
import type { FilledChunk } from "./filled-chunk.js";

/** Find the light that turns a reference into the base; all at the coarsest level of the base's grid. */
export interface LightTask {
  readonly kind: "light";
  readonly base: CanvasMemory;
  readonly reference: DatedCanvas;
  readonly anchors: readonly DatedCanvas[];
  /** Pixels of the full resolution in one of the canvases'. */
  readonly factor: number;
}

/** A reference on the window's grid, and what turns it into the base's light. */
export interface LitReference extends DatedCanvas {
  readonly light: Light | undefined;
  /** YYYY-MM-DD. */
  readonly day: string;
}

/** A forecast of the base on the window's grid. */
export interface ForecastCanvas {
  readonly canvas: CanvasMemory;
  /** Expected error of each pixel, digital numbers. */
  readonly deviations: Float32Array;
}

/** Fill the holes of a chunk from other dates. */
export interface FillTask {
  readonly kind: "fill";
  readonly method: Exclude<InpaintMethod, "none">;
  /** The base: 0 in `filled` where nothing was seen. */
  readonly canvas: CanvasMemory;
  /** Where the canvas lies, pixels of the level, and pixels of the full resolution in one of them. */
  readonly place: { readonly x: number; readonly y: number; readonly factor: number };
  /** The chunk's pixels, of the level. */
  readonly chunk: PixelWindow;
  readonly references: readonly LitReference[];
  readonly forecast: ForecastCanvas | undefined;
  /** The base at the coarsest level of its grid, filled: for what no date shows. Undefined: that stays open. */
  readonly coarse: CoarsePicture | undefined;
}

/** Samples [bands][height][width], without holes. */
export interface CoarsePicture {
  readonly width: number;
  readonly height: number;
  readonly samples: Float32Array;
  readonly factor: number;
}

/** Fill a whole coarse canvas: from references of the same size, or from its own surroundings alone. Answers undefined where nothing is known. */
export interface CoarseTask {
  readonly kind: "coarse";
  readonly canvas: CanvasMemory;
  readonly references: readonly LitReference[];
  readonly factor: number;
}

export type FillResult =
  | { readonly kind: "lit"; readonly light: Light | undefined }
  | {
      readonly kind: "filled";
      readonly chunk: FilledChunk;
      /** Pixels of the chunk that stayed open because no date shows them. */
      readonly left: number;
    }
  | { readonly kind: "coarse"; readonly picture: CoarsePicture | undefined };
