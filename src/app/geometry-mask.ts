import { partsOf, type Geometry, type Position } from "../catalog/geometry.js";
import type { PixelWindow } from "../core/raster.js";
import { applyAffine, invertAffine, scaleAffine, type Affine } from "../geo/affine.js";
import { openCrs, type Crs } from "../geo/crs.js";

/** A geometry's pixels on a grid. */
export interface GridMask {
  readonly window: PixelWindow;
  /** 1 = inside, [height][width] of the window. */
  readonly mask: Uint8Array;
  /** Pixels inside, one at least. */
  readonly count: number;
}

export interface MaskGrid {
  readonly crs: Crs;
  /** Of level 0. */
  readonly transform: Affine;
  /** Of the level, pixels. */
  readonly width: number;
  readonly height: number;
  /** Pixels of level 0 in one of the level. */
  readonly factor: number;
}

type Point = readonly [column: number, row: number];

/** Pixels whose centre lies in the geometry, even-odd; of points, lines and slivers those that their corners fall in. Undefined: none. */
export function geometryMask(geometry: Geometry, grid: MaskGrid): GridMask | undefined {
  const { fromWgs84 } = openCrs(grid.crs);
  const toPixel = invertAffine(scaleAffine(grid.transform, grid.factor, grid.factor));
  const project = ([lon, lat]: Position): Point => applyAffine(toPixel, ...fromWgs84(lon, lat));
  const { points, lines, polygons } = partsOf(geometry);
  const rings = polygons.map((polygon) => polygon.map((ring) => ring.map(project)));
  const corners = [...points.map(project), ...lines.flatMap((line) => line.map(project)), ...rings.flat(2)];
  const window = windowOf(corners, grid);
  if (window === undefined) return undefined;
  const mask = new Uint8Array(window.width * window.height);
  for (const polygon of rings) fillPolygon(mask, window, polygon);
  if (mask.every((m) => m === 0)) {
    for (const [x, y] of corners) {
      const [column, row] = [Math.floor(x) - window.x, Math.floor(y) - window.y];
      if (column >= 0 && row >= 0 && column < window.width && row < window.height)
        mask[row * window.width + column] = 1;
    }
  }
  const count = mask.reduce((sum, m) => sum + m, 0);
  return count === 0 ? undefined : { window, mask, count };
}

function windowOf(corners: readonly Point[], { width, height }: MaskGrid): PixelWindow | undefined {
  const columns = corners.map(([column]) => column);
  const rows = corners.map(([, row]) => row);
  const x = Math.max(0, Math.floor(Math.min(...columns)));
  const y = Math.max(0, Math.floor(Math.min(...rows)));
  const right = Math.min(width, Math.floor(Math.max(...columns)) + 1);
  const bottom = Math.min(height, Math.floor(Math.max(...rows)) + 1);
  return right > x && bottom > y ? { x, y, width: right - x, height: bottom - y } : undefined;
}

function fillPolygon(mask: Uint8Array, window: PixelWindow, rings: readonly (readonly Point[])[]): void {
  for (let r = 0; r < window.height; r++) {
    const y = window.y + r + 0.5;
    const crossings = rings.flatMap((ring) => crossingsOf(ring, y)).toSorted((a, b) => a - b);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const from = Math.max(0, Math.ceil((crossings[k] ?? 0) - window.x - 0.5));
      const to = Math.min(window.width, Math.ceil((crossings[k + 1] ?? 0) - window.x - 0.5));
      if (to > from) mask.fill(1, r * window.width + from, r * window.width + to);
    }
  }
}

/** Where a ring crosses a row's middle. */
function crossingsOf(ring: readonly Point[], y: number): number[] {
  const found: number[] = [];
  for (let i = 0; i + 1 < ring.length; i++) {
    const [[x0, y0] = [0, 0], [x1, y1] = [0, 0]] = [ring[i], ring[i + 1]];
    if (y0 <= y === y1 <= y) continue;
    found.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  }
  return found;
}
