import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Geometry } from "../../../src/catalog/geometry.js";
import { withinEffort, type Effort } from "../../../src/tile/mosaic/effort.js";

/** Cells a side of a box of one degree, on whose borders all footprints lie. */
const SIDE = 8;
const cell = fc.integer({ min: -2, max: SIDE + 2 });
const rectangle = fc
  .tuple(cell, cell, cell, cell)
  .map(([a, b, c, d]) => [Math.min(a, c), Math.min(b, d), Math.max(a, c) + 1, Math.max(b, d) + 1] as const);
type Rectangle = readonly [number, number, number, number];
const limit = fc.option(fc.integer({ min: 1, max: 6 }), { nil: Infinity });

/** East of `west`, degrees, with a hole of a cell where there is room; across the date line in two parts, as RFC 7946 has it. */
function footprint([x0, y0, x1, y1]: Rectangle, west: number, hole: boolean): Geometry {
  const lonOf = (x: number): number => west + x / SIDE;
  const ring = (a: number, b: number, c: number, d: number): [number, number][] => {
    const turn = lonOf(a) >= 180 ? -360 : 0;
    return [
      [a, b],
      [c, b],
      [c, d],
      [a, d],
      [a, b],
    ].map(([x = 0, y = 0]) => [lonOf(x) + turn, y / SIDE]);
  };
  const line = (180 - west) * SIDE;
  if (x0 < line && x1 > line && !hole)
    return { type: "MultiPolygon", coordinates: [[ring(x0, y0, line, y1)], [ring(line, y0, x1, y1)]] };
  const hasHole = hole && x1 - x0 > 2 && y1 - y0 > 2;
  // Of a hole across the line: told from one side, beyond 180.
  const rings = [ring(x0, y0, x1, y1), ...(hasHole ? [ring(x0 + 1, y0 + 1, x0 + 2, y0 + 2)] : [])];
  const isBeyond = (rings[0]?.[0]?.[0] ?? 0) > 0 && (rings[1]?.[0]?.[0] ?? 0) < 0;
  return {
    type: "Polygon",
    coordinates: isBeyond ? rings.map((one, i) => (i === 0 ? one : one.map(([x, y]) => [x + 360, y]))) : rings,
  };
}

function cellsOf([x0, y0, x1, y1]: Rectangle, hole: boolean): readonly number[] {
  const hasHole = hole && x1 - x0 > 2 && y1 - y0 > 2;
  const cells: number[] = [];
  for (let y = Math.max(0, y0); y < Math.min(SIDE, y1); y++)
    for (let x = Math.max(0, x0); x < Math.min(SIDE, x1); x++)
      if (!(hasHole && x === x0 + 1 && y === y0 + 1)) cells.push(y * SIDE + x);
  return cells;
}

/** pgSTAC 0.9's geometrysearch, line by line, over sets of cells; `area` are those of the geometry asked for. */
function geometrysearch(
  items: readonly (readonly number[])[],
  area: ReadonlySet<number>,
  { mostItems = Infinity, mostScanned = Infinity, untilFull = false, skipCovered = false }: Effort,
): readonly number[] {
  const exitwhenfull = untilFull || skipCovered;
  const union = new Set<number>();
  const results: number[] = [];
  let before = 0;
  for (const [i, cells] of items.slice(0, mostScanned).entries()) {
    if (exitwhenfull) {
      for (const one of cells) if (area.has(one)) union.add(one);
      if (skipCovered && before === union.size) continue;
      before = union.size;
    }
    results.push(i);
    if (results.length >= mostItems || (exitwhenfull && union.size >= area.size)) break;
  }
  return results;
}

test("an effort leaves the items that pgSTAC's geometrysearch returns", () => {
  const item = fc.tuple(rectangle, fc.boolean());
  fc.assert(
    fc.property(
      fc.array(item, { maxLength: 8 }),
      fc.record({ mostItems: limit, mostScanned: limit, untilFull: fc.boolean(), skipCovered: fc.boolean() }),
      fc.constantFrom(3, 179.5, -180),
      fc.option(rectangle, { nil: undefined }),
      (rectangles, effort, west, asked) => {
        const found = rectangles.map(([one, hole], i) => ({ i, geometry: footprint(one, west, hole) }));
        const cells = rectangles.map(([one, hole]) => cellsOf(one, hole));
        const area = new Set(cellsOf(asked ?? [0, 0, SIDE, SIDE], false));
        fc.pre(area.size > 0);
        const east = west + 1 > 180 ? west + 1 - 360 : west + 1;
        const kept = withinEffort(found, effort, {
          bounds: [west, 0, east, 1],
          geometry: asked === undefined ? undefined : footprint(asked, west, false),
        });
        assert.deepEqual(
          kept.map(({ i }) => i),
          geometrysearch(cells, area, effort),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test("a place without area is never covered", () => {
  const geometry = footprint([0, 0, SIDE, SIDE], 3, false);
  const items = [0, 1, 2].map((i) => ({ i, geometry }));
  const effort = { untilFull: true, skipCovered: true };
  assert.equal(withinEffort(items, effort, { bounds: [3.5, 0.5, 3.5, 0.5] }).length, 3);
  assert.equal(withinEffort(items, effort, { bounds: [3, 0, 4, 1] }).length, 1);
});
