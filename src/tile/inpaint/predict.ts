import type { Forecast, InpaintImage, Acquisition } from "./inpaint.js";

/** What other dates say about every pixel of an image, those that it has seen too. */
export interface Prediction {
  readonly samples: Float32Array;
  /** What each pixel is made from, one of FROM. */
  readonly from: Uint8Array;
  /** Hole pixels that each acquisition went into, in the order given; one that went into the forecast as well counts twice. */
  readonly use: readonly number[];
}

/** Nothing, one acquisition, a mean of two, a model's forecast with or without acquisitions. */
export const FROM = { none: 0, one: 1, two: 2, forecast: 3 } as const;

/** Of the forecast where acquisitions say something too. The two err differently: their mean is nearer than either (docs/inpainting.md). */
const FORECAST_WEIGHT = 0.5;

/**
 * The nearest acquisition in time, or, with "linear", a mean of the nearest before and the nearest after weighted by their nearness; where
 * there is a forecast, the mean of that and it.
 */
export function predict(
  image: InpaintImage,
  acquisitions: readonly Acquisition[],
  method: "nearest" | "linear",
  forecast?: Forecast,
): Prediction {
  const { width, height, bands, clear } = image;
  const pixels = width * height;
  const samples = new Float32Array(bands * pixels);
  const from = new Uint8Array(pixels);
  const use = acquisitions.map(() => 0);
  const nearest = acquisitions
    .map((acquisition, k) => ({ ...acquisition, k }))
    .toSorted((a, b) => Math.abs(a.days) - Math.abs(b.days));
  for (let i = 0; i < pixels; i++) {
    const first = nearest.find((acquisition) => acquisition.clear[i] !== 0);
    if (first === undefined) continue;
    const other =
      method === "nearest"
        ? undefined
        : nearest.find((acquisition) => acquisition.clear[i] !== 0 && acquisition.days < 0 !== first.days < 0);
    from[i] = other === undefined ? FROM.one : FROM.two;
    if (clear[i] === 0) for (const { k } of other === undefined ? [first] : [first, other]) use[k] = (use[k] ?? 0) + 1;
    const weight = other === undefined ? 1 : Math.abs(other.days) / (Math.abs(first.days) + Math.abs(other.days));
    for (let b = 0; b < bands; b++) {
      const at = b * pixels + i;
      const value = first.samples[at] ?? 0;
      samples[at] = other === undefined ? value : value * weight + (other.samples[at] ?? 0) * (1 - weight);
    }
  }
  const prediction = { samples, from, use };
  if (forecast !== undefined) addForecast(prediction, forecast, clear);
  return prediction;
}

function addForecast(
  { samples, from, use }: { readonly samples: Float32Array; readonly from: Uint8Array; readonly use: number[] },
  forecast: Forecast,
  clear: Uint8Array,
): void {
  for (let i = 0; i < from.length; i++) {
    if (forecast.clear[i] === 0) continue;
    const weight = from[i] === FROM.none ? 1 : FORECAST_WEIGHT;
    for (let at = i; at < samples.length; at += from.length)
      samples[at] = weight * (forecast.samples[at] ?? 0) + (1 - weight) * (samples[at] ?? 0);
    from[i] = FROM.forecast;
    if (clear[i] === 0) for (const k of forecast.acquisitions) use[k] = (use[k] ?? 0) + 1;
  }
}
