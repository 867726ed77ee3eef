import { BANDS } from "../core/bands.js";
import type { Raster } from "../core/raster.js";

/** Sums squared errors of valid pixels, band by band. */
export interface ErrorSum {
  /** `decoded` is [bands][size.height][size.width], at least as large as the raster and with the same first pixel. */
  add(original: Raster, decoded: Float32Array, size: { readonly width: number; readonly height: number }): void;
  /** 10 log10(10000^2 / mean squared error), dB, of each band and of "all"; 99 for no error at all. Empty where no pixel was valid. */
  psnr(): Record<string, number>;
}

export function createErrorSum(): ErrorSum {
  const sums = new Float64Array(BANDS.length);
  let pixels = 0;
  return {
    add(original, decoded, size) {
      const { width, height, samples, valid } = original;
      for (let i = 0; i < valid.length; i++) pixels += valid[i] === 0 ? 0 : 1;
      for (let b = 0; b < BANDS.length; b++) {
        let sum = 0;
        for (let r = 0; r < height; r++) {
          const [from, to] = [(b * height + r) * width, (b * size.height + r) * size.width];
          for (let c = 0; c < width; c++) {
            if (valid[r * width + c] === 0) continue;
            const difference = (samples[from + c] ?? 0) - (decoded[to + c] ?? 0);
            sum += difference * difference;
          }
        }
        sums[b] = (sums[b] ?? 0) + sum;
      }
    },
    psnr() {
      if (pixels === 0) return {};
      const dB = (meanSquare: number): number =>
        Math.round(100 * Math.min(99, 10 * Math.log10(1e8 / Math.max(1e-2, meanSquare)))) / 100;
      const entries = BANDS.map((band, b): [string, number] => [band, dB((sums[b] ?? 0) / pixels)]);
      const all = sums.reduce((total, sum) => total + sum, 0) / (BANDS.length * pixels);
      return { ...Object.fromEntries(entries), all: dB(all) };
    },
  };
}
