import type { Bounds } from "./api.js";
import { wholeDay } from "./dates.js";
import { fillingQuery } from "./frames.js";
import { SERVER } from "./json.js";
import { fillingOf, renderOf } from "./series.js";
import type { Series } from "./series.js";
import type { ViewState } from "./state.js";

/** Parts of a look that only make colours of values, or are of tiles. */
const NOT_OF_VALUES = ["rescale", "colormap_name", "colormap", "color_formula", "tilesize", "buffer", "padding"];

/** URL of what the view shows on the state's date as a GeoTIFF of values, at the imagery's own resolution as far as the server allows. */
export function windowUrl({ collection, entries, extent }: Series, state: ViewState, view: Bounds): string {
  const look = new URLSearchParams(renderOf(collection, state.render)?.query ?? "");
  const query = new URLSearchParams(look);
  for (const name of NOT_OF_VALUES) query.delete(name);
  const entry = entries.find(({ day }) => day === state.date);
  if (entry !== undefined && !look.has("datetime"))
    query.set("datetime", state.only ? wholeDay(entry.day) : entry.datetime);
  const filling = fillingOf(state, { entries });
  if (filling !== "nothing")
    for (const [name, value] of new URLSearchParams(fillingQuery(filling))) if (!look.has(name)) query.set(name, value);
  query.delete("inferred");
  const box = overlap(view, extent.bounds).map((side) => side.toFixed(6));
  return new URL(`${collection.path}/bbox/${box.join(",")}.tif?${query}`, SERVER).href;
}

/** The part of a view with imagery; the view where they don't meet, or the extent crosses the antimeridian. */
function overlap(view: Bounds, extent: Bounds): Bounds {
  const [west, south, east, north] = [
    Math.max(view[0], extent[0]),
    Math.max(view[1], extent[1]),
    Math.min(view[2], extent[2]),
    Math.min(view[3], extent[3]),
  ];
  return west < east && south < north && extent[0] <= extent[2] ? [west, south, east, north] : view;
}
