import { basename, dirname } from "node:path";
import { Router, type Request, type Response } from "express";
import { z } from "zod";
import { TEC_MEDIA_TYPE, tecJsonSchema } from "../../catalog/tec-extension.js";
import type { Catalog, SearchQuery, StacJson } from "../../catalog/types.js";
import { NotFoundError, UnsupportedError } from "../../core/errors.js";
import { fileIdentity } from "../../store/file-source.js";
import { fileNameOf, isHttpUrl, isRemote, schemeOf } from "../../store/location.js";
import { baseOf } from "../base-url.js";
import { jsonBody } from "../json-body.js";
import { parseSearch, parseSearchParams, queryOf } from "../params.js";
import { methodNotAllowed } from "../problem.js";
import { fileHeaders } from "../security-headers.js";
import { requestSignal } from "../signal.js";
import * as documents from "../stac-documents.js";

/** A request's body, bytes. */
const MAX_BODY = 1_000_000;

/** The STAC API below the landing page: collections, items, search, assets. */
export function stacRoutes(catalog: Catalog, realPlace: RealPlace = async (path) => path): Router {
  const router = Router();
  const get = (path: string, handler: (request: Request, response: Response) => Promise<void>): void => {
    router.route(path).get(handler).all(methodNotAllowed("GET, HEAD"));
  };

  get("/conformance", async (_request, response) => {
    send(response, { conformsTo: documents.CONFORMANCE });
  });
  get("/extensions/tec/v1.0.0/schema.json", async (_request, response) => {
    send(response, tecJsonSchema(), "application/schema+json");
  });
  get("/collections", async (_request, response) => {
    send(response, documents.collectionsDocument(await catalog.collections(), baseOf(response)));
  });
  get("/collections/:collection", async (request, response) => {
    const collection = await catalog.collection(pathParam(request, "collection"));
    send(response, documents.collectionDocument(collection, baseOf(response)));
  });
  get("/collections/:collection/items", async (request, response) => {
    const { id } = idSchema.parse(await catalog.collection(pathParam(request, "collection")));
    const query = { ...parseSearchParams(queryOf(request)), collections: [id] };
    await sendPage(catalog, query, { request, response, path: `/collections/${encodeURIComponent(id)}/items` });
  });
  get("/collections/:collection/items/:item", async (request, response) => {
    const item = await catalog.item(pathParam(request, "collection"), pathParam(request, "item"));
    send(response, documents.itemDocument(item, baseOf(response)), documents.GEOJSON_TYPE);
  });
  get("/collections/:collection/items/:item/assets/:asset", (request, response) =>
    sendAsset({ catalog, realPlace }, request, response),
  );
  // A TEC-COG names its references relative to its own place: from assets/tec to here. Pictures have such paths too (preview/512.tif).
  router.get("/collections/:collection/items/:item/:reference/:file.tif", async (request, response, next) => {
    if (!(await sendReference({ catalog, realPlace }, request, response))) next();
  });
  router
    .route("/search")
    .get((request, response) =>
      sendPage(catalog, parseSearchParams(queryOf(request)), { request, response, path: "/search" }),
    )
    .post(...jsonBody(MAX_BODY), (request, response) =>
      sendPage(catalog, parseSearch(request.body), { request, response, path: "/search" }),
    )
    .all(methodNotAllowed("GET, HEAD, POST"));
  return router;
}

/** Of a local file of the catalog, links followed. */
type RealPlace = (path: string) => Promise<string>;

interface PageContext {
  readonly request: Request;
  readonly response: Response;
  /** Of this resource, below the base. */
  readonly path: string;
}

async function sendPage(catalog: Catalog, query: SearchQuery, { request, response, path }: PageContext): Promise<void> {
  const base = baseOf(response);
  const page = await catalog.search(query, requestSignal(request, response));
  const url = `${base}${path}`;
  const links =
    request.method === "POST" ? postLinks(url, request.body, page.next) : getLinks(url, queryOf(request), page.next);
  const parents =
    path === "/search" ? [] : [{ rel: "collection", href: url.replace(/\/items$/, ""), type: documents.JSON_TYPE }];
  send(response, documents.itemCollection(page, base, [...links, ...parents]), documents.GEOJSON_TYPE);
}

