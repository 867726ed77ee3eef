import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { flatten, geometryMask } from "../../../src/app/geometry-mask.js";
import { partsOf, type Geometry } from "../../../src/catalog/geometry.js";

const SIDE = 40;
/** One degree a pixel, so that positions are pixels. */
const GRID = {
  crs: "EPSG:4326",
  transform: [1, 0, 0, 0, -1, 40],
  levels: [
    { width: SIDE, height: SIDE },
    { width: SIDE / 2, height: SIDE / 2 },
    { width: SIDE / 4, height: SIDE / 4 },
  ],
} as const;

const position = fc.tuple(fc.double({ min: -10, max: 55, noNaN: true }), fc.double({ min: -10, max: 50, noNaN: true }));
const ring = fc
  .array(position, { minLength: 3, maxLength: 9 })
  .map((points): [number, number][] => [...points, points[0] ?? [0, 0]]);

/** Even-odd over all rings of a polygon, by counting what lies right of a place. */
function isInside([x, y]: readonly [number, number], rings: readonly (readonly [number, number])[][]): boolean {
  let crossings = 0;
  for (const one of rings) {
    for (let i = 0; i + 1 < one.length; i++) {
      const [[x0, y0] = [0, 0], [x1, y1] = [0, 0]] = [one[i], one[i + 1]];
      if (y0 > y === y1 > y) continue;
      if (x0 + ((y - y0) / (y1 - y0)) * (x1 - x0) > x) crossings++;
    }
  }
  return crossings % 2 === 1;
}

test("a mask holds the pixels whose centre a polygon holds, on the finest level that is small enough", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(ring, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
      fc.constantFrom(SIDE, SIDE / 2, SIDE / 4),
      (polygons, maxSide) => {
        const geometry: Geometry = { type: "MultiPolygon", coordinates: polygons };
        const found = geometryMask(flatten(partsOf(geometry)), GRID, maxSide);
        if (found === undefined) return;
        const { level, window, mask, count } = found;
        assert.ok(Math.max(window.width, window.height) <= maxSide);
        const factor = 2 ** level;
        const wanted = Array.from(mask, (_, i) => {
          const [column, row] = [window.x + (i % window.width) + 0.5, window.y + Math.floor(i / window.width) + 0.5];
          const place = [column * factor, 40 - row * factor] as const;
          return polygons.some((rings) => isInside(place, rings)) ? 1 : 0;
        });
        // What holds no centre is told by its corners.
        if (wanted.some((inside) => inside === 1)) assert.deepEqual([...mask], wanted);
        assert.equal(
          count,
          mask.reduce((sum, inside) => sum + inside, 0),
        );
      },
    ),
    { seed: 5, numRuns: 600 },
  );
});

test("the level is chosen before anything is filled: a shape of the whole world on a large grid is quick", () => {
  const levels = Array.from({ length: 7 }, (_, k) => ({
    width: Math.ceil(10_980 / 2 ** k),
    height: Math.ceil(10_980 / 2 ** k),
  }));
  const points = Array.from({ length: 19_000 }, (_, i): [number, number] => [i / 200, i % 2 === 0 ? 80 : -80]);
  const geometry: Geometry = { type: "Polygon", coordinates: [[...points, points[0] ?? [0, 0]]] };
  const grid = { crs: "EPSG:4326", transform: [0.001, 0, 10, 0, -0.001, 20], levels } as const;
  const start = performance.now();
  const found = geometryMask(flatten(partsOf(geometry)), grid, 256);
  assert.equal(found?.level, 6);
  assert.ok(performance.now() - start < 5000);
});
