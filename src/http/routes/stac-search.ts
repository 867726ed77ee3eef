import type { Request, Response } from "express";
import { z } from "zod";
import type { Catalog, StacJson } from "../../catalog/types.js";
import { InvalidRequestError } from "../../core/errors.js";
import { baseOf } from "../base-url.js";
import { jsonBody } from "../json-body.js";
import { queryOf, wholeQueryOf } from "../params.js";
import type { RouteGroup, StacServices } from "../route.js";
import {
  parseSearch,
  parseSearchParams,
  SEARCH_BODY,
  SEARCH_PARAMETERS,
  searchSchema,
  type SearchRequest,
} from "../search-params.js";
import { requestSignal } from "../signal.js";
import * as documents from "../stac-documents.js";
import { pathParam, sendParts } from "../sending-documents.js";

/** Items found: /search and the items of a collection, by the same parameters. */
export const STAC_SEARCH_ROUTES: RouteGroup<StacServices> = {
  title: "STAC",
  routes: [
    {
      method: "get",
      paths: ["/search"],
      summary: "Search items",
      parameters: SEARCH_PARAMETERS,
      types: [documents.GEOJSON_TYPE],
      handle:
        ({ catalog }) =>
        (request, response) =>
          sendPage(catalog, parseSearchParams(queryOf(request)), { request, response, path: "/search" }),
    },
    {
      method: "post",
      paths: ["/search"],
      summary: "Search items",
      body: searchSchema,
      types: [documents.GEOJSON_TYPE],
      handle: ({ catalog }) => [
        ...jsonBody(SEARCH_BODY),
        (request, response) => sendPage(catalog, parseSearch(request.body), { request, response, path: "/search" }),
      ],
    },
    {
      method: "get",
      paths: ["/collections/{collection}/items"],
      summary: "Items of a collection, searched as by /search",
      parameters: SEARCH_PARAMETERS,
      strict: true,
      types: [documents.GEOJSON_TYPE],
      handle:
        ({ catalog }) =>
        async (request, response) => {
          const { id } = idSchema.parse(await catalog.collection(pathParam(request, "collection")));
          const { query, fields } = parseSearchParams(queryOf(request));
          // pystac-client names the collection once more.
          if (query.collections?.includes(id) === false)
            throw new InvalidRequestError(
              `collections is "${query.collections.join(",").slice(0, 60)}"; wanted ${id} or none`,
            );
          const asked = { fields, query: { ...query, collections: [id] } };
          await sendPage(catalog, asked, { request, response, path: `/collections/${encodeURIComponent(id)}/items` });
        },
    },
  ],
};

const idSchema = z.object({ id: z.string() });

interface PageContext {
  readonly request: Request;
  readonly response: Response;
  /** Of this resource, below the base. */
  readonly path: string;
}

async function sendPage(
  catalog: Catalog,
  { query, fields }: SearchRequest,
  { request, response, path }: PageContext,
): Promise<void> {
  const base = baseOf(response);
  const signal = requestSignal(request, response);
  const page = await catalog.search(query, signal);
  const url = `${base}${path}`;
  const links =
    request.method === "POST"
      ? postLinks(url, request.body, page.next)
      : getLinks(url, wholeQueryOf(request), page.next);
  const parents =
    path === "/search" ? [] : [{ rel: "collection", href: url.replace(/\/items$/, ""), type: documents.JSON_TYPE }];
  const parts = documents.itemCollectionText(page, base, { links: [...links, ...parents], fields });
  await sendParts(parts, response, { type: documents.GEOJSON_TYPE, signal });
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
