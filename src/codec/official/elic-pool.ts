import { availableParallelism } from "node:os";
import { createWorkerPool, type PoolHealth, type WorkerPool } from "../../core/worker-pool.js";
import type { Provider } from "../../model/session.js";
import type {
  OfficialChunk,
  OfficialDecodeTask,
  OfficialEncodeTask,
  OfficialResult,
  OfficialTask,
  OfficialThreadData,
} from "./elic-tasks.js";

/** Converted TEC-ELICs, on threads of their own that start with the first use: nothing else pays for them. */
export interface OfficialPool {
  /** The latents of a chunk, on shared memory. */
  decode(task: Omit<OfficialDecodeTask, "kind">, signal?: AbortSignal): Promise<Float32Array>;
  /** On the cpu whatever the provider is, so that decoders anywhere are near enough. */
  encode(task: Omit<OfficialEncodeTask, "kind">, signal?: AbortSignal): Promise<OfficialChunk>;
  /** Undefined before the first use. */
  health(): PoolHealth | undefined;
  close(): Promise<void>;
}

export interface OfficialPoolOptions {
  readonly provider: Provider;
  readonly sessions?: number | undefined;
  /** Waiting chunks beyond which it rejects with OverloadedError. */
  readonly maxWaiting: number;
}

export function createOfficialPool({ provider, sessions, maxWaiting }: OfficialPoolOptions): OfficialPool {
  let started: WorkerPool<OfficialTask, OfficialResult> | undefined;

  function pool(): WorkerPool<OfficialTask, OfficialResult> {
    const data: OfficialThreadData = { provider, threads: 1 };
    started ??= createWorkerPool<OfficialTask, OfficialResult>({
      url: new URL("./elic-worker.js", import.meta.url),
      size: sessions ?? (provider === "cpu" ? availableParallelism() : 1),
      data,
      maxWaiting,
    });
    return started;
  }

  return {
    async decode(task, signal) {
      const result = await pool().run({ kind: "decode", ...task }, { signal });
      if (result.kind !== "decoded") throw new TypeError(`a ${result.kind} answer to a decode task`);
      return result.latents;
    },
    async encode(task, signal) {
      const result = await pool().run({ kind: "encode", ...task }, { signal });
      if (result.kind !== "encoded") throw new TypeError(`a ${result.kind} answer to an encode task`);
      return result.chunk;
    },
    health: () => started?.health(),
    async close() {
      await started?.close();
    },
  };
}
