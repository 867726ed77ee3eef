import { setMaxListeners } from "node:events";
import { isOrdered } from "../tile/mosaic/mosaic-spec.js";
import type { TilePlan } from "../tile/plan.js";
import type { Picture } from "../tile/provenance.js";
import { drawInpainted } from "./draw-inpainted.js";
import { drawMerged } from "./draw-merged.js";
import { drawOrdered } from "./draw-ordered.js";
import { NOTHING, type LayerDrawing } from "./draw-layer.js";
import type { Services } from "./services.js";

/** What drawing a picture uses. */
export type Drawing = LayerDrawing & Pick<Services, "tiles"> & Partial<Pick<Services, "sharedTiles">>;

/**
 * The server in one function: a plan becomes a picture.
 *
 * Dates are drawn in the plan's order; each fills what the ones before left open, and the first that leaves no hole ends it. Selections
 * that look at all dates merge them instead. Pictures are kept by their ETag, and concurrent requests for one share the work.
 */
export async function renderPicture(plan: TilePlan, use: Drawing, signal?: AbortSignal): Promise<Picture> {
  if (plan.layers.length === 0) return NOTHING;
  const draw = (shared: AbortSignal): Promise<Picture> => drawPlan(plan, use, shared);
  return use.tiles.get(
    plan.etag,
    (shared) => use.sharedTiles?.getOrDraw(plan.etag, () => draw(shared)) ?? draw(shared),
    signal,
  );
}

function drawPlan(plan: TilePlan, use: LayerDrawing, signal: AbortSignal): Promise<Picture> {
  // Many dates' chunks wait for one signal.
  setMaxListeners(0, signal);
  const { selection, inpaint } = plan.mosaic;
  if (inpaint !== "none") return drawInpainted(plan, use, signal);
  return isOrdered(selection) ? drawOrdered(plan, use, signal) : drawMerged(plan, use, signal);
}
