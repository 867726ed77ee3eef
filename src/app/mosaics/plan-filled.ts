import { createSearchIndex } from "../../catalog/search-index.js";
import type { CatalogItem } from "../../catalog/types.js";
import { MOST_SOURCES } from "../../core/provenance.js";
import { referencesOfDate } from "../../tile/mosaic/find-items.js";
import { byProcessing, solarDay } from "../../tile/mosaic/order-items.js";
import type { MosaicPlan } from "./plan-mosaics.js";

/**
 * For mosaics that are one date without its clouds: of each plan's dates the clearest, and what the server would fill its holes from: the nearest
 * dates of the whole collection, `limit` on each side, also of other periods and grids.
 */
export async function planFilled(
  plans: readonly MosaicPlan[],
  items: readonly CatalogItem[],
  limit: number,
): Promise<readonly MosaicPlan[]> {
  const index = await createSearchIndex(items);
  return Promise.all(
    plans.map(async (plan): Promise<MosaicPlan> => {
      const [first, ...rest] = clearestDate(plan.items);
      if (first === undefined) return plan;
      const { fillFrom } = await referencesOfDate({ find: (query) => index.search(query), item: first, limit });
      const named = [first, ...rest, ...fillFrom].slice(0, MOST_SOURCES);
      return { ...plan, items: named, base: 1 + rest.length, leftOut: 0 };
    }),
  );
}

/**
 * All items of the date that shows most of the grid, in the order in which they are drawn: newest first, of one instant the later processing. Of equally
 * clear dates the first of `items`: the nearest to the middle of the period, then the newer. A date whose clouds nobody told comes last.
 */
function clearestDate(items: readonly CatalogItem[]): readonly CatalogItem[] {
  const days = [...new Set(items.map(solarDay))].map((day) => items.filter((item) => solarDay(item) === day));
  const [first = [], ...others] = days;
  const clearest = others.reduce((best, day) => (clearShare(day) > clearShare(best) ? day : best), first);
  return clearest.toSorted((a, b) => b.datetimeMs - a.datetimeMs || byProcessing(a, b));
}

/** Percent of the grid that a date's items show together, chunk by chunk that of the one that shows most; -1 where unknown. */
function clearShare(day: readonly CatalogItem[]): number {
  const [only, ...more] = day;
  const lists = day.flatMap(({ chunkClearPercent }) => (chunkClearPercent === undefined ? [] : [chunkClearPercent]));
  const [first = []] = lists;
  if (more.length === 0 || lists.length < day.length)
    return Math.max(...[only, ...more].map((item) => item?.clearPercent ?? -1));
  const best = first.map((_, chunk) => Math.max(...lists.map((list) => list[chunk] ?? 0)));
  return best.reduce((sum, percent) => sum + percent, 0) / best.length;
}
