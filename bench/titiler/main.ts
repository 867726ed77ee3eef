// Tectile and TiTiler on the same scene, the same tiles, the same clients, in turn: tiles a second, cold and cached.
import { load, type LoadResult } from "../support/load.js";
import {
  numberOptions,
  printTable,
  round,
  seededRandom,
  shuffle,
  spreadOf,
  writeResult,
  type Spread,
} from "../support/report.js";
import { startServer, type ServerCommand, type ServerProcess } from "../support/server-process.js";
import { CACHE, sceneItem } from "../support/scene.js";
import { tectile } from "../support/tectile.js";
import { tilesInside } from "../support/tiles.js";
import type { TileAddress } from "../../src/geo/web-mercator.js";

const { rounds, tiles, clients, zoom, write } = numberOptions({
  rounds: 3,
  tiles: 300,
  clients: 8,
  zoom: 14,
  write: 0,
});
/** Drawn before the clock starts, so that libraries are loaded and code is compiled. */
const WARM_UP = 24;
/** A cached tile takes a fraction of a millisecond: every one is asked for this often. */
const CACHED_PASSES = 20;
const LOOK = "rescale=0,3000&resampling=bilinear";

const item = await sceneItem();
const inside = tilesInside(item, zoom);
const warmUp = inside.slice(0, WARM_UP);
const drawn = inside.slice(WARM_UP, WARM_UP + tiles);

/** https://developmentseed.org/titiler/advanced/performance_tuning/, "Recommended configuration for dynamic tiling". */
const GDAL = {
  CPL_VSIL_CURL_ALLOWED_EXTENSIONS: ".tif,.TIF,.tiff",
  CPL_VSIL_CURL_CACHE_SIZE: "200000000",
  GDAL_BAND_BLOCK_CACHE: "HASHSET",
  GDAL_CACHEMAX: "200",
  GDAL_DISABLE_READDIR_ON_OPEN: "EMPTY_DIR",
  GDAL_HTTP_MERGE_CONSECUTIVE_RANGES: "YES",
  GDAL_HTTP_MULTIPLEX: "YES",
  GDAL_HTTP_VERSION: "2",
  GDAL_INGESTED_BYTES_AT_OPEN: "32768",
  VSI_CACHE: "TRUE",
  VSI_CACHE_SIZE: "5000000",
  PYTHONWARNINGS: "ignore",
};

const titiler: ServerCommand = {
  command: `${CACHE}/titiler/bin/uvicorn`,
  args: (port) => [
    "titiler.application.main:app",
    "--workers",
    "2",
    "--port",
    String(port),
    "--no-access-log",
    "--log-level",
    "error",
  ],
  env: GDAL,
  ready: "/healthz",
};

type Path = (tile: TileAddress, format: string) => string;
const ofTitiler =
  (name: string, bands: readonly number[]): Path =>
  ({ z, x, y }, format) =>
    `/cog/tiles/WebMercatorQuad/${z}/${x}/${y}.${format}?url=${encodeURIComponent(`${CACHE}/titiler-scene/${name}`)}&${bands.map((b) => `bidx=${b}`).join("&")}&${LOOK}&reproject=bilinear`;
const ofTectile: Path = ({ z, x, y }, format) =>
  `/collections/bench/items/scene/tiles/WebMercatorQuad/${z}/${x}/${y}.${format}?assets=B04,B03,B02&${LOOK}`;

/** One server under one load. `passes` over the tiles come first, unmeasured. */
interface Case {
  readonly name: string;
  readonly server: ServerCommand;
  readonly path: Path;
  readonly passes: number;
  readonly repeat: number;
}

const CASES: readonly Case[] = [
  {
    name: "TiTiler, 12-band COG, cold",
    server: titiler,
    path: ofTitiler("scene12.tif", [4, 3, 2]),
    passes: 0,
    repeat: 1,
  },
  { name: "Tectile, cold", server: tectile(), path: ofTectile, passes: 0, repeat: 1 },
  {
    name: "Tectile, latents cached",
    server: tectile({ TECTILE_TILE_CACHE_BYTES: "0" }),
    path: ofTectile,
    passes: 1,
    repeat: 1,
  },
  {
    name: "TiTiler, 3-band COG, cold",
    server: titiler,
    path: ofTitiler("scene3.tif", [1, 2, 3]),
    passes: 0,
    repeat: 1,
  },
  {
    name: "TiTiler, 12-band COG, second time",
    server: titiler,
    path: ofTitiler("scene12.tif", [4, 3, 2]),
    passes: 1,
    repeat: 1,
  },
  { name: "Tectile, tiles cached", server: tectile(), path: ofTectile, passes: 1, repeat: CACHED_PASSES },
];

interface Measured extends LoadResult {
  /** Processor time of the server a tile: tells the two apart also where other work shares the machine. */
  readonly cpuMs: number;
  /** Of Tectile's main thread under this load. */
  readonly eventLoopP99Ms: number | undefined;
}

