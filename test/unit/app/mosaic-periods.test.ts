import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseSchedule } from "../../../src/app/mosaics/periods.js";
import { InvalidRequestError } from "../../../src/core/errors.js";

const instant = fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2060, 0) });

test("every instant lies in exactly one calendar period, whose id says which", () => {
  for (const every of ["month", "quarter", "year"]) {
    const schedule = parseSchedule(every, 30);
    fc.assert(
      fc.property(fc.array(instant, { minLength: 1, maxLength: 20 }), (instants) => {
        const periods = schedule.periodsOf(instants);
        for (const ms of instants) {
          const inside = periods.filter(({ startMs, endMs }) => ms >= startMs && ms < endMs);
          assert.equal(inside.length, 1);
          const text = new Date(ms).toISOString();
          const [year, month] = [text.slice(0, 4), Number(text.slice(5, 7))];
          const id = { month: text.slice(0, 7), quarter: `${year}-q${Math.ceil(month / 3)}`, year }[every];
          assert.equal(inside[0]?.id, id);
        }
        for (const { id, startMs, endMs } of periods) {
          assert.ok(
            instants.some((ms) => ms >= startMs && ms < endMs),
            id,
          );
          // Bounds are first days of months.
          for (const ms of [startMs, endMs]) assert.match(new Date(ms).toISOString(), /-01T00:00:00.000Z$/);
        }
        assert.deepEqual(
          periods.map(({ startMs }) => startMs),
          periods.map(({ startMs }) => startMs).toSorted((a, b) => a - b),
        );
      }),
    );
  }
});

test("dates are years, months, days with days around, and intervals with both ends", () => {
  const { periodsOf } = parseSchedule("2024-05-03, 2024-02,2023,2024-06-01/2024-06-15", 10);
  const all = periodsOf([
    Date.UTC(2023, 5),
    Date.UTC(2024, 1, 29, 23),
    Date.UTC(2024, 4, 13, 23),
    Date.UTC(2024, 5, 15, 23),
  ]);
  const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 13);
  assert.deepEqual(
    all.map(({ id, startMs, endMs, middleMs }) => [id, iso(startMs), iso(endMs), iso(middleMs)]),
    [
      ["2023", "2023-01-01T00", "2024-01-01T00", "2023-07-02T12"],
      ["2024-02", "2024-02-01T00", "2024-03-01T00", "2024-02-15T12"],
      ["2024-05-03", "2024-04-23T00", "2024-05-14T00", "2024-05-03T12"],
      ["2024-06-01--2024-06-15", "2024-06-01T00", "2024-06-16T00", "2024-06-08T12"],
    ],
  );
  assert.deepEqual(periodsOf([Date.UTC(2024, 4, 14)]), []);
});

test("what is no time, ends before it begins, or comes twice is refused by its name", () => {
  const wrongs: readonly [string, RegExp][] = [
    ["week", /"week"; wanted month, quarter/],
    ["2024-13", /"2024-13"/],
    ["2023-02-29", /"2023-02-29"/],
    ["2024-05,", /""/],
    ["2024-05/2024-06/2024-07", /wanted/],
    ["2024-06-15/2024-06-01", /ends before it begins/],
    ["2024-05,2024-05", /twice/],
  ];
  for (const [every, message] of wrongs) {
    assert.throws(
      () => parseSchedule(every, 30),
      (error) => error instanceof InvalidRequestError && message.test(error.message),
      every,
    );
  }
});
