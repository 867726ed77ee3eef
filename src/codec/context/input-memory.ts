import type { KnownChunk } from "./features.js";

/** What the networks' inputs are written to, again and again: garbage of some 100 MB a chunk otherwise. */
export interface InputMemory {
  /** Zeros; valid until the next call. */
  own(length: number): Float32Array;
  candidates(length: number): Int32Array;
  /** Contents undefined; valid until the next call. */
  planes(length: number): Float32Array;
  /** Table sets of each chunk. */
  readonly sets: readonly BigInt64Array[];
}

export function createInputMemory(chunks: readonly Pick<KnownChunk, "sets">[]): InputMemory {
  let own = new Float32Array();
  let candidates = new Int32Array();
  let planes = new Float32Array();
  return {
    own(length) {
      if (own.length < length) own = new Float32Array(length);
      return own.subarray(0, length).fill(0);
    },
    candidates(length) {
      if (candidates.length < length) candidates = new Int32Array(length);
      return candidates.subarray(0, length).fill(0);
    },
    planes(length) {
      if (planes.length < length) planes = new Float32Array(length);
      return planes.subarray(0, length);
    },
    sets: chunks.map(({ sets }) => BigInt64Array.from(sets, BigInt)),
  };
}
