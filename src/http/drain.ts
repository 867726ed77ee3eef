import type { RequestHandler, Response } from "express";
import { problem, sendProblem } from "./problem.js";

/** Counts the requests under way, and, once closing, refuses new ones while those are finished. */
export interface Drain {
  /** Before everything else. */
  readonly handler: RequestHandler;
  /** From now on new requests get 503 and their connections are closed. */
  begin(): void;
  active(): number;
  /** Resolves when no request is under way, `lingerMs` after `begin` at the earliest, or after `deadlineMs`: with the number still under way. */
  finish(options: { readonly deadlineMs: number; readonly lingerMs: number }): Promise<number>;
}

export function createDrain(): Drain {
  const active = new Set<Response>();
  let isClosing = false;
  let begunAtMs = 0;
  let onChange: (() => void) | undefined;
  return {
    handler(request, response, next) {
      if (!isClosing) {
        active.add(response);
        response.once("close", () => {
          active.delete(response);
          onChange?.();
        });
        return next();
      }
      response.set("Connection", "close");
      // The process lives: who asks that must not end it early.
      if (request.path === "/livez") return next();
      sendProblem(response, problem(503, "The server is closing; ask again, another one will answer", "closing"));
    },
    begin() {
      isClosing = true;
      begunAtMs = performance.now();
      for (const response of active) if (!response.headersSent) response.set("Connection", "close");
    },
    active: () => active.size,
    async finish({ deadlineMs, lingerMs }) {
      const endMs = performance.now() + deadlineMs;
      for (;;) {
        const nowMs = performance.now();
        const quietMs = nowMs - begunAtMs;
        if (active.size === 0 && quietMs >= lingerMs) return 0;
        if (nowMs >= endMs) return active.size;
        const waitMs = active.size === 0 ? lingerMs - quietMs : endMs - nowMs;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.max(1, Math.min(waitMs, endMs - nowMs)));
          onChange = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        onChange = undefined;
      }
    },
  };
}
