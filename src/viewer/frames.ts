import type { Bounds, Item, RenderChoice, TileExtent } from "./api.js";
import { wholeDay } from "./dates.js";
import type { DateEntry } from "./dates.js";
import { SERVER } from "./json.js";

/** What stands before the URLs of tiles whose provenance is kept. */
export const TILE_PROTOCOL = "tile+";

/** What one date looks like: tile layers, drawn in order. Equal keys show equal pictures. */
export interface Frame {
  readonly key: string;
  readonly day: string;
  /** Clouds are filled from other dates. */
  readonly isFilled: boolean;
  readonly layers: readonly TileLayer[];
}

export interface TileLayer {
  /** With {z}, {x} and {y}. */
  readonly url: string;
  readonly bounds: Bounds;
  readonly minzoom: number;
  readonly maxzoom: number;
}

/**
 * What may fill a date's holes. "before": the dates before it, as they are, clouds too. "cloud-free": what is cloudy is inferred from
 * the dates around it; "hatched" shows where. "nothing": the day's items alone.
 */
export type Filling = "before" | "cloud-free" | "hatched" | "nothing";

export interface FrameQuery {
  /** Where the tiles of the dates are, below the server. */
  readonly path: string;
  readonly entry: DateEntry;
  /** Of the day; only needed where nothing else fills in. */
  readonly items: readonly Item[];
  readonly render: RenderChoice;
  readonly filling: Filling;
  readonly extent: TileExtent;
}

/** The frame of a date: the collection's mosaic at that moment, or one layer for each of the day's items. */
export function frameOf({ path, entry, items, render, filling, extent }: FrameQuery): Frame {
  const isFilled = filling === "cloud-free" || filling === "hatched";
  const look = render.isOwn ? render.query : render.id;
  const named = { key: [path, entry.day, look, filling].join("|"), day: entry.day, isFilled };
  const { minzoom, maxzoom } = extent;
  const whole = { bounds: extent.bounds, minzoom, maxzoom };
  if (filling !== "nothing") {
    const query = [`datetime=${encodeURIComponent(entry.datetime)}`, fillingQuery(filling)];
    return { ...named, layers: [{ url: tileUrl(path, render, query), ...whole }] };
  }
  // A search has no items of a day to ask for, and a look of its own may leave some out.
  if (render.isOwn || !path.startsWith("collections/"))
    return { ...named, layers: [{ url: tileUrl(path, render, [`datetime=${wholeDay(entry.day)}`]), ...whole }] };
  const layers = items.slice(0, MAX_LAYERS).map((item) => ({
    url: tileUrl(`${path}/items/${encodeURIComponent(item.id)}`, render),
    bounds: item.bounds,
    minzoom,
    maxzoom,
  }));
  return { ...named, layers: layers.toReversed() };
}

/** With clear_nearest another day's pixels would count as observed; with first only the day's own do, and all others are told of. */
const CLOUD_FREE = "pixel_selection=first&inpaint=tec";
const FILLING_QUERY: Readonly<Record<Exclude<Filling, "nothing">, string>> = {
  before: "",
  "cloud-free": CLOUD_FREE,
  hatched: `${CLOUD_FREE}&inferred=hatch`,
};

/** What a tile's query says for a way to fill. */
export function fillingQuery(filling: Exclude<Filling, "nothing">): string {
  return FILLING_QUERY[filling];
}

/** Items of one day that are drawn as layers of their own. */
const MAX_LAYERS = 24;

/** What a look of its own says goes before what the page would. */
function tileUrl(root: string, { query, ending, isOwn }: RenderChoice, ours: readonly string[] = []): string {
  const said = new URLSearchParams(isOwn ? query : "");
  const added = ours.flatMap((part) => part.split("&")).filter((part) => !said.has(part.split("=")[0] ?? ""));
  const search = [query, ...added].filter((part) => part !== "").join("&");
  const path = `${root}/tiles/WebMercatorQuad/{z}/{x}/{y}${ending}`;
  return `${TILE_PROTOCOL}${SERVER.href}${path}${search === "" ? "" : `?${search}`}`;
}
