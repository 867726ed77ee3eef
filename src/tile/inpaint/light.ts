import { cellSums, fitCells, type CellFit } from "./match.js";

/** A date at a coarse level of one grid: samples, digital numbers, [bands][height][width]; `clear` is 0 where the ground was not seen. */
export interface CoarseImage {
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  readonly samples: Float32Array;
  readonly clear: Uint8Array;
  /** Pixels of the full resolution in one of these, a side. */
  readonly factor: number;
}

/** How one date's light becomes another's: band by band a gain and an offset that vary smoothly over the whole image. */
export interface Light {
  /** Cells; their centres carry the values, between them it is bilinear. */
  readonly width: number;
  readonly height: number;
  /** Side of a cell, pixels of the full resolution. */
  readonly cell: number;
  /** [bands][height][width]; offsets in digital numbers. */
  readonly gain: Float32Array;
  readonly offset: Float32Array;
}

/** Radii of the neighbourhoods that a fit looks at, cells, and what each weighs: the whole image counts where near pixels are few. */
const SCALES = [
  { radius: 2, weight: 1 },
  { radius: 9, weight: 0.1 },
  { radius: 75, weight: 0.01 },
] as const;
/** Side of a cell, coarse pixels. */
const CELL_PX = 4;
/** Fewer pixels that both dates show say nothing of the light: so many, and this share of the image. */
const [LEAST_COMMON, LEAST_SHARE] = [24, 0.004];
/** Pixels that differ more than so many times the median difference are another ground (or cloud) and are left out of the second fit. */
const OUTLIER = 4;

/**
 * The light that turns `reference` into `base`: least squares over the pixels that both show, then again without those that don't follow it.
 * Undefined where both show too little of the same ground.
 */
export function fitLight(base: CoarseImage, reference: CoarseImage): Light | undefined {
  const both = base.clear.map((c, i) => (c !== 0 && reference.clear[i] !== 0 ? 1 : 0));
  const common = both.reduce((sum, b) => sum + b, 0);
  if (common < Math.max(LEAST_COMMON, LEAST_SHARE * both.length)) return undefined;
  const first = fitOver(base, reference, both);
  const lit = reference.samples.slice();
  applyLight(lit, first, { x: 0, y: 0, ...base });
  const differences = Float32Array.from(both, (b, i) => (b === 0 ? Number.NaN : differenceAt(base, lit, i)));
  const sorted = differences.filter((d) => !Number.isNaN(d)).sort();
  const limit = OUTLIER * Math.max(1, sorted[sorted.length >> 1] ?? 0);
  return fitOver(
    base,
    reference,
    both.map((b, i) => (b !== 0 && (differences[i] ?? 0) <= limit ? 1 : 0)),
  );
}

function differenceAt({ samples, clear, bands }: CoarseImage, lit: Float32Array, i: number): number {
  let sum = 0;
  for (let at = i; at < samples.length; at += clear.length) sum += Math.abs((samples[at] ?? 0) - (lit[at] ?? 0));
  return sum / bands;
}

function fitOver(base: CoarseImage, reference: CoarseImage, both: Uint8Array): Light {
  const { width, height, bands, factor } = base;
  const pixels = width * height;
  const fits: CellFit[] = [];
  for (let b = 0; b < bands; b++) {
    const plane = base.samples.subarray(b * pixels, (b + 1) * pixels);
    const predicted = reference.samples.subarray(b * pixels, (b + 1) * pixels);
    const sums = cellSums({ width, height, plane, predicted, both }, CELL_PX);
    fits.push(fitCells(sums, { scales: SCALES, prior: 0 }));
  }
  const [first] = fits;
  const { width: across = 1, height: down = 1 } = first ?? {};
  const light = {
    width: across,
    height: down,
    cell: CELL_PX * factor,
    gain: shared(bands * across * down),
    offset: shared(bands * across * down),
  };
  fits.forEach(({ gain, offset }, b) => {
    light.gain.set(gain, b * across * down);
    light.offset.set(offset, b * across * down);
  });
  return light;
}

const shared = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(4 * length));

/** First `inner`, then `outer`: both of one grid. */
export function chainLights(outer: Light, inner: Light): Light {
  const [gain, offset] = [shared(inner.gain.length), shared(inner.gain.length)];
  for (let i = 0; i < gain.length; i++) {
    gain[i] = (outer.gain[i] ?? 1) * (inner.gain[i] ?? 1);
    offset[i] = (outer.gain[i] ?? 1) * (inner.offset[i] ?? 0) + (outer.offset[i] ?? 0);
  }
  return { ...inner, gain, offset };
}

/** Between two lights of one grid: `share` of b. Undefined stands for none at all: gain 1, offset 0. */
export function mixLights(a: Light | undefined, b: Light | undefined, share: number): Light | undefined {
  const size = a ?? b;
  if (size === undefined) return undefined;
  const [gain, offset] = [shared(size.gain.length), shared(size.gain.length)];
  for (let i = 0; i < gain.length; i++) {
    gain[i] = (1 - share) * (a?.gain[i] ?? 1) + share * (b?.gain[i] ?? 1);
    offset[i] = (1 - share) * (a?.offset[i] ?? 0) + share * (b?.offset[i] ?? 0);
  }
  return { ...size, gain, offset };
}

