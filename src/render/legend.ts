import { InvalidRequestError } from "../core/errors.js";
import { colormapTable } from "./colormaps.js";
import type { RgbaImage } from "./render-raster.js";

export type Orientation = "horizontal" | "vertical";

/** Pixels along the colours, and across them, unless told otherwise; as TiTiler. */
const LONG_PX = 256;
const SHORT_PX = 20;
const MAX_PX = 2048;

/**
 * A colormap as a bar of colours, low to high from the left or from the top; each pixel shows the entry at its middle.
 *
 * @throws InvalidRequestError for an unknown colormap, or more than 2048 pixels a side.
 */
export function drawLegend(
  colormap: string,
  orientation: Orientation,
  size: { readonly width?: number | undefined; readonly height?: number | undefined } = {},
): RgbaImage {
  const isVertical = orientation === "vertical";
  const { width = isVertical ? SHORT_PX : LONG_PX, height = isVertical ? LONG_PX : SHORT_PX } = size;
  for (const [name, px] of Object.entries({ width, height }))
    if (!Number.isInteger(px) || px < 1 || px > MAX_PX)
      throw new InvalidRequestError(`${name} is ${px}; wanted 1 to ${MAX_PX} pixels`);
  const table = colormapTable(colormap);
  const samples = new Uint8Array(3 * width * height);
  const length = isVertical ? height : width;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const entry = Math.floor((((isVertical ? y : x) + 0.5) * 256) / length);
      samples.set(table.subarray(3 * entry, 3 * entry + 3), 3 * (y * width + x));
    }
  }
  return { kind: "image", width, height, channels: 3, samples, coverage: "full", smooth: false };
}
