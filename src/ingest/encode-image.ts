import type { LoadedModel } from "../codec/loaded-model.js";
import type { StepTables } from "../codec/tables.js";
import { chunkSize, levelSizes } from "../container/tec-cog.js";
import { createTecCogWriter, type TecCogWriter } from "../container/tec-cog-writer.js";
import { BANDS } from "../core/bands.js";
import { Limiter } from "../core/limiter.js";
import { countValid, type PixelWindow } from "../core/raster.js";
import { unstyled, type StyledWindow } from "../model/network-tasks.js";
import type { Networks } from "../model/networks.js";
import { dequantised, encodeChunk, type BlockLatents, type ChunkPlace } from "./chunk-encoder.js";
import { checkReferences, type ContextUse } from "./context-encoder.js";
import { createDecodedChunks, type DecodedChunks, type LatentRect } from "./decoded-chunks.js";
import { openCoding, type ImageCoding } from "./image-coding.js";
import { createLevelStore, type LevelStore } from "./level-store.js";
import { metadataOf } from "./image-metadata.js";
import { encodeOfficialChunk } from "./official-encoder.js";
import { makeQuicklook, type PreviewImage } from "./quicklook.js";
import { extendEdges, fillHoles, halveBlock } from "./resample.js";
import { cutBlock, intersectWindow } from "./block.js";
import { createErrorSum, type ErrorSum } from "./error-sum.js";
import { createClearCounts, type ClearCounts } from "./clear-counts.js";
import type { Source, SourceBlock } from "./source.js";

