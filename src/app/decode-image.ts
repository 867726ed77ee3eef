import { createGeoTiffWriter } from "../container/geotiff-writer.js";
import { bandsWithout, type BandName } from "../core/bands.js";
import { InvalidRequestError } from "../core/errors.js";
import type { PixelWindow } from "../core/raster.js";
import { translateAffine } from "../geo/affine.js";
import { PROVENANCE } from "../core/provenance.js";
import type { OpenContainer } from "../tile/chunk-reader.js";
import { decodeStored, rectOfPixels } from "../tile/decode-window.js";
import { holeOf, physical, storedTiles, storedUnitsOf } from "../tile/stored-tile.js";
import { readProvenance } from "../tile/read-provenance.js";
import type { Decoder } from "./services.js";

const TILE_PX = 256;
const STRIP_PX = 1024;

export interface DecodeOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What of an image is written; all that it holds unless told otherwise. */
export interface DecodePart {
  /** Pixels of the full resolution, inside it. */
  readonly window?: PixelWindow | undefined;
  readonly bands?: readonly BandName[] | undefined;
}

/**
 * Writes the full resolution of the bands that it holds as an ordinary GeoTIFF on the source's grid, in its units, CRS and dtype, never warped: holes get the
 * source's nodata value, or 0.
 */
export async function decodeImage(
  container: OpenContainer,
  path: string,
  use: Pick<Decoder, "reader" | "networks">,
  { window: part, bands = bandsWithout(container.cog.metadata.absent), ...options }: DecodeOptions & DecodePart = {},
): Promise<void> {
  const { cog } = container;
  const [full] = cog.levels;
  if (full === undefined) return;
  const { x: left, y: top, width, height } = part ?? { x: 0, y: 0, width: full.width, height: full.height };
  const { units } = cog.metadata;
  const stored = storedUnitsOf(units);
  const { crs, geoKeys } = cog;
  const transform = cog.transform === undefined ? undefined : translateAffine(cog.transform, left, top);
  const writer = await createGeoTiffWriter(path, {
    width,
    height,
    transform,
    crs,
    geoKeys,
    bands,
    dtype: units.dtype,
    nodata: holeOf(units),
    ...physical(units),
  });
  try {
    for (let y = 0; y < height; y += TILE_PX) {
      for (let x = 0; x < width; x += STRIP_PX) {
        options.signal?.throwIfAborted();
        const [wide, high] = [Math.min(STRIP_PX, width - x), Math.min(TILE_PX, height - y)];
        const rect = rectOfPixels({ x: left + x, y: top + y, width: wide, height: high });
        const decoded = await decodeStored({ container, level: 0, rect, bands }, stored, use, options.signal);
        for (let from = x; from < x + wide; from += TILE_PX) {
          const place = { x: left + from, y: top + y, width: Math.min(TILE_PX, width - from), height: high };
          await writer.append(storedTiles(decoded, [place], { units: stored, side: TILE_PX, bands: bands.length }));
        }
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
