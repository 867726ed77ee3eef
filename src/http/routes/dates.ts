import type { RequestHandler } from "express";
import type { Services } from "../../app/services.js";
import type { CatalogItem } from "../../catalog/types.js";
import { baseOf } from "../base-url.js";
import { BBOX, DATETIME, queryOf } from "../params.js";
import type { RouteGroup } from "../route.js";
import { solarDay } from "../../tile/mosaic/order-items.js";
import { param } from "./tiles.js";

/** Items looked at, the newest; more dates than a slider can show. */
const MAX_ITEMS = 10_000;

/** One UTC day of a collection. */
export interface DateEntry {
  /** Of the day's newest item, RFC 3339 UTC: as `datetime=` it selects the day. */
  readonly datetime: string;
  readonly items: number;
  /** Mean over the items that know it, 0..100; missing where none does. */
  readonly clear_percent?: number;
}

/** `/collections/{c}/dates?bbox=&datetime=`: what a time slider needs. */
export const DATES_ROUTES: RouteGroup<Pick<Services, "catalog">> = {
  title: "Collections",
  routes: [
    {
      method: "get",
      paths: ["/collections/{collection}/dates"],
      summary: "Dates of a collection, one entry a UTC day, oldest first",
      parameters: [BBOX, DATETIME],
      handle: sendDates,
    },
  ],
};

function sendDates({ catalog }: Pick<Services, "catalog">): RequestHandler {
  return async (request, response) => {
    const id = param(request, "collection");
    await catalog.collection(id);
    const query = queryOf(request);
    const [bbox, datetime] = [BBOX.of(query), DATETIME.of(query)];
    const { items, matched } = await catalog.search({
      collections: [id],
      limit: MAX_ITEMS,
      ...(bbox === undefined ? {} : { bbox }),
      ...(datetime === undefined ? {} : { datetime }),
    });
    const self = `${baseOf(response)}/collections/${encodeURIComponent(id)}`;
    response.set("Cache-Control", "no-cache").json({
      dates: groupByDay(items),
      numberMatched: matched,
      numberReturned: items.length,
      links: [
        {
          rel: "self",
          type: "application/json",
          href: `${self}/dates${query.size === 0 ? "" : `?${query.toString()}`}`,
        },
        { rel: "collection", type: "application/json", href: self },
      ],
    });
  };
}

/** One entry a UTC day, oldest first; items come newest first. */
export function groupByDay(items: readonly CatalogItem[]): readonly DateEntry[] {
  const days = new Map<number, CatalogItem[]>();
  for (const item of items) {
    const day = solarDay(item);
    const members = days.get(day);
    if (members === undefined) days.set(day, [item]);
    else members.push(item);
  }
  return [...days.values()].toReversed().map((members) => {
    const clear = members.map(({ clearPercent }) => clearPercent).filter((percent) => percent !== undefined);
    const mean = clear.reduce((sum, percent) => sum + percent, 0) / clear.length;
    return {
      datetime: members[0]?.datetime ?? "",
      items: members.length,
      ...(clear.length === 0 ? {} : { clear_percent: Math.round(mean * 10) / 10 }),
    };
  });
}
