/** Nested lists of positions, as WKT's parentheses group them. */
export type Coordinates = readonly number[] | readonly Coordinates[];

/** WKT's names, with how deep their positions lie within GeoJSON's `coordinates`. */
const DEPTHS: ReadonlyMap<string, readonly [type: string, depth: number]> = new Map([
  ["POINT", ["Point", 0]],
  ["LINESTRING", ["LineString", 1]],
  ["POLYGON", ["Polygon", 2]],
  ["MULTIPOINT", ["MultiPoint", 1]],
  ["MULTILINESTRING", ["MultiLineString", 2]],
  ["MULTIPOLYGON", ["MultiPolygon", 3]],
]);

export const GEOMETRY_NAMES: ReadonlySet<string> = new Set([...DEPTHS.keys(), "GEOMETRYCOLLECTION"]);

/** What the grammar of WKT asks of its reader. */
export interface WktReader {
  /** Takes a sign if it is next. */
  accept(sign: string): boolean;
  expect(sign: string): void;
  /** Takes a number with its sign. */
  number(): number;
  /** Takes the name of a geometry and a Z after it. */
  geometryName(): string;
  fail(wanted: string): never;
  isNumberNext(): boolean;
}

/** The geometry whose name was just read, as GeoJSON. */
export function readWkt(name: string, reader: WktReader): object {
  if (name === "GEOMETRYCOLLECTION") {
    reader.expect("(");
    const geometries: object[] = [];
    do {
      const member = reader.geometryName();
      if (member === "GEOMETRYCOLLECTION") reader.fail("a simple geometry");
      geometries.push(readWkt(member, reader));
    } while (reader.accept(","));
    reader.expect(")");
    return { type: "GeometryCollection", geometries };
  }
  const [type, depth] = DEPTHS.get(name) ?? reader.fail("a geometry");
  if (depth === 0) {
    reader.expect("(");
    const position = readPosition(reader);
    reader.expect(")");
    return { type, coordinates: position };
  }
  return { type, coordinates: readList(reader, depth, type === "MultiPoint") };
}

function readList(reader: WktReader, depth: number, pointsInParentheses: boolean): Coordinates {
  reader.expect("(");
  const list: Coordinates[] = [];
  do {
    if (depth > 1) list.push(readList(reader, depth - 1, false));
    else if (pointsInParentheses && !reader.isNumberNext()) {
      reader.expect("(");
      list.push(readPosition(reader));
      reader.expect(")");
    } else list.push(readPosition(reader));
  } while (reader.accept(","));
  reader.expect(")");
  return list;
}

function readPosition(reader: WktReader): readonly number[] {
  const position = [reader.number(), reader.number()];
  while (reader.isNumberNext()) position.push(reader.number());
  return position;
}
