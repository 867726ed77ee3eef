import proj4 from "proj4";
import { z } from "zod";
import { UnsupportedError } from "../core/errors.js";
import { applyAffine, type Affine } from "./affine.js";
import { boundsOf, type Bounds } from "./bounds.js";
import { definitionOf, isGeographic } from "./crs-definition.js";

export { epsgCode, isGeographic, normaliseCrs } from "./crs-definition.js";

/** A coordinate reference system: "EPSG:32631", or a PROJ string / WKT for what has no code. */
export type Crs = string;

/** Maps CRS coordinates to longitude, latitude in degrees (or the other way); NaN where the projection is undefined. */
export type Projector = (x: number, y: number) => [number, number];

export interface CrsTransform {
  readonly toWgs84: Projector;
  readonly fromWgs84: Projector;
}

/** CRSs whose projections are kept: more than any catalog's zones in view at once. */
const MAX_OPENED = 64;
/** The latest used come last. */
const opened = new Map<Crs, CrsTransform>();

/**
 * The two projections between a CRS and WGS84 longitude and latitude; those last used are kept.
 *
 * @throws UnsupportedError for a code or definition that proj4 does not know.
 */
export function openCrs(crs: Crs): CrsTransform {
  const transform = opened.get(crs) ?? createTransform(crs);
  opened.delete(crs);
  opened.set(crs, transform);
  const [oldest] = opened.keys();
  if (opened.size > MAX_OPENED && oldest !== undefined) opened.delete(oldest);
  return transform;
}

function createTransform(crs: Crs): CrsTransform {
  if (crs === "EPSG:4326" || crs === "OGC:CRS84") return { toWgs84: (x, y) => [x, y], fromWgs84: (x, y) => [x, y] };
  const definition = definitionOf(crs);
  let converter: { forward(point: number[]): number[]; inverse(point: number[]): number[] };
  try {
    if (definition === undefined) throw new UnsupportedError("no definition");
    converter = proj4("EPSG:4326", definition);
  } catch (cause) {
    throw new UnsupportedError(
      `CRS ${shorten(crs)} is not known here; wanted an EPSG code, or WKT, PROJJSON or a PROJ string that proj4 reads (gdalwarp -t_srs EPSG:4326 makes one)`,
      { cause },
    );
  }
  const axes = axesOf(definition);
  const toWgs84: Projector = (x, y) => guarded(() => converter.inverse(axes.toEastNorth(x, y)));
  const fromWgs84: Projector = (x, y) => guarded(() => axes.fromEastNorth(converter.forward([x, y])));
  const around = /\+lon_wrap=([\d.]+)/.exec(crs)?.[1];
  if (around === undefined) return { toWgs84, fromWgs84 };
  const wrap = (x: number, middle: number): number => x - 360 * Math.floor((x - middle + 180) / 360);
  return {
    toWgs84: (x, y) => toWgs84(wrap(x, 0), y),
    fromWgs84: (x, y) => {
      const [lon, lat] = fromWgs84(wrap(x, 0), y);
      return [wrap(lon, Number(around)), lat];
    },
  };
}

interface Axes {
  readonly toEastNorth: (x: number, y: number) => number[];
  readonly fromEastNorth: (point: number[]) => number[];
}

/** As GDAL has them: coordinates that are counted to the west and south stay so; proj4 passes over `+axis`. */
function axesOf(definition: ReturnType<typeof definitionOf>): Axes {
  const axis = typeof definition === "string" ? /\+axis=([nsewu]+)/.exec(definition)?.[1]?.slice(0, 2) : undefined;
  if (axis === "ws") return { toEastNorth: (x, y) => [-x, -y], fromEastNorth: ([e = NaN, n = NaN]) => [-e, -n] };
  if (axis === "sw") return { toEastNorth: (x, y) => [-y, -x], fromEastNorth: ([e = NaN, n = NaN]) => [-n, -e] };
  return { toEastNorth: (x, y) => [x, y], fromEastNorth: (point) => point };
}

/** proj4's numbers for datums that it has no shift to WGS84 of, and of which it wants grids, which it isn't given. */
const UNSHIFTED: ReadonlySet<number | undefined> = new Set([5, 3]);
const WGS84_RADIUS_M = 6_378_137;

/**
 * False where a CRS stands on another ellipsoid than WGS84's and the way between them isn't known here: places are then some 100 m off.
 * Spheres are a convention of maps and have no shift.
 */
export function hasKnownShift(crs: Crs): boolean {
  const definition = definitionOf(crs);
  if (definition === undefined) return true;
  const { datum, a = WGS84_RADIUS_M, es = 0 } = projectionSchema.parse(new proj4.Proj(definition));
  return !UNSHIFTED.has(datum?.datum_type) || Math.abs(a - WGS84_RADIUS_M) < 1 || es === 0;
}

/** Of proj4.Proj, whose types name neither. */
const projectionSchema = z.looseObject({
  a: z.number().optional(),
  es: z.number().optional(),
  datum: z.looseObject({ datum_type: z.number().optional() }).optional(),
});

