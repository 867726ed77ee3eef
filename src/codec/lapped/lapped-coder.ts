import { checksumOf } from "../checksum.js";
import { CODECS, type CodecName } from "../../core/codecs.js";
import { CorruptDataError, UnsupportedError } from "../../core/errors.js";
import { allSymbols, listSymbols, type LatentChunk, type SpectralScale, type SymbolList } from "../../core/latents.js";
import type { ContextCoder, ContextReference, ContextShape } from "../context/perceptron-coder.js";
import { angleRows, packModes, splitAngles, statedAxes, unpackModes, type StatedAxes } from "./axes-coding.js";
import { PLAIN_MULT } from "./cloud-steps.js";
import type { LappedTables } from "./entropy-tables.js";
import { createProfiledCoder, type ProfileNames } from "./factorized.js";
import { createIndexedRans } from "../rans-indexed.js";
import { shareFloats } from "../shared-symbols.js";

/** A chunk of an earlier date: its latents, and the clear share of each position's pixels, 0..127. */
export interface ReferenceChunk {
  readonly latents: LatentChunk;
  readonly clear: Uint8Array;
}

/** What is known of a chunk before its streams. */
export interface LappedFrame {
  readonly rows: number;
  readonly columns: number;
  /** Channels stored; those beyond are 0. */
  readonly channels: number;
  readonly quality: number;
  /** Quantisation step, weighted digital numbers, a multiple of 1/8. */
  readonly step: number;
  /** Clear share of each position's pixels, 0..127. */
  readonly clear: Uint8Array;
  /** At most as many as the entropy model leans on. */
  readonly references: readonly ReferenceChunk[];
}

/** The stored parts of a chunk. */
export interface LappedParts {
  /** One stream of everything. */
  readonly symbols?: Uint8Array | undefined;
  /** Of context models: modes, cloudMult and angles; absent where all is as usual. */
  readonly axes?: Uint8Array | undefined;
  /** A stream a token. */
  readonly tokens?: readonly Uint8Array[] | undefined;
}

/** A chunk to be stored. */
export interface LappedContent {
  /** [channels][positions]. */
  readonly symbols: Int16Array;
  readonly axes: StatedAxes;
  readonly names: ProfileNames;
  readonly cloudMult: number;
  readonly mult: Uint8Array;
}

export interface DecodedLapped {
  /** Float, [channels][positions], where tokens that were not read are forecast. */
  readonly symbols: SymbolList | Float32Array;
  /** Of all symbols, where every token was read. */
  readonly checksum: number | undefined;
  readonly spectral: SpectralScale;
}

/** All entropy models of a lapped model, for one thread. */
export interface LappedCoder {
  readonly tables: LappedTables;
  /** @throws UnsupportedError where the model has no such entropy model. */
  encode(codec: CodecName, content: LappedContent, frame: LappedFrame): LappedParts;
  /**
   * @param multOf steps of the positions in sixteenths, given the chunk's cloudMult.
   * @throws CorruptDataError naming `location`, UnsupportedError where the model has no such entropy model.
   */
  decode(
    codec: CodecName,
    parts: LappedParts,
    frame: LappedFrame,
    multOf: (cloudMult: number) => Uint8Array,
    location: string,
  ): DecodedLapped;
  /** The context coder of an entropy model. @throws UnsupportedError where the model has none. */
  context(codec: CodecName, location: string): ContextCoder;
}

/** Bytes of the axes' section before the stream of angles. */
const HEAD = 2;
/** Forecast means are in eighths of a symbol. */
const EIGHTH = 1 / 8;

/**
 * @param common the model's common axes.
 * @param contexts opened when first asked for.
 */
