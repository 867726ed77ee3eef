import type { RequestHandler, Response } from "express";
import { OverloadedError } from "../core/errors.js";
import { problemOf, sendProblem } from "./problem.js";

export interface SendingOptions {
  /** Without a byte taken for so long, an answer is broken off. */
  readonly timeoutMs: number;
  /** Bytes of answers that wait for their clients, all together. */
  readonly maxBytes: number;
}

/** Bytes of answers on their way. */
export interface Sending {
  /** Behind what compresses, so that it sees answers as they are made. */
  readonly handler: RequestHandler;
  bytes(): number;
}

/** A client that takes less than this of a large answer, bytes a second, keeps others waiting. */
const LEAST_RATE = 16 * 1024;
/** An answer that was on its way for so long makes place for others when memory is short. */
const SLOW_MS = 2000;

/**
 * Keeps what slow clients cost within a bound: an answer that nobody takes is broken off, one that is taken drop by drop too, and when
 * answers under way hold too many bytes the slowest end first and then new ones are refused.
 */
export function createSending({ timeoutMs, maxBytes }: SendingOptions): Sending {
  const underWay = new Map<Response, { readonly bytes: number; readonly sinceMs: number }>();
  let held = 0;

  function hold(response: Response, bytes: number): boolean {
    if (held + bytes > maxBytes) makePlace(bytes);
    if (held + bytes > maxBytes && held > 0) return false;
    underWay.set(response, { bytes, sinceMs: performance.now() });
    held += bytes;
    const timer = setTimeout(() => response.destroy(), timeoutMs + (1000 * bytes) / LEAST_RATE).unref();
    response.once("close", () => {
      clearTimeout(timer);
      release(response);
    });
    return true;
  }

  function release(response: Response): void {
    held -= underWay.get(response)?.bytes ?? 0;
    underWay.delete(response);
  }

  function makePlace(bytes: number): void {
    for (const [response, { sinceMs }] of underWay) {
      if (held + bytes <= maxBytes || performance.now() - sinceMs < SLOW_MS) return;
      release(response);
      response.destroy();
    }
  }

  return {
    bytes: () => held,
    handler(request, response, next) {
      // The socket's own timer: it is quiet as long as bytes go out, and a request that is still worked on is left alone.
      response.setTimeout(timeoutMs, () => {
        if (response.headersSent) response.destroy();
      });
      const end = response.end.bind(response);
      let isRefused = false;
      response.end = ((...given: unknown[]) => {
        const [chunk] = given;
        const bytes =
          typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk instanceof Uint8Array ? chunk.byteLength : 0;
        if (bytes > 0 && !isRefused && request.method !== "HEAD" && !hold(response, bytes) && !response.headersSent) {
          isRefused = true;
          for (const name of ["ETag", "Cache-Control", "Content-Type", "Content-Length", "Last-Modified"])
            response.removeHeader(name);
          const refusal = new OverloadedError("Answers to slow clients hold all memory for answers; retry in a moment");
          sendProblem(response, problemOf(refusal));
          return response;
        }
        return Reflect.apply(end, response, given) as Response;
      }) as Response["end"];
      next();
    },
  };
}
