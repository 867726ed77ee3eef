import { OpenApiGeneratorV3, OpenApiGeneratorV31, OpenAPIRegistry } from "@asteasolutions/zod-to-openapi";
import { z } from "zod";
import type { Parameter } from "../core/parameter.js";
import { pathParameters } from "./path-parameters.js";
import type { DescribedGroup, RouteDescription } from "./route.js";
import { JSON_TYPE } from "./stac-documents.js";

/** What the description is made of. */
export interface OpenApiSubject {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  /** With the path at which each is mounted. */
  readonly groups?: readonly { readonly below: string; readonly group: DescribedGroup }[];
}

export type OpenApiVersion = "3.0" | "3.1";

export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly summary?: string }>>>>;
}

/** The OpenAPI description of everything mounted, made of what routes declare; 3.1, or 3.0 for older clients (OGC's oas30). */
export function openApi(
  subject: OpenApiSubject,
  { version, base }: { readonly version: OpenApiVersion; readonly base: string },
): OpenApiDocument {
  const registry = new OpenAPIRegistry();
  const problem = registry.registerComponent("responses", "Problem", {
    description: "What is wrong, in a sentence (RFC 9457)",
    content: { "application/problem+json": { schema: PROBLEM } },
  });
  for (const [name, scheme] of Object.entries(KEYS)) registry.registerComponent("securitySchemes", name, scheme);
  for (const { below, group } of subject.groups ?? [])
    for (const route of group.routes)
      for (const path of route.paths)
        registry.registerPath(operation(below === "/" ? path : `${below}${path}`, route, group.title, problem.ref));
  const Generator = version === "3.0" ? OpenApiGeneratorV3 : OpenApiGeneratorV31;
  const made: unknown = new Generator(registry.definitions).generateDocument({
    openapi: version === "3.0" ? "3.0.3" : "3.1.0",
    info: {
      title: subject.title ?? "Tectile",
      description: subject.description ?? "STAC API and map tiles decoded on demand from neural latents",
      version: "1.0.0",
    },
    servers: [{ url: base }],
    security: [{}, ...Object.keys(KEYS).map((name) => ({ [name]: [] }))],
  });
  return made as OpenApiDocument;
}

type Operation = Parameters<OpenAPIRegistry["registerPath"]>[0];

function operation(path: string, route: RouteDescription, tag: string, problem: object): Operation {
  const { method, summary, parameters = [], types = [JSON_TYPE], body, mayBeEmpty, operationId } = route;
  const inPath = pathParameters(path);
  return {
    method,
    path,
    summary,
    ...(operationId === undefined || !path.endsWith(route.paths[0] ?? "") ? {} : { operationId }),
    tags: [tag],
    request: {
      ...(Object.keys(inPath).length === 0 ? {} : { params: z.object(inPath) }),
      ...(parameters.length === 0 ? {} : { query: z.object(Object.fromEntries(parameters.map(inQuery))) }),
      ...(body === undefined ? {} : { body: { required: true, content: { [JSON_TYPE]: { schema: body } } } }),
    },
    responses: {
      200: { description: "The answer", content: Object.fromEntries(types.map((type) => [type, {}])) },
      ...(mayBeEmpty === true ? { 204: { description: "Nothing is there" } } : {}),
      default: problem,
    },
  };
}

function inQuery({ name, schema, description, example, commas, once }: Parameter): readonly [string, z.ZodType] {
  const list = commas || once ? { style: "form" as const, explode: false } : {};
  return [name, schema.optional().meta({ description, param: { example, ...list } })];
}

/** Where the server asks for one. */
const KEYS = {
  header: { type: "apiKey", in: "header", name: "X-API-Key" },
  query: { type: "apiKey", in: "query", name: "api_key" },
  bearer: { type: "http", scheme: "bearer" },
} as const;

const PROBLEM = {
  type: "object" as const,
  required: ["type", "title", "status", "detail", "code"],
  properties: {
    type: { type: "string" as const },
    title: { type: "string" as const },
    status: { type: "integer" as const },
    detail: { type: "string" as const },
    code: { type: "string" as const },
  },
};
