// Feeds a target with the inputs of a range of seeds. Tells the main thread how each failed; the seed under way stands in shared memory.
import { parentPort, workerData } from "node:worker_threads";
import { TARGETS } from "./targets.js";

/** What the main thread sends. */
export interface FuzzOrder {
  readonly target: string;
  readonly from: number;
  readonly to: number;
  /** [seed under way, inputs begun, refused]. */
  readonly state: Int32Array;
}

const { target: name, from, to, state } = workerData as FuzzOrder;
const target = TARGETS.get(name);
if (target === undefined) throw new RangeError(`no target ${name}`);
// What is made once takes its time: no input is charged for it.
await target.run(from).catch(() => undefined);
for (let seed = from; seed < to; seed++) {
  Atomics.store(state, 0, seed);
  Atomics.add(state, 1, 1);
  try {
    if ((await target.run(seed)) === "refused") Atomics.add(state, 2, 1);
  } catch (error) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread has no origin.
    parentPort?.postMessage({ seed, problem: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
// Servers of targets would keep the thread.
process.exit(0);
