import { positionsOf, STRIDE, CHUNK_PX } from "../core/geometry.js";
import { BANDS, type BandName } from "../core/bands.js";
import { chunkSpan, type LatentWindow } from "../core/latents.js";
import { CHUNK_POSITIONS } from "../core/geometry.js";
import type { KeptBranch } from "../model/network-tasks.js";
import type { Networks, SynthesisRequest } from "../model/networks.js";
import type { ChunkReader, OpenContainer } from "./chunk-reader.js";
import type { DecodedChunk } from "./decode-chunk.js";
import type { PixelWindow } from "../core/raster.js";
import type { StoredArray, WantedNumbers } from "../core/stored-numbers.js";
import type { MaskPieces } from "./pixel-tasks.js";
import type { LatentRect } from "./plan.js";
import type { ObservationPieces } from "./window-observations.js";

/** Pixels of one window of a level, as the network gives them, with the masks of the chunks around. */
export interface DecodedWindow extends ObservationPieces {
  /** Digital numbers, [bands][height][width]. */
  readonly pixels: Float32Array;
  /** Of the level, pixels; cut to whole latents, so it may reach past the image's edge. */
  readonly window: PixelWindow;
}

/** The same with numbers as they are stored, [bands][height][width], or in blocks where they were asked for so. */
export interface StoredWindow extends Omit<DecodedWindow, "pixels"> {
  readonly numbers: StoredArray;
}

export interface WindowRequest {
  readonly container: OpenContainer;
  readonly level: number;
  readonly rect: LatentRect;
  readonly bands: readonly BandName[];
  /** False: without the decoder's learned branch, where a quick look will do. */
  readonly refine?: boolean | undefined;
  /** Digital numbers below it are raised to it; 0, so that no expression, statistic or merge meets a negative one. */
  readonly lowest?: number | undefined;
  /** What the branch gave, kept for other bands of the same window. */
  readonly kept?: KeptBranch | undefined;
}

/** What decoding a window takes. */
export interface WindowDecoder {
  readonly reader: ChunkReader;
  readonly networks: Networks;
}

/** A window's latents and masks, before its network runs. */
export interface GatheredWindow extends ObservationPieces {
  readonly container: OpenContainer;
  readonly level: number;
  readonly rect: LatentRect;
  readonly latents: LatentWindow;
}

/**
 * Decodes a window of latents with the neighbours that the synthesis needs as halo: equal to cropping the decoded whole level,
 * whatever chunks it straddles.
 */
export async function decodeWindow(
  request: WindowRequest,
  use: WindowDecoder,
  signal?: AbortSignal,
): Promise<DecodedWindow> {
  const gathered = await gatherWindow(request, use.reader, signal);
  const { pixels, window } = await synthesiseWindow(gathered, request, use, signal);
  return { pixels, window, masks: gathered.masks, classes: gathered.classes };
}

/** The same as numbers are stored, of any sign. */
export async function decodeStored(
  request: Omit<WindowRequest, "lowest">,
  units: WantedNumbers,
  { reader, networks }: WindowDecoder,
  signal?: AbortSignal,
): Promise<StoredWindow> {
  const { masks, classes, ...gathered } = await gatherWindow(request, reader, signal);
  const wanted = synthesisOf(gathered, { ...request, lowest: -Infinity });
  const numbers = await networks.synthesiseStored(wanted, units, signal);
  return { numbers, window: pixelsOf(request.rect), masks, classes };
}

/** Reads and entropy-decodes the chunks of a window, halo included. */
export async function gatherWindow(
  { container, level, rect }: Omit<WindowRequest, "bands">,
  reader: ChunkReader,
  signal?: AbortSignal,
): Promise<GatheredWindow> {
  const { latents, chunks } = await gatherChunks({ container, level, rect }, reader, signal);
  const tiles = container.cog.levels[level];
  const masks: MaskPieces = {
    x: latents.chunkColumn * CHUNK_PX,
    y: latents.chunkRow * CHUNK_PX,
    chunkColumns: latents.chunkColumns,
    chunks: chunks.map((chunk, i) => ({
      valid: chunk.valid,
      width: Math.min(CHUNK_PX, (tiles?.width ?? 0) - (latents.chunkColumn + (i % latents.chunkColumns)) * CHUNK_PX),
      height: Math.min(
        CHUNK_PX,
        (tiles?.height ?? 0) - (latents.chunkRow + Math.floor(i / latents.chunkColumns)) * CHUNK_PX,
      ),
    })),
  };
  return { container, level, rect, latents, masks, classes: chunks.map((chunk) => chunk.classes) };
}

