import GeoJSONReader from "jsts/org/locationtech/jts/io/GeoJSONReader.js";
import GeometryFactory from "jsts/org/locationtech/jts/geom/GeometryFactory.js";
import IsValidOp from "jsts/org/locationtech/jts/operation/valid/IsValidOp.js";
import RelateOp from "jsts/org/locationtech/jts/operation/relate/RelateOp.js";
import { InvalidRequestError } from "../../core/errors.js";
import type { Bounds } from "../../geo/bounds.js";
import { parseBounds } from "../footprint.js";
import { partsOf, type Geometry } from "../geometry.js";
import { boundsGeometry, boundsOfParts, partsIntersect } from "../intersects.js";
import type { Column, Columns } from "./columns.js";
import { isProperty, type Operand, type SPATIAL } from "./expression.js";

type SpatialOp = (typeof SPATIAL)[number];
type Shape = ReturnType<GeoJSONReader["read"]>;

/** Positions of a shape that footprints are related to: DE-9IM of a comb of 1,000 takes some 5 ms an item, and grows with their square. */
const MAX_RELATED_POSITIONS = 1000;

const reader = new GeoJSONReader(new GeometryFactory());

/** Whether the two operands' shapes have the relation in a row (DE-9IM, plane longitude and latitude); undefined where one has none. */
export function spatialTest(
  op: SpatialOp,
  [a, b]: readonly [Operand, Operand],
  columns: Columns,
): (row: number) => boolean | undefined {
  const [one, other] = [geometryReader(a, columns, op), geometryReader(b, columns, op)];
  const nothingIfApart = op === "s_disjoint";
  return (row) => {
    if (areApart(one.box(row), other.box(row))) return nothingIfApart;
    if (op === "s_intersects" || op === "s_disjoint")
      return partsIntersect(one.parts(row), other.parts(row)) !== nothingIfApart;
    try {
      return relate(op, one.shape(row), other.shape(row));
    } catch {
      // Of a footprint that is no valid geometry nothing can be told.
      return undefined;
    }
  };
}

function relate(op: Exclude<SpatialOp, "s_intersects" | "s_disjoint">, a: Shape, b: Shape): boolean {
  const matrix = RelateOp.relate(a, b);
  const dimensions = [a.getDimension(), b.getDimension()] as const;
  switch (op) {
    case "s_contains":
      return matrix.isContains();
    case "s_within":
      return matrix.isWithin();
    case "s_equals":
      return matrix.isEquals(...dimensions);
    case "s_touches":
      return matrix.isTouches(...dimensions);
    case "s_crosses":
      return matrix.isCrosses(...dimensions);
    case "s_overlaps":
      return matrix.isOverlaps(...dimensions);
  }
}

interface GeometryReader {
  readonly box: (row: number) => Bounds;
  readonly parts: (row: number) => ReturnType<typeof partsOf>;
  readonly shape: (row: number) => Shape;
}

function geometryReader(operand: Operand, columns: Columns, op: SpatialOp): GeometryReader {
  if (isProperty(operand)) {
    const column: Column | undefined = columns.column(operand.property);
    if (column?.kind !== "geometry")
      throw new InvalidRequestError(`filter takes ${operand.property} for a geometry, which it isn't`);
    return { box: column.box, parts: (row) => partsOf(column.at(row)), shape: (row) => reader.read(column.at(row)) };
  }
  const geometry = literal(operand);
  const parts = partsOf(geometry);
  const around = boundsOfParts(parts);
  const needsShape = op !== "s_intersects" && op !== "s_disjoint";
  if (needsShape && geometry.type === "GeometryCollection")
    throw new InvalidRequestError(
      `filter asks ${op} of a GeometryCollection; wanted a simple geometry or s_intersects`,
    );
  const shape = needsShape ? reader.read(geometry) : undefined;
  const positions = shape?.getNumPoints() ?? 0;
  if (positions > MAX_RELATED_POSITIONS)
    throw new InvalidRequestError(
      `filter asks ${op} of a shape of ${positions} positions; wanted ${MAX_RELATED_POSITIONS} at most, or s_intersects`,
    );
  if (shape !== undefined && !IsValidOp.isValid(shape))
    throw new InvalidRequestError(
      `filter asks ${op} of a ${geometry.type} that isn't valid: its rings cross or touch along a line`,
    );
  return { box: () => around, parts: () => parts, shape: () => shape ?? reader.read(geometry) };
}

function literal(operand: Operand): Geometry {
  if (typeof operand === "object" && "bbox" in operand)
    return boundsGeometry(parseBounds(operand.bbox, "bbox of filter"));
  if (typeof operand === "object" && "type" in operand) return operand;
  throw new InvalidRequestError("filter compares shapes with something that is none");
}

/** Longitudes may be a turn apart. */
function areApart(a: Bounds, b: Bounds): boolean {
  if (a[1] > b[3] || a[3] < b[1]) return true;
  for (let turn = -360; turn <= 360; turn += 360) if (a[0] + turn <= b[2] && a[2] + turn >= b[0]) return false;
  return true;
}
