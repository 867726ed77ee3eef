import { Router, type Request, type RequestHandler } from "express";
import type { z } from "zod";
import type { Catalog } from "../catalog/types.js";
import { InvalidRequestError } from "../core/errors.js";
import type { Parameter } from "../core/parameter.js";
import { MEDIA_TYPES } from "../render/encode-image.js";
import { API_KEY, declareParameters, wholeQueryOf } from "./params.js";
import { methodNotAllowed } from "./problem.js";

/** Of a picture or of values. */
export const PICTURE_TYPES: readonly string[] = [...new Set(Object.values(MEDIA_TYPES))];

/** What is told of a route: the OpenAPI description, docs/titiler.md and the check of a query's words are made of it. */
export interface RouteDescription {
  readonly method: "get" | "post";
  /** Spellings, such as "/collections/{collection}/items/{item}"; {key} may hold slashes. */
  readonly paths: readonly string[];
  readonly summary: string;
  /** Of the query: what is not here is not read. */
  readonly parameters?: readonly Parameter[];
  /** Those that TiTiler 2 and titiler-pgstac 3 know here and this server doesn't. */
  readonly refused?: readonly string[];
  /** Of the answer; JSON. */
  readonly types?: readonly string[];
  /** Whether there may be nothing to answer with (204). */
  readonly mayBeEmpty?: true;
  /** Of the request, as JSON. */
  readonly body?: z.ZodType;
  /** A parameter that isn't here is refused, as OGC API - Features wants it of a collection's items. */
  readonly strict?: true;
  /** As a standard names the operation; of the first spelling. */
  readonly operationId?: string;
}

/** A route with what answers it. */
export interface Route<Context> extends RouteDescription {
  readonly handle: (context: Context) => RequestHandler | readonly RequestHandler[];
}

/** Of a local file of the catalog, links followed; throws where that is outside. */
export type RealPlace = (path: string) => Promise<string>;

/** What the STAC API needs. */
export interface StacServices {
  readonly catalog: Catalog;
  readonly realPlace: RealPlace;
}

/** What is told of routes of one kind, under a heading. */
export interface DescribedGroup {
  readonly title: string;
  readonly routes: readonly RouteDescription[];
}

/** Routes of one kind. */
export interface RouteGroup<Context> {
  readonly title: string;
  readonly routes: readonly Route<Context>[];
}

/** Mounts routes in their order; other methods of a path are told which there are. */
export function mountRoutes<Context>({ routes }: RouteGroup<Context>, context: Context): Router {
  const router = Router();
  const byPath = new Map<string, Route<Context>[]>();
  for (const route of routes)
    for (const path of route.paths.map(expressPath)) byPath.set(path, [...(byPath.get(path) ?? []), route]);
  const handlers = new Map(routes.map((route) => [route, [checkQuery(route), route.handle(context)].flat()]));
  for (const [path, found] of byPath) {
    const mounted = router.route(path);
    for (const route of found) mounted[route.method](...(handlers.get(route) ?? []));
    const methods = found.map(({ method }) => (method === "get" ? "GET, HEAD" : "POST"));
    mounted.all(methodNotAllowed([...new Set(methods)].join(", ")));
  }
  return router;
}

const expressPath = (path: string): string => path.replaceAll("{key}", "*key").replaceAll(/\{(\w+)\}/g, ":$1");

/** Values of refused parameters that ask for what is done anyway. */
const AS_DONE: Readonly<Record<string, RegExp>> = {
  unscale: /^(false|0)$/i,
  f: /^(json|application\/json)$/i,
};

/** Says which words of a query were not understood; exposed to pages by cors.ts. */
export const IGNORED_HEADER = "Tectile-Ignored-Parameters";
const MOST_NAMED = 20;

/**
 * Refuses what TiTiler would honour and this route does not, so that a picture is never another one than was asked for, and names in a
 * header what no one knows.
 */
function checkQuery({ parameters = [], refused = [], strict }: RouteDescription): RequestHandler {
  const declared = (name: string): boolean =>
    parameters.some((one) => one.name === (one.anyCase ? name.toLowerCase() : name));
  return (request: Request, response, next) => {
    const ignored: string[] = [];
    for (const [name, value] of wholeQueryOf(request)) {
      if (value === "" || declared(name) || AS_DONE[name]?.test(value) === true) continue;
      if (refused.includes(name))
        throw new InvalidRequestError(
          `${name} is a parameter of TiTiler's that isn't supported here; leave it out (docs/titiler.md lists what is)`,
        );
      if (name === API_KEY) continue;
      if (strict === true)
        throw new InvalidRequestError(
          `"${name.slice(0, 80)}" is no parameter here; wanted some of ${parameters.map((one) => one.name).join(", ")}`,
        );
      ignored.push(name);
    }
    if (ignored.length > 0) response.set(IGNORED_HEADER, headerText(ignored));
    declareParameters(request, declared);
    next();
  };
}

/** Names as a list of tokens; what a header can't hold is percent-encoded. */
function headerText(names: readonly string[]): string {
  const shown = [...new Set(names)].slice(0, MOST_NAMED).map((name) => encodeURIComponent(name.slice(0, 60)));
  return shown.join(", ");
}
