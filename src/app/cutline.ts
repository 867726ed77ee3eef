import type { Affine } from "../geo/affine.js";
import type { Crs } from "../geo/crs.js";
import { throwIfCancelled } from "../core/worker-pool.js";
import { fillPolygon, polygonsOf, projected, type FlatGeometry, type Pixels, type Ring } from "./geometry-mask.js";

export interface CutlineGrid {
  readonly crs: Crs;
  readonly transform: Affine;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/**
 * Pixels that polygons touch (1), as GDAL's ALL_TOUCHED has it: those whose centre is inside, and those that an edge goes through.
 * Edges are straight on the grid. [height][width] on shared memory.
 */
export function cutlineMask(geometry: FlatGeometry, grid: CutlineGrid): Uint8Array {
  const { width, height } = grid;
  const pixels = projected(geometry, grid);
  const mask = new Uint8Array(new SharedArrayBuffer(width * height));
  const window = { x: 0, y: 0, width, height };
  for (const rings of polygonsOf(geometry)) {
    fillPolygon(mask, window, { pixels, rings, factor: 1 });
    for (const ring of rings) touchRing(mask, grid, pixels, ring);
  }
  return mask;
}

function touchRing(
  mask: Uint8Array,
  { width, height }: Pick<CutlineGrid, "width" | "height">,
  pixels: Pixels,
  [from, to]: Ring,
): void {
  throwIfCancelled();
  for (let i = 2 * from; i + 2 < 2 * to; i += 2) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = pixels.subarray(i, i + 4);
    // Row by row the columns that the edge passes.
    const [low, high] = [Math.min(y0, y1), Math.max(y0, y1)];
    const lastRow = Math.min(height - 1, Math.floor(high));
    for (let row = Math.max(0, Math.floor(low)); row <= lastRow; row++) {
      const [a, b] = [Math.max(low, row), Math.min(high, row + 1)].map((y) =>
        y1 === y0 ? undefined : x0 + ((y - y0) / (y1 - y0)) * (x1 - x0),
      );
      const [left, right] = [Math.min(a ?? x0, b ?? x1), Math.max(a ?? x0, b ?? x1)];
      const [first, last] = a === undefined ? [Math.min(x0, x1), Math.max(x0, x1)] : [left, right];
      const end = Math.min(width - 1, Math.floor(last));
      for (let column = Math.max(0, Math.floor(first)); column <= end; column++) mask[row * width + column] = 1;
    }
  }
}
