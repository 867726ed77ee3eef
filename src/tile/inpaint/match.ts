/** A band of an image and what other dates predict of it; `both` is 1 where the image was seen and predicted. */
export interface Matching {
  readonly width: number;
  readonly height: number;
  readonly plane: Float32Array;
  readonly predicted: Float32Array;
  readonly both: Uint8Array;
}

/** Radii of the neighbourhoods that a fit looks at, pixels, and what each weighs: a far one counts where near pixels are few. */
const SCALES = [
  { radius: 10, weight: 1 },
  { radius: 36, weight: 0.1 },
  { radius: 300, weight: 0.01 },
] as const;
/** Pulls the gain to 1 where the neighbourhood is flat: variance of what is not told apart from noise, digital numbers squared. */
const RIDGE = 100 ** 2;
const GAIN = [0.5, 2] as const;

/**
 * The prediction with a gain and an offset that make it fit the image around each pixel: least squares over the pixels that both know,
 * near ones first. At least one must be known.
 */
export function matchToImage({ width, height, plane, predicted, both }: Matching): Float32Array {
  const pixels = width * height;
  const sums = Array.from({ length: 5 }, () => new Float64Array(pixels));
  const values = [
    (i: number) => both[i] ?? 0,
    (i: number) => (both[i] ?? 0) * (predicted[i] ?? 0),
    (i: number) => (both[i] ?? 0) * (plane[i] ?? 0),
    (i: number) => (both[i] ?? 0) * (predicted[i] ?? 0) ** 2,
    (i: number) => (both[i] ?? 0) * (predicted[i] ?? 0) * (plane[i] ?? 0),
  ];
  values.forEach((value, v) => {
    const sum = sums[v] ?? new Float64Array();
    const once = integrate({ width, height }, value);
    for (const { radius, weight } of SCALES) {
      // Twice the box is a pyramid: no square edges show in the fit.
      const box = new Float64Array(pixels);
      addBoxes(box, once, { width, height, radius, weight: 1 });
      addBoxes(
        sum,
        integrate({ width, height }, (i) => box[i] ?? 0),
        { width, height, radius, weight },
      );
    }
  });
  const [n, p, q, pp, pq] = sums;
  const matched = new Float32Array(pixels);
  for (let i = 0; i < pixels; i++) {
    const count = n?.[i] ?? 0;
    if (count <= 0) {
      matched[i] = predicted[i] ?? 0;
      continue;
    }
    const meanP = (p?.[i] ?? 0) / count;
    const meanQ = (q?.[i] ?? 0) / count;
    const variance = Math.max(0, (pp?.[i] ?? 0) / count - meanP * meanP);
    const covariance = (pq?.[i] ?? 0) / count - meanP * meanQ;
    const gain = Math.min(GAIN[1], Math.max(GAIN[0], (covariance + RIDGE) / (variance + RIDGE)));
    matched[i] = meanQ + gain * ((predicted[i] ?? 0) - meanP);
  }
  return matched;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Summed-area table with a row and a column of zeros before. */
function integrate({ width, height }: Size, value: (i: number) => number): Float64Array {
  const table = new Float64Array((width + 1) * (height + 1));
  for (let r = 0; r < height; r++) {
    let row = 0;
    for (let c = 0; c < width; c++) {
      row += value(r * width + c);
      table[(r + 1) * (width + 1) + c + 1] = (table[r * (width + 1) + c + 1] ?? 0) + row;
    }
  }
  return table;
}

/** Adds the weighted mean over a square around each pixel, outside counting as nothing. */
function addBoxes(
  out: Float64Array,
  table: Float64Array,
  { width, height, radius, weight }: Size & { readonly radius: number; readonly weight: number },
): void {
  const stride = width + 1;
  const share = weight / (2 * radius + 1) ** 2;
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
      out[r * width + c] = (out[r * width + c] ?? 0) + sum * share;
    }
  }
}
