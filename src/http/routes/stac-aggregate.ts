import type { Request, RequestHandler, Response } from "express";
import { z } from "zod";
import { AGGREGATION_INTERVALS, AGGREGATIONS, type AggregationInterval } from "../../catalog/aggregate.js";
import type { AggregationRequest, Catalog } from "../../catalog/types.js";
import { InvalidRequestError } from "../../core/errors.js";
import { parameter } from "../../core/parameter.js";
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
import { pathParam, sendDocument } from "../sending-documents.js";
import { requestSignal } from "../signal.js";
import { JSON_TYPE, SCHEMA_TYPE } from "../stac-documents.js";

const INTERVAL = "datetime_frequency_interval";
const AGGREGATIONS_ASKED = parameter({
  name: "aggregations",
  description: `Some of ${Object.keys(AGGREGATIONS).join(", ")}, with commas between; default total_count`,
  example: "total_count,datetime_frequency",
  schema: z.array(z.string()).transform((texts) => texts.join(",").split(",")),
});
const INTERVAL_ASKED = parameter({
  name: INTERVAL,
  description: "Of datetime_frequency; default month",
  example: "year",
  schema: z.enum(AGGREGATION_INTERVALS),
  wanted: AGGREGATION_INTERVALS.join(", "),
});
const bodySchema = z.looseObject({
  aggregations: z.array(z.string()).default([]),
  [INTERVAL]: z.string().optional(),
});
const PARAMETERS = [
  ...SEARCH_PARAMETERS.filter(({ name }) => !["limit", "token", "sortby", "fields"].includes(name)),
  AGGREGATIONS_ASKED,
  INTERVAL_ASKED,
];
const spellings = (path: string): readonly string[] => [path, `/collections/{collection}${path}`];

/** What items can be filtered by, and counts of those that a search finds (STAC's filter and aggregation extensions). */
export const STAC_AGGREGATE_ROUTES: RouteGroup<StacServices> = {
  title: "STAC",
  routes: [
    {
      method: "get",
      paths: spellings("/queryables"),
      summary: "Properties that items can be filtered and sorted by, of all or of a collection",
      types: [SCHEMA_TYPE],
      handle: sendQueryables,
    },
    {
      method: "get",
      paths: spellings("/aggregations"),
      summary: "Kinds of counts",
      handle: sendKinds,
    },
    {
      method: "get",
      paths: spellings("/aggregate"),
      summary: "Counts of the items that a search finds",
      parameters: PARAMETERS,
      handle:
        ({ catalog }) =>
        async (request, response) => {
          const query = queryOf(request);
          const asked = { names: AGGREGATIONS_ASKED.of(query) ?? [], interval: INTERVAL_ASKED.of(query) };
          const id = await collectionOf(request, catalog);
          await sendAggregations(catalog, parseSearchParams(query), { asked, id, request, response });
        },
    },
    {
      method: "post",
      paths: spellings("/aggregate"),
      summary: "Counts of the items that a search finds",
      body: searchSchema.extend(bodySchema.shape),
      handle: ({ catalog }) => [
        ...jsonBody(SEARCH_BODY),
        async (request, response) => {
          const body = bodySchema.safeParse(request.body ?? {});
          if (!body.success)
            throw new InvalidRequestError(`aggregations is wrong; wanted an array such as ["total_count"]`);
          const { aggregations: names, [INTERVAL]: interval, ...search } = body.data;
          const id = await collectionOf(request, catalog);
          await sendAggregations(catalog, parseSearch(search), { asked: { names, interval }, id, request, response });
        },
      ],
    },
  ],
};

/** Of the path, where it names one. */
async function collectionOf(request: Request, catalog: Catalog): Promise<string | undefined> {
  if (request.params["collection"] === undefined) return undefined;
  return String((await catalog.collection(pathParam(request, "collection")))["id"]);
}

const pathOf = (id: string | undefined): string => (id === undefined ? "" : `/collections/${encodeURIComponent(id)}`);

function sendQueryables({ catalog }: StacServices): RequestHandler {
  return async (request, response) => {
    const id = await collectionOf(request, catalog);
    const document = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: `${baseOf(response)}${pathOf(id)}/queryables`,
      type: "object",
      title: id === undefined ? "Properties of all items" : `Properties of the items of ${id}`,
      properties: await catalog.queryables(id),
      additionalProperties: false,
    };
    sendDocument(response, document, SCHEMA_TYPE);
  };
}

function sendKinds({ catalog }: StacServices): RequestHandler {
  return async (request, response) => {
    const self = `${baseOf(response)}${pathOf(await collectionOf(request, catalog))}`;
    sendDocument(response, {
      aggregations: Object.entries(AGGREGATIONS).map(([name, { kind }]) => ({
        name,
        data_type:
          kind === "count"
            ? "integer"
            : kind === "least" || kind === "greatest"
              ? "datetime"
              : "frequency_distribution",
      })),
      links: [
        { rel: "self", href: `${self}/aggregations`, type: JSON_TYPE },
        { rel: "aggregate", href: `${self}/aggregate`, type: JSON_TYPE },
      ],
    });
  };
}

interface Asked {
  readonly asked: { readonly names: readonly string[]; readonly interval: string | undefined };
  /** Of the collection in the path. */
  readonly id: string | undefined;
  readonly request: Request;
  readonly response: Response;
}

async function sendAggregations(
  catalog: Catalog,
  search: SearchRequest,
  { asked, id, request, response }: Asked,
): Promise<void> {
  const { limit: _limit, token: _token, sortby: _sortby, ...filter } = search.query;
  const signal = requestSignal(request, response);
  const within = id === undefined ? filter : { ...filter, collections: [id] };
  const aggregations = await catalog.aggregate(within, parseAggregations(asked), signal);
  const self = `${baseOf(response)}${pathOf(id)}/aggregate`;
  const query = wholeQueryOf(request);
  sendDocument(response, {
    type: "AggregationCollection",
    aggregations,
    links: [
      { rel: "self", href: query.size === 0 ? self : `${self}?${query}`, type: JSON_TYPE },
      { rel: "root", href: `${baseOf(response)}/`, type: JSON_TYPE },
    ],
  });
}

function parseAggregations({ names, interval = "month" }: Asked["asked"]): readonly AggregationRequest[] {
  const wanted = names.map((name) => name.trim()).filter((name) => name !== "");
  const unknown = wanted.find((name) => !Object.hasOwn(AGGREGATIONS, name));
  if (unknown !== undefined)
    throw new InvalidRequestError(
      `aggregations has "${unknown.slice(0, 60)}"; wanted some of ${Object.keys(AGGREGATIONS).join(", ")}`,
    );
  const isInterval = (text: string): text is AggregationInterval =>
    (AGGREGATION_INTERVALS as readonly string[]).includes(text);
  if (!isInterval(interval))
    throw new InvalidRequestError(
      `${INTERVAL} is "${interval.slice(0, 40)}"; wanted ${AGGREGATION_INTERVALS.join(", ")}`,
    );
  return (wanted.length === 0 ? ["total_count"] : [...new Set(wanted)]).map((name) => ({ name, interval }));
}
