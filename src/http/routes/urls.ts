import type { RequestHandler } from "express";
import { z } from "zod";
import type { UrlKind } from "../../app/opened-urls.js";
import type { Services } from "../../app/services.js";
import { CorruptDataError, ForbiddenError, InvalidRequestError, UnsupportedError } from "../../core/errors.js";
import { parameter } from "../../core/parameter.js";
import { setItemPlace } from "../item-place.js";
import { queryOf } from "../params.js";
import type { Route, RouteGroup } from "../route.js";
import { CROP_ROUTES } from "./crops.js";
import { fileInfoRoutes, ITEM_INFO_ROUTES } from "./item-info.js";
import { ITEM_STATISTICS_ROUTES } from "./item-statistics.js";
import { SERIES_ROUTES } from "./series.js";
import { TILEJSON_ROUTES } from "./tilejson.js";
import { TILESET_ROUTES } from "./tilesets.js";
import { TILE_ROUTES } from "./tiles.js";
import { WMTS_ROUTES } from "./wmts.js";

const URL_OF_ITEM = parameter({
  name: "url",
  description:
    "What is shown: a STAC Item with a tec asset (/stac), a TEC-COG (/cog), at a host of the setting urlHosts",
  example: "https://data.example.org/scene.tif",
  schema: z.url({ protocol: /^https?$/, hostname: z.regexes.hostname }).max(2000),
  wanted: "an http(s) URL of at most 2000 characters",
  once: true,
});

const ITEM = "/collections/{collection}/items/{item}/";
/** A file has no assets and no document that names renders. */
const OF_ITEMS_ONLY = /^(assets|asset_statistics|renders.*|info(\.geojson)?)$/;

const GROUPS: readonly RouteGroup<Services>[] = [
  TILE_ROUTES,
  TILEJSON_ROUTES,
  TILESET_ROUTES,
  SERIES_ROUTES,
  ITEM_INFO_ROUTES,
  ITEM_STATISTICS_ROUTES,
  CROP_ROUTES,
  WMTS_ROUTES,
];

/** TiTiler's /stac and /cog: what is served of an item, of one that `url` names. */
export const URL_ROUTES: RouteGroup<Services> = {
  title: "Of a URL",
  routes: [...routesOf("stac", "a STAC Item"), ...routesOf("cog", "a TEC-COG")],
};

function routesOf(kind: UrlKind, what: string): readonly Route<Services>[] {
  const own = GROUPS.flatMap(({ routes }) => routes).flatMap((route): Route<Services>[] => {
    const ends = endsOf(route).filter((end) => kind === "stac" || !OF_ITEMS_ONLY.test(end));
    return ends.length === 0 ? [] : [{ ...route, paths: ends.map((end) => `/${kind}/${end}`) }];
  });
  const all = kind === "stac" ? own : [...own, ...fileInfoRoutes("/cog")];
  return all.map(({ operationId: _own, ...route }) => ({
    ...route,
    summary: route.summary.replace(/\b(an item|An item)\b/, (found) =>
      found.startsWith("A") ? what.replace(/^a/, "A") : what,
    ),
    parameters: [URL_OF_ITEM, ...(route.parameters ?? [])],
    handle: (services) => handleUrl(kind, route, services),
  }));
}

/** Of a route of items, its paths below the item. */
function endsOf({ paths }: Route<Services>): readonly string[] {
  return paths.flatMap((path) => (path.startsWith(ITEM) ? [path.slice(ITEM.length)] : []));
}

/** The route's own handlers over what `url` names, as if it were an item of a catalog. */
function handleUrl(
  kind: UrlKind,
  route: Pick<Route<Services>, "handle">,
  services: Services,
): readonly RequestHandler[] {
  const { isOn, catalog, reader } = services.openedUrls;
  const find: RequestHandler = (request, _response, next) => {
    if (!isOn)
      throw new ForbiddenError(`/${kind} is off here: the setting urlHosts names the hosts that url may lead to`);
    const url = URL_OF_ITEM.of(queryOf(request));
    if (url === undefined) throw new InvalidRequestError("url is missing; wanted an http(s) URL");
    request.params = { ...request.params, collection: kind, item: new URL(url).href };
    setItemPlace(request, { path: kind, query: new URLSearchParams({ url }) });
    next();
  };
  return [find, ...[route.handle({ ...services, catalog, reader })].flat().map(ofStrangers)];
}

/** What is wrong with a file that the request named is the request's fault, not the server's. */
function ofStrangers(handler: RequestHandler): RequestHandler {
  return async (request, response, next) => {
    try {
      await handler(request, response, next);
    } catch (error) {
      if (error instanceof CorruptDataError) throw new UnsupportedError(`url: ${error.message}`, { cause: error });
      throw error;
    }
  };
}
