/** What is fitted: a plane to another where both are known; 1 = known. */
export interface FitScene {
  readonly width: number;
  readonly height: number;
  readonly plane: Float32Array;
  readonly predicted: Float32Array;
  readonly both: Uint8Array;
}

/** Radii in cells and weights of the neighbourhoods, and the weight of gain 1 and offset 0. */
export interface FitShape {
  readonly cellPx: number;
  readonly scales: readonly { readonly radius: number; readonly weight: number }[];
  readonly prior: number;
  /** Variance that counts as noise. */
  readonly ridge: number;
  readonly gains: readonly [least: number, most: number];
}

/**
 * Gain and offset of one cell by the simplest code: weighted least squares over all known pixels, each weighted by pyramids around the cell (boxes laid
 * over boxes), the variance raised by what is noise, and drawn to gain 1 and offset 0 by the prior.
 */
export function localFit(
  { width, height, plane, predicted, both }: FitScene,
  { cellPx, scales, prior, ridge, gains }: FitShape,
  [column, row]: readonly [number, number],
): readonly [gain: number, offset: number] {
  let [n, p, q, pp, pq] = [0, 0, 0, 0, 0];
  const [across, down] = [Math.ceil(width / cellPx), Math.ceil(height / cellPx)];
  for (let i = 0; i < both.length; i++) {
    if (both[i] === 0) continue;
    const [x0, y0] = [Math.floor((i % width) / cellPx), Math.floor(Math.floor(i / width) / cellPx)];
    const weight = scales.reduce(
      (sum, { radius, weight: w }) =>
        sum +
        (w * boxesOver([x0, column], radius, across) * boxesOver([y0, row], radius, down)) / (2 * radius + 1) ** 4,
      0,
    );
    const [x, y] = [predicted[i] ?? 0, plane[i] ?? 0];
    n += weight;
    p += weight * x;
    q += weight * y;
    pp += weight * x * x;
    pq += weight * x * y;
  }
  if (n < 1e-9) return [1, 0];
  const [meanP, meanQ] = [p / n, q / n];
  const slope = (pq / n - meanP * meanQ + ridge) / (pp / n - meanP * meanP + ridge);
  const gain = Math.min(gains[1], Math.max(gains[0], slope));
  const trust = n / (n + prior);
  return [1 + trust * (gain - 1), trust * (meanQ - gain * meanP)];
}

/** The prediction at a pixel, fitted: between the centres of cells gain and offset are bilinear, beyond the outermost ones theirs. */
export function fittedAt(scene: FitScene, shape: FitShape, [column, row]: readonly [number, number]): number {
  const { width, height, predicted } = scene;
  const along = (pixel: number, size: number): readonly [number, number] => {
    const at = Math.min(Math.ceil(size / shape.cellPx) - 1, Math.max(0, (pixel + 0.5) / shape.cellPx - 0.5));
    return [Math.floor(at), at - Math.floor(at)];
  };
  const [[x, fx], [y, fy]] = [along(column, width), along(row, height)];
  let sum = 0;
  for (const [dx, dy] of [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const) {
    const weight = (dx === 0 ? 1 - fx : fx) * (dy === 0 ? 1 - fy : fy);
    if (weight === 0) continue;
    const [gain, offset] = localFit(scene, shape, [x + dx, y + dy]);
    sum += weight * (gain * (predicted[row * width + column] ?? 0) + offset);
  }
  return sum;
}

/** How many boxes of a radius, around cells that there are, hold both: a pyramid of the distance but for the image's edge. */
function boxesOver([a, b]: readonly [number, number], radius: number, cells: number): number {
  const first = Math.max(0, a - radius, b - radius);
  const last = Math.min(cells - 1, a + radius, b + radius);
  return Math.max(0, last - first + 1);
}
