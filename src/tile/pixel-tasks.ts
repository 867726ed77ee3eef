import type { BandName } from "../core/bands.js";
import type { PixelWindow } from "../core/raster.js";
import type { WarpGrid } from "../geo/warp-grid.js";
import type { RenderSource, RenderSpec, Resampling } from "../render/render-spec.js";
import type { EncodedImage } from "../render/encode-image.js";
import type { ChunkPlace, DecodedChunk } from "./decode-chunk.js";
import type { ReferenceChunk } from "../codec/lapped/lapped-coder.js";
import type { DecodableModel } from "../codec/open-coder.js";
import type { InpaintMethod, ObservationRule, StackSelection } from "./mosaic/mosaic-spec.js";
import type { ForecastChunk } from "./inpaint/forecasts.js";
import type { MergedWindow, MergeWindowTask } from "./mosaic/merge-window.js";
import type { Probe } from "./draw/probe-window.js";
import type { ObservationPieces } from "./window-observations.js";

/** Entropy-decode one stored chunk. */
export interface DecodeTask {
  readonly kind: "decode";
  readonly bytes: Uint8Array;
  readonly place: ChunkPlace;
  readonly model: DecodableModel;
  /** The same chunk of the dates that it leans on. */
  readonly references: readonly ReferenceChunk[];
  /** Tokens wanted of one that has them; undefined: all. */
  readonly tokens: number | undefined;
}

/** Expect a chunk from other dates. */
export interface ForecastTask {
  readonly kind: "forecast";
  readonly model: DecodableModel;
  readonly references: readonly ReferenceChunk[];
  readonly location: string;
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

/** Tell what a date would add to a tile from its masks alone. */
export interface ProbeTask extends Placing {
  readonly kind: "probe";
  /** Undefined: as if all of the window were observations, which needs nothing of the date. */
  readonly pieces: ObservationPieces | undefined;
  /** All of the date's pixels that the tile may need. */
  readonly window: PixelWindow;
  readonly rule: ObservationRule;
  readonly canvas: Pick<CanvasMemory, "size" | "height" | "filled">;
}

/** Draw one date's decoded window onto a tile, and render the tile as `finish` says. */
export interface ComposeTask extends ObservationPieces, Placing {
  readonly kind: "compose";
  /** Digital numbers [bands][height][width] of the window. */
  readonly pixels: Float32Array;
  /** The canvas's, then those that only the cloud detector reads. */
  readonly bands: readonly BandName[];
  readonly window: PixelWindow;
  readonly rule: ObservationRule;
  readonly resampling: Resampling;
  readonly canvas: CanvasMemory;
  /** What `filled` becomes where this date is drawn, FIRST_MARK..255. */
  readonly mark: number;
  /** Render never, when every pixel is filled, or whatever is filled. */
  readonly finish: { readonly when: "never" } | { readonly when: "full" | "now"; readonly spec: RenderSpec };
}

/** Where a level's pixels lie on the tile. */
export interface Placing {
  readonly grid: WarpGrid;
  readonly factor: number;
}

/** A tile in the making, on shared memory: samples [bands][height][size], one `filled` byte a pixel: 0, or the mark of its date. */
export interface CanvasMemory {
  readonly size: number;
  readonly height: number;
  readonly bands: readonly BandName[];
  readonly samples: Float32Array;
  readonly filled: Uint8Array;
}

/** Marks of dates begin here; below, a pixel is empty (0) or being drawn (1). */
export const FIRST_MARK = 2;

export interface RenderTask {
  readonly kind: "render";
  readonly spec: RenderSpec;
  readonly canvas: CanvasMemory;
}

/** One date alone on a tile. */
export interface DatedCanvas {
  readonly canvas: CanvasMemory;
  /** Signed, from the asked instant. */
  readonly days: number;
}

/** Make one picture of many dates and render it. */
export interface MergeTask {
  readonly kind: "merge";
  readonly selection: StackSelection;
  readonly decider: RenderSource | undefined;
  readonly spec: RenderSpec;
  /** One at least; all of one size and with the same bands. */
  readonly layers: readonly DatedCanvas[];
}

/** Fill the holes of a tile from other dates, crop its margin and render it. */
export interface InpaintTask {
  readonly kind: "inpaint";
  readonly method: Exclude<InpaintMethod, "none">;
  readonly spec: RenderSpec;
  readonly canvas: CanvasMemory;
  /** 0 where no date reaches: such pixels stay empty. */
  readonly reach: Uint8Array;
  /** How many dates the canvas was drawn from. */
  readonly seenLayers: number;
  /** Clear observations of other dates on the same grid, days from the canvas's date. */
  readonly layers: readonly DatedCanvas[];
  /** What a model forecasts of the canvas's date, on the same grid. */
  readonly forecast: ForecastCanvas | undefined;
  readonly margin: number;
  readonly hatch: boolean;
  readonly inferredPlane: boolean;
  readonly uncertaintyPlane: boolean;
}

/** A forecast drawn like a date. */
export interface ForecastCanvas {
  readonly canvas: CanvasMemory;
  /** Of which of the task's layers it is made. */
  readonly layers: readonly number[];
  /** Expected error of each pixel, digital numbers; empty where none is asked for. */
  readonly deviations: Float32Array;
}

export type PixelTask =
  | DecodeTask
  | ForecastTask
  | ProbeTask
  | ComposeTask
  | RenderTask
  | MergeTask
  | MergeWindowTask
  | InpaintTask;

export type PixelResult =
  | { readonly kind: "decoded"; readonly chunk: DecodedChunk }
  | { readonly kind: "forecast"; readonly chunk: ForecastChunk }
  | { readonly kind: "probed"; readonly probe: Probe }
  | { readonly kind: "merged-window"; readonly merged: MergedWindow }
  | {
      readonly kind: "drawn";
      /** How many pixels the task filled. */
      readonly filled: number;
      readonly picture: DrawnPicture | undefined;
    };

/** An encoded picture and how many of its pixels come from where. */
export interface DrawnPicture {
  readonly image: EncodedImage;
  readonly pixels: number;
  /** Pixels of each layer, in order; of a merge, those that it was looked at for. */
  readonly perLayer: readonly number[];
  readonly observed: number;
  readonly inferred: number;
  /** Methods that filled something, in order of pixels filled. */
  readonly inferredBy: readonly string[];
}
