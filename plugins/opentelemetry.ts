import type { Span, SpanAttributes, Tracer } from "@opentelemetry/api";
import { AsyncLocalStorage } from "node:async_hooks";
import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import {
  definePlugin,
  REQUEST_CHANNEL,
  TASK_CHANNEL,
  UnsupportedError,
  type EndedTask,
  type Plugin,
  type StartedRequest,
} from "../src/plugin.js";

/**
 * Traces for OpenTelemetry: a span for each request, which continues the caller's `traceparent`, and below it one for each task that a thread
 * did for it (waiting, then running), named as the stages of /metrics. Names and attributes are OpenTelemetry's semantic conventions for HTTP servers.
 *
 * Set up by OpenTelemetry's own variables: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, ... A program that has registered a
 * tracer provider of its own keeps it. Needs the packages `@opentelemetry/api` and `@opentelemetry/sdk-node`.
 */
export default async function openTelemetry(): Promise<Plugin> {
  const [api, { NodeSDK }] = await importOpenTelemetry();
  process.env["OTEL_SERVICE_NAME"] ??= "tectile";
  // Metrics are Prometheus's, logs are lines; both only where they are asked for.
  process.env["OTEL_METRICS_EXPORTER"] ??= "none";
  process.env["OTEL_LOGS_EXPORTER"] ??= "none";
  const sdk = new NodeSDK();
  sdk.start();
  const tracer = api.trace.getTracer("tectile");
  const requests = new AsyncLocalStorage<Span>();
  const spanOf = (message: unknown): Span => startRequest(api, tracer, message as StartedRequest);
  const noteTask = (message: unknown): void => {
    const parent = requests.getStore();
    if (parent !== undefined) addTask(api, tracer, { parent, task: message as EndedTask });
  };
  const started = channel(REQUEST_CHANNEL);
  started.bindStore(requests, spanOf);
  subscribe(TASK_CHANNEL, noteTask);
  return definePlugin({
    name: "opentelemetry",
    async close() {
      started.unbindStore(requests);
      unsubscribe(TASK_CHANNEL, noteTask);
      // A collector that is gone must not keep the server from ending.
      await sdk.shutdown().catch(() => undefined);
    },
  });
}

type Api = typeof import("@opentelemetry/api");

function startRequest(api: Api, tracer: Tracer, { request, response }: StartedRequest): Span {
  const { method = "GET", headers, url = "/" } = request;
  const [path = "/", query] = url.split("?", 2);
  const attributes: SpanAttributes = {
    "http.request.method": method,
    "url.path": path,
    "url.scheme": "http",
    ...(query === undefined ? {} : { "url.query": query.slice(0, 2000) }),
    ...(headers["user-agent"] === undefined ? {} : { "user_agent.original": headers["user-agent"] }),
  };
  const parent = api.propagation.extract(api.ROOT_CONTEXT, headers);
  const span = tracer.startSpan(method, { kind: api.SpanKind.SERVER, attributes }, parent);
  response.once("close", () => {
    const route = routeOf(request);
    if (route !== undefined) span.setAttribute("http.route", route).updateName(`${method} ${route}`);
    if (response.writableFinished) span.setAttribute("http.response.status_code", response.statusCode);
    // The client left: no answer, and no fault of the server.
    else span.setAttribute("error.type", "client_closed_request");
    if (response.statusCode >= 500) span.setStatus({ code: api.SpanStatusCode.ERROR });
    span.end();
  });
  return span;
}

/** Express's pattern of the route that answered. */
function routeOf(request: object): string | undefined {
  const route = "route" in request && typeof request.route === "object" ? request.route : undefined;
  return route !== null && route !== undefined && "path" in route && typeof route.path === "string"
    ? route.path
    : undefined;
}

function addTask(
  api: Api,
  tracer: Tracer,
  { parent, task }: { readonly parent: Span; readonly task: EndedTask },
): void {
  const { pool, kind, waitedMs, ranMs, joined } = task;
  const endTime = Date.now();
  const attributes: SpanAttributes = {
    "tectile.waited_ms": waitedMs,
    "tectile.ran_ms": ranMs,
    "tectile.joined": joined,
  };
  const context = api.trace.setSpan(api.ROOT_CONTEXT, parent);
  const span = tracer.startSpan(`${pool}/${kind}`, { attributes, startTime: endTime - waitedMs - ranMs }, context);
  span.addEvent("taken by a thread", endTime - ranMs);
  span.end(endTime);
}

async function importOpenTelemetry(): Promise<[Api, typeof import("@opentelemetry/sdk-node")]> {
  try {
    return await Promise.all([import("@opentelemetry/api"), import("@opentelemetry/sdk-node")]);
  } catch (cause) {
    throw new UnsupportedError(
      `Plugin opentelemetry needs the packages @opentelemetry/api and @opentelemetry/sdk-node; install them with "npm install @opentelemetry/api @opentelemetry/sdk-node"`,
      { cause },
    );
  }
}
