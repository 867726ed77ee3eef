import type { Request, Response } from "express";
import { z } from "zod";
import type { MosaicFilter } from "../../tile/mosaic/find-items.js";
import type { Services } from "../../app/services.js";
import { InvalidRequestError } from "../../core/errors.js";
import { parameter, type Parameter } from "../../core/parameter.js";
import { parseTileOf, tileMatrixSet, WEB_MERCATOR_QUAD } from "../../geo/tile-matrix-sets.js";
import { FORMAT_PARAMETERS } from "../../render/render-parameters.js";
import { createSlices } from "../../core/slices.js";
import { sendParts } from "../sending-documents.js";
import { requestSignal } from "../signal.js";
import { baseOf } from "../base-url.js";
import { itemPlace } from "../item-place.js";
import { EFFORT_PARAMETERS } from "../effort-params.js";
import { DATE_PARAMETERS, parseMosaic } from "../mosaic-params.js";
import { parseBuffer, QUALITY, queryOf, queryWithout, wholeQueryOf } from "../params.js";
import { PICTURE_TYPES, type Route, type RouteGroup } from "../route.js";
import { FILTER_PARAMETERS, ORDER_PARAMETERS, parseCollectionFilter, parseRegistered } from "../search-params.js";
import { parseMetadata } from "../search-metadata.js";
import { EMPTY_TILE } from "../send-picture.js";
import { FORMATS, wmtsCapabilities } from "../wmts-capabilities.js";
import { groupByDay } from "./dates.js";
import { nativeZoom, unionOf } from "./tilejson.js";
import { param, sendMosaic, TILE_PARAMETERS } from "./tiles.js";

const MAX_ITEMS = 10_000;
const MATRIX_SET = "WebMercatorQuad";
const MAX_ZOOM = 24;

/** What is served as WMTS: an item, a collection, or a registered search. */
interface Served {
  readonly path: string;
  readonly title: string;
  readonly search: MosaicFilter;
  readonly isOneDate?: true;
}

const kvp = (name: string, description: string, example: string, only?: RegExp) =>
  parameter({
    name,
    description,
    example,
    schema: only === undefined ? z.string() : z.string().regex(only),
    anyCase: true,
    ...(only === undefined ? {} : { wanted: example }),
  });
const SERVICE = kvp("service", "WMTS", "WMTS", /^wmts$/i);
const VERSION = kvp("version", "1.0.0", "1.0.0", /^1\.0\.0$/);
const STYLE = kvp("style", "default", "default", /^default$/i);
const REQUEST = kvp("request", "GetCapabilities (default) or GetTile", "GetCapabilities");
const LAYER = kvp("layer", "A look with a name; default true-color", "true-color");
const FORMAT = kvp("format", "Media type of a tile; default image/png", "image/png");
const TILE_MATRIX_SET = kvp("tilematrixset", `${MATRIX_SET} (default)`, MATRIX_SET);
const TILE_MATRIX = kvp("tilematrix", "Zoom", "12");
const TILE_ROW = kvp("tilerow", "From the north", "1513");
const TILE_COL = kvp("tilecol", "From the west", "2082");
const TIME = kvp("time", "Date, as datetime; or default", "2024-12-31");
const KVP: readonly Parameter[] = [
  SERVICE,
  REQUEST,
  VERSION,
  LAYER,
  STYLE,
  FORMAT,
  TILE_MATRIX_SET,
  TILE_MATRIX,
  TILE_ROW,
  TILE_COL,
  TIME,
];

/** Formats have words of their own here. */
const LOOK = TILE_PARAMETERS.filter((one) => !FORMAT_PARAMETERS.includes(one));
const CAPABILITIES_FORMAT = parameter({
  name: "tile_format",
  description: "png, webp or jpg: only tiles of this format are offered",
  example: "webp",
  schema: z.enum(["png", "webp", "jpg", "jpeg"]).transform((word) => (word === "jpeg" ? "jpg" : word)),
  wanted: "png, webp or jpg",
});

