import { Item, ItemCollection } from "stac-js";
import { InvalidRequestError, UnsupportedError } from "../core/errors.js";
import { boundsOf, type Bounds } from "../geo/bounds.js";
import { gridOutline, openCrs } from "../geo/crs.js";
import { applyAffine } from "../geo/affine.js";
import { geometrySchema, partsOf, type Geometry } from "./geometry.js";
import type { CatalogItem } from "./types.js";

/**
 * The outline of a pixel grid on Earth and its box: counter-clockwise, split at the antimeridian (RFC 7946 §3.1.9), around a pole
 * where the grid holds it, rounded to 1e-7 degrees (1 cm).
 *
 * @throws UnsupportedError where the grid reaches outside what its CRS can project.
 */
export function gridFootprint(grid: CatalogItem["grid"]): { readonly geometry: Geometry; readonly bounds: Bounds } {
  const outline = gridOutline(grid.transform, grid.width, grid.height, grid.crs);
  if (!outline.every((point) => point.every(Number.isFinite))) {
    throw new UnsupportedError(`The image's outline can't be projected from ${grid.crs.slice(0, 60)} to WGS84`);
  }
  const ring = outline.map(([x, y]) => [rounded(x), rounded(y)] as const);
  const [north, south] = [90, -90].map((latitude) => holds(grid, latitude));
  const item = new Item({ ...FEATURE, geometry: { type: "Polygon", coordinates: [ring] } });
  const { geometry: fixed } = item.toGeoJSON({
    greatCircle: false,
    forceNorthPole: north === true,
    forceSouthPole: south === true,
  });
  const geometry = geometrySchema.parse({ type: fixed.type, coordinates: roundedDeep(fixed.coordinates) });
  const boxes = partsOf(geometry).polygons.map((rings) => boundsOf((rings[0] ?? []).map(([x, y]) => [x, y] as const)));
  return { geometry, bounds: unionBounds(boxes) ?? [-180, -90, 180, 90] };
}

/** What stac-js takes for an Item, to do geometry with. */
const FEATURE = { type: "Feature", stac_version: "1.1.0", id: "", properties: {}, links: [], assets: {} } as const;

/** The smallest box around boxes, across the antimeridian where that is smaller. Undefined for none. */
export function unionBounds(boxes: readonly Bounds[]): Bounds | undefined {
  const features = boxes.map((bbox) => ({ ...FEATURE, bbox }));
  return new ItemCollection({ type: "FeatureCollection", features }).getBoundingBox() ?? undefined;
}

/**
 * A box of 4 or 6 numbers; heights are dropped, longitudes beyond 180 degrees wrapped (so west may end up > east).
 *
 * @throws InvalidRequestError
 */
export function parseBounds(numbers: readonly number[], name: string): Bounds {
  const given = `${name} is ${numbers.join(",").slice(0, 80)}`;
  if (numbers.length !== 4 && numbers.length !== 6) {
    throw new InvalidRequestError(
      `${name} has ${numbers.length} numbers; wanted 4 (west,south,east,north) or 6 (with heights)`,
    );
  }
  const box = new Item({ ...FEATURE, bbox: numbers }).getBoundingBox();
  if (box === null) throw new InvalidRequestError(`${given}; wanted degrees, latitudes from -90 to 90`);
  if (box[1] > box[3]) throw new InvalidRequestError(`${given}; wanted south at most north`);
  return box;
}

/** True when the grid holds a pole; cylindrical projections have none inside. */
function holds({ crs, transform, width, height }: CatalogItem["grid"], latitude: number): boolean {
  const { toWgs84 } = openCrs(crs);
  const longitudes = gridOutline(transform, width, height, crs).map(([lon]) => lon);
  const [, centreLatitude] = toWgs84(...applyAffine(transform, width / 2, height / 2));
  return centreLatitude * latitude > 0 && Math.abs(windingDegrees(longitudes)) > 180;
}

/** Total turn of longitude around a closed ring: +-360 around a pole, else 0. */
function windingDegrees(longitudes: readonly number[]): number {
  let total = 0;
  for (let i = 1; i < longitudes.length; i++) {
    const step = (longitudes[i] ?? 0) - (longitudes[i - 1] ?? 0);
    total += step - 360 * Math.round(step / 360);
  }
  return total;
}

/** The split works with longitudes shifted by 180 degrees and back, which leaves the last digits ragged. */
function roundedDeep(coordinates: unknown): unknown {
  if (Array.isArray(coordinates)) return coordinates.map(roundedDeep);
  return typeof coordinates === "number" ? rounded(coordinates) : coordinates;
}

const rounded = (degrees: number): number => Math.round(degrees * 1e7) / 1e7;
