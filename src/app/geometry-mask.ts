import { partsOf, type Geometry, type Position } from "../catalog/geometry.js";
import type { PixelWindow } from "../core/raster.js";
import { throwIfCancelled } from "../core/worker-pool.js";
import { applyAffine, invertAffine, type Affine } from "../geo/affine.js";
import { openCrs, type Crs } from "../geo/crs.js";

/** A geometry's pixels on one level of a grid. */
export interface GridMask {
  /** Index into the grid's levels. */
  readonly level: number;
  readonly window: PixelWindow;
  /** 1 = inside, [height][width] of the window; on shared memory. */
  readonly mask: Uint8Array;
  /** Pixels inside, one at least. */
  readonly count: number;
}

export interface MaskGrid {
  readonly crs: Crs;
  /** Of level 0. */
  readonly transform: Affine;
  /** Pixels, finest first; each level's pixels are twice as long as those of the one before. */
  readonly levels: readonly { readonly width: number; readonly height: number }[];
}

type Point = readonly [column: number, row: number];

/**
 * Pixels whose centre lies in the geometry, even-odd; of points, lines and slivers those that their corners fall in. Undefined: none.
 *
 * The level is the finest where the geometry spans at most `maxSide` pixels a side: chosen from its corners alone, so that what is filled
 * is small whatever the geometry. Takes time that grows with the positions times `maxSide`: for worker threads.
 */
export function geometryMask(geometry: Geometry, grid: MaskGrid, maxSide: number): GridMask | undefined {
  const { fromWgs84 } = openCrs(grid.crs);
  const toPixel = invertAffine(grid.transform);
  const project = ([lon, lat]: Position): Point => applyAffine(toPixel, ...fromWgs84(lon, lat));
  const { points, lines, polygons } = partsOf(geometry);
  const rings = polygons.map((polygon) => polygon.map((ring) => ring.map(project)));
  throwIfCancelled();
  const corners = [...points.map(project), ...lines.flatMap((line) => line.map(project)), ...rings.flat(2)];
  const box = boxOf(corners);
  const windows = grid.levels.map((size, level) => windowOf(box, size, 2 ** level));
  const fitting = windows.findIndex((window) => window !== undefined && longest(window) <= maxSide);
  const level = fitting >= 0 ? fitting : windows.length - 1;
  const window = windows[level];
  if (window === undefined || windows[0] === undefined) return undefined;
  const mask = new Uint8Array(new SharedArrayBuffer(window.width * window.height));
  const factor = 2 ** level;
  for (const polygon of rings) fillPolygon(mask, window, { rings: polygon, factor });
  if (mask.every((m) => m === 0)) {
    for (const [x, y] of corners) {
      const [column, row] = [Math.floor(x / factor) - window.x, Math.floor(y / factor) - window.y];
      if (column >= 0 && row >= 0 && column < window.width && row < window.height)
        mask[row * window.width + column] = 1;
    }
  }
  let count = 0;
  for (const inside of mask) count += inside;
  return count === 0 ? undefined : { level, window, mask, count };
}

const longest = ({ width, height }: PixelWindow): number => Math.max(width, height);

/** Of level 0, not rounded. */
type Box = readonly [left: number, top: number, right: number, bottom: number];

function boxOf(corners: readonly Point[]): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of corners) {
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x), Math.max(bottom, y)];
  }
  return [left, top, right, bottom];
}

function windowOf(
  [left, top, right, bottom]: Box,
  { width, height }: { readonly width: number; readonly height: number },
  factor: number,
): PixelWindow | undefined {
  const x = Math.max(0, Math.floor(left / factor));
  const y = Math.max(0, Math.floor(top / factor));
  const endX = Math.min(width, Math.floor(right / factor) + 1);
  const endY = Math.min(height, Math.floor(bottom / factor) + 1);
  return endX > x && endY > y ? { x, y, width: endX - x, height: endY - y } : undefined;
}

/** Adds a polygon to the mask: each crossing of a row's middle flips all pixels right of it, whatever the order. */
function fillPolygon(
  mask: Uint8Array,
  window: PixelWindow,
  { rings, factor }: { readonly rings: readonly (readonly Point[])[]; readonly factor: number },
): void {
  const box = windowOf(
    boxOf(rings.flat()),
    { width: window.x + window.width, height: window.y + window.height },
    factor,
  );
  if (box === undefined) return;
  const [firstRow, lastRow] = [Math.max(window.y, box.y), box.y + box.height - 1];
  if (lastRow < firstRow) return;
  const stride = window.width + 1;
  const flips = new Uint8Array((lastRow - firstRow + 1) * stride);
  for (const ring of rings) {
    throwIfCancelled();
    for (let i = 0; i + 1 < ring.length; i++) {
      const [a, b] = [ring[i], ring[i + 1]];
      if (a === undefined || b === undefined) continue;
      const [x0, y0, x1, y1] = [a[0] / factor, a[1] / factor, b[0] / factor, b[1] / factor];
      // Rows whose middle lies in [low, high).
      const from = Math.max(firstRow, Math.ceil(Math.min(y0, y1) - 0.5));
      const to = Math.min(lastRow, Math.ceil(Math.max(y0, y1) - 0.5) - 1);
      for (let row = from; row <= to; row++) {
        const x = x0 + ((row + 0.5 - y0) / (y1 - y0)) * (x1 - x0);
        const column = Math.max(0, Math.min(window.width, Math.ceil(x - window.x - 0.5)));
        const at = (row - firstRow) * stride + column;
        flips[at] = 1 - (flips[at] ?? 0);
      }
    }
  }
  for (let row = firstRow; row <= lastRow; row++) {
    let inside = 0;
    for (let column = 0; column < window.width; column++) {
      inside ^= flips[(row - firstRow) * stride + column] ?? 0;
      if (inside === 1) mask[(row - window.y) * window.width + column] = 1;
    }
  }
}
