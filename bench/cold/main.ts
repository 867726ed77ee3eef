// What a cold tile of a time series costs by entropy model: the same landscape stored with TEC-FP, TEC-TT and FlexTEC, its last date drawn tile by
// tile without a cache, so that each tile decodes all chunks that it needs, references included.
import { WEB_MERCATOR_QUAD } from "../../src/geo/tile-matrix-sets.js";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { chooseModel } from "../../src/app/choose-model.js";
import { parseConfig } from "../../src/app/config.js";
import { openSeries } from "../../src/app/references.js";
import { renderPicture } from "../../src/app/render-picture.js";
import { createServices, type Services } from "../../src/app/services.js";
import { catalogWriter } from "../../src/catalog/catalog-writer.js";
import type { CatalogItem } from "../../src/catalog/types.js";
import type { CodecName } from "../../src/core/codecs.js";
import { ingestSource } from "../../src/ingest/ingest.js";
import { DEMO_DATES, openLandscapeSeries } from "../../src/ingest/landscape/landscape.js";
import { parseRenderSpec } from "../../src/render/parse-render-spec.js";
import { planPicture, tileTarget } from "../../src/tile/plan.js";
import { median, numberOptions, printTable, quantile, round, writeResult } from "../support/report.js";
import { tilesInside } from "../support/tiles.js";

const { tiles, size, zoom, write } = numberOptions({ tiles: 24, size: 1024, zoom: 14, write: 0 });
const WARM_UP = 4;
const SPEC = parseRenderSpec(new URLSearchParams("assets=B04,B03,B02&rescale=0,3000&format=png"));
/** Clear dates; every second is a keyframe, so the last leans on two. */
const DATES = DEMO_DATES.filter(({ cloudCover = 0, cirrus = 0 }) => cloudCover + cirrus === 0);
const KEYFRAMES = 2;

const folder = await mkdtemp(join(tmpdir(), "tectile-cold-"));
try {
  const rows = [];
  for (const entropy of ["fp", "tt", "flextec"] as const) {
    const items = await storeSeries(entropy);
    const [last, keyframe] = [items.at(-1), items.at(-2)];
    if (last !== undefined) rows.push(await measure(last));
    if (entropy === "tt" && keyframe !== undefined) rows.push(await measure(keyframe));
  }
  printTable(rows);
  if (write !== 0) writeResult("cold", { size, zoom, tiles, rows });
} finally {
  await rm(folder, { recursive: true, force: true });
}

function openServices(entropy: CodecName): Promise<Services> {
  return createServices(
    parseConfig({ catalog: join(folder, entropy), provider: "cpu", latentsCacheBytes: 0, tileCacheBytes: 0 }),
  );
}

async function storeSeries(entropy: CodecName): Promise<readonly CatalogItem[]> {
  const writer = await catalogWriter(join(folder, entropy));
  const services = await openServices(entropy);
  const items: CatalogItem[] = [];
  try {
    const chosen = await chooseModel({}, services);
    for (const source of openLandscapeSeries(DATES.map((date) => ({ ...date, width: size, height: size })))) {
      const { item } = await ingestSource(source, {
        ...chosen,
        collection: { id: "series" },
        decoder: services,
        writer,
        series: openSeries({ entropy, keyframes: KEYFRAMES }, chosen.model, services),
        overwrite: false,
        version: "bench",
      });
      await source.close();
      process.stderr.write(`${entropy}: ${item.id} leans on ${item.references.join(", ") || "none"}\n`);
      items.push(item);
    }
    return items;
  } finally {
    await services.close();
  }
}

async function measure(item: CatalogItem): Promise<Readonly<Record<string, string | number>>> {
  const services = await openServices(item.entropy === "elic" ? "tt" : item.entropy);
  try {
    const inside = tilesInside(item, zoom).slice(0, tiles + WARM_UP);
    const draw = (tile: (typeof inside)[number]): Promise<unknown> =>
      renderPicture(
        planPicture(tileTarget({ ...tile, set: WEB_MERCATOR_QUAD }, 256), { spec: SPEC }, [item]),
        services,
      );
    for (const tile of inside.slice(0, WARM_UP)) await draw(tile);
    const times: number[] = [];
    const cpu = process.cpuUsage();
    for (const tile of inside.slice(WARM_UP)) {
      const start = performance.now();
      await draw(tile);
      times.push(performance.now() - start);
    }
    const { user, system } = process.cpuUsage(cpu);
    return {
      "entropy model": item.entropy,
      references: item.references.length,
      "file KiB": Math.round((await stat(item.href)).size / 1024),
      "median ms": round(median(times)),
      "p90 ms": round(quantile(times, 0.9)),
      "cpu ms a tile": round((user + system) / 1000 / times.length),
    };
  } finally {
    await services.close();
  }
}
