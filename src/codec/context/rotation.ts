/** Components of axes, and bands. */
const SIZE = 12;

/**
 * What turns one date's components into another's, [3][12 of `to`][12 of `from`] in 1/16384: the products of their axes
 * ([3][component][band]), summed in order of bands and rounded, so that every engine finds the same whole numbers.
 */
export function rotationBetween(from: Float32Array, to: Float32Array): Int32Array {
  const out = new Int32Array(3 * SIZE * SIZE);
  for (let i = 0; i < out.length; i++) {
    const own = Math.floor(i / SIZE) * SIZE;
    const other = (Math.floor(i / (SIZE * SIZE)) * SIZE + (i % SIZE)) * SIZE;
    let sum = 0;
    for (let band = 0; band < SIZE; band++) sum += (to[own + band] ?? 0) * (from[other + band] ?? 0);
    out[i] = Math.floor(sum * 16384 + 0.5);
  }
  return out;
}
