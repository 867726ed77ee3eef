import type { Forecast } from "./inpaint.js";
import type { Prediction } from "./predict.js";

/**
 * What no date tells, digital numbers, and how much of what two dates differ by is error: read off two real places (docs/inpainting.md).
 * ALONE stands for that difference where only one date shows a pixel.
 */
const [UNTOLD_DN, TOLD, ALONE_DN] = [130, 0.35, 400];
/** Differences are taken as the mean over so many pixels to each side: land changes by fields, single pixels are noise. */
const AROUND_PX = 3;

/**
 * Expected error of each inferred pixel, digital numbers. Dates of one light that differ over a place are dates between which its land changed
 * (harvest, snow, flood): which of them the hidden date is like is not known.
 */
export function expectedErrors(
  { disagreement }: Pick<Prediction, "disagreement">,
  { width, by, forecast }: { readonly width: number; readonly by: Uint8Array; readonly forecast: Forecast | undefined },
): Float32Array {
  const known = disagreement.map((d) => (Number.isNaN(d) ? 0 : 1));
  const sums = around(
    disagreement.map((d) => (Number.isNaN(d) ? 0 : d)),
    width,
  );
  const counts = around(known, width);
  return Float32Array.from(by, (method, i) => {
    if (method === 0) return 0;
    const count = counts[i] ?? 0;
    const differs = count > 0 ? (sums[i] ?? 0) / count : ALONE_DN;
    const told = forecast !== undefined && forecast.clear[i] !== 0 ? forecast.deviations?.[i] : undefined;
    return Math.hypot(told === undefined || Number.isNaN(told) ? UNTOLD_DN : told, TOLD * differs);
  });
}

/** Sums over the square around each pixel. */
function around(values: Float32Array, width: number): Float32Array {
  const height = values.length / width;
  const across = new Float32Array(values.length);
  for (let r = 0; r < height; r++)
    for (let c = 0; c < width; c++) {
      let sum = 0;
      for (let x = Math.max(0, c - AROUND_PX); x <= Math.min(width - 1, c + AROUND_PX); x++)
        sum += values[r * width + x] ?? 0;
      across[r * width + c] = sum;
    }
  const out = new Float32Array(values.length);
  for (let r = 0; r < height; r++)
    for (let y = Math.max(0, r - AROUND_PX); y <= Math.min(height - 1, r + AROUND_PX); y++)
      for (let c = 0; c < width; c++) out[r * width + c] = (out[r * width + c] ?? 0) + (across[y * width + c] ?? 0);
  return out;
}
