import { z } from "zod";
import { AGGREGATION_INTERVALS, AGGREGATIONS } from "../catalog/aggregate.js";
import { TEC_MEDIA_TYPE } from "../catalog/tec-extension.js";
import { parameterDocs, searchSchema } from "./search-params.js";
import { GEOJSON_TYPE, JSON_TYPE, SCHEMA_TYPE } from "./stac-documents.js";

/** The `paths` object of an OpenAPI description; other routers bring theirs. */
export type OpenApiPaths = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What the description is made of. */
export interface OpenApiSubject {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly routers?: readonly { readonly path: string; readonly paths?: OpenApiPaths }[];
}

/** The OpenAPI description of everything mounted, generated from the zod schemas; 3.1, or 3.0 for older clients (OGC's oas30). */
export function openApi(
  subject: OpenApiSubject,
  { version, base }: { readonly version: "3.0" | "3.1"; readonly base: string },
): Readonly<Record<string, unknown>> & { readonly paths: OpenApiPaths } {
  const target = version === "3.0" ? "openapi-3.0" : "draft-2020-12";
  const body = withoutDialect(z.toJSONSchema(searchSchema, { target, io: "input" }));
  const others = (subject.routers ?? []).map(({ path, paths = {} }) =>
    Object.fromEntries(
      Object.entries(paths).map(([below, operations]) => [`${path === "/" ? "" : path}${below}`, operations]),
    ),
  );
  return {
    openapi: version === "3.0" ? "3.0.3" : "3.1.0",
    info: {
      title: subject.title ?? "Tectile",
      description: subject.description ?? "STAC API and map tiles decoded on demand from neural latents",
      version: "1.0.0",
    },
    servers: [{ url: base }],
    paths: Object.fromEntries([stacPaths(body), ...others].flatMap((paths) => Object.entries(paths))),
    components: { responses: { Problem: PROBLEM } },
  };
}

/** A page that lists the paths, for readers without an OpenAPI viewer. */
export function apiHtml({ paths }: { readonly paths: OpenApiPaths }): string {
  const rows = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => {
      const { summary } = z.looseObject({ summary: z.string().default("") }).parse(operation);
      return `<tr><td>${method.toUpperCase()}</td><td><code>${escapeHtml(path)}</code></td><td>${escapeHtml(summary)}</td></tr>`;
    }),
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>API</title><style>body{font:16px system-ui;margin:2rem}td{padding:.2rem 1rem .2rem 0}</style><h1>API</h1><p><a href="api">OpenAPI description</a></p><table>${rows.join("")}</table></html>\n`;
}

function stacPaths(searchBody: unknown): OpenApiPaths {
  const collection = pathParameter("collection", "Id of the collection");
  const item = pathParameter("item", "Id of the item");
  const searchParameters = parameterDocs();
  const itemsParameters = searchParameters.filter(({ name }) => name !== "collections");
  const collectionsParameters = [
    ...searchParameters.filter(({ name }) => ["bbox", "datetime", "q", "limit"].includes(name)),
    queryParameter("offset", "Collections passed over", { type: "integer", minimum: 0 }),
  ];
  const aggregateParameters = [
    ...searchParameters.filter(({ name }) => !["limit", "token", "sortby", "fields"].includes(name)),
    queryParameter("aggregations", `Some of ${Object.keys(AGGREGATIONS).join(", ")}, with commas between`),
    queryParameter("datetime_frequency_interval", "Of datetime_frequency", { enum: AGGREGATION_INTERVALS }),
  ];
  const post = {
    ...operation("Search items", GEOJSON_TYPE),
    requestBody: { content: { [JSON_TYPE]: { schema: searchBody } } },
  };
  return {
    "/": { get: operation("Landing page (a STAC Catalog)") },
    "/conformance": { get: operation("Conformance classes") },
    "/api": { get: operation("This description") },
    "/livez": { get: operation("Whether the process runs") },
    "/readyz": { get: operation("Whether the server can answer: its catalog and each pool of threads") },
    "/healthz": { get: operation("The same as /readyz") },
    "/metrics": { get: operation("Counters, as Prometheus text or (f=json) JSON", "text/plain") },
    "/collections": {
      get: operation("Collections, all or those in a box, an interval, with words", JSON_TYPE, collectionsParameters),
    },
    "/children": { get: operation("All collections, as the landing page's children") },
    "/queryables": { get: operation("Properties that items can be filtered and sorted by", SCHEMA_TYPE) },
    "/aggregations": { get: operation("Kinds of counts") },
    "/aggregate": { get: operation("Counts of the items that a search finds", JSON_TYPE, aggregateParameters) },
    "/collections/{collection}/queryables": {
      get: operation("Properties that a collection's items can be filtered and sorted by", SCHEMA_TYPE, [collection]),
    },
    "/collections/{collection}/aggregations": { get: operation("Kinds of counts", JSON_TYPE, [collection]) },
    "/collections/{collection}/aggregate": {
      get: operation("Counts of a collection's items", JSON_TYPE, [collection, ...aggregateParameters]),
    },
    "/extensions/tec/v1.0.0/schema.json": { get: operation("JSON Schema of the tec extension", SCHEMA_TYPE) },
    "/collections/{collection}": { get: operation("A collection", JSON_TYPE, [collection]) },
    "/collections/{collection}/items": {
      get: operation("Items of a collection, searched as by /search", GEOJSON_TYPE, [collection, ...itemsParameters]),
    },
    "/collections/{collection}/items/{item}": { get: operation("An item", GEOJSON_TYPE, [collection, item]) },
    "/collections/{collection}/items/{item}/assets/{asset}": {
      get: operation("A file of an item, with byte ranges", "*/*", [
        collection,
        item,
        pathParameter("asset", "Key of the asset"),
      ]),
    },
    "/collections/{collection}/items/{item}/{reference}/{file}.tif": {
      get: operation("A file that an item leans on, as the item's own file calls it", TEC_MEDIA_TYPE, [
        collection,
        item,
        pathParameter("reference", "Id of the item that is leant on"),
        pathParameter("file", "Name of its TEC-COG"),
      ]),
    },
    "/search": { get: operation("Search items", GEOJSON_TYPE, searchParameters), post },
  };
}

/** One operation of a path: what it answers, of which type, with which parameters. */
export function operation(
  summary: string,
  type: string = JSON_TYPE,
  parameters: readonly unknown[] = [],
): Readonly<Record<string, unknown>> {
  return {
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    responses: {
      "200": { description: "The answer", content: { [type]: {} } },
      default: { $ref: "#/components/responses/Problem" },
    },
  };
}

function queryParameter(name: string, description: string, schema: object = { type: "string" }): object {
  return { name, in: "query", description, schema };
}

/** A required path parameter. */
export function pathParameter(name: string, description: string): Readonly<Record<string, unknown>> {
  return { name, in: "path", required: true, description, schema: { type: "string" } };
}

const PROBLEM = {
  description: "What is wrong, in a sentence (RFC 9457)",
  content: {
    "application/problem+json": {
      schema: {
        type: "object",
        required: ["type", "title", "status", "detail", "code"],
        properties: {
          type: { type: "string" },
          title: { type: "string" },
          status: { type: "integer" },
          detail: { type: "string" },
          code: { type: "string" },
        },
      },
    },
  },
};

function withoutDialect(schema: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "$schema"));
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
