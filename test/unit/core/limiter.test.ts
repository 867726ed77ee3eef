import assert from "node:assert/strict";
import { test } from "node:test";
import { Limiter } from "../../../src/core/limiter.js";

test("no more jobs run at once than the limit, even where one comes at the very moment that another ends", async () => {
  const limiter = new Limiter(1);
  let [running, most] = [0, 0];
  const job = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
  };
  let end = (): void => undefined;
  const first = limiter.run(() => new Promise<void>((resolve) => (end = resolve)));
  const second = limiter.run(job);
  end();
  // Comes in every microtask while the first one's end travels to the second.
  const late: Promise<void>[] = [];
  for (let i = 0; i < 8; i++) {
    late.push(limiter.run(job));
    await Promise.resolve();
  }
  await Promise.all([first, second, ...late]);
  assert.equal(most, 1);
});

test("a job that fails makes room for the next", async () => {
  const limiter = new Limiter(1);
  const failing = limiter.run(async () => Promise.reject(new Error("broken")));
  const next = limiter.run(async () => 7);
  await assert.rejects(failing, /broken/);
  assert.equal(await next, 7);
});
