import assert from "node:assert/strict";
import { test } from "node:test";
import { parseItem, toItem } from "../../../src/catalog/item.js";
import type { CatalogItem } from "../../../src/catalog/types.js";
import { codecOfDate, planReferences, type SeriesImage } from "../../../src/ingest/series.js";
import { describeItem, UTM_GRID } from "../../support/catalog-fixtures.js";

const SHA = "ab".repeat(32);
const IMAGE = { grid: UTM_GRID, model: { sha256: SHA, compatible: [] }, quality: 3 };

const dayMs = (day: number): number => Date.UTC(2024, 0, day);

function imageOf(day: number, changes: Partial<SeriesImage> = {}): SeriesImage {
  return { ...IMAGE, datetimeMs: dayMs(day), ...changes };
}

/** An item of a day of January that leans on others, as a catalog holds it. */
function itemOf(day: number, references: readonly number[], clearPercent = 90): CatalogItem {
  const description = describeItem(`d${day}`, {
    datetime: new Date(dayMs(day)).toISOString(),
    references: references.map((other) => ({ id: `d${other}` })),
    clearPercent,
  });
  return parseItem(toItem(description), `/catalog/lisbon/d${day}/d${day}.json`);
}

/** What each day of a series leans on when the days are ingested in this order. */
function ingestInOrder(days: readonly number[], keyframes: number): Readonly<Record<number, readonly string[]>> {
  const items: CatalogItem[] = [];
  const found: Record<number, readonly string[]> = {};
  for (const day of days) {
    const references = planReferences(imageOf(day), items, keyframes);
    found[day] = references.map(({ id }) => id);
    items.push(
      itemOf(
        day,
        references.map(({ id }) => Number(id.slice(1))),
      ),
    );
  }
  return found;
}

test("every K-th date is a keyframe, the others lean on the last two", () => {
  assert.deepEqual(ingestInOrder([1, 2, 3, 4, 5, 6, 7, 8], 3), {
    1: [],
    2: ["d1"],
    3: ["d1"],
    4: [],
    5: ["d4", "d1"],
    6: ["d4", "d1"],
    7: [],
    8: ["d7", "d4"],
  });
  assert.deepEqual(ingestInOrder([1, 2, 3], 1), { 1: [], 2: [], 3: [] });
});

test("a date that comes in late leans on keyframes before it, the oldest of all on none", () => {
  const found = ingestInOrder([10, 12, 14, 16, 18, 15, 4, 6], 4);
  assert.deepEqual(found[18], []);
  assert.deepEqual(found[15], ["d10"]);
  assert.deepEqual(found[4], []);
  assert.deepEqual(found[6], ["d4"]);
});

test("another grid, model or quality is not leant on, a compatible model is", () => {
  const items = [itemOf(1, [])];
  const planned = (changes: Partial<SeriesImage>): number => planReferences(imageOf(2, changes), items, 4).length;
  assert.equal(planned({}), 1);
  assert.equal(planned({ quality: 2 }), 0);
  assert.equal(planned({ grid: { ...UTM_GRID, width: 511 } }), 0);
  assert.equal(planned({ grid: { ...UTM_GRID, crs: "EPSG:32632" } }), 0);
  assert.equal(planned({ grid: { ...UTM_GRID, transform: [10, 0, 430_010, 0, -10, 4_600_000] } }), 0);
  assert.equal(planned({ grid: { ...UTM_GRID, transform: [10, 0, 430_000.001, 0, -10, 4_600_000] } }), 1);
  assert.equal(planned({ model: { sha256: "cd".repeat(32), compatible: [] } }), 0);
  assert.equal(planned({ model: { sha256: "cd".repeat(32), compatible: [SHA] } }), 1);
});

test("a keyframe that is mostly cloud doesn't count: the next date is one too", () => {
  const items = [itemOf(1, []), itemOf(2, [1]), itemOf(9, [], 12)];
  assert.deepEqual(
    planReferences(imageOf(10), items, 4).map(({ id }) => id),
    ["d1"],
    "d1 is three dates back, d9 shows nothing",
  );
  assert.deepEqual(planReferences(imageOf(10), items, 3), []);
});

test("the keyframes of TEC-TT are TEC-ELIC where the model has it; FlexTEC's are FlexTEC", () => {
  const [none, weights] = [new Uint8Array(), new Uint8Array(1)];
  const modelWith = (held: Partial<Record<"elic" | "tt", Uint8Array>>) => ({
    coding: { kind: "lapped" as const, tables: none, weights: held, steps: [1], cloudMult: 48 },
  });
  const both = modelWith({ elic: weights, tt: weights });
  assert.equal(codecOfDate("tt", [], both), "elic");
  assert.equal(codecOfDate("tt", [], modelWith({ tt: weights })), "tt");
  assert.equal(codecOfDate("tt", ["d1"], both), "tt");
  assert.equal(codecOfDate("flextec", [], both), "flextec");
});
