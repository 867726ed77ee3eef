import type { Services } from "./services.js";
import { drawPlan } from "../tile/draw/draw-plan.js";
import { NOTHING } from "../tile/draw/draw-layer.js";
import type { FilledDrawing } from "../tile/draw/draw-filled.js";
import type { Picture } from "../tile/draw/provenance.js";
import type { TilePlan } from "../tile/plan.js";

/** What drawing a picture uses. */
export type Drawing = FilledDrawing & Pick<Services, "tiles"> & Partial<Pick<Services, "sharedTiles">>;

/** A plan becomes a picture, drawn once: pictures are kept by their ETag, and concurrent requests for one share the work. */
export async function renderPicture(plan: TilePlan, use: Drawing, signal?: AbortSignal): Promise<Picture> {
  if (plan.layers.length === 0) return NOTHING;
  const draw = (shared: AbortSignal): Promise<Picture> => drawPlan(plan, use, shared);
  return use.tiles.get(
    plan.etag,
    async (shared) => {
      const picture = await (use.sharedTiles?.getOrDraw(plan.etag, () => draw(shared)) ?? draw(shared));
      return { ...picture, hrefs: plan.layers.map(({ item }) => item.href) };
    },
    signal,
  );
}
