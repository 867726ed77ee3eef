/** West, south, east, north in one CRS's units. In WGS84 west > east means that the box crosses the antimeridian. */
export type Bounds = readonly [west: number, south: number, east: number, north: number];

/** The smallest box around points. */
export function boundsOf(points: Iterable<readonly [number, number]>): Bounds {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    west = Math.min(west, x);
    south = Math.min(south, y);
    east = Math.max(east, x);
    north = Math.max(north, y);
  }
  return [west, south, east, north];
}

/** One box, or two where it crosses the antimeridian. */
export function splitAntimeridian(b: Bounds): readonly Bounds[] {
  if (b[0] <= b[2]) return [b];
  return [
    [b[0], b[1], 180, b[3]],
    [-180, b[1], b[2], b[3]],
  ];
}

/** Points along a box's sides, corners included, `perSide` on each: projected, its sides are curves. */
export function boxOutline([minx, miny, maxx, maxy]: Bounds, perSide: number): readonly (readonly [number, number])[] {
  const points: (readonly [number, number])[] = [];
  for (let i = 0; i < perSide; i++) {
    const t = i / (perSide - 1);
    const [x, y] = [minx + (maxx - minx) * t, miny + (maxy - miny) * t];
    points.push([x, miny], [x, maxy], [minx, y], [maxx, y]);
  }
  return points;
}
