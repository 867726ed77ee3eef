import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseGeometry, type Geometry, type Position } from "../../../src/catalog/geometry.js";
import { boundsGeometry, geometriesIntersect } from "../../../src/catalog/intersects.js";

const polygon = (...rings: [number, number][][]): Geometry => ({ type: "Polygon", coordinates: rings });
const SQUARE: [number, number][] = [
  [0, 0],
  [10, 0],
  [10, 10],
  [0, 10],
  [0, 0],
];
const HOLE: [number, number][] = [
  [3, 3],
  [3, 7],
  [7, 7],
  [7, 3],
  [3, 3],
];

test("geometries that share a point intersect, in either order", () => {
  const cases: readonly [string, Geometry, Geometry, boolean][] = [
    ["point inside", { type: "Point", coordinates: [5, 5] }, polygon(SQUARE), true],
    ["point on the edge", { type: "Point", coordinates: [10, 4] }, polygon(SQUARE), true],
    ["point on a corner", { type: "Point", coordinates: [0, 10] }, polygon(SQUARE), true],
    ["point outside", { type: "Point", coordinates: [10.001, 4] }, polygon(SQUARE), false],
    ["point in a hole", { type: "Point", coordinates: [5, 5] }, polygon(SQUARE, HOLE), false],
    ["point on a hole's edge", { type: "Point", coordinates: [3, 5] }, polygon(SQUARE, HOLE), true],
    [
      "polygon in a hole",
      polygon([
        [4, 4],
        [6, 4],
        [6, 6],
        [4, 4],
      ]),
      polygon(SQUARE, HOLE),
      false,
    ],
    [
      "polygon around a hole",
      polygon([
        [2, 2],
        [8, 2],
        [8, 8],
        [2, 8],
        [2, 2],
      ]),
      polygon(SQUARE, HOLE),
      true,
    ],
    [
      "polygon inside",
      polygon([
        [1, 1],
        [2, 1],
        [2, 2],
        [1, 1],
      ]),
      polygon(SQUARE),
      true,
    ],
    [
      "polygons that share an edge",
      polygon([
        [10, 0],
        [20, 0],
        [20, 10],
        [10, 10],
        [10, 0],
      ]),
      polygon(SQUARE),
      true,
    ],
    [
      "polygons that share a corner",
      polygon([
        [10, 10],
        [20, 10],
        [20, 20],
        [10, 10],
      ]),
      polygon(SQUARE),
      true,
    ],
    [
      "a cross of two bars, no vertex inside",
      polygon([
        [-5, 4],
        [15, 4],
        [15, 6],
        [-5, 6],
        [-5, 4],
      ]),
      polygon(SQUARE),
      true,
    ],
    [
      "line through",
      {
        type: "LineString",
        coordinates: [
          [-1, 5],
          [11, 5],
        ],
      },
      polygon(SQUARE),
      true,
    ],
    [
      "line inside",
      {
        type: "LineString",
        coordinates: [
          [1, 5],
          [2, 5],
        ],
      },
      polygon(SQUARE),
      true,
    ],
    [
      "line past a corner",
      {
        type: "LineString",
        coordinates: [
          [9, -2],
          [12, 1],
        ],
      },
      polygon(SQUARE),
      false,
    ],
    [
      "line along the edge",
      {
        type: "LineString",
        coordinates: [
          [-5, 0],
          [15, 0],
        ],
      },
      polygon(SQUARE),
      true,
    ],
    [
      "lines that end on one another",
      {
        type: "LineString",
        coordinates: [
          [0, 0],
          [2, 2],
        ],
      },
      {
        type: "LineString",
        coordinates: [
          [1, 1],
          [1, 9],
        ],
      },
      true,
    ],
    [
      "parallel lines",
      {
        type: "LineString",
        coordinates: [
          [0, 0],
          [2, 2],
        ],
      },
      {
        type: "LineString",
        coordinates: [
          [0, 1],
          [2, 3],
        ],
      },
      false,
    ],
    [
      "equal points",
      { type: "Point", coordinates: [1, 2] },
      {
        type: "MultiPoint",
        coordinates: [
          [0, 0],
          [1, 2],
        ],
      },
      true,
    ],
    [
      "a collection",
      {
        type: "GeometryCollection",
        geometries: [
          { type: "Point", coordinates: [99, 9] },
          { type: "Polygon", coordinates: [HOLE] },
        ],
      },
      polygon(SQUARE),
      true,
    ],
    [
      "a box across the antimeridian",
      boundsGeometry([170, -10, -170, 10]),
      { type: "Point", coordinates: [-175, 0] },
      true,
    ],
    ["the rest of the world", boundsGeometry([170, -10, -170, 10]), { type: "Point", coordinates: [0, 0] }, false],
    ["a box without area", boundsGeometry([5, 5, 5, 5]), polygon(SQUARE), true],
  ];
  for (const [name, a, b, expected] of cases) {
    assert.equal(geometriesIntersect(a, b), expected, name);
    assert.equal(geometriesIntersect(b, a), expected, `${name}, turned round`);
  }
});

