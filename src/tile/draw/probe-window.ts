import type { PixelWindow } from "../../core/raster.js";
import type { WarpGrid } from "../../geo/warp-grid.js";
import { createRow, locateRow } from "./warp-row.js";

/** What a date can add to a tile, known from its masks alone. */
export interface Probe {
  /** Tile pixels still open that the date would fill. */
  readonly count: number;
  /** Box of the level's pixels that they need, neighbours for bilinear weights included; undefined where count is 0. */
  readonly box: PixelWindow | undefined;
}

export interface ProbeSource {
  /** Of the level, pixels. */
  readonly window: PixelWindow;
  /** Which pixels of the window count; "all" where every one does. */
  readonly observations: Uint8Array | "all";
}

/** Finds what a date would fill, exactly as `warpOnto` would draw it, before any network runs. */
export function probeObservations(
  canvas: { readonly size: number; readonly height: number; readonly filled: Uint8Array },
  { window, observations }: ProbeSource,
  { grid, factor }: { readonly grid: WarpGrid; readonly factor: number },
): Probe {
  const { size, height, filled } = canvas;
  const row = createRow(size);
  let [count, left, top, right, bottom] = [0, Infinity, Infinity, -Infinity, -Infinity];
  for (let r = 0; r < height; r++) {
    locateRow(row, r, grid, { scale: 1 / factor, x: window.x, y: window.y });
    for (let c = 0; c < size; c++) {
      if (filled[r * size + c] !== 0) continue;
      const x = row.x[c] ?? Number.NaN;
      const y = row.y[c] ?? Number.NaN;
      if (!(x >= 0 && y >= 0 && x < window.width && y < window.height)) continue;
      if (observations !== "all" && observations[(y | 0) * window.width + (x | 0)] === 0) continue;
      count++;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
  }
  if (count === 0) return { count, box: undefined };
  const x = Math.max(0, Math.floor(left) - 1);
  const y = Math.max(0, Math.floor(top) - 1);
  const width = Math.min(window.width, Math.floor(right) + 2) - x;
  const boxHeight = Math.min(window.height, Math.floor(bottom) + 2) - y;
  return { count, box: { x: window.x + x, y: window.y + y, width, height: boxHeight } };
}
