import { positionsOf, chunksOf, STRIDE, CHUNK_PX } from "../core/geometry.js";
import { chunkName, chunkSize, levelSizes } from "../container/tec-cog.js";
import { createTecCogWriter, type TecCogWriter } from "../container/tec-cog-writer.js";
import { BANDS, bandsWithout } from "../core/bands.js";
import { Limiter } from "../core/limiter.js";
import { countValid, type PixelWindow } from "../core/raster.js";
import { cutBlock, cutMask, intersectWindow } from "./block.js";
import { createClearCounts, type ClearCounts } from "./clear-counts.js";
import { openCoding, type ChunkToEncode, type CodingUse, type Fineness, type ImageCoding } from "./coding.js";
import { createDecodedChunks, type DecodedChunks } from "./decoded-chunks.js";
import type { EncodedChunk } from "./encode-tasks.js";
import { createErrorSum, type ErrorSum, type Psnr } from "./error-sum.js";
import { metadataOf } from "./image-metadata.js";
import { createLevelStore, type LevelStore } from "./level-store.js";
import { makeQuicklook, type PreviewImage } from "./quicklook.js";
import { checkReferences } from "./references.js";
import { halveBlock } from "./resample.js";
import type { Source, SourceBlock } from "./source.js";

export interface EncodeOptions extends CodingUse, Fineness {
  readonly signal?: AbortSignal | undefined;
  /** Called after each block. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What encoding one image gave, measured on the way. */
export interface EncodeReport {
  readonly fileBytes: number;
  readonly headerBytes: number;
  readonly levels: readonly { readonly width: number; readonly height: number; readonly bytes: number }[];
  /** dB, peak 10000, over the valid pixels of the full resolution that are neither cloud nor shadow: each band's, "all", "visible". */
  readonly psnr: Psnr;
  /** The same of the valid pixels that are; undefined where there are none. */
  readonly psnrClouded: Psnr | undefined;
  /** Bits a pixel and band of the full resolution's chunks. */
  readonly bitsPerPixel: number;
  /** 0..100. */
  readonly validPercent: number;
  /** Valid and neither cloud nor shadow, 0..100; undefined without scene classes. */
  readonly clearPercent: number | undefined;
  /** The same of each chunk of the full resolution, row-major, rounded up. */
  readonly chunkClearPercent: readonly number[] | undefined;
  readonly preview: PreviewImage;
}

/**
 * Encodes a source as a TEC-COG at `path`, which appears only when it is whole.
 *
 * Each level is coded block by block with all that the transform looks at around each, so that it is the level transformed at once.
 *
 * @throws InvalidRequestError for a quality, target or entropy model that the model lacks, or references that can't be leant on.
 */
export async function encodeImage(source: Source, path: string, options: EncodeOptions): Promise<EncodeReport> {
  const { grid } = source;
  const { model, references } = options;
  const coding = openCoding({ ...options, native: source.native, absentBands: source.absentBands });
  const { width, height, crs, transform } = grid;
  checkReferences({ width, height, crs, transform, datetime: source.datetime, model }, references);
  const writer = await createTecCogWriter(path, {
    ...grid,
    metadata: metadataOf(source, options),
    expectedBytes: 24 * grid.width * grid.height,
  });
  try {
    return await new ImageEncoder({ source, options, coding, writer, path }).run();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

interface EncoderParts {
  readonly source: Source;
  readonly options: EncodeOptions;
  readonly coding: ImageCoding;
  readonly writer: TecCogWriter;
  readonly path: string;
}

/** A block whose chunks are coded, and its pixels, until its error is measured. */
interface CodedBlock {
  readonly core: PixelWindow;
  readonly pixels: SourceBlock;
  readonly chunks: ReadonlyMap<number, EncodedChunk>;
}

class ImageEncoder {
  private readonly parts: EncoderParts;
  private readonly sizes: ReturnType<typeof levelSizes>;
  private readonly stores: LevelStore[];
  private readonly errors: ErrorSum;
  /** Of the full resolution: what a reader will see, as long as something around it is to be measured. */
  private readonly decoded: DecodedChunks;
  private readonly counts: ClearCounts;
  /** The level that the quicklook is made of. */
  private readonly quicklookLevel: number;
  /** The row of blocks whose errors are measured when the next is coded. */
  private before: readonly CodedBlock[] = [];
  /** Chunks of all levels. */
  private readonly total: number;
  private done = 0;

  constructor(parts: EncoderParts) {
    const { grid, hasClasses, sources } = parts.source;
    this.parts = parts;
    this.errors = createErrorSum(parts.source.absentBands);
    this.decoded = createDecodedChunks(grid);
    this.counts = createClearCounts(grid.width, grid.height);
    this.sizes = levelSizes(grid.width, grid.height);
    this.total = this.sizes.reduce((sum, { width, height }) => sum + chunksOf(width) * chunksOf(height), 0);
    this.quicklookLevel = Math.min(3, this.sizes.length - 1);
    const has = { classes: hasClasses, provenance: sources !== undefined };
    this.stores = this.sizes.slice(1).map(({ width, height }) => createLevelStore(width, height, has));
  }

  async run(): Promise<EncodeReport> {
    const { writer, source } = this.parts;
    await this.encodeLevels();
    const { width, height } = source.grid;
    const preview = await makeQuicklook({
      block:
        this.quicklookLevel === 0
          ? await source.read({ x: 0, y: 0, width, height }, this.parts.options.signal)
          : this.readStore(this.quicklookLevel),
      imageWidth: width,
      imageHeight: height,
      maxBytes: Math.floor(0.02 * writer.size()),
      bands: bandsWithout(source.absentBands),
    });
    const levels = this.sizes.map((size, level) => ({ ...size, bytes: writer.levelBytes(level) }));
    const file = await writer.finish(preview.quicklook);
    const { counts } = this;
    return {
      ...file,
      levels,
      psnr: this.errors.psnr("clear"),
      psnrClouded: this.errors.counts("clouded") > 0 ? this.errors.psnr("clouded") : undefined,
      bitsPerPixel: (8 * (levels[0]?.bytes ?? 0)) / (width * height * bandsWithout(source.absentBands).length),
      validPercent: counts.validPercent(),
      clearPercent: source.hasClasses ? counts.clearPercent() : undefined,
      chunkClearPercent: source.hasClasses ? counts.chunkClearPercent() : undefined,
      preview,
    };
  }

  /**
   * Rows of blocks of all levels, each as soon as the finer level has given what it and its surroundings are made of: a level is in memory
   * only from the row that is next to the row that it has got to.
   */
  private async encodeLevels(): Promise<void> {
    const { blockPx, reachPx } = this.parts.coding;
    /** The first row of pixels of each level that isn't coded. */
    const next = this.sizes.map(() => 0);
    const isReady = ({ height }: { readonly height: number }, level: number): boolean => {
      const top = next[level] ?? 0;
      if (level === 0 || top >= height) return top < height;
      const finer = Math.min(this.sizes[level - 1]?.height ?? 0, next[level - 1] ?? 0);
      return Math.ceil(finer / 2) >= Math.min(height, top + blockPx + reachPx);
    };
    for (;;) {
      const level = this.sizes.findLastIndex(isReady);
      if (level < 0) break;
      const top = next[level] ?? 0;
      await this.encodeRow(level, top);
      next[level] = top + blockPx;
      if (level !== this.quicklookLevel) this.stores[level - 1]?.dropAbove(top + blockPx - reachPx);
    }
    await this.measure(this.before);
  }

  /** The blocks of a row side by side, then its chunks in reading order. */
  private async encodeRow(level: number, y: number): Promise<void> {
    const size = this.sizes[level];
    if (size === undefined) return;
    const { writer, options, coding } = this.parts;
    const { blockPx } = coding;
    const chunkColumns = chunksOf(size.width);
    const row: Promise<CodedBlock>[] = [];
    // One block more than threads, so that reading the next overlaps with coding.
    const limiter = new Limiter(options.encoders.size + 1);
    for (let x = 0; x < size.width; x += blockPx) {
      options.signal?.throwIfAborted();
      const core = { x, y, width: Math.min(blockPx, size.width - x), height: Math.min(blockPx, size.height - y) };
      row.push(limiter.run(() => this.encodeBlock(level, core)));
    }
    const blocks = await Promise.all(row);
    const chunks = new Map(blocks.flatMap((block) => [...block.chunks]));
    const from = Math.floor(y / CHUNK_PX) * chunkColumns;
    const to = Math.min(chunksOf(size.height), Math.floor((y + blockPx) / CHUNK_PX)) * chunkColumns;
    for (let index = from; index < to; index++) await writer.append(level, index, chunks.get(index)?.bytes);
    if (level > 0) return;
    for (const [index, { latents }] of chunks) this.decoded.add(index, latents);
    const { before } = this;
    this.before = blocks;
    await this.measure(before);
  }

  /** The chunks of one block by their index in the level; none where neither the block nor what is around it has a valid pixel. */
  private async encodeBlock(level: number, core: PixelWindow): Promise<CodedBlock> {
    const { coding, options, source, path } = this.parts;
    const levelSize = this.sizes[level] ?? core;
    const { reachPx } = coding;
    const around = intersectWindow(
      {
        x: core.x - reachPx,
        y: core.y - reachPx,
        width: core.width + 2 * reachPx,
        height: core.height + 2 * reachPx,
      },
      levelSize,
    );
    const read = level === 0 ? await source.read(around, options.signal) : this.readStore(level, around);
    const pixels = cutBlock(read, {
      x: core.x - around.x,
      y: core.y - around.y,
      width: core.width,
      height: core.height,
    });
    if (level === 0) this.counts.add(core, pixels);
    if (level + 1 < this.sizes.length) this.stores[level]?.write(core.x / 2, core.y / 2, halveBlock(pixels));
    const chunks =
      countValid(read.raster.valid) === 0 ? [] : chunksToEncode(core, pixels, { path, level, size: levelSize });
    const coded =
      chunks.length === 0
        ? []
        : await coding.encode({ level, levelSize, core, around, raster: read.raster, chunks }, options.signal);
    this.advance(chunksOf(core.width) * chunksOf(core.height));
    const byIndex = chunks.flatMap(({ index }, i): [number, EncodedChunk][] => {
      const chunk = coded[i];
      return chunk === undefined ? [] : [[index, chunk]];
    });
    return { core, pixels, chunks: new Map(byIndex) };
  }

  /** Decodes a row of blocks as a reader will, when what lies around it is coded too, and adds its errors. */
  private async measure(blocks: readonly CodedBlock[]): Promise<void> {
    const { model, networks, signal } = this.parts.options;
    const { transform } = model;
    const { halo } = transform;
    await Promise.all(
      blocks.map(async ({ core, pixels, chunks }) => {
        if (chunks.size === 0) return;
        const [rows, columns] = [positionsOf(core.height), positionsOf(core.width)];
        const rect = {
          row: core.y / STRIDE - halo,
          column: core.x / STRIDE - halo,
          rows: rows + 2 * halo,
          columns: columns + 2 * halo,
        };
        const request = {
          transform,
          bands: BANDS.map((_, i) => i),
          window: this.decoded.window(rect),
          native: this.parts.source.native,
          refine: true,
        };
        const decoded = await networks.synthesise(request, signal);
        this.errors.add(pixels, decoded, { width: STRIDE * columns, height: STRIDE * rows });
      }),
    );
    const [first] = blocks;
    if (first !== undefined) this.decoded.dropAbove(Math.floor(first.core.y / CHUNK_PX));
  }

  private readStore(level: number, window?: PixelWindow): SourceBlock {
    const store = this.stores[level - 1];
    if (store === undefined) throw new RangeError(`level ${level} of ${this.sizes.length}`);
    return store.read(window ?? { x: 0, y: 0, width: store.width, height: store.height });
  }

  private advance(chunks: number): void {
    this.done += chunks;
    this.parts.options.onProgress?.(this.done, this.total);
  }
}

/** The chunks of a block, with what is known of their pixels. */
function chunksToEncode(
  core: PixelWindow,
  pixels: SourceBlock,
  at: {
    readonly path: string;
    readonly level: number;
    readonly size: { readonly width: number; readonly height: number };
  },
): readonly ChunkToEncode[] {
  const chunkColumns = chunksOf(at.size.width);
  const out: ChunkToEncode[] = [];
  for (let row = core.y / CHUNK_PX; row * CHUNK_PX < core.y + core.height; row++) {
    for (let column = core.x / CHUNK_PX; column * CHUNK_PX < core.x + core.width; column++) {
      const cell = { x: column * CHUNK_PX - core.x, y: row * CHUNK_PX - core.y, ...chunkSize(at.size, row, column) };
      const mask = cutMask(pixels, cell);
      out.push({
        name: chunkName(at.path, at.level, row, column),
        row,
        column,
        index: row * chunkColumns + column,
        mask,
      });
    }
  }
  return out;
}
