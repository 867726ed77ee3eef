import type { RgbaImage } from "./render-raster.js";

const PERIOD_PX = 16;
const STRIPE_PX = 2;
/** Share of a stripe's pixel that is ink: enough to see, little enough to see the picture through. */
const INK = 0.35;

/**
 * A copy of a picture with diagonal stripes over the marked pixels, dark on light and light on dark. Stripes run on across tiles whose
 * side is a multiple of 16.
 */
export function hatch(image: RgbaImage, marked: Uint8Array): RgbaImage {
  const { width, channels } = image;
  const samples = image.samples.slice();
  const colours = channels < 3 ? 1 : 3;
  for (let i = 0; i < marked.length; i++) {
    const isStripe = ((i % width) + Math.floor(i / width)) % PERIOD_PX < STRIPE_PX;
    if (marked[i] === 0 || !isStripe) continue;
    let sum = 0;
    for (let c = 0; c < colours; c++) sum += samples[i * channels + c] ?? 0;
    const ink = sum / colours > 127 ? 0 : 255;
    for (let c = 0; c < colours; c++)
      samples[i * channels + c] = (samples[i * channels + c] ?? 0) * (1 - INK) + ink * INK;
  }
  return { ...image, samples };
}
