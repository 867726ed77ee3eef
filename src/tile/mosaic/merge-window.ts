import { BANDS, type BandName } from "../../core/bands.js";
import { PROVENANCE } from "../../core/provenance.js";
import type { PixelWindow } from "../../core/raster.js";
import { isClear } from "../../core/scene-classes.js";
import { needsDetector, windowClasses, windowObservations, type ObservationPieces } from "../window-observations.js";
import { MERGED } from "./methods.js";
import { createMosaic, type MosaicLayer } from "./mosaic.js";
import type { StackSelection } from "./mosaic-spec.js";

/** Methods that make a mosaic of clear observations which can be kept. */
export const KEPT_SELECTIONS = ["clear_median", "medoid", "best"] as const satisfies readonly StackSelection[];
export type KeptSelection = (typeof KEPT_SELECTIONS)[number];

/** Merge the same window of many dates of one grid, in digital numbers. */
export interface MergeWindowTask {
  readonly kind: "merge-window";
  readonly selection: KeptSelection;
  /** Of the dates, one at least: all are of `window`. */
  readonly layers: readonly DatedWindow[];
  readonly window: PixelWindow;
  /** What is wanted of the window, in the level's pixels; the rest is margin that distances and cloud rims look at. */
  readonly core: PixelWindow;
}

/** One date's decoded window. */
export interface DatedWindow extends ObservationPieces {
  /** Digital numbers, [12][height][width]. */
  readonly pixels: Float32Array;
  /** Which of the mosaic's sources it is, from 0 on. */
  readonly source: number;
  /** Signed, from the middle of the mosaic's time. */
  readonly days: number;
}

/** All of `core`, row-major. */
export interface MergedWindow {
  /** [12][height][width] */
  readonly samples: Float32Array;
  readonly valid: Uint8Array;
  /** SCL codes. */
  readonly classes: Uint8Array;
  /** core/provenance. */
  readonly provenance: Uint8Array;
}

/** SCL's "unclassified" counts as clear: what a mosaic's pixel is where its dates have no classes. */
export const UNCLASSIFIED = 7;
const CLASSES = 16;

/**
 * Each date's numbers are rounded, negative ones 0, as `decode` writes them; clouds, their shadows and 3 pixels around are left out; the
 * selection merges what remains. A pixel's class is that of the date it comes from, of several the most frequent.
 */
export function mergeWindow({ selection, layers, window, core }: MergeWindowTask): MergedWindow {
  const { width, height } = window;
  const plane = width * height;
  const fed = layers.map((date) => toLayer(date, window, selection));
  const mosaic = createMosaic(selection, { planes: BANDS.length, pixels: plane, width });
  for (const layer of fed) mosaic.feed(layer);
  const { planes, chosen } = mosaic.result();
  const codes = layers.map((date) => clearClasses(date, window));
  const size = core.width * core.height;
  const samples = new Float32Array(BANDS.length * size);
  const [valid, classes, provenance] = [new Uint8Array(size), new Uint8Array(size), new Uint8Array(size)];
  for (let r = 0; r < core.height; r++) {
    const from = (core.y - window.y + r) * width + core.x - window.x;
    planes.forEach((values, b) => samples.set(values.subarray(from, from + core.width), b * size + r * core.width));
    for (let c = 0; c < core.width; c++) {
      const [i, to] = [from + c, r * core.width + c];
      const mark = chosen[i] ?? 0;
      if (mark === 0) continue;
      valid[to] = 1;
      const only = mark === MERGED ? onlyDate(fed, i) : mark - 1;
      classes[to] = only === undefined ? usualClass(fed, codes, i) : (codes[only]?.[i] ?? UNCLASSIFIED);
      provenance[to] = only === undefined ? PROVENANCE.several : 1 + (layers[only]?.source ?? 0);
    }
  }
  return { samples, valid, classes, provenance };
}

/** The one date that shows a pixel; undefined where several do. */
function onlyDate(fed: readonly MosaicLayer[], i: number): number | undefined {
  let only: number | undefined;
  for (let k = 0; k < fed.length; k++) {
    if (fed[k]?.valid[i] === 0) continue;
    if (only !== undefined) return undefined;
    only = k;
  }
  return only;
}

/** The most frequent class of a pixel's observations, the first of equally frequent ones. */
function usualClass(fed: readonly MosaicLayer[], codes: readonly Uint8Array[], i: number): number {
  const votes = new Uint8Array(CLASSES);
  let best = UNCLASSIFIED;
  for (let k = 0; k < fed.length; k++) {
    if (fed[k]?.valid[i] === 0) continue;
    const code = codes[k]?.[i] ?? UNCLASSIFIED;
    votes[code] = (votes[code] ?? 0) + 1;
    if ((votes[code] ?? 0) > (votes[best] ?? 0)) best = code;
  }
  return best;
}

/** Clear classes; what isn't told is unclassified. */
export function clearClasses(date: DatedWindow, window: PixelWindow): Uint8Array {
  const codes = windowClasses(date, window);
  for (let i = 0; i < codes.length; i++) if (!isClear(codes[i] ?? 0)) codes[i] = UNCLASSIFIED;
  return codes;
}

/** A date as a selection is fed with it: rounded numbers, and what of them is clear. */
export function toLayer(date: DatedWindow, window: PixelWindow, selection: KeptSelection): MosaicLayer {
  const { pixels, days } = date;
  for (let i = 0; i < pixels.length; i++) pixels[i] = Math.max(0, Math.round(pixels[i] ?? 0));
  const size = window.width * window.height;
  const plane = (band: BandName): Float32Array => {
    const at = BANDS.indexOf(band) * size;
    return pixels.subarray(at, at + size);
  };
  const [blue, red] = [plane("B02"), plane("B04")];
  const bands = needsDetector(date)
    ? { blue, green: plane("B03"), red, nir: plane("B08"), swir: plane("B11") }
    : undefined;
  const clear = windowObservations(date, window, { rule: "clear", factor: 1, bands });
  return {
    planes: BANDS.map(plane),
    valid: clear === "all" ? new Uint8Array(size).fill(1) : clear,
    days,
    ...(selection === "best" ? { blue, red } : {}),
  };
}