async function measure(one: Case, format: string, seed: number): Promise<Measured> {
  const server = await startServer(one.server);
  try {
    const paths = (some: readonly TileAddress[]): string[] => some.map((tile) => one.path(tile, format));
    await load(server.port, paths(warmUp), clients);
    for (let pass = 0; pass < one.passes; pass++) await load(server.port, paths(drawn), clients);
    await eventLoopP99(server);
    const asked = Array.from({ length: one.repeat }, () => drawn).flat();
    const before = server.cpuMs() ?? Number.NaN;
    const result = await load(server.port, paths(shuffle(asked, seededRandom(seed))), clients);
    const cpuMs = round(((server.cpuMs() ?? Number.NaN) - before) / asked.length);
    return { ...result, cpuMs, eventLoopP99Ms: await eventLoopP99(server) };
  } finally {
    await server.stop();
  }
}

/** Since it was last asked for. */
async function eventLoopP99({ port }: ServerProcess): Promise<number | undefined> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const text = await response.text();
  const found = /^tectile_event_loop_delay_p99_seconds (\S+)$/m.exec(text)?.[1];
  return found === undefined ? undefined : round(1000 * Number(found));
}

interface Summary {
  readonly format: string;
  readonly case: string;
  readonly perSecond: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  readonly cpuMs: Spread;
  readonly bytes: number;
  readonly eventLoopP99Ms: Spread | undefined;
}

const FORMATS = ["png", "webp"];
const runs = new Map<string, Measured[]>();
for (let i = 0; i < rounds; i++) {
  for (const format of FORMATS) {
    for (const one of CASES) {
      const result = await measure(one, format, i + 1);
      const key = `${format}|${one.name}`;
      runs.set(key, [...(runs.get(key) ?? []), result]);
      process.stderr.write(`round ${i + 1} ${format} ${one.name}: ${result.perSecond} tiles/s\n`);
    }
  }
}

const of = (format: string, name: string, key: "perSecond" | "cpuMs"): number[] =>
  (runs.get(`${format}|${name}`) ?? []).map((run) => run[key]);
const summaries = [...runs].map(([key, found]): Summary => {
  const [format = "", name = ""] = key.split("|");
  const delays = found.map((run) => run.eventLoopP99Ms).filter((delay) => delay !== undefined);
  return {
    format,
    case: name,
    perSecond: spreadOf(found.map((run) => run.perSecond)),
    p50Ms: spreadOf(found.map((run) => run.p50Ms)),
    p99Ms: spreadOf(found.map((run) => run.p99Ms)),
    cpuMs: spreadOf(found.map((run) => run.cpuMs)),
    bytes: found[0]?.bytes ?? 0,
    eventLoopP99Ms: delays.length === 0 ? undefined : spreadOf(delays),
  };
});
const RATIOS = [
  ["cold: Tectile / TiTiler, 12 bands", "Tectile, cold", "TiTiler, 12-band COG, cold"],
  ["cold: Tectile / TiTiler, 3 bands", "Tectile, cold", "TiTiler, 3-band COG, cold"],
  ["latents cached: Tectile / TiTiler, 12 bands", "Tectile, latents cached", "TiTiler, 12-band COG, second time"],
  ["cached: Tectile / TiTiler, 12 bands", "Tectile, tiles cached", "TiTiler, 12-band COG, second time"],
] as const;
/** Within each round, so that what the machine does besides hits both. */
const ratios = FORMATS.flatMap((format) =>
  RATIOS.map(([name, ours, theirs]) => {
    const divide = (above: number[], below: number[]): Spread =>
      spreadOf(above.map((value, i) => value / (below[i] ?? Number.NaN)));
    return {
      format,
      ratio: name,
      perSecond: divide(of(format, ours, "perSecond"), of(format, theirs, "perSecond")),
      /** Theirs by ours: how many tiles ours draws in the processor time of one of theirs. */
      cpu: divide(of(format, theirs, "cpuMs"), of(format, ours, "cpuMs")),
    };
  }),
);

const text = ({ median, min, max }: Spread): string => `${median} (${min} to ${max})`;
printTable(
  summaries.map((row) => ({
    format: row.format,
    case: row.case,
    "tiles/s": text(row.perSecond),
    "p50 ms": row.p50Ms.median,
    "p99 ms": row.p99Ms.median,
    "cpu ms a tile": text(row.cpuMs),
    "bytes a tile": row.bytes,
    "event loop p99 ms": row.eventLoopP99Ms === undefined ? "" : text(row.eventLoopP99Ms),
  })),
);
process.stdout.write("\n");
printTable(
  ratios.map(({ format, ratio, perSecond, cpu }) => ({
    format,
    ratio,
    "by tiles/s": text(perSecond),
    "by processor time": text(cpu),
  })),
);
if (write !== 0)
  writeResult("titiler", {
    scene: "4096 x 4096 px, 12 bands, uint16",
    zoom,
    tiles: drawn.length,
    clients,
    rounds,
    cases: summaries,
    ratios,
  });