test("triangles on a lattice intersect exactly when no axis separates them", () => {
  const corner = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 }));
  const triangle = fc
    .tuple(corner, corner, corner)
    .filter(([a, b, c]) => (b[0] - a[0]) * (c[1] - a[1]) !== (b[1] - a[1]) * (c[0] - a[0]));
  fc.assert(
    fc.property(triangle, triangle, (one, other) => {
      const closed = (t: readonly Position[]): Geometry => ({ type: "Polygon", coordinates: [[...t, t[0] ?? [0, 0]]] });
      assert.equal(geometriesIntersect(closed(one), closed(other)), !axisSeparates(one, other));
    }),
    { seed: 7, numRuns: 3000 },
  );
});

/** Separating axis theorem for convex polygons; integers, so exact. Touching is not separated. */
function axisSeparates(one: readonly Position[], other: readonly Position[]): boolean {
  return [one, other].some((shape) =>
    shape.some((from, i) => {
      const to = shape[(i + 1) % shape.length] ?? from;
      const [nx, ny] = [to[1] - from[1], from[0] - to[0]];
      const spans = [one, other].map((points) => points.map(([x, y]) => x * nx + y * ny));
      const [a = [], b = []] = spans;
      return Math.max(...a) < Math.min(...b) || Math.max(...b) < Math.min(...a);
    }),
  );
}

test("a geometry of more positions than a search can hold against every item is refused", () => {
  const line = (count: number): Geometry => ({
    type: "LineString",
    coordinates: Array.from({ length: count }, (_, i) => [i / 1000, 0] as [number, number]),
  });
  assert.deepEqual(parseGeometry(line(20_000)), line(20_000));
  assert.throws(() => parseGeometry(line(20_001)), {
    name: "InvalidRequestError",
    message: "intersects has 20001 positions; wanted at most 20000, simplify it",
  });
});

test("a jagged line of 20000 positions is told apart from 2000 footprints far below quadratic time", () => {
  // Between the teeth: inside the line's box, touched nowhere.
  const teeth: Geometry = {
    type: "LineString",
    coordinates: Array.from({ length: 20_000 }, (_, i) => [i / 200, i % 2 === 0 ? 0 : 1e-9] as [number, number]),
  };
  const start = process.cpuUsage();
  for (let k = 0; k < 2000; k++) {
    const [x, y] = [k / 20, k % 2 === 0 ? -1 : 1];
    const box = boundsGeometry([x, Math.min(y, y / 2), x + 0.01, Math.max(y, y / 2)]);
    assert.equal(geometriesIntersect(teeth, box), false);
  }
  // All 160 million pairs of segments take four seconds of a core.
  const ms = process.cpuUsage(start).user / 1000;
  assert.ok(ms < 1500, `${ms} ms`);
});
