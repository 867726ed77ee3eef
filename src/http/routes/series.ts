import type { Request, RequestHandler, Response } from "express";
import { z } from "zod";
import { withFreshCatalog } from "../../app/fresh-catalog.js";
import { fillSeries, readArea, readPoint, sourceNames } from "../../app/series.js";
import type { Services } from "../../app/services.js";
import { boundsGeometry, geometriesIntersect } from "../../catalog/intersects.js";
import { parseGeometry } from "../../catalog/geometry.js";
import type { CatalogItem, SearchQuery } from "../../catalog/types.js";
import { BANDS } from "../../core/bands.js";
import { InvalidRequestError, NotFoundError } from "../../core/errors.js";
import { parameter } from "../../core/parameter.js";
import { SOURCE_PARAMETERS } from "../../render/render-parameters.js";
import { parseSource } from "../../render/parse-source.js";
import type { RenderSource } from "../../render/render-spec.js";
import { jsonBody } from "../json-body.js";
import { AREA_BODY, areaSchema, featureSchema } from "../geojson-body.js";
import { DATETIME, queryOf } from "../params.js";
import * as refused from "../refused.js";
import type { RouteGroup } from "../route.js";
import { parseStatistics, STATISTICS_PARAMETERS } from "../statistics-params.js";
import { FILTER_PARAMETERS, parseCollectionFilter, parseMosaicFilter } from "../search-params.js";
import { requestSignal } from "../signal.js";
import type { MosaicFilter } from "../../tile/mosaic/find-items.js";
import { param } from "./tiles.js";

const MAX_DATES = 500;

const AS = parameter({
  name: "f",
  description: "json (default) or csv",
  example: "json",
  schema: z.enum(["json", "csv"]),
  wanted: "json or csv",
});
const FILL = parameter({
  name: "inpaint",
  description: "How dates without a clear look are filled: none (default), nearest, linear; others are linear here",
  example: "nearest",
  // A point has no surroundings and no network yet: the best that it has is linear.
  schema: z
    .enum(["none", "nearest", "linear", "harmonic", "tec"])
    .transform((word) => (word === "harmonic" || word === "tec" ? "linear" : word)),
  wanted: "none, nearest, linear, harmonic or tec",
});
const SERIES_PARAMETERS = [...SOURCE_PARAMETERS, DATETIME, ...FILTER_PARAMETERS, AS];

const STATISTICS_REFUSED = [
  ...refused.PIXELS,
  ...refused.KERNEL,
  ...refused.ALGORITHM,
  ...refused.EFFORT,
  ...refused.CRS,
  ...refused.AREA,
  "max_size",
  "pixel_selection",
];

/** Values at a point, and statistics of an area, over the dates of a collection or a registered search. */
export const SERIES_ROUTES: RouteGroup<Services> = {
  title: "Values",
  routes: [
    {
      method: "get",
      paths: ["/collections/{collection}/items/{item}/point/{place}"],
      summary: "Values of an item at a point",
      parameters: SOURCE_PARAMETERS,
      refused: [...refused.PIXELS, ...refused.KERNEL, "coord_crs"],
      handle: itemPoint,
    },
    {
      method: "get",
      paths: ["/collections/{collection}/point/{place}"],
      summary: "Values at a point over a collection's dates",
      parameters: [...SERIES_PARAMETERS, FILL],
      refused: [...refused.PIXELS, ...refused.KERNEL, ...refused.EFFORT, "coord_crs", "sortby"],
      types: ["application/json", "text/csv"],
      handle: (services) => seriesPoint(services, collectionFilter),
    },
    {
      method: "get",
      paths: ["/searches/{search}/point/{place}"],
      summary: "Values at a point over a registered search's dates",
      parameters: [...SOURCE_PARAMETERS, AS, FILL],
      refused: [...refused.PIXELS, ...refused.KERNEL, ...refused.EFFORT, "coord_crs", "items_limit"],
      types: ["application/json", "text/csv"],
      handle: (services) => seriesPoint(services, searchFilter),
    },
    {
      method: "post",
      paths: ["/collections/{collection}/statistics"],
      summary: "Statistics of a GeoJSON feature over a collection's dates",
      parameters: [...SERIES_PARAMETERS, ...STATISTICS_PARAMETERS],
      refused: [...STATISTICS_REFUSED, "sortby"],
      body: areaSchema,
      types: ["application/json", "text/csv"],
      handle: (services) => [...jsonBody(AREA_BODY), seriesStatistics(services, collectionFilter)],
    },
    {
      method: "post",
      paths: ["/searches/{search}/statistics"],
      summary: "Statistics of a GeoJSON feature over a registered search's dates",
      parameters: [...SOURCE_PARAMETERS, AS, ...STATISTICS_PARAMETERS],
      refused: [...STATISTICS_REFUSED, "items_limit"],
      body: areaSchema,
      types: ["application/json", "text/csv"],
      handle: (services) => [...jsonBody(AREA_BODY), seriesStatistics(services, searchFilter)],
    },
  ],
};

