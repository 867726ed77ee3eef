import { applyAffine, invertAffine } from "./affine.js";
import type { Bounds } from "./bounds.js";
import { openCrs } from "./crs.js";
import { tileMatrix, tileTransformOf, type TileMatrixSet } from "./tile-matrix-sets.js";

/** Tiles of one matrix that may show something, both ends included (OGC 17-083r4, 7.2). */
export interface TileMatrixLimits {
  readonly tileMatrix: string;
  readonly minTileRow: number;
  readonly maxTileRow: number;
  readonly minTileCol: number;
  readonly maxTileCol: number;
}

/** Points on each side of the box that are projected: its sides are curves in the set's CRS. */
const PER_SIDE = 32;

/** Of each matrix, the tiles that a box of degrees reaches; none where the set's CRS can't project it. West > east crosses 180°. */
export function tileMatrixLimits(set: TileMatrixSet, bounds: Bounds): readonly TileMatrixLimits[] {
  const { fromWgs84 } = openCrs(set.crs);
  const [west, south, east, north] = bounds;
  const across = east < west ? east + 360 - west : east - west;
  const points: (readonly [number, number])[] = [];
  for (let i = 0; i <= PER_SIDE; i++) {
    const lon = west + (across * i) / PER_SIDE;
    const lat = south + ((north - south) * i) / PER_SIDE;
    for (const [x, y] of [
      [lon, south],
      [lon, north],
      [west, lat],
      [west + across, lat],
    ] as const)
      points.push(fromWgs84(x > 180 ? x - 360 : x, y));
  }
  if (!points.flat().every(Number.isFinite)) return [];
  const [first, last] = set.zooms;
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const z = first + i;
    const { columns, rows, id } = tileMatrix(set, z);
    const toTile = invertAffine(tileTransformOf({ set, z, x: 0, y: 0 }, 1));
    const tiles = points.map(([x, y]) => applyAffine(toTile, x, y));
    const within = (value: number, count: number): number => Math.max(0, Math.min(count - 1, value));
    const crosses = east < west;
    const [xs, ys] = [tiles.map(([x]) => x), tiles.map(([, y]) => y)];
    return {
      tileMatrix: id,
      minTileRow: within(Math.floor(Math.min(...ys)), rows),
      maxTileRow: within(Math.ceil(Math.max(...ys)) - 1, rows),
      // Both sides of the date line: limits can't say "from here over the edge to there".
      minTileCol: crosses ? 0 : within(Math.floor(Math.min(...xs)), columns),
      maxTileCol: crosses ? columns - 1 : within(Math.ceil(Math.max(...xs)) - 1, columns),
    };
  });
}
