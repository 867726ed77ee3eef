import { createHash } from "node:crypto";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { RegisteredSearch } from "../../app/searches.js";
import type { Services } from "../../app/services.js";
import { attributionOf } from "../../catalog/attribution.js";
import { linksOf } from "../../catalog/collection.js";
import type { CatalogItem, StacJson } from "../../catalog/types.js";
import { parameter } from "../../core/parameter.js";
import type { MosaicFilter } from "../../tile/mosaic/find-items.js";
import { DATETIME, queryOf } from "../params.js";
import type { RouteGroup } from "../route.js";
import { FILTER_PARAMETERS, ORDER_PARAMETERS, parseCollectionFilter, parseMosaicFilter } from "../search-params.js";
import { groupByDay } from "./dates.js";
import { nativeZoom, unionOf } from "./tilejson.js";

/** Items looked at, the newest; more dates than a slider can show. */
const MAX_ITEMS = 10_000;
/** Different outlines sent. */
const MAX_OUTLINES = 500;

const COLLECTION = parameter({
  name: "collection",
  description: "Id of the collection to begin with",
  example: "sentinel-2-l2a",
  schema: z.string(),
});

const SEARCH = parameter({
  name: "search",
  description: "Id of a registered search to show instead",
  example: "0123456789abcdef0123456789abcdef",
  schema: z.string(),
});

type Needed = Pick<Services, "catalog" | "config" | "searches">;

/**
 * `/viewer/start.json?collection=ID`: all that the page needs before it asks for tiles, in one answer: the collections, and of one of them (the
 * first where the id is none), or of a registered search, the dates, extent, zooms and outlines.
 */
export const VIEWER_START_ROUTES: RouteGroup<Needed> = {
  title: "Viewer",
  routes: [
    {
      method: "get",
      paths: ["/viewer/start.json"],
      summary: "What the viewer begins with",
      parameters: [COLLECTION, SEARCH, DATETIME, ...FILTER_PARAMETERS, ...ORDER_PARAMETERS],
      handle: sendStart,
    },
  ],
};

function sendStart({ catalog, config, searches }: Needed): RequestHandler {
  return async (request, response) => {
    const collections = await catalog.collections();
    const query = queryOf(request);
    const search = SEARCH.of(query);
    const wanted = COLLECTION.of(query);
    const chosen = collections.find(({ id }) => id === wanted) ?? collections[0];
    const datetime = DATETIME.of(query);
    const { basemap } = config;
    const find = async ({ effort = {}, ...filter }: MosaicFilter): Promise<readonly CatalogItem[]> => {
      const { mostItems = MAX_ITEMS } = effort;
      const within = datetime === undefined ? {} : { datetime };
      return (await catalog.search({ ...filter, ...within, limit: Math.min(MAX_ITEMS, mostItems) })).items;
    };
    if (search !== undefined) {
      const entry = await searches.get(search);
      const found = await find(parseMosaicFilter(entry.search));
      const like = collections.find(({ id }) => id === found[0]?.collection);
      const shown = searchPart(entry, like);
      return void response.set("Cache-Control", "no-cache").json({
        title: config.title,
        ...(basemap === undefined ? {} : { basemap }),
        collections: [shown, ...collections.map(collectionPart)],
        series: seriesPart(shown.id, found),
      });
    }
    const found = chosen === undefined ? [] : await find(parseCollectionFilter(String(chosen["id"]), query));
    response.set("Cache-Control", "no-cache").json({
      title: config.title,
      ...(basemap === undefined ? {} : { basemap }),
      collections: collections.map(collectionPart),
      ...(chosen === undefined ? {} : { series: seriesPart(String(chosen["id"]), found) }),
    });
  };
}

/** A search as a collection, with the looks of the one that its newest item is of. */
function searchPart({ id, metadata }: RegisteredSearch, like: StacJson | undefined) {
  const { name } = metadata;
  return {
    ...(like === undefined ? {} : collectionPart(like)),
    id,
    title: typeof name === "string" ? name : "A registered search",
    path: `searches/${id}`,
  };
}

function collectionPart(collection: StacJson): object {
  const summaries = z.record(z.string(), z.unknown()).safeParse(collection["summaries"]).data ?? {};
  const parents = linksOf(collection).flatMap(({ rel, href }) => (rel === "derived_from" ? collectionIdIn(href) : []));
  return {
    id: collection["id"],
    title: collection["title"],
    description: collection["description"],
    renders: collection["renders"],
    attribution: attributionOf(collection),
    models: summaries["tec:model"],
    ...(parents.length === 0 ? {} : { derived_from: [...new Set(parents)] }),
  };
}

/** "boadella" of "../boadella/collection.json" and of "https://example.org/collections/boadella". */
function collectionIdIn(href: string): readonly string[] {
  const [, id] = /([^/]+)\/collection\.json$/.exec(href) ?? /\/collections\/([^/?]+)$/.exec(href) ?? [];
  return id === undefined || id.startsWith(".") || /%(?![0-9a-f]{2})/i.test(id) ? [] : [decodeURIComponent(id)];
}

function seriesPart(collection: string, items: readonly CatalogItem[]): object {
  const outlines = new Map<string, CatalogItem["geometry"]>();
  for (const { geometry } of items) {
    if (outlines.size === MAX_OUTLINES) break;
    const key = createHash("sha1").update(JSON.stringify(geometry)).digest("base64");
    if (!outlines.has(key)) outlines.set(key, geometry);
  }
  return {
    collection,
    dates: groupByDay(items),
    bounds: unionOf(items),
    minzoom: 0,
    maxzoom: items.reduce((highest, item) => Math.max(highest, nativeZoom(item)), 0),
    outlines: [...outlines.values()],
  };
}
