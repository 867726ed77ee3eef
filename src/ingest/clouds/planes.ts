/** A plane's shape, pixels; planes are row-major. */
export interface Shape {
  readonly width: number;
  readonly height: number;
}

/** Mean over the square of `radius` around each pixel; beyond the edge its nearest pixel is repeated. */
export function boxMean(plane: Float32Array, { width, height }: Shape, radius: number): Float32Array {
  const across = new Float32Array(plane.length);
  const side = 2 * radius + 1;
  for (let r = 0; r < height; r++) {
    const row = r * width;
    const [first, last] = [plane[row] ?? 0, plane[row + width - 1] ?? 0];
    let sum = (radius + 1) * first;
    for (let c = 0; c < radius; c++) sum += plane[row + Math.min(c, width - 1)] ?? 0;
    for (let c = 0; c < width; c++) {
      sum += c + radius < width ? (plane[row + c + radius] ?? 0) : last;
      if (c > 0) sum -= c - radius - 1 >= 0 ? (plane[row + c - radius - 1] ?? 0) : first;
      else sum -= first;
      across[row + c] = sum / side;
    }
  }
  // Column sums of a row at a time, so that memory is walked in order.
  const out = new Float32Array(plane.length);
  const sums = new Float64Array(width);
  for (let k = -radius; k <= radius; k++) addRow(sums, across, Math.max(0, Math.min(height - 1, k)) * width, 1);
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) out[r * width + c] = (sums[c] ?? 0) / side;
    addRow(sums, across, Math.min(height - 1, r + radius + 1) * width, 1);
    addRow(sums, across, Math.max(0, r - radius) * width, -1);
  }
  return out;
}

function addRow(sums: Float64Array, plane: Float32Array, row: number, sign: 1 | -1): void {
  for (let c = 0; c < sums.length; c++) sums[c] = (sums[c] ?? 0) + sign * (plane[row + c] ?? 0);
}

/** Share of ones around each pixel, 0..1. */
export function shareAround(mask: Uint8Array, shape: Shape, radius: number): Float32Array {
  return boxMean(Float32Array.from(mask), shape, radius);
}

/** 1 where more than `share` of the square around is 1. */
export function majority(mask: Uint8Array, shape: Shape, { radius, share }: Window): Uint8Array {
  const shares = shareAround(mask, shape, radius);
  const out = new Uint8Array(mask.length);
  for (let i = 0; i < out.length; i++) if ((shares[i] ?? 0) > share) out[i] = 1;
  return out;
}

/** A square, and how much of it has to be 1. */
export interface Window {
  readonly radius: number;
  readonly share: number;
}

/** 1 where any pixel of the square around is 1. */
export function dilate(mask: Uint8Array, shape: Shape, radius: number): Uint8Array {
  return majority(mask, shape, { radius, share: 0.5 / (2 * radius + 1) ** 2 });
}
