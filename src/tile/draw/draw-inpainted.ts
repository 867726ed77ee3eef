import { observationRule } from "../mosaic/mosaic-spec.js";
import { daysBetween, utcDay } from "../mosaic/order-items.js";
import type { CanvasMemory } from "../pixel-tasks.js";
import { mayBeClear, type PlanLayer, type TargetGrid, type TilePlan } from "../plan.js";
import type { Picture } from "./provenance.js";
import { createRow, locateRow } from "./warp.js";
import {
  canvasBands,
  checkCanvases,
  drawLayer,
  countReach,
  createCanvas,
  gatherLayer,
  markOf,
  toPicture,
  usefulRect,
  type LayerDrawing,
} from "./draw-layer.js";
import { drawForecast, type Support } from "./draw-forecast.js";
import { fillInOrder } from "./draw-ordered.js";

/**
 * One date (or, for the other selections in order, a mosaic) without its clouds, and the holes filled from the dates around it.
 *
 * Of those, only as many are decoded as the holes need: for "nearest" until each hole has a rule, for "linear" one before and one after.
 */
export async function drawInpainted(plan: TilePlan, use: LayerDrawing, signal: AbortSignal): Promise<Picture> {
  const { mosaic, spec, margin } = plan;
  const { selection, inpaint, hatch, inferredPlane, uncertaintyPlane } = mosaic;
  checkCanvases(plan);
  if (inpaint === "none") throw new RangeError("nothing to infer");
  const area = { ...plan.target, width: plan.target.width + 2 * margin, height: plan.target.height + 2 * margin };
  const canvas = createCanvas(area, canvasBands(plan));
  const { base, others } = splitLayers(plan);
  await fillInOrder({ plan, layers: base, canvas, render: false }, use, signal);
  const supports = inpaint === "harmonic" ? [] : await drawSupports({ plan, base, others, canvas, area }, use, signal);
  const forecast =
    inpaint === "tec" ? await drawForecast({ plan, base, canvas, supports, area }, use, signal) : undefined;
  const result = await use.pixels.run(
    {
      kind: "inpaint",
      method: inpaint,
      spec,
      canvas,
      reach: reachOf(plan, area),
      seenLayers: base.length,
      layers: supports.map(({ dated }) => dated),
      forecast,
      margin,
      hatch,
      inferredPlane,
      uncertaintyPlane,
    },
    { signal },
  );
  if (result.kind !== "drawn" || result.picture === undefined) throw new TypeError("no picture came back");
  return toPicture(result.picture, [...base, ...supports.map(({ layer }) => layer)], selection);
}

/** The date that is shown, all its items, and those that it is filled from. Other selections than "first" show all dates. */
function splitLayers({ layers, mosaic }: TilePlan): { base: readonly PlanLayer[]; others: readonly PlanLayer[] } {
  const [first] = layers;
  if (mosaic.selection !== "first" || first === undefined) return { base: layers, others: [] };
  const day = utcDay(first.item.datetimeMs);
  return {
    base: layers.filter(({ item }) => utcDay(item.datetimeMs) === day),
    others: layers.filter(({ item }) => utcDay(item.datetimeMs) !== day),
  };
}

/** Share of the holes that may lack an observation on one side: they take the other's, or their surroundings. */
const ENOUGH = 0.02;

interface Supporting {
  readonly plan: TilePlan;
  readonly base: readonly PlanLayer[];
  readonly others: readonly PlanLayer[];
  readonly canvas: CanvasMemory;
  readonly area: TargetGrid;
}

/** Dates, nearest first, whole, on canvases of their own, until nearly every hole has what the method needs. */
async function drawSupports(
  { plan, base, others, canvas, area }: Supporting,
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<readonly Support[]> {
  const baseMs = base[0]?.item.datetimeMs ?? 0;
  const rule = observationRule(plan.mosaic);
  const { resampling } = plan.spec;
  const bothSides = plan.mosaic.inpaint !== "nearest";
  const before = coverOf(canvas);
  const after = bothSides ? coverOf(canvas) : before;
  let holes = 0;
  const found: Support[] = [];
  for (const layer of others) {
    const days = daysBetween(baseMs, layer.item.datetimeMs);
    const cover = days < 0 ? before : after;
    const open = await countReach({ layer, canvas: cover }, use, signal);
    holes = Math.max(holes, open);
    if (open <= holes * ENOUGH) continue;
    if (rule === "clear" && !mayBeClear(layer)) continue;
    const gathered = await gatherLayer(layer, use, signal);
    if ((await usefulRect({ layer, gathered, rule, canvas: cover }, use, signal)) === undefined) continue;
    const own = createCanvas(area, canvas.bands);
    const ready = { layer, gathered, rule, canvas: own };
    const how = { rect: layer.rect, mark: markOf(0), resampling, finish: { when: "never" as const } };
    await drawLayer(ready, how, use, signal);
    for (let i = 0; i < cover.filled.length; i++) if (own.filled[i] !== 0) cover.filled[i] = 1;
    found.push({ layer, gathered, dated: { canvas: own, days } });
  }
  return found;
}

/** Which pixels need no more observations: at first those that the picture has. */
function coverOf({ size, height, filled }: CanvasMemory): Pick<CanvasMemory, "size" | "height" | "filled"> {
  const copy = new Uint8Array(new SharedArrayBuffer(filled.length));
  copy.set(filled);
  return { size, height, filled: copy };
}

/** 1 where a pixel lies inside the image of some date. */
function reachOf({ layers }: TilePlan, { width, height }: TargetGrid): Uint8Array {
  const reach = new Uint8Array(width * height);
  const row = createRow(width);
  for (const { grid, item } of layers) {
    for (let r = 0; r < height; r++) {
      locateRow(row, r, grid, { scale: 1, x: 0, y: 0 });
      for (let c = 0; c < width; c++) {
        const x = row.x[c] ?? Number.NaN;
        const y = row.y[c] ?? Number.NaN;
        if (x >= 0 && y >= 0 && x < item.grid.width && y < item.grid.height) reach[r * width + c] = 1;
      }
    }
  }
  return reach;
}
