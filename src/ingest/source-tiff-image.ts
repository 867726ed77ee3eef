import { promisify } from "node:util";
import { inflate, type ZlibOptions } from "node:zlib";
import { getDecoder, type GeoTIFFImage } from "geotiff";
import { CorruptDataError, UnsupportedError } from "../core/errors.js";
import type { PixelWindow } from "../core/raster.js";
import type { ByteSource } from "../store/byte-source.js";
import { blockBytes, checkLayout, planeOf, unpackBlock, type BlockLayout, type Samples } from "./source-tiff-block.js";
import { sampleTypeOf, type SampleType } from "./source-tiff-tags.js";

const READABLE: ReadonlySet<SampleType> = new Set(["uint8", "uint16", "int16", "float32"]);

const LERC = 34887;
const DEFLATES: ReadonlySet<number> = new Set([8, 32946]);
const RAW = 1;

/** Where and how an image's blocks lie in the file. */
interface BlockTable {
  readonly offsets: ArrayLike<number | bigint>;
  readonly counts: ArrayLike<number | bigint>;
  readonly compression: number;
  readonly layout: BlockLayout;
  readonly width: number;
  readonly height: number;
}

/**
 * One image of a TIFF. geotiff.js reads its tags and decompresses; byte order, predictors and packed bits are undone here, since it
 * undoes predictors in the machine's byte order (3.0.5) and reads a packed sample at a whole byte.
 */
export class TiffImage {
  readonly width: number;
  readonly height: number;
  /** Type of each sample; length = samples. */
  readonly types: readonly SampleType[];
  /** Samples that say how opaque a pixel is (ExtraSamples 1 or 2), by index. */
  readonly alpha: readonly number[];
  readonly isPlanar: boolean;
  private readonly image: GeoTIFFImage;
  private readonly bytes: ByteSource;
  private readonly table: BlockTable;

  private constructor(image: GeoTIFFImage, bytes: ByteSource, table: BlockTable) {
    this.image = image;
    this.bytes = bytes;
    this.table = table;
    this.width = image.getWidth();
    this.height = image.getHeight();
    this.types = typesOf(image);
    this.alpha = alphaOf(image);
    this.isPlanar = image.planarConfiguration === 2;
  }

  /** @throws CorruptDataError for a file cut short; UnsupportedError for a layout that isn't read. */
  static async open(image: GeoTIFFImage, bytes: ByteSource, sizeBytes: number): Promise<TiffImage> {
    const { location } = bytes;
    const table = await tableOf(image, location);
    checkBlocks(table, { location, sizeBytes, wanted: blockCount(image, table) });
    return new TiffImage(image, bytes, table);
  }

  /** The blocks under a window, cut at the image's edges. */
  blocksUnder(window: PixelWindow): readonly PixelWindow[] {
    const { width: blockWidth, height: blockHeight } = this.table;
    const blocks: PixelWindow[] = [];
    for (let y = Math.floor(window.y / blockHeight) * blockHeight; y < window.y + window.height; y += blockHeight) {
      for (let x = Math.floor(window.x / blockWidth) * blockWidth; x < window.x + window.width; x += blockWidth) {
        const [width, height] = [Math.min(blockWidth, this.width - x), Math.min(blockHeight, this.height - y)];
        blocks.push({ x, y, width, height });
      }
    }
    return blocks;
  }

