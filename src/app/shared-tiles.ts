import { createHash } from "node:crypto";
import { messageOf } from "../core/assert.js";
import { MEDIA_TYPES, type EncodedImage } from "../render/encode-image.js";
import type { TileCache } from "./plugin.js";

/** Pictures that several servers share: asked on a miss of the process's own cache. */
export interface SharedTiles {
  /** The stored picture, or the one that `draw` makes, which is then stored in the background. */
  getOrDraw(etag: string, draw: () => Promise<EncodedImage>): Promise<EncodedImage>;
  stats(): { readonly hits: number; readonly misses: number; readonly failures: number };
  close(): Promise<void>;
}

export interface SharedTilesOptions {
  /** What one answer may take. */
  readonly timeoutMs: number;
  /** After a failure the cache is left alone for so long, so that a dead one costs one timeout, not one a tile; 5000. */
  readonly pauseMs?: number;
  /** Told of the first failure of each pause. */
  readonly onProblem?: (message: string) => void;
}

/** Pictures on their way into the cache; more are not stored. */
const MAX_STORING = 64;

/** Never fails by itself: whatever goes wrong in the cache, the picture is drawn. */
export function createSharedTiles(cache: TileCache, options: SharedTilesOptions): SharedTiles {
  const { timeoutMs, pauseMs = 5000, onProblem = () => undefined } = options;
  let [hits, misses, failures, storing, pausedUntil] = [0, 0, 0, 0, 0];

  /** The answer, or undefined when it failed or came late. */
  async function attempt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    if (performance.now() < pausedUntil) return undefined;
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      return await Promise.race([work(controller.signal), late]);
    } catch (error) {
      failures++;
      if (performance.now() >= pausedUntil)
        onProblem(`Shared tile cache left alone for ${pauseMs} ms: ${messageOf(error)}`);
      pausedUntil = performance.now() + pauseMs;
      controller.abort(error);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  async function store(key: string, image: EncodedImage): Promise<void> {
    if (storing >= MAX_STORING) return;
    storing++;
    await attempt((signal) => cache.set(key, packImage(image), signal));
    storing--;
  }

  return {
    async getOrDraw(etag, draw) {
      const key = keyOf(etag);
      const packed = await attempt((signal) => cache.get(key, signal));
      const stored = packed === undefined ? undefined : unpackImage(packed);
      if (stored !== undefined) {
        hits++;
        return stored;
      }
      misses++;
      const image = await draw();
      void store(key, image);
      return image;
    },
    stats: () => ({ hits, misses, failures }),
    close: () => cache.close(),
  };
}

const keyOf = (etag: string): string => `tectile/tile/${etag.replaceAll(/[^A-Za-z0-9_-]/g, "")}`;

const MAGIC = "TT1 ";
const HEAD_BYTES = 24;
const COVERAGES = ["none", "partial", "full"] as const satisfies readonly EncodedImage["coverage"][];
const TYPES = Object.values(MEDIA_TYPES);

/** Layout: magic (4), coverage and media type as indices (1 + 1), 2 spare, the first 16 bytes of the picture's sha256, the picture. */
export function packImage({ bytes, mediaType, coverage }: EncodedImage): Uint8Array {
  const packed = Buffer.alloc(HEAD_BYTES + bytes.length);
  packed.write(MAGIC, "latin1");
  packed[4] = COVERAGES.indexOf(coverage);
  packed[5] = TYPES.findIndex((type) => type === mediaType);
  packed.set(digest(bytes), 8);
  packed.set(bytes, HEAD_BYTES);
  return packed;
}

/** Undefined for bytes that are damaged or somebody else's. */
export function unpackImage(packed: Uint8Array): EncodedImage | undefined {
  const [coverage, mediaType] = [COVERAGES[packed[4] ?? 255], TYPES[packed[5] ?? 255]];
  if (packed.length < HEAD_BYTES || coverage === undefined || mediaType === undefined) return undefined;
  const bytes = Uint8Array.from(packed.subarray(HEAD_BYTES));
  const head = Buffer.concat([Buffer.from(MAGIC, "latin1"), digest(bytes)]);
  const found = Buffer.concat([packed.subarray(0, 4), packed.subarray(8, HEAD_BYTES)]);
  return head.equals(found) ? { bytes, mediaType, coverage } : undefined;
}

const digest = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest().subarray(0, 16);
