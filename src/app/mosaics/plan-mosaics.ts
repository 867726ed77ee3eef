import { createHash } from "node:crypto";
import { z } from "zod";
import type { CatalogItem } from "../../catalog/types.js";
import { MOST_SOURCES } from "../../core/provenance.js";
import { sameAffine } from "../../geo/affine.js";
import { epsgCode } from "../../geo/crs.js";
import type { Period, Schedule } from "./periods.js";

/** One mosaic to make: all dates of one grid in one period. */
export interface MosaicPlan {
  /** The item's: the period's id, the tile's or CRS's name, and what tells its grid from others. */
  readonly id: string;
  readonly period: Period;
  readonly grid: CatalogItem["grid"];
  /** Nearest to the middle of the period first, of two equally near the newer; MOST_SOURCES at most. */
  readonly items: readonly CatalogItem[];
  /** Dates of the period that the mosaic leaves out because it can name no more. */
  readonly leftOut: number;
  /** Where holes of one date are filled from others: so many of `items`, from the first on, are that date's. Undefined: all are merged. */
  readonly base?: number;
}

/** Pure: which mosaics a collection's items make, in order of time. Dates without any clear pixel are none of a mosaic's. */
export function planMosaics(items: readonly CatalogItem[], schedule: Schedule): readonly MosaicPlan[] {
  const plans = groupByGrid(items.filter(({ clearPercent }) => clearPercent !== 0)).flatMap((group) => {
    const name = nameOfGrid(group);
    return schedule
      .periodsOf(group.map(({ datetimeMs }) => datetimeMs))
      .flatMap((period) => planMosaic(group, period, name) ?? []);
  });
  return plans.toSorted((a, b) => a.period.middleMs - b.period.middleMs || (a.id < b.id ? -1 : 1));
}

function planMosaic(group: readonly CatalogItem[], period: Period, name: string): MosaicPlan | undefined {
  const distance = ({ datetimeMs }: CatalogItem): number => Math.abs(datetimeMs - period.middleMs);
  const inside = group
    .filter(({ datetimeMs }) => datetimeMs >= period.startMs && datetimeMs < period.endMs)
    .toSorted((a, b) => distance(a) - distance(b) || b.datetimeMs - a.datetimeMs || (a.id < b.id ? -1 : 1));
  const [first] = inside;
  if (first === undefined) return undefined;
  const items = inside.slice(0, MOST_SOURCES);
  return { id: `${period.id}-${name}`, period, grid: first.grid, items, leftOut: inside.length - items.length };
}

/** Equal CRS and size, transforms within a thousandth of a pixel. */
function groupByGrid(items: readonly CatalogItem[]): readonly (readonly [CatalogItem, ...CatalogItem[]])[] {
  const groups: [CatalogItem, ...CatalogItem[]][] = [];
  for (const item of items) {
    const found = groups.find(([{ grid }]) => isSameGrid(grid, item.grid));
    if (found === undefined) groups.push([item]);
    else found.push(item);
  }
  return groups;
}

function isSameGrid(a: CatalogItem["grid"], b: CatalogItem["grid"]): boolean {
  return a.crs === b.crs && a.width === b.width && a.height === b.height && sameAffine(a.transform, b.transform);
}

const codeSchema = z.object({ properties: z.object({ "grid:code": z.string() }) });

/** "31TDG-1f3a9c" where the items tell their tile, else "32631-1f3a9c": the same whatever dates there are. */
function nameOfGrid([{ grid, json }]: readonly [CatalogItem, ...CatalogItem[]]): string {
  const { crs, width, height, transform } = grid;
  const [a, , c, , e, f] = transform;
  const corner = [c / Math.abs(a), f / Math.abs(e)].map((at) => Math.round(100 * at));
  const digits = [a, e].map((size) => size.toPrecision(6));
  const hash = createHash("sha256").update(JSON.stringify([crs, width, height, ...digits, ...corner]));
  const code = codeSchema.safeParse(json).data?.properties["grid:code"].replace(/^MGRS-/, "");
  const words = code !== undefined && /^[A-Za-z0-9-]{1,24}$/.test(code) ? code : String(epsgCode(crs) ?? "grid");
  return `${words}-${hash.digest("hex").slice(0, 6)}`;
}
