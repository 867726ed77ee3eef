import { openModelDecoder, type DecodableModel } from "../codec/open-coder.js";
import { parseLappedTables } from "../codec/lapped/entropy-tables.js";
import { findSection, parseChunk, SECTION, type Chunk } from "../container/chunk.js";
import type { ChunkMasks } from "../container/chunk-masks.js";
import { TEC_COMPRESSION } from "../container/tec-cog.js";
import { CHUNK_PX } from "../core/geometry.js";
import { BANDS } from "../core/bands.js";
import { windowOfChunk } from "../core/latents.js";
import { parseBasis } from "../model/lapped/basis.js";
import { STRIDE } from "../core/geometry.js";
import { createKernels } from "../model/lapped/kernels.js";
import { synthesiseLapped, type RunBranch } from "../model/lapped/synthesise.js";
import type { LappedTransform } from "../model/transform.js";
import { decodeSymbols } from "./decode-symbols.js";

export { TEC_COMPRESSION };

/** The files of a lapped model that a decoder needs, however they were fetched. */
export interface TecDecoderModel {
  /** basis.bin and entropy.tables. */
  readonly basis: Uint8Array;
  readonly tables: Uint8Array;
  /** elic.weights, for images stored with TEC-ELIC. */
  readonly elic?: Uint8Array | undefined;
  /**
   * Runs branch.onnx (onnxruntime-web or -node): coefficients [1][canonical][rows][columns] -> residual, two rows and columns fewer.
   * Without it the picture is the linear basis's, nearly as good, and no runtime is needed.
   */
  readonly branch?: RunBranch | undefined;
}

/** The shape of geotiff.js's decoder parameters that is used here. */
interface TileParameters {
  readonly tileWidth: number;
  readonly tileHeight: number;
}

/** Positions around a chunk that the synthesis looks at. */
const HALO = 2;
const COUNT = BANDS.length;

/**
 * A decoder class for geotiff.js: `addDecoder(TEC_COMPRESSION, async () => createTecDecoder(model), undefined, false)`.
 *
 * geotiff.js hands over one tile and no neighbours, so that the outer 8 pixels at a tile's rim differ from what openTecCog gives
 * (docs/format.md §7 has the figures). Invalid pixels are 0 in all bands. Chunks that lean on other dates can't be decoded so.
 */
export function createTecDecoder(model: TecDecoderModel) {
  const decoder = openModelDecoder(decodable(model));
  const { transform } = decodable(model);
  const kernels = createKernels();
  let last: Promise<unknown> = Promise.resolve();

  async function decodeTile(bytes: Uint8Array): Promise<ArrayBuffer> {
    const out = new Uint16Array(CHUNK_PX * CHUNK_PX * COUNT);
    if (bytes.length === 0) return out.buffer;
    const chunk = parseChunk(bytes, "a TEC tile");
    const masks = await readMasks(chunk);
    const { rows, columns, channels, quality } = chunk;
    const use = { decoder, references: [], tokens: undefined };
    const { symbols, spectral } = decodeSymbols(chunk, masks, use, "a TEC tile");
    const window = windowOfChunk({ symbols, channels, rows, columns, quality, spectral }, HALO);
    const wanted = { bands: BANDS.map((_, b) => b), native: undefined };
    // Tiles that come together take turns with the kernels.
    const pixels = last.then(() => synthesiseLapped(window, transform, wanted, { kernels, branch: model.branch }));
    last = pixels.catch(() => undefined);
    interleave(await pixels, chunk, masks, out);
    return out.buffer;
  }

  return class TecDecoder {
    readonly parameters: TileParameters;

    constructor(parameters: TileParameters) {
      this.parameters = parameters;
    }

    decode(buffer: ArrayBufferLike): Promise<ArrayBuffer> {
      return decodeTile(new Uint8Array(buffer));
    }
  };
}

/** A model of files alone: nothing names a path. */
function decodable({ basis: file, tables: bytes, elic }: TecDecoderModel): DecodableModel & {
  readonly transform: LappedTransform;
} {
  const basis = parseBasis(file, "basis");
  const tables = parseLappedTables(bytes, "entropy tables");
  const { channels, steps, degain } = tables;
  return {
    id: "in the browser",
    sha256: "",
    channels,
    qualities: steps,
    transform: {
      kind: "lapped",
      channels,
      halo: HALO,
      basis,
      degains: degain,
      synthesis: "",
      branch: undefined,
      analysis: undefined,
    },
    coding: {
      kind: "lapped",
      tables: bytes,
      weights: elic === undefined ? {} : { elic },
      steps: [],
      cloudMult: 16,
    },
  };
}

async function readMasks(chunk: Chunk): Promise<ChunkMasks> {
  const { width, height } = chunk;
  const bits = findSection(chunk, SECTION.validity);
  const nibbles = findSection(chunk, SECTION.classes);
  const pixels = width * height;
  const unpack = async (packed: Uint8Array, of: (bytes: Uint8Array, i: number) => number): Promise<Uint8Array> => {
    const bytes = await inflate(packed);
    return Uint8Array.from({ length: pixels }, (_, i) => of(bytes, i));
  };
  return {
    valid:
      bits === undefined
        ? "all"
        : bits.length === 0
          ? "none"
          : await unpack(bits, (bytes, i) => ((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1),
    classes: nibbles && (await unpack(nibbles, (bytes, i) => ((bytes[i >> 1] ?? 0) >> (i & 1 ? 0 : 4)) & 15)),
  };
}

async function inflate(packed: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([packed.slice()]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** [12][rows x 16][columns x 16] -> pixel-interleaved tile. */
function interleave(pixels: Float32Array, chunk: Chunk, { valid }: ChunkMasks, out: Uint16Array): void {
  if (valid === "none") return;
  const [height, width] = [chunk.rows * STRIDE, chunk.columns * STRIDE];
  for (let r = 0; r < chunk.height; r++) {
    for (let c = 0; c < chunk.width; c++) {
      if (valid !== "all" && valid[r * chunk.width + c] === 0) continue;
      for (let b = 0; b < COUNT; b++) {
        const value = Math.round(pixels[(b * height + r) * width + c] ?? 0);
        out[(r * CHUNK_PX + c) * COUNT + b] = Math.max(0, Math.min(65535, value));
      }
    }
  }
}
