import { AsyncResource } from "node:async_hooks";
import { channel } from "node:diagnostics_channel";
import { getPriority, setPriority } from "node:os";
import { basename } from "node:path";
import { parentPort, Worker } from "node:worker_threads";
import { fromErrorMessage, ModelError, OverloadedError, toErrorMessage, type ErrorMessage } from "./errors.js";
import { createLastingMemory, numbersOf, withoutKnown, type LastingNumbers } from "./lasting-objects.js";
import { WaitingRoom, type Batching, type Waiting } from "./waiting-room.js";

/** Threads that answer tasks of type `Task` with `Result`. A thread takes one task at a time. */
export interface WorkerPool<Task, Result> {
  readonly size: number;
  /** Tasks waiting for a thread. */
  waiting(): number;
  /** How its threads are, for health checks. */
  health(): PoolHealth;
  /** Rejects with the signal's reason when it aborts before the task started; a running task ends at its next `throwIfCancelled`. */
  run(
    task: Task,
    options?: { readonly signal?: AbortSignal | undefined; readonly transfer?: readonly ArrayBuffer[] },
  ): Promise<Result>;
  close(): Promise<void>;
}

/** What a pool tells of every task that ended, on the diagnostics channel TASK_CHANNEL, in the async context of who asked for it: for metrics and traces. */
export interface EndedTask {
  /** File name of the thread's module, without "-worker.js": "pixel". */
  readonly pool: string;
  /** The task's own `kind`, where it has one. */
  readonly kind: string;
  readonly waitedMs: number;
  readonly ranMs: number;
  /** True where the thread did it together with another task, which is told apart and has the same `ranMs`. */
  readonly joined: boolean;
}

export const TASK_CHANNEL = "tectile:task";
const ended = channel(TASK_CHANNEL);

/** The threads of a pool at this moment. */
export interface PoolHealth {
  readonly size: number;
  /** Threads that are up or starting; the others died and wait to be started again. */
  readonly alive: number;
  readonly busy: number;
  readonly waiting: number;
  /** How long the oldest running task has run, milliseconds; 0 where none runs. */
  readonly oldestMs: number;
}

/** How tasks that wait for a thread become one. */
export interface TaskBatching<Task, Result> extends Batching<Task> {
  /** Of one task or more, of which each joins the first. */
  merge(tasks: readonly Task[]): Task;
  /** The merged task's result, one part a task. */
  split(result: Result, count: number): readonly Result[];
}

export interface WorkerPoolOptions<Task, Result> {
  /** The thread's module, which calls `serveTasks`. */
  readonly url: URL;
  readonly size: number;
  readonly data: unknown;
  /** Waiting tasks beyond which `run` rejects with OverloadedError. */
  readonly maxWaiting: number;
  /** Each task alone unless given. */
  readonly batching?: TaskBatching<Task, Result> | undefined;
  /** Fields of tasks whose objects come again and again, such as a model: a thread is sent each once. */
  readonly lasting?: readonly string[] | undefined;
}

interface Parcel<Task> {
  readonly task: Task;
  readonly transfer: readonly ArrayBuffer[];
  /** Publishes in the context of who asked. */
  readonly tell: ((task: EndedTask) => void) | undefined;
}

type Job<Task, Result> = Waiting<Parcel<Task>, Result>;

interface Reply<Result> {
  readonly result?: Result;
  readonly error?: ErrorMessage;
}

/** A task as it is posted; `cancelled[0]` becomes 1 when nobody wants it any more. */
interface Posted<Task> {
  readonly task: Task;
  readonly cancelled: Int32Array;
  /** Numbers of lasting objects, by field; one that the thread has is not in the task. */
  readonly lasting: LastingNumbers;
}

/** A thread's first message. */
const LOADED = "loaded";
/** A thread that died before its module was loaded is started again after so long, doubled with each such death. */
const RESTART_MS = [100, 5000] as const;

/**
 * Starts the threads; they load their module in the background, and the first tasks wait for it.
 *
 * Whatever a task does, its thread comes back: one that can't be posted fails alone, a thread that dies is replaced.
 */
