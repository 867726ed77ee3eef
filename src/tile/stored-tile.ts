import type { TecMetadata } from "../container/tec-cog.js";
import type { PixelWindow } from "../core/raster.js";
import { STORED_ARRAY, type StoredArray, type StoredUnits, type WantedNumbers } from "../core/stored-numbers.js";
import type { StoredWindow } from "./decode-window.js";
import { windowMask } from "./window-mask.js";

/** How numbers are stored: stored = (dn - offset) / scale. */
export type Units = TecMetadata["units"];

/** What stands for holes, and what files declare: the source's nodata value, or 0, which its holes had. */
export const holeOf = ({ nodata }: Units): number => nodata ?? 0;

/** As an image's numbers were stored and are stored again. */
export const storedUnitsOf = (units: Units): StoredUnits => ({
  dtype: units.dtype,
  scale: units.scale,
  offset: units.offset,
  hole: holeOf(units),
});

/**
 * Full tiles of an ordinary file, one after another, each `side` pixels a side, pixel-interleaved, holes as `hole`; beyond its place, the part of a
 * tile that lies inside the image, it is 0.
 */
export function storedTiles(decoded: StoredWindow, places: readonly PixelWindow[], tile: StoredTile): StoredArray {
  const size = tile.side ** 2 * tile.bands;
  if (tile.units.block !== undefined) {
    // They are the tiles already.
    places.forEach((place, i) => putHoles(decoded, place, tile, decoded.numbers.subarray(i * size, (i + 1) * size)));
    return decoded.numbers;
  }
  const out = new STORED_ARRAY[tile.units.dtype](size * places.length);
  places.forEach((place, i) => putTile(decoded, place, tile, out.subarray(i * size, (i + 1) * size)));
  return out;
}

export interface StoredTile {
  readonly units: WantedNumbers;
  readonly side: number;
  readonly bands: number;
}

/** The blocks of a window that are its tiles as they are, of one band: where all tiles are whole. */
export function blockOf(places: readonly PixelWindow[], side: number): number | undefined {
  return places.every(({ width, height }) => width === side && height === side) ? side : undefined;
}

function putTile(decoded: StoredWindow, place: PixelWindow, tile: StoredTile, out: StoredArray): void {
  const { window, numbers } = decoded;
  const { side, bands } = tile;
  const plane = window.width * window.height;
  for (let r = 0; r < place.height; r++) {
    const from = (place.y + r - window.y) * window.width + place.x - window.x;
    if (bands === 1) out.set(numbers.subarray(from, from + place.width), r * side);
    else
      for (let b = 0; b < bands; b++) {
        let at = r * side * bands + b;
        for (let p = b * plane + from, end = p + place.width; p < end; p++, at += bands) out[at] = numbers[p] ?? 0;
      }
  }
  putHoles(decoded, place, tile, out);
}

function putHoles(
  { masks }: StoredWindow,
  place: PixelWindow,
  { units: { hole }, side, bands }: StoredTile,
  out: StoredArray,
): void {
  const valid = windowMask(masks, place);
  if (valid === "all") return;
  for (let r = 0; r < place.height; r++) {
    for (let c = 0; c < place.width; c++) {
      const at = (r * side + c) * bands;
      if (valid[r * place.width + c] === 0) out.fill(hole, at, at + bands);
    }
  }
}

/** GDAL's scale and offset, to reflectance, where the stored numbers are not digital numbers. */
export function physical({ scale, offset }: Units): { readonly scale?: number; readonly offset?: number } {
  return scale === 1 && offset === 0 ? {} : { scale: scale / 10_000, offset: offset / 10_000 };
}
