import type { Request } from "express";
import type { Services } from "../../app/services.js";
import type { Parameter } from "../../core/parameter.js";
import type { Bounds } from "../../geo/bounds.js";
import { parseTileOf, tileBoundsOf, tileMatrixSet } from "../../geo/tile-matrix-sets.js";
import { cropBoundsWgs84 } from "../../tile/crop-target.js";
import { baseOf } from "../base-url.js";
import { COORD_CRS, parseCrop } from "../crop-params.js";
import { EFFORT_PARAMETERS } from "../effort-params.js";
import { DATETIME, queryOf } from "../params.js";
import type { Route, RouteGroup } from "../route.js";
import { FILTER_PARAMETERS, ORDER_PARAMETERS } from "../search-params.js";
import { requestSignal } from "../signal.js";
import { itemDocument } from "../stac-documents.js";
import { collectionFilter, findItems, placeOf, searchFilter } from "./series-items.js";
import { param } from "./tiles.js";

/** Where items are asked for: the path, what it is, its own parameters, and its box. */
const PLACES = [
  ["point/{place}", "a point", [COORD_CRS], pointBox],
  ["bbox/{bounds}", "a box", [COORD_CRS], boxBox],
  ["tiles/{tms}/{z}/{x}/{y}", "a tile", [], tileBox],
] as const;

/** Which items lie at a point, in a box or tile: titiler-pgstac's `/assets`. */
export const ITEMS_OF_ROUTES: RouteGroup<Services> = {
  title: "Items",
  routes: PLACES.flatMap(([path, what, own, boxOf]) => [
    listing(`/collections/{collection}/${path}/assets`, `Items of a collection in ${what}`, {
      parameters: [...own, DATETIME, ...FILTER_PARAMETERS, ...ORDER_PARAMETERS],
      filterOf: collectionFilter,
      boxOf,
    }),
    listing(`/searches/{search}/${path}/assets`, `Items of a registered search in ${what}`, {
      parameters: [...own, ...EFFORT_PARAMETERS],
      filterOf: searchFilter,
      boxOf,
    }),
  ]),
};

function listing(
  path: string,
  summary: string,
  own: {
    readonly parameters: readonly Parameter[];
    readonly filterOf: typeof collectionFilter;
    readonly boxOf: (request: Request) => Bounds;
  },
): Route<Services> {
  return {
    method: "get",
    paths: [path],
    summary,
    parameters: own.parameters,
    handle: (services) => async (request, response) => {
      const bbox = own.boxOf(request);
      const signal = requestSignal(request, response);
      const items = await findItems(await own.filterOf(request, services), services, { bbox }, signal);
      const base = baseOf(response);
      response.set("Cache-Control", "no-cache").json(
        items.map((item) => {
          const { id, bbox: box, assets, collection } = itemDocument(item, base);
          return { id, bbox: box, assets, collection };
        }),
      );
    },
  };
}

function pointBox(request: Request): Bounds {
  const { lon, lat } = placeOf(request);
  return [lon, lat, lon, lat];
}

function boxBox(request: Request): Bounds {
  return cropBoundsWgs84(parseCrop(param(request, "bounds"), undefined, queryOf(request)));
}

function tileBox(request: Request): Bounds {
  const [z, x, y] = [param(request, "z"), param(request, "x"), param(request, "y")];
  return tileBoundsOf(parseTileOf(tileMatrixSet(param(request, "tms")), { z, x, y }));
}
