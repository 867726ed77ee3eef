import type { FactorizedCoder } from "../codec/factorized.js";
import { xxhash32 } from "../codec/xxhash32.js";
import { findSection, parseChunk, SECTION, type Chunk } from "../container/chunk.js";
import { CorruptDataError, UnsupportedError } from "../core/errors.js";

/**
 * Parses a chunk of TEC-FP and entropy-decodes its latents, [channels][rows][columns]; runs in browsers too.
 *
 * @throws CorruptDataError naming `location` when a length or the checksum is wrong; UnsupportedError for a context model's chunk.
 */
export function decodeSymbols(
  bytes: Uint8Array,
  location: string,
  coder: FactorizedCoder,
): { readonly chunk: Chunk; readonly symbols: Int16Array } {
  const chunk = parseChunk(bytes, location);
  if (chunk.entropy !== "fp")
    throw new UnsupportedError(`${location} is stored with entropy model "${chunk.entropy}"; "fp" is expected here`);
  const stream = findSection(chunk, SECTION.symbols);
  if (stream === undefined) throw new CorruptDataError(location, "it holds no symbols");
  const setMap = findSection(chunk, SECTION.sets) ?? new Uint8Array();
  const symbols = coder.decode({ stream, setMap }, chunk, location);
  const checksum = xxhash32(new Uint8Array(symbols.buffer, symbols.byteOffset, symbols.byteLength));
  if (checksum !== chunk.checksum)
    throw new CorruptDataError(location, `its latents have checksum ${hex(checksum)}, ${hex(chunk.checksum)} expected`);
  return { chunk, symbols };
}

const hex = (value: number): string => value.toString(16).padStart(8, "0");
