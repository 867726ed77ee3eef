import { BANDS, type BandName } from "../core/bands.js";
import type { PixelWindow } from "../core/raster.js";
import type { CatalogItem } from "../catalog/types.js";
import type { RenderSpec } from "../render/render-spec.js";
import { sourceBands } from "../render/render-spec.js";
import { sourcePlanes } from "../render/source-planes.js";
import { runAlgorithm } from "../render/algorithms/apply-algorithm.js";
import { insetOf } from "../render/algorithms/algorithms.js";
import { gatherWindow, rectOfPixels, synthesiseWindow } from "../tile/decode-window.js";
import { DETECTOR_BANDS, type DetectorBands } from "../tile/mosaic/cloud-detector.js";
import { needsDetector, windowObservations, type ObservationPieces } from "../tile/window-observations.js";
import type { LayerDrawing } from "../tile/draw/draw-layer.js";

/** Values of one date in a window of one level, one a pixel, row-major. */
export interface WindowValues {
  /** One plane for each band or expression. */
  readonly planes: readonly Float32Array[];
  /** 1 = observed, and the expression is a number. */
  readonly valid: Uint8Array;
  /** 1 = valid, and no cloud or shadow within 30 m. */
  readonly clear: Uint8Array;
}

/** What values are made of pixels. */
export type ValuesLook = Pick<RenderSpec, "source" | "algorithm">;

export interface ValuesRequest extends ValuesLook {
  readonly item: CatalogItem;
  readonly level: number;
  /** Inside the level. */
  readonly window: PixelWindow;
}

/** A date's window as the network gave it: plain data, so that another thread can work out its values. */
export interface ReadyValues extends ObservationPieces, ValuesLook {
  /** Digital numbers, [bands][height][width] of `whole`. */
  readonly pixels: Float32Array;
  readonly whole: PixelWindow;
  readonly bands: readonly BandName[];
  readonly window: PixelWindow;
  readonly factor: number;
}

/** Decodes the latents that a window needs, and nothing else; undefined, without running the network, where none of it is valid. */
export async function readReady(
  { item, level, window, source, algorithm }: ValuesRequest,
  use: Pick<LayerDrawing, "reader" | "networks">,
  signal?: AbortSignal,
): Promise<ReadyValues | undefined> {
  const container = await use.reader.open(item.href, item.checksum, signal);
  const rect = rectOfPixels(window);
  const gathered = await gatherWindow({ container, level, rect }, use.reader, signal);
  const factor = 2 ** level;
  const observed = windowObservations(gathered, window, { rule: "valid", factor });
  if (observed !== "all" && observed.every((v) => v === 0)) return undefined;
  const used = new Set<BandName>([...sourceBands(source), ...(needsDetector(gathered) ? DETECTOR_BANDS : [])]);
  const bands = BANDS.filter((band) => used.has(band));
  const { pixels, window: whole } = await synthesiseWindow(gathered, { rect, bands }, use, signal);
  const { masks, classes } = gathered;
  const look = { source, ...(algorithm && { algorithm: { ...algorithm, pixelSize: pixelSize(item, factor) } }) };
  return { masks, classes, pixels, whole, bands, window, factor, ...look };
}

/** The values of what was read. Takes time that grows with the window and the expressions. */
export function valuesOf(ready: ReadyValues): WindowValues {
  const { pixels, whole, bands, window, factor, source } = ready;
  const observed = toMask(windowObservations(ready, window, { rule: "valid", factor }), window);
  const samples = crop(pixels, { whole, window, bands: bands.length });
  const { width, height } = window;
  const found = sourcePlanes({ kind: "raster", width, height, bands, samples, valid: observed }, source);
  const { planes, valid } = withAlgorithm(ready, found);
  const detector = detectorPlanes(samples, { bands, pixels: width * height });
  const clear = toMask(windowObservations(ready, window, { rule: "clear", factor, bands: detector }), window);
  return { planes, valid, clear: clear.map((c, i) => (valid[i] === 0 ? 0 : c)) };
}

function pixelSize({ grid: { transform } }: CatalogItem, factor: number): readonly [number, number] {
  return [factor * Math.abs(transform[0]), factor * Math.abs(transform[4])];
}

/** Of a window; what an algorithm takes off its sides are holes. */
function withAlgorithm(
  { algorithm, source, window: { width, height } }: ReadyValues,
  { planes, valid }: Pick<WindowValues, "planes" | "valid">,
): Pick<WindowValues, "planes" | "valid"> {
  if (algorithm === undefined) return { planes, valid };
  const isWhole = source.kind === "bands" && source.unscale === undefined;
  const made = runAlgorithm({ planes, valid, width, height, isWhole }, algorithm);
  const inset = insetOf(algorithm);
  const isInside = (i: number): boolean => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x >= inset && y >= inset && x < width - inset && y < height - inset;
  };
  return { planes: made.planes, valid: made.valid.map((v, i) => (isInside(i) ? v : 0)) };
}

function toMask(looks: Uint8Array | "all", { width, height }: PixelWindow): Uint8Array {
  return looks === "all" ? new Uint8Array(width * height).fill(1) : looks;
}

function crop(
  pixels: Float32Array,
  { whole, window, bands }: { readonly whole: PixelWindow; readonly window: PixelWindow; readonly bands: number },
): Float32Array {
  const { width, height } = window;
  const out = new Float32Array(bands * width * height);
  for (let b = 0; b < bands; b++) {
    for (let r = 0; r < height; r++) {
      const from = (b * whole.height + window.y + r - whole.y) * whole.width + window.x - whole.x;
      out.set(pixels.subarray(from, from + width), (b * height + r) * width);
    }
  }
  return out;
}

function detectorPlanes(
  samples: Float32Array,
  { bands, pixels }: { readonly bands: readonly BandName[]; readonly pixels: number },
): DetectorBands | undefined {
  const [blue, green, red, nir, swir] = DETECTOR_BANDS.map((band) => {
    const at = bands.indexOf(band);
    return at < 0 ? undefined : samples.subarray(at * pixels, (at + 1) * pixels);
  });
  if (blue === undefined || green === undefined || red === undefined || nir === undefined || swir === undefined)
    return undefined;
  return { blue, green, red, nir, swir };
}
