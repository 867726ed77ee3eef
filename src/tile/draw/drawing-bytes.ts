import { isOrdered } from "../mosaic/mosaic-spec.js";
import type { TilePlan } from "../plan.js";
import { canvasBands } from "./draw-layer.js";

/** A date's window may have 2.6 times the picture's pixels (plan.ts takes the finer level up to 1.6 times a side); canvas and result beside it. */
const CANVASES = 5;

/** Canvases of references and results while a chunk is filled. */
const FILLING = 8;

/** About as many bytes as drawing a plan holds at once, samples being float32. */
export function drawingBytes(plan: TilePlan): number {
  const { target, margin, layers, limit, mosaic } = plan;
  const pixels = (target.width + 2 * margin) * (target.height + 2 * margin);
  const dated = isOrdered(mosaic.selection) ? 0 : Math.min(layers.length, limit.dates);
  return 4 * pixels * canvasBands(plan).length * (CANVASES + dated + (mosaic.inpaint === "none" ? 0 : FILLING));
}
