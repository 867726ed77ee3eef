import { STRIDE } from "../../core/geometry.js";
import type { PixelWindow } from "../../core/raster.js";
import { createCanvas, drawLayer, markOf, openRect, type LayerDrawing } from "../draw/draw-layer.js";
import { warpOnto } from "../draw/warp.js";
import { canForecast, forecastWindow, type ForecastWindow } from "../inpaint/forecast-window.js";
import { daysBetween } from "../mosaic/order-items.js";
import type { CanvasMemory } from "../pixel-tasks.js";
import { planLayer, type PlanLayer } from "../plan.js";
import type { Cells, DrawnReference } from "./fill-chunk.js";
import type { ForecastCanvas } from "./fill-tasks.js";
import type { FillSubject } from "./guide.js";
import { itemTarget } from "./item-grid.js";

/** The holes of a base in a window, and the references drawn for it. */
export interface ForecastRequest {
  readonly subject: FillSubject;
  readonly level: number;
  readonly window: PixelWindow;
  readonly canvas: CanvasMemory;
  readonly drawn: readonly DrawnReference[];
  readonly cells: Cells;
}

/** Latents around holes that are forecast too, so that the fit to the surroundings sees them: 48 pixels. */
const HALO = 3;

/** Draws what the model forecasts of the base's holes and of their surroundings; undefined where no reference can serve. */
export async function forecastHoles(
  { subject, level, window, canvas, drawn, cells }: ForecastRequest,
  use: LayerDrawing,
  signal: AbortSignal,
): Promise<ForecastCanvas | undefined> {
  const [owner] = subject.base;
  const layer = planLayer(itemTarget(owner, level, window), owner);
  if (layer === undefined) return undefined;
  const container = await use.reader.open(owner.href, owner.checksum, signal);
  const serving = drawn.filter((one) => canForecast({ layer, gathered: { container } }, one));
  if (serving.length === 0) return undefined;
  const rect = await openRect({ layer, canvas, halo: HALO }, use, signal);
  if (rect === undefined) return undefined;
  const dates = serving.map(({ gathered, item, index }) => ({
    gathered,
    days: daysBetween(owner.datetimeMs, item.datetimeMs),
    serves: (chunk: { readonly row: number; readonly column: number }) =>
      cells.chosen[(chunk.row - cells.row) * cells.columns + chunk.column - cells.column]?.includes(index) === true,
  }));
  const forecast = await forecastWindow({ dates, rect, factor: layer.factor }, use.forecasts, signal);
  if (forecast === undefined) return undefined;
  const own = createCanvas(window, canvas.bands);
  await drawLayer(
    { layer, gathered: forecast.gathered, rule: "valid", canvas: own },
    { rect, mark: markOf(0), resampling: "nearest", finish: { when: "never" } },
    use,
    signal,
  );
  const deviations = createCanvas(window, ["B01"]);
  drawDeviations(deviations, layer, forecast);
  return { canvas: own, deviations: deviations.samples };
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
