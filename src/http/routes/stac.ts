import { basename, dirname } from "node:path";
import type { Request, Response } from "express";
import { z } from "zod";
import { TEC_MEDIA_TYPE, tecJsonSchema } from "../../catalog/tec-extension.js";
import { NotFoundError, UnsupportedError } from "../../core/errors.js";
import { fileIdentity } from "../../store/file-source.js";
import { fileNameOf, isHttpUrl, isRemote, schemeOf } from "../../store/location.js";
import { baseOf } from "../base-url.js";
import { CONFORMANCE } from "../conformance.js";
import { answerDocument, DOCUMENT_F, DOCUMENT_TYPES } from "../document-page.js";
import { COLLECTION_SEARCH_PARAMETERS, searchCollections } from "../collection-search.js";
import { wholeQueryOf } from "../params.js";
import type { RealPlace, RouteGroup, StacServices } from "../route.js";
import { fileHeaders } from "../security-headers.js";
import { pathParam, sendDocument } from "../sending-documents.js";
import * as documents from "../stac-documents.js";

/** The STAC API below the landing page: collections, items, assets. */
export const STAC_ROUTES: RouteGroup<StacServices> = {
  title: "STAC",
  routes: [
    {
      method: "get",
      paths: ["/conformance"],
      summary: "Conformance classes",
      parameters: [DOCUMENT_F],
      types: DOCUMENT_TYPES,
      handle: () => (request, response) =>
        answerDocument(request, response, "Conformance classes", { conformsTo: CONFORMANCE }),
    },
    {
      method: "get",
      paths: ["/extensions/tec/v1.0.0/schema.json"],
      summary: "JSON Schema of the tec extension",
      types: [documents.SCHEMA_TYPE],
      handle: () => (_request, response) => sendDocument(response, tecJsonSchema(), documents.SCHEMA_TYPE),
    },
    {
      method: "get",
      paths: ["/collections"],
      summary: "Collections, all or those in a box, an interval, with words",
      parameters: COLLECTION_SEARCH_PARAMETERS,
      handle:
        ({ catalog }) =>
        async (request, response) => {
          const query = wholeQueryOf(request);
          const page = searchCollections(await catalog.collections(), query);
          sendDocument(response, documents.collectionsDocument(page, query, baseOf(response)));
        },
    },
    {
      method: "get",
      paths: ["/children"],
      summary: "All collections, as the landing page's children",
      handle:
        ({ catalog }) =>
        async (_request, response) =>
          sendDocument(response, documents.childrenDocument(await catalog.collections(), baseOf(response))),
    },
    {
      method: "get",
      paths: ["/collections/{collection}"],
      summary: "A collection",
      handle:
        ({ catalog }) =>
        async (request, response) => {
          const collection = await catalog.collection(pathParam(request, "collection"));
          sendDocument(response, documents.collectionDocument(collection, baseOf(response)));
        },
    },
    {
      method: "get",
      paths: ["/collections/{collection}/items/{item}"],
      summary: "An item",
      types: [documents.GEOJSON_TYPE],
      handle:
        ({ catalog }) =>
        async (request, response) => {
          const item = await catalog.item(pathParam(request, "collection"), pathParam(request, "item"));
          sendDocument(response, documents.itemDocument(item, baseOf(response)), documents.GEOJSON_TYPE);
        },
    },
    {
      method: "get",
      paths: ["/collections/{collection}/items/{item}/assets/{asset}"],
      summary: "A file of an item, with byte ranges",
      types: ["*/*"],
      handle: (services) => (request, response) => sendAsset(services, request, response),
    },
    {
      // A TEC-COG names its references relative to its own place: from assets/tec to here. Pictures have such paths too (preview/512.tif).
      method: "get",
      paths: ["/collections/{collection}/items/{item}/{reference}/{file}.tif"],
      summary: "A file that an item leans on, as the item's own file calls it",
      types: [TEC_MEDIA_TYPE],
      handle: (services) => async (request, response, next) => {
        if (!(await sendReference(services, request, response))) next("route");
      },
    },
  ],
};

const assetSchema = z.looseObject({ href: z.string(), type: z.string().optional() });

async function sendAsset({ catalog, realPlace }: StacServices, request: Request, response: Response): Promise<void> {
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
async function sendReference(
  { catalog, realPlace }: StacServices,
  request: Request,
  response: Response,
): Promise<boolean> {
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
