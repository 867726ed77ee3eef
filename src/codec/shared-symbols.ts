import { sharedMemory } from "../core/shared-memory.js";
import { checksumOf } from "./checksum.js";

/** Symbols as caches keep them: on shared memory, int8 where every one fits, with their checksum (over int16). */
export interface SharedSymbols {
  readonly symbols: Int8Array | Int16Array;
  readonly checksum: number;
}

export function shareSymbols(symbols: Int16Array): SharedSymbols {
  // Any bit above the lowest eight of symbol + 128 tells of one outside -128..127; a callback a symbol takes seven times as long.
  let bits = 0;
  for (let i = 0; i < symbols.length; i++) bits |= (symbols[i] ?? 0) + 128;
  const shared =
    (bits & ~255) === 0
      ? new Int8Array(sharedMemory(symbols.length))
      : new Int16Array(sharedMemory(2 * symbols.length));
  shared.set(symbols);
  return { symbols: shared, checksum: checksumOf(symbols) };
}

export function shareFloats(symbols: Float32Array): Float32Array {
  const shared = new Float32Array(sharedMemory(symbols.byteLength));
  shared.set(symbols);
  return shared;
}
