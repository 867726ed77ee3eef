import { Limiter } from "../../core/limiter.js";
import { isOrdered, observationRule } from "../mosaic/mosaic-spec.js";
import { daysBetween } from "../mosaic/order-items.js";
import type { DatedCanvas } from "../pixel-tasks.js";
import { mayBeClear, plannedArea, type PlanLayer, type TilePlan } from "../plan.js";
import { dateLimit } from "./date-limit.js";
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

interface KeptDate {
  readonly layer: PlanLayer;
  readonly dated: DatedCanvas;
}

/** All dates looked at together: mean, median, medoid, best and the like. */
export async function drawMerged(plan: TilePlan, use: LayerDrawing, signal: AbortSignal): Promise<Picture> {
  const { spec, mosaic, layers } = plan;
  const { selection, decider } = mosaic;
  checkCanvases(plan, Math.min(layers.length, plan.limit.dates));
  if (isOrdered(selection)) throw new RangeError(`${selection} goes by order`);
  const { kept, isCut } = await drawDates(plan, use, signal);
  if (kept.length === 0) return NOTHING;
  const canvases = kept.map(({ dated }) => dated);
  const result = await use.pixels.run(
    { kind: "merge", selection, decider, spec, layers: canvases, margin: plan.margin },
    { signal },
  );
  if (result.kind !== "drawn" || result.picture === undefined) throw new TypeError("no picture came back");
  const used = kept.map(({ layer }) => layer);
  return toPicture(result.picture, used, { method: selection, isCut });
}

/** The dates that show something, in order, up to as many at any place as may be read; with `best` only until no further one can change a pixel. */
async function drawDates(
  plan: TilePlan,
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<{ readonly kept: readonly KeptDate[]; readonly isCut: boolean }> {
  const { mosaic, layers } = plan;
  const askedMs = mosaic.askedMs ?? Math.max(...layers.map(({ item }) => item.datetimeMs));
  const daysOf = ({ item }: PlanLayer): number => daysBetween(askedMs, item.datetimeMs);
  const limit = dateLimit(plan);
  const isBest = mosaic.selection === "best";
  const batch = limit === undefined && !isBest ? layers.length : SIDE_BY_SIDE;
  const limiter = new Limiter(SIDE_BY_SIDE);
  const kept: KeptDate[] = [];
  for (let from = 0; from < layers.length; from += batch) {
    const next = layers[from];
    if (isBest && next !== undefined && (await isSettled({ plan, kept, days: daysOf(next) }, use, signal)))
      return { kept, isCut: false };
    const drawn = await Promise.all(
      layers.slice(from, from + batch).map((layer) =>
        limiter.run(async () => {
          const dated = await drawAlone({ plan, layer, days: daysOf(layer) }, use, signal);
          return dated === undefined ? [] : [{ layer, dated }];
        }),
      ),
    );
    for (const one of drawn.flat()) {
      if (limit?.adds(one.layer, one.dated.canvas.filled) === false) limit.isReached = true;
      else kept.push(one);
    }
    checkCanvases(plan, kept.length);
    if (limit?.isFull() === true && from + batch < layers.length) return { kept, isCut: true };
  }
  return { kept, isCut: plan.limit.isCut || limit?.isReached === true };
}

/** Whether dates at least so many days off change nothing more. */
async function isSettled(
  { plan, kept, days }: { readonly plan: TilePlan; readonly kept: readonly KeptDate[]; readonly days: number },
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<boolean> {
  if (kept.length === 0) return false;
  const layers = kept.map(({ dated }) => dated);
  const { spec } = plan;
  const answer = await use.pixels.run({ kind: "settled", spec, layers, margin: plan.margin, days }, { signal });
  if (answer.kind !== "settled") throw new TypeError(`a ${answer.kind} answer to a question`);
  return answer.isSettled;
}

/** One date on a canvas of its own; undefined where it has no observation. */
async function drawAlone(
  { plan, layer, days }: { readonly plan: TilePlan; readonly layer: PlanLayer; readonly days: number },
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<DatedCanvas | undefined> {
  const rule = observationRule(plan.mosaic);
  if (rule === "clear" && !mayBeClear(layer)) return undefined;
  const gathered = await gatherLayer(layer, use, signal);
  const canvas = createCanvas(plannedArea(plan), canvasBands(plan));
  const ready = { layer, gathered, rule, canvas };
  const rect = await usefulRect(ready, use, signal);
  if (rect === undefined) return undefined;
  const { resampling } = plan.spec;
  const { filled } = await drawLayer(
    ready,
    { rect, mark: markOf(0), resampling, finish: { when: "never" } },
    use,
    signal,
  );
  return filled === 0 ? undefined : { canvas, days };
}
