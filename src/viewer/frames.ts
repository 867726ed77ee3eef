import type { Bounds, RenderChoice, TileExtent } from "./api.js";
import { SERVER } from "./api.js";
import type { DateEntry } from "./dates.js";

/** What one date looks like: tile layers, drawn in order. Equal keys show equal pictures. */
export interface Frame {
  readonly key: string;
  readonly layers: readonly TileLayer[];
}

export interface TileLayer {
  /** With {z}, {x} and {y}. */
  readonly url: string;
  readonly bounds: Bounds;
  readonly minzoom: number;
  readonly maxzoom: number;
}

export interface FrameQuery {
  readonly collection: string;
  readonly entry: DateEntry;
  readonly render: RenderChoice;
  /** True: the day's items and nothing before them. */
  readonly only: boolean;
  readonly extent: TileExtent;
}

/** The frame of a date: the collection's mosaic at that moment, or one layer for each of the day's items. */
export function frameOf({ collection, entry, render, only, extent }: FrameQuery): Frame {
  const root = `collections/${encodeURIComponent(collection)}`;
  const key = [collection, entry.day, render.id, only ? "only" : "mosaic"].join("|");
  const { minzoom, maxzoom } = extent;
  if (!only) {
    const url = tileUrl(
      root,
      `${render.query}${render.query === "" ? "" : "&"}datetime=${encodeURIComponent(entry.datetime)}`,
    );
    return { key, layers: [{ url, bounds: extent.bounds, minzoom, maxzoom }] };
  }
  const layers = entry.items.slice(-MAX_LAYERS).map((item) => ({
    url: tileUrl(`${root}/items/${encodeURIComponent(item.id)}`, render.query),
    bounds: item.bounds,
    minzoom,
    maxzoom,
  }));
  return { key, layers };
}

/** Items of one day that are drawn as layers of their own. */
const MAX_LAYERS = 24;

function tileUrl(root: string, query: string): string {
  return `${SERVER.href}${root}/tiles/WebMercatorQuad/{z}/{x}/{y}.webp${query === "" ? "" : `?${query}`}`;
}
