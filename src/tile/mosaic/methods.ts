import type { Mosaic, MosaicLayer, MosaicResult, MosaicSize } from "./mosaic.js";

/** Of MosaicResult.chosen: several layers went into the pixel. */
export const MERGED = 255;

/** Plane by plane the highest (sign 1) or lowest (-1) value: a pixel may mix dates, as in TiTiler. */
export class ExtremeMosaic implements Mosaic {
  private readonly planes: readonly Float32Array[];
  private readonly chosen: Uint8Array;
  private readonly sign: 1 | -1;

  constructor(size: MosaicSize, sign: 1 | -1) {
    this.sign = sign;
    this.planes = newPlanes(size);
    this.chosen = new Uint8Array(size.pixels);
  }

  feed({ planes, valid }: MosaicLayer): void {
    for (const [p, plane] of this.planes.entries()) {
      const values = planes[p] ?? NOTHING;
      for (let i = 0; i < plane.length; i++) {
        if (valid[i] === 0) continue;
        if (this.chosen[i] === 0 || ((values[i] ?? 0) - (plane[i] ?? 0)) * this.sign > 0) plane[i] = values[i] ?? 0;
      }
    }
    for (let i = 0; i < valid.length; i++) if (valid[i] !== 0) this.chosen[i] = MERGED;
  }

  result(): MosaicResult {
    return { planes: this.planes, chosen: this.chosen };
  }
}

/** Mean or standard deviation (of the population) of the valid observations, by Welford's recurrence: exact in one pass. */
export class MeanMosaic implements Mosaic {
  private readonly means: readonly Float32Array[];
  private readonly squares: readonly Float32Array[];
  private readonly counts: Uint16Array;
  private readonly kind: "mean" | "stdev";

  constructor(size: MosaicSize, kind: "mean" | "stdev") {
    this.kind = kind;
    this.means = newPlanes(size);
    this.squares = kind === "stdev" ? newPlanes(size) : [];
    this.counts = new Uint16Array(size.pixels);
  }

  feed({ planes, valid }: MosaicLayer): void {
    for (let i = 0; i < valid.length; i++) if (valid[i] !== 0) this.counts[i] = (this.counts[i] ?? 0) + 1;
    for (const [p, mean] of this.means.entries()) {
      const values = planes[p] ?? NOTHING;
      const square = this.squares[p];
      for (let i = 0; i < mean.length; i++) {
        if (valid[i] === 0) continue;
        const before = (values[i] ?? 0) - (mean[i] ?? 0);
        mean[i] = (mean[i] ?? 0) + before / (this.counts[i] ?? 1);
        if (square !== undefined) square[i] = (square[i] ?? 0) + before * ((values[i] ?? 0) - (mean[i] ?? 0));
      }
    }
  }

  result(): MosaicResult {
    const chosen = Uint8Array.from(this.counts, (n) => (n === 0 ? 0 : MERGED));
    if (this.kind === "mean") return { planes: this.means, chosen };
    const planes = this.squares.map((square) =>
      square.map((sum, i) => Math.sqrt(sum / Math.max(1, this.counts[i] ?? 1))),
    );
    return { planes, chosen };
  }
}

/** Plane by plane the median of the valid observations; of an even number the mean of the middle two. */
export class MedianMosaic implements Mosaic {
  private readonly layers: MosaicLayer[] = [];
  private readonly size: MosaicSize;

  constructor(size: MosaicSize) {
    this.size = size;
  }

  feed(layer: MosaicLayer): void {
    this.layers.push(layer);
  }

  result(): MosaicResult {
    const planes = newPlanes(this.size);
    const chosen = new Uint8Array(this.size.pixels);
    const values = new Float64Array(this.layers.length);
    const observed = new Uint16Array(this.layers.length);
    for (let i = 0; i < this.size.pixels; i++) {
      let count = 0;
      for (let k = 0; k < this.layers.length; k++) if (this.layers[k]?.valid[i] !== 0) observed[count++] = k;
      if (count === 0) continue;
      chosen[i] = MERGED;
      for (let p = 0; p < planes.length; p++) {
        const plane = planes[p];
        if (plane === undefined) continue;
        for (let k = 0; k < count; k++) insertSorted(values, k, this.layers[observed[k] ?? 0]?.planes[p]?.[i] ?? 0);
        const upper = values[count >> 1] ?? 0;
        plane[i] = count % 2 === 1 ? upper : ((values[(count >> 1) - 1] ?? 0) + upper) / 2;
      }
    }
    return { planes, chosen };
  }
}

