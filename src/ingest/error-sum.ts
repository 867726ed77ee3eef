import { BANDS, type BandName } from "../core/bands.js";
import { isClear } from "../core/scene-classes.js";
import type { SourceBlock } from "./source.js";

/** 10 log10(10000^2 / mean squared error), dB: of each band, of "all", and of "visible" (B02, B03, B04); 99 for no error at all. */
export type Psnr = Readonly<Record<string, number>>;

/** Pixels that are told apart: valid ones by what their class says, all clear where there are no classes. */
export type PixelKind = "clear" | "clouded";

/** Sums squared errors of valid pixels, band by band. */
export interface ErrorSum {
  /** `decoded` is [bands][size.height][size.width], at least as large as the block and with the same first pixel. */
  add(original: SourceBlock, decoded: Float32Array, size: { readonly width: number; readonly height: number }): void;
  /** Empty where no pixel was of that kind. */
  psnr(kind: PixelKind): Psnr;
  /** Pixels of a kind. */
  counts(kind: PixelKind): number;
}

const VISIBLE: readonly BandName[] = ["B02", "B03", "B04"];

export function createErrorSum(): ErrorSum {
  const sums = { clear: new Float64Array(BANDS.length), clouded: new Float64Array(BANDS.length) };
  const pixels = { clear: 0, clouded: 0 };
  return {
    add({ raster, classes }, decoded, size) {
      const { width, height, samples, valid } = raster;
      const kinds = Uint8Array.from(valid, (v, i) =>
        v === 0 ? 0 : classes === undefined || isClear(classes[i] ?? 0) ? 1 : 2,
      );
      for (const kind of kinds) {
        if (kind === 1) pixels.clear++;
        else if (kind === 2) pixels.clouded++;
      }
      for (let b = 0; b < BANDS.length; b++) {
        let [clear, clouded] = [0, 0];
        for (let r = 0; r < height; r++) {
          const [from, to] = [(b * height + r) * width, (b * size.height + r) * size.width];
          for (let c = 0; c < width; c++) {
            const kind = kinds[r * width + c];
            if (kind === 0) continue;
            const difference = (samples[from + c] ?? 0) - (decoded[to + c] ?? 0);
            if (kind === 1) clear += difference * difference;
            else clouded += difference * difference;
          }
        }
        sums.clear[b] = (sums.clear[b] ?? 0) + clear;
        sums.clouded[b] = (sums.clouded[b] ?? 0) + clouded;
      }
    },
    psnr(kind) {
      const count = pixels[kind];
      if (count === 0) return {};
      const squares = (bands: readonly BandName[]): number =>
        bands.reduce((sum, band) => sum + (sums[kind][BANDS.indexOf(band)] ?? 0), 0) / (bands.length * count);
      const each = BANDS.map((band): [string, number] => [band, dB(squares([band]))]);
      return { ...Object.fromEntries(each), all: dB(squares(BANDS)), visible: dB(squares(VISIBLE)) };
    },
    counts: (kind) => pixels[kind],
  };
}

function dB(meanSquare: number): number {
  return Math.round(100 * Math.min(99, 10 * Math.log10(1e8 / Math.max(1e-2, meanSquare)))) / 100;
}
