import assert from "node:assert/strict";
import { getPriority } from "node:os";
import { test } from "node:test";
import { OverloadedError } from "../../../src/core/errors.js";
import { createWorkerPool } from "../../../src/core/worker-pool.js";
import type { EchoResult, EchoTask } from "../../support/echo-worker.js";

function createPool(options: { readonly size?: number; readonly maxWaiting?: number } = {}) {
  return createWorkerPool<EchoTask, EchoResult>({
    url: new URL("../../support/echo-worker.js", import.meta.url),
    size: options.size ?? 1,
    data: undefined,
    maxWaiting: options.maxWaiting ?? 8,
  });
}

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

test("a thread that dies fails its task alone, and another takes its place", async () => {
  const pool = createPool();
  await assert.rejects(pool.run({ waitMs: 0, exit: true }), /A worker thread ended unexpectedly/);
  assert.equal((await pool.run({ waitMs: 0 })).tasks, 1);
  await pool.close();
});
