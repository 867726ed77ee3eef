// What Tectile uses of stac-js, which is written in JavaScript and brings no types.
declare module "stac-js" {
  interface StacItem {
    readonly isItem: boolean;
    readonly isCollection: boolean;
    getBoundingBox(): [number, number, number, number] | null;
    getDateTime(): Date | null;
    toJSON(): Record<string, unknown>;
  }
  type Box = [number, number, number, number];
  interface FixOptions {
    readonly greatCircle?: boolean;
    readonly forceNorthPole?: boolean;
    readonly forceSouthPole?: boolean;
  }
  export class Item {
    constructor(json: object);
    getBoundingBox(): Box | null;
    /** Split at the antimeridian. */
    toGeoJSON(fix: FixOptions): { readonly geometry: { readonly type: string; readonly coordinates: unknown } };
  }
  export class ItemCollection {
    constructor(json: object);
    /** Around all items, across the antimeridian where that is smaller. */
    getBoundingBox(): Box | null;
  }
  export default function create(json: object, migrate?: boolean, updateVersionNumber?: boolean): StacItem;
}
