import type { SessionOptions } from "../../model/session.js";
import type { OfficialElic } from "../loaded-model.js";
import type { ChunkShape, ElicStreams } from "./elic.js";

/** A chunk of a converted TEC-ELIC to decode. */
export interface OfficialDecodeTask {
  readonly kind: "decode";
  readonly model: OfficialElic;
  readonly chunk: ElicStreams;
  readonly shape: ChunkShape;
  readonly checksum: number;
  readonly location: string;
  readonly writtenBy: string;
}

export interface OfficialEncodeTask {
  readonly kind: "encode";
  readonly model: OfficialElic;
  /** [channels][rows][columns], as the analysis gives them. */
  readonly latents: Float32Array;
  readonly shape: ChunkShape;
}

/** A chunk of a converted TEC-ELIC as it is stored, and as every decoder sees it. */
export interface OfficialChunk extends ElicStreams {
  /** XXH32 of the symbols. */
  readonly checksum: number;
  /** Symbol + mean, [channels][rows][columns]; on shared memory. */
  readonly latents: Float32Array;
}

export type OfficialTask = OfficialDecodeTask | OfficialEncodeTask;
export type OfficialResult =
  | { readonly kind: "decoded"; readonly latents: Float32Array }
  | { readonly kind: "encoded"; readonly chunk: OfficialChunk };

export type OfficialThreadData = SessionOptions;
