import { BANDS, type NativeFactors } from "../../core/bands.js";
import { STRIDE } from "../../core/geometry.js";
import { analyseLine, type BandedSystem, type LappedKernels, type PlaneSize } from "./kernels.js";

/**
 * Bands whose sensor is coarser than the image's grid by a whole factor, each native pixel repeated factor x factor times: 2 for the 20 m
 * bands on a 10 m grid, 6 for the 60 m ones. They have no detail beyond STRIDE / factor, so none is stored: a band is kept as the smooth
 * surface of low frequencies whose means over native pixels are those pixels, and decodes to these means, repeated.
 */
export type NativeFactor = 1 | 2 | 6;

/** The factor of each band, in the order of core/bands. */
export function factorsOf(native: NativeFactors | undefined): readonly NativeFactor[] {
  return BANDS.map((band) => native?.[band] ?? 1);
}

/** Frequencies a side that a band of a factor keeps. */
export function keptFrequencies(factor: NativeFactor): number {
  return factor === 1 ? STRIDE : Math.ceil(STRIDE / factor);
}

/** Where native pixels lie in a plane: the first pixel of the plane in the image. */
export interface PlanePlace extends PlaneSize {
  readonly x: number;
  readonly y: number;
}

/** Replaces each native pixel by its mean, as far as the plane shows it. */
export function averageNative(plane: Float32Array, { x, y, width, height }: PlanePlace, factor: NativeFactor): void {
  if (factor === 1) return;
  const [rows, columns] = [cellEdges(height, y, factor), cellEdges(width, x, factor)];
  for (let r = 0; r + 1 < rows.length; r++) {
    const [top, bottom] = [rows[r] ?? 0, rows[r + 1] ?? 0];
    for (let c = 0; c + 1 < columns.length; c++) {
      const [left, right] = [columns[c] ?? 0, columns[c + 1] ?? 0];
      let sum = 0;
      for (let line = top; line < bottom; line++)
        for (let i = line * width + left; i < line * width + right; i++) sum += plane[i] ?? 0;
      const mean = sum / ((bottom - top) * (right - left));
      for (let i = top * width + left; i < top * width + right; i++) plane[i] = mean;
    }
    for (let line = top + 1; line < bottom; line++) plane.copyWithin(line * width, top * width, (top + 1) * width);
  }
}

/** First pixels of the native pixels along `length` pixels, of which the first is `first` in the image; `length` at the end. */
function cellEdges(length: number, first: number, factor: NativeFactor): Int32Array {
  const edges = [0];
  for (let at = factor - (first % factor); at < length; at += factor) edges.push(at);
  return Int32Array.from([...edges, length]);
}

/**
 * Analyses a band of repeated native pixels, [height][width] digital numbers, times `weight`: coefficients at `to`, [16 columns][16 rows], that are 0 beyond
 * keptFrequencies and whose synthesis has the native pixels as means; of all such the least (float32 apart). With A the analysis of native pixels along
 * one axis, cut to the kept frequencies, they are A' (A A')^-1 of the native pixels along both (Golub and Van Loan, 5.6): A A' is banded and its
 * condition below 5, so that the native pixels are solved for first, in their own grid, and then analysed as any others.
 */
export function analyseNative(
  kernels: LappedKernels,
  pixels: Float32Array,
  at: { readonly scratch: number; readonly to: number },
  { x, y, width, height }: PlanePlace,
  { factor, weight }: { readonly factor: NativeFactor; readonly weight: number },
): void {
  const [rows, columns] = [cellEdges(height, y, factor), cellEdges(width, x, factor)];
  const padded = (edges: Int32Array): number => (edges.length + 2) & ~3;
  const [high, wide] = [padded(rows), padded(columns)];
  const cells = kernels.take(high * wide);
  const turned = kernels.take(high * wide);
  sumCells(pixels, { rows, columns, width }, weight, kernels.view(cells, high * wide), wide);
  kernels.solve(cells, wide, systemOf(height, y, factor));
  kernels.transpose(cells, high, wide, turned);
  kernels.solve(turned, high, systemOf(width, x, factor));
  kernels.transpose(turned, wide, high, cells);
  const solved = kernels.view(cells, high * wide);
  repeatCells(solved, wide, { rows, columns, width }, kernels.view(at.scratch, width * height));
  kernels.free(cells);
  kernels.analyse(at.scratch, at.to, { width, height }, keptFrequencies(factor));
}

/** Native pixels of a plane by the edges of their rows and columns. */
interface CellGrid {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly width: number;
}

