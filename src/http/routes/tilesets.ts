import type { Request } from "express";
import type { Services } from "../../app/services.js";
import type { CatalogItem, StacJson } from "../../catalog/types.js";
import { InvalidRequestError } from "../../core/errors.js";
import type { Parameter } from "../../core/parameter.js";
import type { Bounds } from "../../geo/bounds.js";
import { epsgCode } from "../../geo/crs.js";
import { tileMatrixLimits } from "../../geo/tile-matrix-limits.js";
import { TILE_MATRIX_SETS, tileMatrixSet, type TileMatrixSet } from "../../geo/tile-matrix-sets.js";
import { FORMAT_PARAMETERS } from "../../render/render-parameters.js";
import { boundsIn, targetBounds } from "../../tile/crop-target.js";
import type { MosaicFilter } from "../../tile/mosaic/find-items.js";
import { baseOf } from "../base-url.js";
import { CRS } from "../crop-params.js";
import { answerDocument, DOCUMENT_F, DOCUMENT_TYPES } from "../document-page.js";
import { EFFORT_PARAMETERS } from "../effort-params.js";
import { itemPlace, queryText } from "../item-place.js";
import { DATE_PARAMETERS, parseMosaic } from "../mosaic-params.js";
import { queryOf, queryWithout, wholeQueryOf } from "../params.js";
import type { Route, RouteGroup } from "../route.js";
import { FILTER_PARAMETERS, ORDER_PARAMETERS, parseCollectionFilter, parseRegistered } from "../search-params.js";
import { parseMetadata } from "../search-metadata.js";
import { pathParam } from "../sending-documents.js";
import { JSON_TYPE } from "../stac-documents.js";
import { tileMatrixSetUri } from "./tile-matrix-sets.js";
import { checkTiles, MAXZOOM, MINZOOM, unionOf, zoomsOf } from "./tilejson.js";
import { TILE_PARAMETERS } from "./tiles.js";

const TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";
const FORMATS = [
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["webp", "image/webp"],
  ["tif", "image/tiff; application=geotiff"],
] as const;
const CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
/** Looked at for the box of those that a query leaves. */
const MAX_ITEMS = 1000;

/** What tiles are of. */
interface Subject {
  readonly title: string;
  /** Below the base. */
  readonly path: string;
  /** Undefined where it isn't known; "nowhere" where there is nothing. */
  readonly bounds: Bounds | "nowhere" | undefined;
  /** Where what is shown has a grid of its own, which other CRSs are reached from. */
  readonly grid?: CatalogItem["grid"];
}

type SubjectOf = (services: Services, request: Request) => Promise<Subject>;
type Tiled = readonly [path: string, what: string, parameters: readonly Parameter[], subjectOf: SubjectOf];

/** Of tiles, which have their format in the path; passed on to them. */
const LOOK = TILE_PARAMETERS.filter((one) => !FORMAT_PARAMETERS.includes(one));
/** Of tilesets alone: not passed on. */
const OWN: readonly Parameter[] = [DOCUMENT_F, CRS, MINZOOM, MAXZOOM];

/** OGC API - Tiles: the tilesets of collections, items and searches (20-057, core, tileset, tilesets-list). */
export const TILESET_ROUTES: RouteGroup<Services> = {
  title: "Tiles",
  routes: (
    [
      [
        "/collections/{collection}/tiles",
        "a collection",
        [...LOOK, ...DATE_PARAMETERS, ...FILTER_PARAMETERS, ...ORDER_PARAMETERS],
        collectionSubject,
      ],
      ["/collections/{collection}/items/{item}/tiles", "an item", LOOK, itemSubject],
      [
        "/searches/{search}/tiles",
        "a registered search",
        [...LOOK, ...DATE_PARAMETERS, ...EFFORT_PARAMETERS],
        searchSubject,
      ],
    ] as const
  ).flatMap((tiled: Tiled) => [listRoute(tiled), tilesetRoute(tiled)]),
};

function operation(what: string, name: string): string {
  return `${what.replace(/^an? (registered )?/, "")}.map.${name}`;
}

function listRoute([path, what, parameters, subjectOf]: Tiled): Route<Services> {
  return {
    method: "get",
    paths: [path],
    operationId: operation(what, "getTileSetsList"),
    summary: `Tilesets of ${what}`,
    parameters: [DOCUMENT_F, CRS, ...parameters],
    types: DOCUMENT_TYPES,
    handle: (services) => async (request, response) => {
      checkTiles(ofTiles(queryOf(request)), services.renders);
      const subject = await subjectOf(services, request);
      const query = queryText(ofTiles(wholeQueryOf(request)));
      const place = { base: baseOf(response), query };
      const box = boxOf(subject, CRS.of(queryOf(request)));
      answerDocument(request, response, `Tilesets of ${subject.title}`, {
        tilesets: TILE_MATRIX_SETS.map((set) => ({ ...tilesetEntry(set, subject, place), ...box })),
        links: [{ rel: "self", href: `${place.base}${subject.path}/tiles${query}`, type: JSON_TYPE }],
      });
    },
  };
}

function tilesetRoute([path, what, parameters, subjectOf]: Tiled): Route<Services> {
  return {
    method: "get",
    paths: [`${path}/{tms}`],
    operationId: operation(what, "getTileSet"),
    summary: `A tileset of ${what}`,
    parameters: [DOCUMENT_F, MINZOOM, MAXZOOM, ...parameters],
    types: DOCUMENT_TYPES,
    handle: (services) => async (request, response) => {
      const set = tileMatrixSet(pathParam(request, "tms"));
      checkTiles(ofTiles(queryOf(request)), services.renders);
      const [first, last] = set.zooms;
      const { minzoom, maxzoom } = zoomsOf(queryOf(request), { minzoom: first, maxzoom: last });
      const subject = await subjectOf(services, request);
      const { bounds } = subject;
      const limits =
        bounds === undefined
          ? {}
          : { tileMatrixSetLimits: bounds === "nowhere" ? [] : limitsOf(set, bounds, { minzoom, maxzoom }) };
      answerDocument(request, response, `${subject.title} in ${set.id}`, {
        ...tilesetEntry(set, subject, { base: baseOf(response), query: queryText(ofTiles(wholeQueryOf(request))) }),
        ...limits,
        ...boxOf(subject, undefined),
      });
    },
  };
}

