import type { Request, RequestHandler, Response } from "express";
import { z } from "zod";
import { InvalidRequestError } from "../core/errors.js";

const KEY = "tectileBase";

/** First in the app: works out the URL under which the client sees it, so that every handler can make links with baseOf. */
export function rememberBase(publicUrl: string | undefined): RequestHandler {
  return (request, response, next) => {
    response.locals[KEY] = publicUrl?.replace(/\/+$/, "") ?? baseFromRequest(request);
    next();
  };
}

/** The app's URL without a slash at its end: "https://maps.example.org/imagery". */
export function baseOf(response: Response): string {
  return z.string().parse(response.locals[KEY]);
}

/**
 * From the request: protocol and host (X-Forwarded-Proto and -Host where Express trusts the proxy), X-Forwarded-Prefix under the same
 * condition, and the path where the router is mounted.
 */
function baseFromRequest(request: Request): string {
  // Undefined, whatever its type says, for HTTP/1.0 without a Host header.
  const host: string | undefined = request.host;
  if (host === undefined || !/^[\w.-]+(:\d{1,5})?$|^\[[0-9a-fA-F:.]+\](:\d{1,5})?$/.test(host)) {
    throw new InvalidRequestError(
      `Host is "${host?.slice(0, 80) ?? ""}"; wanted a name or address with an optional port`,
    );
  }
  // Behind a trusted proxy Express gives X-Forwarded-Proto as it stands, whoever wrote it.
  const protocol = request.protocol.toLowerCase() === "https" ? "https" : "http";
  return `${protocol}://${host}${forwardedPrefix(request)}${request.baseUrl}`;
}

function forwardedPrefix(request: Request): string {
  const prefix = request.get("X-Forwarded-Prefix")?.split(",")[0]?.trim().replace(/\/+$/, "") ?? "";
  if (!/^(\/[\w.~-]+)+$/.test(prefix)) return "";
  const trust: unknown = request.app.get("trust proxy fn");
  const trusted =
    typeof trust === "function" && Reflect.apply(trust, undefined, [request.socket.remoteAddress, 0]) === true;
  return trusted ? prefix : "";
}
