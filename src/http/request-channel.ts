import { channel } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestHandler } from "express";

/** Told on REQUEST_CHANNEL of each request before anything looks at it; stores bound to the channel hold during all that is done for it. */
export interface StartedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export const REQUEST_CHANNEL = "tectile:request";
const started = channel(REQUEST_CHANNEL);

/** For traces: a plugin binds its AsyncLocalStorage to the channel. */
export const announceRequest: RequestHandler = (request, response, next) => {
  const message: StartedRequest = { request, response };
  started.runStores(message, () => next());
};
