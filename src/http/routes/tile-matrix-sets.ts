import type { Request, RequestHandler } from "express";
import type { Services } from "../../app/services.js";
import type { CatalogItem, StacJson } from "../../catalog/types.js";
import type { Bounds } from "../../geo/bounds.js";
import { tileMatrixLimits } from "../../geo/tile-matrix-limits.js";
import {
  TILE_MATRIX_SETS,
  tileMatrixSet,
  tileMatrixSetDocument,
  type TileMatrixSet,
} from "../../geo/tile-matrix-sets.js";
import { baseOf } from "../base-url.js";
import { itemPlace, queryText } from "../item-place.js";
import * as refused from "../refused.js";
import type { Route, RouteGroup } from "../route.js";
import { parseMosaicFilter } from "../search-params.js";
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
export const TILE_MATRIX_SET_ROUTES: RouteGroup<Needed> = {
  title: "Tiles",
  routes: [
    {
      method: "get",
      paths: ["/tileMatrixSets"],
      operationId: "getTileMatrixSetsList",
      summary: "Tile matrix sets in which tiles are drawn",
      refused: ["f"],
      handle: () => sendSets,
    },
    {
      method: "get",
      paths: ["/tileMatrixSets/{tms}"],
      operationId: "getTileMatrixSet",
      summary: "A tile matrix set",
      refused: ["f"],
      handle: () => (request, response) =>
        sendDocument(response, tileMatrixSetDocument(tileMatrixSet(pathParam(request, "tms")))),
    },
    ...(
      [
        ["/collections/{collection}/tiles", "a collection", [...refused.FILTER, "datetime"], collectionSubject],
        ["/collections/{collection}/items/{item}/tiles", "an item", [], itemSubject],
        ["/searches/{search}/tiles", "a registered search", [], searchSubject],
      ] as const
    ).flatMap(([path, what, filter, subject]): Route<Needed>[] => [
      {
        method: "get",
        paths: [path],
        operationId: `${what.replace(/^an? (registered )?/, "")}.map.getTileSetsList`,
        summary: `Tilesets of ${what}`,
        refused: ["f", "crs", ...filter],
        handle: (services) => async (request, response) => {
          const of = await subject(services, request);
          const base = baseOf(response);
          sendDocument(response, {
            tilesets: TILE_MATRIX_SETS.map((set) => tilesetEntry(set, of, base)),
            links: [{ rel: "self", href: `${base}${of.path}/tiles${of.query ?? ""}`, type: JSON_TYPE }],
          });
        },
      },
      {
        method: "get",
        paths: [`${path}/{tms}`],
        operationId: `${what.replace(/^an? (registered )?/, "")}.map.getTileSet`,
        summary: `A tileset of ${what}`,
        refused: ["f", "minzoom", "maxzoom", ...filter],
        handle: (services) => async (request, response) => {
          const set = tileMatrixSet(pathParam(request, "tms"));
          sendDocument(response, tilesetDocument(set, await subject(services, request), baseOf(response)));
        },
      },
    ]),
  ],
};

const sendSets: RequestHandler = (_request, response) => {
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
};

/** What tiles are of. */
interface Subject {
  readonly title: string;
  /** Below the base. */
  readonly path: string;
  readonly bounds: Bounds | undefined;
  /** Of every link. */
  readonly query?: string;
}

type Needed = Pick<Services, "catalog" | "searches">;

async function collectionSubject({ catalog }: Needed, request: Request): Promise<Subject> {
  const collection = await catalog.collection(pathParam(request, "collection"));
  const { id, title } = collection;
  return {
    title: typeof title === "string" ? title : String(id),
    path: `/collections/${encodeURIComponent(String(id))}`,
    bounds: extentOf(collection),
  };
}

/** Where a collection lies as a whole, degrees. */
export function extentOf({ extent }: StacJson): Bounds | undefined {
  const boxes = (extent as { spatial?: { bbox?: readonly (readonly number[])[] } } | undefined)?.spatial?.bbox ?? [];
  const [all] = boxes.map((box) => (box.length === 6 ? [box[0], box[1], box[3], box[4]] : box) as unknown as Bounds);
  return all;
}

async function searchSubject({ searches }: Needed, request: Request): Promise<Subject> {
  const { id, metadata, search } = await searches.get(pathParam(request, "search"));
  const { name } = metadata;
  return {
    title: typeof name === "string" ? name : id,
    path: `/searches/${id}`,
    bounds: parseMosaicFilter(search).bbox,
  };
}

async function itemSubject({ catalog }: Needed, request: Request): Promise<Subject> {
  const item: CatalogItem = await catalog.item(pathParam(request, "collection"), pathParam(request, "item"));
  const { path, query } = itemPlace(request, item);
  return { title: item.id, path: `/${path}`, bounds: item.boundsWgs84, query: queryText(query) };
}

const uriOf = (id: string): string => `http://www.opengis.net/def/tilematrixset/OGC/1.0/${id}`;

function tilesetEntry(
  set: TileMatrixSet,
  { title, path, query = "" }: Subject,
  base: string,
): Readonly<Record<string, unknown>> {
  return {
    title: `${title} in ${set.id}`,
    dataType: "map",
    crs: set.crsUri,
    tileMatrixSetURI: uriOf(set.id),
    links: [
      { rel: "self", href: `${base}${path}/tiles/${set.id}${query}`, type: JSON_TYPE, title: `Tileset ${set.id}` },
      { rel: TILING_SCHEME, href: `${base}/tileMatrixSets/${set.id}`, type: JSON_TYPE, title: set.title },
      ...FORMATS.map(([extension, type]) => ({
        rel: "item",
        href: `${base}${path}/tiles/${set.id}/{tileMatrix}/{tileCol}/{tileRow}.${extension}${query}`,
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
          tileMatrixSetLimits: tileMatrixLimits(set, bounds),
          boundingBox: {
            lowerLeft: [bounds[0], bounds[1]],
            upperRight: [bounds[2], bounds[3]],
            crs: CRS84,
            orderedAxes: ["Lon", "Lat"],
          },
        }),
  };
}
