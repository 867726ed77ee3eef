import { tileToBBOX } from "@mapbox/tilebelt";
import type { Affine } from "./affine.js";
import type { Bounds } from "./bounds.js";

/** A tile of the WebMercatorQuad tile matrix set (OGC 17-083r4, annex D). */
export interface TileAddress {
  readonly z: number;
  readonly x: number;
  readonly y: number;
}

export const MAX_ZOOM = 24;
const RADIUS_M = 6378137;
const HALF_WORLD_M = Math.PI * RADIUS_M;

/** Side of a WebMercatorQuad tile matrix's pixel, metres at the equator, for 256 px tiles. */
export function resolutionM(z: number): number {
  return (2 * HALF_WORLD_M) / 256 / 2 ** z;
}

/** WGS84 bounds of a tile. */
export function tileBoundsWgs84(tile: TileAddress): Bounds {
  const [west, south, east, north] = tileToBBOX([tile.x, tile.y, tile.z]);
  return [west, south, east, north];
}

/** EPSG:3857 transform of a tile's `size` x `size` pixels. */
export function tileTransform(tile: TileAddress, size: number): Affine {
  const pixelM = (2 * HALF_WORLD_M) / 2 ** tile.z / size;
  return [pixelM, 0, -HALF_WORLD_M + tile.x * size * pixelM, 0, -pixelM, HALF_WORLD_M - tile.y * size * pixelM];
}

/** EPSG:3857 metres to longitude and latitude, degrees (the spherical inverse Mercator, EPSG guidance note 7-2 §3.5.1). */
export function mercatorToWgs84(x: number, y: number): [lon: number, lat: number] {
  return [((x / RADIUS_M) * 180) / Math.PI, ((2 * Math.atan(Math.exp(y / RADIUS_M)) - Math.PI / 2) * 180) / Math.PI];
}

/** Longitude and latitude to EPSG:3857 metres; latitudes beyond 85.06 degrees are clamped to the matrix. */
export function wgs84ToMercator(lon: number, lat: number): [x: number, y: number] {
  const limited = Math.max(-85.0511287798066, Math.min(85.0511287798066, lat));
  return [(lon * Math.PI * RADIUS_M) / 180, RADIUS_M * Math.log(Math.tan(Math.PI / 4 + (limited * Math.PI) / 360))];
}

/** The zoom whose pixels come nearest to `groundM` metres on the ground at a latitude (rio-tiler's "auto" strategy). */
export function zoomForResolution(groundM: number, latitude: number): number {
  const target = groundM / Math.max(0.02, Math.cos((latitude * Math.PI) / 180));
  let z = 0;
  while (z < MAX_ZOOM && resolutionM(z) > target) z++;
  if (z === 0) return 0;
  return resolutionM(z - 1) / target < target / resolutionM(z) ? z - 1 : z;
}
