import { applyAffine, invertAffine } from "./affine.js";
import { boxOutline, type Bounds } from "./bounds.js";
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
const PER_SIDE = 33;

/** Of each matrix, the tiles that a box of degrees reaches; none where the set's CRS can't project it. West > east crosses 180°. */
export function tileMatrixLimits(set: TileMatrixSet, bounds: Bounds): readonly TileMatrixLimits[] {
  const { fromWgs84 } = openCrs(set.crs);
  const [west, south, east, north] = bounds;
  const crosses = east < west;
  const outline = boxOutline([west, south, crosses ? east + 360 : east, north], PER_SIDE);
  const points = outline.map(([lon, lat]) => fromWgs84(lon > 180 ? lon - 360 : lon, lat));
  if (!points.flat().every(Number.isFinite)) return [];
  const [first, last] = set.zooms;
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const z = first + i;
    const { columns, rows, id } = tileMatrix(set, z);
    const toTile = invertAffine(tileTransformOf({ set, z, x: 0, y: 0 }, 1));
    const tiles = points.map(([x, y]) => applyAffine(toTile, x, y));
    const within = (value: number, count: number): number => Math.max(0, Math.min(count - 1, value));
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
