import type { CatalogItem } from "../../catalog/types.js";
import { CHUNK_PX } from "../../core/geometry.js";
import { cropPlanes, type PixelWindow } from "../../core/raster.js";
import { drawAcquisition, type DrawnAcquisition } from "../draw/draw-acquisition.js";
import { createCanvas, type LayerDrawing } from "../draw/draw-layer.js";
import type { InpaintMethod } from "../mosaic/mosaic-spec.js";
import { daysBetween } from "../mosaic/order-items.js";
import type { CanvasMemory } from "../pixel-tasks.js";
import { NOTHING_FILLED, type FilledChunk } from "./filled-chunk.js";
import { forecastHoles } from "./forecast-holes.js";
import type { FillTask, LitReference } from "./fill-tasks.js";
import type { ChunkPlace, FillSubject, Guide } from "./guide.js";
import { chunkWindow, itemTarget, levelSize, withHalo } from "./item-grid.js";

export interface ChunkToFill extends ChunkPlace {
  readonly subject: FillSubject;
  readonly guide: Guide;
  readonly method: Exclude<InpaintMethod, "none">;
}

/** A reference as it serves a window: where its cells allow it. */
export interface DrawnReference extends DrawnAcquisition {
  readonly item: CatalogItem;
  /** In the subject's references. */
  readonly index: number;
}

/**
 * Fills one chunk of an item's own grid and level. Every pixel depends on what the guide knows of the whole item and on the halo around
 * it, never on who asks: so chunks meet without a seam.
 */
export async function fillChunk(request: ChunkToFill, use: LayerDrawing, signal: AbortSignal): Promise<FilledChunk> {
  const { subject, guide, level, row, column, method } = request;
  const size = levelSize(subject.base[0], level);
  const chunk = chunkWindow(size, row, column);
  const around = withHalo(chunk, size);
  const isBlind = await guide.isBlind(signal);
  const whole = isBlind ? createCanvas(around, subject.bands) : await drawBase(subject, level, around, use, signal);
  const holes = holesIn(whole, around, chunk);
  if (holes === undefined) return NOTHING_FILLED;
  const window = withHalo(holes, size);
  const canvas = cropCanvas(whole, around, window);
  const cells = await cellsOf(request, window, signal);
  const drawn = await drawReferences(request, { window, cells }, use, signal);
  const references = await Promise.all(
    drawn.map(async ({ item, index, canvas: own }): Promise<LitReference> => ({
      canvas: own,
      days: daysBetween(subject.base[0].datetimeMs, item.datetimeMs),
      light: await guide.light(index, signal),
      day: item.datetime.slice(0, 10),
    })),
  );
  const forecast =
    method === "tec" ? await forecastHoles({ subject, level, window, canvas, drawn, cells }, use, signal) : undefined;
  const task: FillTask = {
    kind: "fill",
    method,
    canvas,
    place: { x: window.x, y: window.y, factor: 2 ** level },
    chunk: holes,
    references,
    forecast,
    coarse: method === "harmonic" ? await guide.coarse(method, signal) : undefined,
  };
  const first = await run(task, use, signal);
  if (first.left === 0 || task.coarse !== undefined) return placed(first.chunk, holes, chunk);
  const coarse = await guide.coarse(method, signal);
  if (coarse === undefined) return placed(first.chunk, holes, chunk);
  return placed((await run({ ...task, coarse }, use, signal)).chunk, holes, chunk);
}

