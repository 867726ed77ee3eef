import type { Raster } from "../../core/raster.js";
import type { WarpGrid } from "../../geo/warp-grid.js";

/** Pixels of a level's window: decoded samples, and which of them were observed. */
export interface WindowRaster extends Omit<Raster, "valid"> {
  /** Of the window's first pixel in the level, pixels. */
  readonly x: number;
  readonly y: number;
  /** 0 = not there, length = height x width; else a rank, 1 = observed: what is blended into a pixel is of its own rank or a lower one. "all": 1 everywhere. */
  readonly valid: Uint8Array | "all";
}

/** Where the pixels of one target row lie in the source, and, for the `count` pixels that are drawn, what they are made of. */
export interface Row {
  /** Source position of each target pixel's centre, window pixels, corner convention. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  count: number;
  /** Target columns of the drawn pixels. */
  readonly to: Int32Array;
  /** Index in a source plane of the only, or of the upper left of four, source pixels. */
  readonly from: Int32Array;
  /** How far right of and below that one's centre the drawn pixel lies, 0..1 source pixels. */
  readonly fx: Float64Array;
  readonly fy: Float64Array;
  /** What each of the four weighs, where some don't. */
  readonly weights: Float64Array;
}

/** Room for one target row of `size` pixels. */
export function createRow(size: number): Row {
  return {
    x: new Float64Array(size),
    y: new Float64Array(size),
    count: 0,
    to: new Int32Array(size),
    from: new Int32Array(size),
    fx: new Float64Array(size),
    fy: new Float64Array(size),
    weights: new Float64Array(4 * size),
  };
}

/**
 * Sets the source positions of target row `r`, of its pixels' centres or, with `offset` 0, of their upper left corners. Between nodes the grid is
 * bilinear, so along a row of one cell positions are equally spaced.
 */
export function locateRow(
  row: Pick<Row, "x" | "y">,
  r: number,
  grid: WarpGrid,
  level: { readonly scale: number; readonly x: number; readonly y: number; readonly offset?: number },
): void {
  const { step, columns } = grid;
  const { x: xs, y: ys } = row;
  const { offset = 0.5 } = level;
  // The last corners lie on the last nodes, which no cell begins at.
  const gridRow = Math.min(grid.rows - 2, Math.floor((r + offset) / step));
  const v = (r + offset) / step - gridRow;
  for (let cell = 0; cell <= columns - 2; cell++) {
    const n = gridRow * columns + cell;
    const left = mix(grid.x, n, n + columns, v) * level.scale - level.x;
    const top = mix(grid.y, n, n + columns, v) * level.scale - level.y;
    const across = mix(grid.x, n + 1, n + columns + 1, v) * level.scale - level.x - left;
    const down = mix(grid.y, n + 1, n + columns + 1, v) * level.scale - level.y - top;
    const end = cell === columns - 2 ? xs.length : Math.min(xs.length, (cell + 1) * step);
    for (let c = cell * step; c < end; c++) {
      const u = (c + offset) / step - cell;
      xs[c] = left + across * u;
      ys[c] = top + down * u;
    }
  }
}

function mix(nodes: Float64Array, a: number, b: number, t: number): number {
  return (nodes[a] ?? 0) * (1 - t) + (nodes[b] ?? 0) * t;
}
