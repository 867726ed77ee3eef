import { z } from "zod";
import { InvalidRequestError } from "../core/errors.js";

const MAX_FEATURES = 100;

/** GeoJSON that areas are given as: a geometry, a Feature, or a FeatureCollection. */
export const areaSchema = z.looseObject({ type: z.string() }).meta({
  description: `A Polygon or MultiPolygon in degrees, a Feature of one, or a FeatureCollection of at most ${MAX_FEATURES}`,
});

const featureSchema = z.looseObject({
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
