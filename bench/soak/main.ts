// node build/bench/soak/main.js [--minutes 20] [--clients 8] [--seed 1] [--write 1]
// The server at full load while clients leave, requests are bad, stores misbehave and an item is replaced and removed: every answer is right
// (the same as before, or one of the pictures that there may be) or a clear refusal, resident memory is level, /livez answers soon.
// A line of JSON in the end; exit code 1 where anything was wrong.
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { makeSceneCatalog } from "../../test/support/scene-catalog.js";
import { startProcess } from "../../test/support/serve-process.js";
import { createWorkspace } from "../../test/support/workspace.js";
import { residentMiB } from "../faults/stores.js";
import { numberOptions, quantile, round, seededRandom, writeResult } from "../support/report.js";
import { makeChanging } from "./changes.js";
import { addRemote } from "./remote.js";
import { askBad, askGood, newTally } from "./traffic.js";

const { minutes, clients, seed, write } = numberOptions({ minutes: 20, clients: 8, seed: 1, write: 0 });
const MiB = 2 ** 20;
const LIVEZ_MS = 100;
/** The last third of the time against the second: what counts as level. */
const LEVEL_MIB = 64;

const files = await createWorkspace();
const catalog = await makeSceneCatalog(files);
const remote = await addRemote(files, catalog);
const changing = await makeChanging(files, catalog);
const server = await startProcess(["--catalog", catalog], {
  // As the container and the systemd unit have them (docs/operations.md, "Memory").
  MALLOC_ARENA_MAX: "2",
  MALLOC_MMAP_THRESHOLD_: "262144",
  TECTILE_PRIVATE_HOSTS: JSON.stringify([remote.host]),
  TECTILE_LATENTS_CACHE_BYTES: String(16 * MiB),
  TECTILE_TILE_CACHE_BYTES: String(16 * MiB),
  TECTILE_BLOCKS_CACHE_BYTES: String(16 * MiB),
  TECTILE_FILLED_CACHE_BYTES: String(16 * MiB),
});
process.once("exit", () => void server.child.kill("SIGKILL"));

const startMs = performance.now();
const endMs = startMs + minutes * 60_000;
const isOver = (): boolean => performance.now() >= endMs;
const [good, bad, moving, stores] = [newTally(), newTally(), newTally(), newTally()];
const livez: number[] = [];
let livezFailed = 0;
const probe = new Worker(new URL("./probe-worker.js", import.meta.url), { workerData: server.url });
probe.on("message", ({ status, ms }: { readonly status: number; readonly ms: number }) => {
  livez.push(ms);
  if (status !== 200) livezFailed++;
});
const memory: number[] = [];
async function watch(): Promise<void> {
  while (!isOver()) {
    memory.push(await residentMiB(server.child.pid));
    if (memory.length % 12 === 0)
      process.stderr.write(
        `${Math.round((performance.now() - startMs) / 1000)} s: ${sum(good.byStatus)} good, ${wrong().length} wrong, ${Math.round(memory.at(-1) ?? 0)} MiB, livez p99 ${Math.round(quantile(livez, 0.99))} ms\n`,
      );
    await sleep(5000);
  }
}

const sum = (counts: ReadonlyMap<number, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);
const wrong = (): string[] => [good, bad, moving, stores].flatMap((tally) => tally.wrong);

const random = seededRandom(seed);
const [changes] = await Promise.all([
  changing.change(moving, isOver),
  watch(),
  ...Array.from({ length: clients }, () => askGood(server.url, good, random, isOver)),
  askBad(server.url, bad, random, isOver),
  changing.look(server.url, moving, isOver),
  ...[1, 2].map(() => remote.look(server.url, stores, random, isOver)),
]);
await probe.terminate();
const exit = await Promise.race([stop(), sleep(60_000, "no exit")]);
remote.close();
await files.close();

async function stop(): Promise<number | string> {
  server.child.kill("SIGTERM");
  return server.exited;
}

const third = Math.floor(memory.length / 3);
const [second, last] = [Math.max(...memory.slice(third, 2 * third)), Math.max(...memory.slice(2 * third))];
const problems = wrong();
const livezP99Ms = round(quantile(livez, 0.99));
if (livezP99Ms > LIVEZ_MS) problems.push(`/livez: p99 ${livezP99Ms} ms; wanted ${LIVEZ_MS} at most`);
if (livezFailed > 0) problems.push(`/livez failed ${livezFailed} times`);
if (last > second + LEVEL_MIB)
  problems.push(`resident memory rose from ${Math.round(second)} to ${Math.round(last)} MiB`);
if (exit !== 0) problems.push(`after SIGTERM: ${exit}`);
const figures = {
  minutes,
  clients,
  changes,
  good: Object.fromEntries(good.byStatus),
  left: good.left,
  bad: Object.fromEntries(bad.byStatus),
  moving: Object.fromEntries(moving.byStatus),
  stores: Object.fromEntries(stores.byStatus),
  livez: { asked: livez.length, p50Ms: round(quantile(livez, 0.5)), p99Ms: livezP99Ms },
  residentMiB: { secondThird: Math.round(second), lastThird: Math.round(last) },
  wrong: problems.length,
};
process.stdout.write(`${JSON.stringify({ ...figures, problems: problems.toReversed().slice(0, 20) })}\n`);
if (write !== 0) writeResult("soak", figures);
process.exitCode = problems.length > 0 ? 1 : 0;
