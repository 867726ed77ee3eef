import type { StoredArray } from "../container/geotiff-tags.js";
import type { TecMetadata } from "../container/tec-cog.js";
import type { PixelWindow } from "../core/raster.js";
import type { DecodedWindow } from "./decode-window.js";
import { windowMask } from "./window-mask.js";

/** How numbers are stored: stored = (dn - offset) / scale. */
export type Units = TecMetadata["units"];

/** What stands for holes, and what files declare: the source's nodata value, or 0, which its holes had. */
export const holeOf = ({ nodata }: Units): number => nodata ?? 0;

export const STORED_ARRAY = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  float32: Float32Array,
} as const;
const RANGE = { uint8: [0, 255], uint16: [0, 65535], int16: [-32768, 32767], float32: [-Infinity, Infinity] } as const;

/**
 * One full tile of an ordinary file, `side` pixels, pixel-interleaved, in the units given, clipped to their type; beyond `place`, the part
 * of the tile that lies inside the image, it is 0. A whole number that was observed and is that of holes becomes the one beside it, so that readers see it.
 */
export function storedTile(
  { window, pixels, masks }: Pick<DecodedWindow, "window" | "pixels" | "masks">,
  place: PixelWindow,
  { units, side, bands }: { readonly units: Units; readonly side: number; readonly bands: number },
): StoredArray {
  const out = new STORED_ARRAY[units.dtype](side * side * bands);
  const [low, high] = RANGE[units.dtype];
  const integer = units.dtype !== "float32";
  const hole = holeOf(units);
  const beside = hole < high ? hole + 1 : hole - 1;
  const valid = windowMask(masks, place);
  const plane = window.width * window.height;
  const { scale, offset } = units;
  for (let r = 0; r < place.height; r++) {
    const from = (place.y + r - window.y) * window.width + place.x - window.x;
    for (let b = 0; b < bands; b++) {
      let at = r * side * bands + b;
      for (let p = b * plane + from, end = p + place.width; p < end; p++, at += bands) {
        const number = ((pixels[p] ?? 0) - offset) / scale;
        // Math.round takes four times as long.
        const stored = integer ? Math.floor(number + 0.5) : number;
        const clipped = stored < low ? low : stored > high ? high : stored;
        out[at] = integer && clipped === hole ? beside : clipped;
      }
      if (valid === "all") continue;
      at = r * side * bands + b;
      for (let c = 0; c < place.width; c++, at += bands) if (valid[r * place.width + c] === 0) out[at] = hole;
    }
  }
  return out;
}

/** GDAL's scale and offset, to reflectance, where the stored numbers are not digital numbers. */
export function physical({ scale, offset }: Units): { readonly scale?: number; readonly offset?: number } {
  return scale === 1 && offset === 0 ? {} : { scale: scale / 10_000, offset: offset / 10_000 };
}