export function createWorkerPool<Task, Result>(options: WorkerPoolOptions<Task, Result>): WorkerPool<Task, Result> {
  const { batching } = options;
  const queue = new WaitingRoom<Parcel<Task>, Result>({
    max: options.maxWaiting,
    full: (count) => `${count} tasks are waiting; retry in a moment`,
  });
  const batches: Batching<Parcel<Task>> = {
    max: batching?.max ?? 1,
    joins: (first, other) => batching?.joins(first.task, other.task) === true,
  };
  const idle: Thread[] = [];
  const threads = new Set<Thread>();
  const restarts = new Set<NodeJS.Timeout>();
  const poolName = basename(options.url.pathname).replace(/-worker\.js$/, "");
  let closed = false;
  /** Deaths before the module was loaded, since the last thread that did load it. */
  let stillborn = 0;

  interface Thread {
    readonly worker: Worker;
    /** What it works on, together; none where it is idle. */
    jobs: readonly Job<Task, Result>[];
    startedAtMs: number;
    /** Forgets the running tasks' signals. */
    release: () => void;
    /** Told when the module has loaded or the running task has ended. */
    onIdle: (() => void) | undefined;
    isLoaded: boolean;
    /** Numbers of lasting objects that it was sent. */
    readonly has: Set<number>;
  }

  function start(): void {
    const thread: Thread = {
      worker: new Worker(options.url, { workerData: options.data }),
      jobs: [],
      startedAtMs: 0,
      release: () => undefined,
      onIdle: undefined,
      isLoaded: false,
      has: new Set(),
    };
    thread.worker.on("message", (reply: Reply<Result> | typeof LOADED) => {
      if (reply === LOADED) {
        thread.isLoaded = true;
        stillborn = 0;
        if (thread.jobs.length === 0) thread.onIdle?.();
        return;
      }
      // It may not have been able to read what it was sent.
      if (reply.error !== undefined) thread.has.clear();
      answer(takeJobs(thread), reply);
      makeIdle(thread);
    });
    thread.worker.on("messageerror", (cause) => {
      for (const job of takeJobs(thread))
        job.reject(new ModelError("A worker thread's answer can't be read", { cause }));
      makeIdle(thread);
    });
    thread.worker.on("error", (error) => lose(thread, error));
    thread.worker.on("exit", (code) => lose(thread, new Error(`exit code ${code}`)));
    threads.add(thread);
    idle.push(thread);
    if (queue.size === 0) thread.worker.unref();
  }

  function answer(jobs: readonly Job<Task, Result>[], reply: Reply<Result>): void {
    if (reply.error !== undefined) {
      for (const job of jobs)
        job.reject(job.signal?.aborted === true ? (job.signal.reason as Error) : fromErrorMessage(reply.error));
      return;
    }
    const result = reply.result as Result;
    const results = batching === undefined ? [result] : batching.split(result, jobs.length);
    jobs.forEach((job, i) => job.resolve(results[i] as Result));
  }

  function takeJobs(thread: Thread): readonly Job<Task, Result>[] {
    const { jobs } = thread;
    thread.jobs = [];
    thread.release();
    const ranMs = performance.now() - thread.startedAtMs;
    for (const [i, { work, sinceMs }] of jobs.entries()) {
      const waitedMs = thread.startedAtMs - sinceMs;
      work.tell?.({ pool: poolName, kind: kindOf(work.task), waitedMs, ranMs, joined: i > 0 });
    }
    return jobs;
  }

  function makeIdle(thread: Thread): void {
    idle.push(thread);
    thread.onIdle?.();
    next();
  }

  /** A thread died: its task fails, a fresh one takes its place. */
  function lose(thread: Thread, cause: unknown): void {
    thread.onIdle?.();
    if (!threads.delete(thread) || closed) return;
    const at = idle.indexOf(thread);
    if (at >= 0) idle.splice(at, 1);
    for (const job of takeJobs(thread)) job.reject(new ModelError("A worker thread ended unexpectedly", { cause }));
    if (thread.isLoaded) start();
    else restartLater();
    next();
  }

  /** A module that can't be loaded must neither spin nor keep callers waiting for what won't come. */
  function restartLater(): void {
    const [firstMs, lastMs] = RESTART_MS;
    const timer = setTimeout(
      () => {
        restarts.delete(timer);
        start();
        next();
      },
      Math.min(lastMs, firstMs * 2 ** stillborn),
    ).unref();
    restarts.add(timer);
    stillborn++;
    if (threads.size > 0) return;
    queue.empty(noThread);
  }

  function next(): void {
    while (queue.size > 0) {
      const thread = idle.pop();
      if (thread === undefined) return;
      post(queue.takeBatch(batches), thread);
    }
    for (const thread of idle) thread.worker.unref();
  }

  function post(jobs: readonly Job<Task, Result>[], thread: Thread): void {
    const cancelled = new Int32Array(new SharedArrayBuffer(4));
    try {
      const tasks = jobs.map(({ work }) => work.task);
      const task = batching === undefined ? tasks[0] : batching.merge(tasks);
      const lasting = numbersOf(task, options.lasting);
      thread.worker.postMessage(
        { task: withoutKnown(task as Task, lasting, thread.has), cancelled, lasting } satisfies Posted<Task>,
        jobs.flatMap(({ work }) => work.transfer),
      );
      for (const number of Object.values(lasting)) thread.has.add(number);
    } catch (cause) {
      idle.push(thread);
      for (const job of jobs) job.reject(new TypeError("The task can't be sent to a worker thread", { cause }));
      return;
    }
    // The thread goes on until nobody wants any of it.
    const cancel = (): void => {
      if (jobs.every(({ signal }) => signal?.aborted === true)) Atomics.store(cancelled, 0, 1);
    };
    for (const { signal } of jobs) signal?.addEventListener("abort", cancel, { once: true });
    thread.release = () => {
      for (const { signal } of jobs) signal?.removeEventListener("abort", cancel);
    };
    thread.jobs = jobs;
    thread.startedAtMs = performance.now();
    thread.worker.ref();
  }

  for (let i = 0; i < options.size; i++) start();

  return {
    size: options.size,
    waiting: () => queue.size,
    health() {
      const running = [...threads].filter(({ jobs }) => jobs.length > 0);
      const since = Math.min(...running.map(({ startedAtMs }) => startedAtMs));
      return {
        size: options.size,
        alive: threads.size,
        busy: running.length,
        waiting: queue.size,
        oldestMs: running.length === 0 ? 0 : performance.now() - since,
      };
    },
    run(task, { signal, transfer = [] } = {}) {
      if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
      if (closed) return Promise.reject(new OverloadedError("The server is closing"));
      if (threads.size === 0) return Promise.reject(noThread());
      const tell = ended.hasSubscribers
        ? AsyncResource.bind((message: EndedTask) => ended.publish(message))
        : undefined;
      const result = queue.enter({ task, transfer, tell }, signal);
      next();
      return result;
    },
    async close() {
      closed = true;
      for (const timer of restarts) clearTimeout(timer);
      queue.empty(() => new OverloadedError("The server is closing"));
      // A thread ended while a native module loads or runs takes the process with it, so both are let finish.
      await Promise.all(
        [...threads].map(async (thread) => {
          thread.worker.ref();
          if (thread.jobs.length > 0 || !thread.isLoaded)
            await new Promise<void>((resolve) => (thread.onIdle = resolve));
          await thread.worker.terminate();
        }),
      );
    },
  };
}

