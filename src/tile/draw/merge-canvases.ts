import { BANDS, type BandName } from "../../core/bands.js";
import { cropPlanes } from "../../core/raster.js";
import type { RenderSpec } from "../../render/render-spec.js";
import { sourcePlanes } from "../../render/source-planes.js";
import { encodePicture } from "./encode-picture.js";
import type { CanvasMemory, DatedCanvas, DrawnPicture, MergeTask, SettledTask } from "../pixel-tasks.js";
import { BestMosaic } from "../mosaic/best-mosaic.js";
import { MERGED } from "../mosaic/methods.js";
import { createMosaic, type MosaicLayer, type MosaicResult } from "../mosaic/mosaic.js";

/** Merges dates and renders what came out. Expressions are evaluated date by date, so "highest" of an index is the index's highest. */
export async function mergeCanvases(task: MergeTask): Promise<DrawnPicture> {
  const { selection, layers, spec, margin } = task;
  const [first] = layers;
  if (first === undefined) throw new RangeError("no dates to merge");
  const { size: width, height } = first.canvas;
  const fed = layers.map((layer) => toLayer(layer, task));
  const mosaic = createMosaic(selection, { planes: fed[0]?.planes.length ?? 0, pixels: width * height, width });
  for (const layer of fed) mosaic.feed(layer);
  const { planes, chosen } = mosaic.result();
  const bands = BANDS.slice(0, planes.length);
  const samples = new Float32Array(planes.length * width * height);
  planes.forEach((plane, p) => samples.set(plane, p * width * height));
  const inside = { x: margin, y: margin, width: width - 2 * margin, height: height - 2 * margin };
  const cut = cropPlanes(samples, { width, height }, inside);
  const drawn = cropPlanes(chosen, { width, height }, inside);
  const image = await encodePicture(
    { kind: "raster", width: inside.width, height: inside.height, bands, samples: cut, valid: drawn },
    { ...spec, source: sameSource(spec, bands) },
  );
  const seen = fed.map(({ valid }) => cropPlanes(valid, { width, height }, inside));
  const observed = drawn.map((_, i) => (seen.some((valid) => valid[i] !== 0) ? 1 : 0));
  return {
    image,
    pixels: drawn.length,
    perLayer: countLayers(seen, drawn),
    observed: observed.reduce((sum, one) => sum + one, 0),
    inferred: 0,
    inferredBy: [],
  };
}

/** Whether dates at least `days` off change no pixel of the best of these. */
export function isBestSettled({ layers, spec, margin, days }: SettledTask): boolean {
  const [first] = layers;
  if (first === undefined) return false;
  const { size: width, height } = first.canvas;
  const best = new BestMosaic({ planes: 0, pixels: width * height, width });
  for (const layer of layers) best.feed(toLayer(layer, { spec, decider: undefined, selection: "best" }));
  const inside = { x: margin, y: margin, width: width - 2 * margin, height: height - 2 * margin };
  return best.isDone(days, inside);
}

function toLayer(
  { canvas, days }: DatedCanvas,
  { spec, decider, selection }: Pick<MergeTask, "spec" | "decider" | "selection">,
): MosaicLayer {
  const { size: width, height, bands, samples, filled } = canvas;
  const raster = { kind: "raster" as const, width, height, bands, samples, valid: filled };
  const shown = sourcePlanes(raster, spec.source);
  const deciding = decider === undefined ? undefined : sourcePlanes(raster, decider);
  const valid = deciding === undefined ? shown.valid : shown.valid.map((v, i) => (deciding.valid[i] === 0 ? 0 : v));
  return {
    planes: [...shown.planes, ...(deciding?.planes ?? [])],
    valid,
    days,
    ...(selection === "best" ? { blue: planeOf(canvas, "B02"), red: planeOf(canvas, "B04") } : {}),
  };
}

function planeOf({ bands, samples, filled }: CanvasMemory, band: BandName): Float32Array | undefined {
  const at = bands.indexOf(band);
  return at < 0 ? undefined : samples.subarray(at * filled.length, (at + 1) * filled.length);
}

/** What came out stands in the first bands; whether it is digital numbers or an expression's values stays as it was. */
function sameSource({ source }: RenderSpec, bands: readonly BandName[]): RenderSpec["source"] {
  return source.kind === "bands" && source.unscale === undefined
    ? { kind: "bands", bands }
    : { kind: "expressions", expressions: bands.map((band) => ({ kind: "band", band })) };
}

function countLayers(seen: readonly Uint8Array[], chosen: MosaicResult["chosen"]): readonly number[] {
  const perLayer = seen.map(() => 0);
  for (let i = 0; i < chosen.length; i++) {
    const from = chosen[i] ?? 0;
    if (from === 0) continue;
    if (from !== MERGED) perLayer[from - 1] = (perLayer[from - 1] ?? 0) + 1;
    else for (const [k, valid] of seen.entries()) if (valid[i] !== 0) perLayer[k] = (perLayer[k] ?? 0) + 1;
  }
  return perLayer;
}