const USE_EPSG = parameter({
  name: "use_epsg",
  description: "true: the CRS is named EPSG:3857, for ArcMap",
  example: "true",
  schema: z.boolean(),
});
const ZOOMS = parameter({
  name: "zooms",
  description: `Zooms that are offered, as SET::MIN,MAX, * for every set; of other sets than ${MATRIX_SET} there are none to offer`,
  example: "WebMercatorQuad::3,9",
  schema: z.array(z.string().transform(parseZooms)),
});

/** "WebMercatorQuad::0,5". @throws InvalidRequestError, NotFoundError for a set that isn't known */
function parseZooms(text: string): { readonly isOffered: boolean; readonly zooms: readonly [number, number] } {
  const [, id = "", first = "", last = ""] = /^([\w*]+)::(\d{1,2}),(\d{1,2})$/.exec(text) ?? [];
  const zooms = [Number(first), Number(last)] as const;
  if (id === "" || zooms[0] > zooms[1] || zooms[1] > MAX_ZOOM)
    throw new InvalidRequestError(
      `zooms holds "${text.slice(0, 40)}"; wanted SET::MIN,MAX with zooms from 0 to ${MAX_ZOOM}, such as ${MATRIX_SET}::0,5`,
    );
  return { isOffered: id === "*" || tileMatrixSet(id) === WEB_MERCATOR_QUAD, zooms };
}

/** Of capabilities alone, not passed on to tiles. */
const OWN: readonly Parameter[] = [CAPABILITIES_FORMAT, USE_EPSG, ZOOMS, ...FORMAT_PARAMETERS];

/** WMTS 1.0.0 with a TIME dimension: capabilities, REST tiles by the ordinary tile routes, and KVP. */
export const WMTS_ROUTES: RouteGroup<Services> = {
  title: "WMTS",
  routes: (
    [
      ["/collections/{collection}", [...DATE_PARAMETERS, ...FILTER_PARAMETERS, ...ORDER_PARAMETERS], collectionOf],
      ["/searches/{search}", [...DATE_PARAMETERS, ...EFFORT_PARAMETERS], searchOf],
      ["/collections/{collection}/items/{item}", [], itemOf],
    ] as const
  ).flatMap(([root, dates, served]): Route<Services>[] => [
    {
      method: "get",
      paths: [`${root}/WMTSCapabilities.xml`],
      summary: "WMTS capabilities with a TIME dimension",
      parameters: [...LOOK, CAPABILITIES_FORMAT, USE_EPSG, ZOOMS, ...dates],
      types: ["application/xml"],
      handle: (services) => async (request, response) =>
        sendCapabilities(await served(request, services), wholeQueryOf(request), {
          services,
          response,
          signal: requestSignal(request, response),
        }),
    },
    {
      method: "get",
      paths: [`${root}/wmts`],
      summary: "WMTS by key and value: GetCapabilities, GetTile",
      parameters: [...KVP, ...LOOK, ...dates],
      types: ["application/xml", ...PICTURE_TYPES],
      mayBeEmpty: true,
      handle: (services) => async (request, response) =>
        answerKvp(await served(request, services), { services, request, response }),
    },
  ]),
};

async function collectionOf(request: Request, { catalog }: Services): Promise<Served> {
  const id = param(request, "collection");
  const { title } = await catalog.collection(id);
  const path = `collections/${encodeURIComponent(id)}`;
  return { path, title: typeof title === "string" ? title : id, search: parseCollectionFilter(id, queryOf(request)) };
}

/** Its one date is no dimension. */
async function itemOf(request: Request, { catalog }: Services): Promise<Served> {
  const [collection, id] = [param(request, "collection"), param(request, "item")];
  const item = await catalog.item(collection, id);
  const { path } = itemPlace(request, item);
  return { path, title: item.id, search: { collections: [collection], ids: [id] }, isOneDate: true };
}

async function searchOf(request: Request, { searches }: Services): Promise<Served> {
  const entry = await searches.get(param(request, "search"));
  const { name = entry.id } = parseMetadata(entry.metadata);
  return {
    path: `searches/${entry.id}`,
    title: name,
    search: parseRegistered(entry.search, queryOf(request)),
  };
}

