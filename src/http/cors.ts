import type { RequestHandler } from "express";

/** Lets pages of any origin read everything; nothing here depends on cookies. Answers preflights itself. */
export const cors: RequestHandler = (request, response, next) => {
  response.set("Access-Control-Allow-Origin", "*");
  response.set(
    "Access-Control-Expose-Headers",
    "*, ETag, Content-Range, Accept-Ranges, Retry-After, Content-Bbox, Content-Crs, Tectile-Observed, Tectile-Inferred, Tectile-Dates, Tectile-Method, Tectile-Limit, Tectile-Ignored-Parameters, Tectile-Level",
  );
  if (request.method !== "OPTIONS") return next();
  response.set("Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS");
  response.set("Access-Control-Allow-Headers", request.get("Access-Control-Request-Headers") ?? "*");
  response.set("Access-Control-Max-Age", "86400").vary("Access-Control-Request-Headers").status(204).end();
};
