import { availableParallelism } from "node:os";
import type { LatentWindow } from "../core/latents.js";
import type { StoredArray, WantedNumbers } from "../core/stored-numbers.js";
import { createWorkerPool, type PoolHealth } from "../core/worker-pool.js";
import type { AnalysisTask, NetworkResult, NetworkTask, NetworkThreadData, SynthesisTask } from "./network-tasks.js";
import type { Provider } from "./session.js";

/** Runs networks off the event loop: windows that wait for a free session are decoded together, as one batch. */
export interface Networks {
  readonly provider: Provider;
  /** Pixels [bands][(rows - 2 halo) x 16][(columns - 2 halo) x 16] of one window. */
  synthesise(request: SynthesisRequest, signal?: AbortSignal): Promise<Float32Array>;
  /** The same as numbers are stored. */
  synthesiseStored(request: SynthesisRequest, stored: WantedNumbers, signal?: AbortSignal): Promise<StoredArray>;
  analyse(task: Omit<AnalysisTask, "kind">, signal?: AbortSignal): Promise<Float32Array>;
  stats(): NetworkStats;
  health(): PoolHealth;
  close(): Promise<void>;
}

export type SynthesisRequest = Omit<SynthesisTask, "kind" | "windows" | "stored"> & { readonly window: LatentWindow };

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

/** Windows of one shape wait for a session together, and are decoded in one run. */
export function createNetworks(options: NetworksOptions): Networks {
  const { provider } = options;
  const onCpu = provider === "cpu";
  let [runs, windows] = [0, 0];
  const data: NetworkThreadData = { provider, threads: 1, strict: options.strict ?? false };
  const pool = createWorkerPool<NetworkTask, NetworkResult>({
    url: new URL("./network-worker.js", import.meta.url),
    size: options.sessions ?? (onCpu ? availableParallelism() : 1),
    data,
    maxWaiting: options.maxWaiting ?? 256,
    lasting: ["transform"],
    batching: {
      max: options.maxBatch ?? (onCpu ? 1 : 16),
      joins: (first, other) => first.kind === "synthesise" && other.kind === "synthesise" && shareRun(first, other),
      merge(tasks) {
        const [first] = tasks;
        if (first?.kind !== "synthesise") return first as NetworkTask;
        runs++;
        windows += tasks.length;
        return { ...first, windows: tasks.flatMap((task) => (task.kind === "synthesise" ? task.windows : [])) };
      },
      split: ({ data: pixels }, count) =>
        count === 1
          ? [{ data: pixels }]
          : Array.from({ length: count }, (_, i) => ({ data: partOf(pixels, i, count) })),
    },
  });

  const run = async (
    { window, ...shared }: SynthesisRequest,
    stored: WantedNumbers | undefined,
    signal: AbortSignal | undefined,
  ): Promise<StoredArray> =>
    (await pool.run({ kind: "synthesise", ...shared, windows: [window], stored }, { signal })).data;

  return {
    provider,
    async synthesise(request, signal) {
      return floats(await run(request, undefined, signal));
    },
    synthesiseStored: run,
    async analyse(task, signal) {
      return floats((await pool.run({ kind: "analyse", ...task }, { signal })).data);
    },
    stats: () => ({ provider, runs, windows, waiting: pool.waiting() }),
    health: () => pool.health(),
    close: () => pool.close(),
  };
}

function floats(data: StoredArray): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new TypeError("whole numbers of a thread that was asked for none");
}

function partOf(pixels: StoredArray, i: number, count: number): StoredArray {
  const size = pixels.length / count;
  return pixels.slice(i * size, (i + 1) * size);
}

function shareRun(a: SynthesisTask, b: SynthesisTask): boolean {
  const [first, other] = [a.windows[0], b.windows[0]];
  return (
    a.transform.synthesis === b.transform.synthesis &&
    a.refine === b.refine &&
    a.lowest === b.lowest &&
    a.kept === undefined &&
    b.kept === undefined &&
    JSON.stringify(a.stored) === JSON.stringify(b.stored) &&
    JSON.stringify(a.native) === JSON.stringify(b.native) &&
    first?.rows === other?.rows &&
    first?.columns === other?.columns &&
    a.bands.join() === b.bands.join()
  );
}
