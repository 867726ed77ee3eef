import type { Request, RequestHandler } from "express";
import { findMosaicItems, type MosaicFilter } from "../../tile/mosaic/find-items.js";
import { withFreshCatalog } from "../../app/fresh-catalog.js";
import type { Services } from "../../app/services.js";
import type { CatalogItem } from "../../catalog/types.js";
import { InvalidRequestError } from "../../core/errors.js";
import type { Parameter } from "../../core/parameter.js";
import type { Bounds } from "../../geo/bounds.js";
import { parseTileOf, tileBoundsOf, tileMatrixSet, type SetTile } from "../../geo/tile-matrix-sets.js";
import { parseRenderSpec } from "../../render/parse-render-spec.js";
import { FORMAT_PARAMETERS, PICTURE_PARAMETERS, TILESIZE } from "../../render/render-parameters.js";
import { cropTarget, targetBounds } from "../../tile/crop-target.js";
import { planPicture, previewTarget, tileTarget, type TargetGrid } from "../../tile/plan.js";
import { askedSize, DST_CRS, MAX_SIZE, SIZE_PARAMETERS } from "../crop-params.js";
import { DATE_PARAMETERS, parseMosaic } from "../mosaic-params.js";
import { BUFFER, PADDING, parseBuffer, QUALITY, queryOf } from "../params.js";
import { PICTURE_TYPES, type RouteGroup } from "../route.js";
import { FILTER_PARAMETERS, ORDER_PARAMETERS, parseCollectionFilter } from "../search-params.js";
import { EMPTY_TILE, sendPicture, type Answering } from "../send-picture.js";
import { sendTarget } from "../send-target.js";
import { requestSignal } from "../signal.js";

/** Where a request names none. */
export const TILE_MATRIX_SET = "WebMercatorQuad";
/** Side of a tile unless the request says otherwise. */
const TILE_PX = 256;
const PREVIEW_PX = 1024;
export const MAX_PREVIEW_PX = 2048;
/** Of a side; large ones are drawn row by row. */
const MAX_TIF_PX = 2 ** 20;

const ITEM = "/collections/{collection}/items/{item}";
const COLLECTION = "/collections/{collection}";
// With an extension or without, of a scale (@2x) too; and without a tile matrix set, as TiTiler had it before 1.0.
const SPELLINGS = ["tiles/{tms}/{z}/{x}/{y}", "tiles/{z}/{x}/{y}", "tiles/{tms}/{z}/{x}/{y}.{format}"];
/** Of a tile's picture, its dates apart. */
export const TILE_PARAMETERS: readonly Parameter[] = [
  ...PICTURE_PARAMETERS,
  ...FORMAT_PARAMETERS,
  TILESIZE,
  BUFFER,
  PADDING,
  QUALITY,
  EMPTY_TILE,
];

/** Map tiles and previews of items and collections, in TiTiler's spelling. */
export const TILE_ROUTES: RouteGroup<Services> = {
  title: "Tiles",
  routes: [
    {
      method: "get",
      paths: SPELLINGS.map((path) => `${ITEM}/${path}`),
      operationId: "item.map.getTile",
      summary: "A map tile of an item",
      parameters: TILE_PARAMETERS,
      types: PICTURE_TYPES,
      mayBeEmpty: true,
      handle: itemTile,
    },
    {
      method: "get",
      paths: SPELLINGS.map((path) => `${COLLECTION}/${path}`),
      // 20-057, table 11.
      operationId: "collection.map.getTile",
      summary: "A map tile of a collection's dates",
      parameters: [...TILE_PARAMETERS, ...DATE_PARAMETERS, ...FILTER_PARAMETERS, ...ORDER_PARAMETERS],
      types: PICTURE_TYPES,
      mayBeEmpty: true,
      handle: collectionTile,
    },
    {
      method: "get",
      paths: [`${ITEM}/preview`, `${ITEM}/preview.{format}`, `${ITEM}/preview/{size}.{format}`],
      summary: "A whole item on its own grid",
      parameters: [...PICTURE_PARAMETERS, ...FORMAT_PARAMETERS, QUALITY, EMPTY_TILE, ...SIZE_PARAMETERS, DST_CRS],
      types: PICTURE_TYPES,
      mayBeEmpty: true,
      handle: itemPreview,
    },
  ],
};

