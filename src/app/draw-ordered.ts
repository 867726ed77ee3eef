import type { GatheredWindow } from "../tile/decode-window.js";
import { lookRule } from "../tile/mosaic/mosaic-spec.js";
import type { CanvasMemory, ComposeTask, DrawnPicture } from "../tile/pixel-tasks.js";
import type { PlanLayer, TilePlan } from "../tile/plan.js";
import type { Picture } from "../tile/provenance.js";
import {
  canvasBands,
  composeLayer,
  createCanvas,
  gatherLayer,
  markOf,
  toPicture,
  usefulRect,
  type LayerDrawing,
} from "./draw-layer.js";

/** Per pixel the first date that has a look. */
export async function drawOrdered(plan: TilePlan, use: LayerDrawing, signal: AbortSignal): Promise<Picture> {
  const { layers, spec, mosaic } = plan;
  const canvas = createCanvas(plan.target, canvasBands(plan));
  const drawn = await fillInOrder({ plan, layers, canvas, render: true }, use, signal);
  if (drawn !== undefined) return toPicture(drawn, layers, mosaic.selection);
  const result = await use.pixels.run({ kind: "render", spec, canvas }, { signal });
  if (result.kind !== "drawn" || result.picture === undefined) throw new TypeError("no picture came back");
  return toPicture(result.picture, layers, mosaic.selection);
}

/** What is drawn where. */
export interface Filling {
  readonly plan: TilePlan;
  readonly layers: readonly PlanLayer[];
  readonly canvas: CanvasMemory;
  /** Render with the last date or when the canvas is full. */
  readonly render: boolean;
}

/**
 * Draws dates until none is left or the canvas is full; gives the picture where one was rendered on the way.
 *
 * After the first date the masks say, before any network runs, whether a date has looks for the pixels still open, and which latents
 * those need; the next date is read while the network works.
 */
export async function fillInOrder(
  { plan, layers, canvas, render }: Filling,
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<DrawnPicture | undefined> {
  const { spec } = plan;
  const look = lookRule(plan.mosaic);
  let coming: Promise<GatheredWindow> | undefined;
  for (const [k, layer] of layers.entries()) {
    const gathered = await (coming ?? gatherLayer(layer, use, signal));
    coming = undefined;
    if (gathered.masks.chunks.every((chunk) => chunk.valid === "none")) continue;
    const ready = { layer, gathered, look, canvas };
    const isPlain = k === 0 && look === "valid";
    const rect = isPlain ? layer.rect : await usefulRect(ready, use, signal);
    if (rect === undefined) continue;
    const next = layers[k + 1];
    if (next !== undefined && !isPlain) {
      coming = gatherLayer(next, use, signal);
      coming.catch(() => undefined);
    }
    const finish: ComposeTask["finish"] = render
      ? { when: next === undefined ? "now" : "full", spec }
      : { when: "never" };
    const { picture } = await composeLayer(
      ready,
      { rect, mark: markOf(k), resampling: spec.resampling, finish },
      use,
      signal,
    );
    if (picture !== undefined) return picture;
    if (!render && canvas.filled.every((mark) => mark !== 0)) return undefined;
  }
  return undefined;
}
