import type { Bounds } from "../../geo/bounds.js";
import type { Geometry } from "../geometry.js";

/** The values of one property, a row an item. */
export type Column =
  /** Numbers, or instants in milliseconds since 1970; NaN where an item has none. */
  | { readonly kind: "number" | "instant"; readonly values: Float64Array }
  /** JSON values of any kind; undefined where an item has none. */
  | { readonly kind: "value"; readonly values: readonly unknown[] }
  | {
      readonly kind: "geometry";
      /** Split at the antimeridian. */
      readonly at: (row: number) => Geometry;
      /** East > 180 where it crosses the antimeridian. */
      readonly box: (row: number) => Bounds;
    };

/** A table of items to be filtered. */
export interface Columns {
  /** Undefined for a property that no item may have. */
  column(name: string): Column | undefined;
  /** Some names to tell whoever asks for an unknown one. */
  readonly names: readonly string[];
}
