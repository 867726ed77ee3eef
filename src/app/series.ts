import { setMaxListeners } from "node:events";
import type { CatalogItem } from "../catalog/types.js";
import type { Geometry } from "../catalog/geometry.js";
import { Limiter } from "../core/limiter.js";
import { levelSizes } from "../container/tec-cog.js";
import { applyAffine, invertAffine } from "../geo/affine.js";
import { openCrs } from "../geo/crs.js";
import { formatExpression } from "../render/expression-parser.js";
import type { RenderSource } from "../render/render-spec.js";
import type { LayerDrawing } from "./draw-layer.js";
import { geometryMask, type GridMask } from "./geometry-mask.js";
import { readValues } from "./read-looks.js";
import { summarise, type Statistics } from "./statistics.js";

/** What one date says at a place. */
export interface PointValues {
  readonly item: CatalogItem;
  /** One for each band or expression; undefined where nothing was observed. */
  readonly values: readonly number[] | undefined;
  readonly clear: boolean;
}

/** What one date says of an area. */
export interface AreaValues {
  readonly item: CatalogItem;
  /** Of the clear pixels, one for each band or expression; undefined where there are none. */
  readonly statistics: readonly Statistics[] | undefined;
  /** Shares of the area's pixels, 0..100. */
  readonly validPercent: number;
  readonly clearPercent: number;
}

/** Dates decoded side by side. */
const SIDE_BY_SIDE = 8;
/** Areas are read from the level where they span at most so many pixels. */
const MAX_AREA_PX = 256;

/** Names of a source's values: bands as they are called, expressions as they are written. */
export function sourceNames(source: RenderSource): readonly string[] {
  return source.kind === "bands" ? source.bands : source.expressions.map(formatExpression);
}

/** The value of each item's pixel at a place, in the items' order. Items whose grid does not hold the place are left out. */
export async function readPoint(
  items: readonly CatalogItem[],
  { lon, lat, source }: { readonly lon: number; readonly lat: number; readonly source: RenderSource },
  use: Pick<LayerDrawing, "reader" | "networks">,
  signal?: AbortSignal,
): Promise<readonly PointValues[]> {
  if (signal !== undefined) setMaxListeners(0, signal);
  const limiter = new Limiter(SIDE_BY_SIDE);
  const read = async (item: CatalogItem): Promise<PointValues | undefined> => {
    const pixel = pixelAt(item, lon, lat);
    if (pixel === undefined) return undefined;
    const window = { ...pixel, width: 1, height: 1 };
    const found = await readValues({ item, level: 0, window, source }, use, signal);
    if (found === undefined || found.valid[0] === 0) return { item, values: undefined, clear: false };
    return { item, values: found.planes.map((plane) => plane[0] ?? 0), clear: found.clear[0] !== 0 };
  };
  const all = await Promise.all(items.map((item) => limiter.run(() => read(item))));
  return all.filter((one) => one !== undefined);
}

/** Statistics of the clear pixels of an area for each item, in the items' order. Items that the area misses are left out. */
export async function readArea(
  items: readonly CatalogItem[],
  { geometry, source }: { readonly geometry: Geometry; readonly source: RenderSource },
  use: Pick<LayerDrawing, "reader" | "networks">,
  signal?: AbortSignal,
): Promise<readonly AreaValues[]> {
  if (signal !== undefined) setMaxListeners(0, signal);
  const limiter = new Limiter(SIDE_BY_SIDE);
  const masks = new Map<string, AreaMask | undefined>();
  const maskOf = (item: CatalogItem): AreaMask | undefined => {
    const key = JSON.stringify(item.grid);
    if (!masks.has(key)) masks.set(key, areaMask(item, geometry));
    return masks.get(key);
  };
  const read = async (item: CatalogItem): Promise<AreaValues | undefined> => {
    const area = maskOf(item);
    if (area === undefined) return undefined;
    const { level, window, mask, count } = area;
    const found = await readValues({ item, level, window, source }, use, signal);
    if (found === undefined) return { item, statistics: undefined, validPercent: 0, clearPercent: 0 };
    const inside = (of: Uint8Array): number[] => Array.from(of.keys()).filter((i) => of[i] !== 0 && mask[i] !== 0);
    const clear = inside(found.clear);
    return {
      item,
      statistics:
        clear.length === 0
          ? undefined
          : found.planes.map((plane) =>
              summarise(
                Float64Array.from(clear, (i) => plane[i] ?? 0),
                count,
              ),
            ),
      validPercent: (100 * inside(found.valid).length) / count,
      clearPercent: (100 * clear.length) / count,
    };
  };
  const all = await Promise.all(items.map((item) => limiter.run(() => read(item))));
  return all.filter((one) => one !== undefined);
}

/** The pixel of an item's grid that holds a place. */
function pixelAt(
  { grid }: CatalogItem,
  lon: number,
  lat: number,
): { readonly x: number; readonly y: number } | undefined {
  const [column, row] = applyAffine(invertAffine(grid.transform), ...openCrs(grid.crs).fromWgs84(lon, lat));
  const inside = column >= 0 && row >= 0 && column < grid.width && row < grid.height;
  return inside ? { x: Math.floor(column), y: Math.floor(row) } : undefined;
}

interface AreaMask extends GridMask {
  readonly level: number;
}

/** The area on the finest level where it is small enough. */
function areaMask({ grid }: CatalogItem, geometry: Geometry): AreaMask | undefined {
  const sizes = levelSizes(grid.width, grid.height);
  for (const [level, size] of sizes.entries()) {
    const mask = geometryMask(geometry, { ...grid, ...size, factor: 2 ** level });
    if (mask === undefined) return undefined;
    const { width, height } = mask.window;
    if (Math.max(width, height) <= MAX_AREA_PX || level === sizes.length - 1) return { ...mask, level };
  }
  return undefined;
}

/** A value of a series, seen or inferred in time. */
export interface SeriesValue {
  readonly values: readonly number[] | undefined;
  /** How it was inferred: "nearest" or "linear"; undefined for what was seen. */
  readonly inferred: "nearest" | "linear" | undefined;
}

/**
 * The series without clouds: what is not clear takes the nearest clear values in time, with "linear" between the one before and the
 * one after. Dates in milliseconds, ascending.
 */
export function fillSeries(
  dates: readonly { readonly ms: number; readonly values: readonly number[] | undefined; readonly clear: boolean }[],
  method: "none" | "nearest" | "linear",
): readonly SeriesValue[] {
  const clear = dates.flatMap(({ ms, values, clear: isClear }) =>
    isClear && values !== undefined ? [{ ms, values }] : [],
  );
  return dates.map(({ ms, values, clear: isClear }) => {
    if (method === "none" || (isClear && values !== undefined)) return { values, inferred: undefined };
    const before = clear.findLast((one) => one.ms < ms);
    const after = clear.find((one) => one.ms > ms);
    if (before !== undefined && after !== undefined && method === "linear") {
      const share = (ms - before.ms) / (after.ms - before.ms);
      const mixed = before.values.map((value, i) => value + share * ((after.values[i] ?? value) - value));
      return { values: mixed, inferred: "linear" };
    }
    const isAfterNearer = before === undefined || (after !== undefined && after.ms - ms < ms - before.ms);
    const nearest = isAfterNearer ? after : before;
    return nearest === undefined ? { values, inferred: undefined } : { values: nearest.values, inferred: "nearest" };
  });
}
