import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import type { TileCache } from "../../../src/app/plugin.js";
import { createSharedTiles, packImage, unpackImage } from "../../../src/app/shared-tiles.js";
import type { EncodedImage } from "../../../src/render/encode-image.js";

const IMAGE: EncodedImage = { bytes: new Uint8Array([1, 2, 3, 250]), mediaType: "image/webp", coverage: "partial" };
const ETAG = `"aB_-9"`;

function memoryCache(overrides: Partial<TileCache> = {}): TileCache & { readonly stored: Map<string, Uint8Array> } {
  const stored = new Map<string, Uint8Array>();
  return {
    stored,
    get: async (key) => stored.get(key),
    set: async (key, value) => void stored.set(key, value),
    close: async () => undefined,
    ...overrides,
  };
}

test("a picture comes back from its packed form, and damage is noticed in every byte", () => {
  const packed = packImage(IMAGE);
  assert.deepEqual(unpackImage(packed), IMAGE);
  for (let i = 0; i < packed.length; i++) {
    const damaged = packed.slice();
    damaged[i] = (damaged[i] ?? 0) ^ 0x80;
    assert.equal(unpackImage(damaged), undefined, `byte ${i}`);
  }
  for (let length = 0; length < packed.length; length++)
    assert.equal(unpackImage(packed.subarray(0, length)), undefined);
});

test("what one server drew another finds", async () => {
  const cache = memoryCache();
  const [first, second] = [1, 2].map(() => createSharedTiles(cache, { timeoutMs: 100 }));
  assert.ok(first !== undefined && second !== undefined);
  assert.deepEqual(await first.getOrDraw(ETAG, async () => IMAGE), IMAGE);
  assert.deepEqual([...cache.stored.keys()], ["tectile/tile/aB_-9"]);
  const found = await second.getOrDraw(ETAG, () => Promise.reject(new Error("drawn again")));
  assert.deepEqual(found, IMAGE);
  assert.deepEqual(second.stats(), { hits: 1, misses: 0, failures: 0 });
});

test("damaged bytes in the cache are drawn anew and replaced", async () => {
  const cache = memoryCache();
  cache.stored.set("tectile/tile/aB_-9", new Uint8Array(100));
  const tiles = createSharedTiles(cache, { timeoutMs: 100 });
  assert.deepEqual(await tiles.getOrDraw(ETAG, async () => IMAGE), IMAGE);
  assert.deepEqual(unpackImage(cache.stored.get("tectile/tile/aB_-9") ?? new Uint8Array()), IMAGE);
});

test("a cache that fails or hangs never breaks a tile and is then left alone for a while", async () => {
  for (const get of [() => Promise.reject(new Error("down")), () => new Promise<never>(() => undefined)]) {
    let asked = 0;
    const problems: string[] = [];
    const cache = memoryCache({ get: () => (asked++, get()) });
    const tiles = createSharedTiles(cache, {
      timeoutMs: 20,
      pauseMs: 200,
      onProblem: (message) => void problems.push(message),
    });
    for (let i = 0; i < 5; i++) assert.deepEqual(await tiles.getOrDraw(ETAG, async () => IMAGE), IMAGE);
    assert.equal(asked, 1);
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? "", /^Shared tile cache left alone for 200 ms: (down|no answer within 20 ms)$/);
    await sleep(250);
    await tiles.getOrDraw(ETAG, async () => IMAGE);
    assert.equal(asked, 2);
  }
});

test("a late answer's signal is aborted", async () => {
  let aborted = false;
  const get: TileCache["get"] = (_, signal) => {
    signal.addEventListener("abort", () => (aborted = true));
    return new Promise(() => undefined);
  };
  await createSharedTiles(memoryCache({ get }), { timeoutMs: 10 }).getOrDraw(ETAG, async () => IMAGE);
  assert.equal(aborted, true);
});

test("a picture that can't be drawn fails as it would without the cache, and isn't stored", async () => {
  const cache = memoryCache();
  const tiles = createSharedTiles(cache, { timeoutMs: 100 });
  await assert.rejects(
    tiles.getOrDraw(ETAG, () => Promise.reject(new Error("corrupt"))),
    /corrupt/,
  );
  assert.equal(cache.stored.size, 0);
});