/** Times the root of a native pixel's pixels its mean: an orthonormal basis of planes of native pixels. */
function sumCells(
  pixels: Float32Array,
  { rows, columns, width }: CellGrid,
  weight: number,
  out: Float32Array,
  stride: number,
): void {
  out.fill(0);
  for (let r = 0; r + 1 < rows.length; r++) {
    const [top, bottom] = [rows[r] ?? 0, rows[r + 1] ?? 0];
    for (let c = 0; c + 1 < columns.length; c++) {
      const [left, right] = [columns[c] ?? 0, columns[c + 1] ?? 0];
      let sum = 0;
      for (let line = top; line < bottom; line++)
        for (let i = line * width + left; i < line * width + right; i++) sum += pixels[i] ?? 0;
      out[r * stride + c] = (weight * sum) / Math.sqrt((bottom - top) * (right - left));
    }
  }
}

function repeatCells(
  cells: Float32Array,
  stride: number,
  { rows, columns, width }: CellGrid,
  plane: Float32Array,
): void {
  for (let r = 0; r + 1 < rows.length; r++) {
    const [top, bottom] = [rows[r] ?? 0, rows[r + 1] ?? 0];
    for (let c = 0; c + 1 < columns.length; c++) {
      const [left, right] = [columns[c] ?? 0, columns[c + 1] ?? 0];
      const value = (cells[r * stride + c] ?? 0) / Math.sqrt((bottom - top) * (right - left));
      for (let i = top * width + left; i < top * width + right; i++) plane[i] = value;
    }
    for (let line = top + 1; line < bottom; line++) plane.copyWithin(line * width, top * width, (top + 1) * width);
  }
}

const systems = new Map<string, BandedSystem>();

/** A A' of `length` pixels, a multiple of 16, factored. */
function systemOf(length: number, first: number, factor: NativeFactor): BandedSystem {
  const key = `${length} ${first % factor} ${factor}`;
  const known = systems.get(key);
  if (known !== undefined) return known;
  const made = cholesky(analysedCells(length, cellEdges(length, first, factor), keptFrequencies(factor)));
  systems.set(key, made);
  return made;
}

/** The kept frequencies of one native pixel of norm 1, from the `first` of the line on. */
interface AnalysedCell {
  readonly first: number;
  readonly values: Float64Array;
}

function analysedCells(length: number, edges: Int32Array, kept: number): readonly AnalysedCell[] {
  return Array.from({ length: edges.length - 1 }, (_, i) => {
    const [from, to] = [edges[i] ?? 0, edges[i + 1] ?? 0];
    // A pixel less than half a block from a border reaches into the block beyond it.
    const block = Math.max(0, Math.floor((from - STRIDE / 2) / STRIDE));
    const end = Math.min(length / STRIDE, Math.floor((to - 1 + STRIDE / 2) / STRIDE) + 1);
    const line = new Float64Array(STRIDE * (end - block));
    line.fill(1 / Math.sqrt(to - from), from - STRIDE * block, to - STRIDE * block);
    return { first: kept * block, values: analyseLine(line).filter((__, k) => k % STRIDE < kept) };
  });
}

function cellProduct(a: AnalysedCell, b: AnalysedCell): number {
  const [from, to] = [Math.max(a.first, b.first), Math.min(a.first + a.values.length, b.first + b.values.length)];
  let sum = 0;
  for (let i = from; i < to; i++) sum += (a.values[i - a.first] ?? 0) * (b.values[i - b.first] ?? 0);
  return sum;
}

/** The Cholesky factor of the cells' products (Golub and Van Loan, 4.3.5). */
function cholesky(cells: readonly AnalysedCell[]): BandedSystem {
  const lower = cells.map((cell, i) => {
    const before = cells.slice(0, i + 1).toReversed();
    const end = before.findIndex(({ first, values }) => first + values.length <= cell.first);
    return Float64Array.from(end < 0 ? before : before.slice(0, end), (other) => cellProduct(other, cell));
  });
  const band = Math.max(...lower.map((row) => row.length)) - 1;
  const factors = new Float32Array(cells.length * (band + 1));
  lower.forEach((row, i) => {
    // row[k] becomes L[i][i - k].
    for (let k = row.length - 1; k >= 0; k--) {
      const other = lower[i - k] ?? row;
      let sum = row[k] ?? 0;
      for (let m = k + 1; m < row.length; m++) sum -= (row[m] ?? 0) * (other[m - k] ?? 0);
      row[k] = k === 0 ? Math.sqrt(sum) : sum / (other[0] ?? 1);
    }
    factors.set(row, i * (band + 1));
    factors[i * (band + 1)] = 1 / (row[0] ?? 1);
  });
  return { rows: cells.length, band, factors };
}
