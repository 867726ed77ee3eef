import type { NativeFactors } from "../core/bands.js";
import type { LatentWindow } from "../core/latents.js";
import type { StoredArray, WantedNumbers } from "../core/stored-numbers.js";
import type { SessionOptions } from "./session.js";
import type { Transform } from "./transform.js";

export type NetworkThreadData = SessionOptions;

/** Windows of latents -> pixels. */
export interface SynthesisTask {
  readonly kind: "synthesise";
  readonly transform: Transform;
  /** All of one shape, halo included. */
  readonly windows: readonly LatentWindow[];
  /** Indices of the bands wanted. */
  readonly bands: readonly number[];
  /** At the full resolution, the image's bands that repeat the pixels of a coarser grid. */
  readonly native: NativeFactors | undefined;
  /** Whether the decoder's learned branch is wanted, of a lapped model on the CPU. */
  readonly refine: boolean;
  /** Digital numbers below it are raised to it: reflectance is never negative, but what a transform gives back may be. Undefined: as decoded. */
  readonly lowest?: number | undefined;
  /** Where the branch's answer for this one window is kept between tasks that want other bands of it; lapped models on the CPU. */
  readonly kept?: KeptBranch | undefined;
  /** Numbers are wanted as they are stored so, as decoded otherwise. */
  readonly stored?: WantedNumbers | undefined;
}

/** The branch's answer for a window, which is the same whatever bands are wanted; on shared memory. */
export interface KeptBranch {
  /** 1 where `values` holds the answer. */
  readonly made: Int32Array;
  /** [canonical][rows - 2][columns - 2], weighted digital numbers. */
  readonly values: Float32Array;
}

/** Pixels -> latents of a converted model. */
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
  /** Float32Array unless they are wanted as stored. */
  readonly data: StoredArray;
}