export interface EncodeOptions {
  readonly model: LoadedModel;
  /** Quality step; higher is better and larger. */
  readonly quality: number;
  readonly networks: Networks;
  /** Entropy model beyond TEC-FP, and the earlier dates to lean on. */
  readonly context?: Omit<ContextUse, "model"> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each chunk. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What encoding one image gave, measured on the way. */
export interface EncodeReport {
  readonly fileBytes: number;
  readonly headerBytes: number;
  readonly levels: readonly { readonly width: number; readonly height: number; readonly bytes: number }[];
  /** dB, peak 10000, over the valid pixels of the full resolution: each band's and "all". */
  readonly psnr: Readonly<Record<string, number>>;
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

/** Pixels a side of the blocks that are analysed at once: larger ones waste less on halos, smaller ones need less memory. */
const BLOCK_PX = 1024;

/**
 * Encodes a source as a TEC-COG at `path`, which appears only when it is whole.
 *
 * Each level is analysed block by block with the analysis network's whole reach around each block, so that the latents are those of
 * the level analysed at once.
 */
export async function encodeImage(source: Source, path: string, options: EncodeOptions): Promise<EncodeReport> {
  const { grid } = source;
  const { context, model, quality } = options;
  const coding = openCoding(options);
  if (context !== undefined) {
    const { width, height, crs, transform } = grid;
    checkReferences({ width, height, crs, transform, datetime: source.datetime, quality, model }, context.references);
  }
  const writer = await createTecCogWriter(path, {
    ...grid,
    metadata: metadataOf(source, options),
    expectedBytes: 24 * grid.width * grid.height,
  });
  try {
    const encoder = new ImageEncoder({ source, options, coding, writer });
    return await encoder.run();
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
}

class ImageEncoder {
  private readonly parts: EncoderParts;
  private readonly sizes: ReturnType<typeof levelSizes>;
  private readonly stores: LevelStore[];
  private readonly errors: ErrorSum = createErrorSum();
  /** Of the full resolution, where its latents can't be told from the analysis alone. */
  private readonly decoded: DecodedChunks;
  private readonly counts: ClearCounts;
  /** Chunks of all levels. */
  private readonly total: number;
  private done = 0;

  constructor(parts: EncoderParts) {
    const { grid, hasClasses } = parts.source;
    this.parts = parts;
    this.decoded = createDecodedChunks(grid);
    this.counts = createClearCounts(grid.width, grid.height);
    this.sizes = levelSizes(grid.width, grid.height);
    this.total = this.sizes.reduce(
      (sum, { width, height }) => sum + Math.ceil(width / 256) * Math.ceil(height / 256),
      0,
    );
    this.stores = this.sizes.slice(1).map(({ width, height }) => createLevelStore(width, height, hasClasses));
  }

  async run(): Promise<EncodeReport> {
    const { writer, source } = this.parts;
    for (let level = 0; level < this.sizes.length; level++) await this.encodeLevel(level);
    const { width, height } = source.grid;
    const last = this.sizes.length - 1;
    const preview = await makeQuicklook({
      block:
        last === 0
          ? await source.read({ x: 0, y: 0, width, height }, this.parts.options.signal)
          : this.readStore(Math.min(3, last)),
      imageWidth: width,
      imageHeight: height,
      maxBytes: Math.floor(0.02 * writer.size()),
    });
    const levels = this.sizes.map((size, level) => ({ ...size, bytes: writer.levelBytes(level) }));
    const file = await writer.finish(preview.quicklook);
    const { counts } = this;
    return {
      ...file,
      levels,
      psnr: this.errors.psnr(),
      bitsPerPixel: (8 * (levels[0]?.bytes ?? 0)) / (width * height * BANDS.length),
      validPercent: counts.validPercent(),
      clearPercent: source.hasClasses ? counts.clearPercent() : undefined,
      chunkClearPercent: source.hasClasses ? counts.chunkClearPercent() : undefined,
      preview,
    };
  }

  /** Rows of blocks, in order; the blocks of a row side by side, then its chunks in reading order. */
  private async encodeLevel(level: number): Promise<void> {
    const size = this.sizes[level];
    if (size === undefined) return;
    const { writer, options, coding } = this.parts;
    const measuresLater = level === 0 && coding.kind === "official";
    const chunkColumns = Math.ceil(size.width / 256);
    for (let y = 0; y < size.height; y += BLOCK_PX) {
      const row: Promise<ReadonlyMap<number, Uint8Array>>[] = [];
      const limiter = new Limiter(2);
      for (let x = 0; x < size.width; x += BLOCK_PX) {
        options.signal?.throwIfAborted();
        row.push(
          limiter.run(() =>
            this.encodeBlock(level, {
              x,
              y,
              width: Math.min(BLOCK_PX, size.width - x),
              height: Math.min(BLOCK_PX, size.height - y),
            }),
          ),
        );
      }
      const chunks = new Map((await Promise.all(row)).flatMap((block) => [...block]));
      const from = Math.floor(y / 256) * chunkColumns;
      const to = Math.min(Math.ceil(size.height / 256), Math.floor((y + BLOCK_PX) / 256)) * chunkColumns;
      for (let index = from; index < to; index++) await writer.append(level, index, chunks.get(index));
      if (measuresLater && y > 0) await this.measureRow(y - BLOCK_PX);
    }
    if (measuresLater) await this.measureRow(BLOCK_PX * Math.floor((size.height - 1) / BLOCK_PX));
  }

  /** The chunks of one block, by their index in the level. */
  private async encodeBlock(level: number, core: PixelWindow): Promise<ReadonlyMap<number, Uint8Array>> {
    const { coding } = this.parts;
    const size = this.sizes[level];
    if (size === undefined) return new Map();
    const latents = await this.analyse(level, core);
    if (latents === undefined) return this.skipBlock(core);
    const { block, pixels } = latents;
    const chunks = new Map<number, Uint8Array>();
    const chunkColumns = Math.ceil(size.width / 256);
    const jobs: Promise<void>[] = [];
    for (let row = core.y / 256; row * 256 < core.y + core.height; row++) {
      for (let column = core.x / 256; column * 256 < core.x + core.width; column++) {
        const cell = { x: column * 256 - core.x, y: row * 256 - core.y, ...chunkSize(size, row, column) };
        const cut = cutBlock(pixels, cell);
        const mask = { width: cell.width, height: cell.height, valid: cut.raster.valid, classes: cut.classes };
        const index = row * chunkColumns + column;
        const chunk = this.encodeChunk(block, { row, column, level, index, mask });
        jobs.push(
          chunk.then((bytes) => {
            chunks.set(index, bytes);
            this.advance();
          }),
        );
      }
    }
    await Promise.all(jobs);
    if (level === 0 && coding.kind === "fp") await this.measure(block, pixels, { core, step: coding.step });
    return chunks;
  }

  private async encodeChunk(block: BlockLatents, place: ChunkPlace): Promise<Uint8Array> {
    const { coding } = this.parts;
    if (coding.kind === "fp") return encodeChunk(block, place, coding);
    const { bytes, decoded } = await encodeOfficialChunk(block, place, coding);
    if (place.level === 0) this.decoded.add(place.index, decoded);
    return bytes;
  }

  /**
   * The latents of a block and of the synthesis halo around it, and the block's own pixels; undefined where neither the block nor
   * its surroundings have a valid pixel.
   */
  private async analyse(
    level: number,
    core: PixelWindow,
  ): Promise<{ block: BlockLatents; pixels: SourceBlock } | undefined> {
    const { model, networks, signal } = this.parts.options;
    const size = this.sizes[level] ?? core;
    const reach = 16 * (model.analysis.halo + model.synthesis.halo);
    const around = intersectWindow(
      { x: core.x - reach, y: core.y - reach, width: core.width + 2 * reach, height: core.height + 2 * reach },
      size,
    );
    const read = level === 0 ? await this.parts.source.read(around, signal) : this.readStore(level, around);
    const pixels = cutBlock(read, {
      x: core.x - around.x,
      y: core.y - around.y,
      width: core.width,
      height: core.height,
    });
    if (level === 0) this.counts.add(core, pixels);
    if (level + 1 < this.sizes.length) this.stores[level]?.write(core.x / 2, core.y / 2, halveBlock(pixels));
    if (countValid(read.raster.valid) === 0) return undefined;
    const halo = model.synthesis.halo;
    const [levelRows, levelColumns] = [Math.ceil(size.height / 16), Math.ceil(size.width / 16)];
    const row = Math.max(0, core.y / 16 - halo);
    const column = Math.max(0, core.x / 16 - halo);
    const rows = Math.min(levelRows, Math.ceil((core.y + core.height) / 16) + halo) - row;
    const columns = Math.min(levelColumns, Math.ceil((core.x + core.width) / 16) + halo) - column;
    const pad = 16 * model.analysis.halo;
    const extended = extendEdges(fillHoles(read.raster), {
      left: around.x - (column * 16 - pad),
      top: around.y - (row * 16 - pad),
      right: (column + columns) * 16 + pad - (around.x + around.width),
      bottom: (row + rows) * 16 + pad - (around.y + around.height),
    });
    const task = {
      path: model.analysis.path,
      bands: BANDS.length,
      width: extended.width,
      height: extended.height,
      pixels: extended.samples,
    };
    const latents = await networks.analyse(task, signal);
    return { block: { row, column, rows, columns, channels: model.channels, latents }, pixels };
  }

  /** Decodes the block as a reader will and adds its errors. */
  private async measure(
    block: BlockLatents,
    pixels: SourceBlock,
    { core, step }: { readonly core: PixelWindow; readonly step: StepTables },
  ): Promise<void> {
    const rect = this.rectOf(core);
    const latents = dequantised(block, step, rect);
    await this.addErrors(pixels, { rows: rect.rows, columns: rect.columns, latents });
  }

  /** The same of a row of blocks, when the chunks around it are coded too: its pixels are read once more. */
  private async measureRow(y: number): Promise<void> {
    const { source, options } = this.parts;
    const { width, height } = source.grid;
    for (let x = 0; x < width; x += BLOCK_PX) {
      const core = { x, y, width: Math.min(BLOCK_PX, width - x), height: Math.min(BLOCK_PX, height - y) };
      const rect = this.rectOf(core);
      if (this.decoded.touches(rect))
        await this.addErrors(await source.read(core, options.signal), this.decoded.window(rect));
    }
    this.decoded.dropAbove(y / 256);
  }

  /** A block's latents with the synthesis halo around them. */
  private rectOf({ x, y, width, height }: PixelWindow): LatentRect {
    const { halo } = this.parts.options.model.synthesis;
    return {
      row: y / 16 - halo,
      column: x / 16 - halo,
      rows: Math.ceil(height / 16) + 2 * halo,
      columns: Math.ceil(width / 16) + 2 * halo,
    };
  }

  private async addErrors({ raster }: SourceBlock, window: StyledWindow["window"]): Promise<void> {
    const { model, networks, signal } = this.parts.options;
    const { path, halo } = model.synthesis;
    const decoded = await networks.synthesise(
      {
        path,
        channels: model.channels,
        degains: model.degains,
        bands: BANDS.map((_, i) => i),
        window: unstyled(window, BANDS.length),
      },
      signal,
    );
    const [width, height] = [16 * (window.columns - 2 * halo), 16 * (window.rows - 2 * halo)];
    this.errors.add(raster, decoded, { width, height });
  }

  private readStore(level: number, window?: PixelWindow): SourceBlock {
    const store = this.stores[level - 1];
    if (store === undefined) throw new RangeError(`level ${level} of ${this.sizes.length}`);
    return store.read(window ?? { x: 0, y: 0, width: store.width, height: store.height });
  }

  private skipBlock(core: PixelWindow): ReadonlyMap<number, Uint8Array> {
    const chunks = Math.ceil(core.width / 256) * Math.ceil(core.height / 256);
    for (let i = 0; i < chunks; i++) this.advance();
    return new Map();
  }

  private advance(): void {
    this.done++;
    this.parts.options.onProgress?.(this.done, this.total);
  }
}
