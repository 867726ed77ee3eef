import { GROUPS, COMPONENTS } from "../../src/model/lapped/geometry.js";
import type { LatentChunk } from "../../src/core/latents.js";
import type { SynthesisRequest } from "../../src/model/networks.js";
import type { LappedTransform } from "../../src/model/transform.js";

/**
 * A request of 4 x 4 positions across two chunks of a 16 x 32 level that differ in axes and steps; `seed` tells requests apart, `at` is
 * the first position.
 */
export function lappedRequest(
  transform: LappedTransform,
  seed: number,
  bands: readonly number[],
  at: { readonly row: number; readonly column: number } = { row: 6, column: 14 },
): SynthesisRequest {
  const { halo, basis } = transform;
  const side = 4 + 2 * halo;
  return {
    transform,
    bands,
    native: undefined,
    refine: true,
    window: {
      row: at.row - halo,
      column: at.column - halo,
      rows: side,
      columns: side,
      levelRows: 16,
      levelColumns: 32,
      chunkRow: 0,
      chunkColumn: 0,
      chunkColumns: 2,
      chunks: [0, 1].map((column) => madeUpChunk(seed, column, basis.common)),
    },
  };
}

function madeUpChunk(seed: number, column: number, common: Float32Array): LatentChunk {
  const channels = 300;
  const symbols = Int16Array.from({ length: channels * 256 }, (_, i) => {
    const random = ((i * 7919 + seed * 104729 + column * 31) % 1009) / 1009 - 0.5;
    return Math.round((random * 60) / (1 + i / 2500));
  });
  const mult = Uint8Array.from({ length: 256 }, (_, p) => (p % 5 === 0 ? 48 : 16));
  return {
    symbols,
    channels,
    rows: 16,
    columns: 16,
    quality: 3,
    spectral: { step: 300 + 100 * column, mult, axes: column === 0 ? common : reversed(common) },
  };
}

/** Orthogonal axes that are not the common ones: the rows of each group the other way round. */
function reversed(common: Float32Array): Float32Array {
  const out = new Float32Array(common.length);
  for (let g = 0; g < GROUPS; g++)
    for (let m = 0; m < COMPONENTS; m++) {
      const from = (g * COMPONENTS + COMPONENTS - 1 - m) * COMPONENTS;
      out.set(common.subarray(from, from + COMPONENTS), (g * COMPONENTS + m) * COMPONENTS);
    }
  return out;
}
