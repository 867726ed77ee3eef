import { setMaxListeners } from "node:events";
import type { Request, Response } from "express";

/** A signal that aborts when the client leaves before the answer is complete; give it to everything that costs. */
export function requestSignal(_request: Request, response: Response): AbortSignal {
  const controller = new AbortController();
  // A tile waits on a dozen chunks and more at once: no leak, whatever Node thinks.
  setMaxListeners(0, controller.signal);
  const abort = (): void => {
    if (!response.writableFinished) controller.abort(new DOMException("The client left", "AbortError"));
  };
  if (response.destroyed || response.closed) abort();
  response.once("close", abort);
  return controller.signal;
}
