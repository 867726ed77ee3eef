import { observationRule } from "../mosaic/mosaic-spec.js";
import type { CanvasMemory, ComposeTask, DrawnPicture } from "../pixel-tasks.js";
import { mayBeClear, type PlanLayer, type TilePlan } from "../plan.js";
import { dateLimit, type DateLimit } from "./date-limit.js";
import type { Picture } from "./provenance.js";
import {
  canvasBands,
  drawLayer,
  countReach,
  createCanvas,
  gatherLayer,
  markOf,
  toPicture,
  usefulRect,
  type LayerDrawing,
} from "./draw-layer.js";

/** Per pixel the first date that has an observation. */
export async function drawOrdered(plan: TilePlan, use: LayerDrawing, signal: AbortSignal): Promise<Picture> {
  const { layers, spec, mosaic } = plan;
  const canvas = createCanvas(plan.target, canvasBands(plan));
  const limit = dateLimit(plan);
  const told = (drawn: DrawnPicture): Picture =>
    toPicture(drawn, layers, {
      method: mosaic.selection,
      isCut: drawn.observed < drawn.pixels && (plan.limit.isCut || limit?.isReached === true),
    });
  const drawn = await fillInOrder({ plan, layers, canvas, limit, render: true }, use, signal);
  if (drawn !== undefined) return told(drawn);
  const result = await use.pixels.run({ kind: "render", spec, canvas }, { signal });
  if (result.kind !== "drawn" || result.picture === undefined) throw new TypeError("no picture came back");
  return told(result.picture);
}

/** What is drawn where. */
export interface Filling {
  readonly plan: TilePlan;
  readonly layers: readonly PlanLayer[];
  readonly canvas: CanvasMemory;
  readonly limit: DateLimit | undefined;
  /** Render with the last date or when the canvas is full. */
  readonly render: boolean;
}

/**
 * Draws dates until none is left or the canvas is full; gives the picture where one was rendered on the way.
 *
 * After the first date the grids say, before anything is read, whether a date reaches pixels still open, and the masks, before any
 * network runs, whether it has observations for them and which latents those need.
 */
export async function fillInOrder(
  { plan, layers, canvas, limit, render }: Filling,
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<DrawnPicture | undefined> {
  const { spec } = plan;
  const rule = observationRule(plan.mosaic);
  for (const [k, layer] of layers.entries()) {
    const isPlain = k === 0 && rule === "valid";
    if (k > 0 && !(await reachesOpen({ layer, canvas, limit }, use, signal))) continue;
    if (rule === "clear" && !mayBeClear(layer)) continue;
    const gathered = await gatherLayer(layer, use, signal);
    if (gathered.masks.chunks.every((chunk) => chunk.valid === "none")) continue;
    const ready = { layer, gathered, rule, canvas };
    const rect = isPlain ? layer.rect : await usefulRect(ready, use, signal);
    if (rect === undefined) continue;
    const next = layers[k + 1];
    const finish: ComposeTask["finish"] = render
      ? { when: next === undefined ? "now" : "full", spec }
      : { when: "never" };
    const { picture } = await drawLayer(
      ready,
      { rect, mark: markOf(k), resampling: spec.resampling, finish },
      use,
      signal,
    );
    if (picture !== undefined) return picture;
    limit?.addTo(layer, canvas.filled);
    if (!render && canvas.filled.every((mark) => mark !== 0)) return undefined;
  }
  return undefined;
}

/** Whether a date's image reaches pixels that are still open and for which it may be read. */
export async function reachesOpen(
  {
    layer,
    canvas,
    limit,
  }: Pick<Filling, "limit"> & {
    readonly layer: PlanLayer;
    readonly canvas: Pick<CanvasMemory, "size" | "height" | "filled">;
  },
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<boolean> {
  const { size, height } = canvas;
  const filled = limit?.closedFor(layer, canvas.filled) ?? canvas.filled;
  if ((await countReach({ layer, canvas: { size, height, filled } }, use, signal)) > 0) return true;
  if (limit !== undefined && filled !== canvas.filled && (await countReach({ layer, canvas }, use, signal)) > 0)
    limit.isReached = true;
  return false;
}
