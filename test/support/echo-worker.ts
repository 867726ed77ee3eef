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
}

export interface EchoResult {
  /** Tasks that this thread has had, this one included. */
  readonly tasks: number;
  /** Of this thread, -20..19. */
  readonly priority: number;
}

let tasks = 0;
serveTasks<EchoTask, EchoResult>(async ({ waitMs, exit = false, unpostable = false, spin = false }) => {
  if (exit) process.exit(3);
  if (unpostable) return { result: { tasks: () => undefined } as never };
  while (spin) throwIfCancelled();
  await sleepMs(waitMs);
  tasks++;
  return { result: { tasks, priority: getPriority() } };
});
