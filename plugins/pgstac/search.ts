import type { Bounds, Expression, Geometry, SearchQuery, StacJson } from "../../src/plugin.js";
import { searchBody } from "../stac-api/search.js";

/**
 * What pgSTAC's `search` is asked: a search's body, in which one shape at most is `bbox` or `intersects` (it looks at no second one) and no
 * box crosses the antimeridian (it would take the rest of the world) or is without area; the others are conditions of the filter.
 */
export function searchStatement(query: SearchQuery): StacJson {
  const { bbox, intersects, filter, sortby = [{ property: "datetime", descending: true }], ...rest } = query;
  const isPlain = bbox !== undefined && bbox[0] < bbox[2] && bbox[1] < bbox[3];
  const conditions: Expression[] = [
    ...(filter === undefined ? [] : [filter]),
    ...(bbox === undefined || isPlain ? [] : [within(boxGeometry(bbox))]),
    ...(intersects !== undefined && isPlain ? [within(intersects)] : []),
  ];
  const asked: SearchQuery = {
    ...rest,
    ...(isPlain ? { bbox } : {}),
    ...(intersects === undefined || isPlain ? {} : { intersects }),
    ...(conditions.length === 0
      ? {}
      : { filter: conditions.length === 1 ? (conditions[0] ?? true) : { op: "and", args: conditions } }),
    // What is equal in the asked order comes newest first, then by collection and id.
    sortby: [...sortby, ...ORDER.filter((key) => sortby.every(({ property }) => property !== key.property))],
  };
  return { ...searchBody(asked), conf: { context: "on" } };
}

const ORDER = [
  { property: "datetime", descending: true },
  { property: "collection", descending: false },
  { property: "id", descending: false },
];

const within = (geometry: Geometry): Expression => ({ op: "s_intersects", args: [{ property: "geometry" }, geometry] });

function boxGeometry([west, south, east, north]: Bounds): Geometry {
  const ring = (from: number, to: number): [number, number][] => [
    [from, south],
    [to, south],
    [to, north],
    [from, north],
    [from, south],
  ];
  if (west > east) return { type: "MultiPolygon", coordinates: [[ring(west, 180)], [ring(-180, east)]] };
  if (west === east && south === north) return { type: "Point", coordinates: [west, south] };
  return {
    type: "LineString",
    coordinates: [
      [west, south],
      [east, north],
    ],
  };
}
