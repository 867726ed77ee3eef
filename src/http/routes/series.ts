import type { Request, RequestHandler, Response } from "express";
import { z } from "zod";
import { withFreshCatalog } from "../../app/fresh-catalog.js";
import { fillSeries, readArea, readPoint } from "../../app/series.js";
import type { Services } from "../../app/services.js";
import type { CatalogItem } from "../../catalog/types.js";
import { NotFoundError } from "../../core/errors.js";
import { parameter } from "../../core/parameter.js";
import { parseKernel, parseValues } from "../../render/parse-values.js";
import {
  ALGORITHM_PARAMETERS,
  KERNEL_PARAMETERS,
  NUMBER_PARAMETERS,
  SOURCE_PARAMETERS,
} from "../../render/render-parameters.js";
import { shownNames, type RenderSource } from "../../render/render-spec.js";
import { COORD_CRS, MAX_SIZE, parseCoordCrs } from "../crop-params.js";
import { EFFORT_PARAMETERS } from "../effort-params.js";
import { jsonBody } from "../json-body.js";
import { AREA_BODY, areaSchema, featureSchema, parseArea } from "../geojson-body.js";
import { DATETIME, queryOf } from "../params.js";
import * as refused from "../refused.js";
import type { RouteGroup } from "../route.js";
import { parseMaxSize, parseStatistics, STATISTICS_PARAMETERS } from "../statistics-params.js";
import { FILTER_PARAMETERS, ORDER_PARAMETERS } from "../search-params.js";
import { requestSignal } from "../signal.js";
import { collectionFilter, findItems, itemsOf, placeOf, searchFilter, type FilterOf } from "./series-items.js";
import { param } from "./tiles.js";

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
const POINT_PARAMETERS = [...SOURCE_PARAMETERS, ...NUMBER_PARAMETERS, ...KERNEL_PARAMETERS, COORD_CRS];
const SERIES_PARAMETERS = [DATETIME, ...FILTER_PARAMETERS];
const AREA_PARAMETERS = [
  ...SOURCE_PARAMETERS,
  ...NUMBER_PARAMETERS,
  ...ALGORITHM_PARAMETERS,
  ...STATISTICS_PARAMETERS,
  COORD_CRS,
  MAX_SIZE,
  AS,
];
/** Of an area, pixels a side: read from the finest level where it has no more. */
const SIZE = { usual: 256, most: 2048 };

const STATISTICS_REFUSED = [...refused.KERNEL, "dst_crs", ...refused.AREA, "pixel_selection"];

/** Values at a point, and statistics of an area, over the dates of a collection or a registered search. */
export const SERIES_ROUTES: RouteGroup<Services> = {
  title: "Values",
  routes: [
    {
      method: "get",
      paths: ["/collections/{collection}/items/{item}/point/{place}"],
      summary: "Values of an item at a point",
      parameters: POINT_PARAMETERS,
      handle: itemPoint,
    },
    {
      method: "get",
      paths: ["/collections/{collection}/point/{place}"],
      summary: "Values at a point over a collection's dates",
      parameters: [...POINT_PARAMETERS, ...SERIES_PARAMETERS, ...ORDER_PARAMETERS, AS, FILL],
      types: ["application/json", "text/csv"],
      handle: (services) => seriesPoint(services, collectionFilter),
    },
    {
      method: "get",
      paths: ["/searches/{search}/point/{place}"],
      summary: "Values at a point over a registered search's dates",
      parameters: [...POINT_PARAMETERS, ...EFFORT_PARAMETERS, AS, FILL],
      types: ["application/json", "text/csv"],
      handle: (services) => seriesPoint(services, searchFilter),
    },
    {
      method: "post",
      paths: ["/collections/{collection}/statistics"],
      summary: "Statistics of a GeoJSON feature over a collection's dates",
      parameters: [...AREA_PARAMETERS, ...SERIES_PARAMETERS, ...ORDER_PARAMETERS],
      refused: STATISTICS_REFUSED,
      body: areaSchema,
      types: ["application/json", "text/csv"],
      handle: (services) => [...jsonBody(AREA_BODY), seriesStatistics(services, collectionFilter)],
    },
    {
      method: "post",
      paths: ["/searches/{search}/statistics"],
      summary: "Statistics of a GeoJSON feature over a registered search's dates",
      parameters: [...AREA_PARAMETERS, ...EFFORT_PARAMETERS],
      refused: STATISTICS_REFUSED,
      body: areaSchema,
      types: ["application/json", "text/csv"],
      handle: (services) => [...jsonBody(AREA_BODY), seriesStatistics(services, searchFilter)],
    },
  ],
};

function itemPoint(services: Services): RequestHandler {
  return async (request, response) => {
    const { lon, lat, given } = placeOf(request);
    const source = pointSource(queryOf(request));
    const find = (): Promise<CatalogItem> =>
      services.catalog.item(param(request, "collection"), param(request, "item"));
    const { id } = await find();
    const signal = requestSignal(request, response);
    const [point] = await withFreshCatalog(services.catalog, async () => {
      const stamped = await services.stamps.stamp([await find()]);
      return readPoint(stamped, { lon, lat, source }, services, signal);
    });
    if (point === undefined) throw new NotFoundError(`${given.join(",")} lies outside item "${id.slice(0, 60)}"`);
    const names = shownNames({ source });
    response.json({
      coordinates: given,
      values: point.values ?? names.map(() => null),
      band_names: numbered(names),
      band_descriptions: names,
      clear: point.clear,
    });
  };
}

/** Of bands, as rio-tiler calls them: b1, b2, ... */
const numbered = (names: readonly string[]): readonly string[] => names.map((_, i) => `b${i + 1}`);

function seriesPoint(services: Services, filterOf: FilterOf): RequestHandler {
  return async (request, response) => {
    const { lon, lat, given } = placeOf(request);
    const source = pointSource(queryOf(request));
    const fill = FILL.of(queryOf(request)) ?? "none";
    const signal = requestSignal(request, response);
    const points = await withFreshCatalog(services.catalog, async () => {
      const filter = await filterOf(request, services);
      const items = await findItems(filter, services, { bbox: [lon, lat, lon, lat] }, signal);
      return readPoint(await services.stamps.stamp(items), { lon, lat, source }, services, signal);
    });
    const names = shownNames({ source });
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
      coordinates: given,
      assets: rows.map(({ item: one, values, clear, inferred }) => ({
        // As titiler-pgstac has it.
        name: `${one.collection}/${one.id}`,
        datetime: one.datetime,
        values: values ?? names.map(() => null),
        band_names: numbered(names),
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
  const query = queryOf(request);
  const feature = featureSchema.safeParse(request.body);
  const geometry = parseArea(request.body, parseCoordCrs(query));
  const maxSide = parseMaxSize(query, SIZE);
  const look = parseValues(query);
  const signal = requestSignal(request, response);
  const areas = await withFreshCatalog(services.catalog, async () => {
    const items = await itemsOf(await filterOf(request, services), services, { intersects: geometry }, signal);
    const asked = { rule: "clear" as const, ...parseStatistics(query) };
    return readArea(items, { geometry, ...look, asked, maxSide }, services, signal);
  });
  const names = shownNames(look);
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

/** A point is the pixel that it falls in, as in TiTiler: kernels are only checked. */
function pointSource(query: URLSearchParams): RenderSource {
  parseKernel(query);
  return parseValues(query).source;
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
