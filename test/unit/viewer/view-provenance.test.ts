import assert from "node:assert/strict";
import { test } from "node:test";
import type { Provenance } from "../../../src/viewer/provenance.js";
import { describeProvenance, tilesInView, viewProvenance } from "../../../src/viewer/view-provenance.js";

const FRAME = {
  key: "a date",
  day: "2024-05-25",
  isFilled: true,
  layers: [{ url: "u/{z}/{x}/{y}", bounds: [-180, -85, 180, 85], minzoom: 0, maxzoom: 14 }],
} as const;

test("the tiles in view are those of the zoom that MapLibre loads, each with the share that shows", () => {
  const range = { minzoom: 0, maxzoom: 14 };
  const [eastern, ...others] = tilesInView({ bounds: [0, 0, 90, 85.0511], zoom: 0 }, range);
  assert.deepEqual([eastern?.z, eastern?.x, eastern?.y, eastern?.share.toFixed(4), others], [1, 1, 0, "0.5000", []]);
  assert.equal(tilesInView({ bounds: [-180, -85.06, 180, 85.06], zoom: 1 }, range).length, 16);
  assert.deepEqual(tilesInView({ bounds: [0, 0, 90, 66.51326], zoom: 0 }, { minzoom: 2, maxzoom: 14 }), []);
  const [tile] = tilesInView({ bounds: [3.03, 41.98, 3.031, 41.981], zoom: 18 }, { minzoom: 0, maxzoom: 13 });
  assert.deepEqual([tile?.z, tile?.x, tile?.y], [13, 4164, 3041]);
});

test("a view across the antimeridian has tiles on both sides of it", () => {
  const tiles = tilesInView({ bounds: [170, 10, 190, 20], zoom: 2 }, { minzoom: 0, maxzoom: 14 });
  assert.deepEqual([...new Set(tiles.map(({ x }) => x))], [7, 0]);
});

test("a view's shares are those of its tiles by the area in view, and its dates those of the tiles with imagery", () => {
  const told = new Map<string, Provenance>([
    ["u/1/0/0", { observed: 1, inferred: 0, dates: ["2024-05-25"], method: "first" }],
    ["u/1/1/0", { observed: 0.2, inferred: 0.8, dates: ["2024-07-04", "2024-05-25"], method: "first, inpaint=linear" }],
    ["u/1/0/1", { observed: 0, inferred: 0, dates: ["2020-01-01"], method: "first" }],
  ]);
  // The upper half of the world: three quarters of it lie west.
  const view = { bounds: [-180, 0, 60, 85.05], zoom: 0 } as const;
  const { observed = 0, inferred = 0, dates } = viewProvenance(FRAME, view, (url) => told.get(url)) ?? {};
  assert.ok(Math.abs(observed - (0.75 + 0.25 * 0.2)) < 1e-3 && Math.abs(inferred - 0.2) < 1e-3);
  assert.deepEqual(dates, ["2024-07-04", "2024-05-25"]);
  assert.equal(
    viewProvenance(FRAME, view, () => undefined),
    undefined,
  );
});

test("the line never rounds away what was inferred", () => {
  const line = (observed: number, inferred: number, dates: readonly string[] = ["2024-05-25"]): string =>
    describeProvenance({ observed, inferred, dates, method: "first" });
  assert.equal(line(0.6, 0), "All seen, from 25 May 2024");
  assert.equal(line(0.4, 0.1), "80 % seen, 20 % inferred, from 25 May 2024");
  assert.equal(line(0.9999, 0.0001), "over 99 % seen, under 1 % inferred, from 25 May 2024");
  assert.equal(line(0.001, 0.999), "1 % seen, 99 % inferred, from 25 May 2024");
  assert.equal(line(0, 0), "No imagery in view");
  assert.equal(
    // Intl puts thin or common spaces around the dash, by its version.
    line(0.5, 0.5, ["2024-07-04", "2024-04-20"]).replaceAll(/\s/gu, " "),
    "50 % seen, 50 % inferred, from 2 dates, 20 Apr – 4 Jul 2024",
  );
});
