import { CHUNK_PX } from "../../core/geometry.js";
import type { PixelWindow } from "../../core/raster.js";
import { sameAffine } from "../../geo/affine.js";
import type { CatalogItem } from "../../catalog/types.js";
import { pixelsOf, synthesiseWindow, type GatheredWindow } from "../decode-window.js";
import { chunksUnder } from "../fill/fill-chunk.js";
import type { FilledChunk } from "../fill/filled-chunk.js";
import type { Fills } from "../fill/fills.js";
import type { FillSubject } from "../fill/guide.js";
import { levelSize } from "../fill/item-grid.js";
import { DETECTOR_BANDS } from "../mosaic/cloud-detector.js";
import { solarDay } from "../mosaic/order-items.js";
import type { CanvasMemory, ComposeFilledTask, DrawnPicture, InferredMemory } from "../pixel-tasks.js";
import type { PlanLayer, TilePlan } from "../plan.js";
import { needsDetector, windowObservations } from "../window-observations.js";
import {
  canvasBands,
  createCanvas,
  gatherLayer,
  markOf,
  toPicture,
  usefulRect,
  type LayerDrawing,
} from "./draw-layer.js";
import { dateLimit, type DateLimit } from "./date-limit.js";
import { fillInOrder, reachesOpen } from "./draw-ordered.js";
import type { Picture } from "./provenance.js";

/** What drawing with holes filled uses. */
export type FilledDrawing = LayerDrawing & { readonly fills: Fills };

/** A picture in the making. */
interface Drawing {
  readonly plan: TilePlan;
  readonly canvas: CanvasMemory;
  readonly inferred: InferredMemory;
  readonly limit: DateLimit | undefined;
  /** Of the references in it, YYYY-MM-DD. */
  readonly days: Set<string>;
}

/**
 * One date (or, for the other selections in order, a mosaic) without its clouds. What is missing was filled chunk by chunk on the items' own
 * grids (tile/fill), and is drawn like any other pixel.
 */
export async function drawFilled(plan: TilePlan, use: FilledDrawing, signal: AbortSignal): Promise<Picture> {
  const { spec, mosaic, target } = plan;
  const { hatch, inferredPlane, uncertaintyPlane, selection } = mosaic;
  const canvas = createCanvas(target, canvasBands(plan));
  const pixels = canvas.filled.length;
  const inferred = {
    by: new Uint8Array(new SharedArrayBuffer(pixels)),
    errors: new Float32Array(new SharedArrayBuffer(4 * pixels)),
  };
  const drawing: Drawing = { plan, canvas, inferred, limit: dateLimit(plan), days: new Set() };
  await (selection === "first" ? drawDate(drawing, use, signal) : drawMosaic(drawing, use, signal));
  const result = await use.pixels.run(
    { kind: "render-filled", spec, canvas, inferred, hatch, inferredPlane, uncertaintyPlane },
    { signal },
  );
  if (result.kind !== "drawn" || result.picture === undefined) throw new TypeError("no picture came back");
  const isCut = isCutShort(drawing, result.picture);
  return toPicture(result.picture, plan.layers, { method: selection, references: [...drawing.days], isCut });
}

/** Whether dates that were not read might have shown what is empty, or what had to come from its surroundings. */
function isCutShort({ plan, limit }: Drawing, { observed, inferred, inferredBy, pixels }: DrawnPicture): boolean {
  const isOpen = observed + inferred < pixels;
  const isGuessed = plan.mosaic.inpaint !== "harmonic" && inferredBy.includes("harmonic");
  return (
    (isOpen && (plan.limit.isCut || limit?.isReached === true)) ||
    (isGuessed && plan.layers.some(({ isFillCut }) => isFillCut))
  );
}

/** The shown date, all its items; what lies beyond their grids from other dates as they are. */
async function drawDate(drawing: Drawing, use: FilledDrawing, signal: AbortSignal): Promise<void> {
  const { layers } = drawing.plan;
  const [first] = layers;
  if (first === undefined) return;
  const day = solarDay(first.item);
  const base = layers.filter(({ item }) => solarDay(item) === day);
  const ready = await Promise.all(
    base.map((layer) => readyLayer(drawing, layer, subjectOf(drawing, layer), use, signal)),
  );
  const [only] = ready;
  if (only !== undefined && ready.length === 1)
    await compose(drawing, only, { draw: "all", mark: markOf(0) }, use, signal);
  else
    for (const draw of ["seen", "inferred"] as const)
      for (const [k, one] of ready.entries()) await compose(drawing, one, { draw, mark: markOf(k) }, use, signal);
  drawing.limit?.addTo(first, drawing.canvas.filled);
  for (const [k, layer] of layers.entries()) {
    if (base.includes(layer) || base.some(({ item }) => sameGrid(item, layer.item))) continue;
    if (!(await reachesOpen({ layer, ...drawing }, use, signal))) continue;
    const beyond = await readyLayer(drawing, layer, undefined, use, signal);
    await compose(drawing, beyond, { draw: "beyond", mark: markOf(k) }, use, signal);
    drawing.limit?.addTo(layer, drawing.canvas.filled);
  }
}

/** The first clear pixel of each place, and what no date shows from its surroundings, on the grid of the first item. */
async function drawMosaic(drawing: Drawing, use: FilledDrawing, signal: AbortSignal): Promise<void> {
  const { plan, canvas, limit } = drawing;
  const { layers } = plan;
  const [first] = layers;
  if (first === undefined) return;
  await fillInOrder({ plan, layers, canvas, limit, render: false }, use, signal);
  if (canvas.filled.every((mark) => mark !== 0)) return;
  const { bands, tokens } = subjectOf(drawing, first);
  const base = [first.item, ...first.fillFrom] as const;
  const ready = await readyLayer(drawing, first, { base, references: [], bands, tokens }, use, signal);
  await compose(drawing, ready, { draw: "inferred", mark: markOf(0) }, use, signal);
}