/** Of those matrices only. */
function limitsOf(
  set: TileMatrixSet,
  bounds: Bounds,
  { minzoom, maxzoom }: { readonly minzoom: number; readonly maxzoom: number },
) {
  return tileMatrixLimits(set, bounds).filter(
    ({ tileMatrix }) => Number(tileMatrix) >= minzoom && Number(tileMatrix) <= maxzoom,
  );
}

async function collectionSubject({ catalog, renders }: Services, request: Request): Promise<Subject> {
  const collection = await catalog.collection(pathParam(request, "collection"));
  const { id, title } = collection;
  const query = ofTiles(queryOf(request));
  const wanted = narrowed(parseCollectionFilter(String(id), query), query, renders);
  const isAll = Object.keys(wanted).every((key) => key === "collections" || key === "sortby");
  const usual = extentOf(collection);
  return {
    title: typeof title === "string" ? title : String(id),
    path: `/collections/${encodeURIComponent(String(id))}`,
    bounds: isAll ? usual : await boundsOfFound(wanted, catalog, usual),
  };
}

/** Where a collection lies as a whole, degrees. */
export function extentOf({ extent }: StacJson): Bounds | undefined {
  const boxes = (extent as { spatial?: { bbox?: readonly (readonly number[])[] } } | undefined)?.spatial?.bbox ?? [];
  const [all] = boxes.map((box) => (box.length === 6 ? [box[0], box[1], box[3], box[4]] : box) as unknown as Bounds);
  return all;
}

async function searchSubject({ catalog, searches, renders }: Services, request: Request): Promise<Subject> {
  const { id, metadata, search } = await searches.get(pathParam(request, "search"));
  const { name = id } = parseMetadata(metadata);
  const wanted = narrowed(parseRegistered(search, queryOf(request)), ofTiles(queryOf(request)), renders);
  return {
    title: name,
    path: `/searches/${id}`,
    bounds: await boundsOfFound(wanted, catalog, wanted.bbox),
  };
}

async function itemSubject({ catalog }: Services, request: Request): Promise<Subject> {
  const item: CatalogItem = await catalog.item(pathParam(request, "collection"), pathParam(request, "item"));
  return { title: item.id, path: `/${itemPlace(request, item).path}`, bounds: item.boundsWgs84, grid: item.grid };
}

/** What the tiles of a query may show: how many items each of them reads is another matter. */
function narrowed(
  { effort: _effort, ...filter }: MosaicFilter,
  query: URLSearchParams,
  presets: Services["renders"],
): MosaicFilter {
  const { interval } = parseMosaic(query, { presets });
  const [from, to] = filter.datetime ?? [-Infinity, Infinity];
  const datetime = [Math.max(from, interval[0]), Math.min(to, interval[1])] as const;
  return datetime.every((ms) => !Number.isFinite(ms)) ? filter : { ...filter, datetime };
}

/** The box around the items; the usual one where they are too many to look at. */
async function boundsOfFound(
  wanted: MosaicFilter,
  catalog: Services["catalog"],
  usual: Bounds | undefined,
): Promise<Subject["bounds"]> {
  const [from, to] = wanted.datetime ?? [-Infinity, Infinity];
  if (from > to) return "nowhere";
  const { items, next } = await catalog.search({ ...wanted, limit: MAX_ITEMS });
  if (items.length === 0) return "nowhere";
  return next === undefined ? unionOf(items) : usual;
}

/** What tiles have of a query. */
function ofTiles(query: URLSearchParams): URLSearchParams {
  return queryWithout(query, OWN);
}

interface Place {
  readonly base: string;
  /** "?a=b", or nothing. */
  readonly query: string;
}

function tilesetEntry(
  set: TileMatrixSet,
  { title, path }: Subject,
  { base, query }: Place,
): Readonly<Record<string, unknown>> {
  return {
    title: `${title} in ${set.id}`,
    dataType: "map",
    crs: set.crsUri,
    tileMatrixSetURI: tileMatrixSetUri(set.id),
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

/** The box that tiles lie in, east first; in degrees unless asked otherwise. @throws InvalidRequestError where the CRS doesn't reach there */
function boxOf({ bounds, grid }: Subject, crs: string | undefined): object {
  if (bounds === undefined || bounds === "nowhere") return {};
  const isDegrees = crs === undefined || crs === "EPSG:4326";
  const box = isDegrees
    ? bounds
    : boundsIn({
        ...(grid === undefined ? { bounds, crs: "EPSG:4326" } : { bounds: targetBounds(grid), crs: grid.crs }),
        dstCrs: crs,
      });
  const code = isDegrees ? undefined : epsgCode(crs);
  if ((!isDegrees && code === undefined) || !box.every(Number.isFinite))
    throw new InvalidRequestError(
      `crs can't tell of the box ${bounds.join(",")}; wanted an EPSG code that reaches there`,
    );
  return {
    boundingBox: {
      lowerLeft: [box[0], box[1]],
      upperRight: [box[2], box[3]],
      crs: code === undefined ? CRS84 : `http://www.opengis.net/def/crs/EPSG/0/${code}`,
      orderedAxes: code === undefined ? ["Lon", "Lat"] : ["E", "N"],
    },
  };
}
