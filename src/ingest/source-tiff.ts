import { GeoTIFF, registerTag, type GeoTIFFImage } from "geotiff";
import { messageOf } from "../core/assert.js";
import { AppError, CorruptDataError, InvalidRequestError, UnsupportedError } from "../core/errors.js";
import type { PixelWindow } from "../core/raster.js";
import { SharedCache } from "../core/shared-cache.js";
import { openByteSource, type ByteSource, type OpenStore } from "../store/byte-source.js";
import { withCachedHead } from "../store/cached-head.js";
import type { HttpSourceOptions } from "../store/http-source.js";
import { planeOf, type Samples } from "./source-tiff-block.js";
import { copyOverlap, type RasterFile } from "./raster-file.js";
import { readGeoreference, type Georeference } from "./source-georeference.js";
import { TiffImage } from "./source-tiff-image.js";
import { readBandTags, readText, type BandTags, type SampleType } from "./source-tiff-tags.js";

export interface TiffOptions {
  readonly http?: HttpSourceOptions;
  /** Opens the file, and those beside it; openByteSource with `http`. */
  readonly openStore?: OpenStore;
  /** Decoded blocks kept, bytes; 96 MiB holds the full-width strips under a row of windows of a 10980 px scene. */
  readonly cacheBytes?: number;
  readonly signal?: AbortSignal;
}

/** One sample plane's view of a block, kept decoded. */
interface Block {
  readonly planes: readonly Samples[];
  readonly window: PixelWindow;
}

const BLOCKS_AT_ONCE = 8;

/**
 * Opens the first image of a TIFF, and its internal mask where it has one.
 *
 * @throws NotFoundError; CorruptDataError for what isn't a TIFF or ends early; UnsupportedError for a compression or sample type
 * that isn't read.
 */
