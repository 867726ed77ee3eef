import { Router, type RequestHandler } from "express";
import type { Catalog, CatalogItem } from "../../catalog/types.js";
import { unionBounds } from "../../catalog/footprint.js";
import type { Bounds } from "../../geo/bounds.js";
import {
  TILE_MATRIX_SETS,
  tileMatrixSet,
  tileMatrixSetDocument,
  type TileMatrixSet,
} from "../../geo/tile-matrix-sets.js";
import { baseOf } from "../base-url.js";
import { operation, pathParameter, type OpenApiPaths } from "../openapi.js";
import { methodNotAllowed } from "../problem.js";
import { pathParam, sendDocument } from "../sending-documents.js";
import { JSON_TYPE } from "../stac-documents.js";

const TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";
const FORMATS = [
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["webp", "image/webp"],
  ["tif", "image/tiff; application=geotiff"],
] as const;
const CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

/** OGC API - Tiles: the sets, and the tilesets of collections and items (20-057, core, tileset, tilesets-list). */
export function tileMatrixSetsRouter({ catalog }: { readonly catalog: Catalog }): Router {
  const router = Router();
  const get = (path: string, handler: RequestHandler): void => {
    router.route(path).get(handler).all(methodNotAllowed("GET, HEAD"));
  };
  get("/tileMatrixSets", (_request, response) => {
    const base = baseOf(response);
    sendDocument(response, {
      tileMatrixSets: TILE_MATRIX_SETS.map(({ id, title, crsUri }) => ({
        id,
        title,
        uri: uriOf(id),
        crs: crsUri,
        links: [{ rel: "self", href: `${base}/tileMatrixSets/${id}`, type: JSON_TYPE, title }],
      })),
      links: [{ rel: "self", href: `${base}/tileMatrixSets`, type: JSON_TYPE }],
    });
  });
  get("/tileMatrixSets/:tms", (request, response) => {
    sendDocument(response, tileMatrixSetDocument(tileMatrixSet(pathParam(request, "tms"))));
  });
  for (const [path, subject] of [
    ["/collections/:collection/tiles", collectionSubject(catalog)],
    ["/collections/:collection/items/:item/tiles", itemSubject(catalog)],
  ] as const) {
    get(path, async (request, response) => {
      const of = await subject(request);
      const base = baseOf(response);
      sendDocument(response, {
        tilesets: TILE_MATRIX_SETS.map((set) => tilesetEntry(set, of, base)),
        links: [{ rel: "self", href: `${base}${of.path}/tiles`, type: JSON_TYPE }],
      });
    });
    get(`${path}/:tms`, async (request, response) => {
      const set = tileMatrixSet(pathParam(request, "tms"));
      const of = await subject(request);
      sendDocument(response, tilesetDocument(set, of, baseOf(response)));
    });
  }
  return router;
}

/** What tiles are of. */
interface Subject {
  readonly title: string;
  /** Below the base. */
  readonly path: string;
  readonly bounds: Bounds | undefined;
}

type Find = (request: Parameters<RequestHandler>[0]) => Promise<Subject>;

const collectionSubject =
  (catalog: Catalog): Find =>
  async (request) => {
    const { id, title, extent } = await catalog.collection(pathParam(request, "collection"));
    const boxes = (extent as { spatial?: { bbox?: readonly (readonly number[])[] } } | undefined)?.spatial?.bbox ?? [];
    const flat = boxes.map((box) => (box.length === 6 ? [box[0], box[1], box[3], box[4]] : box) as unknown as Bounds);
    return {
      title: typeof title === "string" ? title : String(id),
      path: `/collections/${encodeURIComponent(String(id))}`,
      bounds: flat[0] ?? unionBounds(flat),
    };
  };

const itemSubject =
  (catalog: Catalog): Find =>
  async (request) => {
    const item: CatalogItem = await catalog.item(pathParam(request, "collection"), pathParam(request, "item"));
    const path = `/collections/${encodeURIComponent(item.collection)}/items/${encodeURIComponent(item.id)}`;
    return { title: item.id, path, bounds: item.boundsWgs84 };
  };

const uriOf = (id: string): string => `http://www.opengis.net/def/tilematrixset/OGC/1.0/${id}`;

function tilesetEntry(set: TileMatrixSet, { title, path }: Subject, base: string): Readonly<Record<string, unknown>> {
  return {
    title: `${title} in ${set.id}`,
    dataType: "map",
    crs: set.crsUri,
    tileMatrixSetURI: uriOf(set.id),
    links: [
      { rel: "self", href: `${base}${path}/tiles/${set.id}`, type: JSON_TYPE, title: `Tileset ${set.id}` },
      { rel: TILING_SCHEME, href: `${base}/tileMatrixSets/${set.id}`, type: JSON_TYPE, title: set.title },
      ...FORMATS.map(([extension, type]) => ({
        rel: "item",
        href: `${base}${path}/tiles/${set.id}/{tileMatrix}/{tileCol}/{tileRow}.${extension}`,
        type,
        templated: true,
      })),
    ],
  };
}

function tilesetDocument(set: TileMatrixSet, subject: Subject, base: string): Readonly<Record<string, unknown>> {
  const { bounds } = subject;
  return {
    ...tilesetEntry(set, subject, base),
    ...(bounds === undefined
      ? {}
      : {
          boundingBox: {
            lowerLeft: [bounds[0], bounds[1]],
            upperRight: [bounds[2], bounds[3]],
            crs: CRS84,
            orderedAxes: ["Lon", "Lat"],
          },
        }),
  };
}

const SET = pathParameter("tms", "Id of a tile matrix set");
const COLLECTION = pathParameter("collection", "Id of the collection");
const ITEM = pathParameter("item", "Id of the item");

/** For the OpenAPI description. */
export const TILE_MATRIX_SETS_PATHS: OpenApiPaths = {
  "/tileMatrixSets": { get: operation("Tile matrix sets in which tiles are drawn") },
  "/tileMatrixSets/{tms}": { get: operation("A tile matrix set", JSON_TYPE, [SET]) },
  "/collections/{collection}/tiles": { get: operation("Tilesets of a collection", JSON_TYPE, [COLLECTION]) },
  "/collections/{collection}/tiles/{tms}": {
    get: operation("A tileset of a collection", JSON_TYPE, [COLLECTION, SET]),
  },
  "/collections/{collection}/items/{item}/tiles": {
    get: operation("Tilesets of an item", JSON_TYPE, [COLLECTION, ITEM]),
  },
  "/collections/{collection}/items/{item}/tiles/{tms}": {
    get: operation("A tileset of an item", JSON_TYPE, [COLLECTION, ITEM, SET]),
  },
};