function getLinks(url: string, query: URLSearchParams, token: string | undefined): StacJson[] {
  const asked = query.size === 0 ? url : `${url}?${query}`;
  const self = { rel: "self", href: asked, type: documents.GEOJSON_TYPE };
  if (token === undefined) return [self];
  const following = new URLSearchParams(query);
  following.set("token", token);
  return [self, { rel: "next", href: `${url}?${following}`, type: documents.GEOJSON_TYPE, method: "GET" }];
}

function postLinks(url: string, body: unknown, token: string | undefined): StacJson[] {
  const self = { rel: "self", href: url, type: documents.GEOJSON_TYPE, method: "POST", body };
  if (token === undefined) return [self];
  const following = { ...z.record(z.string(), z.unknown()).parse(body ?? {}), token };
  return [
    self,
    { rel: "next", href: url, type: documents.GEOJSON_TYPE, method: "POST", body: following, merge: false },
  ];
}

const idSchema = z.object({ id: z.string() });
const assetSchema = z.looseObject({ href: z.string(), type: z.string().optional() });

/** The file itself, with Range, ETag and conditional requests; a URL is redirected to. */
interface Files {
  readonly catalog: Catalog;
  readonly realPlace: RealPlace;
}

async function sendAsset({ catalog, realPlace }: Files, request: Request, response: Response): Promise<void> {
  const item = await catalog.item(pathParam(request, "collection"), pathParam(request, "item"));
  const key = pathParam(request, "asset");
  const assets = z.record(z.string(), z.unknown()).parse(item.json["assets"]);
  const asset = Object.hasOwn(assets, key) ? assetSchema.parse(assets[key]) : undefined;
  if (asset === undefined)
    throw new NotFoundError(
      `Asset "${key.slice(0, 80)}" isn't one of item ${item.id}; it has ${Object.keys(assets).join(", ")}`,
    );
  const place = item.assetHrefs[key] ?? "";
  response.set(fileHeaders(asset.type, fileNameOf(place)));
  await sendFile(response, place, { what: `asset "${key}" of item ${item.id}`, realPlace });
}

/** A file that an item leans on, under the name by which the item's own file calls it; false where it leans on no such file. */
async function sendReference({ catalog, realPlace }: Files, request: Request, response: Response): Promise<boolean> {
  const item = await catalog.item(pathParam(request, "collection"), pathParam(request, "item"));
  const name = `${pathParam(request, "reference")}/${pathParam(request, "file")}.tif`;
  const place = item.referenceHrefs.find((href) => href.replaceAll("\\", "/").endsWith(`/${name}`));
  if (place === undefined) return false;
  response.set(fileHeaders(TEC_MEDIA_TYPE, fileNameOf(place)));
  await sendFile(response, place, { what: `reference ${name} of item ${item.id}`, realPlace });
  return true;
}

/** The catalog lets in only items whose files are inside its folder by name; here links are followed. */
async function sendFile(
  response: Response,
  place: string,
  { what, realPlace }: { readonly what: string; readonly realPlace: RealPlace },
): Promise<void> {
  if (isHttpUrl(place)) return response.redirect(307, place);
  if (isRemote(place))
    throw new UnsupportedError(
      `The file of ${what} lies at a ${schemeOf(place)}: address, which only the server reads`,
    );
  const real = await realPlace(place);
  // Of the file as it lies there, whatever its item says: one that was replaced has another. Strong, so that ranges fit together.
  response.set("ETag", `"${await fileIdentity(real)}"`);
  await new Promise<void>((done, fail) => {
    const options = {
      root: dirname(real),
      dotfiles: "allow",
      cacheControl: false,
      headers: { "Cache-Control": "no-cache" },
    } as const;
    response.sendFile(basename(real), options, (error?: Error) => {
      if (error === undefined || isClientGone(error)) return done();
      fail("status" in error && error.status === 404 ? new NotFoundError(`The file of ${what} isn't there`) : error);
    });
  });
}

const isClientGone = (error: Error): boolean =>
  "code" in error && (error.code === "ECONNABORTED" || error.code === "EPIPE");

/** Documents may be kept but must be checked again: ingest changes them at any time. */
function send(response: Response, document: StacJson, type: string = documents.JSON_TYPE): void {
  response.set("Cache-Control", "no-cache").type(type).send(JSON.stringify(document));
}

function pathParam(request: Request, name: string): string {
  return z.string().parse(request.params[name]);
}
