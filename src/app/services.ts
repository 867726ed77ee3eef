import { availableParallelism } from "node:os";
import type { Catalog } from "../catalog/types.js";
import { createOfficialPool, type OfficialPool } from "../codec/official/elic-pool.js";
import { loadModel, type LoadedModel } from "../codec/loaded-model.js";
import { ByteBudget } from "../core/byte-budget.js";
import { SharedCache } from "../core/shared-cache.js";
import { createWorkerPool, type WorkerPool } from "../core/worker-pool.js";
import { createEncoders, type Encoders } from "../ingest/encoders.js";
import { fastestProvider, tryProviders } from "../model/choose-provider.js";
import { createModelZoo, type ModelZoo } from "../model/model-zoo.js";
import { createNetworks, type Networks } from "../model/networks.js";
import { listProviders, type Provider } from "../model/session.js";
import { createChunkReader, type ChunkReader } from "../tile/chunk-reader.js";
import { createFills, type Fills } from "../tile/fill/fills.js";
import { createFilledFolder } from "./filled-folder.js";
import { createForecasts, type Forecasts } from "../tile/inpaint/forecasts.js";
import type { PixelResult, PixelTask } from "../tile/pixel-tasks.js";
import type { Picture } from "../tile/draw/provenance.js";
import type { RenderPreset } from "../core/render-presets.js";
import type { OpenStore } from "../store/byte-source.js";
import { parseLocation } from "../store/location.js";
import { createAreas, type Areas } from "./areas.js";
import { withRenders } from "./catalog-renders.js";
import type { Config } from "./config.js";
import { createOpenedUrls, type OpenedUrls } from "./opened-urls.js";
import { monitorEventLoop, type EventLoopMonitor } from "./event-loop.js";
import { guardStore, realPlace } from "./guarded-store.js";
import type { MakeRoute } from "./plugin.js";
import { loadExtensions, type Extensions } from "./plugins.js";
import { createSearchStore, type SearchStore } from "./searches.js";
import { watchStages, type StageTimes } from "./stage-times.js";
import { createStamps, type Stamps } from "./stamped-items.js";
import type { Block } from "./virtual-assets.js";
import { createSharedTiles, type SharedTiles } from "./shared-tiles.js";

/** What lives as long as the process: made once, passed as an argument, closed by `close`. */
export interface Services {
  readonly config: Config;
  readonly catalog: Catalog;
  readonly models: ModelZoo;
  readonly networks: Networks;
  readonly official: OfficialPool;
  /** Threads of ingest, started by the first image. */
  readonly encoders: Encoders;
  readonly pixels: WorkerPool<PixelTask, PixelResult>;
  readonly reader: ChunkReader;
  /** What requests name by `url`. */
  readonly openedUrls: OpenedUrls;
  readonly forecasts: Forecasts;
  /** Chunks without their holes. */
  readonly fills: Fills;
  /** Encoded pictures by the ETag of their plan. */
  readonly tiles: SharedCache<KeptPicture>;
  /** Decoded tiles of virtual COGs and cubes. */
  readonly blocks: SharedCache<Block>;
  /** Bounds the memory of pictures being drawn. */
  readonly drawing: ByteBudget;
  /** A plugin's cache behind `tiles`, where the settings name one. */
  readonly sharedTiles: SharedTiles | undefined;
  /** Named looks, the built-in ones and those of plugins. */
  readonly renders: Readonly<Record<string, RenderPreset>>;
  /** Handlers of plugins, to be mounted. */
  readonly routes: Readonly<Record<string, MakeRoute>>;
  readonly openStore: OpenStore;
  /** Of a local file of the catalog, links followed. @throws NotFoundError where that is outside the catalog. */
  readonly realPlace: (path: string) => Promise<string>;
  /** Searches registered for tiles. */
  readonly searches: SearchStore;
  readonly eventLoop: EventLoopMonitor;
  /** Pixels of areas and their figures. */
  readonly areas: Areas;
  readonly stamps: Stamps;
  /** How long tasks took, for /metrics. */
  readonly stages: StageTimes;
  readonly loadModel: (id: string) => Promise<LoadedModel>;
  close(): Promise<void>;
}

/** A picture, with the files of the items that it was planned from. */
export interface KeptPicture extends Picture {
  readonly hrefs: readonly string[];
}

