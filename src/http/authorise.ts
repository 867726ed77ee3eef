import { createHash, timingSafeEqual } from "node:crypto";
import type { Request, RequestHandler, Response } from "express";
import type { Config } from "../app/config.js";
import { API_KEY, wholeQueryOf } from "./params.js";
import { problem, sendProblem } from "./problem.js";

/** Lets pass who may write: anybody, who sends the token, or nobody. */
export function mayWrite({
  registerSearches,
  writeToken,
}: Pick<Config, "registerSearches" | "writeToken">): RequestHandler {
  return (request, response, next) => {
    if (registerSearches === "off") return refuse(response, 403, "Searches can't be registered on this server");
    if (registerSearches === "open" && writeToken === undefined) return next();
    if (writeToken === undefined) return refuse(response, 403, "This server has no token for what writes");
    if (isSame(bearerOf(request), writeToken)) return next();
    response.set("WWW-Authenticate", 'Bearer realm="writing"');
    refuse(response, 401, "Registering a search needs the server's token: Authorization: Bearer TOKEN");
  };
}

const HOUR_S = 3600;

/** Paths that need no key: for those who watch the server. */
const OPEN = /^\/(livez|readyz|healthz)$/;
const COOKIE = "tectile_key";

/**
 * Lets pass requests with a key within its limits. A page that is opened with ?api_key= gets a cookie for what it asks for itself, which
 * no other site can make a browser send.
 */
export function requireKey({ apiKeys }: Pick<Config, "apiKeys">): RequestHandler {
  const buckets = new Map(apiKeys.map(({ key, perSecond, burst }) => [digest(key), new Bucket(perSecond, burst)]));
  return (request, response, next) => {
    if (buckets.size === 0 || request.method === "OPTIONS" || OPEN.test(request.path)) return next();
    const asked = wholeQueryOf(request).get(API_KEY);
    const given = asked ?? request.get("X-API-Key") ?? bearerOf(request) ?? cookieOf(request) ?? "";
    const bucket = buckets.get(digest(given));
    if (bucket === undefined) {
      response.set("WWW-Authenticate", 'Bearer realm="reading"');
      return refuse(response, 401, "This server needs a key: X-API-Key, Authorization: Bearer or ?api_key=");
    }
    const waitS = bucket.take();
    if (waitS > 0) {
      response.set("Retry-After", String(Math.ceil(waitS)));
      return refuse(response, 429, "This key's requests come too fast; retry in a moment");
    }
    if (asked !== null && request.path === "/")
      response.cookie(COOKIE, asked, {
        httpOnly: true,
        sameSite: "strict",
        secure: request.secure,
        maxAge: 12 * HOUR_S * 1000,
        path: `${request.baseUrl}/`,
      });
    next();
  };
}

/** So many at once, refilled in time. */
class Bucket {
  private readonly perSecond: number;
  private readonly burst: number;
  private left: number;
  private atMs = performance.now();

  constructor(perSecond: number, burst: number) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.left = burst;
  }

  /** 0 where one was left, else the seconds until there is. */
  take(): number {
    const nowMs = performance.now();
    this.left = Math.min(this.burst, this.left + ((nowMs - this.atMs) / 1000) * this.perSecond);
    this.atMs = nowMs;
    if (this.left < 1) return (1 - this.left) / this.perSecond;
    this.left--;
    return 0;
  }
}

function bearerOf(request: Request): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.get("Authorization") ?? "")?.[1];
}

function cookieOf(request: Request): string | undefined {
  for (const part of (request.get("Cookie") ?? "").split(";")) {
    const [name, value] = part.trim().split("=");
    if (name === COOKIE && value !== undefined) return decode(value);
  }
  return undefined;
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

/** In a time that tells nothing of where they differ. */
function isSame(given: string | undefined, wanted: string): boolean {
  if (given === undefined) return false;
  return timingSafeEqual(Buffer.from(digest(given)), Buffer.from(digest(wanted)));
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

function refuse(response: Response, status: 401 | 403 | 429, detail: string): void {
  const codes = { 401: "unauthorised", 403: "forbidden", 429: "too-many-requests" } as const;
  sendProblem(response, problem(status, detail, codes[status]));
}
