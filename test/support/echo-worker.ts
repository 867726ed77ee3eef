// A worker thread for tests of the pool: waits, counts, tells its priority, or ends.
import { getPriority } from "node:os";
import { setTimeout as sleepMs } from "node:timers/promises";
import { serveTasks } from "../../src/core/worker-pool.js";

export interface EchoTask {
  readonly waitMs: number;
  readonly exit?: boolean;
}

export interface EchoResult {
  /** Tasks that this thread has had, this one included. */
  readonly tasks: number;
  /** Of this thread, -20..19. */
  readonly priority: number;
}

let tasks = 0;
serveTasks<EchoTask, EchoResult>(async ({ waitMs, exit = false }) => {
  if (exit) process.exit(3);
  await sleepMs(waitMs);
  tasks++;
  return { result: { tasks, priority: getPriority() } };
});
