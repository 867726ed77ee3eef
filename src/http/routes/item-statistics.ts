import type { Request, RequestHandler, Response } from "express";
import { withFreshCatalog } from "../../app/fresh-catalog.js";
import { readArea, readWhole, type AreaValues } from "../../app/series.js";
import type { Services } from "../../app/services.js";
import { readDrawn } from "../../app/drawn-values.js";
import { InvalidRequestError } from "../../core/errors.js";
import { cropTarget } from "../../tile/crop-target.js";
import { previewTarget } from "../../tile/plan.js";
import type { CatalogItem } from "../../catalog/types.js";
import { parseKernel, parseValues } from "../../render/parse-values.js";
import {
  ALGORITHM_PARAMETERS,
  ASSETS,
  KERNEL_PARAMETERS,
  NUMBER_PARAMETERS,
  SOURCE_PARAMETERS,
} from "../../render/render-parameters.js";
import { shownNames, type Resampling } from "../../render/render-spec.js";
import { COORD_CRS, DST_CRS, HEIGHT, MAX_SIZE, parseCoordCrs, parseCropGrid, WIDTH } from "../crop-params.js";
import { AREA_BODY, areaSchema, collectionSchema, featuresOf, parseArea, parseShape } from "../geojson-body.js";
import { jsonBody } from "../json-body.js";
import { queryOf } from "../params.js";
import type { RouteGroup } from "../route.js";
import { requestSignal } from "../signal.js";
import { parseMaxSize, parseStatistics, STATISTICS_PARAMETERS } from "../statistics-params.js";
import { MAX_PREVIEW_PX, param, previewSize } from "./tiles.js";

/** As TiTiler; and as far as one request may go. */
const SIZE = { usual: 1024, most: 2048 };
/** Says which level the figures are of: "1; 600x400". */
const LEVEL_HEADER = "Tectile-Level";

const PATHS = ["/collections/{collection}/items/{item}/statistics"];
/** Where one of these is given, figures are of a picture; else of the item's own pixels. */
const DRAWN = [WIDTH, HEIGHT, ...KERNEL_PARAMETERS];
const PARAMETERS = [
  ...SOURCE_PARAMETERS,
  ...NUMBER_PARAMETERS,
  ...ALGORITHM_PARAMETERS,
  ...STATISTICS_PARAMETERS,
  MAX_SIZE,
  ...DRAWN,
];

/** Statistics of an item's valid pixels: of the whole item, or of features; the shape is TiTiler's. */
export const ITEM_STATISTICS_ROUTES: RouteGroup<Services> = {
  title: "Values",
  routes: [
    {
      method: "get",
      paths: PATHS,
      summary: "Statistics of an item",
      parameters: PARAMETERS,
      handle: wholeStatistics,
    },
    {
      method: "get",
      paths: ["/collections/{collection}/items/{item}/asset_statistics"],
      summary: "Statistics of each of an item's bands",
      parameters: [ASSETS, ...NUMBER_PARAMETERS, ...STATISTICS_PARAMETERS, MAX_SIZE, ...DRAWN],
      handle: assetStatistics,
    },
    {
      method: "post",
      paths: PATHS,
      summary: "Statistics of an item in GeoJSON features",
      parameters: [...PARAMETERS, COORD_CRS, DST_CRS],
      refused: ["cover_scale"],
      body: areaSchema,
      types: ["application/geo+json"],
      handle: (services) => [...jsonBody(AREA_BODY), areaStatistics(services)],
    },
  ],
};

function wholeStatistics(services: Services): RequestHandler {
  return async (request, response) => {
    const { figures } = await read(services, request, response, (item, signal) =>
      readItem(request, item, services, signal).then((one) => [one]),
    );
    response.json(figures[0] ?? null);
  };
}

/** The same figures, band by band under its name. */
function assetStatistics(services: Services): RequestHandler {
  return async (request, response) => {
    const { figures } = await read(services, request, response, (item, signal) =>
      readItem(request, item, services, signal).then((one) => [one]),
    );
    const [found] = figures;
    const named = shownNames(parseValues(queryOf(request))).map((name, k) => [
      name,
      { b1: found?.[`b${k + 1}`] ?? null },
    ]);
    response.json(Object.fromEntries(named));
  };
}