type WantedPart = Pick<WindowRequest, "rect" | "bands" | "refine" | "lowest" | "kept">;

/** Runs the network over a part of a gathered window; `rect` lies within the window's. */
export async function synthesiseWindow(
  gathered: GatheredWindow,
  wanted: WantedPart,
  { networks }: Pick<WindowDecoder, "networks">,
  signal?: AbortSignal,
): Promise<Pick<DecodedWindow, "pixels" | "window">> {
  return {
    pixels: await networks.synthesise(synthesisOf(gathered, wanted), signal),
    window: pixelsOf(wanted.rect),
  };
}

function synthesisOf(
  { container, level, latents }: Pick<GatheredWindow, "container" | "level" | "latents">,
  { rect, bands, refine = true, lowest = 0, kept }: WantedPart,
): SynthesisRequest {
  const { transform } = container.model;
  return {
    transform,
    bands: bands.map((band) => BANDS.indexOf(band)),
    window: { ...latents, ...withHalo(rect, transform.halo) },
    native: level === 0 ? container.cog.metadata.native : undefined,
    refine,
    lowest,
    kept,
  };
}

/** The pixels that latents cover; whole latents, so it may reach past the image's edge. */
export function pixelsOf(rect: LatentRect): PixelWindow {
  return { x: rect.column * STRIDE, y: rect.row * STRIDE, width: rect.columns * STRIDE, height: rect.rows * STRIDE };
}

function withHalo(rect: LatentRect, halo: number): LatentRect {
  return {
    row: rect.row - halo,
    column: rect.column - halo,
    rows: rect.rows + 2 * halo,
    columns: rect.columns + 2 * halo,
  };
}

async function gatherChunks(
  { container, level, rect }: Omit<WindowRequest, "bands">,
  reader: ChunkReader,
  signal: AbortSignal | undefined,
): Promise<{ latents: LatentWindow; chunks: readonly DecodedChunk[] }> {
  const tiles = container.cog.levels[level];
  if (tiles === undefined) throw new RangeError(`level ${level} of ${container.cog.levels.length}`);
  const place = withHalo(rect, container.model.transform.halo);
  const [levelRows, levelColumns] = [positionsOf(tiles.height), positionsOf(tiles.width)];
  const [chunkRow, lastRow] = chunkSpan(place.row, place.rows, levelRows);
  const [chunkColumn, lastColumn] = chunkSpan(place.column, place.columns, levelColumns);
  const chunkColumns = lastColumn - chunkColumn + 1;
  const wanted: Promise<DecodedChunk>[] = [];
  for (let r = chunkRow; r <= lastRow; r++) {
    for (let c = chunkColumn; c <= lastColumn; c++)
      wanted.push(reader.chunk(container, level, r * tiles.chunkColumns + c, signal));
  }
  const chunks = await Promise.all(wanted);
  return {
    latents: {
      ...place,
      levelRows,
      levelColumns,
      chunkRow,
      chunkColumn,
      chunkColumns,
      chunks: chunks.map((chunk) => chunk.latents),
    },
    chunks,
  };
}

/** The latents that cover a rectangle of pixels. */
export function rectOfPixels(window: PixelWindow): LatentRect {
  const [row, column] = [Math.floor(window.y / CHUNK_POSITIONS), Math.floor(window.x / CHUNK_POSITIONS)];
  return {
    row,
    column,
    rows: Math.ceil((window.y + window.height) / CHUNK_POSITIONS) - row,
    columns: Math.ceil((window.x + window.width) / CHUNK_POSITIONS) - column,
  };
}

/** 1 where the level's pixel (x, y) is valid, 0 where it is not or lies outside the masks. */
export function maskAt(masks: MaskPieces, x: number, y: number): number {
  const [column, row] = [Math.floor((x - masks.x) / CHUNK_PX), Math.floor((y - masks.y) / CHUNK_PX)];
  const chunk = masks.chunks[row * masks.chunkColumns + column];
  if (chunk === undefined || chunk.valid === "none") return 0;
  if (chunk.valid === "all") return 1;
  return chunk.valid[(y - masks.y - row * CHUNK_PX) * chunk.width + (x - masks.x - column * CHUNK_PX)] ?? 0;
}
