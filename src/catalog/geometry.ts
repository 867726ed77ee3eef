import { z } from "zod";
import { InvalidRequestError } from "../core/errors.js";

export type Position = [number, number, ...number[]];

/** Positions are checked by hand: zod takes a microsecond for each, and there may be 20,000. */
const position = z.custom<Position>().superRefine((value, context) => {
  const problem = positionProblem(value);
  if (problem !== undefined) context.addIssue({ code: "custom", ...problem });
});

const positions = (least: number, closed: boolean): z.ZodType<Position[]> =>
  z.custom<Position[]>().superRefine((value: unknown, context) => {
    if (!Array.isArray(value)) return context.addIssue({ code: "custom", message: "wanted an array of positions" });
    if (value.length < least) return context.addIssue({ code: "custom", message: `wanted ${least} positions or more` });
    for (let i = 0; i < value.length; i++) {
      const problem = positionProblem(value[i]);
      if (problem !== undefined)
        return context.addIssue({ code: "custom", path: [i, ...problem.path], message: problem.message });
    }
    const [first, last] = [value[0] as Position | undefined, value.at(-1) as Position | undefined];
    if (closed && (first?.[0] !== last?.[0] || first?.[1] !== last?.[1]))
      context.addIssue({ code: "custom", message: "a ring ends where it starts" });
  });

const DEGREES = [180, 90] as const;

function positionProblem(value: unknown): { readonly path: (string | number)[]; readonly message: string } | undefined {
  if (!Array.isArray(value) || value.length < 2) return { path: [], message: "wanted [longitude, latitude]" };
  for (let i = 0; i < value.length; i++) {
    const number: unknown = value[i];
    if (typeof number !== "number" || !Number.isFinite(number)) return { path: [i], message: "wanted a number" };
    const most = DEGREES[i] ?? Infinity;
    if (Math.abs(number) > most) return { path: [i], message: `wanted -${most} to ${most} degrees` };
  }
  return undefined;
}

const ring = positions(4, true);
const line = positions(2, false);

const simple = z.discriminatedUnion("type", [
  z.object({ type: z.literal("Point"), coordinates: position }),
  z.object({ type: z.literal("MultiPoint"), coordinates: positions(0, false) }),
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

/**
 * A geometry from a request, given as JSON text or as an object; `name` is the parameter that holds it.
 *
 * @throws InvalidRequestError that names the first thing wrong.
 */
export function parseGeometry(input: unknown, name = "intersects"): Geometry {
  const result = geometrySchema.safeParse(typeof input === "string" ? parseJson(input, name) : input);
  if (result.success) return limited(result.data, name);
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new InvalidRequestError(`${name} has no GeoJSON geometry in WGS84${where}: ${issue?.message ?? "unreadable"}`);
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

function limited(geometry: Geometry, name: string): Geometry {
  const { points, lines, polygons } = partsOf(geometry);
  const count = [points, ...lines, ...polygons.flat()].reduce((sum, chain) => sum + chain.length, 0);
  if (count <= MAX_POSITIONS) return geometry;
  throw new InvalidRequestError(`${name} has ${count} positions; wanted at most ${MAX_POSITIONS}, simplify it`);
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new InvalidRequestError(`${name} is "${text.slice(0, 40)}"; wanted a GeoJSON geometry as JSON text`, {
      cause,
    });
  }
}
