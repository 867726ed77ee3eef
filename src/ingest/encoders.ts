import { availableParallelism } from "node:os";
import { createWorkerPool, type WorkerPool } from "../core/worker-pool.js";
import type { EncodeResult, EncodeTask } from "./encode-tasks.js";

/** Threads that encode, started with the first use. */
export interface Encoders {
  readonly size: number;
  encode(task: EncodeTask, signal?: AbortSignal): Promise<EncodeResult>;
  close(): Promise<void>;
}

export function createEncoders({ threads }: { readonly threads?: number | undefined }): Encoders {
  const size = threads ?? availableParallelism();
  let started: WorkerPool<EncodeTask, EncodeResult> | undefined;
  return {
    size,
    encode(task, signal) {
      started ??= createWorkerPool<EncodeTask, EncodeResult>({
        url: new URL("./encode-worker.js", import.meta.url),
        size,
        data: undefined,
        maxWaiting: Infinity,
      });
      return started.run(task, { signal });
    },
    async close() {
      await started?.close();
    },
  };
}
