import type { Bounds } from "./api.js";
import { formatDay, formatDays } from "./dates.js";
import type { Frame, TileLayer } from "./frames.js";
import { latToTile, lonToTile } from "./mercator.js";
import type { Outcome, Provenance } from "./provenance.js";

/** A tile, and how much of its own area the view shows, 0..1. */
export interface TileInView {
  readonly z: number;
  readonly x: number;
  readonly y: number;
  readonly share: number;
}

/** The part of the world that a map shows, degrees, at MapLibre's zoom (of 512-pixel tiles). */
export interface View {
  readonly bounds: Bounds;
  readonly zoom: number;
}

/** The tiles of 256 pixels with which MapLibre shows a layer in a view, north up. */
export function tilesInView(
  { bounds, zoom }: View,
  { minzoom, maxzoom }: Pick<TileLayer, "minzoom" | "maxzoom">,
): readonly TileInView[] {
  const z = Math.min(maxzoom, Math.round(zoom + 1));
  if (z < minzoom) return [];
  const count = 2 ** z;
  const [west, east] = [lonToTile(bounds[0], count), lonToTile(bounds[2], count)];
  const [north, south] = [Math.max(0, latToTile(bounds[3], count)), Math.min(count, latToTile(bounds[1], count))];
  const tiles: TileInView[] = [];
  for (let y = Math.floor(north); y < south; y++) {
    for (let x = Math.floor(west); x < east; x++) {
      const width = Math.min(x + 1, east) - Math.max(x, west);
      const height = Math.min(y + 1, south) - Math.max(y, north);
      tiles.push({ z, x: ((x % count) + count) % count, y, share: width * height });
    }
  }
  return tiles;
}

/** What the tiles in view of a frame say together; undefined while none has said anything. Tiles without imagery weigh nothing. */
export function viewProvenance(
  frame: Frame,
  view: View,
  told: (url: string) => Provenance | undefined,
): Provenance | undefined {
  let [observed, inferred, area] = [0, 0, 0];
  const dates = new Set<string>();
  const methods = new Set<string>();
  for (const layer of frame.layers) {
    for (const { z, x, y, share } of tilesInView(view, layer)) {
      const tile = told(tileUrlOf(layer, { z, x, y }));
      if (tile === undefined) continue;
      area += share;
      observed += share * tile.observed;
      inferred += share * tile.inferred;
      if (tile.observed + tile.inferred === 0) continue;
      for (const date of tile.dates) dates.add(date);
      methods.add(tile.method);
    }
  }
  if (area === 0) return undefined;
  return {
    observed: observed / area,
    inferred: inferred / area,
    dates: [...dates].toSorted().toReversed(),
    method: [...methods].join("; "),
  };
}

/** How many tiles a frame has in a view, and how many of them have come or failed. */
export function countTiles(
  frame: Frame,
  view: View,
  outcome: (url: string) => Outcome | undefined,
): { readonly total: number; readonly came: number; readonly failed: number } {
  const outcomes = frame.layers.flatMap((layer) =>
    tilesOf(layer, view).map(({ z, x, y }) => outcome(tileUrlOf(layer, { z, x, y }))),
  );
  const count = (wanted: Outcome): number => outcomes.filter((one) => one === wanted).length;
  return { total: outcomes.length, came: count("came"), failed: count("failed") };
}

/** A tile's URL. */
export function tileUrlOf({ url }: TileLayer, { z, x, y }: Pick<TileInView, "z" | "x" | "y">): string {
  return url.replace("{z}", String(z)).replace("{x}", String(x)).replace("{y}", String(y));
}

/** The tiles in view that touch a layer's bounds, which are all that MapLibre asks for. */
export function tilesOf(layer: TileLayer, view: View): readonly TileInView[] {
  const [west, south, east, north] = layer.bounds;
  return tilesInView(view, layer).filter(({ z, x, y }) => {
    const count = 2 ** z;
    const isBeside = west < east && (x + 1 <= lonToTile(west, count) || x >= lonToTile(east, count));
    return !isBeside && y + 1 > latToTile(north, count) && y < latToTile(south, count);
  });
}

/** "83 % seen, 17 % inferred, from 3 dates, 20 Apr – 4 Jul 2024": shares of the imagery in view. */
export function describeProvenance({ observed, inferred, dates }: Provenance): string {
  const imagery = observed + inferred;
  if (imagery === 0) return "No imagery in view";
  const percent = (inferred / imagery) * 100;
  // What is there at all is never rounded away.
  const shown =
    percent > 0 && percent < 1 ? "under 1" : String(percent > 99 && percent < 100 ? 99 : Math.round(percent));
  const seen = shown === "under 1" ? "over 99" : String(100 - Number(shown));
  const shares = inferred === 0 ? "All seen" : `${seen} % seen, ${shown} % inferred`;
  const [newest, oldest] = [dates[0], dates.at(-1)];
  if (newest === undefined || oldest === undefined) return shares;
  return `${shares}, from ${dates.length === 1 ? formatDay(newest) : `${dates.length} dates, ${formatDays(oldest, newest)}`}`;
}
