import { json, type RequestHandler } from "express";
import { InvalidRequestError } from "../core/errors.js";

/** Deeper than any search or geometry; far below where recursion over a body (zod, JSON.stringify) overflows the stack. */
const MAX_DEPTH = 32;

/** Parses a request's body as JSON whatever its Content-Type says, at most `limit` (bytes, or text such as "64kb") and 32 levels deep. */
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

function isDeeper(value: unknown, depth: number): boolean {
  let level: readonly unknown[] = [value];
  for (let i = 0; i <= depth && level.length > 0; i++)
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  return level.length > 0;
}