function areaStatistics(services: Services): RequestHandler {
  return async (request, response) => {
    const features = featuresOf(request.body);
    const { figures } = await read(services, request, response, async (item, signal) => {
      const areas: (AreaValues | undefined)[] = [];
      for (const { geometry } of features) areas.push(await readFeature(request, { item, geometry }, services, signal));
      return areas;
    });
    const answers = features.map((feature, i) => ({
      ...feature,
      properties: { ...feature.properties, statistics: figures[i] ?? null },
    }));
    const isCollection = collectionSchema.safeParse(request.body).success;
    response
      .type("application/geo+json")
      .json(isCollection ? { type: "FeatureCollection", features: answers } : answers[0]);
  };
}

/** Of a whole item. */
async function readItem(
  request: Request,
  item: CatalogItem,
  services: Services,
  signal: AbortSignal,
): Promise<AreaValues | undefined> {
  const asked = askedOf(request);
  const resampling = kernelOf(request);
  if (resampling === undefined) return readWhole(item, asked, services, signal);
  const { width, height } = previewSize(request, item, MAX_PREVIEW_PX);
  const { maxSide: _, ...shown } = asked;
  return readDrawn(item, { ...shown, target: previewTarget(item, width, height), resampling }, services, signal);
}

/** Of what a feature covers of it. */
async function readFeature(
  request: Request,
  { item, geometry }: { readonly item: CatalogItem; readonly geometry: unknown },
  services: Services,
  signal: AbortSignal,
): Promise<AreaValues | undefined> {
  const query = queryOf(request);
  const crs = parseCoordCrs(query);
  const asked = askedOf(request);
  const resampling = kernelOf(request);
  if (resampling === undefined) {
    const [area] = await readArea([item], { geometry: parseArea(geometry, crs), ...asked }, services, signal);
    return area;
  }
  const { bounds, parts } = parseShape(geometry, crs);
  const grid = parseCropGrid(crs, undefined, query);
  const { maxSide: maxSize, ...shown } = asked;
  const target = cropTarget({ bounds, ...grid, maxSize }, item.grid);
  if (target.width * target.height > MAX_PREVIEW_PX ** 2)
    throw new InvalidRequestError(
      `${target.width} x ${target.height} pixels are too many for statistics; wanted ${MAX_PREVIEW_PX ** 2} at most`,
    );
  return readDrawn(item, { ...shown, target, resampling, parts }, services, signal);
}

/** How a picture is drawn for figures; undefined where they are of the item's own pixels. */
function kernelOf(request: Request): Resampling | undefined {
  const query = queryOf(request);
  const kernel = parseKernel(query);
  const isDrawn = [WIDTH, HEIGHT, DST_CRS].some((one) => one.of(query) !== undefined);
  return kernel ?? (isDrawn ? "bilinear" : undefined);
}

type Figures = Readonly<Record<string, unknown>> | undefined;

/** TiTiler's figures, band by band as b1, b2, ..., of what `of` reads; and the header that tells the level. */
async function read(
  services: Services,
  request: Request,
  response: Response,
  of: (item: CatalogItem, signal: AbortSignal) => Promise<readonly (AreaValues | undefined)[]>,
): Promise<{ readonly figures: readonly Figures[] }> {
  const signal = requestSignal(request, response);
  const find = (): Promise<CatalogItem> => services.catalog.item(param(request, "collection"), param(request, "item"));
  await find();
  const areas = await withFreshCatalog(services.catalog, async () => {
    const [item] = await services.stamps.stamp([await find()]);
    return item === undefined ? [] : of(item, signal);
  });
  const names = shownNames(parseValues(queryOf(request)));
  const first = areas.find((area) => area !== undefined);
  if (first !== undefined) {
    const { level, item } = first;
    const [width, height] = [item.grid.width, item.grid.height].map((side) => Math.ceil(side / 2 ** level));
    response.set(LEVEL_HEADER, `${level}; ${width}x${height}`);
  }
  const figures = areas.map((area) => {
    const found = area?.statistics;
    if (found === undefined) return undefined;
    return Object.fromEntries(found.map((one, k) => [`b${k + 1}`, { ...one, description: names[k] ?? "" }]));
  });
  return { figures };
}

function askedOf(request: Request) {
  const query = queryOf(request);
  const asked = { rule: "valid" as const, ...parseStatistics(query) };
  return { ...parseValues(query), asked, maxSide: parseMaxSize(query, SIZE) };
}
