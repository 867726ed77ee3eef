import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Item } from "../../../src/viewer/api.js";
import type { DateEntry } from "../../../src/viewer/dates.js";
import { formatDay, hasClouds, itemAt, nearestEntry } from "../../../src/viewer/dates.js";
import { axisLabels, nearestIndex, placeDates } from "../../../src/viewer/time-axis.js";

test("the nearest date stands for one that isn't there, the newest for none", () => {
  const entries = [entry("2020-01-01T10:00:00Z"), entry("2021-01-01T10:00:00Z")];
  assert.equal(nearestEntry(entries, "2020-03-01")?.day, "2020-01-01");
  assert.equal(nearestEntry(entries, "2020-11-01")?.day, "2021-01-01");
  assert.equal(nearestEntry(entries, undefined)?.day, "2021-01-01");
  assert.equal(nearestEntry([], "2020-01-01"), undefined);
});

test("a place shows the newest item that covers it", () => {
  const items = [item("new", 5), item("old")];
  assert.equal(itemAt(items, [1, 1])?.id, "old");
  assert.equal(itemAt(items, [6, 1])?.id, "new");
  assert.equal(itemAt(items, [20, 1]), undefined);
});

test("a collection has clouds where a date is known to have some, not where nobody knows", () => {
  const day = "2020-01-01T10:00:00Z";
  assert.equal(hasClouds([entry(day, 100), entry(day, 40)]), true);
  assert.equal(hasClouds([entry(day, 99.5), entry(day)]), false);
  assert.equal(hasClouds([]), false);
});

test("days are written out in words", () => assert.equal(formatDay("2021-06-26"), "26 Jun 2021"));

test("dates keep their order and their distance, whatever their times", () => {
  const times = fc.array(fc.integer({ min: 0, max: 1e12 }), { minLength: 2, maxLength: 60 });
  fc.assert(
    fc.property(times, fc.integer({ min: 50, max: 2000 }), (values, width) => {
      const dates = values.toSorted((a, b) => a - b).map((time) => ({ time }));
      const xs = placeDates(dates, width, 13);
      const gap = Math.min(13, width / (dates.length - 1));
      assert.ok(xs.every((x) => x >= -1e-6 && x <= width + 1e-6));
      for (const [i, x] of xs.entries()) if (i > 0) assert.ok(x - (xs[i - 1] ?? 0) >= gap - 1e-6);
      assert.ok(xs.every((x, i) => nearestIndex(xs, x) === i));
    }),
  );
});

test("where there is room, places are in proportion to time", () => {
  assert.deepEqual(placeDates([{ time: 0 }, { time: 25 }, { time: 100 }], 400, 13), [0, 100, 400]);
});

test("the axis names years of a long series and months of a short one", () => {
  const label = (from: string, to: string): readonly string[] => {
    const dates = [from, to].map((day) => ({ time: Date.parse(day) }));
    return axisLabels(dates, placeDates(dates, 800, 13), 46).map(({ text }) => text);
  };
  assert.deepEqual(label("2019-05-01", "2022-03-01"), ["2020", "2021", "2022"]);
  assert.deepEqual(label("2021-10-20", "2022-02-10"), ["Nov", "Dec", "2022", "Feb"]);
});

function entry(datetime: string, clearPercent?: number): DateEntry {
  return { day: datetime.slice(0, 10), datetime, time: Date.parse(datetime), items: 1, clearPercent };
}

/** An item over 0..4 degrees east, or from `west` on. */
function item(id: string, west = 0): Item {
  const ring = [
    [west, 0],
    [west + 4, 0],
    [west + 4, 4],
    [west, 4],
    [west, 0],
  ] as const;
  const datetime = "2020-01-01T10:00:00Z";
  return { id, datetime, outline: [ring], bounds: [west, 0, west + 4, 4], clearPercent: undefined, model: undefined };
}
