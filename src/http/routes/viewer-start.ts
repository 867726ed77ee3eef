import { createHash } from "node:crypto";
import type { RequestHandler } from "express";
import { z } from "zod";
import type { Services } from "../../app/services.js";
import { attributionOf } from "../../catalog/attribution.js";
import { linksOf } from "../../catalog/collection.js";
import type { CatalogItem, StacJson } from "../../catalog/types.js";
import { parameter } from "../../core/parameter.js";
import { queryOf } from "../params.js";
import type { RouteGroup } from "../route.js";
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

type Needed = Pick<Services, "catalog" | "config">;

/**
 * `/viewer/start.json?collection=ID`: all that the page needs before it asks for tiles, in one answer: the collections, and of one of them (the
 * first where the id is none) the dates, extent, zooms and outlines.
 */
export const VIEWER_START_ROUTES: RouteGroup<Needed> = {
  title: "Viewer",
  routes: [
    {
      method: "get",
      paths: ["/viewer/start.json"],
      summary: "What the viewer begins with",
      parameters: [COLLECTION],
      handle: sendStart,
    },
  ],
};

function sendStart({ catalog, config }: Needed): RequestHandler {
  return async (request, response) => {
    const collections = await catalog.collections();
    const wanted = COLLECTION.of(queryOf(request));
    const chosen = collections.find(({ id }) => id === wanted) ?? collections[0];
    const found =
      chosen === undefined
        ? []
        : (await catalog.search({ collections: [String(chosen["id"])], limit: MAX_ITEMS })).items;
    const { basemap } = config;
    response.set("Cache-Control", "no-cache").json({
      title: config.title,
      ...(basemap === undefined ? {} : { basemap }),
      collections: collections.map(collectionPart),
      ...(chosen === undefined ? {} : { series: seriesPart(String(chosen["id"]), found) }),
    });
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
