import { Router, type Request, type RequestHandler } from "express";
import type { Catalog } from "../catalog/types.js";
import { baseOf, rememberBase } from "./base-url.js";
import { compress } from "./compress.js";
import { cors } from "./cors.js";
import { histogramText, prometheusText, type HistogramMetric, type Metric } from "./metrics-text.js";
import { apiHtml, openApi, type OpenApiPaths } from "./openapi.js";
import { queryOf } from "./params.js";
import { methodNotAllowed, problemHandler, unknownRoute } from "./problem.js";
import { allowStyledPage, securityHeaders } from "./security-headers.js";
import { stacRoutes } from "./routes/stac.js";
import { landingDocument, OPENAPI_TYPE } from "./stac-documents.js";

/** Whether the server can answer: each part with a word on its state. */
export interface Readiness {
  readonly ready: boolean;
  readonly parts?: Readonly<Record<string, string>>;
}

/** What the HTTP shell needs; app/services.ts builds it. */
export interface HttpServices {
  readonly catalog: Catalog;
  /** URL under which clients see the app, mount path included; undefined: taken from each request. */
  readonly publicUrl?: string | undefined;
  /** Instead of the catalog's own. */
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  /** Mounted beside the STAC API, before its unknown-route answer; `paths` are added to the OpenAPI description. */
  readonly routers?: readonly {
    readonly path: string;
    readonly router: RequestHandler;
    readonly paths?: OpenApiPaths;
  }[];
  /** Mounted after everything else, so that they can't take over a path of ours. */
  readonly lateRouters?: readonly { readonly path: string; readonly router: RequestHandler }[];
  /** What a browser gets at "/": a page, or a handler that sends one. Without it, browsers get JSON too. */
  readonly landingHtml?: string | RequestHandler | undefined;
  /** Before everything but CORS: who may ask at all, and what answers may cost. */
  readonly guards?: readonly RequestHandler[];
  /** Sources of CSP's frame-ancestors; 'self'. */
  readonly frameAncestors?: readonly string[];
  /** Of a local file of the catalog, links followed; throws where that is outside. */
  readonly realPlace?: (path: string) => Promise<string>;
  readonly readiness?: () => Promise<Readiness>;
  readonly metrics?: () => Promise<readonly Metric[]>;
  readonly histograms?: () => readonly HistogramMetric[];
  /** Told of every failure that is the server's fault, for the log. */
  readonly onError?: (error: unknown, request: Request) => void;
}

/**
 * The whole server as one Express router, to be mounted anywhere: `app.use("/imagery", createApp(services))`.
 *
 * Behind a proxy, set Express's "trust proxy" in the surrounding app, or give `publicUrl`.
 */
export function createApp(services: HttpServices): Router {
  const { catalog, routers = [], lateRouters = [] } = services;
  const router = Router();
  router.use(securityHeaders(services.frameAncestors ?? ["'self'"]));
  router.use(cors);
  router.use(compress);
  for (const guard of services.guards ?? []) router.use(guard);
  router.get("/livez", (_request, response) => {
    response.set("Cache-Control", "no-store").json({ status: "ok" });
  });
  router.get(["/healthz", "/readyz"], async (_request, response) => {
    const { ready, parts = {} } = (await services.readiness?.()) ?? { ready: true };
    response.status(ready ? 200 : 503).set("Cache-Control", "no-store");
    response.json({ status: ready ? "ok" : "unavailable", ...parts });
  });
  router.get("/metrics", async (request, response) => {
    const metrics = (await services.metrics?.()) ?? [];
    const histograms = services.histograms?.() ?? [];
    response.set("Cache-Control", "no-store");
    if (queryOf(request).get("f") === "json" || request.accepts(["text/plain", "json"]) === "json")
      response.json({ metrics, histograms });
    else
      response
        .type("text/plain; version=0.0.4; charset=utf-8")
        .send(prometheusText(metrics) + histogramText(histograms));
  });
  router.use(rememberBase(services.publicUrl));
  router.route("/").get(landing(services)).all(methodNotAllowed("GET, HEAD"));
  router.get("/api", (request, response) => {
    const version = /version=3\.0/.test(request.get("Accept") ?? "") ? "3.0" : "3.1";
    const description = openApi(services, { version, base: baseOf(response) });
    response.type(OPENAPI_TYPE.replace("3.1", version)).send(JSON.stringify(description));
  });
  router.get("/api.html", (_request, response) => {
    allowStyledPage(response);
    response.type("html").send(apiHtml(openApi(services, { version: "3.1", base: baseOf(response) })));
  });
  for (const { path, router: mounted } of routers) router.use(path, mounted);
  router.use(stacRoutes(catalog, services.realPlace));
  for (const { path, router: mounted } of lateRouters) router.use(path, mounted);
  router.use(unknownRoute);
  router.use(problemHandler(services.onError ?? (() => undefined)));
  return router;
}

/** JSON for programs, the page for browsers; ?f=json and ?f=html force one. */
function landing(services: HttpServices): RequestHandler {
  const { catalog, landingHtml, title, description } = services;
  return async (request, response, next) => {
    const format = queryOf(request).get("f") ?? request.accepts(["json", "html"]);
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
