import type { BandName } from "../core/bands.js";
import type { PixelWindow } from "../core/raster.js";
import type { WarpGrid } from "../geo/warp-grid.js";
import type { RenderSource, RenderSpec, Resampling } from "../render/render-spec.js";
import type { EncodedImage } from "../render/encode-image.js";
import type { ChunkPlace, DecodedChunk } from "./decode-chunk.js";
import type { ReferenceChunk } from "../codec/lapped/lapped-coder.js";
import type { DecodableModel } from "../codec/open-coder.js";
import type { CoarseTask, FillResult, FillTask, LightTask } from "./fill/fill-tasks.js";
import type { FilledChunk } from "./fill/filled-chunk.js";
import type { ObservationRule, StackSelection } from "./mosaic/mosaic-spec.js";
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
  /** Pixels around the picture on the canvases. */
  readonly margin: number;
}

/** Tell whether further dates can change the best of those drawn. */
export interface SettledTask extends Pick<MergeTask, "spec" | "layers" | "margin"> {
  readonly kind: "settled";
  /** How far off the next date is; those after it are no nearer. */
  readonly days: number;
}

/** Draw one date and what was inferred of it onto a tile. */
export interface ComposeFilledTask extends Omit<ComposeTask, "kind" | "rule" | "finish"> {
  readonly kind: "compose-filled";
  /** The chunks filled, by their first pixel in the level. */
  readonly chunks: readonly { readonly x: number; readonly y: number; readonly filled: FilledChunk }[];
  /** Which of its pixels are drawn now: "beyond" are those of another date as they are, which count as inferred. */
  readonly draw: "all" | "seen" | "inferred" | "beyond";
  /** The window's clear pixels, where they were told before; 1 = clear. */
  readonly looks?: Uint8Array | "all" | undefined;
  readonly inferred: InferredMemory;
}

/** Of a canvas's pixels, what is told of those that were inferred; on shared memory. */
export interface InferredMemory {
  /** 1 + index into FILL_METHODS; 0 = not inferred. */
  readonly by: Uint8Array;
  /** Expected error, digital numbers; NaN where unknown. */
  readonly errors: Float32Array;
}

/** Render a canvas of which some pixels were inferred. */
export interface RenderFilledTask {
  readonly kind: "render-filled";
  readonly spec: RenderSpec;
  readonly canvas: CanvasMemory;
  readonly inferred: InferredMemory;
  readonly hatch: boolean;
  readonly inferredPlane: boolean;
  readonly uncertaintyPlane: boolean;
}

export type PixelTask =
  | DecodeTask
  | ForecastTask
  | ProbeTask
  | ComposeTask
  | ComposeFilledTask
  | RenderTask
  | RenderFilledTask
  | MergeTask
  | SettledTask
  | MergeWindowTask
  | LightTask
  | CoarseTask
  | FillTask;

export type PixelResult =
  | FillResult
  | { readonly kind: "decoded"; readonly chunk: DecodedChunk }
  | { readonly kind: "forecast"; readonly chunk: ForecastChunk }
  | { readonly kind: "probed"; readonly probe: Probe }
  | { readonly kind: "settled"; readonly isSettled: boolean }
  | { readonly kind: "merged-window"; readonly merged: MergedWindow }
  | {
      readonly kind: "drawn";
      /** How many pixels the task filled. */
      readonly filled: number;
      /** Days of the references that inferred pixels of it are made of, YYYY-MM-DD. */
      readonly days?: readonly string[];
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
