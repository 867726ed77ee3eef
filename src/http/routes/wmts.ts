import { Router, type Request, type Response } from "express";
import type { MosaicFilter } from "../../tile/mosaic/find-items.js";
import type { Services } from "../../app/services.js";
import { InvalidRequestError } from "../../core/errors.js";
import { parseTileOf, WEB_MERCATOR_QUAD } from "../../geo/tile-matrix-sets.js";
import { baseOf } from "../base-url.js";
import { operation, pathParameter, type OpenApiPaths } from "../openapi.js";
import { queryOf } from "../params.js";
import { parseCollectionFilter, parseMosaicFilter } from "../search-params.js";
import { wmtsCapabilities } from "../wmts-capabilities.js";
import { groupByDay } from "./dates.js";
import { nativeZoom, unionOf } from "./tilejson.js";
import { param, sendMosaic } from "./tiles.js";

const MAX_ITEMS = 10_000;
const MATRIX_SET = "WebMercatorQuad";

/** What is served as WMTS: a collection, or a registered search. */
interface Served {
  readonly path: string;
  readonly title: string;
  readonly search: MosaicFilter;
}

/** WMTS 1.0.0 with a TIME dimension: capabilities, REST tiles by the ordinary tile routes, and KVP. */
export function wmtsRouter({ services }: { readonly services: Services }): Router {
  const { catalog, searches } = services;
  const router = Router();
  const collection = async (request: Request): Promise<Served> => {
    const id = param(request, "collection");
    const { title } = await catalog.collection(id);
    const path = `collections/${encodeURIComponent(id)}`;
    return { path, title: typeof title === "string" ? title : id, search: parseCollectionFilter(id, queryOf(request)) };
  };
  const search = async (request: Request): Promise<Served> => {
    const entry = await searches.get(param(request, "search"));
    const { name } = entry.metadata;
    return {
      path: `searches/${entry.id}`,
      title: typeof name === "string" ? name : entry.id,
      search: parseMosaicFilter(entry.search),
    };
  };
  for (const [root, served] of [
    ["/collections/:collection", collection],
    ["/searches/:search", search],
  ] as const) {
    router.get(`${root}/WMTSCapabilities.xml`, async (request, response) =>
      sendCapabilities(await served(request), queryOf(request), { services, response }),
    );
    router.get(`${root}/wmts`, async (request, response) =>
      answerKvp(await served(request), { services, request, response }),
    );
  }
  return router;
}

/** Query parameters of the capabilities request go on into the tiles. */
async function sendCapabilities(
  { path, title, search }: Served,
  query: URLSearchParams,
  { services, response }: { readonly services: Services; readonly response: Response },
): Promise<void> {
  const { mostItems: _most, ...wanted } = search;
  const { items } = await services.catalog.search({ ...wanted, limit: MAX_ITEMS });
  const xml = wmtsCapabilities({
    base: `${baseOf(response)}/${path}`,
    title,
    bounds: items.length === 0 ? [-180, -85.05, 180, 85.05] : unionOf(items),
    maxZoom: Math.min(24, items.reduce((highest, item) => Math.max(highest, nativeZoom(item)), 0) + 2),
    times: groupByDay(items).map(({ datetime }) => datetime),
    layers: Object.entries(services.renders).map(([id, render]) => ({ id, title: render.title ?? id })),
    query: query.toString(),
  });
  response.set("Cache-Control", "no-cache").type("application/xml").send(xml);
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
  const given = new Map([...queryOf(request)].map(([name, value]) => [name.toLowerCase(), value]));
  const rest = new URLSearchParams([...queryOf(request)].filter(([name]) => !KVP.has(name.toLowerCase())));
  const operationName = given.get("request") ?? "GetCapabilities";
  if (/^GetCapabilities$/i.test(operationName)) return sendCapabilities(served, rest, { services, response });
  if (!/^GetTile$/i.test(operationName))
    throw new InvalidRequestError(`request is "${operationName.slice(0, 40)}"; wanted GetCapabilities or GetTile`);
  const set = given.get("tilematrixset") ?? MATRIX_SET;
  if (set !== MATRIX_SET) throw new InvalidRequestError(`tilematrixset is "${set.slice(0, 40)}"; wanted ${MATRIX_SET}`);
  const [z = "", x = "", y = ""] = ["tilematrix", "tilecol", "tilerow"].map((name) => given.get(name));
  const tile = parseTileOf(WEB_MERCATOR_QUAD, { z, x, y });
  const layer = given.get("layer") ?? "";
  if (layer !== "" && Object.hasOwn(services.renders, layer)) rest.set("render", layer);
  else if (layer !== "")
    throw new InvalidRequestError(
      `layer is "${layer.slice(0, 40)}"; wanted one of ${Object.keys(services.renders).join(", ")}`,
    );
  const time = given.get("time");
  if (time !== undefined && time !== "" && time !== "default") rest.set("datetime", time);
  const extension = (given.get("format") ?? "image/png").replace(/^image\//, "");
  await sendMosaic(served.search, { services, request, response }, { tile, extension, query: rest });
}

const KVP: ReadonlySet<string> = new Set([
  "service",
  "request",
  "version",
  "layer",
  "style",
  "format",
  "tilematrixset",
  "tilematrix",
  "tilerow",
  "tilecol",
  "time",
]);

/** For the OpenAPI description. */
export const WMTS_PATHS: OpenApiPaths = Object.fromEntries(
  [
    ["/collections/{collection}", pathParameter("collection", "Id of the collection")] as const,
    ["/searches/{search}", pathParameter("search", "Id of a registered search")] as const,
  ].flatMap(([root, parameter]) => [
    [
      `${root}/WMTSCapabilities.xml`,
      { get: operation("WMTS capabilities with a TIME dimension", "application/xml", [parameter]) },
    ],
    [`${root}/wmts`, { get: operation("WMTS by key and value: GetCapabilities, GetTile", "*/*", [parameter]) }],
  ]),
);
