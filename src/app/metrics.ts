import type { Services } from "./services.js";

/** One figure of the running server. */
export interface ServiceMetric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Caches, queues and networks, at this moment. */
export function collectMetrics(services: Services): readonly ServiceMetric[] {
  const { latents, headers } = services.reader.stats();
  const tiles = services.tiles.stats();
  const networks = services.networks.stats();
  const forecasts = services.forecasts.stats();
  const caches = Object.entries({ latents, tiles, forecasts }).flatMap(([cache, stats]): ServiceMetric[] => [
    {
      name: "tectile_cache_bytes",
      help: "Bytes held by a cache",
      type: "gauge",
      value: stats.bytes,
      labels: { cache },
    },
    {
      name: "tectile_cache_entries",
      help: "Entries held by a cache",
      type: "gauge",
      value: stats.entries,
      labels: { cache },
    },
    {
      name: "tectile_cache_hits_total",
      help: "Requests that a cache answered",
      type: "counter",
      value: stats.hits,
      labels: { cache },
    },
    {
      name: "tectile_cache_misses_total",
      help: "Requests that had to load",
      type: "counter",
      value: stats.misses,
      labels: { cache },
    },
  ]);
  const labels = { provider: networks.provider };
  return [
    ...caches,
    ...sharedCache(services),
    { name: "tectile_open_containers", help: "Containers whose header is kept", type: "gauge", value: headers },
    {
      name: "tectile_network_runs_total",
      help: "Runs of the decoder network",
      type: "counter",
      value: networks.runs,
      labels,
    },
    {
      name: "tectile_network_windows_total",
      help: "Windows decoded by those runs",
      type: "counter",
      value: networks.windows,
      labels,
    },
    {
      name: "tectile_network_waiting",
      help: "Windows that wait for a session",
      type: "gauge",
      value: networks.waiting,
      labels,
    },
    {
      name: "tectile_pixel_tasks_waiting",
      help: "Tasks that wait for a pixel thread",
      type: "gauge",
      value: services.pixels.waiting(),
    },
    {
      name: "tectile_event_loop_delay_p99_ms",
      help: "Delay of the main thread's event loop since these figures were last read, 99th percentile, milliseconds",
      type: "gauge",
      value: services.eventLoop.takeP99Ms(),
    },
    { name: "process_resident_memory_bytes", help: "Resident memory", type: "gauge", value: process.memoryUsage.rss() },
  ];
}

/** What the cache that several servers share did for this one. */
function sharedCache({ sharedTiles }: Services): readonly ServiceMetric[] {
  if (sharedTiles === undefined) return [];
  const { hits, misses, failures } = sharedTiles.stats();
  const labels = { cache: "shared" };
  return [
    { name: "tectile_cache_hits_total", help: "Requests that a cache answered", type: "counter", value: hits, labels },
    { name: "tectile_cache_misses_total", help: "Requests that had to load", type: "counter", value: misses, labels },
    {
      name: "tectile_cache_failures_total",
      help: "Requests that a shared cache failed or kept waiting",
      type: "counter",
      value: failures,
      labels,
    },
  ];
}
