import type { CatalogItem } from "../../catalog/types.js";
import type { Bounds } from "../../geo/bounds.js";
import { observationRule, type MosaicSpec } from "./mosaic-spec.js";

const DAY_MS = 86_400_000;

/**
 * Pure: which items are read, `limit` at most, in order of precedence.
 *
 * Where only clear observations count, items without any are left out. `clear_nearest`, `best`, `clear_median` and `medoid` take the items
 * nearest to the asked instant first, the others the newest. Inpainting begins with all items of one UTC day, the newest at or
 * before the asked instant, even when they are all cloud, and goes on with those nearest to that day.
 */
export function orderItems(
  unsorted: readonly CatalogItem[],
  mosaic: MosaicSpec,
  limit: number,
): readonly CatalogItem[] {
  const items = unsorted.toSorted((a, b) => b.datetimeMs - a.datetimeMs || byProcessing(a, b));
  const useful = observationRule(mosaic) === "clear" ? items.filter((item) => item.clearPercent !== 0) : items;
  if (mosaic.inpaint !== "none" && mosaic.selection === "first") {
    const base = baseDay(items, mosaic);
    const others = useful.filter((item) => !base.includes(item));
    const middle = base[0]?.datetimeMs;
    return [...base, ...byDistance(others, middle)].slice(0, Math.max(limit, base.length));
  }
  const newestFirst = mosaic.selection === "first" || mosaic.selection === "clear_newest";
  return (newestFirst || mosaic.askedMs === undefined ? useful : byDistance(useful, mosaic.askedMs)).slice(0, limit);
}

/** The items of the newest pass at or before the asked instant; of the first after it where there is none before. */
export function baseDay(items: readonly CatalogItem[], { askedMs = Infinity }: MosaicSpec): readonly CatalogItem[] {
  const first = items.find((item) => item.datetimeMs <= askedMs) ?? items.at(-1);
  if (first === undefined) return [];
  const day = solarDay(first);
  return items.filter((item) => solarDay(item) === day);
}

/**
 * Days since 1970 in the mean solar time of an item's place: a pass is one day there, also when it crosses midnight UTC. As odc-stac's
 * groupby="solar_day".
 */
export function solarDay({ datetimeMs, boundsWgs84 }: Pick<CatalogItem, "datetimeMs" | "boundsWgs84">): number {
  const [west, , east] = boundsWgs84;
  const middle = west <= east ? (west + east) / 2 : (west + east + 360) / 2;
  return Math.floor((datetimeMs + (middle / 360) * DAY_MS) / DAY_MS);
}

/** Of two items of one instant the later processing comes first: by its time, else its baseline, else the id (`..._0_...` before `..._1_...`). */
export function byProcessing(a: CatalogItem, b: CatalogItem): number {
  const [mine, other] = [processingOf(a), processingOf(b)];
  for (const [k, text] of mine.entries()) {
    const order = (other[k] ?? "").localeCompare(text, "en", { numeric: true });
    if (order !== 0) return order;
  }
  return 0;
}

function processingOf({ id, json }: CatalogItem): readonly string[] {
  const properties = (json?.["properties"] ?? {}) as Readonly<Record<string, unknown>>;
  const text = (name: string): string => (typeof properties[name] === "string" ? properties[name] : "");
  return [text("processing:datetime") || text("s2:generation_time"), text("s2:processing_baseline"), id];
}

/**
 * Those of the items, in their order, that add a date to some place of a picture: where `limit` dates reach a place already, no further one is
 * read for it. So abutting items of one date all count as one, and an older one is not lost behind newer ones elsewhere.
 */
export function reachingItems<T extends CatalogItem>(items: readonly T[], bounds: Bounds, limit: number): readonly T[] {
  const places = placesOf(bounds).map((place) => ({ ...place, days: new Set<number>() }));
  return items.filter((item) => {
    const day = solarDay(item);
    const reached = places.filter(({ lon, lat }) => holds(item.boundsWgs84, lon, lat));
    const adds = reached.length === 0 || reached.some(({ days }) => days.size < limit || days.has(day));
    if (adds) for (const { days } of reached) if (days.size < limit) days.add(day);
    return adds;
  });
}

/** Places a side that stand for a picture. */
const PLACES = 12;

function placesOf([west, south, east, north]: Bounds): readonly { readonly lon: number; readonly lat: number }[] {
  const width = east >= west ? east - west : east + 360 - west;
  return Array.from({ length: PLACES * PLACES }, (_, i) => ({
    lon: west + (((i % PLACES) + 0.5) / PLACES) * width,
    lat: south + ((Math.floor(i / PLACES) + 0.5) / PLACES) * (north - south),
  }));
}

function holds([west, south, east, north]: Bounds, lon: number, lat: number): boolean {
  if (lat < south || lat > north) return false;
  const at = (((lon - west) % 360) + 360) % 360;
  return at <= (east >= west ? east - west : east + 360 - west);
}

/** Signed days from one instant to another. */
export function daysBetween(fromMs: number, toMs: number): number {
  return (toMs - fromMs) / DAY_MS;
}

/** Nearest first; of two equally near the newer first. Stable, so equal instants keep the catalog's order. */
export function byDistance(items: readonly CatalogItem[], middle: number | undefined): readonly CatalogItem[] {
  if (middle === undefined) return items;
  return items.toSorted(
    (a, b) => Math.abs(a.datetimeMs - middle) - Math.abs(b.datetimeMs - middle) || b.datetimeMs - a.datetimeMs,
  );
}
