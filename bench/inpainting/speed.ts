// What a tile without clouds and a series of 50 dates cost, cold: processor time of the whole process, and network windows run.
import { WEB_MERCATOR_QUAD } from "../../src/geo/tile-matrix-sets.js";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chooseModel } from "../../src/app/choose-model.js";
import { parseConfig } from "../../src/app/config.js";
import { findMosaicItems } from "../../src/tile/mosaic/find-items.js";
import { renderPicture } from "../../src/app/render-picture.js";
import { readPoint } from "../../src/app/series.js";
import { openSeries } from "../../src/app/references.js";
import { createServices, type Services } from "../../src/app/services.js";
import { catalogWriter } from "../../src/catalog/catalog-writer.js";
import type { CatalogItem } from "../../src/catalog/types.js";
import { tileBoundsWgs84, type TileAddress } from "../../src/geo/web-mercator.js";
import { parseMosaic } from "../../src/http/mosaic-params.js";
import { ingestSource } from "../../src/ingest/ingest.js";
import { openLandscapeSource } from "../../src/ingest/landscape/landscape.js";
import { planPicture, tileTarget } from "../../src/tile/plan.js";
import { median } from "../support/report.js";

const { values } = parseArgs({
  options: { size: { type: "string", default: "512" }, tiles: { type: "string", default: "16" } },
});
const DATES = 12;
const SERIES = 50;
const folder = await mkdtemp(join(tmpdir(), "tectile-bench-"));
try {
  const items = await makeCatalog();
  const services = await createServices(
    parseConfig({ catalog: folder, provider: "cpu", latentsCacheBytes: 0, tileCacheBytes: 0 }),
  );
  await measureTiles(services, items);
  await measureSeries(services, items);
  await services.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function makeCatalog(): Promise<readonly CatalogItem[]> {
  const size = Number(values.size);
  const services = await createServices(parseConfig({ catalog: folder, provider: "cpu" }));
  const chosen = await chooseModel({}, services);
  const options = {
    collection: { id: "bench" },
    ...chosen,
    decoder: services,
    series: openSeries({}, chosen.model, services),
    writer: await catalogWriter(folder),
    overwrite: false,
    version: "bench",
  };
  const items: CatalogItem[] = [];
  for (let i = 0; i < DATES; i++) {
    const datetime = new Date(Date.UTC(2024, 3, 1 + 5 * i, 10, 50)).toISOString();
    const source = openLandscapeSource({ datetime, width: size, height: size, cloudCover: 0.2 + 0.05 * (i % 9) });
    items.push((await ingestSource(source, options)).item);
    await source.close();
  }
  await services.close();
  console.log(`clear, %: ${items.map(({ clearPercent = 0 }) => clearPercent.toFixed(0)).join(" ")}`);
  return items.toReversed();
}

async function measureTiles(services: Services, items: readonly CatalogItem[]): Promise<void> {
  const tiles = tilesInside(items[0], Number(values.tiles));
  const rows = [];
  for (const query of [
    "",
    "pixel_selection=clear_newest",
    "pixel_selection=clear_nearest&datetime=2024-05-01",
    "datetime=2024-05-01&inpaint=linear",
    "datetime=2024-05-01&inpaint=tec",
    "pixel_selection=clear_median",
  ]) {
    const [cpu, wall]: [number[], number[]] = [[], []];
    const before = services.networks.stats().windows;
    for (const [k, tile] of tiles.entries()) {
      const { spec, mosaic, interval } = parseMosaic(new URLSearchParams(query), {});
      const { items: found, limit } = await findMosaicItems(services, {
        search: {},
        bounds: tileBoundsWgs84(tile),
        mosaic,
        interval,
      });
      const [start, from] = [process.cpuUsage(), performance.now()];
      await renderPicture(
        planPicture(tileTarget({ ...tile, set: WEB_MERCATOR_QUAD }, 256), { spec, mosaic, limit }, found),
        services,
      );
      const { user, system } = process.cpuUsage(start);
      // The first loads networks and compiles.
      if (k === 0) continue;
      cpu.push((user + system) / 1000);
      wall.push(performance.now() - from);
    }
    const windows = (services.networks.stats().windows - before) / tiles.length;
    rows.push({
      query: query || "(newest)",
      "cpu ms": median(cpu),
      "wall ms": median(wall),
      "windows a tile": windows,
    });
  }
  const base = rows[0]?.["cpu ms"] ?? 1;
  console.table(
    rows.map((row) => ({
      query: row.query,
      "cpu ms": row["cpu ms"].toFixed(0),
      "wall ms": row["wall ms"].toFixed(0),
      "windows a tile": row["windows a tile"].toFixed(1),
      "times a single date": (row["cpu ms"] / base).toFixed(2),
    })),
  );
}

/** Tiles of the native zoom around the image's middle. */
function tilesInside(item: CatalogItem | undefined, count: number): readonly TileAddress[] {
  const [west, south, east, north] = item?.boundsWgs84 ?? [0, 0, 0, 0];
  const z = 14;
  const side = Math.ceil(Math.sqrt(count));
  const tiles = Array.from({ length: count }, (_, i) => {
    const lon = west + ((east - west) * ((i % side) + 0.5)) / side;
    const lat = south + ((north - south) * (Math.floor(i / side) + 0.5)) / side;
    const y = (1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2;
    return { z, x: Math.floor(((lon + 180) / 360) * 2 ** z), y: Math.floor(y * 2 ** z) };
  });
  return tiles.filter((tile, i) => tiles.findIndex(({ x, y }) => x === tile.x && y === tile.y) === i);
}

async function measureSeries(services: Services, items: readonly CatalogItem[]): Promise<void> {
  const many: CatalogItem[] = [];
  for (let i = 0; i < SERIES; i++) {
    const item = items[i % items.length];
    if (item === undefined) continue;
    const href = join(folder, `copy-${i}.tif`);
    await cp(item.href, href);
    many.push({ ...item, href });
  }
  const [west = 0, south = 0, east = 0, north = 0] = items[0]?.boundsWgs84 ?? [];
  const source = { kind: "bands", bands: ["B04", "B08"] } as const;
  const [start, from] = [process.cpuUsage(), performance.now()];
  const found = await readPoint(many, { lon: (west + east) / 2, lat: (south + north) / 2, source }, services);
  const { user, system } = process.cpuUsage(start);
  console.log(
    `${found.length} dates at a point: ${(performance.now() - from).toFixed(0)} ms, ${((user + system) / 1000).toFixed(0)} ms of processor time`,
  );
}
