// node build/bench/fuzz/main.js --target container|entropy|documents|parameters|bodies|tiff|jp2|safe|stac-item|vrt|all --inputs 100000 --seed 1 [--deadline 10]
// A line of JSON a target: inputs, refused, failures (crashes, 5xx, wrong answers), hangs (inputs beyond the deadline, seconds). Exit code 1
// where anything failed; `--seed S --inputs 1` repeats one.
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import type { FuzzOrder } from "./fuzz-worker.js";
import { TARGETS } from "./targets.js";

const { values } = parseArgs({
  options: {
    target: { type: "string", default: "all" },
    inputs: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    deadline: { type: "string", default: "10" },
  },
});
const PREPARE_MS = 300_000;
const MAX_TOLD = 10;

interface Tally {
  readonly target: string;
  readonly inputs: number;
  readonly refused: number;
  readonly seconds: number;
  readonly hangs: readonly number[];
  readonly failures: readonly { readonly seed: number; readonly problem: string }[];
}

async function fuzz(target: string, from: number, to: number, deadlineMs: number): Promise<Tally> {
  const start = performance.now();
  const state = new Int32Array(new SharedArrayBuffer(12));
  const failures: { seed: number; problem: string }[] = [];
  const hangs: number[] = [];
  let next = from;
  while (next < to) {
    Atomics.store(state, 0, next - 1);
    next = await runThread({ target, from: next, to, state }, deadlineMs, (failure) => failures.push(failure), hangs);
  }
  const [, inputs = 0, refused = 0] = state;
  const seconds = Math.round((performance.now() - start) / 1000);
  return { target, inputs, refused, seconds, hangs, failures };
}

/** Runs a thread over seeds until its end, or its death or hang. Gives the next seed. */
function runThread(
  order: FuzzOrder,
  deadlineMs: number,
  onFailure: (failure: { seed: number; problem: string }) => void,
  hangs: number[],
): Promise<number> {
  const { state, from, to } = order;
  return new Promise((resolve) => {
    const worker = new Worker(new URL("./fuzz-worker.js", import.meta.url), { workerData: order });
    let [seen, since] = [from - 1, performance.now()];
    const end = (next: number): void => {
      clearInterval(timer);
      void worker.terminate().then(() => resolve(next));
    };
    const timer = setInterval(() => {
      const seed = Atomics.load(state, 0);
      const limitMs = seed < from ? PREPARE_MS : deadlineMs;
      if (seed !== seen) [seen, since] = [seed, performance.now()];
      else if (performance.now() - since > limitMs) {
        hangs.push(seed);
        end(Math.max(from, seed) + 1);
      }
    }, 200);
    worker.on("message", onFailure);
    worker.on("error", (error) => {
      const seed = Atomics.load(state, 0);
      onFailure({ seed, problem: `the thread died: ${error.stack ?? error.message}` });
      end(Math.max(from, seed) + 1);
    });
    worker.on("exit", () =>
      end(Math.max(from - 1, Atomics.load(state, 0)) >= to - 1 ? to : Atomics.load(state, 0) + 1),
    );
  });
}

const names = values.target === "all" ? [...TARGETS.keys()] : values.target.split(",");
for (const name of names)
  if (!TARGETS.has(name)) throw new RangeError(`--target is ${name}; wanted ${[...TARGETS.keys()].join(", ")} or all`);
for (const name of names) {
  const from = Number(values.seed);
  const tally = await fuzz(name, from, from + Number(values.inputs), 1000 * Number(values.deadline));
  const { failures, ...rest } = tally;
  process.stdout.write(
    `${JSON.stringify({ ...rest, failed: failures.length, failures: failures.slice(0, MAX_TOLD) })}\n`,
  );
  if (failures.length > 0 || tally.hangs.length > 0) process.exitCode = 1;
}
