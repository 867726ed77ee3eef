import { BANDS } from "../core/bands.js";
import type { PixelWindow, Raster } from "../core/raster.js";
import { sharedMemory } from "../core/shared-memory.js";
import type { ChunkMask } from "./masks.js";
import type { SourceBlock } from "./source.js";

/** A raster of all bands, 0 everywhere, on memory that encoders' threads share. */
export function emptyRaster(
  { width, height }: { readonly width: number; readonly height: number },
  valid: Uint8Array,
): Raster {
  const samples = new Float32Array(sharedMemory(4 * BANDS.length * width * height));
  return { kind: "raster", width, height, bands: BANDS, samples, valid };
}

/** The samples of one band, a view. */
export function bandOf({ samples, width, height }: Raster, band: number): Float32Array {
  return samples.subarray(band * width * height, (band + 1) * width * height);
}

/** The part of a window that lies inside an image. */
export function intersectWindow(
  window: PixelWindow,
  size: { readonly width: number; readonly height: number },
): PixelWindow {
  const [x, y] = [Math.max(0, window.x), Math.max(0, window.y)];
  return {
    x,
    y,
    width: Math.min(size.width, window.x + window.width) - x,
    height: Math.min(size.height, window.y + window.height) - y,
  };
}

/** What is known of a rectangle of a block beside its samples. */
export function cutMask({ raster, classes, provenance }: SourceBlock, window: PixelWindow): ChunkMask {
  const cut = (plane: Uint8Array): Uint8Array => cutPlane(plane, raster.width, window);
  const { width, height } = window;
  return {
    width,
    height,
    valid: cut(raster.valid),
    classes: classes && cut(classes),
    provenance: provenance && cut(provenance),
  };
}

/** A rectangle of a block, in the block's own pixels. */
export function cutBlock(block: SourceBlock, window: PixelWindow): SourceBlock {
  const { raster } = block;
  const { x, y, width, height } = window;
  const samples = new Float32Array(BANDS.length * width * height);
  for (let b = 0; b < BANDS.length; b++) {
    for (let r = 0; r < height; r++) {
      const from = (b * raster.height + y + r) * raster.width + x;
      samples.set(raster.samples.subarray(from, from + width), (b * height + r) * width);
    }
  }
  const { valid, classes, provenance } = cutMask(block, window);
  return { raster: { kind: "raster", width, height, bands: raster.bands, samples, valid }, classes, provenance };
}

/** A rectangle of a plane of one byte a pixel whose rows have `stride` of them. */
export function cutPlane(plane: Uint8Array, stride: number, { x, y, width, height }: PixelWindow): Uint8Array {
  const out = new Uint8Array(width * height);
  for (let r = 0; r < height; r++) {
    const from = (y + r) * stride + x;
    out.set(plane.subarray(from, from + width), r * width);
  }
  return out;
}
