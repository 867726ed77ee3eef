import { readFileSync } from "node:fs";
import type { Request, RequestHandler, Router } from "express";
import type { Logger } from "pino";
import { z } from "zod";
import { checkHealth } from "../app/health.js";
import { collectHistograms, collectMetrics } from "../app/metrics.js";
import { openTecCog } from "../app/open-tec-cog.js";
import type { PluginServices } from "../app/plugin.js";
import type { Services } from "../app/services.js";
import { InvalidRequestError, OverloadedError } from "../core/errors.js";
import { createApp } from "./app.js";
import { requireKey } from "./authorise.js";
import type { Metric } from "./metrics-text.js";
import { announceRequest } from "./request-channel.js";
import { requestLog } from "./request-log.js";
import { createRequestMetrics } from "./request-metrics.js";
import { mountRoutes } from "./route.js";
import { IMAGERY_ROUTES } from "./routes/all.js";
import { URL_ROUTES } from "./routes/urls.js";
import { createSending } from "./sending.js";
import { viewerPage } from "./routes/viewer.js";

/** The whole server over its services, as one router. `log`: one line a request, and every fault; silent without it. */
export async function createTectile(
  services: Services,
  options: { readonly log?: Logger | undefined } = {},
): Promise<Router> {
  const { log } = options;
  const { config } = services;
  const requests = createRequestMetrics();
  const sending = createSending({ timeoutMs: config.sendTimeoutMs, maxBytes: config.sendingBytes });
  const routers = IMAGERY_ROUTES.map((group) => ({
    path: "/",
    // What is off refuses in a sentence, and is not described.
    ...(group === URL_ROUTES && !services.openedUrls.isOn ? {} : { group }),
    router: mountRoutes(group, services),
  }));
  return createApp({
    catalog: services.catalog,
    publicUrl: config.publicUrl,
    title: config.title,
    description: config.description,
    routers,
    lateRouters: pluginRouters(services),
    landingHtml: viewerPage(config),
    guards: [
      announceRequest,
      requests.handler,
      ...(log === undefined ? [] : [requestLog(log)]),
      sending.handler,
      requireKey(config),
    ],
    frameAncestors: config.frameAncestors,
    realPlace: services.realPlace,
    readiness: (timeoutMs) => checkHealth(services, timeoutMs),
    metrics: async () => [
      BUILD_INFO,
      ...requests.metrics(),
      ...collectMetrics(services),
      {
        name: "tectile_sending_bytes",
        help: "Bytes of answers on their way to clients",
        type: "gauge" as const,
        value: sending.bytes(),
      },
    ],
    histograms: () => [...requests.histograms(), ...collectHistograms(services)],
    onError: (error: unknown, request: Request) => {
      const url = request.originalUrl.slice(0, 300);
      // A full queue is no fault of the code: its stack would only fill the log when there is most to do.
      if (error instanceof OverloadedError) log?.warn({ url }, error.message);
      else log?.error({ err: error, url }, "request failed");
    },
  });
}

const BUILD_INFO: Metric = {
  name: "tectile_build_info",
  help: "Always 1; the version of Tectile and of Node",
  type: "gauge",
  value: 1,
  labels: { version: packageVersion(), node: process.version },
};

function packageVersion(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** Handlers that plugins bring, at /x/NAME, or at NAME itself where it begins with a slash. */
function pluginRouters(services: Services): readonly { readonly path: string; readonly router: RequestHandler }[] {
  const { catalog, openStore, routes } = services;
  const openItem: PluginServices["openItem"] = ({ href, checksum }) =>
    openTecCog(href, { decoder: services, version: checksum });
  const offered: PluginServices = { catalog, openStore, openItem };
  return Object.entries(routes).map(([name, make]) => {
    const path = name.startsWith("/") ? name : `/x/${name}`;
    const router = make(offered);
    if (typeof router === "function") return { path, router: router as RequestHandler };
    throw new InvalidRequestError(
      `Route "${name}" of a plugin gave ${typeof router}; wanted an Express handler or router`,
    );
  });
}