function itemPoint(services: Services): RequestHandler {
  return async (request, response) => {
    const [lon, lat] = parsePlace(param(request, "place"));
    const source = sourceOf(request);
    const find = (): Promise<CatalogItem> =>
      services.catalog.item(param(request, "collection"), param(request, "item"));
    const { id } = await find();
    const signal = requestSignal(request, response);
    const [point] = await withFreshCatalog(services.catalog, async () => {
      const stamped = await services.stamps.stamp([await find()]);
      return readPoint(stamped, { lon, lat, source }, services, signal);
    });
    if (point === undefined) throw new NotFoundError(`${lon},${lat} lies outside item "${id.slice(0, 60)}"`);
    const names = sourceNames(source);
    response.json({
      coordinates: [lon, lat],
      values: point.values ?? names.map(() => null),
      band_names: names,
      band_descriptions: names,
      clear: point.clear,
    });
  };
}

/** Which items count. */
type FilterOf = (request: Request, services: Services) => Promise<MosaicFilter>;

export const collectionFilter: FilterOf = async (request, { catalog }) => {
  const id = param(request, "collection");
  await catalog.collection(id);
  const query = queryOf(request);
  const datetime = DATETIME.of(query);
  return { ...parseCollectionFilter(id, query), ...(datetime === undefined ? {} : { datetime }) };
};

export const searchFilter: FilterOf = async (request, { searches }) =>
  parseMosaicFilter((await searches.get(param(request, "search"))).search);

function seriesPoint(services: Services, filterOf: FilterOf): RequestHandler {
  return async (request, response) => {
    const [lon, lat] = parsePlace(param(request, "place"));
    const source = sourceOf(request);
    const fill = FILL.of(queryOf(request)) ?? "none";
    const signal = requestSignal(request, response);
    const points = await withFreshCatalog(services.catalog, async () => {
      const filter = await filterOf(request, services);
      const items = await itemsOf(filter, services, { bbox: [lon, lat, lon, lat] }, signal);
      return readPoint(items, { lon, lat, source }, services, signal);
    });
    const names = sourceNames(source);
    const filled = fillSeries(
      points.map((point) => ({ ...point, ms: point.item.datetimeMs })),
      fill,
    );
    const rows = points.map((point, i) => ({ ...point, ...(filled[i] ?? { values: undefined, inferred: undefined }) }));
    if (wantsCsv(request)) {
      sendCsv(response, ["datetime", "item", "clear", "inferred", ...names], (line) => {
        for (const { item: one, values, clear, inferred } of rows)
          line([one.datetime, one.id, clear, inferred !== undefined, ...(values ?? names.map(() => ""))]);
      });
      return;
    }
    response.json({
      coordinates: [lon, lat],
      assets: rows.map(({ item: one, values, clear, inferred }) => ({
        name: one.id,
        datetime: one.datetime,
        values: values ?? names.map(() => null),
        band_names: names,
        band_descriptions: names,
        clear,
        inferred: inferred !== undefined,
        ...(inferred === undefined ? {} : { method: inferred }),
      })),
    });
  };
}

function seriesStatistics(services: Services, filterOf: FilterOf): RequestHandler {
  return (request, response) => sendStatistics(services, filterOf, request, response);
}

