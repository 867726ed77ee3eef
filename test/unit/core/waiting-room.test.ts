import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OverloadedError } from "../../../src/core/errors.js";
import { WaitingRoom } from "../../../src/core/waiting-room.js";

type Step =
  | { readonly kind: "enter"; readonly work: number }
  | { readonly kind: "leave"; readonly who: number }
  | { readonly kind: "take"; readonly max: number };

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("enter" as const), work: fc.nat(9) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("leave" as const), who: fc.nat(20) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("take" as const), max: fc.integer({ min: 1, max: 4 }) }) },
  ),
  { maxLength: 60 },
);

const MAX = 5;

test("in any order of coming, leaving and taking: first come first served, batches alike, places free at once, nobody forgotten", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (script: readonly Step[]) => {
      const room = new WaitingRoom<{ readonly work: number; readonly k: number }, string>({
        max: MAX,
        full: (count) => `${count} wait`,
      });
      /** Those that wait, by a plain list. */
      let waiting: { work: number; k: number; controller: AbortController }[] = [];
      const ends: Promise<string>[] = [];
      const wanted: string[] = [];
      for (const step of script) {
        if (step.kind === "enter") {
          const entry = { work: step.work, k: ends.length, controller: new AbortController() };
          const end = room.enter({ work: entry.work, k: entry.k }, entry.controller.signal);
          ends.push(end.catch((error: unknown) => (error instanceof OverloadedError ? error.message : String(error))));
          if (waiting.length >= MAX) wanted[entry.k] = `${MAX} wait`;
          else waiting.push(entry);
        } else if (step.kind === "leave") {
          const left = waiting[step.who % Math.max(1, waiting.length)];
          if (left === undefined) continue;
          left.controller.abort("left");
          wanted[left.k] = "left";
          waiting = waiting.filter((one) => one !== left);
        } else {
          const batch = room.takeBatch({ max: step.max, joins: (a, b) => a.work % 2 === b.work % 2 });
          const [first] = waiting;
          const alike = waiting.filter(({ work }) => work % 2 === (first?.work ?? 0) % 2).slice(0, step.max);
          assert.deepEqual(
            batch.map(({ work }) => work.k),
            alike.map(({ k }) => k),
          );
          waiting = waiting.filter((one) => !alike.includes(one));
          for (const one of batch) {
            // Who leaves now has been taken.
            alike.find(({ k }) => k === one.work.k)?.controller.abort("late");
            one.resolve(`done ${one.work.k}`);
            wanted[one.work.k] = `done ${one.work.k}`;
          }
        }
        assert.equal(room.size, waiting.length);
      }
      room.empty(() => new Error("closed"));
      for (const { k } of waiting) wanted[k] = "Error: closed";
      assert.equal(room.size, 0);
      assert.deepEqual(await Promise.all(ends), wanted);
    }),
    { numRuns: 300 },
  );
});

test("who has left before coming in, and what doesn't fit, is passed over", async () => {
  const room = new WaitingRoom<number, string>({ max: 3, full: String });
  await assert.rejects(room.enter(1, AbortSignal.abort(new Error("gone"))), /gone/);
  const [large, small] = [room.enter(90), room.enter(10)];
  const taken = room.take((bytes) => bytes < 50);
  assert.equal(taken?.work, 10);
  assert.equal(
    room.take((bytes) => bytes < 50),
    undefined,
  );
  taken?.resolve("small");
  room.take()?.resolve("large");
  assert.deepEqual(await Promise.all([large, small]), ["large", "small"]);
});
