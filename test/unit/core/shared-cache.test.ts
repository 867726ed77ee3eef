import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { SharedCache } from "../../../src/core/shared-cache.js";

const cache = (maxBytes = 100) => new SharedCache<{ size: number }>({ maxBytes, sizeOf: ({ size }) => size });

test("ten requests for one key load once; the eleventh hits", async () => {
  const shared = cache();
  let loads = 0;
  const load = async () => {
    loads++;
    await sleep(5);
    return { size: 10 };
  };
  await Promise.all(Array.from({ length: 10 }, () => shared.get("a", load)));
  await shared.get("a", load);
  assert.equal(loads, 1);
  assert.deepEqual([shared.stats().misses, shared.stats().hits, shared.stats().bytes], [1, 1, 10]);
});

test("bytes stay within the bound, the least recently used goes first", async () => {
  const shared = cache(25);
  for (const key of ["a", "b", "a", "c"]) await shared.get(key, async () => ({ size: 10 }));
  assert.ok(shared.stats().bytes <= 25);
  assert.equal(shared.peek("b"), undefined);
  assert.ok(shared.peek("a") !== undefined && shared.peek("c") !== undefined);
  await shared.get("huge", async () => ({ size: 1000 }));
  assert.ok(shared.stats().bytes <= 25);
});

test("a failed load is dropped: the next request tries again", async () => {
  const shared = cache();
  await assert.rejects(
    shared.get("a", () => Promise.reject(new Error("disk"))),
    /disk/,
  );
  assert.deepEqual(await shared.get("a", async () => ({ size: 1 })), { size: 1 });
});

test("one caller leaving does not abort the others; the last one does", async () => {
  const shared = cache();
  let aborted = false;
  const load = async (signal: AbortSignal) => {
    signal.addEventListener("abort", () => (aborted = true));
    await sleep(20);
    return { size: 1 };
  };
  const [first, second] = [new AbortController(), new AbortController()];
  const left = shared.get("a", load, first.signal);
  const stayed = shared.get("a", load, second.signal);
  first.abort(new Error("left"));
  await assert.rejects(left, /left/);
  assert.deepEqual(await stayed, { size: 1 });
  assert.equal(aborted, false);
  const alone = new AbortController();
  const only = shared.get("b", load, alone.signal);
  alone.abort(new Error("gone"));
  await assert.rejects(only, /gone/);
  assert.equal(aborted, true);
});

test("a load may wait on its signal in many places without a warning of a leak", async (t) => {
  const warnings: string[] = [];
  const note = ({ message }: Error): void => void warnings.push(message);
  process.on("warning", note);
  t.after(() => process.off("warning", note));
  await cache().get("a", async (signal) => {
    for (let i = 0; i < 50; i++) signal.addEventListener("abort", () => undefined);
    return { size: 1 };
  });
  await sleep(1);
  assert.deepEqual(warnings, []);
});

test("what is evicted is gone, what was being loaded then too, and the rest stays", async () => {
  const kept = cache();
  for (const [key, size] of [
    ["a", 1],
    ["b", 2],
  ] as const)
    await kept.get(key, async () => ({ size }));
  let finish: (value: { size: number }) => void = () => undefined;
  const loading = kept.get("c", () => new Promise((resolve) => (finish = resolve)));
  kept.evict(({ size }) => size !== 2);
  finish({ size: 3 });
  assert.deepEqual(await loading, { size: 3 });
  assert.deepEqual([kept.peek("a"), kept.peek("b"), kept.peek("c")], [undefined, { size: 2 }, undefined]);
});
