import proj4 from "proj4";
import { UnsupportedError } from "../core/errors.js";
import { applyAffine, type Affine } from "./affine.js";
import { boundsOf, type Bounds } from "./bounds.js";

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
  let converter: { forward(point: number[]): number[]; inverse(point: number[]): number[] };
  try {
    converter = proj4("EPSG:4326", definitionOf(crs));
  } catch (cause) {
    throw new UnsupportedError(
      `CRS ${shorten(crs)} is not known; wanted an EPSG code, PROJ string or WKT that proj4 reads`,
      { cause },
    );
  }
  return {
    toWgs84: (x, y) => guarded(() => converter.inverse([x, y])),
    fromWgs84: (x, y) => guarded(() => converter.forward([x, y])),
  };
}

/** The code's number, or undefined for a CRS given by its definition. */
export function epsgCode(crs: Crs): number | undefined {
  const match = /^EPSG:(\d{4,6})$/.exec(crs);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** True when the CRS's unit is the degree. */
export function isGeographic(crs: Crs): boolean {
  return crs === "EPSG:4326" || crs === "OGC:CRS84" || /\+proj=longlat|^GEOG(CS|CRS)/.test(definitionOf(crs));
}

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

/** A PROJ string for the code families that proj4 has no table of, the definition itself otherwise. */
function definitionOf(crs: Crs): string {
  const code = epsgCode(crs);
  if (code === undefined) return crs;
  if (code > 32600 && code <= 32660) return `+proj=utm +zone=${code - 32600} +datum=WGS84 +units=m +no_defs`;
  if (code > 32700 && code <= 32760) return `+proj=utm +zone=${code - 32700} +south +datum=WGS84 +units=m +no_defs`;
  if (code >= 25828 && code <= 25838) return `+proj=utm +zone=${code - 25800} +ellps=GRS80 +units=m +no_defs`;
  if (code >= 26901 && code <= 26923) return `+proj=utm +zone=${code - 26900} +datum=NAD83 +units=m +no_defs`;
  return NATIONAL[code] ?? crs;
}

/** Definitions as registered at EPSG, for grids in which Sentinel-2 mosaics are commonly kept. */
const NATIONAL: Readonly<Record<number, string>> = {
  2056: "+proj=somerc +lat_0=46.9524055555556 +lon_0=7.43958333333333 +k_0=1 +x_0=2600000 +y_0=1200000 +ellps=bessel +towgs84=674.374,15.056,405.346,0,0,0,0 +units=m +no_defs",
  2154: "+proj=lcc +lat_0=46.5 +lon_0=3 +lat_1=49 +lat_2=44 +x_0=700000 +y_0=6600000 +ellps=GRS80 +units=m +no_defs",
  2193: "+proj=tmerc +lat_0=0 +lon_0=173 +k=0.9996 +x_0=1600000 +y_0=10000000 +ellps=GRS80 +units=m +no_defs",
  3031: "+proj=stere +lat_0=-90 +lat_ts=-71 +lon_0=0 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs",
  3035: "+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 +ellps=GRS80 +units=m +no_defs",
  3413: "+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-45 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs",
  3577: "+proj=aea +lat_0=0 +lon_0=132 +lat_1=-18 +lat_2=-36 +x_0=0 +y_0=0 +ellps=GRS80 +units=m +no_defs",
  5070: "+proj=aea +lat_0=23 +lon_0=-96 +lat_1=29.5 +lat_2=45.5 +x_0=0 +y_0=0 +datum=NAD83 +units=m +no_defs",
  6933: "+proj=cea +lat_ts=30 +lon_0=0 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs",
  27700:
    "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy +towgs84=446.448,-125.157,542.06,0.15,0.247,0.842,-20.489 +units=m +no_defs",
};

function guarded(run: () => number[]): [number, number] {
  try {
    const [x = Number.NaN, y = Number.NaN] = run();
    return [x, y];
  } catch {
    return [Number.NaN, Number.NaN];
  }
}

const shorten = (crs: string): string => (crs.length > 60 ? `${crs.slice(0, 57)}...` : crs);
