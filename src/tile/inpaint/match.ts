/** A band of an image and what other dates predict of it; `both` is 1 where the image was seen and predicted. */
export interface Matching {
  readonly width: number;
  readonly height: number;
  readonly plane: Float32Array;
  readonly predicted: Float32Array;
  readonly both: Uint8Array;
}

/** Sums are kept for square cells of so many pixels a side: the fit is smoother than that anyway. */
const CELL_PX = 4;
/** Radii of the neighbourhoods that a fit looks at, cells, and what each weighs: a far one counts where near pixels are few. */
const SCALES = [
  { radius: 2, weight: 1 },
  { radius: 9, weight: 0.1 },
  { radius: 75, weight: 0.01 },
] as const;
/** Pulls the gain to 1 where the neighbourhood is flat: variance of what is not told apart from noise, digital numbers squared. */
const RIDGE = 100 ** 2;
const GAIN = [0.5, 2] as const;

/**
 * The prediction with a gain and an offset that make it fit the image around each pixel: least squares over the pixels that both know,
 * near ones first. At least one must be known.
 */
export function matchToImage(matching: Matching): Float32Array {
  const { width, height, predicted } = matching;
  const cells = { width: Math.ceil(width / CELL_PX), height: Math.ceil(height / CELL_PX) };
  const { gain, offset } = fitCells(sumCells(matching, cells), cells);
  const matched = new Float32Array(predicted.length);
  for (let r = 0; r < height; r++) {
    const [top, fy] = between(r, cells.height);
    for (let c = 0; c < width; c++) {
      const [left, fx] = between(c, cells.width);
      const at = top * cells.width + left;
      const right = left + 1 < cells.width ? 1 : 0;
      const down = top + 1 < cells.height ? cells.width : 0;
      const mix = (of: Float64Array): number => {
        const upper = (of[at] ?? 0) * (1 - fx) + (of[at + right] ?? 0) * fx;
        const lower = (of[at + down] ?? 0) * (1 - fx) + (of[at + down + right] ?? 0) * fx;
        return upper * (1 - fy) + lower * fy;
      };
      matched[r * width + c] = mix(gain) * (predicted[r * width + c] ?? 0) + mix(offset);
    }
  }
  return matched;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The cell before a pixel's centre, and how far that lies towards the next. */
function between(pixel: number, cells: number): readonly [cell: number, fraction: number] {
  const position = Math.min(cells - 1, Math.max(0, (pixel + 0.5) / CELL_PX - 0.5));
  const cell = Math.floor(position);
  return [cell, position - cell];
}

/** Per cell, over the pixels that both know: count, sums of prediction and image, of the prediction's square, of their product. */
function sumCells({ width, plane, predicted, both }: Matching, cells: Size): readonly Float64Array[] {
  const sums = Array.from({ length: 5 }, () => new Float64Array(cells.width * cells.height));
  const [n, p, q, pp, pq] = sums as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  for (let i = 0; i < plane.length; i++) {
    if (both[i] === 0) continue;
    const at = Math.floor(Math.floor(i / width) / CELL_PX) * cells.width + Math.floor((i % width) / CELL_PX);
    const x = predicted[i] ?? 0;
    const y = plane[i] ?? 0;
    n[at] = (n[at] ?? 0) + 1;
    p[at] = (p[at] ?? 0) + x;
    q[at] = (q[at] ?? 0) + y;
    pp[at] = (pp[at] ?? 0) + x * x;
    pq[at] = (pq[at] ?? 0) + x * y;
  }
  return sums;
}

/** Gain and offset of each cell from the sums of its neighbourhoods. */
function fitCells(sums: readonly Float64Array[], cells: Size): { gain: Float64Array; offset: Float64Array } {
  const [n, p, q, pp, pq] = sums.map((sum) => spread(sum, cells));
  const gain = new Float64Array(cells.width * cells.height).fill(1);
  const offset = new Float64Array(gain.length);
  for (let i = 0; i < gain.length; i++) {
    const count = n?.[i] ?? 0;
    if (count <= 0) continue;
    const meanP = (p?.[i] ?? 0) / count;
    const meanQ = (q?.[i] ?? 0) / count;
    const variance = Math.max(0, (pp?.[i] ?? 0) / count - meanP * meanP);
    const covariance = (pq?.[i] ?? 0) / count - meanP * meanQ;
    const slope = Math.min(GAIN[1], Math.max(GAIN[0], (covariance + RIDGE) / (variance + RIDGE)));
    gain[i] = slope;
    offset[i] = meanQ - slope * meanP;
  }
  return { gain, offset };
}

/** The weighted sum over all neighbourhoods. Each is a box applied twice, a pyramid: no square edges show in the fit. */
function spread(sum: Float64Array, cells: Size): Float64Array {
  const out = new Float64Array(sum.length);
  for (const { radius, weight } of SCALES) {
    const twice = boxes(boxes(sum, cells, radius), cells, radius);
    for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) + weight * (twice[i] ?? 0);
  }
  return out;
}

/** Sum over the square around each cell, nothing outside, per cell of the square. */
function boxes(values: Float64Array, { width, height }: Size, radius: number): Float64Array {
  const stride = width + 1;
  const table = new Float64Array(stride * (height + 1));
  for (let r = 0; r < height; r++) {
    let row = 0;
    for (let c = 0; c < width; c++) {
      row += values[r * width + c] ?? 0;
      table[(r + 1) * stride + c + 1] = (table[r * stride + c + 1] ?? 0) + row;
    }
  }
  const out = new Float64Array(values.length);
  for (let r = 0; r < height; r++) {
    const top = Math.max(0, r - radius) * stride;
    const bottom = Math.min(height, r + radius + 1) * stride;
    for (let c = 0; c < width; c++) {
      const left = Math.max(0, c - radius);
      const right = Math.min(width, c + radius + 1);
      const sum =
        (table[bottom + right] ?? 0) -
        (table[bottom + left] ?? 0) -
        (table[top + right] ?? 0) +
        (table[top + left] ?? 0);
      out[r * width + c] = sum / (2 * radius + 1) ** 2;
    }
  }
  return out;
}
