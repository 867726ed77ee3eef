import { Limiter } from "../../core/limiter.js";
import { isOrdered, observationRule } from "../mosaic/mosaic-spec.js";
import { daysBetween } from "../mosaic/order-items.js";
import type { DatedCanvas } from "../pixel-tasks.js";
import { plannedArea, type PlanLayer, type TilePlan } from "../plan.js";
import type { Picture } from "./provenance.js";
import {
  canvasBands,
  checkCanvases,
  drawLayer,
  createCanvas,
  gatherLayer,
  markOf,
  NOTHING,
  toPicture,
  usefulRect,
  type LayerDrawing,
} from "./draw-layer.js";

/** Dates of one tile that are decoded side by side. */
const SIDE_BY_SIDE = 4;

/** All dates looked at together: mean, median, medoid, best and the like. */
export async function drawMerged(plan: TilePlan, use: LayerDrawing, signal: AbortSignal): Promise<Picture> {
  const { spec, mosaic, layers } = plan;
  const { selection, decider } = mosaic;
  checkCanvases(plan);
  if (isOrdered(selection)) throw new RangeError(`${selection} goes by order`);
  const askedMs = mosaic.askedMs ?? Math.max(...layers.map(({ item }) => item.datetimeMs));
  const limiter = new Limiter(SIDE_BY_SIDE);
  const drawn = await Promise.all(
    layers.map((layer) => limiter.run(() => drawAlone({ plan, layer, askedMs }, use, signal))),
  );
  const [useful, dated] = [layers.filter((_, k) => drawn[k] !== undefined), drawn.filter((one) => one !== undefined)];
  if (dated.length === 0) return NOTHING;
  const result = await use.pixels.run(
    { kind: "merge", selection, decider, spec, layers: dated, margin: plan.margin },
    { signal },
  );
  if (result.kind !== "drawn" || result.picture === undefined) throw new TypeError("no picture came back");
  return toPicture(result.picture, useful, { method: selection });
}

/** One date on a canvas of its own; undefined where it has no observation. */
async function drawAlone(
  { plan, layer, askedMs }: { plan: TilePlan; layer: PlanLayer; askedMs: number },
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<DatedCanvas | undefined> {
  const gathered = await gatherLayer(layer, use, signal);
  const canvas = createCanvas(plannedArea(plan), canvasBands(plan));
  const ready = { layer, gathered, rule: observationRule(plan.mosaic), canvas };
  const rect = await usefulRect(ready, use, signal);
  if (rect === undefined) return undefined;
  const { resampling } = plan.spec;
  const { filled } = await drawLayer(
    ready,
    { rect, mark: markOf(0), resampling, finish: { when: "never" } },
    use,
    signal,
  );
  return filled === 0 ? undefined : { canvas, days: daysBetween(askedMs, layer.item.datetimeMs) };
}
