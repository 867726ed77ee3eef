import type { RequestHandler } from "express";
import { z } from "zod";
import type { ListedSearch, RegisteredSearch } from "../../app/searches.js";
import type { Services } from "../../app/services.js";
import { InvalidRequestError } from "../../core/errors.js";
import { parameter } from "../../core/parameter.js";
import { tileMatrixSet } from "../../geo/tile-matrix-sets.js";
import { mayWrite } from "../authorise.js";
import { baseOf } from "../base-url.js";
import { EFFORT_PARAMETERS } from "../effort-params.js";
import { jsonBody } from "../json-body.js";
import { DATE_PARAMETERS } from "../mosaic-params.js";
import { DATETIME, queryOf } from "../params.js";
import { PICTURE_TYPES, type RouteGroup } from "../route.js";
import {
  FILTER_PARAMETERS,
  ORDER_PARAMETERS,
  parseCollectionFilter,
  parseMosaicFilter,
  parseRegistered,
  searchSchema,
} from "../search-params.js";
import { layerQueries, mosaicLinks, parseMetadata } from "../search-metadata.js";
import type { StacJson } from "../../catalog/types.js";
import { virtualItemAssets } from "../virtual-asset-documents.js";
import { virtualRenders } from "../virtual-renders.js";
import { searchFilter } from "./series-items.js";
import { nativeZoom, sendMosaicTilejson, TILEJSON_PARAMETERS, unionOf } from "./tilejson.js";
import { param, sendMosaic, TILE_PARAMETERS } from "./tiles.js";

const MAX_BODY = "64kb";
const MAX_LISTED = 50;
/** Looked at for a collection's box and zooms. */
const MAX_ITEMS = 1000;

const bodySchema = z.record(z.string(), z.unknown());

const LIST_LIMIT = parameter({
  name: "limit",
  description: `Searches a page, at most and by default ${MAX_LISTED}`,
  example: "2",
  schema: z.int().min(0).max(999_999_999),
  wanted: "a whole number",
});
const OFFSET = parameter({
  name: "offset",
  description: "How many are passed over",
  example: "0",
  schema: z.int().min(0).max(999_999_999),
  wanted: "a whole number",
});
const SORTBY = parameter({
  name: "sortby",
  description: "lastused, usecount, hash, registered or properties of the metadata, - before it for descending",
  example: "-lastused",
  // A "+" that wasn't percent-encoded arrives as a space.
  schema: z
    .array(z.string().regex(/^[-+ ]?[^-+ ].*$/))
    .transform((keys) => keys.map((key) => ({ property: key.replace(/^[-+ ]/, ""), descending: key.startsWith("-") }))),
  wanted: "names, - before those that descend",
  commas: true,
});
const TILES = "/searches/{search}/tiles/{tms}/{z}/{x}/{y}";

/** Searches with a name, and their tiles: the shape of titiler-pgstac. */
export const SEARCHES_ROUTES: RouteGroup<Services> = {
  title: "Registered searches",
  routes: [
    {
      method: "post",
      paths: ["/searches/register"],
      summary: "Register a search for tiles: a STAC search and, optionally, metadata",
      body: searchSchema.extend({ metadata: bodySchema.optional() }),
      handle: (services) => [mayWrite(services.config), ...jsonBody(MAX_BODY), register(services)],
    },
    {
      method: "get",
      paths: ["/searches", "/searches/list"],
      summary: "Registered searches",
      parameters: [LIST_LIMIT, OFFSET, SORTBY],
      handle: list,
    },
    {
      method: "get",
      paths: ["/searches/{search}/info"],
      summary: "A registered search",
      handle: (services) => async (request, response) => {
        const entry = await services.searches.look(param(request, "search"));
        response.json(infoOf(entry, { base: baseOf(response), renders: services.renders, rel: "self" }));
      },
    },
    {
      method: "get",
      paths: ["/collections/{collection}/info"],
      summary: "A collection's dates as a registered search is told",
      parameters: [DATETIME, ...FILTER_PARAMETERS, ...ORDER_PARAMETERS],
      handle: collectionInfo,
    },
    {
      method: "get",
      paths: [TILES, `${TILES}.{format}`],
      summary: "A map tile of a registered search",
      parameters: [...TILE_PARAMETERS, ...DATE_PARAMETERS, ...EFFORT_PARAMETERS],
      types: PICTURE_TYPES,
      mayBeEmpty: true,
      handle: (services) => async (request, response) =>
        sendMosaic(await searchFilter(request, services), { services, request, response }),
    },
    {
      method: "get",
      paths: ["/searches/{search}/{tms}/tilejson.json"],
      summary: "TileJSON of a registered search",
      parameters: [...TILEJSON_PARAMETERS, ...DATE_PARAMETERS, ...EFFORT_PARAMETERS],
      handle: tilejson,
    },
  ],
};

