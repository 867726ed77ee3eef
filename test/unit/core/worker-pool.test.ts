import assert from "node:assert/strict";
import { getPriority } from "node:os";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { OverloadedError } from "../../../src/core/errors.js";
import { createWorkerPool } from "../../../src/core/worker-pool.js";
import type { EchoResult, EchoTask } from "../../support/echo-worker.js";

function createPool(options: { readonly size?: number; readonly maxWaiting?: number } = {}) {
  return createWorkerPool<EchoTask, EchoResult>({
    url: new URL("../../support/echo-worker.js", import.meta.url),
    size: options.size ?? 1,
    data: undefined,
    maxWaiting: options.maxWaiting ?? 8,
    lasting: ["lasting"],
  });
}

test("an object that lasts is sent to a thread once, whatever failed before, and again to the thread that takes its place", async () => {
  const pool = createPool();
  const [one, other] = [{ word: "one" }, { word: "other" }];
  const run = async (lasting: { readonly word: string }): Promise<readonly unknown[]> => {
    const { word, which } = await pool.run({ waitMs: 0, lasting });
    return [word, which];
  };
  await assert.rejects(pool.run({ waitMs: 0, lasting: one, cargo: () => 1 }), /can't be sent/);
  assert.deepEqual(await run(one), ["one", 0]);
  assert.deepEqual(await run(other), ["other", 1]);
  assert.deepEqual(await run(one), ["one", 0]);
  await assert.rejects(pool.run({ waitMs: 0, lasting: other, exit: true }), /ended unexpectedly/);
  assert.deepEqual(await run(other), ["other", 0]);
  await assert.rejects(pool.run({ waitMs: 0, lasting: one, unpostable: true }), /could not be cloned/);
  assert.deepEqual((await run(one))[0], "one");
  await pool.close();
});

test("a pool's threads stand behind the main thread on Linux, whose own priority stays", async (t) => {
  if (process.platform !== "linux") return t.skip("Only Linux gives threads a niceness of their own.");
  const before = getPriority();
  const pool = createPool();
  const { priority } = await pool.run({ waitMs: 0 });
  await pool.close();
  assert.ok(priority > before || priority === 19, `the thread's niceness is ${priority}, the main thread's ${before}`);
  assert.equal(getPriority(), before);
});

test("a pool refuses tasks beyond those that may wait, and goes on with the others", async () => {
  const pool = createPool({ maxWaiting: 1 });
  const running = pool.run({ waitMs: 20 });
  const waiting = pool.run({ waitMs: 0 });
  await assert.rejects(pool.run({ waitMs: 0 }), OverloadedError);
  await Promise.all([running, waiting]);
  await pool.close();
});

test("a task that is aborted before it starts never runs; one that runs is let finish", async () => {
  const pool = createPool();
  const controller = new AbortController();
  const running = pool.run({ waitMs: 20 }, { signal: controller.signal });
  const waiting = pool.run({ waitMs: 0 }, { signal: controller.signal });
  controller.abort(new Error("gone"));
  await assert.rejects(waiting, /gone/);
  assert.equal((await running).tasks, 1);
  assert.equal((await pool.run({ waitMs: 0 })).tasks, 2);
  await pool.close();
});

test("while the threads work on, the places of those that left are free for others at once", async () => {
  const pool = createPool({ maxWaiting: 8 });
  const running = pool.run({ waitMs: 400 });
  for (let round = 0; round < 5; round++) {
    const controller = new AbortController();
    const left = Array.from({ length: 8 }, () => pool.run({ waitMs: 0 }, { signal: controller.signal }));
    await assert.rejects(pool.run({ waitMs: 0 }), OverloadedError);
    controller.abort(new Error("gone"));
    for (const one of left) await assert.rejects(one, /gone/);
    assert.deepEqual([pool.health().busy, pool.waiting()], [1, 0]);
  }
  const others = Array.from({ length: 8 }, () => pool.run({ waitMs: 0 }));
  assert.deepEqual(
    (await Promise.all([running, ...others])).map(({ tasks }) => tasks),
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  await pool.close();
});

test("a thread that dies fails its task alone, and another takes its place", async () => {
  const pool = createPool();
  await assert.rejects(pool.run({ waitMs: 0, exit: true }), /A worker thread ended unexpectedly/);
  assert.equal((await pool.run({ waitMs: 0 })).tasks, 1);
  await pool.close();
});

test("whatever can't be posted fails alone, and every thread comes back", async () => {
  const pool = createPool({ size: 2 });
  const unpostable: readonly unknown[] = [() => 1, Symbol("x"), Object, new WeakMap(), Promise.resolve()];
  for (let round = 0; round < 3; round++) {
    await Promise.all(unpostable.map((cargo) => assert.rejects(pool.run({ waitMs: 0, cargo }), /can't be sent/)));
    await assert.rejects(pool.run({ waitMs: 0, unpostable: true }), /could not be cloned/);
  }
  assert.deepEqual(pool.health(), { size: 2, alive: 2, busy: 0, waiting: 0, oldestMs: 0 });
  await Promise.all([pool.run({ waitMs: 5 }), pool.run({ waitMs: 5 }), pool.run({ waitMs: 5 })]);
  await pool.close();
});

test("a long task ends soon after its caller has left, and its thread goes on", async () => {
  const pool = createPool();
  await pool.run({ waitMs: 0 });
  const controller = new AbortController();
  const spinning = pool.run({ waitMs: 0, spin: true }, { signal: controller.signal });
  await sleep(50);
  assert.ok(pool.health().oldestMs >= 40);
  const start = performance.now();
  controller.abort(new Error("gone"));
  await assert.rejects(spinning, /gone/);
  assert.ok(performance.now() - start < 100, `${performance.now() - start} ms`);
  assert.equal((await pool.run({ waitMs: 0 })).tasks, 2);
  await pool.close();
});

test("threads whose module can't be loaded keep nobody waiting, and health tells", async () => {
  const pool = createWorkerPool<EchoTask, EchoResult>({
    url: new URL("./no-such-module.js", import.meta.url),
    size: 2,
    data: undefined,
    maxWaiting: 8,
  });
  await Promise.all([0, 1, 2, 3].map(() => assert.rejects(pool.run({ waitMs: 0 }))));
  await assert.rejects(pool.run({ waitMs: 0 }), OverloadedError);
  assert.equal(pool.health().alive, 0);
  await pool.close();
});
