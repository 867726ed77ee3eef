import { createGeoTiffWriter } from "../container/geotiff-writer.js";
import { bandsWithout } from "../core/bands.js";
import { InvalidRequestError } from "../core/errors.js";
import { PROVENANCE } from "../core/provenance.js";
import type { OpenContainer } from "../tile/chunk-reader.js";
import { decodeWindow, rectOfPixels } from "../tile/decode-window.js";
import { physical, storedTile } from "../tile/stored-tile.js";
import { readProvenance } from "../tile/read-provenance.js";
import type { Decoder } from "./services.js";

const TILE_PX = 256;
const STRIP_PX = 1024;

export interface DecodeOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Writes the full resolution of the bands that it holds as an ordinary GeoTIFF on the source's grid, in its units, CRS and dtype, never warped: holes get the
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
  const { units } = cog.metadata;
  const bands = bandsWithout(cog.metadata.absent);
  const { transform, crs, geoKeys } = cog;
  const writer = await createGeoTiffWriter(path, {
    width,
    height,
    transform,
    crs,
    geoKeys,
    bands,
    dtype: units.dtype,
    nodata: units.nodata,
    ...physical(units),
  });
  try {
    for (let y = 0; y < height; y += TILE_PX) {
      for (let x = 0; x < width; x += STRIP_PX) {
        options.signal?.throwIfAborted();
        const window = { x, y, width: Math.min(STRIP_PX, width - x), height: Math.min(TILE_PX, height - y) };
        const decoded = await decodeWindow(
          // cutTile clips to the stored type: numbers with an offset may stand for less than 0.
          { container, level: 0, rect: rectOfPixels(window), bands, lowest: -Infinity },
          use,
          options.signal,
        );
        for (let left = x; left < x + window.width; left += TILE_PX) {
          const place = { x: left, y, width: Math.min(TILE_PX, width - left), height: window.height };
          await writer.append(storedTile(decoded, place, { units, side: TILE_PX, bands: bands.length }));
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
