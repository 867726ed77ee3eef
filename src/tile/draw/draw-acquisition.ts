import type { CatalogItem } from "../../catalog/types.js";
import type { BandName } from "../../core/bands.js";
import { mayBeClear, planLayer, type PlanLayer, type TargetGrid } from "../plan.js";
import type { CanvasMemory } from "../pixel-tasks.js";
import { needsDetector } from "../window-observations.js";
import { createCanvas, drawLayer, gatherLayer, markOf, usefulRect, type LayerDrawing } from "./draw-layer.js";
import type { GatheredWindow } from "../decode-window.js";

/** One date's clear pixels on a grid of their own. */
export interface DrawnAcquisition {
  readonly layer: PlanLayer;
  readonly gathered: GatheredWindow;
  readonly canvas: CanvasMemory;
  /** Whether clouds were told from its bands, since it has no scene classes there. */
  readonly isDetected: boolean;
}

/** What is drawn, and where: `wanted` is 0 at pixels that needn't be drawn. */
export interface AcquisitionRequest {
  readonly target: TargetGrid;
  readonly item: CatalogItem;
  readonly bands: readonly BandName[];
  readonly tokens: number | undefined;
  readonly wanted?: Uint8Array | undefined;
}

/** In a canvas: not wanted. */
const CLOSED = 255;

/** Draws a date's clear pixels; undefined where the catalog or its masks say that it has none there, before any network runs. */
export async function drawAcquisition(
  { target, item, bands, tokens, wanted }: AcquisitionRequest,
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<DrawnAcquisition | undefined> {
  const planned = planLayer(target, item);
  if (planned === undefined || !mayBeClear(planned)) return undefined;
  const layer = tokens === undefined ? planned : { ...planned, tokens };
  const canvas = createCanvas(target, bands);
  if (wanted !== undefined) for (let i = 0; i < wanted.length; i++) if (wanted[i] === 0) canvas.filled[i] = CLOSED;
  const gathered = await gatherLayer(layer, use, signal);
  const ready = { layer, gathered, rule: "clear" as const, canvas };
  const rect = await usefulRect(ready, use, signal);
  if (rect === undefined) return undefined;
  await drawLayer(ready, { rect, mark: markOf(0), resampling: "bilinear", finish: { when: "never" } }, use, signal);
  for (let i = 0; i < canvas.filled.length; i++) if (canvas.filled[i] === CLOSED) canvas.filled[i] = 0;
  return { layer, gathered, canvas, isDetected: needsDetector(gathered) };
}