async function sendStatistics(
  services: Services,
  filterOf: FilterOf,
  request: Request,
  response: Response,
): Promise<void> {
  const feature = featureSchema.safeParse(request.body);
  const given: unknown = feature.success ? feature.data.geometry : request.body;
  const geometry = parseGeometry(given);
  const source = sourceOf(request);
  const signal = requestSignal(request, response);
  const areas = await withFreshCatalog(services.catalog, async () => {
    const items = await itemsOf(await filterOf(request, services), services, { intersects: geometry }, signal);
    const asked = { rule: "clear" as const, ...parseStatistics(queryOf(request)) };
    return readArea(items, { geometry, source, asked }, services, signal);
  });
  const names = sourceNames(source);
  if (wantsCsv(request)) {
    const figures = ["mean", "std", "min", "max", "median"] as const;
    const columns = names.flatMap((name) => figures.map((figure) => `${name}_${figure}`));
    sendCsv(response, ["datetime", "item", "valid_percent", "clear_percent", "inferred", ...columns], (line) => {
      for (const { item, statistics, validPercent, clearPercent } of areas) {
        const values = names.flatMap((_, k) => figures.map((figure) => statistics?.[k]?.[figure] ?? ""));
        line([item.datetime, item.id, validPercent.toFixed(2), clearPercent.toFixed(2), false, ...values]);
      }
    });
    return;
  }
  response.json({
    type: "Feature",
    geometry,
    properties: {
      ...(feature.success ? feature.data.properties : {}),
      series: areas.map(({ item, statistics, validPercent, clearPercent }) => ({
        name: item.id,
        datetime: item.datetime,
        valid_percent: validPercent,
        clear_percent: clearPercent,
        clear: clearPercent > 0,
        inferred: false,
        statistics: statistics === undefined ? null : Object.fromEntries(names.map((name, k) => [name, statistics[k]])),
      })),
    },
  });
}

/** Those that a filter and a place both leave, newest first or as the filter sorts. */
export async function findItems(
  { bbox, intersects, mostItems = MAX_DATES, ...filter }: MosaicFilter,
  { catalog }: Pick<Services, "catalog">,
  where: Pick<SearchQuery, "bbox" | "intersects">,
  signal: AbortSignal,
): Promise<readonly CatalogItem[]> {
  const shape = intersects ?? (bbox === undefined || where.bbox === undefined ? undefined : boundsGeometry(bbox));
  const { items } = await catalog.search(
    {
      ...filter,
      ...(bbox === undefined ? {} : { bbox }),
      ...(shape === undefined ? {} : { intersects: shape }),
      ...where,
      limit: Math.min(MAX_DATES, mostItems),
    },
    signal,
  );
  return items.filter(({ geometry }) => shape === undefined || geometriesIntersect(geometry, shape));
}

/** The same, oldest first, with the looks of their files. */
async function itemsOf(
  filter: MosaicFilter,
  services: Pick<Services, "catalog" | "stamps">,
  where: Pick<SearchQuery, "bbox" | "intersects">,
  signal: AbortSignal,
): Promise<readonly CatalogItem[]> {
  return services.stamps.stamp((await findItems(filter, services, where, signal)).toReversed());
}

/** All bands where the query names none. */
export function sourceOf(request: Request): RenderSource {
  const source = parseSource(queryOf(request));
  return source === undefined || source === "whole" ? { kind: "bands", bands: BANDS } : source;
}

export function parsePlace(text: string): readonly [lon: number, lat: number] {
  const [, lonText = "", latText = ""] = /^(-?[\d.]+),(-?[\d.]+)$/.exec(text) ?? [];
  const [lon, lat] = [Number(lonText || Number.NaN), Number(latText || Number.NaN)];
  if (lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90) return [lon, lat];
  throw new InvalidRequestError(`Point is "${text.slice(0, 60)}"; wanted LONGITUDE,LATITUDE in degrees`);
}

const wantsCsv = (request: Request): boolean => AS.of(queryOf(request)) === "csv";

type Cell = string | number | boolean;

function sendCsv(
  response: Response,
  header: readonly string[],
  write: (line: (cells: readonly Cell[]) => void) => void,
): void {
  const lines: string[] = [];
  const line = (cells: readonly Cell[]): void => void lines.push(cells.map(csvCell).join(","));
  line(header);
  write(line);
  response.type("text/csv; charset=utf-8").send(`${lines.join("\r\n")}\r\n`);
}

/** RFC 4180. */
function csvCell(cell: Cell): string {
  const text = typeof cell === "number" ? String(Number(cell.toPrecision(9))) : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
