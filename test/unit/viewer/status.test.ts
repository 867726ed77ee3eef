import assert from "node:assert/strict";
import { test } from "node:test";
import type { Frame } from "../../../src/viewer/frames.js";
import { sourceOf, statusOf } from "../../../src/viewer/what-goes-on.js";
import type { Showing } from "../../../src/viewer/what-goes-on.js";

const frame = (day: string, isFilled = false): Frame => ({ key: `${day}|${isFilled}`, day, isFilled, layers: [] });
const NOTHING: Showing = { whole: undefined, coming: undefined, total: 0, came: 0, failed: 0, provenance: undefined };
const fine = { health: undefined, isAway: false };
const [MAY, JULY] = [frame("2024-05-25"), frame("2024-07-04")];

test("the line says what is missing, and what can be done", () => {
  const cases: readonly (readonly [showing: Partial<Showing>, line: string | undefined, action?: string])[] = [
    [{}, "Loading"],
    [{ coming: MAY, total: 12, came: 3 }, "Loading 25 May 2024: 3 of 12 tiles"],
    [{ whole: JULY, coming: MAY, total: 12 }, "Loading 25 May 2024: 0 of 12 tiles; 4 Jul 2024 shows until then"],
    [
      { whole: MAY, coming: frame("2024-05-25", true), total: 4, came: 1 },
      "Filling the clouds of 25 May 2024: 1 of 4 tiles",
    ],
    [{ whole: MAY, total: 4, came: 2 }, "Loading 25 May 2024: 2 of 4 tiles"],
    [{ whole: MAY, total: 4, came: 4 }, undefined],
    [
      { whole: MAY, coming: JULY, total: 4, came: 3, failed: 1 },
      "1 of 4 tiles of 4 Jul 2024 failed; 25 May 2024 shows until then",
      "retry",
    ],
  ];
  for (const [showing, text, action] of cases) {
    const line = statusOf({ ...NOTHING, ...showing }, fine);
    assert.deepEqual([line?.text, line?.action], [text, action]);
  }
  const lost = { health: "No network", isAway: false };
  assert.equal(
    statusOf({ ...NOTHING, whole: MAY, coming: JULY, total: 4 }, lost)?.text,
    "No network; 25 May 2024 shows until then",
  );
  assert.equal(
    statusOf({ ...NOTHING, whole: MAY, total: 4, came: 4 }, lost),
    undefined,
    "what is here whole needs no network",
  );
  assert.equal(statusOf({ ...NOTHING, whole: MAY }, { ...fine, isAway: true })?.action, "back");
});

test("where the pixels come from is told of the picture that is there, by its date where another is awaited", () => {
  const provenance = { observed: 1, inferred: 0, dates: ["2024-05-25"], method: "first" };
  assert.equal(sourceOf({ ...NOTHING, whole: MAY, provenance }), "All seen, from 25 May 2024");
  assert.equal(
    sourceOf({ ...NOTHING, whole: MAY, coming: JULY, provenance }),
    "25 May 2024: All seen, from 25 May 2024",
  );
  assert.equal(sourceOf({ ...NOTHING, coming: JULY }), "");
});
