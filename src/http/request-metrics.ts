import type { RequestHandler } from "express";
import { createHistogram } from "../app/histogram.js";
import type { HistogramMetric, Metric } from "./metrics-text.js";

/** Requests by what they asked for and how they ended. */
export interface RequestMetrics {
  readonly handler: RequestHandler;
  metrics(): readonly Metric[];
  histograms(): readonly HistogramMetric[];
}

export function createRequestMetrics(): RequestMetrics {
  const counts = new Map<string, { labels: Readonly<Record<string, string>>; value: number }>();
  const durations = createHistogram();
  let active = 0;
  return {
    handler(request, response, next) {
      const start = performance.now();
      active++;
      response.once("close", () => {
        active--;
        const route = routeOf(request.path);
        // nginx's word for a client that left.
        const status = response.writableFinished ? String(response.statusCode) : "499";
        const method = METHODS.has(request.method) ? request.method : "other";
        const labels = { route, method, status };
        const key = `${route} ${method} ${status}`;
        const one = counts.get(key) ?? { labels, value: 0 };
        one.value++;
        counts.set(key, one);
        durations.observe({ route }, (performance.now() - start) / 1000);
      });
      next();
    },
    metrics: () => [
      ...[...counts.values()].map(({ labels, value }): Metric => ({
        name: "tectile_requests_total",
        help: "Requests answered, by route, method and status; 499: the client left before the end",
        type: "counter",
        labels,
        value,
      })),
      { name: "tectile_requests_active", help: "Requests under way", type: "gauge", value: active },
    ],
    histograms: () => [
      {
        name: "tectile_request_duration_seconds",
        help: "Time from a request to the end of its answer, by route",
        series: durations.series(),
      },
    ],
  };
}

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "OPTIONS"]);

/** Few words for the many paths, so that nobody's paths fill the memory. */
const ROUTES: readonly (readonly [pattern: RegExp, route: string])[] = [
  [/^\/collections\/[^/]+\/items\/[^/]+\/tiles\//, "item-tile"],
  [/^\/collections\/[^/]+\/tiles\//, "collection-tile"],
  [/^\/searches\/[^/]+\/tiles\//, "search-tile"],
  [/\/preview(?:\.|\/|$)/, "preview"],
  [/\/tilejson\.json$/, "tilejson"],
  [/\/assets\/[^/]+$/, "asset"],
  [/\/point\/[^/]+$/, "point"],
  [/\/statistics$/, "statistics"],
  [/\/dates$/, "dates"],
  [/\/(?:WMTSCapabilities\.xml|wmts)$/, "wmts"],
  [/^\/search$/, "search"],
  [/^\/searches(?:\/|$)/, "searches"],
  [/^\/collections\/[^/]+\/items$/, "items"],
  [/^\/collections\/[^/]+\/items\/[^/]+$/, "item"],
  [/^\/collections(?:\/[^/]+)?$/, "collections"],
  [/^\/(?:livez|readyz|healthz)$/, "health"],
  [/^\/metrics$/, "metrics"],
  [/^\/viewer\//, "viewer"],
  [/^\/(?:$|api|conformance|colorMaps|extensions)/, "documents"],
  [/^\/x\//, "plugins"],
];

function routeOf(path: string): string {
  return ROUTES.find(([pattern]) => pattern.test(path))?.[1] ?? "other";
}
