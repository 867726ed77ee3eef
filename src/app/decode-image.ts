import { createGeoTiffWriter, type StoredArray } from "../container/geotiff-writer.js";
import { BANDS } from "../core/bands.js";
import { InvalidRequestError } from "../core/errors.js";
import { PROVENANCE } from "../core/provenance.js";
import type { TecMetadata } from "../container/tec-cog.js";
import type { OpenContainer } from "../tile/chunk-reader.js";
import { decodeWindow, maskAt, rectOfPixels, type DecodedWindow } from "../tile/decode-window.js";
import { readProvenance } from "../tile/read-provenance.js";
import type { Decoder } from "./services.js";

const TILE_PX = 256;
const STRIP_PX = 1024;

export interface DecodeOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Writes the full resolution as an ordinary GeoTIFF on the source's grid, in its units, CRS and dtype, never warped: holes get the
 * source's nodata value, or 0.
 */
export async function decodeImage(
  container: OpenContainer,
  path: string,
  use: Pick<Decoder, "reader" | "networks">,
  options: DecodeOptions = {},
): Promise<void> {
  const { cog } = container;
  const [full] = cog.levels;
  if (full === undefined) return;
  const { width, height } = full;
  const { dtype, nodata } = cog.metadata.units;
  const { transform, crs, geoKeys } = cog;
  const writer = await createGeoTiffWriter(path, {
    width,
    height,
    transform,
    crs,
    geoKeys,
    bands: BANDS,
    dtype,
    nodata,
    ...physical(cog.metadata),
  });
  try {
    for (let y = 0; y < height; y += TILE_PX) {
      for (let x = 0; x < width; x += STRIP_PX) {
        options.signal?.throwIfAborted();
        const window = { x, y, width: Math.min(STRIP_PX, width - x), height: Math.min(TILE_PX, height - y) };
        const decoded = await decodeWindow(
          // cutTile clips to the stored type: numbers with an offset may stand for less than 0.
          { container, level: 0, rect: rectOfPixels(window), bands: BANDS, lowest: -Infinity },
          use,
          options.signal,
        );
        for (let left = x; left < x + window.width; left += TILE_PX)
          await writer.append(cutTile(decoded, { left, top: y, width, height }, cog.metadata.units));
      }
      options.onProgress?.(Math.min(height, y + TILE_PX), height);
    }
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/**
 * Writes where each pixel of a mosaic comes from as a GeoTIFF of one byte a pixel (core/provenance), losslessly.
 *
 * @throws InvalidRequestError of an image that is no mosaic.
 */
export async function decodeProvenance(
  container: OpenContainer,
  path: string,
  { reader }: Pick<Decoder, "reader">,
  { signal, onProgress }: DecodeOptions = {},
): Promise<void> {
  const { cog } = container;
  const [full] = cog.levels;
  if (full === undefined || cog.metadata.sources === undefined)
    throw new InvalidRequestError(`${cog.location} is no mosaic; it holds no provenance`);
  const { width, height } = full;
  const { transform, crs, geoKeys } = cog;
  const place = { width, height, transform, crs, geoKeys };
  const writer = await createGeoTiffWriter(path, {
    ...place,
    bands: ["provenance"],
    dtype: "uint8",
    nodata: PROVENANCE.none,
  });
  try {
    for (let y = 0; y < height; y += TILE_PX) {
      for (let x = 0; x < width; x += TILE_PX) {
        signal?.throwIfAborted();
        const window = { x, y, width: Math.min(TILE_PX, width - x), height: Math.min(TILE_PX, height - y) };
        const codes = await readProvenance(container, { level: 0, window }, reader, signal);
        const tile = new Uint8Array(TILE_PX * TILE_PX);
        for (let r = 0; r < window.height; r++)
          tile.set(codes?.subarray(r * window.width, (r + 1) * window.width) ?? [], r * TILE_PX);
        await writer.append(tile);
      }
      onProgress?.(Math.min(height, y + TILE_PX), height);
    }
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** GDAL's scale and offset, to reflectance, where the source's stored numbers are not digital numbers. */
function physical({ units }: TecMetadata): { readonly scale?: number; readonly offset?: number } {
  if (units.scale === 1 && units.offset === 0) return {};
  return { scale: units.scale / 10000, offset: units.offset / 10000 };
}

const ARRAY = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, float32: Float32Array } as const;
const RANGE = { uint8: [0, 255], uint16: [0, 65535], int16: [-32768, 32767], float32: [-Infinity, Infinity] } as const;

/** One full tile, pixel-interleaved, in the source's units; what lies beyond the image is 0. */
function cutTile(
  decoded: DecodedWindow,
  tile: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
  units: TecMetadata["units"],
): StoredArray {
  const count = BANDS.length;
  const out = new ARRAY[units.dtype](TILE_PX * TILE_PX * count);
  const [low, high] = RANGE[units.dtype];
  const integer = units.dtype !== "float32";
  const hole = units.nodata ?? 0;
  const { window, pixels, masks } = decoded;
  const plane = window.width * window.height;
  for (let r = 0; r < TILE_PX && tile.top + r < tile.height; r++) {
    for (let c = 0; c < TILE_PX && tile.left + c < tile.width; c++) {
      const [x, y] = [tile.left + c, tile.top + r];
      const valid = maskAt(masks, x, y) !== 0;
      const from = (y - window.y) * window.width + x - window.x;
      for (let b = 0; b < count; b++) {
        const stored = ((pixels[b * plane + from] ?? 0) - units.offset) / units.scale;
        const value = Math.max(low, Math.min(high, integer ? Math.round(stored) : stored));
        out[(r * TILE_PX + c) * count + b] = valid ? value : hole;
      }
    }
  }
  return out;
}
