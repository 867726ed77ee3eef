import { BANDS, bandsWithout, type BandName } from "../core/bands.js";
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

/** Absent bands count for nothing. */
export function createErrorSum(absent: readonly BandName[] = []): ErrorSum {
  const sums = { clear: new Float64Array(BANDS.length), clouded: new Float64Array(BANDS.length) };
  const pixels = { clear: 0, clouded: 0 };
  return {
    add({ raster, classes }, decoded, size) {
      const { width, height, samples, valid } = raster;
      const kinds = kindsOf(valid, classes);
      for (let i = 0; i < kinds.length; i++) {
        if (kinds[i] === CLEAR) pixels.clear++;
        else if (kinds[i] === CLOUDED) pixels.clouded++;
      }
      for (let b = 0; b < BANDS.length; b++) {
        const error = { clear: 0, clouded: 0 };
        for (let r = 0; r < height; r++) {
          const row = samples.subarray((b * height + r) * width, (b * height + r + 1) * width);
          const other = decoded.subarray((b * size.height + r) * size.width);
          const kind = kinds.subarray(r * width, (r + 1) * width);
          addSquares(row, other, kind, error);
        }
        sums.clear[b] = (sums.clear[b] ?? 0) + error.clear;
        sums.clouded[b] = (sums.clouded[b] ?? 0) + error.clouded;
      }
    },
    psnr(kind) {
      const count = pixels[kind];
      if (count === 0) return {};
      const squares = (bands: readonly BandName[]): number =>
        bands.reduce((sum, band) => sum + (sums[kind][BANDS.indexOf(band)] ?? 0), 0) / (bands.length * count);
      const bands = bandsWithout(absent);
      const each = bands.map((band): [string, number] => [band, dB(squares([band]))]);
      const visible = VISIBLE.some((band) => absent.includes(band)) ? {} : { visible: dB(squares(VISIBLE)) };
      return { ...Object.fromEntries(each), all: dB(squares(bands)), ...visible };
    },
    counts: (kind) => pixels[kind],
  };
}

const [CLEAR, CLOUDED] = [1, 2];

/** 0 for pixels that are not valid. */
function kindsOf(valid: Uint8Array, classes: Uint8Array | undefined): Uint8Array {
  const kinds = new Uint8Array(valid.length);
  for (let i = 0; i < valid.length; i++) {
    if (valid[i] !== 0) kinds[i] = classes === undefined || isClear(classes[i] ?? 0) ? CLEAR : CLOUDED;
  }
  return kinds;
}

/** Squared differences of a row, by kind of pixel. */
function addSquares(
  row: Float32Array,
  other: Float32Array,
  kinds: Uint8Array,
  sums: { clear: number; clouded: number },
): void {
  let [clear, clouded] = [0, 0];
  for (let c = 0; c < row.length; c++) {
    const difference = (row[c] ?? 0) - (other[c] ?? 0);
    const square = difference * difference;
    const kind = kinds[c];
    if (kind === CLEAR) clear += square;
    else if (kind === CLOUDED) clouded += square;
  }
  sums.clear += clear;
  sums.clouded += clouded;
}

function dB(meanSquare: number): number {
  return Math.round(100 * Math.min(99, 10 * Math.log10(1e8 / Math.max(1e-2, meanSquare)))) / 100;
}
