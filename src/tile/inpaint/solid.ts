/**
 * Clear pixels are solid ground where so much of the square of 2 x SOLID_PX + 1 pixels of the full resolution around them is clear. Islands amid cloud are mostly
 * cloud that the masks missed (thin rims, bands that see a cloud in different places): what they show would stand out in a fill, or colour it.
 */
const SOLID_PX = 8;
/** What a straight edge of a cloud leaves of the square: for other dates, which take each other's place. */
export const EDGE_SHARE = 0.5;
/** What a corner leaves: for the date itself, which nothing takes the place of. */
export const CORNER_SHARE = 0.25;

/** In pixels of a level that are `factor` of the full resolution's. */
export function solidRadius(factor: number): number {
  return Math.round(SOLID_PX / factor);
}

/** 1 where at least `share` of the square around a clear pixel is clear, of what lies inside the image. */
export function solidPixels(
  clear: Uint8Array,
  width: number,
  { radius, share }: { readonly radius: number; readonly share: number },
): Uint8Array {
  if (radius === 0) return clear;
  const height = clear.length / width;
  const seen = clear.map((c) => (c === 0 ? 0 : 1));
  const across = new Float32Array(clear.length);
  for (let r = 0; r < height; r++) slide(seen, across, { start: r * width, step: 1, count: width, radius });
  const around = new Float32Array(clear.length);
  for (let c = 0; c < width; c++) slide(across, around, { start: c, step: width, count: height, radius });
  const span = (at: number, count: number): number => Math.min(count - 1, at + radius) - Math.max(0, at - radius) + 1;
  return clear.map((c, i) => {
    const area = span(i % width, width) * span(Math.floor(i / width), height);
    return c === 0 || (around[i] ?? 0) < share * area ? 0 : 1;
  });
}

interface Line {
  readonly start: number;
  readonly step: number;
  readonly count: number;
  readonly radius: number;
}

/** Sums over `radius` to both sides along a line, nothing outside. */
function slide(from: Float32Array | Uint8Array, to: Float32Array, { start, step, count, radius }: Line): void {
  const at = (i: number): number => (i < 0 || i >= count ? 0 : (from[start + i * step] ?? 0));
  let sum = 0;
  for (let i = 0; i < Math.min(radius, count); i++) sum += at(i);
  for (let i = 0; i < count; i++) {
    sum += at(i + radius) - at(i - radius - 1);
    to[start + i * step] = sum;
  }
}
