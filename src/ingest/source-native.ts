import { BAND_RESOLUTION_M, type BandName } from "../core/bands.js";
import type { PixelWindow } from "../core/raster.js";
import type { GridMapping } from "./source-onto-grid.js";
import { sampleWindows } from "./source-sampling.js";
import type { RasterFile } from "./raster-file.js";
import type { Samples } from "./source-tiff-block.js";

/** Bands whose own pixels are so many of the image's on each side. */
export type NativeFactors = Readonly<Partial<Record<BandName, 2 | 6>>>;

type Factor = 2 | 6;

/** Below this a pattern is no evidence. */
const MIN_SIDE = 12;
/** Rows read at once, a multiple of both factors. */
const STRIP = 96;

/** The factors that a band may have: of 60 m bands 20 m files are common too. */
const factorsOf = (band: BandName): readonly Factor[] =>
  BAND_RESOLUTION_M[band] === 60 ? [6, 2] : BAND_RESOLUTION_M[band] === 20 ? [2] : [];

/**
 * The factor by which a file's grid is coarser than the image's and nests in it: pixel edges fall on every 2nd or 6th edge of the
 * image, beginning with its own, and the file covers it. Undefined where it does not nest exactly.
 */
export function nestedFactor(
  mapping: GridMapping,
  image: { readonly width: number; readonly height: number },
  file: { readonly width: number; readonly height: number },
): Factor | undefined {
  const { stepX, stepY, startX, startY } = mapping;
  const isWhole = [startX, startY].every((start) => start > -1e-6 && Math.abs(start - Math.round(start)) < 1e-6);
  return ([2, 6] as const).find(
    (factor) =>
      isWhole &&
      Math.abs(stepX * factor - 1) < 1e-9 &&
      Math.abs(stepY * factor - 1) < 1e-9 &&
      Math.round(startX) + image.width / factor <= file.width &&
      Math.round(startY) + image.height / factor <= file.height,
  );
}

/**
 * The bands of a raster whose stored numbers repeat in blocks of 2 x 2 or 6 x 6 pixels from its first pixel on: looked for in nine
 * places, and where those repeat, in the whole raster.
 */
export async function repeatedBands(
  file: RasterFile,
  { bands, samples }: { readonly bands: readonly BandName[]; readonly samples: readonly number[] },
  signal?: AbortSignal,
): Promise<NativeFactors> {
  if (Math.min(file.width, file.height) < MIN_SIDE) return {};
  let left = bands.flatMap((band, b) => factorsOf(band).map((factor) => ({ band, factor, sample: samples[b] ?? 0 })));
  for (const window of [...sampleWindows(file).map(aligned), ...strips(file)]) {
    const wanted = [...new Set(left.map(({ sample }) => sample))];
    if (wanted.length === 0) return {};
    const planes = await file.read(window, wanted, signal);
    left = left.filter(({ sample, factor }) => repeats(planes[wanted.indexOf(sample)], window, factor));
  }
  // The larger factor comes first, and holds the smaller.
  return Object.fromEntries(left.toReversed().map(({ band, factor }) => [band, factor]));
}

/** Begins at a multiple of both factors. */
function aligned({ x, y, width, height }: PixelWindow): PixelWindow {
  const [left, top] = [x - (x % 6), y - (y % 6)];
  return { x: left, y: top, width: x + width - left, height: y + height - top };
}

function strips({ width, height }: { readonly width: number; readonly height: number }): readonly PixelWindow[] {
  return Array.from({ length: Math.ceil(height / STRIP) }, (_, i) => ({
    x: 0,
    y: i * STRIP,
    width,
    height: Math.min(STRIP, height - i * STRIP),
  }));
}

function repeats(plane: Samples | undefined, { width, height }: PixelWindow, factor: Factor): boolean {
  if (plane === undefined) return false;
  for (let r = 0; r < height; r++) {
    const top = (r - (r % factor)) * width;
    for (let c = 0; c < width; c++) {
      const [value, first] = [plane[r * width + c], plane[top + c - (c % factor)]];
      if (value !== first && !(Number.isNaN(value) && Number.isNaN(first))) return false;
    }
  }
  return true;
}
