import { setMaxListeners } from "node:events";
import { itemsHolding } from "../catalog/absent-bands.js";
import type { CatalogItem } from "../catalog/types.js";
import { partsOf, type Geometry } from "../catalog/geometry.js";
import { Limiter } from "../core/limiter.js";
import { levelSizes } from "../container/tec-cog.js";
import { applyAffine, invertAffine } from "../geo/affine.js";
import { openCrs } from "../geo/crs.js";
import { sourceBands, type RenderSource } from "../render/render-spec.js";
import type { LayerDrawing } from "../tile/draw/draw-layer.js";
import type { AreaFigures, FiguresAsked } from "./area-tasks.js";
import { USUAL_STATISTICS } from "./statistics.js";
import { flatten, type GridMask } from "./geometry-mask.js";
import { readReady, valuesOf, type ValuesLook } from "./read-values.js";
import type { Services } from "./services.js";

/** What one date says at a place. */
export interface PointValues {
  readonly item: CatalogItem;
  /** One for each band or expression; undefined where nothing was observed. */
  readonly values: readonly number[] | undefined;
  readonly clear: boolean;
}

/** What one date says of an area. */
export interface AreaValues extends AreaFigures {
  readonly item: CatalogItem;
  /** Of the item, where it was read. */
  readonly level: number;
}

/** Dates decoded side by side. */
const SIDE_BY_SIDE = 8;
/** Areas are read from the level where they span at most so many pixels. */
const MAX_AREA_PX = 256;

/** The value of each item's pixel at a place, in the items' order. Items whose grid does not hold the place, and those that
 * lack a band asked for, are left out. @throws NotFoundError where all lack one. */
export async function readPoint(
  items: readonly CatalogItem[],
  { lon, lat, source }: { readonly lon: number; readonly lat: number; readonly source: RenderSource },
  use: Pick<LayerDrawing, "reader" | "networks">,
  signal?: AbortSignal,
): Promise<readonly PointValues[]> {
  if (signal !== undefined) setMaxListeners(0, signal);
  const holding = itemsHolding(sourceBands(source), items);
  const limiter = new Limiter(SIDE_BY_SIDE);
  const read = async (item: CatalogItem): Promise<PointValues | undefined> => {
    const pixel = pixelAt(item, lon, lat);
    if (pixel === undefined) return undefined;
    const window = { ...pixel, width: 1, height: 1 };
    const ready = await readReady({ item, level: 0, window, source }, use, signal);
    const found = ready === undefined ? undefined : valuesOf(ready);
    if (found === undefined || found.valid[0] === 0) return { item, values: undefined, clear: false };
    return { item, values: found.planes.map((plane) => plane[0] ?? 0), clear: found.clear[0] !== 0 };
  };
  const all = await Promise.all(holding.map((item) => limiter.run(() => read(item), signal)));
  return all.filter((one) => one !== undefined);
}

/** Statistics of the clear pixels of an area for each item, in the items' order. Items that the area misses, and those that lack a band asked
 * for, are left out. @throws NotFoundError where all lack one. */
export async function readArea(
  items: readonly CatalogItem[],
  {
    geometry,
    source,
    algorithm,
    asked = { rule: "clear", ...USUAL_STATISTICS },
    maxSide = MAX_AREA_PX,
  }: {
    readonly geometry: Geometry;
    readonly asked?: FiguresAsked;
    /** Read from the finest level where the area spans at most so many pixels. */
    readonly maxSide?: number;
  } & ValuesLook,
  use: Pick<LayerDrawing, "reader" | "networks"> & Pick<Services, "areas">,
  signal?: AbortSignal,
): Promise<readonly AreaValues[]> {
  if (signal !== undefined) setMaxListeners(0, signal);
  const holding = itemsHolding(sourceBands(source), items);
  const limiter = new Limiter(SIDE_BY_SIDE);
  const flat = flatten(partsOf(geometry));
  const masks = new Map<string, Promise<GridMask | undefined>>();
  const maskOf = ({ grid }: CatalogItem): Promise<GridMask | undefined> => {
    const key = JSON.stringify(grid);
    const levels = levelSizes(grid.width, grid.height);
    const mask = masks.get(key) ?? use.areas.mask(flat, { ...grid, levels }, maxSide, signal);
    masks.set(key, mask);
    return mask;
  };
  const read = async (item: CatalogItem): Promise<AreaValues | undefined> => {
    signal?.throwIfAborted();
    const area = await maskOf(item);
    if (area === undefined) return undefined;
    const { level, window } = area;
    const ready = await readReady({ item, level, window, source, ...(algorithm && { algorithm }) }, use, signal);
    if (ready === undefined) return { item, level, statistics: undefined, validPercent: 0, clearPercent: 0 };
    return { item, level, ...(await use.areas.figures(ready, area, asked, signal)) };
  };
  const all = await Promise.all(holding.map((item) => limiter.run(() => read(item), signal)));
  return all.filter((one) => one !== undefined);
}

/** Statistics of a whole item, read from the finest level of at most `maxSide` pixels a side. */
export async function readWhole(
  item: CatalogItem,
  { asked, maxSide, ...look }: { readonly asked: FiguresAsked; readonly maxSide: number } & ValuesLook,
  use: Pick<LayerDrawing, "reader" | "networks"> & Pick<Services, "areas">,
  signal?: AbortSignal,
): Promise<AreaValues> {
  const sizes = levelSizes(item.grid.width, item.grid.height);
  const found = sizes.findIndex(({ width, height }) => Math.max(width, height) <= maxSide);
  const level = found < 0 ? sizes.length - 1 : found;
  const { width, height } = sizes[level] ?? item.grid;
  const ready = await readReady({ item, level, window: { x: 0, y: 0, width, height }, ...look }, use, signal);
  if (ready === undefined) return { item, level, statistics: undefined, validPercent: 0, clearPercent: 0 };
  const mask = new Uint8Array(new SharedArrayBuffer(width * height)).fill(1);
  return { item, level, ...(await use.areas.figures(ready, { mask, count: mask.length }, asked, signal)) };
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

/** A value of a series, seen or inferred in time. */
export interface SeriesValue {
  readonly values: readonly number[] | undefined;
  /** How it was inferred: "nearest" or "linear"; undefined for what was seen. */
  readonly inferred: "nearest" | "linear" | undefined;
}

/**
 * The series without clouds: what is not clear takes the nearest clear values in time, with "linear" between the one before and the
 * one after. Dates in milliseconds, in any order.
 */
export function fillSeries(
  dates: readonly { readonly ms: number; readonly values: readonly number[] | undefined; readonly clear: boolean }[],
  method: "none" | "nearest" | "linear",
): readonly SeriesValue[] {
  const clear = dates
    .flatMap(({ ms, values, clear: isClear }) => (isClear && values !== undefined ? [{ ms, values }] : []))
    .toSorted((a, b) => a.ms - b.ms);
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
