import { z } from "zod";
import { parseGeometry, partsOf, type Geometry, type GeometryParts } from "../catalog/geometry.js";
import { InvalidRequestError } from "../core/errors.js";
import { boundsOf, type Bounds } from "../geo/bounds.js";
import { isGeographic, openCrs, type Crs, type Projector } from "../geo/crs.js";

const MAX_FEATURES = 100;

/** Of a request with areas: a feature of 20,000 positions is half of it. */
export const AREA_BODY = "1mb";

/** GeoJSON that areas are given as: a geometry, a Feature, or a FeatureCollection. */
export const areaSchema = z.looseObject({ type: z.string() }).meta({
  description: `A Polygon or MultiPolygon in degrees, a Feature of one, or a FeatureCollection of at most ${MAX_FEATURES}`,
});

/** Without properties it has none. */
export const featureSchema = z.looseObject({
  type: z.literal("Feature"),
  geometry: z.unknown(),
  properties: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((properties) => properties ?? {}),
});
export const collectionSchema = z.looseObject({
  type: z.literal("FeatureCollection"),
  features: z.array(featureSchema).min(1).max(MAX_FEATURES),
});

/** Those of a FeatureCollection; a Feature; a geometry as a Feature. @throws InvalidRequestError */
export function featuresOf(body: unknown): readonly z.infer<typeof featureSchema>[] {
  const collection = collectionSchema.safeParse(body);
  if (collection.success) return collection.data.features;
  const { type } = z.object({ type: z.string() }).catch({ type: "" }).parse(body);
  if (type === "FeatureCollection")
    throw new InvalidRequestError(`The FeatureCollection is no list of 1 to ${MAX_FEATURES} Features`);
  const feature = featureSchema.safeParse(body);
  return [feature.success ? feature.data : { type: "Feature", geometry: body, properties: {} }];
}

/** A geometry, as such or in a Feature, in degrees. @throws InvalidRequestError */
export function parseArea(body: unknown, crs: Crs): Geometry {
  const feature = featureSchema.safeParse(body);
  const given = feature.success ? feature.data.geometry : body;
  return parseGeometry(isGeographic(crs) ? given : projected(given, openCrs(crs).toWgs84));
}

/** A Polygon or MultiPolygon, as such or in a Feature, and its box in its own CRS. @throws InvalidRequestError */
export function parseShape(body: unknown, crs: Crs): { readonly bounds: Bounds; readonly parts: GeometryParts } {
  const feature = featureSchema.safeParse(body);
  const given = feature.success ? feature.data.geometry : body;
  const { type } = z.object({ type: z.string() }).catch({ type: "nothing" }).parse(given);
  if (type !== "Polygon" && type !== "MultiPolygon")
    throw new InvalidRequestError(
      `The body is ${type.slice(0, 40)}; wanted a GeoJSON Polygon or MultiPolygon, or a Feature of one`,
    );
  const { toWgs84, fromWgs84 } = isGeographic(crs) ? UNPROJECTED : openCrs(crs);
  const parts = partsOf(parseGeometry(isGeographic(crs) ? given : projected(given, toWgs84), "The body"));
  const corners = parts.polygons.flat(2).map(([lon, lat]) => fromWgs84(lon, lat));
  return { bounds: boundsOf(corners), parts };
}

const UNPROJECTED = {
  toWgs84: (x: number, y: number): [number, number] => [x, y],
  fromWgs84: (x: number, y: number): [number, number] => [x, y],
};

/** The same with each position in degrees. */
function projected(value: unknown, toWgs84: Projector): unknown {
  if (!Array.isArray(value)) {
    const geometry = z.looseObject({ coordinates: z.array(z.unknown()) }).safeParse(value);
    return geometry.success ? { ...geometry.data, coordinates: projected(geometry.data.coordinates, toWgs84) } : value;
  }
  const [x, y]: readonly unknown[] = value;
  if (typeof x === "number" && typeof y === "number") return toWgs84(x, y);
  return value.map((one: unknown) => (Array.isArray(one) ? projected(one, toWgs84) : one));
}
