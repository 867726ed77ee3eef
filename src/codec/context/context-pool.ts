import { availableParallelism } from "node:os";
import { OverloadedError } from "../../core/errors.js";
import { enqueueAbortable } from "../../core/abortable.js";
import { createWorkerPool, type PoolHealth, type WorkerPool } from "../../core/worker-pool.js";
import type { Provider } from "../../model/session.js";
import type { ContextSymbols } from "./context-coder.js";
import type {
  ContextEncodeTask,
  ContextResult,
  ContextTask,
  ContextThreadData,
  LoadedContext,
  OfficialChunk,
  OfficialDecodeTask,
  OfficialEncodeTask,
  StoredStreams,
} from "./context-tasks.js";

/** Entropy coding by context models, on threads of its own that start with the first use: FP never pays for them. */
export interface ContextCoders {
  /** `tokens`: a stream a token, as FlexTEC has. Chunks that wait and share shape, step and model are decoded together. */
  decode(model: LoadedContext, tokens: boolean, chunk: StoredStreams, signal?: AbortSignal): Promise<ContextSymbols>;
  encode(task: Omit<ContextEncodeTask, "kind">, signal?: AbortSignal): Promise<readonly Uint8Array[]>;
  /** The latents of a converted TEC-ELIC's chunk, on shared memory. */
  decodeOfficial(task: Omit<OfficialDecodeTask, "kind">, signal?: AbortSignal): Promise<Float32Array>;
  /** On the cpu whatever the provider is, so that decoders anywhere are near enough. */
  encodeOfficial(task: Omit<OfficialEncodeTask, "kind">, signal?: AbortSignal): Promise<OfficialChunk>;
  /** Undefined before the first use. */
  health(): PoolHealth | undefined;
  close(): Promise<void>;
}

export interface ContextCodersOptions {
  readonly provider: Provider;
  readonly sessions?: number | undefined;
  /** Chunks decoded in one run. */
  readonly maxBatch?: number | undefined;
  /** Waiting chunks beyond which `decode` rejects with OverloadedError; so many other tasks may wait beside them. */
  readonly maxWaiting: number;
  readonly strict?: boolean;
}

interface Waiting {
  readonly model: LoadedContext;
  readonly tokens: boolean;
  readonly chunk: StoredStreams;
  readonly resolve: (symbols: ContextSymbols) => void;
  readonly reject: (error: Error) => void;
}

export function createContextCoders(options: ContextCodersOptions): ContextCoders {
  const { provider, strict = false, maxWaiting } = options;
  const onCpu = provider === "cpu";
  const sessions = options.sessions ?? (onCpu ? availableParallelism() : 1);
  const maxBatch = options.maxBatch ?? (onCpu ? 2 : 16);
  const queue: Waiting[] = [];
  let running = 0;
  let started: WorkerPool<ContextTask, ContextResult> | undefined;

  function pool(): WorkerPool<ContextTask, ContextResult> {
    const data: ContextThreadData = { provider, threads: 1, strict };
    started ??= createWorkerPool<ContextTask, ContextResult>({
      url: new URL("./context-worker.js", import.meta.url),
      size: sessions,
      data,
      maxWaiting,
    });
    return started;
  }

  function pump(): void {
    while (running < sessions && queue.length > 0) {
      const batch = takeBatch(queue, maxBatch);
      const [first] = batch;
      if (first === undefined) return;
      running++;
      void runBatch(batch, first).finally(() => {
        running--;
        pump();
      });
    }
  }

  async function runBatch(batch: readonly Waiting[], { model, tokens }: Waiting): Promise<void> {
    try {
      const result = await pool().run({ kind: "decode", model, tokens, chunks: batch.map(({ chunk }) => chunk) });
      if (result.kind !== "decoded") throw new TypeError(`a ${result.kind} answer to a decode task`);
      result.chunks.forEach((symbols, i) => batch[i]?.resolve(symbols));
    } catch (error) {
      // One damaged chunk must not fail its neighbours.
      if (batch.length > 1) await Promise.all(batch.map((one) => runBatch([one], one)));
      else batch[0]?.reject(error as Error);
    }
  }

  return {
    decode(model, tokens, chunk, signal) {
      if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
      if (queue.length >= maxWaiting)
        return Promise.reject(new OverloadedError(`${queue.length} chunks are waiting; retry in a moment`));
      const found = enqueueAbortable<Waiting, ContextSymbols>(
        queue,
        (settlement) => ({ model, tokens, chunk, ...settlement }),
        signal,
      );
      pump();
      return found;
    },
    async encode(task, signal) {
      const result = await pool().run({ kind: "encode", ...task }, { signal });
      if (result.kind !== "encoded") throw new TypeError(`a ${result.kind} answer to an encode task`);
      return result.streams;
    },
    async decodeOfficial(task, signal) {
      const result = await pool().run({ kind: "decode-official", ...task }, { signal });
      if (result.kind !== "decoded-official") throw new TypeError(`a ${result.kind} answer to a decode task`);
      return result.latents;
    },
    async encodeOfficial(task, signal) {
      const result = await pool().run({ kind: "encode-official", ...task }, { signal });
      if (result.kind !== "encoded-official") throw new TypeError(`a ${result.kind} answer to an encode task`);
      return result.chunk;
    },
    health: () => started?.health(),
    async close() {
      for (const { reject } of queue.splice(0)) reject(new OverloadedError("The server is closing"));
      await started?.close();
    },
  };
}

/** Removes the oldest chunk and, up to `max`, the others that can share its run. */
function takeBatch(queue: Waiting[], max: number): Waiting[] {
  const batch: Waiting[] = [];
  for (let i = 0; i < queue.length && batch.length < max;) {
    const entry = queue[i];
    if (entry !== undefined && (batch[0] === undefined || shareRun(batch[0], entry))) {
      queue.splice(i, 1);
      batch.push(entry);
    } else {
      i++;
    }
  }
  return batch;
}

function shareRun(a: Waiting, b: Waiting): boolean {
  const [x, y] = [a.chunk.frame, b.chunk.frame];
  const sameShape = x.rows === y.rows && x.columns === y.columns && x.quality === y.quality;
  return a.model.id === b.model.id && a.tokens === b.tokens && sameShape;
}