function itemTile(services: Services): RequestHandler {
  return async (request, response) => {
    const { tile, extension, tileSize } = parseTile(request);
    const query = queryOf(request);
    const spec = parseRenderSpec(query, { extension, tileSize, presets: services.renders });
    const tokens = QUALITY.of(query);
    const signal = requestSignal(request, response);
    await withItem(request, services, async (item) => {
      const plan = planPicture(tileTarget(tile, spec.tileSize, parseBuffer(query)), { spec, tokens }, [item]);
      await sendPicture(plan, { services, request, response, signal });
    });
  };
}

/** By default, per pixel, the newest valid item at or before the end of `datetime`. */
function collectionTile(services: Services): RequestHandler {
  return async (request, response) => {
    const collection = param(request, "collection");
    await services.catalog.collection(collection);
    await sendMosaic(parseCollectionFilter(collection, queryOf(request)), { services, request, response });
  };
}

/** What a tile request asks for, where it is not spelled in the path's way. */
export interface AskedTile {
  readonly tile: SetTile;
  readonly extension: string | undefined;
  /** Pixels a side, where the path says it. */
  readonly tileSize?: number | undefined;
  readonly query: URLSearchParams;
}

/** Answers with a tile of the items that a search finds. */
export async function sendMosaic(
  search: MosaicFilter,
  { services, request, response }: Omit<Answering, "signal">,
  asked?: AskedTile,
): Promise<void> {
  const { tile, extension, tileSize, query } = asked ?? { ...parseTile(request), query: queryOf(request) };
  const { spec, mosaic, interval } = parseMosaic(query, { extension, tileSize, presets: services.renders });
  const tokens = QUALITY.of(query);
  const buffer = parseBuffer(query);
  const target = tileTarget(tile, spec.tileSize, buffer);
  const signal = requestSignal(request, response);
  await withFreshCatalog(services.catalog, async () => {
    const bounds = growBounds(tileBoundsOf(tile), buffer / spec.tileSize);
    const { items, limit } = await findMosaicItems(services, { search, bounds, mosaic, interval }, signal);
    const stamped = await services.stamps.stamp(items);
    const plan = planPicture(target, { spec, mosaic, tokens, limit }, stamped);
    await sendPicture(plan, { services, request, response, signal });
  });
}

/** A box larger on each side by a share of itself, and as much again, as pixels are not equally long in degrees. */
function growBounds([west, south, east, north]: Bounds, share: number): Bounds {
  if (share === 0) return [west, south, east, north];
  const [dx, dy] = [2 * share * (east < west ? east + 360 - west : east - west), 2 * share * (north - south)];
  if (2 * dx + Math.abs(east - west) >= 360) return [-180, Math.max(-90, south - dy), 180, Math.min(90, north + dy)];
  const turned = (lon: number): number => (lon < -180 ? lon + 360 : lon > 180 ? lon - 360 : lon);
  return [turned(west - dx), Math.max(-90, south - dy), turned(east + dx), Math.min(90, north + dy)];
}

/** The item that a path names, with the look of its file, as the catalog has it when the file is read. @throws NotFoundError */
export async function withItem(
  request: Request,
  services: Services,
  work: (item: CatalogItem) => Promise<void>,
): Promise<void> {
  const find = (): Promise<CatalogItem> => services.catalog.item(param(request, "collection"), param(request, "item"));
  await find();
  await withFreshCatalog(services.catalog, async () => {
    const [item] = await services.stamps.stamp([await find()]);
    if (item !== undefined) await work(item);
  });
}

