import { monitorEventLoopDelay } from "node:perf_hooks";

/** How long the main thread keeps requests waiting: the delay of a timer, sampled every few milliseconds. */
export interface EventLoopMonitor {
  /** 99th percentile in milliseconds since the last call, or since the start; 0 where nothing was sampled yet. */
  takeP99Ms(): number;
  close(): void;
}

const INTERVAL_MS = 5;

export function monitorEventLoop(): EventLoopMonitor {
  const histogram = monitorEventLoopDelay({ resolution: INTERVAL_MS });
  histogram.enable();
  return {
    takeP99Ms() {
      // The histogram holds the time from one sample to the next, the interval included.
      const p99 = histogram.count === 0 ? 0 : Math.max(0, histogram.percentile(99) / 1e6 - INTERVAL_MS);
      histogram.reset();
      return p99;
    },
    close: () => void histogram.disable(),
  };
}
