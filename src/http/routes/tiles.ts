import { Router, type Request, type RequestHandler, type Response } from "express";
import { drawingBytes } from "../../tile/draw/drawing-bytes.js";
import { findMosaicItems, type MosaicFilter } from "../../tile/mosaic/find-items.js";
import { withFreshCatalog } from "../../app/fresh-catalog.js";
import { renderPicture } from "../../app/render-picture.js";
import type { Services } from "../../app/services.js";
import type { CatalogItem } from "../../catalog/types.js";
import { InvalidRequestError } from "../../core/errors.js";
import { parseTileOf, tileBoundsOf, tileMatrixSet, type SetTile } from "../../geo/tile-matrix-sets.js";
import { blankImage, MEDIA_TYPES, type EncodedImage } from "../../render/encode-image.js";
import { parseRenderSpec } from "../../render/parse-render-spec.js";
import { holdsValues } from "../../render/render-spec.js";
import { planPicture, previewTarget, tileTarget, type TilePlan } from "../../tile/plan.js";
import { datesOf, type Picture, type Provenance } from "../../tile/draw/provenance.js";
import { parseMosaic } from "../mosaic-params.js";
import { parseTokens, queryOf } from "../params.js";
import { parseCollectionFilter } from "../search-params.js";
import { methodNotAllowed } from "../problem.js";
import { cacheControlOf } from "../cache-control.js";
import { requestSignal } from "../signal.js";

/** Where a request names none. */
export const TILE_MATRIX_SET = "WebMercatorQuad";
/** Side of a tile unless the request says otherwise. */
const TILE_PX = 256;
const PREVIEW_PX = 1024;
const MAX_PREVIEW_PX = 2048;

/** Map tiles and previews of items and collections, in TiTiler's spelling. */
export function tileRouter(services: Services): Router {
  const router = Router();
  const item = "/collections/:collection/items/:item";
  const get = (path: string, handler: RequestHandler): void => {
    router.route(path).get(handler).all(methodNotAllowed("GET, HEAD"));
  };
  // Without a tile matrix set as TiTiler had it before 1.0.
  for (const tile of ["tiles/:tms/:z/:x/:y", "tiles/:z/:x/:y"]) {
    get(`${item}/${tile}`, itemTile(services));
    get(`/collections/:collection/${tile}`, collectionTile(services));
  }
  for (const path of ["preview", "preview.:format", "preview/:size.:format"])
    get(`${item}/${path}`, itemPreview(services));
  return router;
}

function itemTile(services: Services): RequestHandler {
  return async (request, response) => {
    const { tile, extension, tileSize = TILE_PX } = parseTile(request);
    const query = queryOf(request);
    const spec = parseRenderSpec(query, { extension, tileSize, presets: services.renders });
    const tokens = parseTokens(query);
    const signal = requestSignal(request, response);
    await withItem(request, services, async (item) => {
      const plan = planPicture(tileTarget(tile, spec.tileSize), { spec, tokens }, [item]);
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
  /** Pixels a side where the query says nothing. */
  readonly tileSize?: number;
  readonly query: URLSearchParams;
}

/** Answers with a tile of the items that a search finds. */
export async function sendMosaic(
  search: MosaicFilter,
  { services, request, response }: Omit<Answering, "signal">,
  asked?: AskedTile,
): Promise<void> {
  const { tile, extension, tileSize = TILE_PX, query } = asked ?? { ...parseTile(request), query: queryOf(request) };
  const { spec, mosaic, interval } = parseMosaic(query, { extension, tileSize, presets: services.renders });
  const tokens = parseTokens(query);
  const signal = requestSignal(request, response);
  await withFreshCatalog(services.catalog, async () => {
    const items = await findMosaicItems(services, { search, bounds: tileBoundsOf(tile), mosaic, interval }, signal);
    const stamped = await services.stamps.stamp(items);
    const plan = planPicture(tileTarget(tile, spec.tileSize), { spec, mosaic, tokens }, stamped);
    await sendPicture(plan, { services, request, response, signal });
  });
}

/** The item that a path names, with the look of its file, as the catalog has it when the file is read. @throws NotFoundError */
async function withItem(
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
      const { width, height } = previewSize(request, item);
      const tokens = parseTokens(queryOf(request));
      const plan = planPicture(previewTarget(item, width, height), { spec, tokens }, [item]);
      await sendPicture(plan, { services, request, response, signal });
    });
  };
}

