// Searches over a catalog of a million items: 95th percentile of each kind, and how long the event loop was held.
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Expression } from "../../src/catalog/cql2/expression.js";
import { parseItem, toItem } from "../../src/catalog/item.js";
import { createSearchIndex } from "../../src/catalog/search-index.js";
import type { CatalogItem, SearchQuery } from "../../src/catalog/types.js";
import type { Bounds } from "../../src/geo/bounds.js";
import { describeItem } from "../../test/support/catalog-fixtures.js";
import { numberOptions, printTable, quantile, round, seededRandom, writeResult } from "../support/report.js";

const { items: count, rounds, write } = numberOptions({ items: 1_000_000, rounds: 60, write: 0 });
const random = seededRandom(5);
const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2016, 0, 1);
const DAYS = 3650;

/** Scenes of a degree anywhere on land's latitudes over ten years; what all share is kept once, as the catalog does. */
function* makeItems(): Generator<CatalogItem> {
  const template = parseItem(toItem(describeItem("t")), "/t.json");
  for (let i = 0; i < count; i++) {
    const [west, south] = [-180 + 359 * random(), -56 + 127 * random()];
    const datetimeMs = Math.floor(START_MS + DAYS * DAY_MS * random());
    const ring: [number, number][] = [
      [west, south],
      [west + 1, south],
      [west + 1, south + 1],
      [west, south + 1],
      [west, south],
    ];
    yield {
      ...template,
      id: `S2_${i}`,
      collection: `c${i % 7}`,
      datetime: new Date(datetimeMs).toISOString(),
      datetimeMs,
      boundsWgs84: [west, south, west + 1, south + 1],
      geometry: { type: "Polygon", coordinates: [ring] },
      json: {
        ...template.json,
        properties: { platform: i % 2 === 0 ? "sentinel-2a" : "sentinel-2b", "eo:cloud_cover": 100 * random() },
      },
    };
  }
}

const cloudBelow = (percent: number): Expression => ({ op: "<", args: [{ property: "eo:cloud_cover" }, percent] });

function place(degrees: number): Bounds {
  const [west, south] = [-180 + (360 - degrees) * random(), -56 + (127 - degrees) * random()];
  return [west, south, west + degrees, south + degrees];
}

function interval(days: number): readonly [number, number] {
  const from = START_MS + (DAYS - days) * DAY_MS * random();
  return [from, from + days * DAY_MS];
}

const KINDS: Readonly<Record<string, () => SearchQuery>> = {
  "bbox and datetime": () => ({ bbox: place(5), datetime: interval(60), limit: 10 }),
  "bbox, all times": () => ({ bbox: place(5), limit: 10 }),
  "cloud cover": () => ({ filter: cloudBelow(20 * random()), limit: 10 }),
  "cloud cover and platform, a box": () => ({
    bbox: place(20),
    filter: { op: "and", args: [cloudBelow(20), { op: "=", args: [{ property: "platform" }, "sentinel-2a"] }] },
    limit: 10,
  }),
  "least cloud first": () => ({ sortby: [{ property: "eo:cloud_cover", descending: false }], limit: 10 }),
  "under 20 %, oldest first": () => ({
    filter: cloudBelow(20),
    sortby: [{ property: "datetime", descending: false }],
    limit: 100,
  }),
  "a box and a year, little cloud and a platform, least cloud first": () => ({
    bbox: place(10),
    datetime: interval(365),
    filter: { op: "and", args: [cloudBelow(40), { op: "=", args: [{ property: "platform" }, "sentinel-2a"] }] },
    sortby: [{ property: "eo:cloud_cover", descending: false }],
    limit: 10,
  }),
  everything: () => ({ limit: 10 }),
};

const began = performance.now();
const made = [...makeItems()];
const madeMs = performance.now() - began;
const usedBefore = process.cpuUsage();
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const index = await createSearchIndex(made);
const builtMs = performance.now() - began - madeMs;
const { user, system } = process.cpuUsage(usedBefore);
const builtCpuMs = (user + system) / 1000;
delay.disable();
const buildDelayMs = delay.max / 1e6;

const rows: { readonly search: string; readonly [key: string]: string | number }[] = [];
for (const [search, query] of Object.entries(KINDS)) {
  const times: number[] = [];
  const nextTimes: number[] = [];
  const cpu: number[] = [];
  const held = monitorEventLoopDelay({ resolution: 5 });
  let first = 0;
  for (let i = 0; i <= rounds; i++) {
    if (i === 1) held.enable();
    const start = performance.now();
    const used = process.cpuUsage();
    const asked = query();
    const { next } = await index.search(asked);
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(used);
    if (i === 0) first = ms;
    else {
      times.push(ms);
      cpu.push((user + system) / 1000);
    }
    if (next === undefined) continue;
    const turned = performance.now();
    await index.search({ ...asked, token: next });
    nextTimes.push(performance.now() - turned);
  }
  held.disable();
  rows.push({
    search,
    "median ms": round(quantile(times, 0.5)),
    "p95 ms": round(quantile(times, 0.95)),
    "next page p95 ms": nextTimes.length === 0 ? "" : round(quantile(nextTimes, 0.95)),
    "cpu p95 ms": round(quantile(cpu, 0.95)),
    "first ms": round(first),
    "loop held ms": round(held.max / 1e6 - 5),
  });
}
printTable(rows);
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
    searches: rows,
  });
