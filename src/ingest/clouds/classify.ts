import { boxMean, dilate, majority, shareAround, type Shape } from "./planes.js";
import { BLUE, GREEN, NIR, RED, SWIR, type DatePlanes } from "./predict.js";

/** What a pixel shows. `unknown`: too few looks to tell. */
export const STATE = { clear: 0, cloud: 1, shadow: 2, unknown: 3 } as const;

/** Windows that the rules look through, metres: half their sides. */
const METRES = { smooth: 25, vote: 35, rim: 40, apart: 20, veil: 155, fill: 75, blob: 60 } as const;
/** The same in pixels, 1 at least. */
export type Radii = Readonly<Record<keyof typeof METRES, number>>;

export function radiiOf(pixelM: number): Radii {
  const px = (metres: number): number => Math.max(1, Math.round(metres / pixelM));
  const { smooth, vote, rim, apart, veil, fill, blob } = METRES;
  return {
    smooth: px(smooth),
    vote: px(vote),
    rim: px(rim),
    apart: px(apart),
    veil: px(veil),
    fill: px(fill),
    blob: px(blob),
  };
}

/** One date, smoothed, beside what the others say of it: planes by band. */
export interface Comparison {
  readonly seen: readonly Float32Array[];
  readonly wanted: readonly Float32Array[];
  /** Brighter than predicted and white: the excess of blue, or 1.3 times that of red where it is less. Digital numbers. */
  readonly whiteness: Float32Array;
}

const WHITE_RED = 1.3;

/** Smooths a date and its prediction; where the date is invalid, it is what was predicted. */
export function compare(
  date: { readonly samples: DatePlanes; readonly valid: Uint8Array },
  prediction: DatePlanes,
  { shape, radii }: { readonly shape: Shape; readonly radii: Radii },
): Comparison {
  const pixels = date.valid.length;
  const smooth = (planes: DatePlanes, band: number, fallback: DatePlanes): Float32Array => {
    const plane = new Float32Array(pixels);
    for (let p = 0; p < pixels; p++) plane[p] = (date.valid[p] === 0 ? fallback : planes)[band * pixels + p] ?? 0;
    return boxMean(plane, shape, radii.smooth);
  };
  const bands = [BLUE, GREEN, RED, NIR, SWIR];
  const seen = bands.map((band) => smooth(date.samples, band, prediction));
  const wanted = bands.map((band) => smooth(prediction, band, prediction));
  const whiteness = new Float32Array(pixels);
  for (let p = 0; p < pixels; p++)
    whiteness[p] = Math.min(excess(seen, wanted, BLUE, p), WHITE_RED * excess(seen, wanted, RED, p));
  return { seen, wanted, whiteness };
}

const excess = (seen: readonly Float32Array[], wanted: readonly Float32Array[], band: number, p: number): number =>
  (seen[band]?.[p] ?? 0) - (wanted[band]?.[p] ?? 0);

/** Whiteness of a cloud, of its rim (next to cloud), of a veil (mean over 300 m, and at the pixel): digital numbers, and in spreads. */
const [CLOUD, RIM, VEIL, VEIL_HERE] = [320, 200, 220, 110];
const [CLOUD_SPREADS, RIM_SPREADS] = [4, 2.5];
/** A shadow keeps less than this share of near and short-wave infrared. */
const SHADOW = 0.68;

export interface Verdict {
  /** STATE of each pixel; never `unknown`. */
  readonly states: Uint8Array;
  /** 1 where snow lies: clear, but nothing to compare others with. */
  readonly snow: Uint8Array;
}

/**
 * Cloud, shadow and snow of one date, by how it differs from what the other dates say, pixel by pixel and then with its surroundings.
 *
 * `spread`: the place's usual residual of whiteness, so that bright roofs and quarries, which differ on any date, need to differ more.
 */
export function classify(
  { seen, wanted, whiteness }: Comparison,
  spread: Float32Array,
  { shape, radii }: { readonly shape: Shape; readonly radii: Radii },
): Verdict {
  const pixels = whiteness.length;
  const snow = snowOf({ seen, wanted, whiteness }, { shape, radii });
  const [ground, bright, rim] = [new Uint8Array(pixels), new Uint8Array(pixels), new Uint8Array(pixels)];
  for (let p = 0; p < pixels; p++) {
    // Bare soil and harvest redden: red gains more than blue (the test of Hagolle et al. 2010).
    const soil = excess(seen, wanted, RED, p) > 1.5 * excess(seen, wanted, BLUE, p) + 100;
    if (soil || snow[p] !== 0) ground[p] = 1;
    else {
      const [w, s] = [whiteness[p] ?? 0, spread[p] ?? 0];
      if (w > Math.max(CLOUD, CLOUD_SPREADS * s)) bright[p] = 1;
      if (w > Math.max(RIM, RIM_SPREADS * s)) rim[p] = 1;
    }
  }
  const vote = { radius: radii.vote, share: 0.5 };
  const dense = both(bright, majority(bright, shape, vote));
  const near = dilate(dense, shape, radii.rim);
  const veil = veilOf({ whiteness, ground, dense }, { shape, radii });
  const any = new Uint8Array(pixels);
  for (let p = 0; p < pixels; p++) if (dense[p] !== 0 || (rim[p] !== 0 && near[p] !== 0) || veil[p] !== 0) any[p] = 1;
  const cloud = withoutSnow(majority(any, shape, vote), snow, { shape, radii });
  const shadow = shadowOf({ seen, wanted, whiteness }, { cloud, snow }, { shape, radii });
  const states = new Uint8Array(pixels);
  for (let p = 0; p < pixels; p++) {
    if (cloud[p] !== 0) states[p] = STATE.cloud;
    else if (shadow[p] !== 0) states[p] = STATE.shadow;
  }
  return { states, snow };
}

