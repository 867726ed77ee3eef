import type { GeometryParts } from "../catalog/geometry.js";
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

/** A geometry as plain numbers: a copy for another thread costs next to nothing. */
export interface FlatGeometry {
  /** Longitude and latitude of each position. */
  readonly degrees: Float64Array;
  /** Three numbers a chain: its kind (a point, a line, a ring, the first ring of a polygon), its first position, its number of positions. */
  readonly chains: Int32Array;
}

const [POINT, LINE, RING, FIRST_RING] = [0, 1, 2, 3];

/** The geometry's positions in two arrays. */
export function flatten({ points, lines, polygons }: GeometryParts): FlatGeometry {
  const chains = [
    ...points.map((point) => [POINT, [point]] as const),
    ...lines.map((line) => [LINE, line] as const),
    ...polygons.flatMap((rings) => rings.map((ring, i) => [i === 0 ? FIRST_RING : RING, ring] as const)),
  ];
  const degrees = new Float64Array(2 * chains.reduce((sum, [, chain]) => sum + chain.length, 0));
  const table = new Int32Array(3 * chains.length);
  let at = 0;
  chains.forEach(([kind, chain], i) => {
    table.set([kind, at / 2, chain.length], 3 * i);
    for (const [lon, lat] of chain) {
      degrees[at++] = lon;
      degrees[at++] = lat;
    }
  });
  return { degrees, chains: table };
}

/** Columns and rows of level 0, one pair a position. */
export type Pixels = Float64Array;
/** Positions [from, to) of a ring. */
export type Ring = readonly [from: number, to: number];

/**
 * Pixels whose centre lies in the geometry, even-odd; of points, lines and slivers those that their corners fall in. Undefined: none.
 *
 * The level is the finest where the geometry spans at most `maxSide` pixels a side: chosen from its corners alone, so that what is filled
 * is small whatever the geometry. Takes time that grows with the positions times `maxSide`: for worker threads.
 */
export function geometryMask(geometry: FlatGeometry, grid: MaskGrid, maxSide: number): GridMask | undefined {
  const pixels = projected(geometry, grid);
  const everything: Ring = [0, pixels.length / 2];
  const box = boxOf(pixels, [everything]);
  const windows = grid.levels.map((size, level) => windowOf(box, size, 2 ** level));
  const fitting = windows.findIndex((window) => window !== undefined && longest(window) <= maxSide);
  const level = fitting >= 0 ? fitting : windows.length - 1;
  const window = windows[level];
  if (window === undefined || windows[0] === undefined) return undefined;
  const mask = new Uint8Array(new SharedArrayBuffer(window.width * window.height));
  const factor = 2 ** level;
  for (const rings of polygonsOf(geometry)) fillPolygon(mask, window, { pixels, rings, factor });
  if (mask.every((m) => m === 0)) {
    for (let i = 0; i < pixels.length; i += 2) {
      const column = Math.floor((pixels[i] ?? 0) / factor) - window.x;
      const row = Math.floor((pixels[i + 1] ?? 0) / factor) - window.y;
      if (column >= 0 && row >= 0 && column < window.width && row < window.height)
        mask[row * window.width + column] = 1;
    }
  }
  let count = 0;
  for (const inside of mask) count += inside;
  return count === 0 ? undefined : { level, window, mask, count };
}

export function projected({ degrees }: FlatGeometry, { crs, transform }: Pick<MaskGrid, "crs" | "transform">): Pixels {
  const { fromWgs84 } = openCrs(crs);
  const toPixel = invertAffine(transform);
  const pixels = new Float64Array(degrees.length);
  for (let i = 0; i < degrees.length; i += 2) {
    if (i % 2048 === 0) throwIfCancelled();
    const [lon = 0, lat = 0] = [degrees[i], degrees[i + 1]];
    pixels.set(applyAffine(toPixel, ...fromWgs84(lon, lat)), i);
  }
  return pixels;
}

/** The rings of each polygon. */
export function polygonsOf({ chains }: FlatGeometry): readonly (readonly Ring[])[] {
  const polygons: Ring[][] = [];
  for (let i = 0; i < chains.length; i += 3) {
    const [kind, from = 0, count = 0] = chains.subarray(i, i + 3);
    if (kind === FIRST_RING) polygons.push([]);
    if (kind === FIRST_RING || kind === RING) polygons.at(-1)?.push([from, from + count]);
  }
  return polygons;
}

const longest = ({ width, height }: PixelWindow): number => Math.max(width, height);

/** Of level 0, not rounded. */
type Box = readonly [left: number, top: number, right: number, bottom: number];

function boxOf(pixels: Pixels, chains: readonly Ring[]): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [from, to] of chains) {
    for (let i = 2 * from; i < 2 * to; i += 2) {
      const [x = Number.NaN, y = Number.NaN] = [pixels[i], pixels[i + 1]];
      [left, top] = [Math.min(left, x), Math.min(top, y)];
      [right, bottom] = [Math.max(right, x), Math.max(bottom, y)];
    }
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
export function fillPolygon(
  mask: Uint8Array,
  window: PixelWindow,
  { pixels, rings, factor }: { readonly pixels: Pixels; readonly rings: readonly Ring[]; readonly factor: number },
): void {
  const box = windowOf(
    boxOf(pixels, rings),
    { width: window.x + window.width, height: window.y + window.height },
    factor,
  );
  if (box === undefined) return;
  const [firstRow, lastRow] = [Math.max(window.y, box.y), box.y + box.height - 1];
  if (lastRow < firstRow) return;
  const stride = window.width + 1;
  const flips = new Uint8Array((lastRow - firstRow + 1) * stride);
  for (const [start, end] of rings) {
    throwIfCancelled();
    for (let i = 2 * start; i + 2 < 2 * end; i += 2) {
      const [x0, y0] = [(pixels[i] ?? 0) / factor, (pixels[i + 1] ?? 0) / factor];
      const [x1, y1] = [(pixels[i + 2] ?? 0) / factor, (pixels[i + 3] ?? 0) / factor];
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
