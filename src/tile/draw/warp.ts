import type { Resampling } from "../../render/render-spec.js";
import type { WarpGrid } from "../../geo/warp-grid.js";
import { kernelRows } from "./kernels.js";
import { createRow, locateRow, type Row, type WindowRaster } from "./warp-row.js";

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
  readonly resampling: Resampling;
  /** Not 0 = may be drawn; the others only weigh in. All valid ones unless given. */
  readonly isDrawn?: Uint8Array | undefined;
  /** Told of the pixels drawn of each row: where the row begins in the canvas, columns there, and indices of the source pixels that they fall in. */
  readonly told?: ((first: number, to: Int32Array, from: Int32Array) => void) | undefined;
}

/**
 * Draws a window's valid pixels where the canvas is still empty; returns how many pixels were filled.
 *
 * Bilinear weights are renormalised over the valid neighbours that rank no higher, and a pixel counts as valid when the source pixel that it falls in is.
 */
export function warpOnto(canvas: TileCanvas, source: WindowRaster, grid: WarpGrid, options: WarpOptions): number {
  const { size, height, samples } = canvas;
  const [planeOut, planeIn] = [size * height, source.width * source.height];
  const bands = source.bands.length;
  const { resampling } = options;
  const bilinear = resampling === "bilinear";
  const wide =
    resampling === "nearest" || resampling === "bilinear"
      ? undefined
      : kernelRows(resampling, source, { grid, factor: options.factor, size });
  const steps = stepsOf(source);
  const mask = source.valid === "all" ? undefined : source.valid;
  const row = createRow(size);
  let count = 0;
  for (let r = 0; r < height; r++) {
    locateRow(row, r, grid, { scale: 1 / options.factor, x: source.x, y: source.y });
    chooseRow(row, source, canvas.filled.subarray(r * size, (r + 1) * size), options.isDrawn);
    options.told?.(r * size, row.to.subarray(0, row.count), row.from.subarray(0, row.count));
    if (bilinear) placeRow(row, source, { ...steps, mask });
    wide?.place(row, r);
    count += row.count;
    for (let b = 0; b < bands; b++) {
      const plane = source.samples.subarray(b * planeIn, (b + 1) * planeIn);
      const out = samples.subarray(b * planeOut + r * size, b * planeOut + (r + 1) * size);
      if (wide !== undefined) wide.draw(plane, out);
      else if (!bilinear) copyRow(row, plane, out);
      else if (mask === undefined) blendRow(row, plane, steps, out);
      else blendWeighted(row, plane, steps, out);
    }
  }
  return count;
}

/** Marks the pixels that are drawn: those still empty that fall into a valid source pixel. */
function chooseRow(row: Row, source: WindowRaster, filled: Uint8Array, isDrawn?: Uint8Array): void {
  const { width, height } = source;
  const mask = isDrawn ?? (source.valid === "all" ? undefined : source.valid);
  const { x: xs, y: ys, to, from } = row;
  let count = 0;
  for (let c = 0; c < filled.length; c++) {
    const x = xs[c] ?? 0;
    const y = ys[c] ?? 0;
    // Written so that NaN, where the projection is undefined, is outside.
    if (filled[c] !== 0 || !(x >= 0 && y >= 0 && x < width && y < height)) continue;
    const at = (y | 0) * width + (x | 0);
    if (mask !== undefined && mask[at] === 0) continue;
    filled[c] = 1;
    to[count] = c;
    from[count] = at;
    count++;
  }
  row.count = count;
}

/** Replaces each drawn pixel's source by the four around it, and sets how far it is from the first of them; with a mask, what each of them weighs. */
function placeRow(row: Row, source: WindowRaster, { mask, ...steps }: Steps & Masked): void {
  const { x: xs, y: ys, to, from, fx, fy, count } = row;
  const { width } = source;
  const lastX = Math.max(0, width - 2);
  const lastY = Math.max(0, source.height - 2);
  const masked = mask && { ...steps, mask };
  for (let i = 0; i < count; i++) {
    const c = to[i] ?? 0;
    // At the window's rim the outermost pixels reach half a pixel outwards.
    const x = Math.max(0, (xs[c] ?? 0) - 0.5);
    const y = Math.max(0, (ys[c] ?? 0) - 0.5);
    const x0 = Math.min(lastX, x | 0);
    const y0 = Math.min(lastY, y | 0);
    const own = from[i] ?? 0;
    from[i] = y0 * width + x0;
    fx[i] = Math.min(1, x - x0);
    fy[i] = Math.min(1, y - y0);
    if (masked !== undefined) weigh(row, i, masked.mask[own] ?? 0, masked);
  }
}

/** The nearest of the four has the rank itself, so their weights never sum to 0. */
function weigh(row: Row, i: number, rank: number, { right, down, mask }: Steps & { readonly mask: Uint8Array }): void {
  const { from, weights } = row;
  const a = from[i] ?? 0;
  const c = a + down;
  const ma = mask[a];
  const mb = mask[a + right];
  const mc = mask[c];
  const md = mask[c + right];
  const x = row.fx[i] ?? 0;
  const y = row.fy[i] ?? 0;
  const w = 4 * i;
  weights[w] = (1 - x) * (1 - y);
  weights[w + 1] = x * (1 - y);
  weights[w + 2] = (1 - x) * y;
  weights[w + 3] = x * y;
  if (ma === rank && mb === rank && mc === rank && md === rank) return;
  let sum = 0;
  for (const [k, other] of [ma, mb, mc, md].entries()) {
    if (other === undefined || other === 0 || other > rank) weights[w + k] = 0;
    sum += weights[w + k] ?? 0;
  }
  for (let k = w; k < w + 4; k++) weights[k] = (weights[k] ?? 0) / sum;
}

function copyRow(row: Row, plane: Float32Array, out: Float32Array): void {
  const { to, from, count } = row;
  for (let i = 0; i < count; i++) out[to[i] ?? 0] = plane[from[i] ?? 0] ?? 0;
}

function blendRow(row: Row, plane: Float32Array, { right, down }: Steps, out: Float32Array): void {
  const { to, from, fx, fy, count } = row;
  for (let i = 0; i < count; i++) {
    const a = from[i] ?? 0;
    const c = a + down;
    const x = fx[i] ?? 0;
    const above = plane[a] ?? 0;
    const below = plane[c] ?? 0;
    const upper = above + ((plane[a + right] ?? 0) - above) * x;
    const lower = below + ((plane[c + right] ?? 0) - below) * x;
    out[to[i] ?? 0] = upper + (lower - upper) * (fy[i] ?? 0);
  }
}

/** As `blendRow` by the row's weights. */
function blendWeighted(row: Row, plane: Float32Array, { right, down }: Steps, out: Float32Array): void {
  const { to, from, weights, count } = row;
  for (let i = 0, w = 0; i < count; i++, w += 4) {
    const a = from[i] ?? 0;
    const c = a + down;
    out[to[i] ?? 0] =
      (weights[w] ?? 0) * (plane[a] ?? 0) +
      (weights[w + 1] ?? 0) * (plane[a + right] ?? 0) +
      (weights[w + 2] ?? 0) * (plane[c] ?? 0) +
      (weights[w + 3] ?? 0) * (plane[c + right] ?? 0);
  }
}

/** To the neighbours in a plane; 0 in a source of one column or row. */
interface Steps {
  readonly right: number;
  readonly down: number;
}

interface Masked {
  readonly mask: Uint8Array | undefined;
}

function stepsOf({ width, height }: WindowRaster): Steps {
  return { right: width > 1 ? 1 : 0, down: height > 1 ? width : 0 };
}