/**
 * A grid in degrees as one that lies between -180 and 180: moved by whole turns where it lies beyond (longitudes of 0..360), its
 * CRS's longitudes counted around 180 where it lies across that meridian. Other grids as they are.
 */
export function unwrapLongitudes(grid: { readonly transform: Affine; readonly width: number; readonly crs: Crs }): {
  readonly transform: Affine;
  readonly crs: Crs;
} {
  const { transform, width, crs } = grid;
  const [a, b, c, d, e, f] = transform;
  if (b !== 0 || d !== 0 || !isGeographic(crs)) return { transform, crs };
  // Half a pixel over is the world itself, with pixels centred on the meridian.
  const slack = Math.abs(a);
  const [west, east] = [Math.min(c, c + a * width), Math.max(c, c + a * width)];
  if (west >= -180 - slack && east <= 180 + slack) return { transform, crs };
  const turns = Math.round(((west + east) / 2 / 360) * (1 - Number.EPSILON));
  const moved: Affine = [a, b, c - 360 * turns, d, e, f];
  if (west - 360 * turns >= -180 - slack && east - 360 * turns <= 180 + slack) return { transform: moved, crs };
  const definition = crs === "EPSG:4326" || crs === "OGC:CRS84" ? "+proj=longlat +datum=WGS84" : definitionOf(crs);
  if (typeof definition !== "string" || !definition.startsWith("+")) return { transform, crs };
  // Across the meridian, counted from 0 to 360.
  const shifted: Affine = [a, b, west < 0 ? c + 360 * Math.ceil(-west / 360) : c, d, e, f];
  return { transform: shifted, crs: `${definition.replace(/ \+no_defs.*$/, "")} +lon_wrap=180 +no_defs` };
}

/** Side of a square as large as the grid's middle pixel, metres on the ground; NaN where it can't be projected. */
export function groundResolutionM(grid: {
  readonly transform: Affine;
  readonly width: number;
  readonly height: number;
  readonly crs: Crs;
}): number {
  const { toWgs84 } = openCrs(grid.crs);
  const [x, y] = [grid.width / 2, grid.height / 2];
  const corner = (dx: number, dy: number): [number, number] => toWgs84(...applyAffine(grid.transform, x + dx, y + dy));
  const [[lon0, lat0], [lon1, lat1], [lon2, lat2]] = [corner(-0.5, -0.5), corner(0.5, -0.5), corner(-0.5, 0.5)];
  const metres = (degrees: number, latitude: number): number =>
    (((degrees + 540) % 360) - 180) * METRES_A_DEGREE * Math.cos((latitude * Math.PI) / 180);
  const [ax, ay] = [metres(lon1 - lon0, lat0), (lat1 - lat0) * METRES_A_DEGREE];
  const [bx, by] = [metres(lon2 - lon0, lat0), (lat2 - lat0) * METRES_A_DEGREE];
  return Math.sqrt(Math.abs(ax * by - ay * bx));
}

const METRES_A_DEGREE = 111_320;

/** Closed WGS84 ring (counter-clockwise for north-up grids) of a grid's outline, `perSide` points on each side. */
export function gridOutline(
  transform: Affine,
  width: number,
  height: number,
  crs: Crs,
  perSide = 8,
): [number, number][] {
  const { toWgs84 } = openCrs(crs);
  const ring: [number, number][] = [];
  const corners: readonly (readonly [number, number])[] = [
    [0, 0],
    [0, height],
    [width, height],
    [width, 0],
    [0, 0],
  ];
  for (let side = 0; side < 4; side++) {
    const [from, to] = [corners[side] ?? [0, 0], corners[side + 1] ?? [0, 0]];
    for (let i = 0; i < perSide; i++) {
      const t = i / perSide;
      const [x, y] = applyAffine(transform, from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t);
      ring.push(toWgs84(x, y));
    }
  }
  const [first] = ring;
  return first === undefined ? ring : [...ring, first];
}

/** WGS84 bounds of a grid; west > east where it crosses the antimeridian. */
export function gridBoundsWgs84(transform: Affine, width: number, height: number, crs: Crs): Bounds {
  const ring = gridOutline(transform, width, height, crs, 16);
  const bounds = boundsOf(ring);
  if (bounds[2] - bounds[0] <= 180) return bounds;
  const shifted = boundsOf(ring.map(([x, y]) => [x < 0 ? x + 360 : x, y] as const));
  return [shifted[0], shifted[1], shifted[2] > 180 ? shifted[2] - 360 : shifted[2], shifted[3]];
}

function guarded(run: () => number[]): [number, number] {
  try {
    const [x = Number.NaN, y = Number.NaN] = run();
    return [x, y];
  } catch {
    return [Number.NaN, Number.NaN];
  }
}

const shorten = (crs: string): string => (crs.length > 60 ? `${crs.slice(0, 57)}...` : crs);
