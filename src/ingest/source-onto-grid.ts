import { UnsupportedError } from "../core/errors.js";
import type { PixelWindow } from "../core/raster.js";
import { invertAffine, type Affine } from "../geo/affine.js";
import { unwrapLongitudes } from "../geo/crs.js";
import type { SourceGrid } from "./source.js";
import type { RasterFile } from "./raster-file.js";
import type { Samples } from "./source-tiff-block.js";

/** From a grid's pixels to another image's, both axis-aligned: position = step x pixel + start, pixel corners. */
export interface GridMapping {
  readonly stepX: number;
  readonly startX: number;
  readonly stepY: number;
  readonly startY: number;
}

interface GridShape {
  readonly width: number;
  readonly height: number;
  readonly transform: Affine | undefined;
}

/**
 * How a 20 m or 60 m image lies under a 10 m grid of the same CRS; by the sizes' ratio where one has no georeference.
 *
 * @throws UnsupportedError when one is rotated against the other.
 */
export function mapGrid(target: GridShape, source: GridShape, what: string): GridMapping {
  if (target.transform === undefined || source.transform === undefined) {
    return { stepX: source.width / target.width, startX: 0, stepY: source.height / target.height, startY: 0 };
  }
  const [a, b, c, d, e, f] = target.transform;
  const inverse = invertAffine(source.transform);
  const rotated = Math.abs(inverse[0] * b + inverse[1] * e) + Math.abs(inverse[3] * a + inverse[4] * d);
  if (rotated > 1e-6)
    throw new UnsupportedError(`${what} is rotated against the 10 m grid; wanted grids of one orientation`);
  return {
    stepX: inverse[0] * a + inverse[1] * d,
    startX: inverse[0] * c + inverse[1] * f + inverse[2],
    stepY: inverse[3] * b + inverse[4] * e,
    startY: inverse[3] * c + inverse[4] * f + inverse[5],
  };
}

/** A grid in degrees beyond or across 180 as one that the rest can place: see unwrapLongitudes. */
export function unwrapped(grid: SourceGrid): SourceGrid {
  const { transform, crs, width } = grid;
  if (transform === undefined || crs === undefined) return grid;
  const moved = unwrapLongitudes({ transform, crs, width });
  return { ...grid, ...moved, geoKeys: moved.crs === crs ? grid.geoKeys : undefined };
}

/** True when every target pixel is exactly one source pixel. */
export function isSameGrid(mapping: GridMapping): boolean {
  const off =
    Math.abs(mapping.startX - Math.round(mapping.startX)) + Math.abs(mapping.startY - Math.round(mapping.startY));
  return Math.abs(mapping.stepX - 1) < 1e-9 && Math.abs(mapping.stepY - 1) < 1e-9 && off < 1e-6;
}

export interface GridRead {
  readonly file: RasterFile;
  readonly sample: number;
  readonly mapping: GridMapping;
  /** In pixels of the target grid. */
  readonly window: PixelWindow;
  /** What stands for "no data", in the source and in the result; 0. */
  readonly nodata?: number;
  readonly signal?: AbortSignal;
}

/** The value of the source pixel under each target pixel's centre; nodata outside the source. Length = height x width. */
export async function readNearest(read: GridRead): Promise<Float32Array> {
  const { window, mapping, nodata = 0 } = read;
  const out = new Float32Array(window.width * window.height).fill(nodata);
  const patch = await readPatch(read);
  if (patch === undefined) return out;
  const columns = positions(window.x, window.width, mapping.stepX, mapping.startX);
  const rows = positions(window.y, window.height, mapping.stepY, mapping.startY);
  for (let r = 0; r < window.height; r++) {
    const y = Math.floor(rows[r] ?? 0) - patch.y;
    if (y < 0 || y >= patch.height) continue;
    for (let c = 0; c < window.width; c++) {
      const x = Math.floor(columns[c] ?? 0) - patch.x;
      if (x >= 0 && x < patch.width) out[r * window.width + c] = patch.samples[y * patch.width + x] ?? nodata;
    }
  }
  return out;
}

