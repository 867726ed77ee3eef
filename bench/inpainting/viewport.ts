// What a cloud-free tile costs beside a plain one of the same date: cold (chunks not filled), drawn again (nothing kept but latents and filled chunks),
// and a viewport of 16 tiles asked for at once by a page that was just opened.
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import { chooseModel } from "../../src/app/choose-model.js";
import { parseConfig } from "../../src/app/config.js";
import { openSeries } from "../../src/app/references.js";
import { renderPicture } from "../../src/app/render-picture.js";
import { createServices, type Services } from "../../src/app/services.js";
import { catalogWriter } from "../../src/catalog/catalog-writer.js";
import { WEB_MERCATOR_QUAD } from "../../src/geo/tile-matrix-sets.js";
import { tileBoundsWgs84, type TileAddress } from "../../src/geo/web-mercator.js";
import { parseMosaic } from "../../src/http/mosaic-params.js";
import { ingestSource } from "../../src/ingest/ingest.js";
import { DEMO_DATES, openLandscapeSeries } from "../../src/ingest/landscape/landscape.js";
import { findMosaicItems } from "../../src/tile/mosaic/find-items.js";
import { planPicture, tileTarget } from "../../src/tile/plan.js";
import { median, printTable, round } from "../support/report.js";
import { tilesInside } from "../support/tiles.js";

const { values } = parseArgs({
  options: {
    /** Kept between runs; made where there is none. */
    catalog: { type: "string", default: join(tmpdir(), "tectile-bench-viewport") },
    collection: { type: "string", default: "demo" },
    datetime: { type: "string", default: "2024-05-25T23:00:00Z" },
    zoom: { type: "string", default: "14" },
    rounds: { type: "string", default: "3" },
    methods: { type: "string", default: "linear,tec" },
  },
});
const METHODS = ["none", ...values.methods.split(",")];
const VIEWPORT = 16;
const AGAIN = 3;

interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

if (!existsSync(join(values.catalog, values.collection))) await makeCatalog();
const kinds = ["first", "cold", "again", "viewport"] as const;
const costs = new Map<string, Cost[]>();
const keep = (method: string, kind: (typeof kinds)[number], cost: Cost): void => {
  const key = `${method} ${kind}`;
  costs.set(key, [...(costs.get(key) ?? []), cost]);
};
for (let n = 0; n < Number(values.rounds); n++) {
  for (const method of METHODS) {
    await measureTiles(method);
    keep(method, "viewport", await measureViewport(method));
  }
}
printTable(
  METHODS.map((method) => {
    const row: Record<string, string | number> = { method };
    for (const kind of kinds)
      for (const of of ["wall", "cpu"] as const) {
        const mine = median((costs.get(`${method} ${kind}`) ?? []).map((cost) => cost[of]));
        const plain = median((costs.get(`none ${kind}`) ?? []).map((cost) => cost[of]));
        row[`${kind} ${of}`] = `${round(mine)} ms, ${(mine / plain).toFixed(2)}x`;
      }
    return row;
  }),
);

async function measureTiles(method: string): Promise<void> {
  const { services, tiles } = await open();
  try {
    for (const [k, tile] of tiles.entries())
      keep(method, k === 0 ? "first" : "cold", await timed(() => draw(services, tile, method)));
    for (let n = 0; n < AGAIN; n++)
      for (const tile of tiles) keep(method, "again", await timed(() => draw(services, tile, method)));
  } finally {
    await services.close();
  }
}

async function measureViewport(method: string): Promise<Cost> {
  const { services, tiles } = await open();
  try {
    return await timed(() => Promise.all(tiles.map((tile) => draw(services, tile, method))));
  } finally {
    await services.close();
  }
}

/** A server as it was started, its networks loaded and its code warm: two tiles of another look were drawn. */
async function open(): Promise<{ readonly services: Services; readonly tiles: readonly TileAddress[] }> {
  const services = await createServices(parseConfig({ catalog: values.catalog, provider: "cpu", tileCacheBytes: 0 }));
  const { items } = await services.catalog.search({ collections: [values.collection], limit: 100 });
  const [newest] = items;
  if (newest === undefined) throw new Error(`${values.catalog} has no items of ${values.collection}`);
  const inside = tilesInside(newest, Number(values.zoom));
  const warm = items.at(-1);
  for (const tile of inside.slice(0, 2)) await draw(services, tile, "none", warm?.datetime);
  return { services, tiles: inside.slice(0, VIEWPORT) };
}

async function draw(services: Services, tile: TileAddress, method: string, datetime = values.datetime): Promise<void> {
  const query = new URLSearchParams({ inpaint: method, datetime });
  const { spec, mosaic, interval } = parseMosaic(query, {});
  const { items, limit } = await findMosaicItems(services, {
    search: { collections: [values.collection] },
    bounds: tileBoundsWgs84(tile),
    mosaic,
    interval,
  });
  await renderPicture(
    planPicture(tileTarget({ ...tile, set: WEB_MERCATOR_QUAD }, 256), { spec, mosaic, limit }, items),
    services,
  );
}

async function timed(what: () => Promise<unknown>): Promise<Cost> {
  const [from, start] = [performance.now(), process.cpuUsage()];
  await what();
  const { user, system } = process.cpuUsage(start);
  return { wall: performance.now() - from, cpu: (user + system) / 1000 };
}

async function makeCatalog(): Promise<void> {
  await mkdir(values.catalog, { recursive: true });
  const services = await createServices(parseConfig({ catalog: values.catalog, provider: "cpu" }));
  try {
    const chosen = await chooseModel({}, services);
    const writer = await catalogWriter(values.catalog);
    for (const source of openLandscapeSeries(DEMO_DATES)) {
      await ingestSource(source, {
        ...chosen,
        collection: { id: values.collection },
        decoder: services,
        writer,
        series: openSeries({}, chosen.model, services),
        overwrite: false,
        version: "bench",
      });
      await source.close();
    }
  } finally {
    await services.close();
  }
}
