import type { RequestHandler } from "express";
import type { Logger } from "pino";

/** One line a request, when it ends: method, path, status, milliseconds, whether the client left. Tiles are logged at debug. */
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
      if (/\/tiles\/|\/assets\/|healthz/.test(request.path)) log.debug(line, "request");
      else log.info(line, "request");
    });
    next();
  };
}
