// What Tectile uses of stac-js, which is written in JavaScript and brings no types.
declare module "stac-js" {
  interface StacItem {
    readonly isItem: boolean;
    readonly isCollection: boolean;
    getBoundingBox(): [number, number, number, number] | null;
    getDateTime(): Date | null;
    toJSON(): Record<string, unknown>;
  }
  export default function create(json: object, migrate?: boolean, updateVersionNumber?: boolean): StacItem;
}

declare module "stac-js/src/geo.js" {
  type Box = [number, number, number, number];
  export function ensureBoundingBox(bbox: readonly number[]): Box | null;
  export function unionBoundingBox(bboxes: readonly (readonly number[])[]): Box | null;
}

declare module "stac-js/src/antimeridian.js" {
  interface FixOptions {
    readonly greatCircle?: boolean;
    readonly forceNorthPole?: boolean;
    readonly forceSouthPole?: boolean;
  }
  export function fixGeoJson(shape: object, options?: FixOptions): { type: string; coordinates: unknown };
  export function bbox(shape: object): [number, number, number, number];
}
