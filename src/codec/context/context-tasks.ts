import type { LatentChunk } from "../../core/latents.js";
import type { SessionOptions } from "../../model/session.js";
import type { ChunkShape, ElicStreams } from "../official/elic.js";
import type { ContextSymbols } from "./context-coder.js";

/** A context model as threads need it: paths, and its file on shared memory. */
export interface LoadedContext {
  /** The sha256 of its file and of both networks, joined: names the coder that a thread keeps. */
  readonly id: string;
  readonly file: Uint8Array;
  readonly summary: string;
  readonly context: string;
}

/** A converted TEC-ELIC as threads need it. */
export interface LoadedOfficial {
  /** sha256 of model.json. */
  readonly id: string;
  readonly folder: string;
}

/** A chunk of an earlier date with the clear share of each of its latents. */
export interface ReferenceChunk {
  readonly latents: LatentChunk;
  readonly clear: Uint8Array;
}

/** What is known of a chunk before its symbols. */
export interface ChunkFrame {
  readonly rows: number;
  readonly columns: number;
  readonly quality: number;
  /** Channels stored. */
  readonly channels: number;
  readonly clear: Uint8Array;
  /** Nearest first; two at most. */
  readonly references: readonly ReferenceChunk[];
}

export interface StoredStreams {
  readonly frame: ChunkFrame;
  readonly streams: readonly Uint8Array[];
  /** XXH32 of all symbols; undefined where only some tokens are read. */
  readonly checksum: number | undefined;
  /** For messages. */
  readonly location: string;
  /** The engine that wrote the streams, for messages. */
  readonly writtenBy: string;
}

/** Chunks of one shape and step. */
export interface ContextDecodeTask {
  readonly kind: "decode";
  readonly model: LoadedContext;
  readonly tokens: boolean;
  readonly chunks: readonly StoredStreams[];
}

export interface ContextEncodeTask {
  readonly kind: "encode";
  readonly model: LoadedContext;
  readonly tokens: boolean;
  readonly frame: ChunkFrame;
  /** [channels][positions]. */
  readonly symbols: Int16Array;
  readonly sets: Uint8Array;
}

/** A chunk of a converted TEC-ELIC. */
export interface OfficialDecodeTask {
  readonly kind: "decode-official";
  readonly model: LoadedOfficial;
  readonly chunk: ElicStreams;
  readonly shape: ChunkShape;
  readonly checksum: number;
  readonly location: string;
  readonly writtenBy: string;
}

export interface OfficialEncodeTask {
  readonly kind: "encode-official";
  readonly model: LoadedOfficial;
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

export type ContextTask = ContextDecodeTask | ContextEncodeTask | OfficialDecodeTask | OfficialEncodeTask;
export type ContextResult =
  | { readonly kind: "decoded-official"; readonly latents: Float32Array }
  | { readonly kind: "encoded-official"; readonly chunk: OfficialChunk }
  | { readonly kind: "decoded"; readonly chunks: readonly ContextSymbols[] }
  | { readonly kind: "encoded"; readonly streams: readonly Uint8Array[] };

export type ContextThreadData = SessionOptions;
