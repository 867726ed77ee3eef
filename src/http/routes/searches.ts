import { Router, type Request } from "express";
import { z } from "zod";
import type { MosaicFilter } from "../../tile/mosaic/find-items.js";
import type { RegisteredSearch } from "../../app/searches.js";
import type { Services } from "../../app/services.js";
import { InvalidRequestError } from "../../core/errors.js";
import { tileMatrixSet } from "../../geo/tile-matrix-sets.js";
import { mayWrite } from "../authorise.js";
import { baseOf } from "../base-url.js";
import { jsonBody } from "../json-body.js";
import { operation, pathParameter, type OpenApiPaths } from "../openapi.js";
import { queryOf } from "../params.js";
import { parseMosaicFilter } from "../search-params.js";
import { sendMosaicTilejson } from "./tilejson.js";
import { param, sendMosaic } from "./tiles.js";

const MAX_BODY = "64kb";
const MAX_LISTED = 50;

const bodySchema = z.record(z.string(), z.unknown());

/** Searches with a name, and their tiles: the shape of titiler-pgstac. */
export function searchesRouter({ services }: { readonly services: Services }): Router {
  const { searches } = services;
  const router = Router();
  router.post("/searches/register", mayWrite(services.config), ...jsonBody(MAX_BODY), async (request, response) => {
    const body = bodySchema.safeParse(request.body);
    if (!body.success) throw new InvalidRequestError("The request's body isn't a JSON object; wanted a STAC search");
    const { metadata, ...search } = body.data;
    const told = bodySchema.safeParse(metadata ?? {});
    if (!told.success) throw new InvalidRequestError("metadata is not a JSON object");
    parseMosaicFilter(search);
    const entry = await searches.register({ search, metadata: told.data });
    response.json({ id: entry.id, searchid: entry.id, links: linksOf(entry, baseOf(response)) });
  });
  router.get(["/searches", "/searches/list"], async (request, response) => {
    const query = queryOf(request);
    const limit = Math.max(1, Math.min(MAX_LISTED, wholeNumber("limit", query.get("limit"), MAX_LISTED)));
    const offset = wholeNumber("offset", query.get("offset"), 0);
    const { searches: found, matched } = await searches.list({ limit, offset });
    const base = baseOf(response);
    const link = (rel: string, from: number): object => ({
      rel,
      type: "application/json",
      href: `${base}/searches?limit=${limit}&offset=${from}`,
    });
    response.json({
      searches: found.map((entry) => infoOf(entry, base)),
      links: [
        { rel: "self", type: "application/json", href: `${base}/searches${query.size === 0 ? "" : `?${query}`}` },
        ...(offset + limit < matched ? [link("next", offset + limit)] : []),
        ...(offset > 0 ? [link("prev", Math.max(0, offset - limit))] : []),
      ],
      context: { returned: found.length, limit, matched },
    });
  });
  router.get("/searches/:search/info", async (request, response) => {
    response.json(infoOf(await searches.get(param(request, "search")), baseOf(response)));
  });
  router.get("/searches/:search/tiles/:tms/:z/:x/:y", async (request, response) => {
    await sendMosaic(await filterFor(request), { services, request, response });
  });
  router.get("/searches/:search/:tms/tilejson.json", async (request, response) => {
    const set = tileMatrixSet(param(request, "tms"));
    const entry = await searches.get(param(request, "search"));
    await sendMosaicTilejson(
      {
        search: parseMosaicFilter(entry.search),
        path: `searches/${entry.id}`,
        name: typeof entry.metadata["name"] === "string" ? entry.metadata["name"] : entry.id,
        set,
      },
      { services, request, response },
    );
  });
  return router;

  async function filterFor(request: Request): Promise<MosaicFilter> {
    return parseMosaicFilter((await searches.get(param(request, "search"))).search);
  }
}

function wholeNumber(name: string, text: string | null, fallback: number): number {
  if (text === null || text === "") return fallback;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidRequestError(`${name} is "${text.slice(0, 40)}"; wanted a whole number`);
}

function linksOf({ id, metadata }: RegisteredSearch, base: string): object[] {
  return [
    { rel: "metadata", type: "application/json", title: "Mosaic metadata", href: `${base}/searches/${id}/info` },
    {
      rel: "tilejson",
      type: "application/json",
      title: typeof metadata["name"] === "string" ? metadata["name"] : "TileJSON of the mosaic",
      href: `${base}/searches/${id}/WebMercatorQuad/tilejson.json`,
    },
    {
      rel: "wmts",
      type: "application/xml",
      title: "WMTS capabilities",
      href: `${base}/searches/${id}/WMTSCapabilities.xml`,
    },
  ];
}

function infoOf(entry: RegisteredSearch, base: string): object {
  const { id, search, metadata, registered } = entry;
  return {
    search: { hash: id, search, metadata: { type: "mosaic", ...metadata }, registered },
    links: [{ rel: "self", type: "application/json", href: `${base}/searches/${id}/info` }, ...linksOf(entry, base)],
  };
}

const SEARCH = pathParameter("search", "Id of a registered search");
const ADDRESS = ["z", "x", "y"].map((name) => pathParameter(name, "Tile address; y may have an extension"));

/** For the OpenAPI description. */
export const SEARCHES_PATHS: OpenApiPaths = {
  "/searches/register": { post: operation("Register a search for tiles: a STAC search and, optionally, metadata") },
  "/searches": { get: operation("Registered searches") },
  "/searches/{search}/info": { get: operation("A registered search", "application/json", [SEARCH]) },
  "/searches/{search}/tiles/WebMercatorQuad/{z}/{x}/{y}": {
    get: operation("A map tile of a registered search", "image/*", [SEARCH, ...ADDRESS]),
  },
  "/searches/{search}/WebMercatorQuad/tilejson.json": {
    get: operation("TileJSON of a registered search", "application/json", [SEARCH]),
  },
};