export async function openTiff(location: string, options: TiffOptions = {}): Promise<RasterFile> {
  const bytes = withCachedHead(await (options.openStore?.(location) ?? openByteSource(location, options.http)));
  try {
    const [signal, sizeBytes] = [options.signal, await bytes.size(options.signal)];
    const found = await guarded(bytes.location, () => openImages(bytes, signal));
    const openImage = (image: GeoTIFFImage): Promise<TiffImage> =>
      guarded(bytes.location, () => TiffImage.open(image, bytes, sizeBytes));
    const main = await openImage(found.main);
    const mask = found.mask === undefined ? undefined : await openImage(found.mask);
    const tags = await guarded(bytes.location, () => readBandTags(found.main));
    const georeference = readGeoreference(found.main);
    const dateTime = await guarded(bytes.location, () => readText(found.main, "DateTime"));
    const identity = await bytes.identity(options.signal);
    return new TiffFile(
      { bytes, main, mask, tags, georeference, dateTime, identity },
      options.cacheBytes ?? 96 * 1024 * 1024,
    );
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

interface TiffParts {
  readonly bytes: ByteSource;
  readonly main: TiffImage;
  readonly mask: TiffImage | undefined;
  readonly tags: BandTags;
  readonly georeference: Georeference;
  readonly dateTime: string | undefined;
  readonly identity: string;
}

/** An open TIFF whose windows are read block by block; decoded blocks are shared between neighbouring windows. */
class TiffFile implements RasterFile {
  readonly location: string;
  readonly identity: string;
  readonly width: number;
  readonly height: number;
  /** Type of each sample; length = samples. */
  readonly types: readonly SampleType[];
  /** Samples that say how opaque a pixel is, by index. */
  readonly alpha: readonly number[];
  readonly tags: BandTags;
  readonly georeference: Georeference;
  /** TIFF tag 306, as written. */
  readonly dateTime: string | undefined;
  private readonly parts: TiffParts;
  private readonly blocks: SharedCache<Block>;

  constructor(parts: TiffParts, cacheBytes: number) {
    const { main } = parts;
    this.parts = parts;
    this.location = parts.bytes.location;
    this.identity = parts.identity;
    this.width = main.width;
    this.height = main.height;
    this.types = main.types;
    this.alpha = main.alpha;
    this.tags = parts.tags;
    this.georeference = parts.georeference;
    this.dateTime = parts.dateTime;
    this.blocks = new SharedCache({
      maxBytes: cacheBytes,
      sizeOf: (block) => block.planes.reduce((sum, plane) => sum + plane.byteLength, 0),
    });
  }

  /** Stored numbers of some samples, one array of height x width each. The window must lie inside the image. */
  async read(window: PixelWindow, samples: readonly number[], signal?: AbortSignal): Promise<readonly Samples[]> {
    return this.readImage("main", window, samples, signal);
  }

  /** The internal mask, 1 = valid; undefined where the file has none. */
  async readMask(window: PixelWindow, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    if (this.parts.mask === undefined) return undefined;
    const [plane] = await this.readImage("mask", window, [0], signal);
    return plane === undefined ? undefined : Uint8Array.from(plane, (value) => (value === 0 ? 0 : 1));
  }

  async close(): Promise<void> {
    this.blocks.evict(() => true);
    await this.parts.bytes.close();
  }

  private async readImage(
    which: "main" | "mask",
    window: PixelWindow,
    samples: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Samples[]> {
    const image = which === "mask" ? this.parts.mask : this.parts.main;
    if (image === undefined) return [];
    if (
      window.x < 0 ||
      window.y < 0 ||
      window.x + window.width > this.width ||
      window.y + window.height > this.height
    ) {
      throw new InvalidRequestError(
        `Window ${window.x},${window.y} ${window.width} x ${window.height} reaches outside ${this.location}`,
      );
    }
    const targets = samples.map((sample) => planeOf(image.types[sample] ?? "other", window.width * window.height));
    // A chunky block holds every sample; of a planar one each sample is a block of its own.
    const groups = image.isPlanar
      ? samples.map((sample, i) => ({ samples: [sample], first: i }))
      : [{ samples, first: 0 }];
    const jobs = image.blocksUnder(window).flatMap((block) => groups.map((group) => ({ block, ...group })));
    const next = jobs.values();
    const work = async (): Promise<void> => {
      for (const job of next) {
        const key = `${which}/${job.block.x}/${job.block.y}/${job.samples.join(",")}`;
        const load = (loadSignal: AbortSignal): Promise<Block> =>
          this.readBlock(image, job.block, job.samples, loadSignal);
        const { planes } = await this.blocks.get(key, load, signal);
        planes.forEach((plane, i) => copyOverlap(plane, job.block, targets[job.first + i], window));
      }
    };
    await Promise.all(Array.from({ length: BLOCKS_AT_ONCE }, work));
    return targets;
  }

  private async readBlock(
    image: TiffImage,
    window: PixelWindow,
    samples: readonly number[],
    signal: AbortSignal,
  ): Promise<Block> {
    const where = `block at ${window.x},${window.y} of ${this.location}`;
    const planes = await guarded(where, () => image.readBlock(window, samples, signal));
    return { window, planes };
  }
}

async function openImages(
  bytes: ByteSource,
  signal?: AbortSignal,
): Promise<{ main: GeoTIFFImage; mask: GeoTIFFImage | undefined }> {
  // Lazily read, geotiff.js 3.0.5 takes these arrays for little-endian whatever the file says, and asks for each element apart.
  for (const [tag, name] of BLOCK_TAGS) registerTag(tag, name, "LONG", true, true);
  const tiff = await GeoTIFF.fromSource(adaptSource(bytes), {}, signal);
  const main = await tiff.getImage(0);
  for (let i = 1, count = await tiff.getImageCount(); i < count; i++) {
    const image = await tiff.getImage(i);
    const kind = image.fileDirectory.getValue("NewSubfileType") ?? 0;
    const sameSize = image.getWidth() === main.getWidth() && image.getHeight() === main.getHeight();
    if ((kind & 4) !== 0 && sameSize) return { main, mask: image };
  }
  return { main, mask: undefined };
}

const BLOCK_TAGS = [
  [273, "StripOffsets"],
  [279, "StripByteCounts"],
  [324, "TileOffsets"],
  [325, "TileByteCounts"],
] as const;

/** geotiff.js's own source interface, over ours. */
function adaptSource(bytes: ByteSource): Parameters<typeof GeoTIFF.fromSource>[0] {
  type Slice = { offset: number; length: number };
  const fetchOne = async ({ offset, length }: Slice, signal?: AbortSignal): Promise<ArrayBuffer> =>
    (await bytes.getRange(offset, length, signal)).buffer;
  return {
    fetch: (slices, signal) => Promise.all(slices.map((slice) => fetchOne(slice, signal))),
    fetchSlice: async (slice, signal) => ({ ...slice, data: await fetchOne(slice, signal) }),
    fileSize: null,
    close: () => bytes.close(),
  };
}

/** geotiff.js throws bare errors; what they mean is told by their text. */
async function guarded<T>(location: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof AppError || (cause instanceof Error && cause.name === "AbortError")) throw cause;
    const message = messageOf(cause);
    if (/Invalid (byte order|magic)/.test(message)) throw new CorruptDataError(location, "not a TIFF file", { cause });
    if (/Unknown compression|not supported|Unsupported/i.test(message)) {
      throw new UnsupportedError(`${location} can't be read: ${message}`, { cause });
    }
    throw new CorruptDataError(location, `its TIFF structure can't be read (${message})`, { cause });
  }
}