/**
 * Bilinear between source pixel centres, replicated over the outer half pixel; nodata outside the source.
 *
 * Source pixels without data take no part, and the weights of the others are made to add up to 1, so that a swath's edge is not
 * darkened; a target pixel whose own source pixel has no data has none, so that neither does it grow.
 */
export async function readBilinear(read: GridRead): Promise<Float32Array> {
  const { window, mapping, nodata = 0 } = read;
  const out = new Float32Array(window.width * window.height).fill(nodata);
  const patch = await readPatch(read);
  if (patch === undefined) return out;
  const columns = taps(positions(window.x, window.width, mapping.stepX, mapping.startX), patch.x, patch.width);
  const rows = taps(positions(window.y, window.height, mapping.stepY, mapping.startY), patch.y, patch.height);
  const { samples, width } = patch;
  for (let r = 0; r < window.height; r++) {
    const wy = rows.weight[r] ?? 0;
    if (wy < 0) continue;
    const top = (rows.low[r] ?? 0) * width;
    const bottom = (rows.high[r] ?? 0) * width;
    for (let c = 0; c < window.width; c++) {
      const wx = columns.weight[c] ?? 0;
      if (wx < 0) continue;
      const left = columns.low[c] ?? 0;
      const right = columns.high[c] ?? 0;
      const v00 = samples[top + left] ?? 0;
      const v01 = samples[top + right] ?? 0;
      const v10 = samples[bottom + left] ?? 0;
      const v11 = samples[bottom + right] ?? 0;
      const [upper, lower] = wx < 0.5 ? [v00, v10] : [v01, v11];
      if ((wy < 0.5 ? upper : lower) === nodata) continue;
      const w00 = v00 === nodata ? 0 : (1 - wx) * (1 - wy);
      const w01 = v01 === nodata ? 0 : wx * (1 - wy);
      const w10 = v10 === nodata ? 0 : (1 - wx) * wy;
      const w11 = v11 === nodata ? 0 : wx * wy;
      const sum = w00 + w01 + w10 + w11;
      out[r * window.width + c] = (v00 * w00 + v01 * w01 + v10 * w10 + v11 * w11) / sum;
    }
  }
  return out;
}

interface Patch extends PixelWindow {
  readonly samples: Samples;
}

/** The source pixels that the target window needs, with one around them; undefined where none overlap. */
async function readPatch({ file, sample, mapping, window, signal }: GridRead): Promise<Patch | undefined> {
  const [x0, x1] = span(window.x, window.width, mapping.stepX, mapping.startX);
  const [y0, y1] = span(window.y, window.height, mapping.stepY, mapping.startY);
  const x = Math.max(0, x0);
  const y = Math.max(0, y0);
  const patch = { x, y, width: Math.min(file.width, x1) - x, height: Math.min(file.height, y1) - y };
  if (patch.width <= 0 || patch.height <= 0) return undefined;
  const [samples] = await file.read(patch, [sample], signal);
  return samples === undefined ? undefined : { ...patch, samples };
}

function span(first: number, count: number, step: number, start: number): [number, number] {
  const ends = [first * step + start, (first + count) * step + start];
  return [Math.floor(Math.min(...ends)) - 1, Math.ceil(Math.max(...ends)) + 1];
}

/** Where target pixels' centres lie in the source, corner convention. Rounded, so that 4.9999999 does not become pixel 4. */
function positions(first: number, count: number, step: number, start: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => Math.round(((first + i + 0.5) * step + start) * 1e6) / 1e6);
}

interface Taps {
  readonly low: Int32Array;
  readonly high: Int32Array;
  /** Of `high`; -1 outside the source. */
  readonly weight: Float64Array;
}

/** The two pixels, as indices in the patch, on either side of each position. */
function taps(at: Float64Array, first: number, count: number): Taps {
  const low = new Int32Array(at.length);
  const high = new Int32Array(at.length);
  const weight = new Float64Array(at.length);
  for (let i = 0; i < at.length; i++) {
    const position = (at[i] ?? 0) - first;
    const centre = position - 0.5;
    const below = Math.floor(centre);
    low[i] = Math.min(count - 1, Math.max(0, below));
    high[i] = Math.min(count - 1, Math.max(0, below + 1));
    weight[i] = position < 0 || position > count ? -1 : centre - below;
  }
  return { low, high, weight };
}
