// Memory under a long random load with small caches: resident memory over 5,000 tiles of mixed zooms, dates and formats.
import { openFileCatalog } from "../../src/catalog/file-catalog.js";
import type { CatalogItem } from "../../src/catalog/types.js";
import { wgs84ToMercator } from "../../src/geo/web-mercator.js";
import { load } from "../support/load.js";
import { numberOptions, printTable, round, seededRandom, writeResult } from "../support/report.js";
import { SCENE_CATALOG } from "../support/scene.js";
import { startServer } from "../support/server-process.js";
import { tectile } from "../support/tectile.js";

const MiB = 2 ** 20;
const { tiles, clients, latents, pictures, write } = numberOptions({
  tiles: 5000,
  clients: 8,
  latents: 8,
  pictures: 8,
  write: 0,
});
const SAMPLES = 20;
const FORMATS = ["png", "webp", "jpg", "npy"];
const LOOKS = [
  "assets=B04,B03,B02&rescale=0,3000",
  "expression=(B08-B04)/(B08%2BB04)&colormap_name=rdylgn",
  "assets=B12,B8A,B04",
];

const catalog = await openFileCatalog(SCENE_CATALOG);
const { items } = await catalog.search({ limit: 100 });
await catalog.close();
const random = seededRandom(7);
const pick = <T>(values: readonly T[]): T => {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error("The catalog is empty: run bench/titiler/setup.sh first");
  return value;
};

/** A tile around a random place of an item, from one that shows it whole to one that magnifies it four times. */
function randomPath({ boundsWgs84, collection, id }: CatalogItem): string {
  const [west, south, east, north] = boundsWgs84;
  const [mx, my] = wgs84ToMercator(west + random() * (east - west), south + random() * (north - south));
  const z = 9 + Math.floor(random() * 8);
  const half = Math.PI * 6378137;
  const [x, y] = [Math.floor(((mx + half) / (2 * half)) * 2 ** z), Math.floor(((half - my) / (2 * half)) * 2 ** z)];
  return `/collections/${collection}/items/${id}/tiles/WebMercatorQuad/${z}/${x}/${y}.${pick(FORMATS)}?${pick(LOOKS)}`;
}

const server = await startServer(
  tectile({
    TECTILE_EMPTY_TILE: "blank",
    TECTILE_LATENTS_CACHE_BYTES: String(latents * MiB),
    TECTILE_TILE_CACHE_BYTES: String(pictures * MiB),
    TECTILE_OPEN_CONTAINERS: "4",
  }),
);

interface Sample {
  readonly tiles: number;
  readonly rssMiB: number;
  readonly latentsMiB: number;
  readonly tilesMiB: number;
}

async function sample(drawn: number): Promise<Sample> {
  const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
  const read = (name: string): number => {
    const line = text.split("\n").find((found) => found.startsWith(`${name} `));
    return round(Number(line?.slice(name.length + 1)) / MiB);
  };
  return {
    tiles: drawn,
    rssMiB: read("process_resident_memory_bytes"),
    latentsMiB: read('tectile_cache_bytes{cache="latents"}'),
    tilesMiB: read('tectile_cache_bytes{cache="tiles"}'),
  };
}

const samples: Sample[] = [await sample(0)];
try {
  for (let i = 0; i < SAMPLES; i++) {
    const paths = Array.from({ length: tiles / SAMPLES }, () => randomPath(pick(items)));
    const { perSecond } = await load(server.port, paths, clients);
    samples.push(await sample(((i + 1) * tiles) / SAMPLES));
    process.stderr.write(`${((i + 1) * tiles) / SAMPLES} tiles, ${perSecond} a second\n`);
  }
} finally {
  await server.stop();
}
printTable(
  samples.map((s) => ({
    tiles: s.tiles,
    "resident MiB": s.rssMiB,
    "latents MiB": s.latentsMiB,
    "tiles MiB": s.tilesMiB,
  })),
);
const half = samples.slice(Math.ceil(samples.length / 2));
const early = Math.max(...samples.slice(1, Math.ceil(samples.length / 2)).map(({ rssMiB }) => rssMiB));
const late = Math.max(...half.map(({ rssMiB }) => rssMiB));
const constant = round(late - latents - pictures);
process.stdout.write(
  `\nconfigured caches ${latents} + ${pictures} MiB; highest of the first half ${early} MiB, of the second ${late} MiB: the caches + ${constant} MiB\n`,
);
if (write !== 0)
  writeResult("memory", {
    tiles,
    items: items.length,
    cachesMiB: { latents, tiles: pictures },
    highestMiB: { firstHalf: early, secondHalf: late },
    constantMiB: constant,
    samples,
  });
