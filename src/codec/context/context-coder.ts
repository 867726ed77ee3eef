import type { SpectralScale } from "../../core/latents.js";
import type { LappedFrame } from "../lapped/lapped-coder.js";

export type ContextChunk = LappedFrame & SpectralScale;

export interface ContextCoder {
  encode(symbols: Int16Array, chunk: ContextChunk, tokens: boolean): readonly Uint8Array[];
  decode(
    streams: readonly Uint8Array[],
    chunk: ContextChunk,
    tokens: boolean,
    location: string,
  ): { readonly symbols: Int16Array; readonly forecast: Int32Array | undefined };
}
