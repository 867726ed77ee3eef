/**
 * Pixels on a grid: the one currency between stages. Never mutated after it was returned.
 *
 * Planar: `samples[band * width * height + row * width + column]`. Unit: digital numbers, reflectance x 10000 with any
 * product offset already removed (so 0 is reflectance 0); NaN never appears.
 */
export interface Raster {
  readonly kind: "raster";
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** In storage order. */
  readonly bands: readonly string[];
  /** Length = bands x height x width. */
  readonly samples: Float32Array;
  /** Length = height x width; 1 = observed, 0 = hole. */
  readonly valid: Uint8Array;
}

/** A rectangle of pixels; may reach outside the image it refers to. Half open: columns [x, x + width). */
export interface PixelWindow {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How many pixels of a mask are set. */
export function countValid(valid: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < valid.length; i++) count += valid[i] === 0 ? 0 : 1;
  return count;
}

/** The part of planes [n][height][width] that a window inside them covers, as planes of its own size. */
export function cropPlanes<T extends Uint8Array | Uint16Array | Float32Array>(
  planes: T,
  { width, height }: { readonly width: number; readonly height: number },
  { x, y, width: w, height: h }: PixelWindow,
): T {
  const count = planes.length / (width * height);
  const out = new (planes.constructor as new (length: number) => T)(count * w * h);
  for (let p = 0; p < count; p++)
    for (let r = 0; r < h; r++) {
      const from = (p * height + y + r) * width + x;
      out.set(planes.subarray(from, from + w), (p * h + r) * w);
    }
  return out;
}
