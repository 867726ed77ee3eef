import { poolsOf } from "./health.js";
import type { HistogramSeries } from "./histogram.js";
import type { Services } from "./services.js";

/** One figure of the running server. */
export interface ServiceMetric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Durations of one kind, in seconds. */
export interface ServiceHistogram {
  readonly name: string;
  readonly help: string;
  readonly series: readonly HistogramSeries[];
}

/** How long the stages of drawing took. */
export function collectHistograms({ stages }: Services): readonly ServiceHistogram[] {
  return [
    {
      name: "tectile_stage_duration_seconds",
      help: "Time that a thread took for a task, by pool and kind of task",
      series: stages.ran.series(),
    },
    {
      name: "tectile_stage_waiting_seconds",
      help: "Time that a task waited for a thread, by pool and kind of task",
      series: stages.waited.series(),
    },
  ];
}

/** The threads of every pool, what they hold and what waits for them. */
function poolMetrics(services: Services): readonly ServiceMetric[] {
  return Object.entries(poolsOf(services)).flatMap(([pool, { alive, busy, waiting, oldestMs }]): ServiceMetric[] => {
    const labels = { pool };
    return [
      { name: "tectile_pool_threads", help: "Threads that are up", type: "gauge", value: alive, labels },
      { name: "tectile_pool_busy_threads", help: "Threads that work on a task", type: "gauge", value: busy, labels },
      {
        name: "tectile_pool_waiting_tasks",
        help: "Tasks that wait for a thread",
        type: "gauge",
        value: waiting,
        labels,
      },
      {
        name: "tectile_pool_oldest_task_seconds",
        help: "How long the oldest running task has run",
        type: "gauge",
        value: oldestMs / 1000,
        labels,
      },
    ];
  });
}

/** Caches, queues and networks, at this moment. */
export function collectMetrics(services: Services): readonly ServiceMetric[] {
  const { latents, headers } = services.reader.stats();
  const tiles = services.tiles.stats();
  const blocks = services.blocks.stats();
  const networks = services.networks.stats();
  const forecasts = services.forecasts.stats();
  const caches = Object.entries({ latents, tiles, blocks, forecasts }).flatMap(([cache, stats]): ServiceMetric[] => [
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
    ...poolMetrics(services),
    {
      name: "tectile_drawing_bytes",
      help: "Bytes that pictures being drawn hold",
      type: "gauge",
      value: services.drawing.bytes(),
    },
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
      name: "tectile_event_loop_delay_p99_seconds",
      help: "Delay of the main thread's event loop since these figures were last read, 99th percentile",
      type: "gauge",
      value: services.eventLoop.takeP99Ms() / 1000,
    },
    {
      name: "process_start_time_seconds",
      help: "When the process started, seconds since 1970",
      type: "gauge",
      value: Math.round(performance.timeOrigin) / 1000,
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