function subjectOf({ canvas }: Drawing, { item, fillFrom, tokens }: PlanLayer): FillSubject {
  return { base: [item], references: fillFrom, bands: canvas.bands, tokens };
}

interface ReadyFilled {
  readonly layer: PlanLayer;
  readonly gathered: GatheredWindow;
  /** Clear pixels of its window, 1 each; undefined where only its bands can tell. */
  readonly looks: Uint8Array | "all" | undefined;
  readonly chunks: ComposeFilledTask["chunks"];
}

/** A date's latents, and its chunks under the tile filled. */
async function readyLayer(
  { plan }: Drawing,
  layer: PlanLayer,
  subject: FillSubject | undefined,
  use: FilledDrawing,
  signal: AbortSignal,
): Promise<ReadyFilled> {
  const gathered = await gatherLayer(layer, use, signal);
  const { level, rect, item, factor } = layer;
  const window = pixelsOf(rect);
  const looks = needsDetector(gathered) ? undefined : windowObservations(gathered, window, { rule: "clear", factor });
  const { inpaint: method } = plan.mosaic;
  if (subject === undefined || method === "none") return { layer, gathered, looks, chunks: [] };
  const isMosaic = subject.base.length > 1;
  const wanted = chunksUnder(within(window, levelSize(item, level))).filter(
    (chunk) => isMosaic || looks === undefined || hasHoles(looks, { window, size: levelSize(item, level), chunk }),
  );
  const filled = await Promise.all(
    wanted.map(({ row, column }) => use.fills.chunk({ subject, level, row, column, method }, signal)),
  );
  const chunks = filled.flatMap((chunk: FilledChunk, i) =>
    chunk.width === 0
      ? []
      : [{ x: (wanted[i]?.column ?? 0) * CHUNK_PX, y: (wanted[i]?.row ?? 0) * CHUNK_PX, filled: chunk }],
  );
  return { layer, gathered, looks, chunks };
}

/** The part of a window inside an image. */
function within({ x, y, width, height }: PixelWindow, size: Pick<PixelWindow, "width" | "height">): PixelWindow {
  return { x, y, width: Math.min(width, size.width - x), height: Math.min(height, size.height - y) };
}

/** Whether a chunk has a hole inside a window. */
function hasHoles(
  looks: Uint8Array | "all",
  {
    window,
    size,
    chunk: { row, column },
  }: {
    readonly window: PixelWindow;
    readonly size: Pick<PixelWindow, "width" | "height">;
    readonly chunk: { readonly row: number; readonly column: number };
  },
): boolean {
  if (looks === "all") return false;
  const { x, y, width, height } = within(window, size);
  const [left, right] = [Math.max(x, column * CHUNK_PX), Math.min(x + width, (column + 1) * CHUNK_PX)];
  for (let r = Math.max(y, row * CHUNK_PX); r < Math.min(y + height, (row + 1) * CHUNK_PX); r++) {
    const from = (r - window.y) * window.width - window.x;
    if (looks.subarray(from + left, from + right).includes(0)) return true;
  }
  return false;
}

/** Runs the transform over a date's window, where anything of it is seen, and draws what is seen or inferred where the canvas is still empty. */
async function compose(
  { canvas, inferred, plan, days }: Drawing,
  { layer, gathered, looks, chunks }: ReadyFilled,
  { draw, mark }: Pick<ComposeFilledTask, "draw" | "mark">,
  use: FilledDrawing,
  signal: AbortSignal,
): Promise<void> {
  const { masks, classes } = looks === undefined ? gathered : NOTHING_TO_TELL;
  const extra = needsDetector(gathered) ? DETECTOR_BANDS : [];
  const bands = [...canvas.bands, ...extra.filter((band) => !canvas.bands.includes(band))];
  const window = pixelsOf(layer.rect);
  const isSeen = looks === undefined || looks === "all" || looks.includes(1);
  if (chunks.length === 0 && (draw === "inferred" || !isSeen)) return;
  if (draw === "beyond" && (await usefulRect({ layer, gathered, rule: "clear", canvas }, use, signal)) === undefined)
    return;
  const pixels = isSeen
    ? (await synthesiseWindow(gathered, { rect: layer.rect, bands }, use, signal)).pixels
    : new Float32Array(bands.length * window.width * window.height);
  const { grid, factor } = layer;
  const { resampling } = plan.spec;
  const place = { bands, window, masks, classes, looks, grid, factor, canvas, inferred };
  const result = await use.pixels.run(
    { kind: "compose-filled", pixels, ...place, resampling, chunks, draw, mark },
    { signal, transfer: pixels.buffer instanceof ArrayBuffer ? [pixels.buffer] : [] },
  );
  if (result.kind !== "drawn") throw new TypeError(`a ${result.kind} answer to a compose task`);
  for (const day of result.days ?? []) days.add(day);
}

/** Of a window whose clear pixels are told already. */
const NOTHING_TO_TELL = { masks: { x: 0, y: 0, chunkColumns: 0, chunks: [] }, classes: [] };

function sameGrid({ grid: a }: CatalogItem, { grid: b }: CatalogItem): boolean {
  return a.crs === b.crs && a.width === b.width && a.height === b.height && sameAffine(a.transform, b.transform);
}
