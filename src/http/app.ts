import { Router } from "express";
import { rememberBase } from "./base-url.js";
import { compress } from "./compress.js";
import { cors } from "./cors.js";
import type { HttpServices } from "./http-services.js";
import { problemHandler, unknownRoute } from "./problem.js";
import { mountRoutes } from "./route.js";
import { HEALTH_ROUTES, SHELL_ROUTES, STAC_GROUPS } from "./routes/shell.js";
import { securityHeaders } from "./security-headers.js";

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
  router.use(mountRoutes(HEALTH_ROUTES, services));
  router.use(rememberBase(services.publicUrl));
  router.use(mountRoutes(SHELL_ROUTES, services));
  for (const { path, router: mounted } of routers) router.use(path, mounted);
  const stac = { catalog, realPlace: services.realPlace ?? (async (path: string) => path) };
  for (const group of STAC_GROUPS) router.use(mountRoutes(group, stac));
  for (const { path, router: mounted } of lateRouters) router.use(path, mounted);
  router.use(unknownRoute);
  router.use(problemHandler(services.onError ?? (() => undefined)));
  return router;
}
