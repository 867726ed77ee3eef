import type { RenderSource } from "../../render/render-spec.js";

/** TiTiler's ways to make one picture of many dates, and those that know clouds. */
export const PIXEL_SELECTIONS = [
  "first",
  "highest",
  "lowest",
  "mean",
  "median",
  "stdev",
  "count",
  "lastbandlow",
  "lastbandhigh",
  "clear_newest",
  "clear_nearest",
  "clear_median",
  "medoid",
  "best",
] as const;

export type PixelSelection = (typeof PIXEL_SELECTIONS)[number];

export type OrderedSelection = "first" | "clear_newest" | "clear_nearest";
export type StackSelection = Exclude<PixelSelection, OrderedSelection>;

/** How pixels without a clear observation are filled. "tec": by the model's forecast where it has one, else as "linear". */
export const INPAINT_METHODS = ["none", "nearest", "linear", "harmonic", "tec"] as const;
/** How the viewer, cloud-free links, cubes and kept mosaics fill. */
export const CLOUD_FREE_METHOD = "tec";

export type InpaintMethod = (typeof INPAINT_METHODS)[number];

/** How several dates become one picture: plain data that goes, whole, into ETags. */
export interface MosaicSpec {
  readonly selection: PixelSelection;
  readonly inpaint: InpaintMethod;
  /** The instant that `clear_nearest`, `best` and inpainting are near to, milliseconds; undefined: the newest item's. */
  readonly askedMs: number | undefined;
  /** What lastbandlow and lastbandhigh decide by. */
  readonly decider: RenderSource | undefined;
  /** Draws stripes over inferred pixels. */
  readonly hatch: boolean;
  /** Adds a plane to npy answers, 255 where a pixel is inferred. */
  readonly inferredPlane: boolean;
  /** Adds a plane to npy answers: the expected error of inferred pixels. */
  readonly uncertaintyPlane: boolean;
}

/** The newest valid observation, nothing inferred. */
export const NEWEST: MosaicSpec = {
  selection: "first",
  inpaint: "none",
  askedMs: undefined,
  decider: undefined,
  hatch: false,
  inferredPlane: false,
  uncertaintyPlane: false,
};

/** Which pixels of a date count: all that were observed, or those of them that show the ground. */
export type ObservationRule = "valid" | "clear";

/** Selections that leave clouds and their shadows out. */
export function observationRule({ selection, inpaint }: MosaicSpec): ObservationRule {
  if (inpaint !== "none") return "clear";
  return selection.startsWith("clear_") || selection === "medoid" || selection === "best" ? "clear" : "valid";
}

/** True where dates come in order of precedence and the first observation wins; false where all dates are looked at together. */
export function isOrdered(selection: PixelSelection): selection is OrderedSelection {
  return selection === "first" || selection === "clear_newest" || selection === "clear_nearest";
}