function kindOf(task: unknown): string {
  return typeof task === "object" && task !== null && "kind" in task && typeof task.kind === "string"
    ? task.kind
    : "task";
}

const noThread = (): OverloadedError => new OverloadedError("No worker thread is up; retry in a moment");

/** The thread's side: answers each task in turn. `answer` may name buffers to hand over instead of copying. */
export function serveTasks<Task, Result>(
  answer: (task: Task) => Promise<{ result: Result; transfer?: ArrayBuffer[] }>,
): void {
  const port = parentPort;
  if (port === null) throw new TypeError("serveTasks runs in a worker thread");
  yieldToMainThread();
  port.postMessage(LOADED);
  port.on("messageerror", (error) => port.postMessage({ error: toErrorMessage(error) }));
  const putBack = createLastingMemory();
  port.on("message", ({ task: sent, cancelled, lasting }: Posted<Task>) => {
    const task = putBack(sent, lasting);
    void (async () => {
      try {
        current = cancelled;
        const { result, transfer = [] } = await answer(task);
        port.postMessage({ result }, transfer);
      } catch (error) {
        port.postMessage({ error: toErrorMessage(error) });
      }
    })();
  });
}

/** Of the task that this thread runs. */
let current: Int32Array | undefined;

/** Inside a worker's long computation: ends it when nobody wants its result any more. Elsewhere it does nothing. */
export function throwIfCancelled(): void {
  if (current !== undefined && Atomics.load(current, 0) !== 0) throw new Error("The task was cancelled");
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
