import { availableParallelism } from "node:os";
import type { LatentWindow } from "../core/latents.js";
import { OverloadedError } from "../core/errors.js";
import { createWorkerPool, type PoolHealth } from "../core/worker-pool.js";
import type { AnalysisTask, NetworkResult, NetworkTask, NetworkThreadData, SynthesisTask } from "./network-tasks.js";
import type { Provider } from "./session.js";

/** Runs networks off the event loop: windows that wait for a free session are decoded together, as one batch. */
export interface Networks {
  readonly provider: Provider;
  /** Pixels [bands][(rows - 2 halo) x 16][(columns - 2 halo) x 16] of one window. */
  synthesise(request: SynthesisRequest, signal?: AbortSignal): Promise<Float32Array>;
  analyse(task: Omit<AnalysisTask, "kind">, signal?: AbortSignal): Promise<Float32Array>;
  stats(): NetworkStats;
  health(): PoolHealth;
  close(): Promise<void>;
}

export type SynthesisRequest = Omit<SynthesisTask, "kind" | "windows"> & { readonly window: LatentWindow };

export interface NetworkStats {
  readonly provider: Provider;
  readonly runs: number;
  readonly windows: number;
  readonly waiting: number;
}

export interface NetworksOptions {
  readonly provider: Provider;
  /** Sessions, each on its own thread: one a core on the cpu, one on a GPU. */
  readonly sessions?: number | undefined;
  /** Windows decoded in one run. */
  readonly maxBatch?: number | undefined;
  readonly maxWaiting?: number | undefined;
  readonly strict?: boolean;
}

interface Waiting {
  readonly request: SynthesisRequest;
  readonly resolve: (pixels: Float32Array) => void;
  readonly reject: (error: Error) => void;
  readonly signal: AbortSignal | undefined;
}

export function createNetworks(options: NetworksOptions): Networks {
  const { provider } = options;
  const onCpu = provider === "cpu";
  const sessions = options.sessions ?? (onCpu ? availableParallelism() : 1);
  const maxBatch = options.maxBatch ?? (onCpu ? 1 : 16);
  const maxWaiting = options.maxWaiting ?? 256;
  const data: NetworkThreadData = { provider, threads: 1, strict: options.strict ?? false };
  const pool = createWorkerPool<NetworkTask, NetworkResult>({
    url: new URL("./network-worker.js", import.meta.url),
    size: sessions,
    data,
    maxWaiting: Infinity,
  });
  const queue: Waiting[] = [];
  let [running, runs, windows] = [0, 0, 0];

  function pump(): void {
    while (running < sessions) {
      const batch = takeBatch(queue, maxBatch);
      const [first] = batch;
      if (first === undefined) return;
      running++;
      runs++;
      windows += batch.length;
      void runBatch(batch, first).finally(() => {
        running--;
        pump();
      });
    }
  }

  async function runBatch(batch: readonly Waiting[], first: Waiting): Promise<void> {
    const { window: _, ...shared } = first.request;
    try {
      const { data: pixels } = await pool.run({
        kind: "synthesise",
        ...shared,
        windows: batch.map(({ request }) => request.window),
      });
      const size = pixels.length / batch.length;
      batch.forEach(({ resolve }, i) => resolve(batch.length === 1 ? pixels : pixels.slice(i * size, (i + 1) * size)));
    } catch (error) {
      for (const { reject } of batch) reject(error as Error);
    }
  }

  return {
    provider,
    synthesise(request, signal) {
      if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
      if (queue.length >= maxWaiting)
        return Promise.reject(new OverloadedError(`${queue.length} windows wait to be decoded; retry in a moment`));
      return new Promise((resolve, reject) => {
        queue.push({ request, resolve, reject, signal });
        pump();
      });
    },
    async analyse(task, signal) {
      return (await pool.run({ kind: "analyse", ...task }, { signal })).data;
    },
    stats: () => ({ provider, runs, windows, waiting: queue.length }),
    health: () => pool.health(),
    async close() {
      for (const { reject } of queue.splice(0)) reject(new OverloadedError("The server is closing"));
      await pool.close();
    },
  };
}

/** Removes the oldest request still wanted and, up to `max`, the others that can share its run. */
function takeBatch(queue: Waiting[], max: number): Waiting[] {
  const batch: Waiting[] = [];
  for (let i = 0; i < queue.length && batch.length < max;) {
    const entry = queue[i];
    if (entry?.signal?.aborted === true) {
      queue.splice(i, 1);
      entry.reject(entry.signal.reason as Error);
    } else if (entry !== undefined && (batch[0] === undefined || shareRun(batch[0].request, entry.request))) {
      queue.splice(i, 1);
      batch.push(entry);
    } else {
      i++;
    }
  }
  return batch;
}

function shareRun(a: SynthesisRequest, b: SynthesisRequest): boolean {
  return (
    pathOf(a) === pathOf(b) &&
    a.refine === b.refine &&
    a.lowest === b.lowest &&
    JSON.stringify(a.native) === JSON.stringify(b.native) &&
    a.window.rows === b.window.rows &&
    a.window.columns === b.window.columns &&
    a.bands.join() === b.bands.join()
  );
}

/** Names a transform: each has its own file. */
function pathOf({ transform }: SynthesisRequest): string {
  return transform.synthesis;
}
