import type { Acquisition, Forecast, InpaintImage } from "./inpaint.js";
import { matchToImage, type FitOptions } from "./match.js";
import { EDGE_SHARE, solidPixels } from "./solid.js";

/** What other dates say about every pixel of an image, those that it has seen too. */
export interface Prediction {
  readonly samples: Float32Array;
  /** What each pixel is made from, one of FROM. */
  readonly from: Uint8Array;
  /** Indices of the one or two acquisitions of each pixel, NO_DATE where there is none. */
  readonly dates: readonly [Uint8Array, Uint8Array];
  /**
   * How far the nearest acquisition lies from a second one (the one on the other side, else the next), digital numbers, root mean square over
   * bands; NaN where there is no second.
   */
  readonly disagreement: Float32Array;
}

/** Nothing, one acquisition, a mean of two, a model's forecast with or without acquisitions. */
export const FROM = { none: 0, one: 1, two: 2, forecast: 3 } as const;

/** In `Prediction.dates`. */
export const NO_DATE = 255;

/** Of the forecast where acquisitions say something too. The two err differently: their mean is nearer than either (docs/inpainting.md). */
const FORECAST_WEIGHT = 0.5;

/**
 * The nearest acquisition in time, or, with "linear", a mean of the nearest before and the nearest after weighted by their nearness; where
 * there is a forecast, the mean of that and it. At most 255 acquisitions.
 */
export function predict(
  image: Pick<InpaintImage, "width" | "height" | "bands">,
  acquisitions: readonly Acquisition[],
  method: "nearest" | "linear",
  { forecast, solidPx = 0 }: { readonly forecast?: Forecast | undefined; readonly solidPx?: number } = {},
): Prediction {
  const { width, height, bands } = image;
  const pixels = width * height;
  const samples = new Float32Array(bands * pixels);
  const from = new Uint8Array(pixels);
  const { nearest, opposite, next } = rank(acquisitions, { width, pixels, solidPx });
  const squares = new Float32Array(pixels);
  for (let i = 0; i < pixels; i++) {
    const a = acquisitions[nearest[i] ?? NO_DATE];
    if (a === undefined) continue;
    const b = acquisitions[opposite[i] ?? NO_DATE];
    const second = b ?? acquisitions[next[i] ?? NO_DATE];
    const isMean = b !== undefined && method === "linear";
    from[i] = isMean ? FROM.two : FROM.one;
    if (!isMean) opposite[i] = NO_DATE;
    const weight = isMean ? Math.abs(b.days) / (Math.abs(a.days) + Math.abs(b.days)) : 1;
    let sum = second === undefined ? Number.NaN : 0;
    for (let at = i; at < samples.length; at += pixels) {
      const value = a.samples[at] ?? 0;
      const other = second?.samples[at] ?? 0;
      samples[at] = isMean ? value * weight + other * (1 - weight) : value;
      sum += (value - other) ** 2;
    }
    squares[i] = sum;
  }
  const prediction = { samples, from, dates: [nearest, opposite] as const, disagreement: rootMeans(squares, bands) };
  if (forecast !== undefined) addForecast(prediction, forecast, image);
  return prediction;
}

/**
 * For each pixel the nearest clear acquisition, the nearest on the other side of it in time, and the next nearest on its own. An acquisition that is clear there
 * but not solid (solid.ts) serves only where none is solid.
 */
function rank(
  acquisitions: readonly Acquisition[],
  { width, pixels, solidPx }: { readonly width: number; readonly pixels: number; readonly solidPx: number },
): { readonly nearest: Uint8Array; readonly opposite: Uint8Array; readonly next: Uint8Array } {
  const slot = (): Uint8Array => new Uint8Array(pixels).fill(NO_DATE);
  const [nearest, opposite, next] = [slot(), slot(), slot()];
  const order = acquisitions
    .map(({ days }, k) => ({ k, days }))
    .toSorted((a, b) => Math.abs(a.days) - Math.abs(b.days));
  const masks = acquisitions.map(({ clear }) => solidPixels(clear, width, { radius: solidPx, share: EDGE_SHARE }));
  feed((k) => masks[k]);
  const left = nearest.map((k) => (k === NO_DATE ? 1 : 0));
  if (left.includes(1)) feed((k) => acquisitions[k]?.clear.map((c, i) => (left[i] === 0 ? 0 : c)));
  return { nearest, opposite, next };

  function feed(maskOf: (k: number) => Uint8Array | undefined): void {
    for (const { k, days } of order) {
      const mask = maskOf(k);
      if (mask !== undefined) feedOne(k, days, mask);
    }
  }

  function feedOne(k: number, days: number, clear: Uint8Array): void {
    for (let i = 0; i < pixels; i++) {
      if (clear[i] === 0) continue;
      const first = acquisitions[nearest[i] ?? NO_DATE];
      if (first === undefined) nearest[i] = k;
      else if (first.days < 0 !== days < 0) {
        if (opposite[i] === NO_DATE) opposite[i] = k;
      } else if (next[i] === NO_DATE) next[i] = k;
    }
  }
}

function rootMeans(squares: Float32Array, bands: number): Float32Array {
  return squares.map((sum) => Math.sqrt(sum / bands));
}

/** A forecast is brought to the light of what acquisitions say within 48 pixels; its detail counts, its means are theirs. */
const FORECAST_FIT: FitOptions = { scales: [{ radius: 5, weight: 1 }], prior: 0 };

function addForecast(
  { samples, from }: Pick<Prediction, "samples" | "from">,
  forecast: Forecast,
  { width, height, bands }: Pick<InpaintImage, "width" | "height" | "bands">,
): void {
  const pixels = width * height;
  const both = from.map((f, i) => (f !== FROM.none && forecast.clear[i] !== 0 ? 1 : 0));
  for (let b = 0; b < bands; b++) {
    const plane = samples.subarray(b * pixels, (b + 1) * pixels);
    const predicted = forecast.samples.subarray(b * pixels, (b + 1) * pixels);
    const fitted = matchToImage({ width, height, plane, predicted, both }, FORECAST_FIT);
    for (let i = 0; i < pixels; i++) {
      if (forecast.clear[i] === 0) continue;
      const weight = from[i] === FROM.none ? 1 : FORECAST_WEIGHT;
      plane[i] = weight * (fitted[i] ?? 0) + (1 - weight) * (plane[i] ?? 0);
    }
  }
  for (let i = 0; i < pixels; i++) if (forecast.clear[i] !== 0) from[i] = FROM.forecast;
}