export function createLappedCoder(
  tables: LappedTables,
  common: Float32Array,
  contexts: Readonly<Partial<Record<"elic" | "tt", () => ContextCoder>>>,
): LappedCoder {
  const profiled = createProfiledCoder(tables);
  const angles = createIndexedRans(tables.rows);
  const opened = new Map<string, ContextCoder>();

  function context(codec: CodecName, location: string): ContextCoder {
    const name = codec === "elic" ? "elic" : "tt";
    const open = contexts[name];
    if (open === undefined || codec === "fp")
      throw new UnsupportedError(`${location} is stored with entropy model "${codec}", which its model lacks`);
    const coder = opened.get(name) ?? open();
    opened.set(name, coder);
    return coder;
  }

  function packAxes(axes: StatedAxes, cloudMult: number): Uint8Array | undefined {
    const rows = angleRows(tables, axes.modes);
    const head = Uint8Array.of(packModes(axes), cloudMult);
    if (rows.length === 0) return head[0] === 0 && cloudMult === PLAIN_MULT ? undefined : head;
    const stream = angles.encode(Int16Array.from(axes.angles.flatMap((mine) => [...mine])), rows);
    const out = new Uint8Array(HEAD + stream.length);
    out.set(head);
    out.set(stream, HEAD);
    return out;
  }

  function unpackAxes(
    bytes: Uint8Array = Uint8Array.of(0, PLAIN_MULT),
    location: string,
  ): { readonly axes: StatedAxes; readonly cloudMult: number } {
    const [kinds = 0, cloudMult = 0] = bytes;
    const modes = unpackModes(kinds);
    const rows = angleRows(tables, modes);
    if (cloudMult < PLAIN_MULT || kinds >= 64 || (rows.length === 0 && bytes.length !== HEAD))
      throw new CorruptDataError(location, "its axes are damaged");
    if (rows.length === 0) return { axes: splitAngles(new Int16Array(), modes, location), cloudMult };
    const decoder = angles.decoder(bytes.subarray(HEAD), location);
    const axes = splitAngles(decoder.next(rows), modes, location);
    decoder.finish();
    return { axes, cloudMult };
  }

  const spectralOf = (axes: StatedAxes, frame: LappedFrame, mult: Uint8Array, location: string): SpectralScale => ({
    step: frame.step,
    mult,
    axes: statedAxes(axes, common, frame.references[0]?.latents.spectral?.axes, location),
  });

  return {
    tables,
    context,
    encode(codec, content, frame) {
      const { symbols, axes, names, cloudMult, mult } = content;
      if (codec === "fp") return { symbols: profiled.encode({ symbols, axes, cloudMult, names }, { ...frame, mult }) };
      const spectral = spectralOf(axes, frame, mult, "encoder");
      const isTokens = CODECS[codec].tokens > 0;
      const streams = context(codec, "encoder").encode({ ...shapeOf(frame, spectral), symbols }, { tokens: isTokens });
      const side = packAxes(axes, cloudMult);
      return { axes: side, ...(isTokens ? { tokens: streams } : { symbols: streams[0] ?? new Uint8Array() }) };
    },
    decode(codec, parts, frame, multOf, location) {
      if (codec === "fp") {
        const decoded = profiled.decode(needed(parts.symbols, location), frame, multOf, location);
        return {
          symbols: decoded.symbols,
          checksum: decoded.checksum,
          spectral: spectralOf(decoded.axes, frame, decoded.mult, location),
        };
      }
      const coder = context(codec, location);
      const { axes, cloudMult } = unpackAxes(parts.axes, location);
      const spectral = spectralOf(axes, frame, multOf(cloudMult), location);
      const isTokens = CODECS[codec].tokens > 0;
      const streams = isTokens ? (parts.tokens ?? []) : [needed(parts.symbols, location)];
      const found = coder.decode(streams, shapeOf(frame, spectral), { tokens: isTokens, location });
      if (found.eighths.length === 0) {
        const symbols = listSymbols(found.symbols, frame.rows * frame.columns);
        return { symbols, checksum: checksumOf(found.symbols), spectral };
      }
      return { symbols: shareFloats(withForecast(found.symbols, found.eighths)), checksum: undefined, spectral };
    },
  };
}

/** What a context coder looks at of a chunk; of references that are partly forecast, the nearest symbols. */
export function shapeOf(frame: LappedFrame, spectral: SpectralScale): ContextShape {
  const { rows, columns, channels, quality, clear, references } = frame;
  return {
    rows,
    columns,
    channels,
    ...scaled(quality, clear, spectral),
    references: references.flatMap(({ latents, clear: shares }): ContextReference[] => {
      if (latents.spectral === undefined) return [];
      return [
        {
          symbols: wholeSymbols(latents),
          channels: latents.channels,
          ...scaled(latents.quality, shares, latents.spectral),
        },
      ];
    }),
  };
}

function wholeSymbols(latents: LatentChunk): Int16Array {
  const symbols = allSymbols(latents);
  return symbols instanceof Int16Array ? symbols : Int16Array.from(symbols, Math.round);
}

function scaled(
  quality: number,
  clear: Uint8Array,
  { step, mult, axes }: SpectralScale,
): Omit<ContextReference, "symbols" | "channels"> {
  return { quality, step8: Math.round(8 * step), mult, clear, axes };
}

/** Forecast means stand for the last channels' symbols. */
function withForecast(symbols: Int16Array, eighths: Int32Array): Float32Array {
  const all = Float32Array.from(symbols);
  const from = all.length - eighths.length;
  for (let i = 0; i < eighths.length; i++) all[from + i] = (eighths[i] ?? 0) * EIGHTH;
  return all;
}

function needed(stream: Uint8Array | undefined, location: string): Uint8Array {
  if (stream === undefined) throw new CorruptDataError(location, "it holds no symbols");
  return stream;
}