/** Of forecast chunks, 0.5 MB each: those of some 20 tiles. */
const MAX_FORECAST_BYTES = 64 * 2 ** 20;

/** Loads plugins, opens the catalog, starts threads; networks load on first use. `onProblem` is told what goes wrong on the side. */
export async function createServices(
  config: Config,
  { onProblem }: { readonly onProblem?: (message: string) => void } = {},
): Promise<Services> {
  const extensions = await loadExtensions(config.plugins);
  const { sharedTileCache, sharedTileCacheTimeoutMs: timeoutMs } = config;
  const blocks = new SharedCache<Block>({
    maxBytes: config.blocksCacheBytes,
    sizeOf: ({ bytes }) => bytes.length + 512,
  });
  const tiles = new SharedCache<KeptPicture>({
    maxBytes: config.tileCacheBytes,
    sizeOf: ({ bytes, hrefs }) => bytes.length + 512 + 8 * hrefs.length,
  });
  const forget: ((hrefs: ReadonlySet<string>) => void)[] = [];
  const opened = await extensions.openCatalog(config.catalog, {
    onProblem: ({ path, problem }) => onProblem?.(`${path} is left out of the catalog: ${problem}`),
    onGone(items) {
      const hrefs = new Set(items.map(({ href }) => href));
      for (const one of forget) one(hrefs);
    },
  });
  const catalog = withRenders(opened, extensions.addedRenders);
  const cache = sharedTileCache === undefined ? undefined : await extensions.openTileCache(sharedTileCache);
  const sharedTiles =
    cache && createSharedTiles(cache, { timeoutMs, ...(onProblem === undefined ? {} : { onProblem }) });
  const folder = folderOf(config.catalog);
  const folders = folder === undefined ? undefined : [folder, ...config.linkedFolders];
  const openStore = guardStore(extensions.openStore, {
    folders,
    hosts: config.remoteHosts,
    privateHosts: config.privateHosts,
  });
  const core = await createDecoder(config, { extensions: { ...extensions, openStore }, referencesWithin: folder });
  forget.push(
    (hrefs) => core.reader.forget(hrefs),
    (hrefs) => blocks.evict(({ href }) => hrefs.has(href)),
    (hrefs) => tiles.evict((picture) => picture.hrefs.some((href) => hrefs.has(href))),
  );
  const openedUrls = createOpenedUrls({
    ...core,
    pool: core.pixels,
    latentsBytes: config.urlLatentsBytes,
    rules: { hosts: config.urlHosts, privateHosts: config.privateUrlHosts },
  });
  const eventLoop = monitorEventLoop();
  const stages = watchStages();
  const areas = createAreas({ threads: Math.min(2, availableParallelism()), maxWaiting: 4 * config.maxWaiting });
  return {
    ...core,
    config,
    catalog,
    openedUrls,
    eventLoop,
    areas,
    stamps: createStamps(async (model) => `${core.networks.provider} ${(await core.loadModel(model)).sha256}`),
    stages,
    searches: createSearchStore(config.catalog, { maxSearches: config.maxSearches, maxBytes: config.searchesBytes }),
    realPlace: (path) => realPlace(path, folders),
    sharedTiles,
    renders: extensions.renders,
    routes: extensions.routes,
    ...openFills(core, config, { sharedTiles, onProblem }),
    drawing: new ByteBudget({ maxBytes: config.drawingBytes, maxWaiting: config.maxWaiting }),
    tiles,
    blocks,
    async close() {
      eventLoop.close();
      stages.close();
      await Promise.all([
        catalog.close(),
        sharedTiles?.close(),
        areas.close(),
        openedUrls.reader.close(),
        core.close(),
      ]);
      await extensions.close();
    },
  };
}

