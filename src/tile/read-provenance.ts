import { CHUNK_PX } from "../core/geometry.js";
import { PROVENANCE } from "../core/provenance.js";
import type { PixelWindow } from "../core/raster.js";
import type { ChunkReader, OpenContainer } from "./chunk-reader.js";

/**
 * Where the pixels of a window come from (core/provenance), [height][width]; undefined of an image that is no mosaic. The window lies
 * inside the level.
 */
export async function readProvenance(
  container: OpenContainer,
  { level, window }: { readonly level: number; readonly window: PixelWindow },
  reader: ChunkReader,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  const { levels, metadata } = container.cog;
  const tiles = levels[level];
  if (metadata.sources === undefined || tiles === undefined) return undefined;
  const { x, y, width, height } = window;
  const out = new Uint8Array(width * height).fill(PROVENANCE.none);
  const [top, left] = [y, x].map((at) => Math.floor(at / CHUNK_PX)) as [number, number];
  for (let row = top; row * CHUNK_PX < y + height; row++) {
    for (let column = left; column * CHUNK_PX < x + width; column++) {
      const { provenance } = await reader.chunk(container, level, row * tiles.chunkColumns + column, signal);
      if (provenance === undefined) continue;
      const stride = Math.min(CHUNK_PX, tiles.width - column * CHUNK_PX);
      const [x0, x1] = [Math.max(x, column * CHUNK_PX), Math.min(x + width, column * CHUNK_PX + stride)];
      const end = Math.min(y + height, (row + 1) * CHUNK_PX);
      for (let r = Math.max(y, row * CHUNK_PX); r < end; r++) {
        const from = (r - row * CHUNK_PX) * stride - column * CHUNK_PX;
        out.set(provenance.subarray(from + x0, from + x1), (r - y) * width + x0 - x);
      }
    }
  }
  return out;
}
