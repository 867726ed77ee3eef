import { getPriority, setPriority } from "node:os";
import { parentPort, Worker } from "node:worker_threads";
import { enqueueAbortable } from "./abortable.js";
import { fromErrorMessage, ModelError, OverloadedError, toErrorMessage, type ErrorMessage } from "./errors.js";

/** Threads that answer tasks of type `Task` with `Result`. A thread takes one task at a time. */
export interface WorkerPool<Task, Result> {
  readonly size: number;
  /** Tasks waiting for a thread. */
  waiting(): number;
  /** Rejects with the signal's reason when it aborts before the task started; a running task is let finish. */
  run(
    task: Task,
    options?: { readonly signal?: AbortSignal | undefined; readonly transfer?: readonly ArrayBuffer[] },
  ): Promise<Result>;
  close(): Promise<void>;
}

export interface WorkerPoolOptions {
  /** The thread's module, which calls `serveTasks`. */
  readonly url: URL;
  readonly size: number;
  readonly data: unknown;
  /** Waiting tasks beyond which `run` rejects with OverloadedError. */
  readonly maxWaiting: number;
}

interface Job<Task, Result> {
  readonly task: Task;
  readonly transfer: readonly ArrayBuffer[];
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

interface Reply<Result> {
  readonly result?: Result;
  readonly error?: ErrorMessage;
}

/** A thread's first message. */
const LOADED = "loaded";

/** Starts the threads; they load their module in the background, and the first tasks wait for it. */
export function createWorkerPool<Task, Result>(options: WorkerPoolOptions): WorkerPool<Task, Result> {
  const queue: Job<Task, Result>[] = [];
  const idle: Thread[] = [];
  const threads = new Set<Thread>();
  let closed = false;

  interface Thread {
    readonly worker: Worker;
    job: Job<Task, Result> | undefined;
    /** Told when the module has loaded or the running task has ended. */
    onIdle: (() => void) | undefined;
    isLoaded: boolean;
  }

  function start(): void {
    const thread: Thread = {
      worker: new Worker(options.url, { workerData: options.data }),
      job: undefined,
      onIdle: undefined,
      isLoaded: false,
    };
    thread.worker.on("message", (reply: Reply<Result> | typeof LOADED) => {
      if (reply === LOADED) {
        thread.isLoaded = true;
        if (thread.job === undefined) thread.onIdle?.();
        return;
      }
      const { job } = thread;
      thread.job = undefined;
      if (reply.error === undefined) job?.resolve(reply.result as Result);
      else job?.reject(fromErrorMessage(reply.error));
      idle.push(thread);
      thread.onIdle?.();
      next();
    });
    thread.worker.on("error", (error) => lose(thread, error));
    thread.worker.on("exit", (code) => lose(thread, new Error(`exit code ${code}`)));
    threads.add(thread);
    idle.push(thread);
    if (queue.length === 0) thread.worker.unref();
  }

  /** A thread died: its task fails, a fresh one takes its place. */
  function lose(thread: Thread, cause: unknown): void {
    thread.onIdle?.();
    if (!threads.delete(thread) || closed) return;
    const at = idle.indexOf(thread);
    if (at >= 0) idle.splice(at, 1);
    thread.job?.reject(new ModelError("A worker thread ended unexpectedly", { cause }));
    start();
    next();
  }

  function next(): void {
    while (queue.length > 0) {
      const thread = idle.pop();
      if (thread === undefined) return;
      const job = queue.shift();
      if (job === undefined) {
        idle.push(thread);
        return;
      }
      thread.job = job;
      thread.worker.ref();
      thread.worker.postMessage(job.task, job.transfer as ArrayBuffer[]);
    }
    for (const thread of idle) thread.worker.unref();
  }

  for (let i = 0; i < options.size; i++) start();

  return {
    size: options.size,
    waiting: () => queue.length,
    run(task, { signal, transfer = [] } = {}) {
      if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
      if (queue.length >= options.maxWaiting) {
        return Promise.reject(new OverloadedError(`${queue.length} tasks are waiting; retry in a moment`));
      }
      const result = enqueueAbortable<Job<Task, Result>, Result>(
        queue,
        (settlement) => ({ task, transfer, ...settlement }),
        signal,
      );
      next();
      return result;
    },
    async close() {
      closed = true;
      for (const job of queue.splice(0)) job.reject(new OverloadedError("The server is closing"));
      // A thread ended while a native module loads or runs takes the process with it, so both are let finish.
      await Promise.all(
        [...threads].map(async (thread) => {
          thread.worker.ref();
          if (thread.job !== undefined || !thread.isLoaded)
            await new Promise<void>((resolve) => (thread.onIdle = resolve));
          await thread.worker.terminate();
        }),
      );
    },
  };
}

/** The thread's side: answers each task in turn. `answer` may name buffers to hand over instead of copying. */
export function serveTasks<Task, Result>(
  answer: (task: Task) => Promise<{ result: Result; transfer?: ArrayBuffer[] }>,
): void {
  const port = parentPort;
  if (port === null) throw new TypeError("serveTasks runs in a worker thread");
  yieldToMainThread();
  port.postMessage(LOADED);
  port.on("message", (task: Task) => {
    void (async () => {
      try {
        const { result, transfer = [] } = await answer(task);
        port.postMessage({ result }, transfer);
      } catch (error) {
        port.postMessage({ error: toErrorMessage(error) });
      }
    })();
  });
}

/** How far workers stand behind the main thread, of 0..19. */
const NICENESS = 5;

/**
 * Lets the event loop go first where threads are more than cores. Only Linux gives a thread a niceness of its own; elsewhere the call
 * would slow down the whole process.
 */
function yieldToMainThread(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(Math.min(19, getPriority() + NICENESS));
  } catch {
    // Not allowed here: the work goes on as it is.
  }
}
