import type { Bounds } from "./api.js";
import type { Camera } from "./state.js";
import { latToTile, lonToTile, tileToLat, tileToLon } from "./mercator.js";

/** Pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** MapLibre's zooms count tiles of 512 pixels. */
const WORLD_PX = 512;
const MAX_FIT_ZOOM = 16;

/** Where viewer.css changes the layout, and what is covered in each. */
const [LOW_PX, NARROW_PX] = [500, 700];
const COVERED = {
  low: { left: 250, right: 60, top: 10, bottom: 104 },
  wide: { left: 330, right: 70, top: 50, bottom: 190 },
  narrow: { left: 16, right: 16, top: 90, bottom: 200 },
} as const;

/** The camera that shows a box whole beside what the panel and the timeline cover. */
export function cameraFor([west, south, east, north]: Bounds, { width, height }: Size): Camera {
  const { left, right, top, bottom } = coveredOf({ width, height });
  const [x0, x1] = [lonToTile(west, 1), lonToTile(east, 1) + (west > east ? 1 : 0)];
  const [y0, y1] = [latToTile(north, 1), latToTile(south, 1)];
  const perPixel = Math.max((x1 - x0) / (width - left - right), (y1 - y0) / (height - top - bottom), 1e-12);
  const zoom = Math.max(0, Math.min(MAX_FIT_ZOOM, Math.log2(1 / perPixel / WORLD_PX)));
  const worldPx = WORLD_PX * 2 ** zoom;
  const x = (x0 + x1) / 2 + (right - left) / 2 / worldPx;
  const y = (y0 + y1) / 2 + (bottom - top) / 2 / worldPx;
  return { zoom, lon: tileToLon(x, 1), lat: tileToLat(Math.max(0, Math.min(1, y)), 1) };
}

/** The box that a camera shows, degrees; longitudes may lie beyond 180. */
export function boundsSeen({ zoom, lon, lat }: Camera, { width, height }: Size): Bounds {
  const worldPx = WORLD_PX * 2 ** zoom;
  const [x, y] = [lonToTile(lon, 1), latToTile(lat, 1)];
  const [dx, dy] = [width / 2 / worldPx, height / 2 / worldPx];
  return [tileToLon(x - dx, 1), tileToLat(y + dy, 1), tileToLon(x + dx, 1), tileToLat(y - dy, 1)];
}

/** What the panel and the timeline cover of a page, pixels; little where there is no room for more. */
function coveredOf({ width, height }: Size) {
  const covered = height <= LOW_PX ? COVERED.low : COVERED[width > NARROW_PX ? "wide" : "narrow"];
  const fits = width > covered.left + covered.right + 80 && height > covered.top + covered.bottom + 80;
  return fits ? covered : { left: 8, right: 8, top: 8, bottom: 8 };
}
