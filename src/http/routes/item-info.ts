import type { Request, Response } from "express";
import type { Services } from "../../app/services.js";
import { renderQueries } from "../../catalog/renders.js";
import type { CatalogItem } from "../../catalog/types.js";
import { levelSizes } from "../../container/tec-cog.js";
import { BANDS } from "../../core/bands.js";
import { NotFoundError } from "../../core/errors.js";
import { applyAffine } from "../../geo/affine.js";
import type { Bounds } from "../../geo/bounds.js";
import { epsgCode, type Crs } from "../../geo/crs.js";
import { boundsIn, targetBounds } from "../../tile/crop-target.js";
import { CRS } from "../crop-params.js";
import { baseOf } from "../base-url.js";
import { parseValues } from "../../render/parse-values.js";
import { SOURCE_PARAMETERS } from "../../render/render-parameters.js";
import { itemPlace, queryText } from "../item-place.js";
import { queryOf } from "../params.js";
import type { Route, RouteGroup } from "../route.js";
import { GEOJSON_TYPE, JSON_TYPE } from "../stac-documents.js";
import { virtualRenders } from "../virtual-renders.js";
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
      parameters: [...SOURCE_PARAMETERS, CRS],
      types: [GEOJSON_TYPE],
      handle: (services) => async (request, response) => {
        const item = await find(request, services);
        const crs = CRS.of(queryOf(request));
        const { bbox, geometry } = crs === undefined ? outlineOf(item) : boxOf(item, crs);
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
        const { self, renders } = rendersOf(await find(request, services), request, response);
        const links = [{ rel: "self", href: self, type: JSON_TYPE, title: "List STAC Renders metadata" }];
        response.json({ renders, links });
      },
    },
    {
      method: "get",
      paths: [`${ITEM}/renders/{render}`],
      summary: "One of an item's renders",
      handle: (services) => async (request, response) => {
        const { renders } = rendersOf(await find(request, services), request, response);
        const id = param(request, "render");
        if (!Object.hasOwn(renders, id))
          throw new NotFoundError(`Render "${id.slice(0, 40)}" isn't one of ${Object.keys(renders).join(", ")}`);
        response.json(renders[id]);
      },
    },
  ],
};

/** The same of a file that is no catalog's: one description of all its bands, as TiTiler has it of a COG. */
export function fileInfoRoutes(root: string): readonly Route<Services>[] {
  const common = { method: "get", parameters: SOURCE_PARAMETERS } as const;
  return [
    {
      ...common,
      paths: [`${root}/info`],
      summary: "A file's bands and its grid",
      handle: (services) => async (request, response) => {
        response.json(fileInfo(await find(request, services), bandsOf(request)));
      },
    },
    {
      ...common,
      paths: [`${root}/info.geojson`],
      summary: "A file's bands and its grid as a Feature",
      parameters: [...SOURCE_PARAMETERS, CRS],
      types: [GEOJSON_TYPE],
      handle: (services) => async (request, response) => {
        const item = await find(request, services);
        const crs = CRS.of(queryOf(request));
        const { bbox, geometry } = crs === undefined ? outlineOf(item) : boxOf(item, crs);
        response.type(GEOJSON_TYPE);
        response.json({ type: "Feature", bbox, geometry, properties: fileInfo(item, bandsOf(request)) });
      },
    },
  ];
}

const find = (request: Request, { catalog }: Services): Promise<CatalogItem> =>
  catalog.item(param(request, "collection"), param(request, "item"));

const outlineOf = ({ boundsWgs84: bbox, geometry }: CatalogItem): object & { bbox: Bounds; geometry: object } => ({
  bbox,
  geometry,
});

/** The box around an item in a CRS, as TiTiler draws it. */
function boxOf({ grid: { transform, width, height, crs } }: CatalogItem, dstCrs: Crs) {
  const bounds = boundsIn({ bounds: targetBounds({ transform, width, height }), crs, dstCrs });
  const [west, south, east, north] = bounds;
  const ring = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
  return { bbox: bounds, geometry: { type: "Polygon", coordinates: [ring] } };
}

/** Bands that `assets` names; all unless it does. */
function bandsOf(request: Request): readonly string[] {
  const { source } = parseValues(queryOf(request));
  return source.kind === "bands" ? source.bands : BANDS;
}

/** rio-tiler's Info of each band. */
const infoOf = (item: CatalogItem, bands: readonly string[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(bands.map((band) => [band, fileInfo(item, [band])]));

/** The same of bands together. */
function fileInfo({ grid }: CatalogItem, bands: readonly string[]): Readonly<Record<string, unknown>> {
  const { width, height, transform, crs } = grid;
  const corners = [0, width].flatMap((x) => [0, height].map((y) => applyAffine(transform, x, y)));
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const code = epsgCode(crs);
  const levels = levelSizes(width, height).length;
  return {
    bounds: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
    crs: code === undefined ? crs : `http://www.opengis.net/def/crs/EPSG/0/${code}`,
    band_metadata: bands.map((_, i) => [`b${i + 1}`, {}]),
    band_descriptions: bands.map((band, i) => [`b${i + 1}`, band]),
    dtype: "uint16",
    nodata_type: "Mask",
    colorinterp: bands.map(() => "gray"),
    scales: bands.map(() => 0.0001),
    offsets: bands.map(() => 0),
    driver: "TEC-COG",
    count: bands.length,
    width,
    height,
    overviews: Array.from({ length: levels - 1 }, (_, i) => 2 ** (i + 1)),
  };
}

function rendersOf(
  item: CatalogItem,
  request: Request,
  response: Response,
): { readonly self: string; readonly renders: Readonly<Record<string, unknown>> } {
  const { path, query: own } = itemPlace(request, item);
  const [root, ending] = [`${baseOf(response)}/${path}`, queryText(own)];
  const properties = item.json["properties"] as Readonly<Record<string, unknown>>;
  const given = virtualRenders(properties["renders"]) ?? {};
  const renders = renderQueries(given).map(({ id: name, query }) => {
    const links = [
      {
        rel: "self",
        href: `${root}/renders/${name}${ending}`,
        type: JSON_TYPE,
        title: `STAC Renders metadata for ${name}`,
      },
      {
        rel: "tilesets-map",
        href: `${root}/{tileMatrixSetId}/tilejson.json?${own.size === 0 ? "" : `${own}&`}${query}`,
        templated: true,
        title: `tilejson file for ${name}`,
      },
    ];
    return [name, { valid: true, params: given[name], links }] as const;
  });
  return { self: `${root}/renders${ending}`, renders: Object.fromEntries(renders) };
}
