/** A band of an image and what other dates predict of it; `both` is 1 where the image was seen and predicted. */
export interface Matching {
  readonly width: number;
  readonly height: number;
  readonly plane: Float32Array;
  readonly predicted: Float32Array;
  readonly both: Uint8Array;
}

/** Sums over square cells of the pixels that both know: count, sums of prediction and image, of the prediction's square, of their product. */
export interface CellSums {
  readonly width: number;
  readonly height: number;
  readonly sums: readonly [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
}

/** Of each cell, row-major. */
export interface CellFit {
  readonly width: number;
  readonly height: number;
  readonly gain: Float64Array;
  readonly offset: Float64Array;
}

export interface FitOptions {
  /** Radii of the neighbourhoods that a fit looks at, cells, and what each weighs: a far one counts where near pixels are few. */
  readonly scales: readonly { readonly radius: number; readonly weight: number }[];
  /** What gain 1 and offset 0 weigh against the pixels found, in pixels a cell of the nearest neighbourhood. */
  readonly prior: number;
}

/** Pulls the gain to 1 where the neighbourhood is flat: variance of what is not told apart from noise, digital numbers squared. */
const RIDGE = 100 ** 2;
const GAIN = [0.5, 2] as const;
/** Side of a cell, pixels: the fit is smoother than that anyway. */
const CELL_PX = 4;
/** Two boxes of the far radius, the cell itself and the interpolation between cells reach 48 pixels: no further than a chunk's halo. */
export const LOCAL: FitOptions = {
  scales: [
    { radius: 2, weight: 1 },
    { radius: 5, weight: 0.1 },
  ],
  prior: 0.05,
};

/**
 * The prediction with a gain and an offset that make it fit the image around each pixel: least squares over the pixels that both know within
 * 48, near ones first; as it is where there are none. The plane's first pixel must lie on a multiple of 4 of its grid.
 */
export function matchToImage(matching: Matching, options: FitOptions = LOCAL): Float32Array {
  const { width, height, predicted } = matching;
  const cells = fitCells(cellSums(matching, CELL_PX), options);
  const { gain, offset } = cells;
  const matched = new Float32Array(predicted.length);
  for (let r = 0; r < height; r++) {
    const [top, fy] = between(r, cells.height);
    const down = top + 1 < cells.height ? cells.width : 0;
    for (let c = 0; c < width; c++) {
      const [left, fx] = between(c, cells.width);
      const at = top * cells.width + left;
      const right = left + 1 < cells.width ? 1 : 0;
      const [wa, wb, wc, wd] = [(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy];
      const slope =
        wa * (gain[at] ?? 1) +
        wb * (gain[at + right] ?? 1) +
        wc * (gain[at + down] ?? 1) +
        wd * (gain[at + down + right] ?? 1);
      const base =
        wa * (offset[at] ?? 0) +
        wb * (offset[at + right] ?? 0) +
        wc * (offset[at + down] ?? 0) +
        wd * (offset[at + down + right] ?? 0);
      matched[r * width + c] = slope * (predicted[r * width + c] ?? 0) + base;
    }
  }
  return matched;
}

/** The cell before a pixel's centre, and how far that lies towards the next. */
function between(pixel: number, cells: number): readonly [cell: number, fraction: number] {
  const position = Math.min(cells - 1, Math.max(0, (pixel + 0.5) / CELL_PX - 0.5));
  const cell = Math.floor(position);
  return [cell, position - cell];
}

/** Sums of cells of `cellPx` pixels a side. */
export function cellSums({ width, height, plane, predicted, both }: Matching, cellPx: number): CellSums {
  const [across, down] = [Math.ceil(width / cellPx), Math.ceil(height / cellPx)];
  const sum = (): Float64Array => new Float64Array(across * down);
  const [n, p, q, pp, pq] = [sum(), sum(), sum(), sum(), sum()];
  for (let r = 0, i = 0; r < height; r++) {
    const row = Math.floor(r / cellPx) * across;
    for (let c = 0; c < width; c++, i++) {
      if (both[i] === 0) continue;
      const at = row + Math.floor(c / cellPx);
      const x = predicted[i] ?? 0;
      const y = plane[i] ?? 0;
      n[at] = (n[at] ?? 0) + 1;
      p[at] = (p[at] ?? 0) + x;
      q[at] = (q[at] ?? 0) + y;
      pp[at] = (pp[at] ?? 0) + x * x;
      pq[at] = (pq[at] ?? 0) + x * y;
    }
  }
  return { width: across, height: down, sums: [n, p, q, pp, pq] };
}

/** Gain and offset of each cell from the sums of its neighbourhoods. */
export function fitCells({ sums, ...cells }: CellSums, { scales, prior }: FitOptions): CellFit {
  const [n, p, q, pp, pq] = sums.map((sum) => spread(sum, cells, scales));
  const gain = new Float64Array(cells.width * cells.height).fill(1);
  const offset = new Float64Array(gain.length);
  for (let i = 0; i < gain.length; i++) {
    const count = n?.[i] ?? 0;
    if (count <= 1e-9) continue;
    const meanP = (p?.[i] ?? 0) / count;
    const meanQ = (q?.[i] ?? 0) / count;
    const variance = Math.max(0, (pp?.[i] ?? 0) / count - meanP * meanP);
    const covariance = (pq?.[i] ?? 0) / count - meanP * meanQ;
    const slope = Math.min(GAIN[1], Math.max(GAIN[0], (covariance + RIDGE) / (variance + RIDGE)));
    const trust = count / (count + prior);
    gain[i] = 1 + trust * (slope - 1);
    offset[i] = trust * (meanQ - slope * meanP);
  }
  return { ...cells, gain, offset };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The weighted sum over all neighbourhoods. Each is a box applied twice, a pyramid: no square edges show in the fit. */
function spread(sum: Float64Array, cells: Size, scales: FitOptions["scales"]): Float64Array {
  const out = new Float64Array(sum.length);
  for (const { radius, weight } of scales) {
    const twice = boxes(boxes(sum, cells, radius), cells, radius);
    for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) + weight * (twice[i] ?? 0);
  }
  return out;
}

/** Sum over the square around each cell, nothing outside, per cell of the square: along rows, then along columns. */
function boxes(values: Float64Array, { width, height }: Size, radius: number): Float64Array {
  const across = new Float64Array(values.length);
  for (let r = 0; r < height; r++) slide(values, across, { start: r * width, step: 1, count: width, radius });
  const out = new Float64Array(values.length);
  for (let c = 0; c < width; c++) slide(across, out, { start: c, step: width, count: height, radius });
  const area = (2 * radius + 1) ** 2;
  for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) / area;
  return out;
}

function slide(
  from: Float64Array,
  to: Float64Array,
  {
    start,
    step,
    count,
    radius,
  }: { readonly start: number; readonly step: number; readonly count: number; readonly radius: number },
): void {
  const at = (i: number): number => (i < 0 || i >= count ? 0 : (from[start + i * step] ?? 0));
  let sum = 0;
  for (let i = 0; i < Math.min(radius, count); i++) sum += at(i);
  for (let i = 0; i < count; i++) {
    sum += at(i + radius) - at(i - radius - 1);
    to[start + i * step] = Math.max(0, sum);
  }
}
