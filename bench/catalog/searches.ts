import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Expression } from "../../src/catalog/cql2/expression.js";
import { parseItem, toItem } from "../../src/catalog/item.js";
import type { Catalog, CatalogItem, SearchQuery } from "../../src/catalog/types.js";
import type { Bounds } from "../../src/geo/bounds.js";
import { describeItem } from "../../test/support/catalog-fixtures.js";
import { quantile, round, seededRandom, type Row } from "../support/report.js";

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2016, 0, 1);
const DAYS = 3650;
const SIDE_PX = 2560;
const CHUNKS = (SIDE_PX / 256) ** 2;

/** Scenes of a degree anywhere on land's latitudes over ten years, in 7 collections or in one; what all share is kept once, as the catalog does. */
export function* makeItems(count: number, collection?: string): Generator<CatalogItem> {
  const random = seededRandom(5);
  const described = describeItem("t", {
    chunkClearPercent: Array.from({ length: CHUNKS }, (_, i) => i % 101),
    grid: { crs: "EPSG:32631", transform: [10, 0, 430_000, 0, -10, 4_600_000], width: SIDE_PX, height: SIDE_PX },
  });
  const template = parseItem(toItem(described), "/t.json");
  for (let i = 0; i < count; i++) {
    const [west, south] = [-180 + 359 * random(), -56 + 127 * random()];
    const datetimeMs = Math.floor(START_MS + DAYS * DAY_MS * random());
    const [id, datetime] = [`S2_${i}`, new Date(datetimeMs).toISOString()];
    const cover = 100 * random();
    const ring: [number, number][] = [
      [west, south],
      [west + 1, south],
      [west + 1, south + 1],
      [west, south + 1],
      [west, south],
    ];
    const geometry: CatalogItem["geometry"] = { type: "Polygon", coordinates: [ring] };
    const name = collection ?? `c${i % 7}`;
    yield {
      ...template,
      id,
      collection: name,
      datetime,
      datetimeMs,
      boundsWgs84: [west, south, west + 1, south + 1],
      geometry,
      json: {
        ...template.json,
        id,
        collection: name,
        geometry,
        bbox: [west, south, west + 1, south + 1],
        properties: {
          ...(template.json["properties"] as object),
          title: id,
          datetime,
          created: datetime,
          updated: datetime,
          platform: i % 2 === 0 ? "sentinel-2a" : "sentinel-2b",
          "eo:cloud_cover": cover,
        },
      },
    };
  }
}

const cloudBelow = (percent: number): Expression => ({ op: "<", args: [{ property: "eo:cloud_cover" }, percent] });
const isPlatform: Expression = { op: "=", args: [{ property: "platform" }, "sentinel-2a"] };

/** What is searched for, each time somewhere else. */
export function makeSearches(): Readonly<Record<string, () => SearchQuery>> {
  const random = seededRandom(6);
  const place = (degrees: number): Bounds => {
    const [west, south] = [-180 + (360 - degrees) * random(), -56 + (127 - degrees) * random()];
    return [west, south, west + degrees, south + degrees];
  };
  const interval = (days: number): readonly [number, number] => {
    const from = START_MS + (DAYS - days) * DAY_MS * random();
    return [from, from + days * DAY_MS];
  };
  return {
    "bbox and datetime": () => ({ bbox: place(5), datetime: interval(60), limit: 10 }),
    "bbox, all times": () => ({ bbox: place(5), limit: 10 }),
    "cloud cover": () => ({ filter: cloudBelow(20 * random()), limit: 10 }),
    "cloud cover and platform, a box": () => ({
      bbox: place(20),
      filter: { op: "and", args: [cloudBelow(20), isPlatform] },
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
      filter: { op: "and", args: [cloudBelow(40), isPlatform] },
      sortby: [{ property: "eo:cloud_cover", descending: false }],
      limit: 10,
    }),
    "words in titles": () => ({ text: [`S2_${Math.floor(1000 * random())}7`], limit: 10 }),
    everything: () => ({ limit: 10 }),
  };
}

/** Times of each kind of search, its first and next pages, in milliseconds. */
export async function timeSearches(catalog: Pick<Catalog, "search">, rounds: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [search, query] of Object.entries(makeSearches())) {
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
      const { next } = await catalog.search(asked);
      const ms = performance.now() - start;
      const { user, system } = process.cpuUsage(used);
      if (i === 0) first = ms;
      else {
        times.push(ms);
        cpu.push((user + system) / 1000);
      }
      if (next === undefined) continue;
      const turned = performance.now();
      await catalog.search({ ...asked, token: next });
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
  return rows;
}
