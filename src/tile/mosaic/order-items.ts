import type { CatalogItem } from "../../catalog/types.js";
import { observationRule, type MosaicSpec } from "./mosaic-spec.js";

const DAY_MS = 86_400_000;

/**
 * Pure: which items are read, `limit` at most, in order of precedence.
 *
 * Where only clear observations count, items without any are left out. `clear_nearest`, `best`, `clear_median` and `medoid` take the items
 * nearest to the asked instant first, the others the newest. Inpainting begins with all items of one UTC day, the newest at or
 * before the asked instant, even when they are all cloud, and goes on with those nearest to that day.
 */
export function orderItems(items: readonly CatalogItem[], mosaic: MosaicSpec, limit: number): readonly CatalogItem[] {
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
