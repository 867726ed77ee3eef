import { BANDS, type BandName } from "../../core/bands.js";
import { levelSizes } from "../../container/tec-cog.js";
import { InvalidRequestError } from "../../core/errors.js";
import { requiredBands } from "../../render/render-spec.js";
import {
  gatherWindow,
  pixelsOf,
  rectOfPixels,
  synthesiseWindow,
  type GatheredWindow,
  type WindowDecoder,
} from "../decode-window.js";
import { DETECTOR_BANDS } from "../mosaic/cloud-detector.js";
import type { ObservationRule } from "../mosaic/mosaic-spec.js";
import type { Probe } from "./probe-window.js";
import {
  FIRST_MARK,
  type CanvasMemory,
  type ComposeTask,
  type DrawnPicture,
  type PixelResult,
  type PixelTask,
  type ProbeTask,
} from "../pixel-tasks.js";
import type { LatentRect, PlanLayer, TargetGrid, TilePlan } from "../plan.js";
import { datesOf, type Picture } from "./provenance.js";
import { CLOUD_BUFFER_PX, needsDetector } from "../window-observations.js";
import type { WorkerPool } from "../../core/worker-pool.js";
import type { Forecasts } from "../inpaint/forecasts.js";
import { openItem } from "../open-item.js";
import { withTokens } from "../tokens.js";

/** What drawing dates onto a tile uses. */
export interface LayerDrawing extends WindowDecoder {
  readonly pixels: WorkerPool<PixelTask, PixelResult>;
  readonly forecasts: Forecasts;
}

/** A picture of no date at all. */
export const NOTHING: Picture = {
  bytes: new Uint8Array(),
  mediaType: "image/png",
  coverage: "none",
  provenance: { observed: 0, inferred: 0, dates: [], method: "none" },
};

/** Empty, on shared memory. */
export function createCanvas(
  { width: size, height }: Pick<TargetGrid, "width" | "height">,
  bands: readonly BandName[],
): CanvasMemory {
  const pixels = size * height;
  return {
    size,
    height,
    bands,
    samples: new Float32Array(new SharedArrayBuffer(4 * bands.length * pixels)),
    filled: new Uint8Array(new SharedArrayBuffer(pixels)),
  };
}

/** Bytes of canvases that one picture may take where each date has its own. */
const MAX_CANVAS_BYTES = 160 * 2 ** 20;

/** @throws InvalidRequestError for a picture of which so many dates, each on a canvas of its own, would take too much memory. */
export function checkCanvases(plan: TilePlan, dates: number): void {
  const { target, margin } = plan;
  const pixels = (target.width + 2 * margin) * (target.height + 2 * margin);
  const bands = canvasBands(plan).length;
  if (4 * pixels * bands * dates <= MAX_CANVAS_BYTES) return;
  throw new InvalidRequestError(
    `${bands} bands of ${dates} dates at ${target.width} x ${target.height} pixels are too much for one picture; wanted fewer bands or a smaller tilesize`,
  );
}

/** The bands that a plan's picture is made from, in storage order. */
export function canvasBands({ spec, mosaic }: TilePlan): readonly BandName[] {
  const deciding = mosaic.decider === undefined ? [] : requiredBands({ ...spec, source: mosaic.decider });
  const hazy: readonly BandName[] = mosaic.selection === "best" ? ["B02", "B04"] : [];
  const wanted = new Set([...requiredBands(spec), ...deciding, ...hazy]);
  return BANDS.filter((band) => wanted.has(band));
}

/** Reads a date's latents and masks. */
export async function gatherLayer(layer: PlanLayer, use: LayerDrawing, signal: AbortSignal): Promise<GatheredWindow> {
  const opened = await openItem(layer.item, use.reader, signal);
  const container = layer.tokens === undefined ? opened : withTokens(opened, layer.tokens);
  return gatherWindow({ container, level: layer.level, rect: layer.rect }, use.reader, signal);
}

/** A date whose latents are there, about to be drawn. */
export interface ReadyLayer {
  readonly layer: PlanLayer;
  readonly gathered: GatheredWindow;
  readonly rule: ObservationRule;
  readonly canvas: Pick<CanvasMemory, "size" | "height" | "filled">;
}

