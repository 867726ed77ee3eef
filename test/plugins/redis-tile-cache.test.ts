import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test, type TestContext } from "node:test";
import redisTileCache from "../../plugins/redis-tile-cache.js";
import { present } from "../../src/core/assert.js";
import type { TileCache } from "../../src/plugin.js";
import { tectile } from "../../src/index.js";
import { testTileCache } from "../contract/tile-cache.js";
import { makeDemoCatalog, type DemoCatalog } from "../support/demo-catalog.js";
import { getJson } from "../support/http-app.js";
import { listen } from "../support/listen.js";
import { SKIP_REDIS, startRedis, type RedisServer } from "../support/redis-server.js";
import express from "express";

const redis = await startRedis();
const skip = redis === undefined ? SKIP_REDIS : false;

/** The server's cache figures by name, such as "hits". */
async function sharedFigures(url: string): Promise<Readonly<Record<string, number>>> {
  const { json } = await getJson(`${url}/metrics?f=json`);
  const metrics = json["metrics"] as { name: string; value: number; labels?: Record<string, string> }[];
  const shared = metrics.filter(({ labels }) => labels?.["cache"] === "shared");
  return Object.fromEntries(shared.map(({ name, value }) => [name.replace(/^tectile_cache_|_total$/g, ""), value]));
}

async function serve(t: TestContext, catalog: string, url: string): Promise<string> {
  const app = express();
  const imagery = await tectile({
    catalog,
    provider: "cpu",
    plugins: [redisTileCache({ url, connectTimeoutMs: 500 })],
    sharedTileCache: "redis",
    sharedTileCacheTimeoutMs: 1000,
  });
  t.after(() => imagery.close());
  app.use(imagery);
  return listen(t, app);
}

describe("redis tile cache", { skip }, () => {
  let server: RedisServer;
  let demo: DemoCatalog;
  let made = 0;
  const cleanups: (() => unknown)[] = [];
  before(async () => {
    server = present(redis, "a Redis");
    demo = await makeDemoCatalog({ after: (work) => void cleanups.push(work) });
  });
  after(async () => {
    await server.stop();
    for (const work of cleanups) await work();
  });

  testTileCache("redis", () => openCache({ url: server.url, prefix: `suite${made++}/` }));

  test("a tile that one server drew another takes from Redis, byte for byte", async (t) => {
    const path = `/collections/demo/items/${demo.items[0]}/tiles/WebMercatorQuad/${demo.tile}.png`;
    const [first, second] = [await serve(t, demo.folder, server.url), await serve(t, demo.folder, server.url)];
    const drawn = Buffer.from(await (await fetch(first + path)).arrayBuffer());
    assert.ok(drawn.length > 5000);
    // The picture is stored after the answer.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const found = await fetch(second + path);
    assert.equal(found.headers.get("content-type"), "image/png");
    assert.deepEqual(Buffer.from(await found.arrayBuffer()), drawn);
    assert.deepEqual(await sharedFigures(first), { hits: 0, misses: 1, failures: 0 });
    assert.deepEqual(await sharedFigures(second), { hits: 1, misses: 0, failures: 0 });
  });

  test("tiles are drawn while Redis is away, from the start or suddenly", async (t) => {
    const path = `/collections/demo/tiles/WebMercatorQuad/${demo.tile}`;
    const never = await serve(t, demo.folder, "redis://127.0.0.1:1");
    assert.equal((await fetch(`${never}${path}.png`)).status, 200);
    const other = present(await startRedis(), "a second Redis");
    const orphan = await serve(t, demo.folder, other.url);
    assert.equal((await fetch(`${orphan}${path}.png`)).status, 200);
    await other.stop();
    assert.equal((await fetch(`${orphan}${path}.webp`)).status, 200);
    assert.equal((await sharedFigures(never))["failures"], 1);
  });

  test("stored tiles have an end", async (t) => {
    const cache = await openCache({ url: server.url, ttlS: 1 });
    t.after(() => cache.close());
    const signal = AbortSignal.timeout(10_000);
    await cache.set("short", new Uint8Array([1]), signal);
    assert.notEqual(await cache.get("short", signal), undefined);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    assert.equal(await cache.get("short", signal), undefined);
  });
});

test("without the package redis the error names what to install", async () => {
  const hooks = `export const resolve = (name, context, next) => name === "redis" ? Promise.reject(new Error("absent")) : next(name, context);`;
  const register = `import { register } from "node:module"; register("data:text/javascript,${encodeURIComponent(hooks)}");`;
  const plugin = new URL("../../plugins/redis-tile-cache.js", import.meta.url).href;
  const script = `const plugin = (await import(${JSON.stringify(plugin)})).default(); await plugin.tileCaches.redis().catch((error) => console.log(error.message));`;
  const preload = `data:text/javascript,${encodeURIComponent(register)}`;
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, ["--import", preload, "--input-type=module", "-e", script], (_, text, errors) =>
      resolve(text + errors),
    );
  });
  assert.match(output, /^Plugin redis-tile-cache needs the package redis; install it with "npm install redis"\n$/);
});

async function openCache(options: Parameters<typeof redisTileCache>[0]): Promise<TileCache> {
  return present(redisTileCache(options).tileCaches?.["redis"], "the cache")();
}
