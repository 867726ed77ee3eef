import type { Request } from "express";
import type { Services } from "../../app/services.js";
import { InvalidRequestError } from "../../core/errors.js";
import type { Parameter } from "../../core/parameter.js";
import { tileMatrixSet, WEB_MERCATOR_QUAD } from "../../geo/tile-matrix-sets.js";
import { baseOf } from "../base-url.js";
import { EFFORT_PARAMETERS, parseEffort } from "../effort-params.js";
import { DATE_PARAMETERS } from "../mosaic-params.js";
import { queryOf, wholeQueryOf } from "../params.js";
import type { Route, RouteGroup } from "../route.js";
import { FILTER_PARAMETERS, ORDER_PARAMETERS, parseCollectionFilter } from "../search-params.js";
import { checkTiles, TILEJSON_PARAMETERS, zoomsOf } from "./tilejson.js";
import { param, TILE_MATRIX_SET } from "./tiles.js";

/** What a map is of, in the words of the viewer's address. */
interface Shown {
  readonly place: Readonly<Record<string, string>>;
  /** Said of each tile beside what the request says. */
  readonly look?: Readonly<Record<string, string>>;
}

/** TiTiler's map pages: each leads to the viewer, which shows tiles as the request says. */
export const MAP_PAGE_ROUTES: RouteGroup<Services> = {
  title: "Viewer",
  routes: [
    page("/collections/{collection}", "a collection's dates", {
      parameters: [...DATE_PARAMETERS, ...FILTER_PARAMETERS, ...ORDER_PARAMETERS],
      shown: async (request, { catalog }) => {
        const id = param(request, "collection");
        await catalog.collection(id);
        parseCollectionFilter(id, queryOf(request));
        return { place: { collection: id } };
      },
    }),
    page("/collections/{collection}/items/{item}", "an item", {
      parameters: [],
      shown: async (request, { catalog }) => {
        const { collection, id, datetime } = await catalog.item(param(request, "collection"), param(request, "item"));
        return { place: { collection, date: datetime.slice(0, 10) }, look: { ids: id } };
      },
    }),
    page("/searches/{search}", "a registered search's dates", {
      parameters: [...DATE_PARAMETERS, ...EFFORT_PARAMETERS],
      shown: async (request, { searches }) => {
        parseEffort(queryOf(request));
        return { place: { search: (await searches.get(param(request, "search"))).id } };
      },
    }),
  ],
};

function page(
  root: string,
  what: string,
  own: {
    readonly parameters: readonly Parameter[];
    readonly shown: (request: Request, services: Services) => Promise<Shown>;
  },
): Route<Services> {
  return {
    method: "get",
    paths: ["{tms}/map.html", "map.html"].map((path) => `${root}/${path}`),
    summary: `A map of ${what}: leads to the viewer`,
    parameters: [...TILEJSON_PARAMETERS, ...own.parameters],
    types: ["text/html"],
    handle: (services) => async (request, response) => {
      const { place, look = {} } = await own.shown(request, services);
      checkSet(param(request, "tms") || TILE_MATRIX_SET);
      checkTiles(queryOf(request), services.renders);
      zoomsOf(queryOf(request), { minzoom: 0, maxzoom: Infinity });
      const said = new URLSearchParams([...wholeQueryOf(request), ...Object.entries(look)]);
      const hash = new URLSearchParams(place);
      // What is asked for is what shows: nothing is filled in unless that says so.
      if (said.size > 0) hash.set("clear", "0");
      if (said.size > 0) hash.set("look", said.toString());
      response.redirect(307, `${baseOf(response)}/#${hash}`);
    },
  };
}

/** @throws NotFoundError for a set that isn't known, InvalidRequestError for one in which the viewer doesn't draw. */
function checkSet(id: string): void {
  const { crs } = tileMatrixSet(id);
  if (crs !== WEB_MERCATOR_QUAD.crs)
    throw new InvalidRequestError(`map.html of ${id} isn't there: the map draws in WebMercatorQuad; wanted that`);
}
