import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { TileCache } from "../../src/app/plugin.js";

/** What every TileCache must do, whatever it is kept in. `make` gives an empty one; the suite closes it. */
export function testTileCache(name: string, make: (t: TestContext) => Promise<TileCache>): void {
  const inTime = (): AbortSignal => AbortSignal.timeout(60_000);

  const run = (sentence: string, work: (cache: TileCache) => Promise<void>): void =>
    void test(`${name}: ${sentence}`, async (t) => {
      const cache = await make(t);
      try {
        await work(cache);
      } finally {
        await cache.close();
      }
    });

  run("what was never stored is undefined", async (cache) => {
    assert.equal(await cache.get("tectile/tile/never", inTime()), undefined);
  });

  run("bytes come back as they were, every value of a byte and none at all", async (cache) => {
    const all = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);
    for (const [key, value] of [
      ["tectile/tile/all", all],
      ["tectile/tile/empty", new Uint8Array()],
    ] as const) {
      await cache.set(key, value, inTime());
      assert.deepEqual(bytesOf(await cache.get(key, inTime())), bytesOf(value), key);
    }
  });

  run("a second value replaces the first", async (cache) => {
    await cache.set("a", new Uint8Array([1, 2, 3]), inTime());
    await cache.set("a", new Uint8Array([9]), inTime());
    assert.deepEqual(bytesOf(await cache.get("a", inTime())), [9]);
  });

  run("keys that look alike are apart", async (cache) => {
    const keys = ["tectile/tile/a", "tectile/tile/A", "tectile/tile/a_", "tectile/tile/a-", "tectile:tile:a"];
    for (const [i, key] of keys.entries()) await cache.set(key, new Uint8Array([i]), inTime());
    for (const [i, key] of keys.entries()) assert.deepEqual(bytesOf(await cache.get(key, inTime())), [i], key);
  });

  run("fifty reads and writes at once don't mix", async (cache) => {
    const keys = Array.from({ length: 50 }, (_, i) => `k${i}`);
    await Promise.all(keys.map((key, i) => cache.set(key, new Uint8Array(1000).fill(i), inTime())));
    const found = await Promise.all(keys.map((key) => cache.get(key, inTime())));
    for (const [i, value] of found.entries())
      assert.deepEqual(
        bytesOf(value),
        Array.from({ length: 1000 }, () => i),
      );
  });

  run("what it gave may be written to without changing what is stored", async (cache) => {
    await cache.set("a", new Uint8Array([1, 2]), inTime());
    (await cache.get("a", inTime()))?.fill(0);
    assert.deepEqual(bytesOf(await cache.get("a", inTime())), [1, 2]);
  });
}

const bytesOf = (value: Uint8Array | undefined): readonly number[] | undefined => value && [...value];
