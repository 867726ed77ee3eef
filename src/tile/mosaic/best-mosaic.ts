import type { PixelWindow } from "../../core/raster.js";
import { MERGED, newPlanes } from "./methods.js";
import type { Mosaic, MosaicLayer, MosaicResult, MosaicSize } from "./mosaic.js";

/**
 * The clear observation with the best score: nearness in time, distance from clouds and absence of haze, a third each, as the best-available-pixel
 * scores of White et al. (2014, "Pixel-based image compositing for large-area dense time series"), with the haze optimised transform of
 * Zhu and Woodcock (2012) for opacity.
 */
export class BestMosaic implements Mosaic {
  private readonly planes: readonly Float32Array[];
  private readonly scores: Float32Array;
  private readonly chosen: Uint8Array;
  private readonly width: number;
  private fed = 0;

  constructor(size: MosaicSize) {
    this.width = size.width;
    this.planes = newPlanes(size);
    this.scores = new Float32Array(size.pixels);
    this.chosen = new Uint8Array(size.pixels);
  }

  feed(layer: MosaicLayer): void {
    this.fed = Math.min(this.fed + 1, MERGED - 1);
    const { planes, valid, blue, red, days } = layer;
    const distances = distanceToHoles(valid, this.width);
    const time = nearness(days);
    for (let i = 0; i < valid.length; i++) {
      if (valid[i] === 0) continue;
      const haze = blue === undefined || red === undefined ? 0 : (blue[i] ?? 0) - 0.5 * (red[i] ?? 0) - CLEAR_HOT;
      const clearness = 1 / (1 + Math.exp(haze / HAZE_SCALE));
      const near = 1 / (1 + Math.exp(-0.2 * ((distances[i] ?? 0) - FAR_PX / 2)));
      const score = time + near + clearness;
      if (this.chosen[i] !== 0 && score <= (this.scores[i] ?? 0)) continue;
      this.scores[i] = score;
      this.chosen[i] = this.fed;
      for (const [p, plane] of this.planes.entries()) plane[i] = planes[p]?.[i] ?? 0;
    }
  }

  /** Whether dates at least so many days off change no pixel of a window: however clear they are and far from clouds, which count less than 1 each. */
  isDone(days: number, { x, y, width, height }: PixelWindow): boolean {
    const most = nearness(days) + 2;
    for (let r = y; r < y + height; r++)
      for (let i = r * this.width + x; i < r * this.width + x + width; i++)
        if (this.chosen[i] === 0 || (this.scores[i] ?? 0) < most) return false;
    return true;
  }

  result(): MosaicResult {
    return { planes: this.planes, chosen: this.chosen };
  }
}

function nearness(days: number): number {
  return Math.exp(-0.5 * (days / TIME_SIGMA_DAYS) ** 2);
}

/** An observation this many days off counts 0.61 for time. */
const TIME_SIGMA_DAYS = 30;
/** Distance from a cloud, tile pixels, at which an observation counts as far from it. */
export const FAR_PX = 50;
/** Blue - red / 2 of clear ground and its spread, digital numbers. */
const CLEAR_HOT = 400;
const HAZE_SCALE = 100;

/** Distance of each pixel to the next hole within the tile, pixels, 0 in holes, by two chamfer passes (1 and 1.41); FAR_PX at most. */
export function distanceToHoles(valid: Uint8Array, width: number): Float32Array {
  const distance = Float32Array.from(valid, (v) => (v === 0 ? 0 : FAR_PX));
  const at = (i: number): number => distance[i] ?? FAR_PX;
  for (let i = 0; i < distance.length; i++) {
    const c = i % width;
    let d = at(i);
    if (c > 0) d = Math.min(d, at(i - 1) + 1, i >= width ? at(i - width - 1) + Math.SQRT2 : d);
    if (i >= width) d = Math.min(d, at(i - width) + 1, c < width - 1 ? at(i - width + 1) + Math.SQRT2 : d);
    distance[i] = d;
  }
  for (let i = distance.length - 1; i >= 0; i--) {
    const c = i % width;
    const below = i + width < distance.length;
    let d = at(i);
    if (c < width - 1) d = Math.min(d, at(i + 1) + 1, below ? at(i + width + 1) + Math.SQRT2 : d);
    if (below) d = Math.min(d, at(i + width) + 1, c > 0 ? at(i + width - 1) + Math.SQRT2 : d);
    distance[i] = d;
  }
  return distance;
}
