import { fillHarmonically, relaxScreened } from "./membrane.js";
import { matchToImage } from "./match.js";
import { FROM, predict } from "./predict.js";

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

/** Another date on the same grid. */
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
  /** Indices of the acquisitions that it is made of. */
  readonly acquisitions: readonly number[];
}

/** An image whose holes are filled. */
export interface Fill {
  readonly samples: Float32Array;
  /** How each pixel was inferred: 1 + index into `methods`; 0 = seen, or nothing known. */
  readonly by: Uint8Array;
  readonly methods: readonly string[];
  /** How many pixels each acquisition went into. */
  readonly usedReferences: readonly number[];
}

/** Names in `Fill.methods`. */
export const FILL_METHODS = ["nearest", "linear", "harmonic", "tec"] as const;

const NEAREST = 1;
const LINEAR = 2;
const HARMONIC = 3;
export const TEC = 4;
/** By what a prediction is made from (FROM). */
const METHOD_OF: readonly number[] = [0, NEAREST, LINEAR, TEC];
/** How far a mismatch at a hole's rim reaches into the hole, pixels: it fades by e over this length. */
const FEATHER_PX = 6;

/**
 * Fills the holes of an image: from the nearest clear acquisition in time, or linearly between the nearest before and after where there are
 * both; what no date shows is filled harmonically from its surroundings. What comes from other dates is fitted to the image by a
 * local gain and offset for each band, and the rest of the mismatch at the rim fades out inwards, so no edge shows.
 *
 * "tec" takes the mean of that and the forecast where there is one, and elsewhere is "linear". An image without any acquisition stays empty.
 */
export function inpaint(
  image: InpaintImage,
  acquisitions: readonly Acquisition[],
  method: "nearest" | "linear" | "harmonic" | "tec",
  forecast?: Forecast,
): Fill {
  const { width, height, bands, clear, reach } = image;
  const pixels = width * height;
  const samples = new Float32Array(image.samples);
  const by = new Uint8Array(pixels);
  const usedReferences = acquisitions.map(() => 0);
  const result = { samples, by, methods: FILL_METHODS, usedReferences };
  if (clear.every((c) => c !== 0)) return result;
  const known = clear.map((c) => (c === 0 ? 0 : 1));
  if (method !== "harmonic" && (acquisitions.length > 0 || forecast !== undefined)) {
    const guess = predict(image, acquisitions, method === "nearest" ? "nearest" : "linear", forecast);
    const isHole = (i: number): boolean => clear[i] === 0 && guess.from[i] !== FROM.none;
    for (let b = 0; b < bands; b++) {
      const plane = samples.subarray(b * pixels, (b + 1) * pixels);
      const predicted = guess.samples.subarray(b * pixels, (b + 1) * pixels);
      fillPlane({ width, height, plane, predicted, clear, guessed: guess.from });
    }
    for (let i = 0; i < pixels; i++) {
      if (!isHole(i)) continue;
      known[i] = 1;
      by[i] = METHOD_OF[guess.from[i] ?? FROM.none] ?? 0;
    }
    guess.use.forEach((count, k) => (usedReferences[k] = count));
  }
  const isLeft = known.some((k, i) => k === 0 && reach[i] !== 0);
  if (!isLeft || !known.some((k) => k !== 0)) return result;
  for (let b = 0; b < bands; b++)
    fillHarmonically(samples.subarray(b * pixels, (b + 1) * pixels), { known, reach, width });
  for (let i = 0; i < pixels; i++) if (known[i] === 0 && reach[i] !== 0) by[i] = HARMONIC;
  return result;
}

interface PlaneFill {
  readonly width: number;
  readonly height: number;
  /** Written where it is not clear but guessed. */
  readonly plane: Float32Array;
  readonly predicted: Float32Array;
  readonly clear: Uint8Array;
  readonly guessed: Uint8Array;
}

function fillPlane({ width, height, plane, predicted, clear, guessed }: PlaneFill): void {
  const both = clear.map((c, i) => (c !== 0 && guessed[i] !== 0 ? 1 : 0));
  const matched = both.some((b) => b !== 0) ? matchToImage({ width, height, plane, predicted, both }) : predicted;
  // The mismatch that is left: known where both are, carried into the holes.
  const mismatch = new Float32Array(plane.length);
  const open = new Uint8Array(plane.length);
  for (let i = 0; i < plane.length; i++) {
    if (both[i] !== 0) mismatch[i] = (plane[i] ?? 0) - (matched[i] ?? 0);
    else if (clear[i] === 0 && guessed[i] !== 0) open[i] = 1;
  }
  relaxScreened(mismatch, { open, fixed: both, width, lengthPx: FEATHER_PX });
  for (let i = 0; i < plane.length; i++)
    if (open[i] !== 0) plane[i] = Math.max(0, (matched[i] ?? 0) + (mismatch[i] ?? 0));
}
