import { createHash } from "node:crypto";
import { SharedCache, type CacheStats } from "../../core/shared-cache.js";
import type { LayerDrawing } from "../draw/draw-layer.js";
import type { InpaintMethod } from "../mosaic/mosaic-spec.js";
import { bytesOfFilled, type FilledChunk } from "./filled-chunk.js";
import { fillChunk } from "./fill-chunk.js";
import { createGuide, createGuideCaches, keyOf, type ChunkPlace, type FillSubject } from "./guide.js";
import { packFilled, unpackFilled } from "./pack-filled.js";

/** One chunk of an acquisition, filled by a method. */
export interface FillRequest extends ChunkPlace {
  readonly subject: FillSubject;
  readonly method: Exclude<InpaintMethod, "none">;
}

/** Fills chunks, each once: the same for every tile, zoom, format and client. */
export interface Fills {
  chunk(request: FillRequest, signal?: AbortSignal): Promise<FilledChunk>;
  stats(): CacheStats;
}

/** Where filled chunks are kept beyond this process: a folder, a cache that servers share. Neither ever fails; both may lose anything. */
export interface FilledStore {
  get(key: string): Promise<Uint8Array | undefined>;
  set(key: string, value: Uint8Array): Promise<void>;
}

export interface FillsOptions {
  readonly maxBytes: number;
  /** Asked in this order on a miss; what was filled goes to all of them. */
  readonly stores?: readonly FilledStore[] | undefined;
}

/** Filled chunks of equal requests differ between these; raise it when filling changes. */
export const FILL_VERSION = 3;
/** Of the cache, what the guides' overviews and lights may take. */
const GUIDE_SHARE = 0.5;

export function createFills(use: LayerDrawing, { maxBytes, stores = [] }: FillsOptions): Fills {
  const kept = new SharedCache<FilledChunk>({ maxBytes: maxBytes * (1 - GUIDE_SHARE), sizeOf: bytesOfFilled });
  const caches = createGuideCaches(maxBytes * GUIDE_SHARE);

  async function load(key: string, request: FillRequest, signal: AbortSignal): Promise<FilledChunk> {
    for (const store of stores) {
      const packed = await store.get(key);
      const found = packed === undefined ? undefined : await unpackFilled(packed);
      if (found !== undefined) return found;
    }
    const filled = await fillChunk({ ...request, guide: createGuide(request.subject, caches, use) }, use, signal);
    if (stores.length > 0) void keep(key, filled);
    return filled;
  }

  async function keep(key: string, filled: FilledChunk): Promise<void> {
    const packed = await packFilled(filled);
    await Promise.all(stores.map((store) => store.set(key, packed)));
  }

  return {
    chunk(request, signal) {
      const key = keyOfFill(request);
      return kept.get(key, (shared) => load(key, request, shared), signal);
    },
    stats: () => kept.stats(),
  };
}

/** Names everything that a filled chunk depends on; letters, digits, "-" and "_". */
function keyOfFill({ subject, level, row, column, method }: FillRequest): string {
  const { base, references, bands, tokens } = subject;
  const identity = [
    FILL_VERSION,
    base.map(identityOf),
    references.map(identityOf),
    bands,
    tokens ?? "all",
    [level, row, column],
    method,
  ];
  return createHash("sha256").update(JSON.stringify(identity)).digest("base64url").slice(0, 27);
}

const identityOf = (item: FillSubject["base"][0]): readonly unknown[] => [keyOf(item), item.datetimeMs, item.grid];