/** How many observations each pixel has, on one plane; every pixel counts as drawn, as in TiTiler. */
export class CountMosaic implements Mosaic {
  private readonly counts: Float32Array;

  constructor({ pixels }: MosaicSize) {
    this.counts = new Float32Array(pixels);
  }

  feed({ valid }: MosaicLayer): void {
    for (let i = 0; i < valid.length; i++) if (valid[i] !== 0) this.counts[i] = (this.counts[i] ?? 0) + 1;
  }

  result(): MosaicResult {
    return { planes: [this.counts], chosen: new Uint8Array(this.counts.length).fill(MERGED) };
  }
}

/** The whole pixel of the date whose last plane wins by `isBetter`; that plane is left out of the result. */
export class ChooseMosaic implements Mosaic {
  private readonly planes: readonly Float32Array[];
  private readonly deciding: Float32Array;
  private readonly chosen: Uint8Array;
  private readonly isBetter: (value: number, best: number) => boolean;
  private fed = 0;

  constructor(size: MosaicSize, isBetter: (value: number, best: number) => boolean) {
    this.isBetter = isBetter;
    this.planes = newPlanes({ ...size, planes: size.planes - 1 });
    this.deciding = new Float32Array(size.pixels);
    this.chosen = new Uint8Array(size.pixels);
  }

  feed({ planes, valid }: MosaicLayer): void {
    this.fed = Math.min(this.fed + 1, MERGED - 1);
    const last = planes.at(-1) ?? NOTHING;
    for (let i = 0; i < valid.length; i++) {
      if (valid[i] === 0) continue;
      const value = last[i] ?? 0;
      if (this.chosen[i] !== 0 && !this.isBetter(value, this.deciding[i] ?? 0)) continue;
      this.deciding[i] = value;
      this.chosen[i] = this.fed;
      for (const [p, plane] of this.planes.entries()) plane[i] = planes[p]?.[i] ?? 0;
    }
  }

  result(): MosaicResult {
    return { planes: this.planes, chosen: this.chosen };
  }
}

/**
 * The observation that is nearest to all others of its pixel: least sum of Euclidean distances over the planes (Flood 2013, "Seasonal
 * composite Landsat TM/ETM+ images using the medoid"). Of two observations the earlier fed.
 */
export class MedoidMosaic implements Mosaic {
  private readonly layers: MosaicLayer[] = [];
  private readonly size: MosaicSize;

  constructor(size: MosaicSize) {
    this.size = size;
  }

  feed(layer: MosaicLayer): void {
    this.layers.push(layer);
  }

  result(): MosaicResult {
    const { layers } = this;
    const planes = newPlanes(this.size);
    const chosen = new Uint8Array(this.size.pixels);
    const sums = new Float64Array(layers.length);
    for (let i = 0; i < this.size.pixels; i++) {
      sums.fill(0);
      for (let a = 0; a < layers.length; a++) {
        for (let b = a + 1; b < layers.length; b++) {
          if (layers[a]?.valid[i] === 0 || layers[b]?.valid[i] === 0) continue;
          const distance = Math.sqrt(this.squaredDistance(a, b, i));
          sums[a] = (sums[a] ?? 0) + distance;
          sums[b] = (sums[b] ?? 0) + distance;
        }
      }
      let best = -1;
      for (let k = 0; k < layers.length; k++)
        if (layers[k]?.valid[i] !== 0 && (best < 0 || (sums[k] ?? 0) < (sums[best] ?? 0))) best = k;
      if (best < 0) continue;
      chosen[i] = Math.min(best + 1, MERGED - 1);
      for (const [p, plane] of planes.entries()) plane[i] = layers[best]?.planes[p]?.[i] ?? 0;
    }
    return { planes, chosen };
  }

  private squaredDistance(a: number, b: number, i: number): number {
    let sum = 0;
    for (let p = 0; p < this.size.planes; p++) {
      const difference = (this.layers[a]?.planes[p]?.[i] ?? 0) - (this.layers[b]?.planes[p]?.[i] ?? 0);
      sum += difference * difference;
    }
    return sum;
  }
}

const NOTHING = new Float32Array();

/** Puts a value among the first `count`, which ascend. */
function insertSorted(values: Float64Array, count: number, value: number): void {
  let at = count;
  for (; at > 0 && (values[at - 1] ?? 0) > value; at--) values[at] = values[at - 1] ?? 0;
  values[at] = value;
}

/** Planes of zeros. */
export function newPlanes({ planes, pixels }: Pick<MosaicSize, "planes" | "pixels">): Float32Array[] {
  return Array.from({ length: planes }, () => new Float32Array(pixels));
}
