import { createHash } from "node:crypto";
import { messageOf } from "../core/assert.js";
import { z } from "zod";
import { MEDIA_TYPES } from "../render/encode-image.js";
import type { Picture } from "../tile/draw/provenance.js";
import type { FilledStore } from "../tile/fill/fills.js";
import type { TileCache } from "./plugin.js";

/** Pictures that several servers share: asked on a miss of the process's own cache. */
export interface SharedTiles {
  /** The stored picture, or the one that `draw` makes, which is then stored in the background. */
  getOrDraw(etag: string, draw: () => Promise<Picture>): Promise<Picture>;
  /** Filled chunks, in the same cache. */
  readonly filled: FilledStore;
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

/** Pictures and chunks on their way into the cache; more are not stored. */
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

  async function store(key: string, value: Uint8Array): Promise<void> {
    if (storing >= MAX_STORING) return;
    storing++;
    await attempt((signal) => cache.set(key, value, signal));
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
      void store(key, packImage(image));
      return image;
    },
    filled: {
      get: (key) => attempt((signal) => cache.get(keyOfFilled(key), signal)),
      set: (key, value) => store(keyOfFilled(key), value),
    },
    stats: () => ({ hits, misses, failures }),
    close: () => cache.close(),
  };
}

const keyOf = (etag: string): string => `tectile/tile/${etag.replaceAll(/[^A-Za-z0-9_-]/g, "")}`;

const keyOfFilled = (key: string): string => `tectile/filled/${key}`;

const MAGIC = "TT2 ";
const HEAD_BYTES = 24;
const COVERAGES = ["none", "partial", "full"] as const satisfies readonly Picture["coverage"][];
const TYPES = Object.values(MEDIA_TYPES);
const provenanceSchema = z
  .object({
    observed: z.number(),
    inferred: z.number(),
    dates: z.array(z.string()),
    method: z.string(),
    isCut: z.boolean().optional(),
  })
  .optional();

/**
 * Layout: magic (4), coverage and media type as indices (1 + 1), length of the provenance (2), the first 16 bytes of the sha256 of all
 * that follows, the provenance as JSON, the picture.
 */
export function packImage({ bytes, mediaType, coverage, provenance }: Picture): Uint8Array {
  const told = Buffer.from(provenance === undefined ? "" : JSON.stringify(provenance));
  const packed = Buffer.alloc(HEAD_BYTES + told.length + bytes.length);
  packed.write(MAGIC, "latin1");
  packed[4] = COVERAGES.indexOf(coverage);
  packed[5] = TYPES.findIndex((type) => type === mediaType);
  packed.writeUInt16LE(told.length, 6);
  packed.set(told, HEAD_BYTES);
  packed.set(bytes, HEAD_BYTES + told.length);
  packed.set(digest(packed), 8);
  return packed;
}

/** Undefined for bytes that are damaged or somebody else's. */
export function unpackImage(packed: Uint8Array): Picture | undefined {
  const [coverage, mediaType] = [COVERAGES[packed[4] ?? 255], TYPES[packed[5] ?? 255]];
  if (packed.length < HEAD_BYTES || coverage === undefined || mediaType === undefined) return undefined;
  const copy = Buffer.from(packed);
  const isOurs = copy.toString("latin1", 0, 4) === MAGIC && digest(copy).equals(copy.subarray(8, HEAD_BYTES));
  if (!isOurs) return undefined;
  const start = HEAD_BYTES + copy.readUInt16LE(6);
  const told = copy.toString("utf8", HEAD_BYTES, start);
  const provenance = provenanceSchema.safeParse(told === "" ? undefined : JSON.parse(told));
  if (!provenance.success) return undefined;
  const image = { bytes: Uint8Array.from(copy.subarray(start)), mediaType, coverage };
  return provenance.data === undefined ? image : { ...image, provenance: provenance.data };
}

/** Of everything but itself. */
function digest(packed: Uint8Array): Buffer {
  const hash = createHash("sha256").update(packed.subarray(0, 8)).update(packed.subarray(HEAD_BYTES));
  return hash.digest().subarray(0, 16);
}