/** The whole item on its own grid, at most `max_size` pixels a side (1024), or `width` and `height`, or one of them. */
function itemPreview(services: Services): RequestHandler {
  return async (request, response) => {
    const extension = request.params["format"] as string | undefined;
    const signal = requestSignal(request, response);
    await withItem(request, services, async (item) => {
      const spec = parseRenderSpec(queryOf(request), { extension, presets: services.renders });
      const tokens = QUALITY.of(queryOf(request));
      const drawn = { spec, tokens, items: [item] };
      const target = wholeTarget(request, item, spec.format === "tif" ? MAX_TIF_PX : MAX_PREVIEW_PX);
      await sendTarget(target, drawn, { services, request, response, signal });
    });
  };
}

/** All of an item, in its own CRS or in `dst_crs`. @throws InvalidRequestError */
function wholeTarget(request: Request, item: CatalogItem, most: number): TargetGrid {
  const query = queryOf(request);
  const dstCrs = DST_CRS.of(query);
  if (dstCrs === undefined || dstCrs === item.grid.crs) {
    const { width, height } = previewSize(request, item, most);
    return previewTarget(item, width, height);
  }
  const [width, height] = askedSize(param(request, "size") || undefined, query);
  const maxSize = MAX_SIZE.of(query) ?? PREVIEW_PX;
  const { crs } = item.grid;
  const target = cropTarget({ bounds: targetBounds(item.grid), crs, dstCrs, width, height, maxSize }, item.grid);
  within("width", target.width, most);
  within("height", target.height, most);
  return target;
}

/** Of a picture of a whole item, as the path and query say. @throws InvalidRequestError */
export function previewSize(
  request: Request,
  item: CatalogItem,
  most: number,
): { readonly width: number; readonly height: number } {
  const { width, height } = item.grid;
  const query = queryOf(request);
  const named = request.params["size"];
  const [wide, high] = askedSize(typeof named === "string" ? named : undefined, query);
  if (wide !== undefined && high !== undefined)
    return { width: within("width", wide, most), height: within("height", high, most) };
  if (wide !== undefined) return fitted("width", within("width", wide, most), { item, most });
  if (high !== undefined) return fitted("height", within("height", high, most), { item, most });
  const limit = within("max_size", MAX_SIZE.of(query) ?? PREVIEW_PX, most);
  const scale = Math.min(1, limit / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** One side as asked, the other in the item's proportion. */
function fitted(
  side: "width" | "height",
  px: number,
  { item: { grid }, most }: { readonly item: CatalogItem; readonly most: number },
): { readonly width: number; readonly height: number } {
  const scale = px / grid[side];
  const other = (length: number): number => Math.max(1, Math.min(most, Math.round(length * scale)));
  return side === "width" ? { width: px, height: other(grid.height) } : { width: other(grid.width), height: px };
}

function within(name: string, px: number, most: number): number {
  if (px <= most) return px;
  throw new InvalidRequestError(`${name} is "${px}"; wanted 1 to ${most} pixels`);
}

/** Address, scale ("@2x" is twice the pixels) and extension of a tile request's path. */
function parseTile(request: Request): Omit<AskedTile, "query"> {
  const set = tileMatrixSet(param(request, "tms") || TILE_MATRIX_SET);
  const [, y = "", scale, extension] = /^(.*?)(?:@([1-4])x)?(?:\.([A-Za-z]\w*))?$/.exec(param(request, "y")) ?? [];
  const tile = parseTileOf(set, { z: param(request, "z"), x: param(request, "x"), y });
  return { tile, extension, tileSize: scale === undefined ? undefined : TILE_PX * Number(scale) };
}

/** A path parameter as text. */
export function param(request: Request, name: string): string {
  const value = request.params[name];
  return typeof value === "string" ? value : "";
}
