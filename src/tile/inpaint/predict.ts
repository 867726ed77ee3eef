import type { InpaintImage, Look } from "./inpaint.js";

/** What other dates say about every pixel of an image, those that it has seen too. */
export interface Prediction {
  readonly samples: Float32Array;
  /** How many looks went into each pixel: 0, 1 or 2. */
  readonly looks: Uint8Array;
  /** Hole pixels that each look went into, in the order given. */
  readonly use: readonly number[];
}

/** The nearest look in time, or, with "linear", a mean of the nearest before and the nearest after weighted by their nearness. */
export function predict(image: InpaintImage, looks: readonly Look[], method: "nearest" | "linear"): Prediction {
  const { width, height, bands, clear } = image;
  const pixels = width * height;
  const samples = new Float32Array(bands * pixels);
  const counts = new Uint8Array(pixels);
  const use = looks.map(() => 0);
  const nearest = looks.map((look, k) => ({ ...look, k })).toSorted((a, b) => Math.abs(a.days) - Math.abs(b.days));
  for (let i = 0; i < pixels; i++) {
    const first = nearest.find((look) => look.clear[i] !== 0);
    if (first === undefined) continue;
    const other =
      method === "nearest"
        ? undefined
        : nearest.find((look) => look.clear[i] !== 0 && look.days < 0 !== first.days < 0);
    counts[i] = other === undefined ? 1 : 2;
    if (clear[i] === 0) for (const { k } of other === undefined ? [first] : [first, other]) use[k] = (use[k] ?? 0) + 1;
    const weight = other === undefined ? 1 : Math.abs(other.days) / (Math.abs(first.days) + Math.abs(other.days));
    for (let b = 0; b < bands; b++) {
      const at = b * pixels + i;
      const value = first.samples[at] ?? 0;
      samples[at] = other === undefined ? value : value * weight + (other.samples[at] ?? 0) * (1 - weight);
    }
  }
  return { samples, looks: counts, use };
}
