/**
 * Pixel to CRS coordinates: x = a column + b row + c, y = d column + e row + f, at pixel corners (rasterio's order, STAC's
 * `proj:transform` first six numbers).
 */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** CRS coordinates of a pixel position (corner convention). */
export function applyAffine(t: Affine, column: number, row: number): [x: number, y: number] {
  return [t[0] * column + t[1] * row + t[2], t[3] * column + t[4] * row + t[5]];
}

/** The inverse map, CRS to pixel. Throws RangeError when the transform is singular. */
export function invertAffine(t: Affine): Affine {
  const [a, b, c, d, e, f] = t;
  const det = a * e - b * d;
  if (!(Math.abs(det) > 0)) throw new RangeError(`Singular affine transform ${t.join(", ")}`);
  return [e / det, -b / det, (b * f - c * e) / det, -d / det, a / det, (c * d - a * f) / det];
}

/** The transform of a grid whose pixels are `factorX` by `factorY` of the old ones, same origin. */
export function scaleAffine(t: Affine, factorX: number, factorY: number): Affine {
  return [t[0] * factorX, t[1] * factorY, t[2], t[3] * factorX, t[4] * factorY, t[5]];
}

/** The transform whose pixel (0, 0) is the old one's (column, row). */
export function translateAffine(t: Affine, column: number, row: number): Affine {
  const [x, y] = applyAffine(t, column, row);
  return [t[0], t[1], x, t[3], t[4], y];
}

/** Whether two transforms put every pixel at the same place, to a thousandth of a pixel. */
export function sameAffine(a: Affine, b: Affine): boolean {
  const tolerance = Math.max(Math.abs(a[0]), Math.abs(a[1])) / 1000;
  return a.every((value, i) => Math.abs(value - (b[i] ?? 0)) < tolerance);
}
