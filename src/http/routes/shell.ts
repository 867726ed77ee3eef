import type { RequestHandler } from "express";
import { z } from "zod";
import { parameter } from "../../core/parameter.js";
import { baseOf } from "../base-url.js";
import type { HttpServices } from "../http-services.js";
import { histogramText, prometheusText } from "../metrics-text.js";
import { openApi, type OpenApiDocument, type OpenApiSubject, type OpenApiVersion } from "../openapi.js";
import { queryOf } from "../params.js";
import type { RouteGroup, StacServices } from "../route.js";
import { readPage } from "../page-files.js";
import { allowPage } from "../security-headers.js";
import { landingDocument, OPENAPI_TYPE } from "../stac-documents.js";
import { STAC_AGGREGATE_ROUTES } from "./stac-aggregate.js";
import { STAC_SEARCH_ROUTES } from "./stac-search.js";
import { STAC_ROUTES } from "./stac.js";

const METRICS_F = parameter({ name: "f", description: "json instead of text", example: "json", schema: z.string() });
const LANDING_F = parameter({
  name: "f",
  description: "json or html; default what Accept says",
  example: "json",
  schema: z.string(),
});

const HEALTH_TIMEOUT = parameter({
  name: "timeout",
  description: "Seconds that the catalog may take to answer; default 2",
  example: "1",
  schema: z.number().positive().max(30),
  wanted: "seconds, above 0, at most 30",
});

/** Before anything looks at the host that was asked. */
export const HEALTH_ROUTES: RouteGroup<HttpServices> = {
  title: "Server",
  routes: [
    {
      method: "get",
      paths: ["/livez"],
      summary: "Whether the process runs",
      handle: () => (_request, response) => {
        response.set("Cache-Control", "no-store").json({ status: "ok" });
      },
    },
    {
      method: "get",
      paths: ["/readyz", "/healthz"],
      summary: "Whether the server can answer: its catalog and each pool of threads",
      parameters: [HEALTH_TIMEOUT],
      handle:
        ({ readiness }) =>
        async (request, response) => {
          const seconds = HEALTH_TIMEOUT.of(queryOf(request));
          const timeoutMs = seconds === undefined ? undefined : 1000 * seconds;
          const { ready, parts = {} } = (await readiness?.(timeoutMs)) ?? { ready: true };
          response.status(ready ? 200 : 503).set("Cache-Control", "no-store");
          response.json({ status: ready ? "ok" : "unavailable", ...parts });
        },
    },
    {
      method: "get",
      paths: ["/metrics"],
      summary: "Counters, as Prometheus text or JSON",
      parameters: [METRICS_F],
      types: ["text/plain", "application/json"],
      handle: sendMetrics,
    },
  ],
};

const OPENAPI_VERSION = parameter({
  name: "version",
  description: "Of OpenAPI",
  example: "3.0",
  schema: z.enum(["3.1", "3.0"]),
});

export const SHELL_ROUTES: RouteGroup<HttpServices> = {
  title: "Server",
  routes: [
    {
      method: "get",
      paths: ["/"],
      summary: "Landing page (a STAC Catalog), or for browsers the viewer",
      parameters: [LANDING_F],
      types: ["application/json", "text/html"],
      handle: landing,
    },
    {
      method: "get",
      paths: ["/api"],
      summary: "This description, as OpenAPI 3.1, or 3.0 where the query or Accept says version=3.0",
      parameters: [OPENAPI_VERSION],
      types: [OPENAPI_TYPE, OPENAPI_TYPE.replace("3.1", "3.0")],
      handle: (services) => {
        const describe = describedOnce(subjectOf(services));
        return (request, response) => {
          const accepted = /version=3\.0/.test(request.get("Accept") ?? "") ? "3.0" : "3.1";
          const version = OPENAPI_VERSION.of(queryOf(request)) ?? accepted;
          const description = { ...describe(version), servers: [{ url: baseOf(response) }] };
          response.vary("Accept").type(OPENAPI_TYPE.replace("3.1", version)).send(JSON.stringify(description));
        };
      },
    },
    {
      method: "get",
      paths: ["/api.html"],
      summary: "This description as a page that lets one try",
      types: ["text/html"],
      handle: () => sendApiPage,
    },
  ],
};

const sendApiPage: RequestHandler = async (_request, response) => {
  const page = await readPage("api.html");
  allowPage(response, page, []);
  response.set("Cache-Control", "no-cache").type("html").send(page);
};

/** The STAC API below the landing page. */
export const STAC_GROUPS: readonly RouteGroup<StacServices>[] = [
  STAC_ROUTES,
  STAC_SEARCH_ROUTES,
  STAC_AGGREGATE_ROUTES,
];

/** Of all that is mounted. */
/** Making a description takes a tenth of a second; only its server depends on the request. */
function describedOnce(subject: OpenApiSubject): (version: OpenApiVersion) => OpenApiDocument {
  const made = new Map<OpenApiVersion, OpenApiDocument>();
  return (version) => {
    const known = made.get(version) ?? openApi(subject, { version, base: "/" });
    made.set(version, known);
    return known;
  };
}

function subjectOf({ title, description, routers = [] }: HttpServices): OpenApiSubject {
  const mounted = routers.flatMap(({ path, group }) => (group === undefined ? [] : [{ below: path, group }]));
  const own = [HEALTH_ROUTES, SHELL_ROUTES, ...STAC_GROUPS].map((group) => ({ below: "/", group }));
  return { title, description, groups: [...own, ...mounted] };
}

function sendMetrics(services: HttpServices): RequestHandler {
  return async (request, response) => {
    const metrics = (await services.metrics?.()) ?? [];
    const histograms = services.histograms?.() ?? [];
    response.set("Cache-Control", "no-store");
    if (METRICS_F.of(queryOf(request)) === "json" || request.accepts(["text/plain", "json"]) === "json")
      response.json({ metrics, histograms });
    else
      response
        .type("text/plain; version=0.0.4; charset=utf-8")
        .send(prometheusText(metrics) + histogramText(histograms));
  };
}

/** JSON for programs, the page for browsers; ?f=json and ?f=html force one. */
function landing(services: HttpServices): RequestHandler {
  const { catalog, landingHtml, title, description } = services;
  return async (request, response, next) => {
    const format = LANDING_F.of(queryOf(request)) ?? request.accepts(["json", "html"]);
    response.vary("Accept").set("Cache-Control", "no-cache");
    if (format === "html" && typeof landingHtml === "string") return void response.type("html").send(landingHtml);
    if (format === "html" && typeof landingHtml === "function") {
      await landingHtml(request, response, next);
      return;
    }
    const [root, collections] = await Promise.all([catalog.root(), catalog.collections()]);
    const named = {
      ...root,
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
    };
    response.json(landingDocument(named, collections, baseOf(response)));
  };
}