function previewSize(request: Request, item: CatalogItem): { readonly width: number; readonly height: number } {
  const { width, height } = item.grid;
  const query = queryOf(request);
  const named = request.params["size"];
  const [pathWidth, pathHeight] = typeof named === "string" ? named.split("x") : [];
  const [askedWidth, askedHeight] = [pathWidth ?? query.get("width"), pathHeight ?? query.get("height")];
  if (typeof askedWidth === "string" && typeof askedHeight === "string")
    return { width: sidePx("width", askedWidth), height: sidePx("height", askedHeight) };
  const [wide, high] = [askedWidth ?? undefined, askedHeight ?? undefined];
  if (wide !== undefined) return fitted("width", sidePx("width", wide), item);
  if (high !== undefined) return fitted("height", sidePx("height", high), item);
  const limit = sidePx("max_size", query.get("max_size") ?? String(PREVIEW_PX));
  const scale = Math.min(1, limit / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** One side as asked, the other in the item's proportion. */
function fitted(
  side: "width" | "height",
  px: number,
  { grid }: CatalogItem,
): { readonly width: number; readonly height: number } {
  const scale = px / grid[side];
  const other = (length: number): number => Math.max(1, Math.min(MAX_PREVIEW_PX, Math.round(length * scale)));
  return side === "width" ? { width: px, height: other(grid.height) } : { width: other(grid.width), height: px };
}

function sidePx(name: string, text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= MAX_PREVIEW_PX) return value;
  throw new InvalidRequestError(`${name} is "${text.slice(0, 20)}"; wanted 1 to ${MAX_PREVIEW_PX} pixels`);
}

interface Answering {
  readonly services: Services;
  readonly request: Request;
  readonly response: Response;
  readonly signal: AbortSignal;
}

/** 304 before any byte of imagery is read; 204 (or a blank picture) where the plan or the picture shows nothing. */
async function sendPicture(plan: TilePlan, { services, request, response, signal }: Answering): Promise<void> {
  response.set({ ETag: plan.etag, "Cache-Control": cacheControlOf(services.config) });
  const cached = services.tiles.peek(plan.etag);
  if (matches(request.get("If-None-Match"), plan.etag)) {
    // Of a picture no longer here only the client knows what it was made of.
    if (cached !== undefined) response.set(provenanceHeaders(plan, cached.provenance));
    response.status(304).end();
    return;
  }
  const draw = (): Promise<Picture> => renderPicture(plan, services, signal);
  const image = await (cached !== undefined ? draw() : services.drawing.hold(drawingBytes(plan), draw, signal));
  response.set(provenanceHeaders(plan, image.provenance));
  if (image.coverage !== "none") {
    send(response, image);
    return;
  }
  if (services.config.emptyTile === "204" || holdsValues(plan.spec.format)) {
    response.status(204).end();
    return;
  }
  send(response, await blank(plan));
}

/** What was seen and what was inferred, as shares of the tile's pixels; exposed to pages by cors.ts. */
function provenanceHeaders(
  { layers, mosaic }: TilePlan,
  told: Provenance | undefined,
): Readonly<Record<string, string>> {
  const { observed, inferred, dates, method } = told ?? {
    observed: Number.NaN,
    inferred: Number.NaN,
    dates: datesOf(layers.map(({ item }) => item)),
    method: mosaic.selection,
  };
  return {
    "Tectile-Observed": observed.toFixed(3),
    "Tectile-Inferred": inferred.toFixed(3),
    "Tectile-Dates": dates.join(","),
    "Tectile-Method": method,
  };
}

function send(response: Response, image: EncodedImage): void {
  response.status(200).set({ "Content-Type": image.mediaType, "Content-Length": String(image.bytes.length) });
  response.end(image.bytes);
}

async function blank({ spec, target }: TilePlan): Promise<EncodedImage> {
  const format = spec.format === "jpeg" || spec.format === "webp" ? spec.format : "png";
  return { bytes: await blankImage(target.width, format), mediaType: MEDIA_TYPES[format], coverage: "none" };
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((part) => part.trim().replace(/^W\//, "") === etag || part.trim() === "*");
}

/** Address, scale ("@2x" is twice the pixels) and extension of a tile request's path. */
function parseTile(request: Request): Omit<AskedTile, "query"> {
  const set = tileMatrixSet(param(request, "tms") || TILE_MATRIX_SET);
  const [, y = "", scale = "1", extension] = /^(.*?)(?:@([1-4])x)?(?:\.([A-Za-z]+))?$/.exec(param(request, "y")) ?? [];
  const tile = parseTileOf(set, { z: param(request, "z"), x: param(request, "x"), y });
  return { tile, extension, tileSize: TILE_PX * Number(scale) };
}

/** A path parameter as text. */
export function param(request: Request, name: string): string {
  const value = request.params[name];
  return typeof value === "string" ? value : "";
}
