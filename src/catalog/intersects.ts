import type { Bounds } from "../geo/bounds.js";
import { splitAntimeridian } from "../geo/bounds.js";
import { partsOf, type Geometry, type GeometryParts, type Position } from "./geometry.js";

type Ring = readonly Position[];

/** True when the two geometries share at least one point (DE-9IM "intersects"), in plane longitude and latitude. */
export function geometriesIntersect(a: Geometry, b: Geometry): boolean {
  return partsIntersect(partsOf(a), partsOf(b));
}

/** geometriesIntersect of what was taken apart before: for one query against many items. */
export function partsIntersect(a: GeometryParts, b: GeometryParts): boolean {
  const [linesA, linesB] = [chainsOf(a), chainsOf(b)];
  return (
    linesA.some((one) => linesB.some((other) => chainsCross(one, other))) ||
    pointsTouch(a, b, linesB) ||
    pointsTouch(b, a, linesA) ||
    anyInside(a, b) ||
    anyInside(b, a)
  );
}

/** A box as a geometry: a polygon, two where it crosses the antimeridian, or what is left of it where it has no area. */
export function boundsGeometry(bounds: Bounds): Geometry {
  return {
    type: "MultiPolygon",
    coordinates: splitAntimeridian(bounds).map(([west, south, east, north]) => [
      [
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
      ],
    ]),
  };
}

/** The box around all positions, which don't cross the antimeridian. */
export function boundsOfParts(parts: GeometryParts): Bounds {
  const [west, south, east, north] = boxOf(parts.points);
  return chainsOf(parts)
    .map(boxOf)
    .reduce<Bounds>(
      (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])],
      [west, south, east, north],
    );
}

const chainsOf = (parts: GeometryParts): readonly Ring[] => [...parts.lines, ...parts.polygons.flat()];

/** True when a point of `a` is one of b's points or lies on one of its lines. */
function pointsTouch(a: GeometryParts, b: GeometryParts, chainsB: readonly Ring[]): boolean {
  return a.points.some(
    (point) =>
      b.points.some(([x, y]) => x === point[0] && y === point[1]) || chainsB.some((chain) => onChain(point, chain)),
  );
}

/** True when a part of `a` begins inside a polygon of b. Where no lines cross, one position of each part tells. */
function anyInside(a: GeometryParts, b: GeometryParts): boolean {
  if (b.polygons.length === 0) return false;
  const starts = [
    ...a.points,
    ...a.lines.flatMap((chain) => chain.slice(0, 1)),
    ...a.polygons.flatMap((rings) => rings[0]?.slice(0, 1) ?? []),
  ];
  return starts.some((point) => b.polygons.some((rings) => insidePolygon(point, rings)));
}

/** Even-odd rule over all rings, so that holes count as outside; positions on a ring are left to the crossing test. */
function insidePolygon([x, y]: Position, rings: readonly Ring[]): boolean {
  let inside = false;
  for (const ring of rings) {
    for (let i = 1; i < ring.length; i++) {
      const [p, q] = [ring[i - 1], ring[i]];
      if (p === undefined || q === undefined || p[1] > y === q[1] > y) continue;
      if (x < ((q[0] - p[0]) * (y - p[1])) / (q[1] - p[1]) + p[0]) inside = !inside;
    }
  }
  return inside;
}

/** The longer chain's segments outside the shorter's box are passed over: a coastline against many footprints takes one look at each. */
function chainsCross(one: Ring, other: Ring): boolean {
  const [long, short] = one.length < other.length ? [other, one] : [one, other];
  const box = boxOf(short);
  let a = long[0];
  for (let i = 1; i < long.length; i++) {
    const b = long[i];
    if (a !== undefined && b !== undefined && !misses(box, a, b) && segmentCrosses(a, b, short)) return true;
    a = b;
  }
  return false;
}

function segmentCrosses(a: Position, b: Position, chain: Ring): boolean {
  for (let j = 1; j < chain.length; j++) {
    const [c, d] = [chain[j - 1], chain[j]];
    if (c !== undefined && d !== undefined && segmentsTouch(a, b, c, d)) return true;
  }
  return false;
}

function boxOf(chain: Ring): Bounds {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of chain)
    [west, south, east, north] = [Math.min(west, x), Math.min(south, y), Math.max(east, x), Math.max(north, y)];
  return [west, south, east, north];
}

/** By index: destructuring takes several times as long here. */
const misses = (box: Bounds, a: Position, b: Position): boolean =>
  (a[0] < box[0] && b[0] < box[0]) ||
  (a[0] > box[2] && b[0] > box[2]) ||
  (a[1] < box[1] && b[1] < box[1]) ||
  (a[1] > box[3] && b[1] > box[3]);

function onChain(point: Position, chain: Ring): boolean {
  for (let i = 1; i < chain.length; i++) {
    const [p, q] = [chain[i - 1], chain[i]];
    if (p !== undefined && q !== undefined && turn(p, q, point) === 0 && withinBox(p, q, point)) return true;
  }
  return false;
}

function segmentsTouch(a: Position, b: Position, c: Position, d: Position): boolean {
  const [t1, t2, t3, t4] = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)];
  if (t1 * t2 < 0 && t3 * t4 < 0) return true;
  return (
    (t1 === 0 && withinBox(a, b, c)) ||
    (t2 === 0 && withinBox(a, b, d)) ||
    (t3 === 0 && withinBox(c, d, a)) ||
    (t4 === 0 && withinBox(c, d, b))
  );
}

/** 1 where a, b, c turn left, -1 right, 0 straight. */
const turn = (a: Position, b: Position, c: Position): number =>
  Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));

const withinBox = (a: Position, b: Position, p: Position): boolean =>
  Math.min(a[0], b[0]) <= p[0] &&
  p[0] <= Math.max(a[0], b[0]) &&
  Math.min(a[1], b[1]) <= p[1] &&
  p[1] <= Math.max(a[1], b[1]);
