import { resolve } from "node:path";
import { LRUCache } from "lru-cache";
import { chunkName, chunkSize, type TecCog } from "../container/tec-cog.js";
import { readChunkBytes, readTecCog } from "../container/tec-cog-reader.js";
import { AppError, ChangedFileError, CorruptDataError } from "../core/errors.js";
import { SharedCache, type CacheStats } from "../core/shared-cache.js";
import type { WorkerPool } from "../core/worker-pool.js";
import { openByteSource, type ByteSource, type OpenStore } from "../store/byte-source.js";
import { bytesOfTokens, withoutMissingTokens } from "./token-bytes.js";
import { decodeOfficialChunk } from "./official-chunk.js";
import { asReference, emptyChunk, type ChunkPlace, type DecodedChunk } from "./decode-chunk.js";
import type { ReferenceChunk } from "../codec/lapped/lapped-coder.js";
import type { OfficialPool } from "../codec/official/elic-pool.js";
import type { LoadedModel } from "../codec/loaded-model.js";
import { CODECS } from "../core/codecs.js";
import { codecOf, findSection, parseChunk, SECTION } from "../container/chunk.js";
import { parseLocation } from "../store/location.js";
import { checkReference, placeOfReference, versionOfReference } from "./chunk-references.js";
import type { PixelResult, PixelTask } from "./pixel-tasks.js";

/** An open container with its model. */
export interface OpenContainer {
  /** Names the bytes in caches: a local file's path, time and size, so that an item and those that lean on it share one decode. */
  readonly key: string;
  /** Where it was opened. */
  readonly href: string;
  readonly source: ByteSource;
  readonly cog: TecCog;
  readonly model: LoadedModel;
  /** Of FlexTEC's 16 tokens, those to read: the rest is forecast. Undefined: all. */
  readonly tokens?: number | undefined;
}

/** Reads chunks of containers and keeps their latents; concurrent requests for one chunk share one read and one decode. */
export interface ChunkReader {
  /** `version` changes when the file at `href` was replaced. */
  open(href: string, version: string, signal?: AbortSignal): Promise<OpenContainer>;
  /**
   * Opens the k-th file that a container leans on, unless it may not lean on that place; checkReference tells whether it fits.
   *
   * @throws CorruptDataError that names both.
   */
  openReference(container: OpenContainer, k: number, signal?: AbortSignal): Promise<OpenContainer>;
  /** @throws ChangedFileError for a remote file that isn't the one which was opened; the next `open` opens what is there. */
  chunk(container: OpenContainer, level: number, index: number, signal?: AbortSignal): Promise<DecodedChunk>;
  /** Decodes a chunk that may be kept already, so that what decodes it is warm; what it gives is not kept. */
  decodeAgain(container: OpenContainer, level: number, index: number, signal: AbortSignal): Promise<DecodedChunk>;
  /** Of files that are gone: closes them and drops what was read from them. */
  forget(hrefs: ReadonlySet<string>): void;
  stats(): { readonly latents: CacheStats; readonly headers: number };
  close(): Promise<void>;
}

export interface ChunkReaderOptions {
  readonly pool: WorkerPool<PixelTask, PixelResult>;
  /** @throws NotFoundError for a model that is not installed, CorruptDataError where the container asks for another version of it. */
  readonly loadModel: (id: string) => Promise<LoadedModel>;
  /** Decodes what converted TEC-ELICs store. */
  readonly official: OfficialPool;
  readonly latentsBytes: number;
  /** Containers whose header and file stay open. */
  readonly headers: number;
  /** The folder in which local files lie that others lean on; anywhere where it isn't given. */
  readonly referencesWithin?: string | undefined;
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

