import { lineNoise, random, smoothstep, type Size } from "./noise.js";

/** A place on the grid, pixels. */
export type Point = readonly [x: number, y: number];

/** A river from `from` to `to`: it heads for its mouth, swinging more the flatter the land (`swing` 0..1). Points 1 px apart. */
export function meander(
  seed: number,
  from: Point,
  to: Point,
  swing: (x: number, y: number) => number,
): readonly Point[] {
  const points: Point[] = [from];
  let [x, y] = from;
  let phase = 6.28 * random(seed, 1);
  const total = Math.hypot(to[0] - x, to[1] - y);
  for (let step = 0; step < 8 * total; step++) {
    const left = Math.hypot(to[0] - x, to[1] - y);
    if (left < 2) break;
    // A sine-generated curve (Langbein and Leopold 1966) whose wavelength and amplitude wander.
    phase += (6.28 / 95) * Math.exp(0.75 * lineNoise(seed + 1, step / 75));
    const amplitude = swing(x, y) * (0.75 + 0.75 * lineNoise(seed + 2, step / 110)) * smoothstep(0, 0.06 * total, left);
    const wander = 0.65 * lineNoise(seed + 3, step / 170) + 0.4 * lineNoise(seed + 4, step / 37);
    const angle = Math.atan2(to[1] - y, to[0] - x) + amplitude * Math.sin(phase) + wander;
    x += Math.cos(angle);
    y += Math.sin(angle);
    points.push([x, y]);
  }
  return points;
}

/** A road between two places: nearly straight, with a few soft bends. */
export function road(seed: number, from: Point, to: Point, bend: number): readonly Point[] {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  const [nx, ny] = [-(to[1] - from[1]) / length, (to[0] - from[0]) / length];
  const count = Math.ceil(length * 1.2);
  return Array.from({ length: count + 1 }, (_, i): Point => {
    const t = i / count;
    const off = bend * length * Math.sin(Math.PI * t) * (lineNoise(seed, 3 * t) + 0.4 * lineNoise(seed + 1, 9 * t));
    return [from[0] + (to[0] - from[0]) * t + nx * off, from[1] + (to[1] - from[1]) * t + ny * off];
  });
}

/** Distance of each pixel to the nearest of the points, in pixels, up to `reach`; added to what `field` holds already. */
export function stampDistance(
  field: Float32Array,
  { width, height }: Size,
  points: readonly Point[],
  reach: number,
): void {
  for (const [x, y] of points) {
    const [x0, x1] = [Math.max(0, Math.floor(x - reach)), Math.min(width - 1, Math.ceil(x + reach))];
    const [y0, y1] = [Math.max(0, Math.floor(y - reach)), Math.min(height - 1, Math.ceil(y + reach))];
    for (let r = y0; r <= y1; r++) {
      for (let c = x0; c <= x1; c++) {
        const [dx, dy] = [c + 0.5 - x, r + 0.5 - y];
        const squared = dx * dx + dy * dy;
        const at = r * width + c;
        const old = field[at] ?? 0;
        if (squared < old * old) field[at] = Math.sqrt(squared);
      }
    }
  }
}
