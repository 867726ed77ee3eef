import { fromArrayBuffer } from "geotiff";
import { CorruptDataError, InvalidRequestError, UnsupportedError } from "../core/errors.js";
import type { PixelWindow } from "../core/raster.js";
import { SharedCache } from "../core/shared-cache.js";
import { openByteSource, type ByteSource } from "../store/byte-source.js";
import { withCachedHead } from "../store/cached-head.js";
import { cutTile, readCodestream, tileWindow, type Codestream } from "./jp2-codestream.js";
import { georeferenceOfGml } from "./jp2-gml.js";
import { readBoxes, type Jp2Boxes } from "./jp2-boxes.js";
import { decodeTile } from "./openjpeg.js";
import { copyOverlap, type RasterFile } from "./raster-file.js";
import { readGeoreference, type Georeference } from "./source-georeference.js";
import { planeOf, type Samples } from "./source-tiff-block.js";
import type { BandTags, SampleType } from "./source-tiff-tags.js";
import type { TiffOptions } from "./source-tiff.js";

/** A band of Sentinel-2 has 121 tiles of 1024 x 1024; a tile is decoded at once, in some 16 bytes a pixel. */
const MAX_TILE_PX = 8192 * 8192;
/** Two rows of tiles lie under a row of windows that crosses their edge: 46 MB of a band of 10 m. */
const CACHE_BYTES = 56 * 1024 * 1024;

/**
 * Opens a JPEG 2000 file of one band, JP2 or a bare codestream, whose tiles are fetched and decoded one by one as windows need them.
 *
 * @throws NotFoundError; CorruptDataError for what isn't JPEG 2000 or was cut short; UnsupportedError for several components, more than 16
 * bits and tiles of more than 64 megapixels.
 */
export async function openJp2(location: string, options: TiffOptions = {}): Promise<RasterFile> {
  const bytes = withCachedHead(await (options.openStore?.(location) ?? openByteSource(location, options.http)));
  try {
    const boxes = await readBoxes(bytes, await bytes.size(options.signal), options.signal);
    const stream = await readCodestream(bytes, boxes.codestream, options.signal);
    if (Math.min(stream.tileWidth, stream.width) * Math.min(stream.tileHeight, stream.height) > MAX_TILE_PX)
      throw new UnsupportedError(
        `${bytes.location} is one tile of ${stream.width} x ${stream.height} pixels; wanted tiles (gdal_translate to a tiled GeoTIFF makes it readable)`,
      );
    const georeference = await readPlace(boxes, bytes.location);
    return new Jp2File({ bytes, stream, georeference, identity: await bytes.identity(options.signal) });
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

interface Jp2Parts {
  readonly bytes: ByteSource;
  readonly stream: Codestream;
  readonly georeference: Georeference;
  readonly identity: string;
}

class Jp2File implements RasterFile {
  readonly location: string;
  readonly identity: string;
  readonly width: number;
  readonly height: number;
  readonly types: readonly SampleType[];
  readonly alpha: readonly number[] = [];
  readonly tags: BandTags = {
    descriptions: [undefined],
    scales: [undefined],
    offsets: [undefined],
    nodata: undefined,
    items: {},
  };
  readonly georeference: Georeference;
  readonly dateTime = undefined;
  private readonly parts: Jp2Parts;
  private readonly tiles = new SharedCache<Samples>({ maxBytes: CACHE_BYTES, sizeOf: (tile) => tile.byteLength });

  constructor(parts: Jp2Parts) {
    const { bytes, stream } = parts;
    this.parts = parts;
    this.location = bytes.location;
    this.identity = parts.identity;
    this.width = stream.width;
    this.height = stream.height;
    this.types = [stream.bits <= 8 ? "uint8" : stream.isSigned ? "int16" : "uint16"];
    this.georeference = parts.georeference;
  }

  async read(window: PixelWindow, samples: readonly number[], signal?: AbortSignal): Promise<readonly Samples[]> {
    const { width, height } = this;
    if (window.x < 0 || window.y < 0 || window.x + window.width > width || window.y + window.height > height)
      throw new InvalidRequestError(
        `Window ${window.x},${window.y} ${window.width} x ${window.height} reaches outside ${this.location}`,
      );
    const plane = planeOf(this.types[0] ?? "uint16", window.width * window.height);
    for (const index of this.tilesUnder(window)) {
      const tile = await this.tiles.get(String(index), (loadSignal) => this.load(index, loadSignal), signal);
      copyOverlap(tile, tileWindow(this.parts.stream, index), plane, window);
    }
    return samples.map(() => plane);
  }

  async readMask(): Promise<undefined> {}

  async close(): Promise<void> {
    await this.parts.bytes.close();
  }

  private async load(index: number, signal: AbortSignal): Promise<Samples> {
    const { bytes, stream } = this.parts;
    const { width, height } = tileWindow(stream, index);
    const cut = await cutTile(bytes, stream, index, signal);
    const location = `tile ${index} of ${this.location}`;
    return decodeTile({ ...cut, width, height, bits: stream.bits, isSigned: stream.isSigned, location });
  }

  private *tilesUnder(window: PixelWindow): Generator<number> {
    const { origin, tileWidth, tileHeight, columns } = this.parts.stream;
    const [left, top] = [window.x + origin.x - origin.tileX, window.y + origin.y - origin.tileY];
    for (let row = Math.floor(top / tileHeight); row * tileHeight < top + window.height; row++) {
      for (let column = Math.floor(left / tileWidth); column * tileWidth < left + window.width; column++)
        yield row * columns + column;
    }
  }
}

/** GeoJP2 wins over GMLJP2, as in GDAL. */
async function readPlace({ geoTiff, gml }: Jp2Boxes, location: string): Promise<Georeference> {
  if (geoTiff !== undefined) {
    const place = await placeOfGeoTiff(geoTiff, location);
    if (place.transform !== undefined || gml === undefined) return place;
  }
  if (gml !== undefined) return georeferenceOfGml(gml, location);
  const warnings = ["it has no georeference (neither a GeoJP2 box nor GMLJP2)", "it names no CRS"];
  return { transform: undefined, crs: undefined, geoKeys: undefined, warnings };
}

async function placeOfGeoTiff(bytes: Uint8Array<ArrayBuffer>, location: string): Promise<Georeference> {
  try {
    const tiff = await fromArrayBuffer(bytes.buffer);
    return readGeoreference(await tiff.getImage(0));
  } catch (cause) {
    throw new CorruptDataError(location, "its GeoJP2 box is damaged", { cause });
  }
}