  async function load(href: string, version: string): Promise<OpenContainer> {
    const source = await (options.openStore ?? openByteSource)(href);
    try {
      const cog = await readTecCog(source);
      const model = await options.loadModel(cog.metadata.model.id);
      checkModel(cog, model);
      const key = `${placeOf(href)}#${parseLocation(href).kind === "file" ? cog.identity : version}`;
      return { key, href, source, cog, model };
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
    const { cog, model } = container;
    const place = chunkPlace(cog, level, index);
    const bytes = await readTokens(container, level, index, signal);
    if (bytes === undefined) return emptyChunk(place);
    if (model.coding.kind === "official") {
      const writtenBy = cog.metadata.engine ?? "an unknown engine";
      return decodeOfficialChunk({ bytes, place, model, writtenBy }, options.official, signal);
    }
    const references = await readReferences(container, bytes, { level, index, place }, signal);
    const { tokens } = container;
    const result = await options.pool.run({ kind: "decode", bytes, place, model, references, tokens }, { signal });
    if (result.kind !== "decoded") throw new TypeError(`a ${result.kind} answer to a decode task`);
    return result.chunk;
  }

  /** The same chunk of the files that one leans on. */
  async function readReferences(
    container: OpenContainer,
    bytes: Uint8Array,
    { level, index, place }: { readonly level: number; readonly index: number; readonly place: ChunkPlace },
    signal: AbortSignal,
  ): Promise<readonly ReferenceChunk[]> {
    const codec = codecOf(bytes);
    const most = codec === undefined ? 0 : CODECS[codec].references;
    if (most === 0) return [];
    const indices = findSection(parseChunk(bytes, place.name), SECTION.references) ?? new Uint8Array();
    if (indices.length > most)
      throw new CorruptDataError(place.name, `it leans on ${indices.length} dates, ${most} at most are allowed`);
    return Promise.all(
      [...indices].map(async (k) => {
        const other = await openReference(container, k, signal);
        checkReference(container, k, other);
        return asReference(await chunk(other, level, index, signal), place);
      }),
    );
  }

  async function openReference(container: OpenContainer, k: number, signal?: AbortSignal): Promise<OpenContainer> {
    const href = await placeOfReference(container, k, options.referencesWithin);
    try {
      return await open(href, await versionOfReference(href), signal);
    } catch (cause) {
      if (signal?.aborted === true || !(cause instanceof AppError)) throw cause;
      const { location, metadata } = container.cog;
      const named = metadata.references?.[k]?.href ?? href;
      throw new CorruptDataError(location, `its reference ${named} can't be read: ${cause.message}`, { cause });
    }
  }

  async function open(href: string, version: string, signal?: AbortSignal): Promise<OpenContainer> {
    signal?.throwIfAborted();
    const key = `${href}#${version}`;
    const container = headers.get(key) ?? load(href, version);
    headers.set(key, container);
    container.catch(() => headers.peek(key) === container && headers.delete(key));
    return container;
  }

  function chunk(container: OpenContainer, level: number, index: number, signal?: AbortSignal): Promise<DecodedChunk> {
    const part = container.tokens === undefined ? "" : `/${container.tokens}`;
    const key = `${container.key}/${level}/${index}${part}`;
    const load = async (shared: AbortSignal): Promise<DecodedChunk> => {
      try {
        return await read(container, level, index, shared);
      } catch (error) {
        // Whoever asks next opens what is there now; chunks of both don't meet in one picture.
        if (error instanceof ChangedFileError) forget(new Set([container.href]));
        throw error;
      }
    };
    return latents.get(key, load, signal);
  }

  function forget(hrefs: ReadonlySet<string>): void {
    for (const key of headers.keys()) if (hrefs.has(hrefOf(key))) headers.delete(key);
    const places = new Set([...hrefs].map((href) => placeOf(href)));
    latents.evict((_, key) => places.has(hrefOf(key)));
  }

  return {
    open,
    openReference,
    chunk,
    decodeAgain: read,
    forget,
    stats: () => ({ latents: latents.stats(), headers: headers.size }),
    async close() {
      const open = [...headers.values()];
      await Promise.all(open.map(async (container) => (await container.catch(() => undefined))?.source.close()));
    },
  };
}

/** A local file's path, whatever it was called by; a URL as it is. */
function placeOf(href: string): string {
  const at = parseLocation(href);
  return at.kind === "file" ? resolve(at.path) : href;
}

const hrefOf = (key: string): string => key.slice(0, key.lastIndexOf("#"));

/** Bytes that tell how long a FlexTEC chunk's sections are, and often all of a small one's first tokens. */
const TOKEN_HEAD_BYTES = 256;

/** A chunk's bytes; of FlexTEC with fewer tokens than all, those of its head and of the tokens wanted: two requests. */
async function readTokens(
  { source, cog, tokens }: OpenContainer,
  level: number,
  index: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const tiles = cog.levels[level];
  if (tiles === undefined) throw new RangeError(`level ${level} of ${cog.levels.length}`);
  const [offset = 0, length = 0] = [tiles.offsets[index], tiles.lengths[index]];
  if (tokens === undefined || length === 0) return readChunkBytes(source, tiles, index, signal);
  const { name } = chunkPlace(cog, level, index);
  const head = await source.getRange(offset, Math.min(length, TOKEN_HEAD_BYTES), signal);
  if (CODECS[codecOf(head) ?? "fp"].tokens === 0) return readChunkBytes(source, tiles, index, signal);
  const wanted = bytesOfTokens(head, tokens, name);
  if (wanted === undefined || wanted > length)
    throw new CorruptDataError(name, `truncated: ${wanted ?? TOKEN_HEAD_BYTES} bytes expected, ${length} stored`);
  const bytes = new Uint8Array(wanted);
  bytes.set(head.subarray(0, wanted));
  if (wanted > head.length)
    bytes.set(await source.getRange(offset + head.length, wanted - head.length, signal), head.length);
  return withoutMissingTokens(bytes, tokens);
}

function chunkPlace(cog: TecCog, level: number, index: number): ChunkPlace {
  const tiles = cog.levels[level];
  if (tiles === undefined) throw new RangeError(`level ${level} of ${cog.levels.length}`);
  const [row, column] = [Math.floor(index / tiles.chunkColumns), index % tiles.chunkColumns];
  return { name: chunkName(cog.location, level, row, column), ...chunkSize(tiles, row, column) };
}

function checkModel(cog: TecCog, model: LoadedModel): void {
  const wanted = cog.metadata.model.sha256;
  if (model.sha256 === wanted || model.compatible.includes(wanted)) return;
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