async function run(
  task: FillTask,
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<{ readonly chunk: FilledChunk; readonly left: number }> {
  const result = await use.pixels.run(task, { signal });
  if (result.kind !== "filled") throw new TypeError(`a ${result.kind} answer to a fill task`);
  return result;
}

/** The base's clear pixels, its items in order. */
async function drawBase(
  { base, bands, tokens }: FillSubject,
  level: number,
  window: PixelWindow,
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<CanvasMemory> {
  const target = itemTarget(base[0], level, window);
  let canvas: CanvasMemory | undefined;
  for (const item of base) {
    const wanted = canvas?.filled.map((mark) => (mark === 0 ? 1 : 0));
    if (wanted?.every((open) => open === 0) === true) break;
    const drawn = await drawAcquisition({ target, item, bands, tokens, wanted }, use, signal);
    if (drawn === undefined) continue;
    if (canvas === undefined) canvas = drawn.canvas;
    else addTo(canvas, drawn.canvas);
  }
  return canvas ?? createCanvas(window, bands);
}

function addTo(canvas: CanvasMemory, from: CanvasMemory): void {
  const pixels = canvas.filled.length;
  for (let i = 0; i < pixels; i++) {
    if (canvas.filled[i] !== 0 || from.filled[i] === 0) continue;
    canvas.filled[i] = from.filled[i] ?? 0;
    for (let at = i; at < canvas.samples.length; at += pixels) canvas.samples[at] = from.samples[at] ?? 0;
  }
}

/** The box of a chunk's pixels that the canvas lacks; undefined where it has them all. */
function holesIn({ size, filled }: CanvasMemory, around: PixelWindow, chunk: PixelWindow): PixelWindow | undefined {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let y = chunk.y; y < chunk.y + chunk.height; y++) {
    const from = (y - around.y) * size - around.x;
    for (let x = chunk.x; x < chunk.x + chunk.width; x++) {
      if (filled[from + x] !== 0) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  }
  return left > right ? undefined : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

function cropCanvas(canvas: CanvasMemory, around: PixelWindow, window: PixelWindow): CanvasMemory {
  if (around.width === window.width && around.height === window.height) return canvas;
  const out = createCanvas(window, canvas.bands);
  const inside = { ...window, x: window.x - around.x, y: window.y - around.y };
  out.filled.set(cropPlanes(canvas.filled, around, inside));
  out.samples.set(cropPlanes(canvas.samples, around, inside));
  return out;
}

/** For each chunk that a window touches, the references that serve it. */
export interface Cells {
  readonly row: number;
  readonly column: number;
  readonly columns: number;
  /** Row-major. */
  readonly chosen: readonly (readonly number[])[];
}

async function cellsOf(
  { guide, level, method }: ChunkToFill,
  window: PixelWindow,
  signal: AbortSignal,
): Promise<Cells> {
  const [row, column] = [Math.floor(window.y / CHUNK_PX), Math.floor(window.x / CHUNK_PX)];
  const rows = Math.ceil((window.y + window.height) / CHUNK_PX) - row;
  const columns = Math.ceil((window.x + window.width) / CHUNK_PX) - column;
  const chosen = await Promise.all(
    Array.from({ length: rows * columns }, (_, i) =>
      guide.chosen({ level, row: row + Math.floor(i / columns), column: column + (i % columns) }, method, signal),
    ),
  );
  return { row, column, columns, chosen };
}

/** Each reference on a canvas of its own, where the cells have chosen it. */
async function drawReferences(
  { subject, level }: ChunkToFill,
  { window, cells }: { readonly window: PixelWindow; readonly cells: Cells },
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<readonly DrawnReference[]> {
  const target = itemTarget(subject.base[0], level, window);
  const used = [...new Set(cells.chosen.flat())].toSorted((a, b) => a - b);
  const drawn = await Promise.all(
    used.map(async (index): Promise<DrawnReference | undefined> => {
      const item = subject.references[index];
      if (item === undefined) return undefined;
      const wanted = wantedPixels(window, cells, index);
      const one = await drawAcquisition(
        { target, item, bands: subject.bands, tokens: subject.tokens, wanted },
        use,
        signal,
      );
      return one && { ...one, item, index };
    }),
  );
  return drawn.filter((one) => one !== undefined);
}

function wantedPixels(
  { x, y, width, height }: PixelWindow,
  { row, column, columns, chosen }: Cells,
  index: number,
): Uint8Array {
  const serves = chosen.map((list) => (list.includes(index) ? 1 : 0));
  const out = new Uint8Array(width * height);
  for (let r = 0; r < height; r++) {
    const from = (Math.floor((y + r) / CHUNK_PX) - row) * columns;
    for (let c = 0; c < width; c++) out[r * width + c] = serves[from + Math.floor((x + c) / CHUNK_PX) - column] ?? 0;
  }
  return out;
}

/** What was filled of a part, as the whole chunk. */
function placed(part: FilledChunk, { x, y, width, height }: PixelWindow, chunk: PixelWindow): FilledChunk {
  if (part.by.every((by) => by === 0)) return NOTHING_FILLED;
  if (width === chunk.width && height === chunk.height) return part;
  const pixels = chunk.width * chunk.height;
  const bytes = (of: Uint8Array, empty: number): Uint8Array => {
    const out = new Uint8Array(new SharedArrayBuffer(pixels)).fill(empty);
    put(of, out);
    return out;
  };
  const put = (of: Uint8Array | Uint16Array, out: Uint8Array | Uint16Array): void => {
    for (let r = 0; r < height; r++)
      out.set(of.subarray(r * width, (r + 1) * width), (y - chunk.y + r) * chunk.width + x - chunk.x);
  };
  const samples = new Uint16Array(new SharedArrayBuffer(2 * part.bands.length * pixels));
  part.bands.forEach((_, b) =>
    put(
      part.samples.subarray(b * width * height, (b + 1) * width * height),
      samples.subarray(b * pixels, (b + 1) * pixels),
    ),
  );
  const errors = new Uint16Array(new SharedArrayBuffer(2 * pixels));
  put(part.errors, errors);
  return {
    ...part,
    width: chunk.width,
    height: chunk.height,
    samples,
    by: bytes(part.by, 0),
    nearest: bytes(part.nearest, 255),
    opposite: bytes(part.opposite, 255),
    errors,
  };
}

/** Of which chunks of a level a window's pixels lie in. */
export function chunksUnder({
  x,
  y,
  width,
  height,
}: PixelWindow): readonly { readonly row: number; readonly column: number }[] {
  const found = [];
  for (let row = Math.floor(y / CHUNK_PX); row * CHUNK_PX < y + height; row++)
    for (let column = Math.floor(x / CHUNK_PX); column * CHUNK_PX < x + width; column++) found.push({ row, column });
  return found;
}