/** Where a window lies: its first pixel and size in a level whose pixels are `factor` of the full resolution's. */
export interface LitWindow {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  readonly factor: number;
}

/** Turns the samples of a window, [bands][height][width], into the light's. */
export function applyLight(
  samples: Float32Array,
  light: Light,
  { x, y, width, height, bands, factor }: LitWindow,
): void {
  const { gain, offset, cell } = light;
  const cells = light.width * light.height;
  const columns = Float64Array.from({ length: width }, (_, c) => cellAt(((x + c + 0.5) * factor) / cell, light.width));
  for (let r = 0; r < height; r++) {
    const v = cellAt(((y + r + 0.5) * factor) / cell, light.height);
    const top = Math.floor(v) * light.width;
    const down = Math.floor(v) + 1 < light.height ? light.width : 0;
    const fy = v - Math.floor(v);
    for (let c = 0; c < width; c++) {
      const u = columns[c] ?? 0;
      const at = top + Math.floor(u);
      const right = Math.floor(u) + 1 < light.width ? 1 : 0;
      const fx = u - Math.floor(u);
      const [wa, wb, wc, wd] = [(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy];
      for (let b = 0, i = r * width + c, n = at; b < bands; b++, i += width * height, n += cells) {
        const slope =
          wa * (gain[n] ?? 1) +
          wb * (gain[n + right] ?? 1) +
          wc * (gain[n + down] ?? 1) +
          wd * (gain[n + down + right] ?? 1);
        const base =
          wa * (offset[n] ?? 0) +
          wb * (offset[n + right] ?? 0) +
          wc * (offset[n + down] ?? 0) +
          wd * (offset[n + down + right] ?? 0);
        samples[i] = slope * (samples[i] ?? 0) + base;
      }
    }
  }
}

/** A position in cells as one between cells' centres, inside. */
function cellAt(position: number, cells: number): number {
  return Math.min(cells - 1, Math.max(0, position - 0.5));
}

/** Another date at the coarse level, days from the base. */
export interface DatedImage {
  readonly image: CoarseImage;
  readonly days: number;
}

/** Shares of the image that both dates show: at the first a direct fit counts nothing, from the second on it is all that counts. */
const [NO_TRUST, FULL_TRUST] = [0.01, 0.1];

/**
 * The light that turns a reference into the base. Where both show enough of the same ground it is fitted directly; where they show little or
 * nothing of it, `anchors` (dates near the base that show much) lend theirs: through the one that the base shares most with, or, of a base
 * that is all cloud, in the light between the nearest anchor before and the nearest after. So all references of one base have one light.
 */
export function lightBetween(
  base: CoarseImage,
  reference: DatedImage,
  anchors: readonly DatedImage[],
): Light | undefined {
  const share = commonShare(base, reference.image);
  const trust = Math.min(1, Math.max(0, (share - NO_TRUST) / (FULL_TRUST - NO_TRUST)));
  const direct = trust > 0 ? fitLight(base, reference.image) : undefined;
  if (direct !== undefined && trust === 1) return direct;
  const lent = lentLight(base, reference, anchors);
  return direct === undefined ? lent : mixLights(lent, direct, trust);
}

function lentLight(base: CoarseImage, reference: DatedImage, anchors: readonly DatedImage[]): Light | undefined {
  const shared = anchors
    .map((anchor) => ({ anchor, share: commonShare(base, anchor.image) }))
    .filter(({ share }) => share >= FULL_TRUST)
    .toSorted((a, b) => b.share - a.share);
  for (const { anchor } of shared) {
    const outer = fitLight(base, anchor.image);
    const inner = anchor.image === reference.image ? undefined : fitLight(anchor.image, reference.image);
    if (outer !== undefined && inner !== undefined) return chainLights(outer, inner);
  }
  const nearest = anchors.toSorted((a, b) => Math.abs(a.days) - Math.abs(b.days));
  const sides = [nearest.find(({ days }) => days < 0), nearest.find(({ days }) => days > 0)] as const;
  const [before, after] = sides.map((side) =>
    side === undefined || side.image === reference.image ? undefined : fitLight(side.image, reference.image),
  );
  if (sides[0] === undefined) return after;
  if (sides[1] === undefined) return before;
  return mixLights(before, after, Math.abs(sides[0].days) / (Math.abs(sides[0].days) + Math.abs(sides[1].days)));
}

/** Share of the image that both show. */
function commonShare(a: CoarseImage, b: CoarseImage): number {
  let common = 0;
  for (let i = 0; i < a.clear.length; i++) if (a.clear[i] !== 0 && b.clear[i] !== 0) common++;
  return common / a.clear.length;
}
