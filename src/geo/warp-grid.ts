import { applyAffine, invertAffine, type Affine } from "./affine.js";
import type { Projector } from "./crs.js";

/**
 * Where each pixel of a target grid lies in a source image, sampled on a coarse lattice and interpolated bilinearly between.
 *
 * Node (i, j) belongs to the target position (i * step, j * step), pixel corners. Source positions are in source pixels, corner
 * convention; NaN where the projection is undefined.
 */
export interface WarpGrid {
  readonly width: number;
  readonly height: number;
  readonly step: number;
  /** Nodes a row. */
  readonly columns: number;
  readonly rows: number;
  /** Source column of each node, length rows x columns. */
  readonly x: Float64Array;
  readonly y: Float64Array;
}

export interface WarpGridOptions {
  readonly width: number;
  readonly height: number;
  readonly transform: Affine;
  /** Target CRS to WGS84. */
  readonly toWgs84: Projector;
  /** WGS84 to source CRS. */
  readonly fromWgs84: Projector;
  readonly sourceTransform: Affine;
  /** Target pixels between nodes; 16 keeps UTM to Web Mercator within 0.01 px at native zooms. */
  readonly step?: number;
}

/** Projects the lattice: (width / step + 1)(height / step + 1) exact projections instead of one a pixel. */
export function createWarpGrid(options: WarpGridOptions): WarpGrid {
  const { width, height, transform, toWgs84, fromWgs84, step = 16 } = options;
  const inverse = invertAffine(options.sourceTransform);
  const columns = Math.ceil(width / step) + 1;
  const rows = Math.ceil(height / step) + 1;
  const x = new Float64Array(rows * columns);
  const y = new Float64Array(rows * columns);
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const [lon, lat] = toWgs84(...applyAffine(transform, i * step, j * step));
      const [sx, sy] = applyAffine(inverse, ...fromWgs84(lon, lat));
      x[j * columns + i] = sx;
      y[j * columns + i] = sy;
    }
  }
  return { width, height, step, columns, rows, x, y };
}

/** Smallest source box [x0, y0, x1, y1) (pixels, fractional) that the grid's nodes span; undefined when no node is finite. */
export function warpExtent(grid: WarpGrid): readonly [number, number, number, number] | undefined {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < grid.x.length; i++) {
    const [x = Number.NaN, y = Number.NaN] = [grid.x[i], grid.y[i]];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    x0 = Math.min(x0, x);
    y0 = Math.min(y0, y);
    x1 = Math.max(x1, x);
    y1 = Math.max(y1, y);
  }
  return x1 > x0 && y1 > y0 ? [x0, y0, x1, y1] : undefined;
}

/** Source pixels under a target pixel's side, across and down: of the whole grid. */
export function spanOf({ x, y, columns, rows, step }: WarpGrid, factor: number): readonly [number, number] {
  const side = (nodes: Float64Array, count: number): number => {
    let [low, high] = [Infinity, -Infinity];
    for (const node of nodes) {
      if (!Number.isFinite(node)) continue;
      if (node < low) low = node;
      if (node > high) high = node;
    }
    return high > low ? (high - low) / (count * step) / factor : 1;
  };
  return [side(x, columns - 1), side(y, rows - 1)];
}