/** What fills holes, kept in the settings' folder and in a shared cache as well as in memory. */
export function openFills(
  core: Pick<Decoder, "reader" | "networks" | "pixels">,
  config: Pick<Config, "latentsCacheBytes" | "filledCacheBytes" | "filledFolder" | "filledFolderBytes">,
  {
    sharedTiles,
    onProblem,
  }: {
    readonly sharedTiles?: SharedTiles | undefined;
    readonly onProblem?: ((message: string) => void) | undefined;
  } = {},
): Pick<Services, "forecasts" | "fills"> {
  const { latentsCacheBytes, filledCacheBytes, filledFolder, filledFolderBytes: maxBytes } = config;
  const forecasts = createForecasts(core.pixels, { maxBytes: Math.min(MAX_FORECAST_BYTES, latentsCacheBytes / 4) });
  const stores = [
    ...(filledFolder === undefined ? [] : [createFilledFolder(filledFolder, { maxBytes, onProblem })]),
    ...(sharedTiles === undefined ? [] : [sharedTiles.filled]),
  ];
  return { forecasts, fills: createFills({ ...core, forecasts }, { maxBytes: filledCacheBytes, stores }) };
}

/** Of a catalog in a folder, that: its files must not make the server read others. */
function folderOf(catalog: string): string | undefined {
  const location = parseLocation(catalog);
  return location.kind === "file" ? location.path : undefined;
}

/** Models, networks, pixel threads and the chunk reader: what decoding needs without a catalog. */
export interface Decoder {
  readonly models: ModelZoo;
  readonly networks: Networks;
  readonly official: OfficialPool;
  /** Threads of ingest, started by the first image. */
  readonly encoders: Encoders;
  readonly pixels: WorkerPool<PixelTask, PixelResult>;
  readonly reader: ChunkReader;
  /** Opens files at any location whose scheme is known, plugins' included. */
  readonly openStore: OpenStore;
  readonly loadModel: (id: string) => Promise<LoadedModel>;
  close(): Promise<void>;
}

export type DecoderConfig = Pick<
  Config,
  | "plugins"
  | "models"
  | "provider"
  | "sessions"
  | "maxBatch"
  | "maxWaiting"
  | "pixelThreads"
  | "latentsCacheBytes"
  | "openContainers"
>;

/** What a server gives its decoder. */
export interface DecoderUse {
  /** Loaded from the settings' plugins unless given. */
  readonly extensions?: Extensions;
  /** The folder in which local files lie that others lean on. */
  readonly referencesWithin?: string | undefined;
}

/** Starts threads; networks load on first use. */
export async function createDecoder(config: DecoderConfig, use: DecoderUse = {}): Promise<Decoder> {
  const extensions = use.extensions ?? (await loadExtensions(config.plugins));
  const { openStore } = extensions;
  const models = createModelZoo(config.models);
  const loaded = new Map<string, Promise<LoadedModel>>();
  const load = (id: string): Promise<LoadedModel> => {
    const model = loaded.get(id) ?? models.open(id).then(loadModel);
    loaded.set(id, model);
    model.catch(() => loaded.delete(id));
    return model;
  };
  const provider = config.provider === "auto" ? await chooseProvider(models, load) : config.provider;
  const networks = createNetworks({
    provider,
    sessions: config.sessions,
    maxBatch: config.maxBatch,
    maxWaiting: config.maxWaiting,
  });
  const pixels = createWorkerPool<PixelTask, PixelResult>({
    url: new URL("../tile/pixel-worker.js", import.meta.url),
    size: config.pixelThreads ?? availableParallelism(),
    data: undefined,
    maxWaiting: 4 * config.maxWaiting,
    lasting: ["model"],
  });
  const official = createOfficialPool({ provider, sessions: config.sessions, maxWaiting: 4 * config.maxWaiting });
  const encoders = createEncoders({ threads: config.pixelThreads });
  const reader = createChunkReader({
    pool: pixels,
    official,
    loadModel: load,
    latentsBytes: config.latentsCacheBytes,
    headers: config.openContainers,
    referencesWithin: use.referencesWithin,
    openStore,
  });
  return {
    models,
    networks,
    official,
    encoders,
    pixels,
    reader,
    openStore,
    loadModel: load,
    async close() {
      await Promise.all([networks.close(), official.close(), encoders.close(), pixels.close(), reader.close()]);
      if (use.extensions === undefined) await extensions.close();
    },
  };
}

/** Nothing is timed where there is only the cpu to choose. */
async function chooseProvider(models: ModelZoo, load: (id: string) => Promise<LoadedModel>): Promise<Provider> {
  const candidates = listProviders();
  const [id] = await models.ids();
  if (id === undefined || candidates.every((candidate) => candidate === "cpu")) return "cpu";
  return fastestProvider(await tryProviders((await load(id)).transform, candidates));
}
