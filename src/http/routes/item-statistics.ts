import { Router, type Request, type Response } from "express";
import { z } from "zod";
import { withFreshCatalog } from "../../app/fresh-catalog.js";
import { readArea, readWhole, sourceNames, type AreaValues } from "../../app/series.js";
import type { Services } from "../../app/services.js";
import { parseGeometry } from "../../catalog/geometry.js";
import type { CatalogItem } from "../../catalog/types.js";
import { InvalidRequestError } from "../../core/errors.js";
import { jsonBody } from "../json-body.js";
import { operation, pathParameter, type OpenApiPaths } from "../openapi.js";
import { queryOf } from "../params.js";
import { methodNotAllowed } from "../problem.js";
import { requestSignal } from "../signal.js";
import { parseMaxSize, parseStatistics } from "../statistics-params.js";
import { sourceOf } from "./series.js";
import { param } from "./tiles.js";

const MAX_BODY = "1mb";
const MAX_FEATURES = 100;
/** As TiTiler; and as far as one request may go. */
const SIZE = { usual: 1024, most: 2048 };
/** Says which level the figures are of: "1; 600x400". */
const LEVEL_HEADER = "Tectile-Level";

/** Statistics of an item's valid pixels: of the whole item, or of features; the shape is TiTiler's. */
export function itemStatisticsRouter(services: Services): Router {
  const router = Router();
  const route = router.route("/collections/:collection/items/:item/statistics");
  route.get(async (request, response) => {
    const asked = askedOf(request);
    const { figures } = await read(services, request, response, (item, signal) =>
      readWhole(item, asked, services, signal).then((one) => [one]),
    );
    response.json(figures[0] ?? null);
  });
  route.post(...jsonBody(MAX_BODY), async (request, response) => {
    const features = featuresOf(request.body);
    const asked = askedOf(request);
    const { figures } = await read(services, request, response, async (item, signal) => {
      const areas: (AreaValues | undefined)[] = [];
      for (const { geometry } of features)
        areas.push((await readArea([item], { geometry: parseGeometry(geometry), ...asked }, services, signal))[0]);
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
  });
  route.all(methodNotAllowed("GET, HEAD, POST"));
  return router;
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
  const names = sourceNames(sourceOf(request));
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
  return { source: sourceOf(request), asked, maxSide: parseMaxSize(query, SIZE) };
}

const featureSchema = z.looseObject({
  type: z.literal("Feature"),
  geometry: z.unknown(),
  properties: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((properties) => properties ?? {}),
});
const collectionSchema = z.looseObject({
  type: z.literal("FeatureCollection"),
  features: z.array(featureSchema).min(1).max(MAX_FEATURES),
});

/** Those of a FeatureCollection; a Feature; a geometry as a Feature. @throws InvalidRequestError */
function featuresOf(body: unknown): readonly z.infer<typeof featureSchema>[] {
  const collection = collectionSchema.safeParse(body);
  if (collection.success) return collection.data.features;
  const { type } = z.object({ type: z.string() }).catch({ type: "" }).parse(body);
  if (type === "FeatureCollection")
    throw new InvalidRequestError(`The FeatureCollection is no list of 1 to ${MAX_FEATURES} Features`);
  const feature = featureSchema.safeParse(body);
  return [feature.success ? feature.data : { type: "Feature", geometry: body, properties: {} }];
}

const COLLECTION = pathParameter("collection", "Id of the collection");
const ITEM = pathParameter("item", "Id of the item");

/** For the OpenAPI description. */
export const ITEM_STATISTICS_PATHS: OpenApiPaths = {
  "/collections/{collection}/items/{item}/statistics": {
    get: operation("Statistics of an item", "application/json", [COLLECTION, ITEM]),
    post: operation("Statistics of an item in GeoJSON features", "application/geo+json", [COLLECTION, ITEM]),
  },
};
