// What Tectile uses of jsts; its own types declare globals only.
declare module "jsts/org/locationtech/jts/geom/GeometryFactory.js" {
  const GeometryFactory: new () => object;
  export default GeometryFactory;
}

declare module "jsts/org/locationtech/jts/io/GeoJSONReader.js" {
  interface JtsGeometry {
    getDimension(): number;
    getNumPoints(): number;
  }
  export default class GeoJSONReader {
    constructor(factory: object);
    read(geometry: object): JtsGeometry;
  }
}

declare module "jsts/org/locationtech/jts/operation/valid/IsValidOp.js" {
  const IsValidOp: { isValid(geometry: object): boolean };
  export default IsValidOp;
}

declare module "jsts/org/locationtech/jts/operation/relate/RelateOp.js" {
  interface IntersectionMatrix {
    isContains(): boolean;
    isWithin(): boolean;
    isEquals(dimensionA: number, dimensionB: number): boolean;
    isTouches(dimensionA: number, dimensionB: number): boolean;
    isCrosses(dimensionA: number, dimensionB: number): boolean;
    isOverlaps(dimensionA: number, dimensionB: number): boolean;
  }
  const RelateOp: { relate(a: object, b: object): IntersectionMatrix };
  export default RelateOp;
}
