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
  const bilinear = options.resampling === "bilinear";
  const steps = stepsOf(source);
  const mask = source.valid === "all" ? undefined : source.valid;
  const row = createRow(size);
  let count = 0;
  for (let r = 0; r < height; r++) {
    locateRow(row, r, grid, { scale: 1 / options.factor, x: source.x, y: source.y });
    chooseRow(row, source, canvas.filled.subarray(r * size, (r + 1) * size), options.isDrawn);
    options.told?.(r * size, row.to.subarray(0, row.count), row.from.subarray(0, row.count));
    if (bilinear) placeRow(row, source, { ...steps, mask });
    count += row.count;
    for (let b = 0; b < bands; b++) {
      const plane = source.samples.subarray(b * planeIn, (b + 1) * planeIn);
      const out = samples.subarray(b * planeOut + r * size, b * planeOut + (r + 1) * size);
      if (!bilinear) copyRow(row, plane, out);
      else if (mask === undefined) blendRow(row, plane, steps, out);
      else blendWeighted(row, plane, steps, out);
    }
  }
  return count;
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

/** Sets the source positions of target row `r`. Between nodes the grid is bilinear, so along a row of one cell positions are equally spaced. */
export function locateRow(row: Row, r: number, grid: WarpGrid, level: { scale: number; x: number; y: number }): void {
  const { step, columns } = grid;
  const { x: xs, y: ys } = row;
  const gridRow = Math.floor((r + 0.5) / step);
  const v = (r + 0.5) / step - gridRow;
  for (let cell = 0; cell * step < xs.length; cell++) {
    const n = gridRow * columns + cell;
    const left = mix(grid.x, n, n + columns, v) * level.scale - level.x;
    const top = mix(grid.y, n, n + columns, v) * level.scale - level.y;
    const across = mix(grid.x, n + 1, n + columns + 1, v) * level.scale - level.x - left;
    const down = mix(grid.y, n + 1, n + columns + 1, v) * level.scale - level.y - top;
    const end = Math.min(xs.length, (cell + 1) * step);
    for (let c = cell * step; c < end; c++) {
      const u = (c + 0.5) / step - cell;
      xs[c] = left + across * u;
      ys[c] = top + down * u;
    }
  }
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

function mix(nodes: Float64Array, a: number, b: number, t: number): number {
  return (nodes[a] ?? 0) * (1 - t) + (nodes[b] ?? 0) * t;
}
