import { Router, type Request, type RequestHandler } from "express";
import type { Services } from "../../app/services.js";
import { MEDIA_TYPES } from "../../render/encode-image.js";
import { parseRenderSpec } from "../../render/parse-render-spec.js";
import { cropBoundsWgs84, cropTarget } from "../../tile/crop-target.js";
import { findMosaicItems, type MosaicFilter } from "../../tile/mosaic/find-items.js";
import { withFreshCatalog } from "../../app/fresh-catalog.js";
import { parseCrop } from "../crop-params.js";
import { parseMosaic } from "../mosaic-params.js";
import { operation, pathParameter, type OpenApiPaths } from "../openapi.js";
import { parseTokens, queryOf } from "../params.js";
import { methodNotAllowed } from "../problem.js";
import { parseCollectionFilter, parseMosaicFilter } from "../search-params.js";
import { sendTarget } from "../send-target.js";
import { requestSignal } from "../signal.js";
import { param, withItem } from "./tiles.js";

/** Pictures and values of a box, of items, collections and registered searches, in TiTiler's spelling. */
export function cropRouter({ services }: { readonly services: Services }): Router {
  const router = Router();
  const get = (path: string, handler: RequestHandler): void => {
    for (const end of ["bbox/:bounds", "bbox/:bounds/:size"])
      router.route(`${path}/${end}`).get(handler).all(methodNotAllowed("GET, HEAD"));
  };
  get("/collections/:collection/items/:item", itemCrop(services));
  get(
    "/collections/:collection",
    mosaicCrop(services, async (request) => {
      const collection = param(request, "collection");
      await services.catalog.collection(collection);
      return parseCollectionFilter(collection, queryOf(request));
    }),
  );
  get(
    "/searches/:search",
    mosaicCrop(services, async (request) =>
      parseMosaicFilter((await services.searches.get(param(request, "search"))).search),
    ),
  );
  return router;
}

function itemCrop(services: Services): RequestHandler {
  return async (request, response) => {
    const { bounds, size, extension } = parsePath(request);
    const query = queryOf(request);
    const crop = parseCrop(bounds, size, query);
    const spec = parseRenderSpec(query, { extension, presets: services.renders });
    const tokens = parseTokens(query);
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
    const { spec, mosaic, interval } = parseMosaic(query, { extension, presets: services.renders });
    const tokens = parseTokens(query);
    const signal = requestSignal(request, response);
    const search = await searchOf(request);
    await withFreshCatalog(services.catalog, async () => {
      const where = { search, bounds: cropBoundsWgs84(crop), mosaic, interval };
      const { items: found, limit } = await findMosaicItems(services, where, signal);
      const items = await services.stamps.stamp(found);
      const [first] = items;
      if (first === undefined) return void response.status(204).end();
      await sendTarget(
        cropTarget(crop, first.grid),
        { spec, mosaic, tokens, limit, items },
        { services, request, response, signal },
      );
    });
  };
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

const COLLECTION = pathParameter("collection", "Id of the collection");
const inQuery = (name: string, description: string): object => ({
  name,
  in: "query",
  description,
  schema: { type: "string" },
});
const PARAMETERS = [
  pathParameter("bounds", "MINX,MINY,MAXX,MAXY; minx > maxx in degrees crosses 180°"),
  {
    ...pathParameter("format", "npy and tif hold values"),
    schema: { type: "string", enum: ["png", "webp", "jpg", "npy", "tif"] },
  },
  inQuery("coord_crs", "Of the box; default EPSG:4326"),
  inQuery("dst_crs", "Of the picture; default coord_crs"),
  inQuery("width", "Pixels; default the item's own resolution"),
  inQuery("height", "Pixels"),
  inQuery("max_size", "Pixels of the longer side at most"),
];
const SIZE = pathParameter("size", "WIDTHxHEIGHT in pixels");

/** For the OpenAPI description. */
export const CROP_PATHS: OpenApiPaths = Object.fromEntries(
  (
    [
      ["/collections/{collection}/items/{item}", "an item", [COLLECTION, pathParameter("item", "Id of the item")]],
      ["/collections/{collection}", "a collection's dates", [COLLECTION]],
      ["/searches/{search}", "a registered search's dates", [pathParameter("search", "Id of a registered search")]],
    ] as const
  ).flatMap(([path, what, own]) => [
    [
      `${path}/bbox/{bounds}.{format}`,
      { get: operation(`A box of ${what}`, MEDIA_TYPES.png, [...own, ...PARAMETERS]) },
    ],
    [
      `${path}/bbox/{bounds}/{size}.{format}`,
      { get: operation(`A box of ${what}, of a size`, MEDIA_TYPES.png, [...own, SIZE, ...PARAMETERS]) },
    ],
  ]),
);
