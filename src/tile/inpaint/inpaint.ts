import { createMembrane, fillHarmonically, type MembraneSolver } from "./membrane.js";
import { matchToImage } from "./match.js";
import { expectedErrors } from "./expected-errors.js";
import { FROM, NO_DATE, predict } from "./predict.js";
import { CORNER_SHARE, solidPixels, solidRadius } from "./solid.js";

/** One date on a grid. Samples, digital numbers, [bands][height][width]; `clear` is 0 where the ground was not seen. */
export interface InpaintImage {
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  readonly samples: Float32Array;
  readonly clear: Uint8Array;
  /** 0 where no date can ever have seen the ground: that stays empty. */
  readonly reach: Uint8Array;
}

/** Another date on the same grid, in the image's light (light.ts). */
export interface Acquisition {
  readonly samples: Float32Array;
  readonly clear: Uint8Array;
  /** Signed, from the image's date; not 0. */
  readonly days: number;
}

/** What a model forecasts of the image from other acquisitions, on the same grid; clear where one of them is. */
export interface Forecast {
  readonly samples: Float32Array;
  readonly clear: Uint8Array;
  /** Expected error of each pixel, digital numbers. */
  readonly deviations?: Float32Array | undefined;
}

/** An image whose holes are filled. */
export interface Fill {
  /** Never negative where it was filled. */
  readonly samples: Float32Array;
  /** How each pixel was inferred: 1 + index into FILL_METHODS; 0 = seen, or nothing known. */
  readonly by: Uint8Array;
  /** Indices of the one or two acquisitions that each inferred pixel is made of, NO_DATE where there is none. */
  readonly dates: readonly [Uint8Array, Uint8Array];
  /** Expected error of inferred pixels, digital numbers, root mean square over bands; NaN where unknown, 0 where seen or empty. */
  readonly errors: Float32Array;
}

export interface FillOptions {
  readonly forecast?: Forecast | undefined;
  /** A picture is [bands][height][width] of the image. */
  readonly surroundings?: "all" | "none" | Float32Array | undefined;
  /** Of solid.ts, pixels of the image; that of the full resolution unless told otherwise. */
  readonly solidPx?: number | undefined;
}

/** Names in `Fill.by`. */
export const FILL_METHODS = ["nearest", "linear", "harmonic", "tec"] as const;

const NEAREST = 1;
const LINEAR = 2;
const HARMONIC = 3;
const TEC = 4;
/** By what a prediction is made from (FROM). */
const METHOD_OF: readonly number[] = [0, NEAREST, LINEAR, TEC];
/** How far a mismatch at a hole's edge reaches into the hole, pixels: it fades by e over this length. */
const FEATHER_PX = 6;

/**
 * Fills the holes of an image: from the nearest acquisition in time that is clear there and around, or linearly between the nearest before and after where there are
 * both; what no date shows is filled harmonically from its surroundings. What comes from other dates is fitted to the image by a
 * local gain and offset for each band, and the rest of the mismatch at the edge fades out inwards, so none shows.
 *
 * "tec" takes the mean of that and the forecast where there is one, and elsewhere is "linear". An image without any acquisition stays empty.
 *
 * `surroundings` says how what no date shows is filled: "all", by the harmonic surface through all of the image that is known; "none", not at
 * all; or with a coarse picture of the same place, brought to the image's size, whose distance from the known pixels fades out. With the last
 * two every pixel depends on those within 56 pixels alone, so windows of one image agree where they overlap by more.
 */
