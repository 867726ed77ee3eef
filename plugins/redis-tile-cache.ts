import { z } from "zod";
import { definePlugin, UnsupportedError, type Plugin, type TileCache } from "../src/plugin.js";

const optionsSchema = z.strictObject({
  /** redis[s]://[[user][:password]@]host[:port][/database] */
  url: z.url({ protocol: /^rediss?$/ }).default("redis://localhost:6379"),
  /** Seconds until Redis forgets a tile; a week. */
  ttlS: z
    .int()
    .min(1)
    .default(7 * 24 * 3600),
  /** Before every key, where several Tectiles with different imagery must not meet (they never mix: keys name the imagery). */
  prefix: z.string().default(""),
  connectTimeoutMs: z.int().min(1).default(2000),
});

/**
 * Tiles shared by several servers through Redis (or Valkey): the setting `sharedTileCache: "redis"`. Give Redis a `maxmemory` and
 * the policy `allkeys-lru`, so that it forgets the oldest by itself. Needs the package `redis`.
 */
export default function redisTileCache(options: z.input<typeof optionsSchema> = {}): Plugin {
  const settings = optionsSchema.parse(options);
  return definePlugin({ name: "redis-tile-cache", tileCaches: { redis: () => openRedis(settings) } });
}

/** A Redis that isn't there yet doesn't keep the server from starting: reads fail at once until the connection stands. */
async function openRedis({ url, ttlS, prefix, connectTimeoutMs }: z.infer<typeof optionsSchema>): Promise<TileCache> {
  const { createClient, RESP_TYPES } = await importRedis();
  const client = createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    socket: { connectTimeout: connectTimeoutMs, reconnectStrategy: (retries) => Math.min(5000, 100 * 2 ** retries) },
  });
  let problem: Error | undefined;
  client.on("error", (error: Error) => (problem = error));
  client.on("ready", () => (problem = undefined));
  const connecting = client.connect().catch((error: Error) => (problem = error));
  await Promise.race([connecting, new Promise((resolve) => setTimeout(resolve, connectTimeoutMs).unref())]);
  const ready = (): void => {
    if (!client.isReady) throw problem ?? new Error("Redis isn't connected");
  };
  const typeMapping = { [RESP_TYPES.BLOB_STRING]: Buffer };
  return {
    async get(key, abortSignal) {
      ready();
      const value = await client
        .withTypeMapping(typeMapping)
        .withAbortSignal(abortSignal)
        .get(prefix + key);
      return value ?? undefined;
    },
    async set(key, value, abortSignal) {
      ready();
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      await client.withAbortSignal(abortSignal).set(prefix + key, bytes, { EX: ttlS });
    },
    async close() {
      client.destroy();
    },
  };
}

async function importRedis(): Promise<typeof import("redis")> {
  try {
    return await import("redis");
  } catch (cause) {
    throw new UnsupportedError(`Plugin redis-tile-cache needs the package redis; install it with "npm install redis"`, {
      cause,
    });
  }
}
