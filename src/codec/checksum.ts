import { xxhash32 } from "../core/xxhash32.js";

/** XXH32 (seed 0) of symbols as little-endian int16: what a chunk's head keeps. */
export function checksumOf(symbols: Int16Array): number {
  return xxhash32(new Uint8Array(symbols.buffer, symbols.byteOffset, symbols.byteLength));
}

/** A checksum as messages show it. */
export const hex = (value: number): string => value.toString(16).padStart(8, "0");
