import type { Request, Router } from "express";
import type { Logger } from "pino";
import { collectMetrics } from "../app/metrics.js";
import type { Services } from "../app/services.js";
import { createApp } from "./app.js";
import { requestLog } from "./request-log.js";
import { tilejsonRouter } from "./routes/tilejson.js";
import { tileRouter } from "./routes/tiles.js";
import { viewerPage, viewerRouter } from "./routes/viewer.js";

/** The whole server over its services, as one router. `log`: one line a request, and every fault; silent without it. */
export async function createTectile(
  services: Services,
  options: { readonly log?: Logger | undefined } = {},
): Promise<Router> {
  const { log } = options;
  const { config } = services;
  const routers = [
    ...(log === undefined ? [] : [{ path: "/", router: requestLog(log) }]),
    { path: "/", router: tileRouter(services) },
    { path: "/", router: tilejsonRouter(services) },
    { path: "/", router: viewerRouter() },
  ];
  return createApp({
    catalog: services.catalog,
    publicUrl: config.publicUrl,
    title: config.title,
    description: config.description,
    routers,
    landingHtml: viewerPage,
    readiness: async () => ({ ready: true, parts: { provider: services.networks.provider } }),
    metrics: async () => collectMetrics(services),
    onError: (error: unknown, request: Request) =>
      log?.error({ err: error, url: request.originalUrl.slice(0, 300) }, "request failed"),
  });
}
