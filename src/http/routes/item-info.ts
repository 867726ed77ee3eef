import type { Request, Response } from "express";
import type { Services } from "../../app/services.js";
import { renderQueries } from "../../catalog/renders.js";
import type { CatalogItem } from "../../catalog/types.js";
import { levelSizes } from "../../container/tec-cog.js";
import { BANDS } from "../../core/bands.js";
import { NotFoundError } from "../../core/errors.js";
import { applyAffine } from "../../geo/affine.js";
import { epsgCode } from "../../geo/crs.js";
import { baseOf } from "../base-url.js";
import { parseValues } from "../../render/parse-values.js";
import { SOURCE_PARAMETERS } from "../../render/render-parameters.js";
import { queryOf } from "../params.js";
import type { RouteGroup } from "../route.js";
import { GEOJSON_TYPE, JSON_TYPE } from "../stac-documents.js";
import { param } from "./tiles.js";

const ITEM = "/collections/{collection}/items/{item}";

/** What TiTiler tells of an item: its bands, their grid, its renders. */
export const ITEM_INFO_ROUTES: RouteGroup<Services> = {
  title: "Items",
  routes: [
    {
      method: "get",
      paths: [`${ITEM}/info`],
      summary: "An item's bands and their grid",
      parameters: SOURCE_PARAMETERS,
      handle: (services) => async (request, response) => {
        response.json(infoOf(await find(request, services), bandsOf(request)));
      },
    },
    {
      method: "get",
      paths: [`${ITEM}/info.geojson`],
      summary: "An item's bands and their grid as a Feature",
      parameters: SOURCE_PARAMETERS,
      refused: ["crs"],
      types: [GEOJSON_TYPE],
      handle: (services) => async (request, response) => {
        const item = await find(request, services);
        const { boundsWgs84: bbox, geometry } = item;
        response.type(GEOJSON_TYPE);
        response.json({ type: "Feature", bbox, geometry, properties: infoOf(item, bandsOf(request)) });
      },
    },
    {
      method: "get",
      paths: [`${ITEM}/assets`],
      summary: "Names that assets= knows",
      handle: (services) => async (request, response) => {
        await find(request, services);
        response.json(BANDS);
      },
    },
    {
      method: "get",
      paths: [`${ITEM}/renders`],
      summary: "An item's renders",
      handle: (services) => async (request, response) => {
        const { self, renders } = rendersOf(await find(request, services), response);
        const links = [{ rel: "self", href: self, type: JSON_TYPE, title: "List STAC Renders metadata" }];
        response.json({ renders, links });
      },
    },
    {
      method: "get",
      paths: [`${ITEM}/renders/{render}`],
      summary: "One of an item's renders",
      handle: (services) => async (request, response) => {
        const { renders } = rendersOf(await find(request, services), response);
        const id = param(request, "render");
        if (!Object.hasOwn(renders, id))
          throw new NotFoundError(`Render "${id.slice(0, 40)}" isn't one of ${Object.keys(renders).join(", ")}`);
        response.json(renders[id]);
      },
    },
  ],
};

const find = (request: Request, { catalog }: Services): Promise<CatalogItem> =>
  catalog.item(param(request, "collection"), param(request, "item"));

/** Bands that `assets` names; all unless it does. */
function bandsOf(request: Request): readonly string[] {
  const { source } = parseValues(queryOf(request));
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
