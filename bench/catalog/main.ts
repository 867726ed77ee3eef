// Searches over a catalog of a million items in memory: 95th percentile of each kind, and how long the event loop was held.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createSearchIndex } from "../../src/catalog/search-index.js";
import { numberOptions, printTable, round, writeResult } from "../support/report.js";
import { makeItems, timeSearches } from "./searches.js";

const { items: count, rounds, write } = numberOptions({ items: 1_000_000, rounds: 60, write: 0 });
const made = [...makeItems(count)];
const began = performance.now();
const usedBefore = process.cpuUsage();
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const index = await createSearchIndex(made);
const builtMs = performance.now() - began;
const { user, system } = process.cpuUsage(usedBefore);
const builtCpuMs = (user + system) / 1000;
delay.disable();
const buildDelayMs = delay.max / 1e6;

const searches = await timeSearches(index, rounds);
printTable(searches);
const memory = Math.round(process.memoryUsage().heapUsed / 2 ** 20);
console.log(
  `${count} items; index built in ${Math.round(builtMs)} ms (${Math.round(builtCpuMs)} of a processor), loop held ${Math.round(buildDelayMs)} ms at most; heap ${memory} MiB`,
);
if (write === 1)
  writeResult("catalog", {
    items: count,
    builtMs: round(builtMs),
    builtCpuMs: round(builtCpuMs),
    buildDelayMs: round(buildDelayMs),
    searches,
  });
