import { z } from "zod";
import { InvalidRequestError } from "../core/errors.js";

const longitude = z.number().min(-180).max(180);
const latitude = z.number().min(-90).max(90);
const position = z.tuple([longitude, latitude], z.number());
const ring = z
  .array(position)
  .min(4)
  .refine((points) => points[0]?.[0] === points.at(-1)?.[0] && points[0]?.[1] === points.at(-1)?.[1], {
    message: "a ring ends where it starts",
  });
const line = z.array(position).min(2);

const simple = z.discriminatedUnion("type", [
  z.object({ type: z.literal("Point"), coordinates: position }),
  z.object({ type: z.literal("MultiPoint"), coordinates: z.array(position) }),
  z.object({ type: z.literal("LineString"), coordinates: line }),
  z.object({ type: z.literal("MultiLineString"), coordinates: z.array(line) }),
  z.object({ type: z.literal("Polygon"), coordinates: z.array(ring).min(1) }),
  z.object({ type: z.literal("MultiPolygon"), coordinates: z.array(z.array(ring).min(1)) }),
]);

/** GeoJSON geometry (RFC 7946) in WGS84 degrees; collections hold simple geometries only. */
export const geometrySchema = z.discriminatedUnion("type", [
  ...simple.options,
  z.object({ type: z.literal("GeometryCollection"), geometries: z.array(simple) }),
]);

export type Geometry = z.infer<typeof geometrySchema>;
export type Position = z.infer<typeof position>;

/**
 * A geometry from a request, given as JSON text or as an object.
 *
 * @throws InvalidRequestError that names the first thing wrong.
 */
export function parseGeometry(input: unknown): Geometry {
  const result = geometrySchema.safeParse(typeof input === "string" ? parseJson(input) : input);
  if (result.success) return limited(result.data);
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new InvalidRequestError(
    `intersects is not a GeoJSON geometry in WGS84${where}: ${issue?.message ?? "unreadable"}`,
  );
}

/** Parts of a geometry: points, lines, and polygons as lists of rings. */
export interface GeometryParts {
  readonly points: readonly Position[];
  readonly lines: readonly (readonly Position[])[];
  readonly polygons: readonly (readonly (readonly Position[])[])[];
}

/** A geometry taken apart. */
export function partsOf(geometry: Geometry): GeometryParts {
  switch (geometry.type) {
    case "Point":
      return { points: [geometry.coordinates], lines: [], polygons: [] };
    case "MultiPoint":
      return { points: geometry.coordinates, lines: [], polygons: [] };
    case "LineString":
      return { points: [], lines: [geometry.coordinates], polygons: [] };
    case "MultiLineString":
      return { points: [], lines: geometry.coordinates, polygons: [] };
    case "Polygon":
      return { points: [], lines: [], polygons: [geometry.coordinates] };
    case "MultiPolygon":
      return { points: [], lines: [], polygons: geometry.coordinates };
    case "GeometryCollection": {
      const parts = geometry.geometries.map(partsOf);
      return {
        points: parts.flatMap((part) => part.points),
        lines: parts.flatMap((part) => part.lines),
        polygons: parts.flatMap((part) => part.polygons),
      };
    }
  }
}

/** Every item of a search may be held against every position, on the thread that answers. */
const MAX_POSITIONS = 20_000;

function limited(geometry: Geometry): Geometry {
  const { points, lines, polygons } = partsOf(geometry);
  const count = [points, ...lines, ...polygons.flat()].reduce((sum, chain) => sum + chain.length, 0);
  if (count <= MAX_POSITIONS) return geometry;
  throw new InvalidRequestError(`intersects has ${count} positions; wanted at most ${MAX_POSITIONS}, simplify it`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new InvalidRequestError(`intersects is "${text.slice(0, 40)}"; wanted a GeoJSON geometry as JSON text`, {
      cause,
    });
  }
}
