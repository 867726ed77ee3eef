import type { Raster } from "../core/raster.js";
import type { WarpGrid } from "../geo/warp-grid.js";

/** Pixels of a level's window: decoded samples, and which of them were observed. */
export interface WindowRaster extends Raster {
  /** Of the window's first pixel in the level, pixels. */
  readonly x: number;
  readonly y: number;
}

/** A tile being filled, date after date. Samples [band][row][column]; `filled` is 1 where a pixel has its value. */
export interface TileCanvas {
  readonly size: number;
  readonly height: number;
  readonly samples: Float32Array;
  readonly filled: Uint8Array;
}

export interface WarpOptions {
  /** Positions are in source pixels of level 0; a level's pixel is `factor` of them. */
  readonly factor: number;
  readonly resampling: "nearest" | "bilinear";
}

/**
 * Draws a window's valid pixels where the canvas is still empty; returns how many pixels were filled.
 *
 * Bilinear weights are renormalised over the valid neighbours, and a pixel counts as valid when the source pixel that it falls in is.
 */
export function warpOnto(canvas: TileCanvas, source: WindowRaster, grid: WarpGrid, options: WarpOptions): number {
  const { size, height, samples, filled } = canvas;
  const { width: sw, height: sh, valid } = source;
  const bands = source.bands.length;
  const [planeOut, planeIn] = [size * height, sw * sh];
  const { step, columns } = grid;
  const toLevel = 1 / options.factor;
  const bilinear = options.resampling === "bilinear";
  let count = 0;
  for (let r = 0; r < height; r++) {
    const gridRow = Math.floor((r + 0.5) / step);
    const v = (r + 0.5) / step - gridRow;
    for (let c = 0; c < size; c++) {
      const at = r * size + c;
      if (filled[at] !== 0) continue;
      const gridColumn = Math.floor((c + 0.5) / step);
      const u = (c + 0.5) / step - gridColumn;
      const n = gridRow * columns + gridColumn;
      const x = mix(grid.x, n, columns, u, v) * toLevel - source.x;
      const y = mix(grid.y, n, columns, u, v) * toLevel - source.y;
      const [xi, yi] = [Math.floor(x), Math.floor(y)];
      if (!(xi >= 0 && yi >= 0 && xi < sw && yi < sh) || valid[yi * sw + xi] === 0) continue;
      filled[at] = 1;
      count++;
      if (!bilinear) {
        for (let b = 0; b < bands; b++)
          samples[b * planeOut + at] = samples0(source.samples, b * planeIn + yi * sw + xi);
        continue;
      }
      const x0 = Math.max(0, Math.floor(x - 0.5));
      const y0 = Math.max(0, Math.floor(y - 0.5));
      const x1 = Math.min(sw - 1, x0 + 1);
      const y1 = Math.min(sh - 1, y0 + 1);
      const fx = Math.min(1, Math.max(0, x - 0.5 - x0));
      const fy = Math.min(1, Math.max(0, y - 0.5 - y0));
      const [a, b2, c2, d] = [y0 * sw + x0, y0 * sw + x1, y1 * sw + x0, y1 * sw + x1];
      let wa = (1 - fx) * (1 - fy) * (valid[a] ?? 0);
      let wb = fx * (1 - fy) * (valid[b2] ?? 0);
      let wc = (1 - fx) * fy * (valid[c2] ?? 0);
      let wd = fx * fy * (valid[d] ?? 0);
      const sum = wa + wb + wc + wd;
      if (sum < 1e-6) {
        for (let b = 0; b < bands; b++)
          samples[b * planeOut + at] = samples0(source.samples, b * planeIn + yi * sw + xi);
        continue;
      }
      const norm = 1 / sum;
      wa *= norm;
      wb *= norm;
      wc *= norm;
      wd *= norm;
      for (let b = 0; b < bands; b++) {
        const o = b * planeIn;
        samples[b * planeOut + at] =
          wa * samples0(source.samples, o + a) +
          wb * samples0(source.samples, o + b2) +
          wc * samples0(source.samples, o + c2) +
          wd * samples0(source.samples, o + d);
      }
    }
  }
  return count;
}

const samples0 = (array: Float32Array, i: number): number => array[i] ?? 0;

function mix(nodes: Float64Array, n: number, columns: number, u: number, v: number): number {
  const top = (nodes[n] ?? 0) * (1 - u) + (nodes[n + 1] ?? 0) * u;
  const bottom = (nodes[n + columns] ?? 0) * (1 - u) + (nodes[n + columns + 1] ?? 0) * u;
  return top * (1 - v) + bottom * v;
}
