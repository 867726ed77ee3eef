import type { Collection, RenderChoice } from "./api.js";
import type { Connection } from "./connection.js";
import { fetchJson, list, number, record, SERVER, text } from "./json.js";

/** What one date says at a place. */
export interface PointValue {
  /** Milliseconds. */
  readonly time: number;
  readonly value: number;
  /** True: the ground was seen on that date; false: cloud or shadow, or inferred from other dates. */
  readonly seen: boolean;
}

/** A question about a place over time. */
export interface PointQuery {
  readonly collection: Pick<Collection, "id" | "path">;
  readonly place: readonly [lon: number, lat: number];
  readonly plotted: Plotted;
  /** Values of cloudy dates come from the dates around them. */
  readonly cloudFree: boolean;
}

/** What a chart plots. */
export interface Plotted {
  readonly title: string;
  readonly expression: string;
}

/** The index that shows, or NDVI where colours do. */
export function plottedOf(render: RenderChoice | undefined): Plotted {
  const expression = new URLSearchParams(render?.query ?? "").get("expression") ?? "";
  // One value a date: a chart of several would need a choice.
  return render === undefined || expression === "" || expression.includes(";")
    ? { title: "Vegetation index (NDVI)", expression: "(B08-B04)/(B08+B04)" }
    : { title: render.title, expression };
}

/** The values, oldest first; dates without any are left out. */
export async function fetchPointValues(
  ask: Connection["ask"],
  query: PointQuery,
  signal: AbortSignal,
): Promise<readonly PointValue[]> {
  const json = await fetchJson(ask, pointPath(query), signal);
  return list(json["assets"])
    .map(record)
    .flatMap((asset) => {
      const value = number(list(asset["values"])[0]);
      if (value === undefined) return [];
      const seen = asset["clear"] === true && asset["inferred"] !== true;
      return [{ time: Date.parse(text(asset["datetime"])), value, seen }];
    })
    .toSorted((a, b) => a.time - b.time);
}

/** The same as a file of comma-separated values. */
export function pointCsvUrl(query: PointQuery): string {
  return `${new URL(pointPath(query), SERVER).href}&f=csv`;
}

function pointPath({ collection, place: [lon, lat], plotted, cloudFree }: PointQuery): string {
  const search = new URLSearchParams({ expression: plotted.expression, inpaint: cloudFree ? "linear" : "none" });
  return `${collection.path}/point/${lon.toFixed(6)},${lat.toFixed(6)}?${search}`;
}
