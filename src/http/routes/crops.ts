import type { Request, RequestHandler } from "express";
import type { Services } from "../../app/services.js";
import { parseRenderSpec } from "../../render/parse-render-spec.js";
import { FORMAT_PARAMETERS, PICTURE_PARAMETERS } from "../../render/render-parameters.js";
import { cropBoundsWgs84, cropTarget, type Crop } from "../../tile/crop-target.js";
import { findMosaicItems, type MosaicFilter } from "../../tile/mosaic/find-items.js";
import { withFreshCatalog } from "../../app/fresh-catalog.js";
import { CROP_PARAMETERS, parseCrop } from "../crop-params.js";
import { DATE_PARAMETERS, parseMosaic } from "../mosaic-params.js";
import { QUALITY, queryOf } from "../params.js";
import * as refused from "../refused.js";
import { PICTURE_TYPES, type RouteGroup } from "../route.js";
import { FILTER_PARAMETERS, ORDER_PARAMETERS, parseCollectionFilter, parseMosaicFilter } from "../search-params.js";
import { EMPTY_TILE, type Answering } from "../send-picture.js";
import { sendTarget } from "../send-target.js";
import { requestSignal } from "../signal.js";
import { param, withItem } from "./tiles.js";

const PARAMETERS = [...PICTURE_PARAMETERS, ...FORMAT_PARAMETERS, QUALITY, EMPTY_TILE, ...CROP_PARAMETERS];
const spellings = (root: string): readonly string[] =>
  ["bbox/{bounds}", "bbox/{bounds}.{format}", "bbox/{bounds}/{size}", "bbox/{bounds}/{size}.{format}"].map(
    (path) => `${root}/${path}`,
  );

/** Pictures and values of a box, of items, collections and registered searches, in TiTiler's spelling. */
export const CROP_ROUTES: RouteGroup<Services> = {
  title: "Crops",
  routes: [
    {
      method: "get",
      paths: spellings("/collections/{collection}/items/{item}"),
      summary: "A box of an item",
      parameters: PARAMETERS,
      refused: refused.ALGORITHM,
      types: PICTURE_TYPES,
      mayBeEmpty: true,
      handle: itemCrop,
    },
    {
      method: "get",
      paths: spellings("/collections/{collection}"),
      summary: "A box of a collection's dates",
      parameters: [...PARAMETERS, ...DATE_PARAMETERS, ...FILTER_PARAMETERS, ...ORDER_PARAMETERS],
      refused: [...refused.ALGORITHM, ...refused.EFFORT],
      types: PICTURE_TYPES,
      mayBeEmpty: true,
      handle: (services) =>
        mosaicCrop(services, async (request) => {
          const collection = param(request, "collection");
          await services.catalog.collection(collection);
          return parseCollectionFilter(collection, queryOf(request));
        }),
    },
    {
      method: "get",
      paths: spellings("/searches/{search}"),
      summary: "A box of a registered search's dates",
      parameters: [...PARAMETERS, ...DATE_PARAMETERS],
      refused: [...refused.ALGORITHM, ...refused.EFFORT, "items_limit"],
      types: PICTURE_TYPES,
      mayBeEmpty: true,
      handle: (services) =>
        mosaicCrop(services, async (request) =>
          parseMosaicFilter((await services.searches.get(param(request, "search"))).search),
        ),
    },
  ],
};

function itemCrop(services: Services): RequestHandler {
  return async (request, response) => {
    const { bounds, size, extension } = parsePath(request);
    const query = queryOf(request);
    const crop = parseCrop(bounds, size, query);
    const spec = parseRenderSpec(query, { extension, presets: services.renders });
    const tokens = QUALITY.of(query);
    const signal = requestSignal(request, response);
    await withItem(request, services, async (item) => {
      const target = cropTarget(crop, item.grid);
      await sendTarget(target, { spec, tokens, items: [item] }, { services, request, response, signal });
    });
  };
}

function mosaicCrop(services: Services, searchOf: (request: Request) => Promise<MosaicFilter>): RequestHandler {
  return async (request, response) => {
    const { bounds, size, extension } = parsePath(request);
    const query = queryOf(request);
    const crop = parseCrop(bounds, size, query);
    const picture = { crop, query, extension, search: await searchOf(request) };
    await sendMosaicCrop(picture, { services, request, response, signal: requestSignal(request, response) });
  };
}

/** A box of dates merged, and the query that says how it looks. */
export interface MosaicCrop {
  readonly crop: Crop;
  readonly query: URLSearchParams;
  readonly extension: string | undefined;
  readonly search: MosaicFilter;
}

/** @throws InvalidRequestError */
export async function sendMosaicCrop(
  { crop, query, extension, search }: MosaicCrop,
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
    await sendTarget(cropTarget(crop, first.grid), { spec, mosaic, tokens, limit, items }, answering);
  });
}

/** The last part has the extension; numbers of a box have points of their own. */
function parsePath(request: Request): {
  readonly bounds: string;
  readonly size: string | undefined;
  readonly extension: string | undefined;
} {
  const [bounds, size] = [param(request, "bounds"), param(request, "size")];
  const [, name = "", extension] = /^(.*?)(?:\.([A-Za-z]+))?$/.exec(size === "" ? bounds : size) ?? [];
  return size === "" ? { bounds: name, size: undefined, extension } : { bounds, size: name, extension };
}
