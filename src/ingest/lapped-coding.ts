import { STRIDE } from "../core/geometry.js";
import type { CodingUse, ImageCoding } from "./coding.js";
import type { ChunkRules } from "./encode-tasks.js";
import { chooseReferences } from "./references.js";
import { extendEdges, fillHoles } from "./resample.js";

/** Larger blocks waste less on what lies around them, smaller ones spread over threads and need less memory. */
const BLOCK_PX = 512;
/** Positions around a block: one for the lapping, one that the analysis's branch looks at. */
const REACH = 2;

/** The lapped basis and its entropy models, on the encoders' threads. */
export function createLappedCoding({
  model,
  references,
  encoders,
  native,
  rules,
}: Pick<CodingUse, "model" | "references" | "encoders" | "native"> & { readonly rules: ChunkRules }): ImageCoding {
  return {
    blockPx: BLOCK_PX,
    reachPx: REACH * STRIDE,
    async encode({ level, levelSize, around, raster, chunks }, signal) {
      // Whole positions: the level's last pixels are repeated to its last position's end.
      const right = around.x + around.width === levelSize.width ? -around.width & (STRIDE - 1) : 0;
      const bottom = around.y + around.height === levelSize.height ? -around.height & (STRIDE - 1) : 0;
      const extended = extendEdges(fillHoles(raster), { left: 0, top: 0, right, bottom });
      const pixels = shared(extended.samples);
      const jobs = await Promise.all(
        chunks.map(async ({ name, row, column, index, mask }) => ({
          name,
          row: row * STRIDE,
          column: column * STRIDE,
          mask,
          references: await chooseReferences(rules.codec, mask, { level, index }, references),
        })),
      );
      const task = {
        model,
        pixels,
        width: extended.width,
        height: extended.height,
        firstRow: around.y / STRIDE,
        firstColumn: around.x / STRIDE,
        native: level === 0 ? native : undefined,
        rules,
        chunks: jobs,
      };
      return (await encoders.encode(task, signal)).chunks;
    },
  };
}

function shared(samples: Float32Array): Float32Array {
  if (samples.buffer instanceof SharedArrayBuffer) return samples;
  const out = new Float32Array(new SharedArrayBuffer(samples.byteLength));
  out.set(samples);
  return out;
}
