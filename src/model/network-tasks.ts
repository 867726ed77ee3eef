import type { DenseLatents, LatentWindow } from "../core/latents.js";
import type { SessionOptions } from "./session.js";

export type NetworkThreadData = SessionOptions;

export interface SynthesisTask {
  readonly kind: "synthesise";
  /** The ONNX file. */
  readonly path: string;
  readonly channels: number;
  /** For each quality step one factor a channel; on shared memory. */
  readonly degains: readonly Float32Array[];
  /** All of one shape, halo included. */
  readonly windows: readonly StyledWindow[];
  /** Indices of the bands wanted. */
  readonly bands: readonly number[];
}

/** A window and the linear style of its output, one factor a band: out = digital number x scale + offset. One batch may mix styles. */
export interface StyledWindow {
  readonly window: LatentWindow | DenseLatents;
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

/** A window whose output is digital numbers as they are, in `bands` bands. */
export function unstyled(window: StyledWindow["window"], bands: number): StyledWindow {
  return { window, scale: new Array<number>(bands).fill(1), offset: new Array<number>(bands).fill(0) };
}

export interface AnalysisTask {
  readonly kind: "analyse";
  readonly path: string;
  readonly bands: number;
  readonly width: number;
  readonly height: number;
  /** Digital numbers, [bands][height][width], already extended by the analysis halo. */
  readonly pixels: Float32Array;
}

export type NetworkTask = SynthesisTask | AnalysisTask;

export interface NetworkResult {
  readonly data: Float32Array;
}
