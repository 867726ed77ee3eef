import { Router, type Request, type Response } from "express";
import type { Services } from "../../app/services.js";
import { renderQueries } from "../../catalog/renders.js";
import type { CatalogItem } from "../../catalog/types.js";
import { levelSizes } from "../../container/tec-cog.js";
import { BANDS } from "../../core/bands.js";
import { NotFoundError } from "../../core/errors.js";
import { applyAffine } from "../../geo/affine.js";
import { epsgCode } from "../../geo/crs.js";
import { baseOf } from "../base-url.js";
import { operation, pathParameter, type OpenApiPaths } from "../openapi.js";
import { GEOJSON_TYPE, JSON_TYPE } from "../stac-documents.js";
import { sourceOf } from "./series.js";
import { param } from "./tiles.js";

/** What TiTiler tells of an item: its bands, their grid, its renders. */
export function itemInfoRouter(services: Services): Router {
  const router = Router();
  const root = "/collections/:collection/items/:item";
  const find = (request: Request): Promise<CatalogItem> =>
    services.catalog.item(param(request, "collection"), param(request, "item"));
  router.get(`${root}/info`, async (request, response) => {
    response.json(infoOf(await find(request), bandsOf(request)));
  });
  router.get(`${root}/info.geojson`, async (request, response) => {
    const item = await find(request);
    const { boundsWgs84: bbox, geometry } = item;
    response.type(GEOJSON_TYPE);
    response.json({ type: "Feature", bbox, geometry, properties: infoOf(item, bandsOf(request)) });
  });
  router.get(`${root}/assets`, async (request, response) => {
    await find(request);
    response.json(BANDS);
  });
  router.get(`${root}/renders`, async (request, response) => {
    const { self, renders } = rendersOf(await find(request), response);
    const links = [{ rel: "self", href: self, type: JSON_TYPE, title: "List STAC Renders metadata" }];
    response.json({ renders, links });
  });
  router.get(`${root}/renders/:render`, async (request, response) => {
    const { renders } = rendersOf(await find(request), response);
    const id = param(request, "render");
    if (!Object.hasOwn(renders, id))
      throw new NotFoundError(`Render "${id.slice(0, 40)}" isn't one of ${Object.keys(renders).join(", ")}`);
    response.json(renders[id]);
  });
  return router;
}

/** Bands that `assets` names; all unless it does. */
function bandsOf(request: Request): readonly string[] {
  const source = sourceOf(request);
  return source.kind === "bands" ? source.bands : BANDS;
}

/** rio-tiler's Info of each band. */
function infoOf({ grid }: CatalogItem, bands: readonly string[]): Readonly<Record<string, unknown>> {
  const { width, height, transform, crs } = grid;
  const corners = [0, width].flatMap((x) => [0, height].map((y) => applyAffine(transform, x, y)));
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const code = epsgCode(crs);
  const levels = levelSizes(width, height).length;
  return Object.fromEntries(
    bands.map((band) => [
      band,
      {
        bounds: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
        crs: code === undefined ? crs : `http://www.opengis.net/def/crs/EPSG/0/${code}`,
        band_metadata: [["b1", {}]],
        band_descriptions: [["b1", band]],
        dtype: "uint16",
        nodata_type: "Mask",
        colorinterp: ["gray"],
        scales: [0.0001],
        offsets: [0],
        driver: "TEC-COG",
        count: 1,
        width,
        height,
        overviews: Array.from({ length: levels - 1 }, (_, i) => 2 ** (i + 1)),
      },
    ]),
  );
}

function rendersOf(
  { json, collection, id }: CatalogItem,
  response: Response,
): { readonly self: string; readonly renders: Readonly<Record<string, unknown>> } {
  const item = `${baseOf(response)}/collections/${encodeURIComponent(collection)}/items/${encodeURIComponent(id)}`;
  const properties = json["properties"] as Readonly<Record<string, unknown>>;
  const given = (properties["renders"] ?? {}) as Readonly<Record<string, unknown>>;
  const renders = renderQueries(given).map(({ id: name, query }) => {
    const links = [
      { rel: "self", href: `${item}/renders/${name}`, type: JSON_TYPE, title: `STAC Renders metadata for ${name}` },
      {
        rel: "tilesets-map",
        href: `${item}/{tileMatrixSetId}/tilejson.json?${query}`,
        templated: true,
        title: `tilejson file for ${name}`,
      },
    ];
    return [name, { valid: true, params: given[name], links }] as const;
  });
  return { self: `${item}/renders`, renders: Object.fromEntries(renders) };
}

const COLLECTION = pathParameter("collection", "Id of the collection");
const ITEM = pathParameter("item", "Id of the item");
const path = "/collections/{collection}/items/{item}";

/** For the OpenAPI description. */
export const ITEM_INFO_PATHS: OpenApiPaths = {
  [`${path}/info`]: { get: operation("An item's bands and their grid", JSON_TYPE, [COLLECTION, ITEM]) },
  [`${path}/info.geojson`]: { get: operation("The same as a Feature", GEOJSON_TYPE, [COLLECTION, ITEM]) },
  [`${path}/assets`]: { get: operation("Names that assets= knows", JSON_TYPE, [COLLECTION, ITEM]) },
  [`${path}/renders`]: { get: operation("An item's renders", JSON_TYPE, [COLLECTION, ITEM]) },
  [`${path}/renders/{render}`]: {
    get: operation("One of them", JSON_TYPE, [COLLECTION, ITEM, pathParameter("render", "Of the item's renders")]),
  },
};
