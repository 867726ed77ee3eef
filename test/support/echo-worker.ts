// A worker thread for tests of the pool: waits, counts, tells its priority, or ends.
import { getPriority } from "node:os";
import { setTimeout as sleepMs } from "node:timers/promises";
import { serveTasks, throwIfCancelled } from "../../src/core/worker-pool.js";

export interface EchoTask {
  readonly waitMs: number;
  readonly exit?: boolean;
  /** Answer with something that can't be posted. */
  readonly unpostable?: boolean;
  /** Compute until cancelled. */
  readonly spin?: boolean;
  /** Of no use: for tasks that can't be posted. */
  readonly cargo?: unknown;
  /** One that the pool sends once. */
  readonly lasting?: { readonly word: string };
}

export interface EchoResult {
  /** Tasks that this thread has had, this one included. */
  readonly tasks: number;
  /** Of this thread, -20..19. */
  readonly priority: number;
  /** Of the task's lasting object, and which of those that this thread has had it is. */
  readonly word?: string | undefined;
  readonly which?: number;
}

let tasks = 0;
const had: object[] = [];
serveTasks<EchoTask, EchoResult>(async ({ waitMs, exit = false, unpostable = false, spin = false, lasting }) => {
  if (exit) process.exit(3);
  if (unpostable) return { result: { tasks: () => undefined } as never };
  while (spin) throwIfCancelled();
  await sleepMs(waitMs);
  tasks++;
  if (lasting === undefined) return { result: { tasks, priority: getPriority() } };
  if (!had.includes(lasting)) had.push(lasting);
  return { result: { tasks, priority: getPriority(), word: lasting.word, which: had.indexOf(lasting) } };
});