/**
 * Snow is brighter in blue and darker in short-wave infrared than the ground, or has the NDSI of snow (0.4, as in Fmask); where the
 * ground's pattern is gone altogether, it is an ice cloud.
 */
function snowOf(
  { seen, wanted }: Comparison,
  { shape, radii }: { readonly shape: Shape; readonly radii: Radii },
): Uint8Array {
  const [patternSeen, patternWanted] = [seen, wanted].map((planes) =>
    variation(planes[GREEN] ?? new Float32Array(), shape, radii.veil),
  );
  const snow = new Uint8Array(shape.width * shape.height);
  for (let p = 0; p < snow.length; p++) {
    const [green, swir] = [seen[GREEN]?.[p] ?? 0, seen[SWIR]?.[p] ?? 0];
    if (excess(seen, wanted, BLUE, p) <= 200 || swir >= 1500) continue;
    const ndsi = (green - swir) / (green + swir + 1);
    const isCold = ratio(seen, wanted, SWIR, p) < 0.8 || ndsi > 0.4;
    const isLit = ratio(seen, wanted, NIR, p) > 0.7 || ndsi > 0.4;
    const [here, usual] = [patternSeen?.[p] ?? 0, patternWanted?.[p] ?? 0];
    const isFlat = green > 1500 && here < 0.06 && here < 0.35 * usual;
    if (isCold && isLit && !isFlat) snow[p] = 1;
  }
  return snow;
}

const ratio = (seen: readonly Float32Array[], wanted: readonly Float32Array[], band: number, p: number): number =>
  (seen[band]?.[p] ?? 0) / Math.max(1, wanted[band]?.[p] ?? 0);

/** Standard deviation over mean, in the square around each pixel. */
function variation(plane: Float32Array, shape: Shape, radius: number): Float32Array {
  const mean = boxMean(plane, shape, radius);
  const squares = boxMean(
    plane.map((value) => value * value),
    shape,
    radius,
  );
  return mean.map((m, p) => Math.sqrt(Math.max(0, (squares[p] ?? 0) - m * m)) / Math.max(1, m));
}

/** Thin cloud over all that is around: a mean over 300 m is surer than a pixel. Dense cloud and changed ground don't count in it. */
function veilOf(
  { whiteness, ground, dense }: { whiteness: Float32Array; ground: Uint8Array; dense: Uint8Array },
  { shape, radii }: { readonly shape: Shape; readonly radii: Radii },
): Uint8Array {
  const apart = dilate(dense, shape, radii.apart);
  const counted = new Uint8Array(ground.length);
  const values = new Float32Array(ground.length);
  for (let p = 0; p < counted.length; p++) {
    if (ground[p] !== 0 || apart[p] !== 0) continue;
    counted[p] = 1;
    values[p] = Math.max(-400, Math.min(600, whiteness[p] ?? 0));
  }
  const [share, sums] = [shareAround(counted, shape, radii.veil), boxMean(values, shape, radii.veil)];
  const veil = new Uint8Array(ground.length);
  for (let p = 0; p < veil.length; p++) {
    const [n, here] = [share[p] ?? 0, whiteness[p] ?? 0];
    if (ground[p] === 0 && here > VEIL_HERE && n > 0.08 && (sums[p] ?? 0) / n > VEIL) veil[p] = 1;
  }
  return veil;
}

/** Cloud off the snow, but for what looks like snow in the midst of cloud. */
function withoutSnow(
  cloud: Uint8Array,
  snow: Uint8Array,
  { shape, radii }: { readonly shape: Shape; readonly radii: Radii },
): Uint8Array {
  const sure = cloud.map((c, p) => (snow[p] === 0 ? c : 0));
  const around = majority(sure, shape, { radius: radii.fill, share: 0.7 });
  return cloud.map((c, p) => (snow[p] === 0 || around[p] !== 0 ? c : 0));
}

/**
 * Shadow: near and short-wave infrared fall together, on land, over a whole patch. Blue, lit by the sky, may stay (Zhu and Woodcock 2014
 * compare the same two bands).
 */
function shadowOf(
  { seen, wanted }: Comparison,
  { cloud, snow }: { readonly cloud: Uint8Array; readonly snow: Uint8Array },
  { shape, radii }: { readonly shape: Shape; readonly radii: Radii },
): Uint8Array {
  const dark = new Uint8Array(cloud.length);
  for (let p = 0; p < dark.length; p++) {
    if (cloud[p] !== 0 || snow[p] !== 0) continue;
    const [nir, swir] = [ratio(seen, wanted, NIR, p), ratio(seen, wanted, SWIR, p)];
    if (nir >= SHADOW || swir >= SHADOW || excess(seen, wanted, NIR, p) >= -350) continue;
    const isLand = [seen, wanted].every((planes) => (planes[NIR]?.[p] ?? 0) > (planes[GREEN]?.[p] ?? 0));
    if (isLand && (ratio(seen, wanted, GREEN, p) < 0.95 || nir + swir < 1.24)) dark[p] = 1;
  }
  const voted = both(
    majority(dark, shape, { radius: radii.vote, share: 0.5 }),
    cloud.map((c, p) => (c | (snow[p] ?? 0)) ^ 1),
  );
  const blobs = majority(voted, shape, { radius: radii.blob, share: 0.6 });
  return both(voted, dilate(blobs, shape, radii.blob));
}

const both = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((value, p) => value & (b[p] ?? 0));
