import type { LappedBasis } from "./lapped/basis.js";

/** Between pixels and latents: two networks of a converted checkpoint, or the lapped basis with its learned branches. */
export type Transform = NetworkTransform | LappedTransform;

export interface NetworkTransform {
  readonly kind: "network";
  readonly channels: number;
  /** Latents a side that the synthesis consumes. */
  readonly halo: number;
  /** The ONNX file of the synthesis. */
  readonly synthesis: string;
  /** The ONNX file of the analysis, and the latents a side that it consumes. */
  readonly analysis: { readonly path: string; readonly halo: number };
  /** For each quality step one dequantisation factor a channel; on shared memory. */
  readonly degains: readonly Float32Array[];
}

export interface LappedTransform {
  readonly kind: "lapped";
  readonly channels: number;
  /** Positions a side that the synthesis needs: one for the lapping, one more for the branch. */
  readonly halo: number;
  readonly basis: LappedBasis;
  /** For each quality step, what a symbol of each channel stands for in units of the chunk's step; on shared memory. */
  readonly degains: readonly Float32Array[];
  /** ONNX file of the whole synthesis, for GPUs. */
  readonly synthesis: string;
  /** ONNX files of the decoder's and the analysis's learned branches, where the model has them. */
  readonly branch: string | undefined;
  readonly analysis: string | undefined;
}
