import type { Request, RequestHandler } from "express";
import { flatten, type FlatGeometry } from "../../app/geometry-mask.js";
import type { Services } from "../../app/services.js";
import type { Parameter } from "../../core/parameter.js";
import { parseRenderSpec } from "../../render/parse-render-spec.js";
import { FORMAT_PARAMETERS, PICTURE_PARAMETERS } from "../../render/render-parameters.js";
import { cropBoundsWgs84, cropTarget, type Crop } from "../../tile/crop-target.js";
import { findMosaicItems, type MosaicFilter } from "../../tile/mosaic/find-items.js";
import { withFreshCatalog } from "../../app/fresh-catalog.js";
import { CROP_PARAMETERS, parseCoordCrs, parseCrop, parseCropGrid } from "../crop-params.js";
import { AREA_BODY, areaSchema, parseShape } from "../geojson-body.js";
import { jsonBody } from "../json-body.js";
import { EFFORT_PARAMETERS } from "../effort-params.js";
import { DATE_PARAMETERS, parseMosaic } from "../mosaic-params.js";
import { QUALITY, queryOf } from "../params.js";
import { PICTURE_TYPES, type Route, type RouteGroup } from "../route.js";
import { FILTER_PARAMETERS, ORDER_PARAMETERS, parseCollectionFilter } from "../search-params.js";
import { EMPTY_TILE, type Answering } from "../send-picture.js";
import { sendTarget } from "../send-target.js";
import { requestSignal } from "../signal.js";
import { searchFilter } from "./series-items.js";
import { param, withItem } from "./tiles.js";

const PARAMETERS = [...PICTURE_PARAMETERS, ...FORMAT_PARAMETERS, QUALITY, EMPTY_TILE, ...CROP_PARAMETERS];
const ITEM = "/collections/{collection}/items/{item}";
const COLLECTION = "/collections/{collection}";
const SEARCH = "/searches/{search}";

/** A shape on the Earth that is asked for, and how its picture is. */
interface AskedArea {
  readonly crop: Crop;
  readonly cutline?: FlatGeometry;
  readonly extension: string | undefined;
}
type AreaOf = (request: Request) => AskedArea;

/** Boxes (GET) and features (POST) of items, collections and registered searches, in TiTiler's spelling. */
export const CROP_ROUTES: RouteGroup<Services> = {
  title: "Crops",
  routes: [
    ...routesOf(ITEM, "an item", { parameters: [], handle: itemCrop }),
    ...routesOf(COLLECTION, "a collection's dates", {
      parameters: [...DATE_PARAMETERS, ...FILTER_PARAMETERS, ...ORDER_PARAMETERS],
      handle: (services, areaOf) =>
        mosaicCrop(services, areaOf, async (request) => {
          const collection = param(request, "collection");
          await services.catalog.collection(collection);
          return parseCollectionFilter(collection, queryOf(request));
        }),
    }),
    ...routesOf(SEARCH, "a registered search's dates", {
      parameters: [...DATE_PARAMETERS, ...EFFORT_PARAMETERS],
      handle: (services, areaOf) => mosaicCrop(services, areaOf, (request) => searchFilter(request, services)),
    }),
  ],
};

function routesOf(
  root: string,
  what: string,
  own: {
    readonly parameters: readonly Parameter[];
    readonly handle: (services: Services, areaOf: AreaOf) => RequestHandler;
  },
): readonly Route<Services>[] {
  const common = {
    parameters: [...PARAMETERS, ...own.parameters],
    types: PICTURE_TYPES,
    mayBeEmpty: true as const,
  };
  const spelled = (ends: readonly string[]): readonly string[] => ends.map((end) => `${root}/${end}`);
  return [
    {
      method: "get",
      paths: spelled([
        "bbox/{bounds}",
        "bbox/{bounds}.{format}",
        "bbox/{bounds}/{size}",
        "bbox/{bounds}/{size}.{format}",
      ]),
      summary: `A box of ${what}`,
      ...common,
      handle: (services) => own.handle(services, boxOf),
    },
    {
      method: "post",
      paths: spelled(["feature", "feature.{format}", "feature/{size}.{format}"]),
      summary: `A Polygon or MultiPolygon of ${what}, with holes outside`,
      ...common,
      body: areaSchema,
      handle: (services) => [...jsonBody(AREA_BODY), own.handle(services, featureOf)],
    },
  ];
}

function itemCrop(services: Services, areaOf: AreaOf): RequestHandler {
  return async (request, response) => {
    const { crop, cutline, extension } = areaOf(request);
    const query = queryOf(request);
    const spec = parseRenderSpec(query, { extension, presets: services.renders });
    const tokens = QUALITY.of(query);
    const signal = requestSignal(request, response);
    await withItem(request, services, async (item) => {
      const target = cropTarget(crop, item.grid);
      await sendTarget(target, { spec, tokens, cutline, items: [item] }, { services, request, response, signal });
    });
  };
}

function mosaicCrop(
  services: Services,
  areaOf: AreaOf,
  searchOf: (request: Request) => Promise<MosaicFilter>,
): RequestHandler {
  return async (request, response) => {
    const { crop, cutline, extension } = areaOf(request);
    const query = queryOf(request);
    const picture = { crop, query, extension, cutline, search: await searchOf(request) };
    await sendMosaicCrop(picture, { services, request, response, signal: requestSignal(request, response) });
  };
}

/** A box of dates merged, and the query that says how it looks. */
export interface MosaicCrop {
  readonly crop: Crop;
  readonly query: URLSearchParams;
  readonly extension: string | undefined;
  readonly cutline?: FlatGeometry | undefined;
  readonly search: MosaicFilter;
}

/** @throws InvalidRequestError */
export async function sendMosaicCrop(
  { crop, query, extension, cutline, search }: MosaicCrop,
  answering: Answering,
): Promise<void> {
  const { services, response, signal } = answering;
  const { spec, mosaic, interval } = parseMosaic(query, { extension, presets: services.renders });
  const tokens = QUALITY.of(query);
  await withFreshCatalog(services.catalog, async () => {
    const where = { search, bounds: cropBoundsWgs84(crop), mosaic, interval };
    const { items: found, limit } = await findMosaicItems(services, where, signal);
    const items = await services.stamps.stamp(found);
    const [first] = items;
    if (first === undefined) return void response.status(204).end();
    await sendTarget(cropTarget(crop, first.grid), { spec, mosaic, tokens, limit, cutline, items }, answering);
  });
}

/** Of a path, whose last part has the extension; numbers of a box have points of their own. */
function boxOf(request: Request): AskedArea {
  const [bounds, size] = [param(request, "bounds"), param(request, "size")];
  const [, name = "", extension] = /^(.*?)(?:\.([A-Za-z]+))?$/.exec(size === "" ? bounds : size) ?? [];
  const query = queryOf(request);
  return { crop: size === "" ? parseCrop(name, undefined, query) : parseCrop(bounds, name, query), extension };
}

/** Of a body. */
function featureOf(request: Request): AskedArea {
  const query = queryOf(request);
  const crs = parseCoordCrs(query);
  const { bounds, parts } = parseShape(request.body, crs);
  return {
    crop: { bounds, ...parseCropGrid(crs, param(request, "size") || undefined, query) },
    cutline: flatten(parts),
    extension: param(request, "format") || undefined,
  };
}
