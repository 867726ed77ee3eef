import { positionsOf, STRIDE } from "../core/geometry.js";
import { checksumOf } from "../codec/checksum.js";
import { createFactorizedCoder, quantise } from "../codec/factorized.js";
import type { LoadedModel } from "../codec/loaded-model.js";
import { parseTables } from "../codec/tables.js";
import { packChunk, SECTION, type Section } from "../container/chunk.js";
import { maskSections } from "../container/chunk-masks.js";
import { BANDS } from "../core/bands.js";
import type { CodecName } from "../core/codecs.js";
import { cutLatents, type BlockLatents } from "./block-latents.js";
import type { BlockToEncode, ChunkToEncode, CodingUse, Fineness, ImageCoding } from "./coding.js";
import type { EncodedChunk } from "./encode-tasks.js";
import { extendEdges, fillHoles } from "./resample.js";

/** Larger blocks waste less on halos, smaller ones need less memory. */
const BLOCK_PX = 1024;

/** What codes the latents of one chunk. */
type CodeLatents = (
  latents: Float32Array,
  shape: { readonly rows: number; readonly columns: number },
) => Promise<CodedLatents>;

interface CodedLatents {
  readonly codec: CodecName;
  readonly symbols: Int16Array | Float32Array;
  readonly channels: number;
  readonly checksum: number;
  readonly sections: readonly Section[];
}

/** A converted checkpoint: its analysis network, then TEC-FP's tables or TEC-ELIC's own networks. */
export function createNetworkCoding(use: CodingUse & Pick<Fineness, "quality">): ImageCoding {
  const { model, networks, quality } = use;
  const { transform } = model;
  if (transform.kind !== "network") throw new RangeError(`model ${model.id} has no analysis network`);
  const { analysis } = transform;
  const code = openLatentCoder(use);

  /** Latents of all positions of a block. */
  async function analyse(
    { levelSize, core, around, raster }: BlockToEncode,
    signal?: AbortSignal,
  ): Promise<BlockLatents> {
    const pad = STRIDE * analysis.halo;
    const [row, column] = [core.y / STRIDE, core.x / STRIDE];
    const rows = Math.ceil((core.y + core.height) / STRIDE) - row;
    const columns = Math.ceil((core.x + core.width) / STRIDE) - column;
    const extended = extendEdges(fillHoles(raster), {
      left: around.x - (column * STRIDE - pad),
      top: around.y - (row * STRIDE - pad),
      right: (column + columns) * STRIDE + pad - Math.min(levelSize.width, around.x + around.width),
      bottom: (row + rows) * STRIDE + pad - Math.min(levelSize.height, around.y + around.height),
    });
    const task = {
      path: analysis.path,
      bands: BANDS.length,
      width: extended.width,
      height: extended.height,
      pixels: extended.samples,
    };
    const latents = await networks.analyse(task, signal);
    return { row, column, rows, columns, channels: model.channels, latents };
  }

  async function encodeChunk(block: BlockLatents, { row, column, mask }: ChunkToEncode): Promise<EncodedChunk> {
    const { width, height } = mask;
    const shape = { rows: positionsOf(height), columns: positionsOf(width) };
    const latents = cutLatents(block, { row: row * STRIDE, column: column * STRIDE, ...shape });
    const { codec, symbols, channels, checksum, sections } = await code(latents, shape);
    const bytes = packChunk({
      codec,
      quality,
      step: 0,
      width,
      height,
      channels,
      checksum,
      sections: [...sections, ...maskSections(mask)],
    });
    return { bytes, latents: { symbols, channels, quality, ...shape } };
  }

  return {
    blockPx: BLOCK_PX,
    reachPx: STRIDE * analysis.halo,
    async encode(block, signal) {
      const latents = await analyse(block, signal);
      return Promise.all(block.chunks.map((chunk) => encodeChunk(latents, chunk)));
    },
  };
}

function openLatentCoder({ model, quality, official }: CodingUse & Pick<Fineness, "quality">): CodeLatents {
  const { coding } = model;
  if (coding.kind === "factorized") return factorizedCoder(model, coding, quality);
  if (coding.kind !== "official") throw new RangeError(`model ${model.id} has no coder of latents`);
  return async (latents, shape) => {
    const coded = await official.encode({ model: coding, latents, shape });
    const { streams, boundaries, checksum } = coded;
    return {
      codec: "elic",
      symbols: coded.latents,
      channels: model.channels,
      checksum,
      sections: [
        ...streams.map((bytes, i) => ({ kind: SECTION.stream0 + i, bytes })),
        ...(boundaries.length === 0 ? [] : [{ kind: SECTION.boundaries, bytes: boundaries }]),
      ],
    };
  };
}

function factorizedCoder(
  model: LoadedModel,
  { tables: bytes, block }: Extract<LoadedModel["coding"], { kind: "factorized" }>,
  quality: number,
): CodeLatents {
  const tables = parseTables(bytes, `tables of ${model.id}`);
  const step = tables.steps[quality];
  if (step === undefined) throw new RangeError(`tables of ${model.id} have ${tables.steps.length} steps`);
  const coder = createFactorizedCoder(tables, block);
  return (latents, { rows, columns }) => {
    const chunk = quantise(latents, step, rows, columns);
    const { stream, setMap } = coder.encode(chunk, quality);
    return Promise.resolve({
      codec: "fp",
      symbols: chunk.symbols,
      channels: chunk.channels,
      checksum: checksumOf(chunk.symbols),
      sections: [
        { kind: SECTION.symbols, bytes: stream },
        ...(setMap.length === 0 ? [] : [{ kind: SECTION.sets, bytes: setMap }]),
      ],
    });
  };
}