  /** Stored numbers of one block, one array a sample; of a planar image one sample at a time. */
  async readBlock(
    block: PixelWindow,
    samples: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Samples[]> {
    const { layout, offsets, counts, width, height } = this.table;
    const [across, down] = [Math.ceil(this.width / width), Math.ceil(this.height / height)];
    if (!READABLE.has(layout.type)) {
      const found = layout.type === "other" ? "an integer type of another size" : layout.type;
      throw new UnsupportedError(`${this.bytes.location} is ${found}; wanted uint8, uint16, int16 or float32`);
    }
    const [first = 0] = samples;
    const index = (this.isPlanar ? first * down * across : 0) + (block.y / height) * across + block.x / width;
    const count = Number(counts[index] ?? 0);
    if (count === 0) {
      const fill = this.image.getGDALNoData() ?? 0;
      return samples.map(() => planeOf(layout.type, block.width * block.height).fill(fill));
    }
    const stored = await this.bytes.getRange(Number(offsets[index]), count, signal);
    const decoded = await this.decompress(stored, block.height);
    const size = { width: block.width, height: block.height, rowWidth: width };
    const wanted = blockBytes(layout, size);
    if (decoded.length < wanted) {
      const [got, what] = [`${decoded.length} bytes`, `block ${index} holds`];
      throw new CorruptDataError(this.bytes.location, `${what} ${got} once decompressed; wanted ${wanted}`);
    }
    return unpackBlock(decoded, layout, size, this.isPlanar ? samples.map(() => 0) : samples);
  }

  private async decompress(stored: Uint8Array<ArrayBuffer>, rows: number): Promise<Uint8Array> {
    const { compression, width, height } = this.table;
    if (compression === RAW) return stored;
    // Node's own is several times faster than geotiff.js's, and off this thread.
    if (DEFLATES.has(compression))
      return inflateBlock(stored, blockBytes(this.table.layout, { height: rows, rowWidth: width }));
    const { fileDirectory } = this.image;
    const parameters = {
      tileWidth: width,
      tileHeight: this.image.isTiled ? height : rows,
      planarConfiguration: this.image.planarConfiguration,
      bitsPerSample: this.table.layout.bits,
      predictor: 1, // undone by unpackBlock
      samplesPerPixel: this.types.length,
      JPEGTables: await fileDirectory.loadValue("JPEGTables"),
      LercParameters: await fileDirectory.loadValue("LercParameters"),
    };
    const decoder = await getDecoder(compression, parameters);
    const decoded = new Uint8Array(await decoder.decode(stored.slice().buffer));
    const whole = blockBytes(this.table.layout, { height: parameters.tileHeight, rowWidth: width });
    // Of a block that LERC left as it was, geotiff.js 3.0.5 gives the memory around it.
    if (compression !== LERC || decoded.length === whole) return decoded;
    throw new UnsupportedError(
      `${this.bytes.location} holds a LERC block that isn't read; rewrite it with another COMPRESS`,
    );
  }
}

/** `expected` bytes come without being pieced together, and more than that as well. */
async function inflateBlock(stored: Uint8Array, expected: number): Promise<Uint8Array> {
  return inflated(stored, { chunkSize: Math.max(64, expected) });
}

const inflated = promisify<Uint8Array, ZlibOptions, Uint8Array>(inflate);

function typesOf(image: GeoTIFFImage): readonly SampleType[] {
  return Array.from({ length: image.getSamplesPerPixel() }, (_, sample) => sampleTypeOf(image, sample));
}

/** The last samples of a pixel are the extra ones, of which 1 and 2 are opacity (TIFF 6.0 section 18). */
function alphaOf(image: GeoTIFFImage): readonly number[] {
  const extra = Array.from(image.fileDirectory.getValue("ExtraSamples") ?? [], Number);
  const first = image.getSamplesPerPixel() - extra.length;
  return extra.flatMap((kind, i) => (kind === 1 || kind === 2 ? [first + i] : []));
}

async function tableOf(image: GeoTIFFImage, location: string): Promise<BlockTable> {
  const { fileDirectory, isTiled } = image;
  const offsets = await fileDirectory.loadValue(isTiled ? "TileOffsets" : "StripOffsets");
  const counts = await fileDirectory.loadValue(isTiled ? "TileByteCounts" : "StripByteCounts");
  const [width, height] = [image.getTileWidth(), image.getTileHeight()];
  const sides = [width, height, image.getWidth(), image.getHeight(), image.getSamplesPerPixel()];
  if (offsets === undefined || counts === undefined || !sides.every((side) => Number.isInteger(side) && side > 0))
    throw new CorruptDataError(location, "no pixels are described in its first image");
  const compression = (await fileDirectory.loadValue("Compression")) ?? RAW;
  const layout: BlockLayout = {
    type: sampleTypeOf(image, 0),
    bits: bitsOf(image, location),
    stride: image.planarConfiguration === 2 ? 1 : image.getSamplesPerPixel(),
    predictor: compression === LERC ? 1 : ((await fileDirectory.loadValue("Predictor")) ?? 1),
    // Of LERC's numbers too: libtiff swaps before it compresses.
    littleEndian: image.littleEndian,
  };
  checkLayout(layout, location);
  const fillOrder = (await fileDirectory.loadValue("FillOrder")) ?? 1;
  if (fillOrder !== 1) throw new UnsupportedError(`${location} stores its bits in reverse (FillOrder ${fillOrder})`);
  return { offsets, counts, compression, layout, width, height };
}

/** Absent in a TIFF of one bit a sample. */
function bitsOf(image: GeoTIFFImage, location: string): number {
  const bits = Array.from(image.fileDirectory.getValue("BitsPerSample") ?? [1], Number);
  const [first = 1] = bits;
  const other = bits.find((each) => each !== first);
  if (other === undefined) return first;
  throw new UnsupportedError(`${location} mixes samples of ${first} and ${other} bits; wanted the same for all`);
}

function blockCount(image: GeoTIFFImage, { width, height }: BlockTable): number {
  const planes = image.planarConfiguration === 2 ? image.getSamplesPerPixel() : 1;
  return planes * Math.ceil(image.getWidth() / width) * Math.ceil(image.getHeight() / height);
}

/** A file cut short is found here, before anything is made of its first half. */
function checkBlocks(
  { offsets, counts }: BlockTable,
  file: { readonly location: string; readonly sizeBytes: number; readonly wanted: number },
): void {
  const { location, sizeBytes, wanted } = file;
  if (offsets.length < wanted || counts.length < wanted)
    throw new CorruptDataError(location, `${offsets.length} blocks are listed; wanted ${wanted}`);
  for (let i = 0; i < offsets.length; i++) {
    const end = Number(offsets[i]) + Number(counts[i]);
    if (end <= sizeBytes) continue;
    throw new CorruptDataError(location, `block ${i} ends at byte ${end}, the file at ${sizeBytes}: it was cut short`);
  }
}
