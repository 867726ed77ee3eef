import type { Request, RequestHandler, Response } from "express";
import { z } from "zod";
import type { MosaicFilter } from "../../tile/mosaic/find-items.js";
import type { Services } from "../../app/services.js";
import { attributionOfAll } from "../../catalog/attribution.js";
import type { CatalogItem } from "../../catalog/types.js";
import { InvalidRequestError } from "../../core/errors.js";
import { parameter, type Parameter } from "../../core/parameter.js";
import type { Bounds } from "../../geo/bounds.js";
import { groundResolutionM } from "../../geo/crs.js";
import { FORMAT_PARAMETERS } from "../../render/render-parameters.js";
import { tileMatrixSet, WEB_MERCATOR_QUAD, zoomOfSet, type TileMatrixSet } from "../../geo/tile-matrix-sets.js";
import type { InpaintMethod } from "../../tile/mosaic/mosaic-spec.js";
import { baseOf } from "../base-url.js";
import { itemPlace } from "../item-place.js";
import { DATE_PARAMETERS, parseMosaic } from "../mosaic-params.js";
import { parseBuffer, QUALITY, queryOf, wholeQueryOf } from "../params.js";
import type { RouteGroup } from "../route.js";
import { FILTER_PARAMETERS, ORDER_PARAMETERS, parseCollectionFilter } from "../search-params.js";
import type { MosaicMetadata } from "../search-metadata.js";
import { EMPTY_TILE } from "../send-picture.js";
import { param, TILE_MATRIX_SET, TILE_PARAMETERS } from "./tiles.js";

const MAX_ITEMS = 1000;
const MAX_ZOOM = 24;

export const TILE_FORMAT = parameter({
  name: "tile_format",
  description: "Extension of the tiles; default png",
  example: "webp",
  schema: z.string(),
});
const TILE_SCALE = parameter({
  name: "tile_scale",
  description: "Tiles of 256 pixels times this, as TiTiler had it before 2.0",
  example: "2",
  schema: z.int().min(1).max(4),
  wanted: "1 to 4",
});
const zoom = (name: string, description: string) =>
  parameter({ name, description, example: name === "minzoom" ? "3" : "9", schema: z.int().min(0).max(MAX_ZOOM) });
export const MINZOOM = zoom("minzoom", "Instead of the tile matrix set's first");
export const MAXZOOM = zoom("maxzoom", "Instead of that of the imagery's own resolution");

/** Of TileJSON, beside those of its tiles. */
export const TILEJSON_PARAMETERS: readonly Parameter[] = [
  ...TILE_PARAMETERS.filter((one) => !FORMAT_PARAMETERS.includes(one)),
  TILE_FORMAT,
  TILE_SCALE,
  MINZOOM,
  MAXZOOM,
];

/** TileJSON 3.0.0 of items and collections: maxzoom is the native zoom, query parameters are passed on to the tiles. */
export const TILEJSON_ROUTES: RouteGroup<Services> = {
  title: "Tiles",
  // Without a tile matrix set as TiTiler had it before 1.0.
  routes: [
    {
      method: "get",
      paths: ["{tms}/tilejson.json", "tilejson.json"].map((path) => `/collections/{collection}/items/{item}/${path}`),
      summary: "TileJSON of an item",
      parameters: TILEJSON_PARAMETERS,
      handle: itemTilejson,
    },
    {
      method: "get",
      paths: ["{tms}/tilejson.json", "tilejson.json"].map((path) => `/collections/{collection}/${path}`),
      summary: "TileJSON of a collection's dates",
      parameters: [...TILEJSON_PARAMETERS, ...DATE_PARAMETERS, ...FILTER_PARAMETERS, ...ORDER_PARAMETERS],
      handle: collectionTilejson,
    },
  ],
};

function itemTilejson(services: Services): RequestHandler {
  return async (request, response) => {
    const set = tileMatrixSet(param(request, "tms") || TILE_MATRIX_SET);
    const item = await services.catalog.item(param(request, "collection"), param(request, "item"));
    response.json(
      tilejson(request, response, {
        path: itemPlace(request, item).path,
        name: item.id,
        bounds: item.boundsWgs84,
        set,
        zoom: nativeZoom(item, set),
        minzoom: set.zooms[0],
        presets: services.renders,
        attribution: await attributionOfItems([item], services),
      }),
    );
  };
}

function collectionTilejson(services: Services): RequestHandler {
  return async (request, response) => {
    const set = tileMatrixSet(param(request, "tms") || TILE_MATRIX_SET);
    const id = param(request, "collection");
    await services.catalog.collection(id);
    await sendMosaicTilejson(
      {
        search: parseCollectionFilter(id, queryOf(request)),
        path: `collections/${encodeURIComponent(id)}`,
        name: id,
        set,
      },
      { services, request, response },
    );
  };
}

/** TileJSON of all that a search finds, in the box and zooms that it or its metadata names; without items it says so. */
export async function sendMosaicTilejson(
  {
    search,
    path,
    name,
    told = {},
    set,
  }: {
    readonly search: MosaicFilter;
    readonly path: string;
    readonly name: string;
    /** What the search's metadata says of its map. */
    readonly told?: Pick<MosaicMetadata, "bounds" | "minzoom" | "maxzoom">;
    readonly set: TileMatrixSet;
  },
  {
    services,
    request,
    response,
  }: { readonly services: Services; readonly request: Request; readonly response: Response },
): Promise<void> {
  const query = queryOf(request);
  const { mosaic } = parseMosaic(query, { extension: tileFormat(query), presets: services.renders });
  const { effort: _effort, ...wanted } = search;
  const { items } = await services.catalog.search({ ...wanted, limit: MAX_ITEMS });
  const zoom = items.reduce((highest, item) => Math.max(highest, nativeZoom(item, set)), set.zooms[0]);
  const { inpaint, selection } = mosaic;
  response.set("Cache-Control", "no-cache");
  response.json({
    ...tilejson(request, response, {
      path,
      name,
      bounds: search.bbox ?? told.bounds ?? unionOf(items),
      set,
      zoom: told.maxzoom ?? zoom,
      minzoom: told.minzoom ?? set.zooms[0],
      presets: services.renders,
      attribution: await attributionOfItems(items, services),
      ...(inpaint === "none" ? {} : { note: `Pixels under clouds are inferred (${inpaint}), not observed` }),
    }),
    ...descriptionOf(items.length, inpaint),
    "tectile:pixel_selection": selection,
    "tectile:inpaint": inpaint,
  });
}

