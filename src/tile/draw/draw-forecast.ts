import { STRIDE } from "../../core/geometry.js";
import { canForecast, forecastWindow, type ForecastWindow } from "../inpaint/forecast-window.js";
import type { GatheredWindow } from "../decode-window.js";
import type { CanvasMemory, DatedCanvas, ForecastCanvas } from "../pixel-tasks.js";
import type { PlanLayer, TargetGrid, TilePlan } from "../plan.js";
import { warpOnto } from "./warp.js";
import { drawLayer, createCanvas, markOf, openRect, type LayerDrawing } from "./draw-layer.js";

/** Another date, drawn. */
export interface Support {
  readonly layer: PlanLayer;
  readonly gathered: GatheredWindow;
  readonly dated: DatedCanvas;
}

/** The shown date's items and canvas with its holes, and other dates already drawn. */
export interface ForecastDrawing {
  readonly plan: TilePlan;
  readonly base: readonly PlanLayer[];
  readonly canvas: CanvasMemory;
  readonly supports: readonly Support[];
  readonly area: TargetGrid;
}

/** Latents around holes that are forecast too, so that the fit to the surroundings has what to look at: 48 pixels. */
const HALO = 3;

/** Draws what the model forecasts of the holes of the shown date and of their surroundings; undefined where no other date can serve. */
export async function drawForecast(
  { plan, base, canvas, supports, area }: ForecastDrawing,
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<ForecastCanvas | undefined> {
  const own = createCanvas(area, canvas.bands);
  const expected = plan.mosaic.uncertaintyPlane ? createCanvas(area, ["B01"]) : undefined;
  const layers = new Set<number>();
  const how = { mark: markOf(0), resampling: plan.spec.resampling, finish: { when: "never" as const } };
  for (const layer of base) {
    const container = await use.reader.open(layer.item.href, layer.item.checksum, signal);
    const serving = supports.flatMap((support, k) =>
      canForecast({ layer, gathered: { container } }, support) ? [{ support, k }] : [],
    );
    const rect = serving.length === 0 ? undefined : await openRect({ layer, canvas, halo: HALO }, use, signal);
    if (rect === undefined) continue;
    const dates = serving.map(({ support: { gathered, dated } }) => ({ gathered, days: dated.days }));
    const forecast = await forecastWindow({ dates, rect, factor: layer.factor }, use.forecasts, signal);
    if (forecast === undefined) continue;
    const { gathered } = forecast;
    await drawLayer({ layer, gathered, rule: "valid", canvas: own }, { rect, ...how }, use, signal);
    if (expected !== undefined) drawDeviations(expected, layer, forecast);
    for (const date of forecast.dates) layers.add(serving[date]?.k ?? 0);
  }
  if (layers.size === 0) return undefined;
  return { canvas: own, layers: [...layers], deviations: expected?.samples ?? new Float32Array() };
}

/** One value a latent, drawn like a level sixteen times as coarse. */
function drawDeviations(canvas: CanvasMemory, layer: PlanLayer, { rect, deviations }: ForecastWindow): void {
  const source = {
    kind: "raster" as const,
    x: rect.column,
    y: rect.row,
    width: rect.columns,
    height: rect.rows,
    bands: ["deviation"],
    samples: deviations.map((value) => (Number.isNaN(value) ? 0 : value)),
    valid: Uint8Array.from(deviations, (value) => (Number.isNaN(value) ? 0 : 1)),
  };
  warpOnto(canvas, source, layer.grid, { factor: STRIDE * layer.factor, resampling: "bilinear" });
}
