import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { ByteBudget } from "../../../src/core/byte-budget.js";

/** A job that runs until it is told to end. */
function openJob(): { readonly job: () => Promise<string>; readonly end: () => void; readonly ran: () => boolean } {
  let [end, started] = [() => undefined as void, false];
  const done = new Promise<string>((resolve) => (end = () => resolve("done")));
  return {
    job: () => {
      started = true;
      return done;
    },
    end: () => end(),
    ran: () => started,
  };
}

test("jobs run together within the bound, and what waits starts when bytes come free, small ones first past a large one", async () => {
  const budget = new ByteBudget({ maxBytes: 100, maxWaiting: 10 });
  const [a, b, large, small] = [openJob(), openJob(), openJob(), openJob()];
  const all = [budget.hold(60, a.job), budget.hold(40, b.job), budget.hold(90, large.job), budget.hold(30, small.job)];
  await turn();
  assert.deepEqual(
    [a, b, large, small].map(({ ran }) => ran()),
    [true, true, false, false],
  );
  b.end();
  await turn();
  assert.deepEqual([large.ran(), small.ran(), budget.bytes()], [false, true, 90]);
  a.end();
  small.end();
  await turn();
  assert.deepEqual([large.ran(), budget.bytes()], [true, 90]);
  large.end();
  assert.deepEqual(await Promise.all(all), ["done", "done", "done", "done"]);
  assert.equal(budget.bytes(), 0);
});

test("a job larger than the bound runs alone, and a failed one gives its bytes back", async () => {
  const budget = new ByteBudget({ maxBytes: 100, maxWaiting: 10 });
  const huge = openJob();
  const running = budget.hold(1000, huge.job);
  const failing = budget.hold(1, async () => Promise.reject(new Error("broken")));
  await turn();
  assert.equal(budget.bytes(), 1000);
  huge.end();
  await running;
  await assert.rejects(failing, /broken/);
  assert.equal(budget.bytes(), 0);
});

test("too many waiting is an overload, and who leaves while waiting is never started", async () => {
  const budget = new ByteBudget({ maxBytes: 100, maxWaiting: 1 });
  const [first, left] = [openJob(), openJob()];
  const running = budget.hold(100, first.job);
  const controller = new AbortController();
  const waiting = budget.hold(10, left.job, controller.signal);
  await assert.rejects(budget.hold(10, left.job), { name: "OverloadedError" });
  controller.abort(new Error("gone"));
  await assert.rejects(waiting, /gone/);
  first.end();
  await running;
  assert.deepEqual([left.ran(), budget.bytes()], [false, 0]);
});
