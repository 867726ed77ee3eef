import type { Request } from "express";
import type { Services } from "../../app/services.js";
import { partsOf, type Geometry } from "../../catalog/geometry.js";
import { boundsGeometry, geometriesIntersect } from "../../catalog/intersects.js";
import type { CatalogItem, SearchQuery } from "../../catalog/types.js";
import { InvalidRequestError } from "../../core/errors.js";
import { boundsOf } from "../../geo/bounds.js";
import { openCrs } from "../../geo/crs.js";
import { goesByCover, withinEffort } from "../../tile/mosaic/effort.js";
import type { MosaicFilter } from "../../tile/mosaic/find-items.js";
import { createTimeLimit } from "../../tile/mosaic/time-limit.js";
import { COORD_CRS } from "../crop-params.js";
import { DATETIME, queryOf } from "../params.js";
import { parseCollectionFilter, parseRegistered } from "../search-params.js";
import { param } from "./tiles.js";

const MAX_DATES = 500;
const NOWHERE: Geometry = { type: "MultiPolygon", coordinates: [] };

/** Which items count. */
export type FilterOf = (request: Request, services: Services) => Promise<MosaicFilter>;

export const collectionFilter: FilterOf = async (request, { catalog }) => {
  const id = param(request, "collection");
  await catalog.collection(id);
  const query = queryOf(request);
  const datetime = DATETIME.of(query);
  return { ...parseCollectionFilter(id, query), ...(datetime === undefined ? {} : { datetime }) };
};

export const searchFilter: FilterOf = async (request, { searches }) =>
  parseRegistered((await searches.get(param(request, "search"))).search, queryOf(request));

/** Those that a filter and a place both leave, newest first or as the filter sorts. */
export async function findItems(
  { bbox, intersects, effort = {}, ...filter }: MosaicFilter,
  { catalog }: Pick<Services, "catalog">,
  where: Pick<SearchQuery, "bbox" | "intersects">,
  signal: AbortSignal,
): Promise<readonly CatalogItem[]> {
  const shape = intersects ?? (bbox === undefined || where.bbox === undefined ? undefined : boundsGeometry(bbox));
  const { mostScanned = MAX_DATES, mostItems = MAX_DATES } = effort;
  const { items } = await createTimeLimit(effort.timeLimitMs, signal).first((until) =>
    catalog.search(
      {
        ...filter,
        ...(bbox === undefined ? {} : { bbox }),
        ...(shape === undefined ? {} : { intersects: shape }),
        ...where,
        limit: Math.min(MAX_DATES, mostScanned, goesByCover(effort) ? MAX_DATES : mostItems),
      },
      until,
    ),
  );
  const there = items.filter(({ geometry }) => shape === undefined || geometriesIntersect(geometry, shape));
  const geometry = where.intersects;
  const bounds =
    where.bbox ??
    boundsOf(
      partsOf(geometry ?? NOWHERE)
        .polygons.flat(2)
        .map(([lon, lat]) => [lon, lat]),
    );
  return withinEffort(there, effort, { bounds, geometry });
}

/** The same, oldest first unless the filter sorts, with the looks of their files. */
export async function itemsOf(
  filter: MosaicFilter,
  services: Pick<Services, "catalog" | "stamps">,
  where: Pick<SearchQuery, "bbox" | "intersects">,
  signal: AbortSignal,
): Promise<readonly CatalogItem[]> {
  const found = await findItems(filter, services, where, signal);
  return services.stamps.stamp(filter.sortby === undefined ? found.toReversed() : found);
}

/** The point that a path names, in degrees and as it is given. @throws InvalidRequestError */
export function placeOf(request: Request): {
  readonly lon: number;
  readonly lat: number;
  readonly given: readonly [x: number, y: number];
} {
  const text = param(request, "place");
  const crs = COORD_CRS.of(queryOf(request)) ?? "EPSG:4326";
  const [, xText = "", yText = ""] = /^(-?[\d.]+),(-?[\d.]+)$/.exec(text) ?? [];
  const given = [Number(xText || Number.NaN), Number(yText || Number.NaN)] as const;
  const [lon, lat] = openCrs(crs).toWgs84(...given);
  if (lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90) return { lon, lat, given };
  const wanted = crs === "EPSG:4326" ? "LONGITUDE,LATITUDE in degrees" : `X,Y in ${crs.slice(0, 60)}`;
  throw new InvalidRequestError(`Point is "${text.slice(0, 60)}"; wanted ${wanted}`);
}
