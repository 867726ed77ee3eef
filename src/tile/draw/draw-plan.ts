import { setMaxListeners } from "node:events";
import { isOrdered } from "../mosaic/mosaic-spec.js";
import type { TilePlan } from "../plan.js";
import { drawFilled, type FilledDrawing } from "./draw-filled.js";
import { drawMerged } from "./draw-merged.js";
import { drawOrdered } from "./draw-ordered.js";
import type { Picture } from "./provenance.js";

/**
 * The server in one function: a plan becomes a picture.
 *
 * Dates are drawn in the plan's order; each fills what the ones before left open, and the first that leaves no hole ends it. Selections
 * that look at all dates merge them instead.
 */
export function drawPlan(plan: TilePlan, use: FilledDrawing, signal: AbortSignal): Promise<Picture> {
  // Many dates' chunks wait for one signal.
  setMaxListeners(0, signal);
  const { selection, inpaint } = plan.mosaic;
  if (inpaint !== "none") return drawFilled(plan, use, signal);
  return isOrdered(selection) ? drawOrdered(plan, use, signal) : drawMerged(plan, use, signal);
}
