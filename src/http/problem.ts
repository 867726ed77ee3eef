import { STATUS_CODES } from "node:http";
import type { ErrorRequestHandler, Request, RequestHandler, Response } from "express";
import { z } from "zod";
import { AppError, NotFoundError, type ErrorCode } from "../core/errors.js";

/** The only place that knows which failure has which status. */
const STATUS = {
  "invalid-request": 400,
  forbidden: 403,
  "not-found": 404,
  unsupported: 422,
  "corrupt-data": 500,
  model: 500,
  upstream: 502,
  overloaded: 503,
} as const satisfies Record<ErrorCode, number>;

/** What a client is told where the message itself might name files, hosts or models of ours. */
const DISCREET: Partial<Record<ErrorCode, string>> = {
  "corrupt-data": "Stored imagery is damaged; the server's log says where",
  model: "The decoder failed; the server's log says why",
  upstream: "A server or disk that holds the imagery failed; try again later",
};

const RETRY_AFTER_S = 1;

/** An answer in the form of RFC 9457, with TiTiler's `detail`; `code` is the stable, machine-readable kind. */
export interface Problem {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
}

/** The status and text for whatever was thrown: our own errors, Express's and body-parser's, or a fault (500, without details). */
export function problemOf(error: unknown): Problem {
  if (error instanceof AppError) return problem(STATUS[error.code], DISCREET[error.code] ?? error.message, error.code);
  const http = httpErrorSchema.safeParse(error);
  if (!http.success) return problem(500, "The server made a mistake; its log has the details", "internal");
  const { status, type, message } = http.data;
  return problem(status, BODY_PROBLEMS.get(type ?? "") ?? message, type ?? "http");
}

/** Sends a problem document. */
export function sendProblem(response: Response, answer: Problem): void {
  if (answer.status === 503) response.set("Retry-After", String(RETRY_AFTER_S));
  response.status(answer.status).set("Cache-Control", "no-store").type("application/problem+json");
  response.send(JSON.stringify(answer));
}

/** The last handler: turns what was thrown into an answer, unless the client has left. `onError` is told of every 5xx. */
export function problemHandler(onError: (error: unknown, request: Request) => void): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    if (response.destroyed || response.closed) return;
    const answer = problemOf(error);
    if (answer.status >= 500) onError(error, request);
    // Half an answer can't be taken back: breaking the connection tells the client that it isn't whole.
    if (response.headersSent) return void response.destroy();
    for (const name of ["ETag", "Content-Type", "Content-Length", "Content-Range", "Last-Modified"])
      response.removeHeader(name);
    sendProblem(response, answer);
  };
}

/** For paths that nothing serves. */
export const unknownRoute: RequestHandler = (request) => {
  throw new NotFoundError(
    `${request.method} ${request.path.slice(0, 200)} isn't a resource of this server; see /api for all of them`,
  );
};

/** For the other methods of a path that exists. */
export function methodNotAllowed(allowed: string): RequestHandler {
  return (request, response) => {
    response.set("Allow", `${allowed}, OPTIONS`);
    sendProblem(
      response,
      problem(
        405,
        `${request.method} isn't possible here; wanted ${allowed.replace(/, ([^,]*)$/, " or $1")}`,
        "method",
      ),
    );
  };
}

const BODY_PROBLEMS: ReadonlyMap<string, string> = new Map([
  ["entity.parse.failed", "The request's body isn't JSON"],
  ["entity.too.large", "The request's body is too large; wanted at most 1 MB"],
]);

/** http-errors, as thrown by Express, body-parser and send; only those that are the client's doing. */
const httpErrorSchema = z.object({
  status: z.int().min(400).max(499),
  type: z.string().optional(),
  message: z.string(),
});

/** A problem document. */
export function problem(status: number, detail: string, code: string): Problem {
  return { type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail, code };
}
