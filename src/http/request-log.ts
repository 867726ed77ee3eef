import type { RequestHandler } from "express";
import type { Logger } from "pino";

/** One line a request, when it ends: method, path, status, milliseconds, whether the client left. Tiles are logged at debug, pictures that a limit cut as warnings. */
export function requestLog(log: Logger): RequestHandler {
  return (request, response, next) => {
    const start = performance.now();
    response.once("close", () => {
      const line = {
        method: request.method,
        url: request.originalUrl.slice(0, 300),
        status: response.statusCode,
        ms: Math.round(10 * (performance.now() - start)) / 10,
        ...(response.writableFinished ? {} : { left: true }),
      };
      const limit = response.get("Tectile-Limit");
      if (limit !== undefined) log.warn({ ...line, limit }, "request; more dates than it may read would add pixels");
      else if (/\/tiles\/|\/assets\/|healthz/.test(request.path)) log.debug(line, "request");
      else log.info(line, "request");
    });
    next();
  };
}
