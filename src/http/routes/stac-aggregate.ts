import { Router, type Request, type Response } from "express";
import { z } from "zod";
import { AGGREGATION_INTERVALS, AGGREGATIONS, type AggregationInterval } from "../../catalog/aggregate.js";
import type { AggregationRequest, Catalog } from "../../catalog/types.js";
import { InvalidRequestError } from "../../core/errors.js";
import { baseOf } from "../base-url.js";
import { jsonBody } from "../json-body.js";
import { queryOf } from "../params.js";
import { methodNotAllowed } from "../problem.js";
import { parseSearch, parseSearchParams, type SearchRequest } from "../search-params.js";
import { pathParam, sendDocument } from "../sending-documents.js";
import { requestSignal } from "../signal.js";
import { JSON_TYPE, SCHEMA_TYPE } from "../stac-documents.js";

const MAX_BODY = 1_000_000;

/** What items can be filtered by, and counts of those that a search finds (STAC's filter and aggregation extensions). */
export function stacAggregateRoutes(catalog: Catalog): Router {
  const router = Router();
  for (const below of ["", "/collections/:collection"]) {
    const collectionOf = async (request: Request): Promise<string | undefined> =>
      below === "" ? undefined : String((await catalog.collection(pathParam(request, "collection")))["id"]);
    const pathOf = (id: string | undefined): string =>
      id === undefined ? "" : `/collections/${encodeURIComponent(id)}`;
    router
      .route(`${below}/queryables`)
      .get(async (request, response) => {
        const id = await collectionOf(request);
        const document = {
          $schema: "https://json-schema.org/draft/2020-12/schema",
          $id: `${baseOf(response)}${pathOf(id)}/queryables`,
          type: "object",
          title: id === undefined ? "Properties of all items" : `Properties of the items of ${id}`,
          properties: await catalog.queryables(id),
          additionalProperties: false,
        };
        sendDocument(response, document, SCHEMA_TYPE);
      })
      .all(methodNotAllowed("GET, HEAD"));
    router
      .route(`${below}/aggregations`)
      .get(async (request, response) => {
        const self = `${baseOf(response)}${pathOf(await collectionOf(request))}`;
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
      })
      .all(methodNotAllowed("GET, HEAD"));
    router
      .route(`${below}/aggregate`)
      .get(async (request, response) => {
        const query = queryOf(request);
        const asked = {
          names: query.getAll("aggregations").join(",").split(","),
          interval: query.get(INTERVAL) ?? undefined,
        };
        const id = await collectionOf(request);
        await sendAggregations(catalog, parseSearchParams(query), { asked, id, request, response });
      })
      .post(...jsonBody(MAX_BODY), async (request, response) => {
        const body = bodySchema.safeParse(request.body ?? {});
        if (!body.success)
          throw new InvalidRequestError(`aggregations is wrong; wanted an array such as ["total_count"]`);
        const { aggregations: names, [INTERVAL]: interval, ...search } = body.data;
        const id = await collectionOf(request);
        await sendAggregations(catalog, parseSearch(search), { asked: { names, interval }, id, request, response });
      })
      .all(methodNotAllowed("GET, HEAD, POST"));
  }
  return router;
}

const INTERVAL = "datetime_frequency_interval";
const bodySchema = z.looseObject({
  aggregations: z.array(z.string()).default([]),
  [INTERVAL]: z.string().optional(),
});

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
  const self = `${baseOf(response)}${id === undefined ? "" : `/collections/${encodeURIComponent(id)}`}/aggregate`;
  const query = queryOf(request);
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
