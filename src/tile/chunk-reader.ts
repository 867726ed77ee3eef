import { LRUCache } from "lru-cache";
import { chunkName, chunkSize, type TecCog } from "../container/tec-cog.js";
import { readChunkBytes, readTecCog } from "../container/tec-cog-reader.js";
import { CorruptDataError } from "../core/errors.js";
import { SharedCache, type CacheStats } from "../core/shared-cache.js";
import type { WorkerPool } from "../core/worker-pool.js";
import { openByteSource, type ByteSource, type OpenStore } from "../store/byte-source.js";
import { decodeChunk, emptyChunk, type ChunkPlace, type DecodedChunk } from "./decode-chunk.js";
import type { LoadedModel } from "../codec/loaded-model.js";
import type { PixelResult, PixelTask } from "./pixel-tasks.js";

/** An open container with its model. */
export interface OpenContainer {
  /** Names the bytes in caches. */
  readonly key: string;
  readonly source: ByteSource;
  readonly cog: TecCog;
  readonly model: LoadedModel;
}

/** Reads chunks of containers and keeps their latents; concurrent requests for one chunk share one read and one decode. */
export interface ChunkReader {
  /** `version` changes when the file at `href` was replaced. */
  open(href: string, version: string, signal?: AbortSignal): Promise<OpenContainer>;
  chunk(container: OpenContainer, level: number, index: number, signal?: AbortSignal): Promise<DecodedChunk>;
  stats(): { readonly latents: CacheStats; readonly headers: number };
  close(): Promise<void>;
}

export interface ChunkReaderOptions {
  readonly pool: WorkerPool<PixelTask, PixelResult>;
  /** @throws NotFoundError for a model that is not installed, CorruptDataError where the container asks for another version of it. */
  readonly loadModel: (id: string) => Promise<LoadedModel>;
  readonly latentsBytes: number;
  /** Containers whose header and file stay open. */
  readonly headers: number;
  /** Opens the files; openByteSource. */
  readonly openStore?: OpenStore;
}

/** A file that leaves the header cache is closed this much later, so that requests under way can finish. */
const CLOSE_AFTER_MS = 30_000;

export function createChunkReader(options: ChunkReaderOptions): ChunkReader {
  const latents = new SharedCache<DecodedChunk>({ maxBytes: options.latentsBytes, sizeOf: (chunk) => chunk.bytes });
  const headers = new LRUCache<string, Promise<OpenContainer>>({
    max: options.headers,
    dispose: (container) => closeLater(container),
  });

  async function load(href: string, key: string): Promise<OpenContainer> {
    const source = await (options.openStore ?? openByteSource)(href);
    try {
      const cog = await readTecCog(source);
      const model = await options.loadModel(cog.metadata.model.id);
      checkModel(cog, model);
      return { key, source, cog, model };
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  async function read(
    container: OpenContainer,
    level: number,
    index: number,
    signal: AbortSignal,
  ): Promise<DecodedChunk> {
    const { source, cog, model } = container;
    const tiles = cog.levels[level];
    if (tiles === undefined) throw new RangeError(`level ${level} of ${cog.levels.length}`);
    const place = chunkPlace(cog, level, index);
    const bytes = await readChunkBytes(source, tiles, index, signal);
    if (bytes === undefined) return emptyChunk(place);
    const { sha256, tables, block } = model;
    const result = await options.pool.run(
      { kind: "decode", bytes, place, model: { sha256, tables, block } },
      { signal },
    );
    if (result.kind !== "decoded") throw new TypeError(`a ${result.kind} answer to a decode task`);
    return result.chunk;
  }

  return {
    async open(href, version, signal) {
      signal?.throwIfAborted();
      const key = `${href}#${version}`;
      const container = headers.get(key) ?? load(href, key);
      headers.set(key, container);
      container.catch(() => headers.peek(key) === container && headers.delete(key));
      return container;
    },
    chunk: (container, level, index, signal) =>
      latents.get(`${container.key}/${level}/${index}`, (shared) => read(container, level, index, shared), signal),
    stats: () => ({ latents: latents.stats(), headers: headers.size }),
    async close() {
      const open = [...headers.values()];
      await Promise.all(open.map(async (container) => (await container.catch(() => undefined))?.source.close()));
    },
  };
}

/** Reads one chunk without workers or caches: for tools that go through a file once. */
export async function readChunk(
  container: OpenContainer,
  level: number,
  index: number,
  coder: Parameters<typeof decodeChunk>[2],
): Promise<DecodedChunk> {
  const tiles = container.cog.levels[level];
  const place = chunkPlace(container.cog, level, index);
  const bytes = tiles === undefined ? undefined : await readChunkBytes(container.source, tiles, index);
  return bytes === undefined ? emptyChunk(place) : decodeChunk(bytes, place, coder);
}

function chunkPlace(cog: TecCog, level: number, index: number): ChunkPlace {
  const tiles = cog.levels[level];
  if (tiles === undefined) throw new RangeError(`level ${level} of ${cog.levels.length}`);
  const [row, column] = [Math.floor(index / tiles.chunkColumns), index % tiles.chunkColumns];
  return { name: chunkName(cog.location, level, row, column), ...chunkSize(tiles, row, column) };
}

function checkModel(cog: TecCog, model: LoadedModel): void {
  const wanted = cog.metadata.model.sha256;
  if (model.sha256 === wanted) return;
  throw new CorruptDataError(
    cog.location,
    `it was encoded with another version of model "${model.id}" (sha256 ${wanted.slice(0, 12)}...; installed is ${model.sha256.slice(0, 12)}...)`,
  );
}

function closeLater(container: Promise<OpenContainer>): void {
  container.then(
    ({ source }) => setTimeout(() => void source.close(), CLOSE_AFTER_MS).unref(),
    () => undefined,
  );
}
