import { json, type RequestHandler } from "express";
import { InvalidRequestError } from "../core/errors.js";

/** Deeper than any filter of CQL2 or geometry; far below where recursion over a body (zod, JSON.stringify) overflows the stack. */
const MAX_DEPTH = 256;

/** Parses a request's body as JSON whatever its Content-Type says, at most `limit` (bytes, or text such as "64kb") and 256 levels deep. */
export function jsonBody(limit: number | string): readonly RequestHandler[] {
  return [
    json({ limit, type: () => true }),
    (request, _response, next) => {
      if (isDeeper(request.body, MAX_DEPTH))
        throw new InvalidRequestError(`The request's body is nested more than ${MAX_DEPTH} deep; wanted less`);
      next();
    },
  ];
}

/** Without a list of each level: a large geometry has more pairs of numbers than anything else, and they are looked at once. */
function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth <= 0) return true;
  if (!Array.isArray(value)) return Object.values(value).some((one) => isDeeper(one, depth - 1));
  for (const one of value) if (typeof one === "object" && isDeeper(one, depth - 1)) return true;
  return false;
}