/** The latents that a date's observations need for the pixels still open, from masks alone; undefined where it would fill none. */
export async function usefulRect(
  ready: ReadyLayer,
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<LatentRect | undefined> {
  const { layer, gathered, rule, canvas } = ready;
  if (gathered.masks.chunks.every((chunk) => chunk.valid === "none")) return undefined;
  const window = pixelsOf(layer.rect);
  const { box } = await probe({ layer, canvas, window, rule, pieces: gathered }, use, signal);
  if (box === undefined) return undefined;
  // A cloud that is told from the bands spreads over the pixels around it, so those are looked at too.
  const clouds = rule === "clear" && needsDetector(gathered) ? CLOUD_BUFFER_PX : 0;
  // One beside is in the box.
  const around = clouds + layer.reach - 1;
  const { x, y, width, height } = box;
  const wide = { x: x - around, y: y - around, width: width + 2 * around, height: height + 2 * around };
  return within(rectOfPixels(wide), layer.rect);
}

/** How many open pixels a date's image reaches; where none, it needn't even be read. */
export async function countReach(
  reaching: Pick<ReadyLayer, "layer" | "canvas">,
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<number> {
  return (await probeReach(reaching, use, signal)).count;
}

/** The latents of a date under open pixels, and `halo` latents around them; undefined where its image reaches none. */
export async function openRect(
  { layer, canvas, halo }: Pick<ReadyLayer, "layer" | "canvas"> & { readonly halo: number },
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<LatentRect | undefined> {
  const { box } = await probeReach({ layer, canvas }, use, signal);
  if (box === undefined) return undefined;
  const { row, column, rows, columns } = rectOfPixels(box);
  const wide = { row: row - halo, column: column - halo, rows: rows + 2 * halo, columns: columns + 2 * halo };
  return within(wide, layer.rect);
}

async function probeReach(
  { layer, canvas }: Pick<ReadyLayer, "layer" | "canvas">,
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<Probe> {
  const { x, y, width, height } = pixelsOf(layer.rect);
  const size = levelSizes(layer.item.grid.width, layer.item.grid.height)[layer.level] ?? { width: 0, height: 0 };
  const window = { x, y, width: Math.min(width, size.width - x), height: Math.min(height, size.height - y) };
  return probe({ layer, canvas, window, rule: "valid", pieces: undefined }, use, signal);
}

async function probe(
  { layer, canvas, ...what }: Pick<ReadyLayer, "layer" | "canvas"> & Pick<ProbeTask, "window" | "rule" | "pieces">,
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<Probe> {
  const { size, height, filled } = canvas;
  const { grid, factor } = layer;
  const pieces = what.pieces && { masks: what.pieces.masks, classes: what.pieces.classes };
  const task: ProbeTask = { kind: "probe", ...what, pieces, grid, factor, canvas: { size, height, filled } };
  const answer = await use.pixels.run(task, { signal });
  if (answer.kind !== "probed") throw new TypeError(`a ${answer.kind} answer to a probe`);
  return answer.probe;
}

/** Runs the network over a part of a date and draws its observations onto the canvas. */
export async function drawLayer(
  ready: ReadyLayer & { readonly canvas: CanvasMemory },
  { rect, ...how }: Pick<ComposeTask, "finish" | "mark" | "resampling"> & { readonly rect: LatentRect },
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<{ readonly filled: number; readonly picture: DrawnPicture | undefined }> {
  const { layer, gathered, rule, canvas } = ready;
  const { masks, classes } = gathered;
  const extra = rule === "clear" && needsDetector(gathered) ? DETECTOR_BANDS : [];
  const bands = [...canvas.bands, ...extra.filter((band) => !canvas.bands.includes(band))];
  const { pixels, window } = await synthesiseWindow(gathered, { rect, bands }, use, signal);
  const { grid, factor } = layer;
  const result = await use.pixels.run(
    { kind: "compose", pixels, bands, window, masks, classes, rule, grid, factor, canvas, ...how },
    { signal, transfer: pixels.buffer instanceof ArrayBuffer ? [pixels.buffer] : [] },
  );
  if (result.kind !== "drawn") throw new TypeError(`a ${result.kind} answer to a compose task`);
  return result;
}

/** The mark of a plan's k-th date. */
export function markOf(k: number): number {
  return Math.min(255, FIRST_MARK + k);
}

/** A picture with where its pixels come from; `layers` as its `perLayer` counts them. */
export function toPicture(
  drawn: DrawnPicture,
  layers: readonly PlanLayer[],
  {
    method,
    references = [],
    isCut = false,
  }: { readonly method: string; readonly references?: readonly string[]; readonly isCut?: boolean },
): Picture {
  const { image, pixels, perLayer, observed, inferred, inferredBy } = drawn;
  const used = layers.filter((_, k) => (perLayer[k] ?? 0) > 0).map(({ item }) => item);
  return {
    ...image,
    provenance: {
      observed: observed / pixels,
      inferred: inferred / pixels,
      dates: datesOf([...used, ...references.map((datetime) => ({ datetime }))]),
      method: inferredBy.length === 0 ? method : `${method}, inpaint=${inferredBy.join("+")}`,
      ...(isCut ? { isCut } : {}),
    },
  };
}

function within(rect: LatentRect, outer: LatentRect): LatentRect {
  const row = Math.max(rect.row, outer.row);
  const column = Math.max(rect.column, outer.column);
  return {
    row,
    column,
    rows: Math.min(rect.row + rect.rows, outer.row + outer.rows) - row,
    columns: Math.min(rect.column + rect.columns, outer.column + outer.columns) - column,
  };
}