export function inpaint(
  image: InpaintImage,
  acquisitions: readonly Acquisition[],
  method: "nearest" | "linear" | "harmonic" | "tec",
  { forecast, surroundings = "all", solidPx = solidRadius(1) }: FillOptions = {},
): Fill {
  const { width, height, bands, clear, reach } = image;
  const pixels = width * height;
  const samples = new Float32Array(image.samples);
  const by = new Uint8Array(pixels);
  const none = (): Uint8Array => new Uint8Array(pixels).fill(NO_DATE);
  let result: Fill = { samples, by, dates: [none(), none()], errors: new Float32Array(pixels) };
  if (clear.every((c) => c !== 0)) return result;
  const known = clear.map((c) => (c === 0 ? 0 : 1));
  if (method !== "harmonic" && (acquisitions.length > 0 || forecast !== undefined)) {
    const guess = predict(image, acquisitions, method === "nearest" ? "nearest" : "linear", { forecast, solidPx });
    const guessed = (mask: (c: number | undefined, i: number) => boolean): Uint8Array =>
      clear.map((c, i) => (mask(c, i) && guess.from[i] !== FROM.none ? 1 : 0));
    const both = guessed((c) => c !== 0);
    const open = guessed((c) => c === 0);
    const solid = solidPixels(clear, width, { radius: solidPx, share: CORNER_SHARE });
    const fitted = guessed((_, i) => solid[i] !== 0);
    const mismatch = createMembrane({ open, fixed: both, width, lengthPx: FEATHER_PX });
    for (let b = 0; b < bands; b++) {
      const plane = samples.subarray(b * pixels, (b + 1) * pixels);
      const predicted = guess.samples.subarray(b * pixels, (b + 1) * pixels);
      fillPlane({ width, height, plane, predicted, both, fitted, open, mismatch });
    }
    for (let i = 0; i < pixels; i++) {
      if (clear[i] !== 0 || guess.from[i] === FROM.none) continue;
      known[i] = 1;
      by[i] = METHOD_OF[guess.from[i] ?? FROM.none] ?? 0;
    }
    result = { ...result, dates: guess.dates, errors: expectedErrors(guess, { width, by, forecast }) };
  }
  const isLeft = known.some((k, i) => k === 0 && reach[i] !== 0);
  if (!isLeft || surroundings === "none" || (surroundings === "all" && known.every((k) => k === 0))) return result;
  const left = known.map((k, i) => (k === 0 && reach[i] !== 0 ? 1 : 0));
  const distance = createMembrane({ open: left, fixed: known, width, lengthPx: FEATHER_PX });
  for (let b = 0; b < bands; b++) {
    const plane = samples.subarray(b * pixels, (b + 1) * pixels);
    if (surroundings === "all") fillHarmonically(plane, { known, reach, width });
    else fillTowards(plane, surroundings.subarray(b * pixels, (b + 1) * pixels), { known, open: left, distance });
  }
  for (let i = 0; i < pixels; i++) {
    if (known[i] !== 0 || reach[i] === 0) continue;
    by[i] = HARMONIC;
    result.errors[i] = Number.NaN;
    for (let at = i; at < samples.length; at += pixels) samples[at] = Math.max(0, samples[at] ?? 0);
  }
  return result;
}

interface PlaneFill {
  readonly width: number;
  readonly height: number;
  /** Written where it is open. */
  readonly plane: Float32Array;
  readonly predicted: Float32Array;
  /** 1 where the image was seen and predicted. */
  readonly both: Uint8Array;
  /** Of these, the pixels that the fit goes by. */
  readonly fitted: Uint8Array;
  /** 1 where it was predicted alone. */
  readonly open: Uint8Array;
  /** Carries what is known in both into what is open. */
  readonly mismatch: MembraneSolver;
}

function fillPlane({ width, height, plane, predicted, both, fitted, open, mismatch }: PlaneFill): void {
  const matched = fitted.includes(1) ? matchToImage({ width, height, plane, predicted, both: fitted }) : predicted;
  // The mismatch that is left: known where both are, carried into the holes.
  const left = new Float32Array(plane.length);
  for (let i = 0; i < plane.length; i++) if (both[i] !== 0) left[i] = (plane[i] ?? 0) - (matched[i] ?? 0);
  mismatch.relax(left);
  for (let i = 0; i < plane.length; i++) if (open[i] !== 0) plane[i] = Math.max(0, (matched[i] ?? 0) + (left[i] ?? 0));
}

/** Fills what is open with the background, and carries the known pixels' distance from it a little way in. */
function fillTowards(
  plane: Float32Array,
  background: Float32Array,
  {
    known,
    open,
    distance,
  }: { readonly known: Uint8Array; readonly open: Uint8Array; readonly distance: MembraneSolver },
): void {
  const away = new Float32Array(plane.length);
  for (let i = 0; i < plane.length; i++) if (known[i] !== 0) away[i] = (plane[i] ?? 0) - (background[i] ?? 0);
  distance.relax(away);
  for (let i = 0; i < plane.length; i++) if (open[i] !== 0) plane[i] = (background[i] ?? 0) + (away[i] ?? 0);
}