/** Parameters of the capabilities request are checked as the tiles will, and go on into those. */
async function sendCapabilities(
  { path, title, search, isOneDate }: Served,
  query: URLSearchParams,
  {
    services,
    response,
    signal,
  }: { readonly services: Services; readonly response: Response; readonly signal: AbortSignal },
): Promise<void> {
  parseMosaic(query, { presets: services.renders });
  QUALITY.of(query);
  parseBuffer(query);
  EMPTY_TILE.of(query);
  const format = CAPABILITIES_FORMAT.of(query);
  const [given] = (ZOOMS.of(query) ?? []).filter(({ isOffered }) => isOffered);
  // The tiles' paths say which format they have.
  const passedOn = queryWithout(query, OWN);
  const { effort: _effort, ...wanted } = search;
  const { items } = await services.catalog.search({ ...wanted, limit: MAX_ITEMS }, signal);
  const slices = createSlices(signal);
  let highest = 0;
  for (const item of items) {
    highest = Math.max(highest, nativeZoom(item));
    if (slices.isOver()) await slices.pause();
  }
  const parts = wmtsCapabilities({
    base: `${baseOf(response)}/${path}`,
    title,
    bounds: items.length === 0 ? [-180, -85.05, 180, 85.05] : unionOf(items),
    minZoom: given?.zooms[0] ?? 0,
    maxZoom: given?.zooms[1] ?? Math.min(MAX_ZOOM, highest + 2),
    asEpsg: USE_EPSG.of(query) ?? false,
    times: isOneDate === true ? [] : groupByDay(items).map(({ datetime }) => datetime),
    layers: Object.entries(services.renders).map(([id, render]) => ({ id, title: render.title ?? id })),
    formats: FORMATS.filter(([, extension]) => format === undefined || extension === format),
    query: passedOn.toString(),
  });
  await sendParts(parts, response, { type: "application/xml", signal });
}

/** GetCapabilities and GetTile; names of parameters in any case. */
async function answerKvp(
  served: Served,
  {
    services,
    request,
    response,
  }: { readonly services: Services; readonly request: Request; readonly response: Response },
): Promise<void> {
  const query = queryOf(request);
  const isKvp = (name: string): boolean => KVP.some((one) => one.name === name.toLowerCase());
  const rest = new URLSearchParams([...query].filter(([name]) => !isKvp(name)));
  for (const one of [SERVICE, VERSION, STYLE]) one.of(query);
  const operationName = REQUEST.of(query) ?? "GetCapabilities";
  if (/^GetCapabilities$/i.test(operationName)) {
    const all = new URLSearchParams([...wholeQueryOf(request)].filter(([name]) => !isKvp(name)));
    const signal = requestSignal(request, response);
    return sendCapabilities(served, all, { services, response, signal });
  }
  if (!/^GetTile$/i.test(operationName))
    throw new InvalidRequestError(`request is "${operationName.slice(0, 40)}"; wanted GetCapabilities or GetTile`);
  const set = TILE_MATRIX_SET.of(query) ?? MATRIX_SET;
  if (set !== MATRIX_SET) throw new InvalidRequestError(`tilematrixset is "${set.slice(0, 40)}"; wanted ${MATRIX_SET}`);
  const [z = "", x = "", y = ""] = [TILE_MATRIX, TILE_COL, TILE_ROW].map((one) => one.of(query));
  const tile = parseTileOf(WEB_MERCATOR_QUAD, { z, x, y });
  const layer = LAYER.of(query) ?? "";
  if (layer !== "" && Object.hasOwn(services.renders, layer)) rest.set("render", layer);
  else if (layer !== "")
    throw new InvalidRequestError(
      `layer is "${layer.slice(0, 40)}"; wanted one of ${Object.keys(services.renders).join(", ")}`,
    );
  const time = TIME.of(query);
  if (time !== undefined && time !== "default") rest.set("datetime", time);
  const extension = (FORMAT.of(query) ?? "image/png").replace(/^image\//, "");
  await sendMosaic(served.search, { services, request, response }, { tile, extension, query: rest });
}