/** What the collections of some items ask to be said. */
async function attributionOfItems(
  items: readonly CatalogItem[],
  { catalog }: Pick<Services, "catalog">,
): Promise<string | undefined> {
  const ids = [...new Set(items.map(({ collection }) => collection))];
  return attributionOfAll(await Promise.all(ids.map((id) => catalog.collection(id))));
}

/** Nothing where there is nothing to say beside the name. */
function descriptionOf(items: number, inpaint: InpaintMethod): { readonly description?: string } {
  if (items === 0) return { description: "No item is found; every tile is empty." };
  if (inpaint === "none") return {};
  return {
    description: `Pixels under clouds are inferred (${inpaint}), not observed; each tile's Tectile-* headers say how many and by which method.`,
  };
}

interface Described {
  readonly path: string;
  readonly name: string;
  readonly bounds: Bounds;
  readonly zoom: number;
  readonly minzoom: number;
  readonly set: TileMatrixSet;
  readonly presets: Services["renders"];
  readonly attribution: string | undefined;
  /** Said beside the attribution. */
  readonly note?: string;
}

function tilejson(request: Request, response: Response, described: Described): object {
  const query = queryOf(request);
  const format = checkTiles(query, described.presets);
  const extension = format === undefined ? "" : `.${format}`;
  const scaled = TILE_SCALE.of(query) ?? 1;
  const scale = scaled === 1 ? "" : `@${scaled}x`;
  const { minzoom, maxzoom } = zoomsOf(query, { minzoom: described.minzoom, maxzoom: described.zoom });
  const rest = wholeQueryOf(request);
  for (const { name } of [TILE_FORMAT, TILE_SCALE, MINZOOM, MAXZOOM, ...FORMAT_PARAMETERS]) rest.delete(name);
  const suffix = rest.size === 0 ? "" : `?${rest.toString()}`;
  const [west, south, east, north] = described.bounds;
  const base = baseOf(response);
  const credits = [described.attribution, described.note].filter((line) => line !== undefined);
  return {
    tilejson: "3.0.0",
    name: described.name,
    version: "1.0.0",
    scheme: "xyz",
    ...(credits.length === 0 ? {} : { attribution: credits.join(". ") }),
    tiles: [`${base}/${described.path}/tiles/${described.set.id}/{z}/{x}/{y}${scale}${extension}${suffix}`],
    minzoom,
    maxzoom,
    bounds: [west, south, east, north],
    center: [
      west <= east ? (west + east) / 2 : (((west + east + 360) / 2 + 540) % 360) - 180,
      (south + north) / 2,
      Math.max(minzoom, maxzoom - 2),
    ],
  };
}

/** Checks what is passed on to tiles as those will; gives their extension. @throws InvalidRequestError */
export function checkTiles(query: URLSearchParams, presets: Services["renders"]): string | undefined {
  const format = tileFormat(query);
  const scaled = TILE_SCALE.of(query);
  parseMosaic(query, { extension: format, tileSize: scaled && 256 * scaled, presets });
  QUALITY.of(query);
  parseBuffer(query);
  EMPTY_TILE.of(query);
  return format;
}

/** `minzoom` and `maxzoom`, else the usual ones. @throws InvalidRequestError */
export function zoomsOf(
  query: URLSearchParams,
  usual: { readonly minzoom: number; readonly maxzoom: number },
): { readonly minzoom: number; readonly maxzoom: number } {
  const [minzoom, maxzoom] = [MINZOOM.of(query) ?? usual.minzoom, MAXZOOM.of(query) ?? usual.maxzoom];
  if (minzoom <= maxzoom) return { minzoom, maxzoom };
  throw new InvalidRequestError(`minzoom is ${minzoom} and maxzoom ${maxzoom}; wanted minzoom at most maxzoom`);
}

/** The zoom whose pixels come nearest to the item's own. */
export function nativeZoom(item: CatalogItem, set = WEB_MERCATOR_QUAD): number {
  const latitude = (item.boundsWgs84[1] + item.boundsWgs84[3]) / 2;
  return zoomOfSet(set, groundResolutionM(item.grid), latitude);
}

/** The box around all items; the whole width where one crosses 180°, the world where there is none. */
export function unionOf(items: readonly CatalogItem[]): Bounds {
  const [first, ...rest] = items.map((item) => item.boundsWgs84);
  if (first === undefined) return [-180, -85.05, 180, 85.05];
  return rest.reduce<Bounds>((a, b) => {
    const crossing = a[0] > a[2] || b[0] > b[2];
    return crossing
      ? [-180, Math.min(a[1], b[1]), 180, Math.max(a[3], b[3])]
      : [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
  }, first);
}

/** The tiles' extension; undefined, which leaves the format to each tile, for one that isn't served. */
function tileFormat(query: URLSearchParams): string | undefined {
  const format = TILE_FORMAT.of(query) ?? "png";
  return /^(png|pngraw|webp|jpg|jpeg|npy|tif)$/i.test(format) ? format : undefined;
}
