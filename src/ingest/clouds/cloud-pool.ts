import { createWorkerPool, type WorkerPool } from "../../core/worker-pool.js";
import type { SeriesBlock } from "./detect.js";

/** Threads that run detectClouds. */
export function createCloudPool(size: number): WorkerPool<SeriesBlock, readonly Uint8Array[]> {
  return createWorkerPool<SeriesBlock, readonly Uint8Array[]>({
    url: new URL("./cloud-worker.js", import.meta.url),
    size,
    data: undefined,
    maxWaiting: Infinity,
  });
}
