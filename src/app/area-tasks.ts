import type { CutlineGrid } from "./cutline.js";
import type { FlatGeometry, GridMask, MaskGrid } from "./geometry-mask.js";
import type { ReadyValues } from "./read-values.js";
import type { ObservationRule } from "../tile/mosaic/mosaic-spec.js";
import type { Statistics, StatisticsOptions } from "./statistics.js";

/** Find a geometry's pixels on a grid. */
export interface MaskTask {
  readonly kind: "mask";
  readonly geometry: FlatGeometry;
  readonly grid: MaskGrid;
  readonly maxSide: number;
}

/** Find the pixels of a picture that polygons touch. */
export interface CutlineTask {
  readonly kind: "cutline";
  readonly geometry: FlatGeometry;
  readonly grid: CutlineGrid;
}

/** Tell what one date says of an area. */
export interface FiguresTask {
  readonly kind: "figures";
  readonly ready: ReadyValues;
  readonly area: Pick<GridMask, "mask" | "count">;
  readonly asked: FiguresAsked;
}

/** Tell what a picture's values are in an area. */
export interface SummaryTask {
  readonly kind: "summary";
  /** As npy, the last plane the mask. */
  readonly npy: Uint8Array;
  /** A part of the picture; all of it unless given. */
  readonly area?: Pick<GridMask, "mask" | "count" | "window"> | undefined;
  readonly asked: StatisticsOptions;
}

/** Which pixels are counted, and what is told of them. */
export interface FiguresAsked extends StatisticsOptions {
  readonly rule: ObservationRule;
}

export type AreaTask = MaskTask | CutlineTask | FiguresTask | SummaryTask;

export type AreaResult =
  | { readonly kind: "masked"; readonly area: GridMask | undefined }
  | { readonly kind: "cut"; readonly mask: Uint8Array }
  | ({ readonly kind: "figured" } & AreaFigures);

/** Of the area's pixels on one date. */
export interface AreaFigures {
  /** Of the pixels counted, one for each band or expression; undefined where there are none. */
  readonly statistics: readonly Statistics[] | undefined;
  /** Shares of the area's pixels, 0..100. */
  readonly validPercent: number;
  readonly clearPercent: number;
}
