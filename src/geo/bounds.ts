/** West, south, east, north in one CRS's units. In WGS84 west > east means that the box crosses the antimeridian. */
export type Bounds = readonly [west: number, south: number, east: number, north: number];

/** One box, or two where it crosses the antimeridian. */
export function splitAntimeridian(b: Bounds): readonly Bounds[] {
  if (b[0] <= b[2]) return [b];
  return [
    [b[0], b[1], 180, b[3]],
    [-180, b[1], b[2], b[3]],
  ];
}
