import type { PixelWindow } from "../core/raster.js";
import type { RasterFile } from "./raster-file.js";

const SIDE = 48;

/** Squares spread over an image: nine, or fewer where it is small. */
export function sampleWindows(image: { readonly width: number; readonly height: number }): readonly PixelWindow[] {
  const [width, height] = [Math.min(SIDE, image.width), Math.min(SIDE, image.height)];
  const shares = [0.5, 0.17, 0.83];
  const windows = shares.flatMap((v) =>
    shares.map((u) => ({
      x: Math.floor((image.width - width) * u),
      y: Math.floor((image.height - height) * v),
      width,
      height,
    })),
  );
  return windows.filter(({ x, y }, i) => windows.findIndex((other) => other.x === x && other.y === y) === i);
}

/** What samples hold in some places, one list a sample: finite, neither nodata nor 0. */
export async function sampleValues(
  file: RasterFile,
  samples: readonly number[],
  nodata: number | undefined,
): Promise<readonly (readonly number[])[]> {
  const values: number[][] = samples.map(() => []);
  const marker = nodata === undefined ? Number.NaN : Math.fround(nodata);
  for (const window of sampleWindows(file)) {
    for (const [i, plane] of (await file.read(window, samples)).entries()) {
      for (const value of plane) if (value !== 0 && value !== marker && Number.isFinite(value)) values[i]?.push(value);
    }
  }
  return values;
}