function register({ searches, renders }: Services): RequestHandler {
  return async (request, response) => {
    const body = bodySchema.safeParse(request.body);
    if (!body.success) throw new InvalidRequestError("The request's body isn't a JSON object; wanted a STAC search");
    const { metadata, ...search } = body.data;
    const told = bodySchema.safeParse(metadata ?? {});
    if (!told.success) throw new InvalidRequestError("metadata is not a JSON object");
    parseMosaicFilter(search);
    const entry = await searches.register({ search, metadata: told.data });
    const links = linksOf(entry, { base: baseOf(response), renders, rel: "metadata" });
    response.json({ id: entry.id, searchid: entry.id, links });
  };
}

function list({ searches, renders }: Services): RequestHandler {
  return async (request, response) => {
    const query = queryOf(request);
    const limit = Math.max(1, Math.min(MAX_LISTED, LIST_LIMIT.of(query) ?? MAX_LISTED));
    const offset = OFFSET.of(query) ?? 0;
    const { searches: found, matched } = await searches.list({ limit, offset, order: SORTBY.of(query) ?? [] });
    const base = baseOf(response);
    const link = (rel: string, from: number): object => {
      const asked = new URLSearchParams(query);
      asked.set("limit", String(limit));
      asked.set("offset", String(from));
      return { rel, type: "application/json", href: `${base}/searches?${asked}` };
    };
    response.json({
      searches: found.map((entry) => infoOf(entry, { base, renders, rel: "metadata" })),
      links: [
        { rel: "self", type: "application/json", href: `${base}/searches${query.size === 0 ? "" : `?${query}`}` },
        ...(offset + limit < matched ? [link("next", offset + limit)] : []),
        ...(offset > 0 ? [link("prev", Math.max(0, offset - limit))] : []),
      ],
      context: { returned: found.length, limit, matched },
    });
  };
}

/** A search that is in the path and the query, not registered; each link leads to what shows it. */
function collectionInfo({ catalog, renders: presets }: Services): RequestHandler {
  return async (request, response) => {
    const id = param(request, "collection");
    const { title, renders, item_assets: assets } = await catalog.collection(id);
    const query = queryOf(request);
    const datetime = DATETIME.of(query);
    const { effort = {}, ...filter } = parseCollectionFilter(id, query);
    const { mostItems = MAX_ITEMS } = effort;
    const within = datetime === undefined ? {} : { datetime };
    const { items } = await catalog.search({ ...filter, ...within, limit: Math.min(MAX_ITEMS, mostItems) });
    const given = [...FILTER_PARAMETERS, ...ORDER_PARAMETERS, DATETIME].flatMap(({ name }) => {
      const text = query.getAll(name).join(",");
      return text === "" ? [] : [[name, text] as const];
    });
    const asked = query.toString();
    const root = `${baseOf(response)}/collections/${encodeURIComponent(id)}`;
    const self = `${root}/info${asked === "" ? "" : `?${asked}`}`;
    const defaults = virtualRenders(renders);
    response.set("Cache-Control", "no-cache").json({
      search: {
        search: { collections: [id], ...Object.fromEntries(given) },
        metadata: {
          type: "mosaic",
          name: typeof title === "string" ? title : id,
          ...(items.length === 0 ? {} : { bounds: unionOf(items) }),
          minzoom: 0,
          maxzoom: items.reduce((highest, item) => Math.max(highest, nativeZoom(item)), 0),
          assets: Object.keys(virtualItemAssets(assets)),
          ...(defaults && { defaults }),
        },
      },
      links: [
        { rel: "self", type: "application/json", title: "Mosaic metadata", href: self },
        ...mosaicLinks(root, layerQueries(defaults, presets), asked),
      ],
    });
  };
}

function tilejson(services: Services): RequestHandler {
  return async (request, response) => {
    const set = tileMatrixSet(param(request, "tms"));
    const entry = await services.searches.get(param(request, "search"));
    const { name = entry.id, ...told } = parseMetadata(entry.metadata);
    await sendMosaicTilejson(
      { search: parseRegistered(entry.search, queryOf(request)), path: `searches/${entry.id}`, name, told, set },
      { services, request, response },
    );
  };
}

interface Told {
  readonly base: string;
  readonly renders: Services["renders"];
  readonly rel: "self" | "metadata";
}

function linksOf({ id, metadata }: RegisteredSearch, { base, renders, rel }: Told): readonly StacJson[] {
  const root = `${base}/searches/${id}`;
  return [
    { rel, type: "application/json", title: "Mosaic metadata", href: `${root}/info` },
    ...mosaicLinks(root, layerQueries(metadata["defaults"], renders)),
  ];
}

function infoOf(entry: ListedSearch, told: Told): object {
  const { id, search, metadata, registered, lastused, usecount } = entry;
  return {
    search: { hash: id, search, metadata: { type: "mosaic", ...metadata }, registered, lastused, usecount },
    links: linksOf(entry, told),
  };
}
