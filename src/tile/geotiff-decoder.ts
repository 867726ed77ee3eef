import { createFactorizedCoder } from "../codec/factorized.js";
import { parseTables } from "../codec/tables.js";
import { findSection, SECTION, type Chunk } from "../container/chunk.js";
import { CHUNK_PX, TEC_COMPRESSION } from "../container/tec-cog.js";
import { assembleLatents } from "../core/latents.js";
import { decodeSymbols } from "./decode-symbols.js";

export { TEC_COMPRESSION };

/** What a decoder needs of a model, however it was fetched. */
export interface TecDecoderModel {
  readonly channels: number;
  /** Latents a side that the synthesis consumes. */
  readonly halo: number;
  /** Side in latents of the blocks that choose a table set. */
  readonly block: number;
  /** The model's table file. */
  readonly tables: Uint8Array;
  /** Runs synthesis.onnx (onnxruntime-web or -node) on latents [channels][rows][columns] -> digital numbers [12][height][width]. */
  readonly synthesise: (latents: Float32Array, rows: number, columns: number) => Promise<Float32Array>;
}

/** The shape of geotiff.js's decoder parameters that is used here. */
interface TileParameters {
  readonly tileWidth: number;
  readonly tileHeight: number;
}

const BANDS = 12;

/**
 * A decoder class for geotiff.js: `addDecoder(TEC_COMPRESSION, async () => createTecDecoder(model), undefined, false)`.
 *
 * geotiff.js hands over one tile and no neighbours, so latents are replicated at the tile's rim and the outer 16 to 32 pixels
 * differ from what openTecCog gives (docs/format.md §7 has the figures). Invalid pixels are 0 in all bands.
 */
export function createTecDecoder(model: TecDecoderModel) {
  const tables = parseTables(model.tables, "entropy tables");
  const coder = createFactorizedCoder(tables, model.block);
  const degains = tables.steps.map((step) => step.degain);

  async function decodeTile(bytes: Uint8Array): Promise<ArrayBuffer> {
    const out = new Uint16Array(CHUNK_PX * CHUNK_PX * BANDS);
    if (bytes.length === 0) return out.buffer;
    const { chunk, symbols } = decodeSymbols(bytes, "a TEC tile", coder);
    const { rows, columns } = chunk;
    const { halo, channels } = model;
    const window = {
      row: -halo,
      column: -halo,
      rows: rows + 2 * halo,
      columns: columns + 2 * halo,
      levelRows: rows,
      levelColumns: columns,
      chunkRow: 0,
      chunkColumn: 0,
      chunkColumns: 1,
      chunks: [{ ...chunk, symbols }],
    };
    const latents = new Float32Array(channels * window.rows * window.columns);
    assembleLatents(window, degains, channels, latents, 0);
    const pixels = await model.synthesise(latents, window.rows, window.columns);
    const valid = await readValidity(findSection(chunk, SECTION.validity));
    interleave(pixels, chunk, valid, out);
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

/** Bits, row-major over the pixels that the chunk really covers; "all" or "none" where they agree. */
async function readValidity(section: Uint8Array | undefined): Promise<Uint8Array | "all" | "none"> {
  if (section === undefined) return "all";
  if (section.length === 0) return "none";
  const stream = new Blob([section.slice()]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** [12][rows x 16][columns x 16] -> pixel-interleaved tile. */
function interleave(pixels: Float32Array, chunk: Chunk, valid: Uint8Array | "all" | "none", out: Uint16Array): void {
  if (valid === "none") return;
  const [height, width] = [chunk.rows * 16, chunk.columns * 16];
  for (let r = 0; r < chunk.height; r++) {
    for (let c = 0; c < chunk.width; c++) {
      const i = r * chunk.width + c;
      if (valid !== "all" && (((valid[i >> 3] ?? 0) >> (7 - (i & 7))) & 1) === 0) continue;
      for (let b = 0; b < BANDS; b++) {
        out[(r * CHUNK_PX + c) * BANDS + b] = Math.max(
          0,
          Math.min(65535, Math.round(pixels[(b * height + r) * width + c] ?? 0)),
        );
      }
    }
  }
}
