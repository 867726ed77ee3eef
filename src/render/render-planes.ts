import type { Raster } from "../core/raster.js";
import type { RenderSpec } from "./render-spec.js";
import { shownPlanes, type ShownPlanes } from "./algorithms/apply-algorithm.js";
import { coverageOf, type SourcePlanes } from "./source-planes.js";

/** Values instead of colours, one plane after another. Never mutated after it was returned. */
export interface PlanarImage {
  readonly kind: "planar";
  readonly width: number;
  readonly height: number;
  /** Outputs, and the mask where there is one (the last; 255 = valid, 0 = hole). */
  readonly planes: number;
  /** Length = planes x height x width. */
  readonly samples: Uint8Array | Uint16Array | Float32Array;
  /** How much of it is valid. */
  readonly coverage: "full" | "partial" | "none";
}

/**
 * The values of a spec for the npy format: digital numbers as uint16 (rounded, negative ones 0), expressions and reflectance as float32, what an
 * algorithm makes as it says, and with a rescale 0..255 as uint8; holes are 0. The mask plane follows unless `returnMask` is false.
 */
export function renderPlanes(raster: Raster, spec: RenderSpec): PlanarImage {
  const source = shownPlanes(raster, spec);
  const { width, height } = source;
  const planes = source.planes.length + Number(spec.returnMask);
  const samples = allocate(spec.rescale === undefined ? source.type : "uint8", planes * width * height);
  for (const [p, plane] of source.planes.entries()) {
    const [min, max] = spec.rescale?.[p] ?? [0, 1];
    const scale = spec.rescale === undefined ? 1 : 255 / (max - min);
    writePlane(plane, samples.subarray(p * width * height), { valid: source.valid, min, scale });
  }
  if (spec.returnMask) writeMask(source, samples);
  return { kind: "planar", width, height, planes, samples, coverage: coverageOf(source) };
}

/** The same with one more plane: 255 where `marked` is not 0. */
export function withMarks(image: PlanarImage, marked: Uint8Array): PlanarImage {
  return withPlane(
    image,
    marked.map((mark) => (mark === 0 ? 0 : 255)),
  );
}

/** The same with one more plane, rounded and clipped as the image's type asks; NaN is the largest value of an integer type. */
export function withPlane(image: PlanarImage, plane: Uint8Array | Float32Array): PlanarImage {
  const { length } = image.samples;
  const samples = new (image.samples.constructor as new (length: number) => PlanarImage["samples"])(
    length + plane.length,
  );
  samples.set(image.samples);
  const added = samples.subarray(length);
  if (added instanceof Float32Array) added.set(plane);
  else {
    const ceiling = added instanceof Uint8Array ? 255 : 65_535;
    for (let i = 0; i < plane.length; i++) {
      const value = plane[i] ?? 0;
      added[i] = Number.isNaN(value) ? ceiling : Math.min(ceiling, Math.max(0, Math.round(value)));
    }
  }
  return { ...image, planes: image.planes + 1, samples };
}

function allocate(type: ShownPlanes["type"], length: number): PlanarImage["samples"] {
  if (type === "float32") return new Float32Array(length);
  return type === "uint8" ? new Uint8Array(length) : new Uint16Array(length);
}

function writePlane(
  plane: Float32Array,
  target: PlanarImage["samples"],
  options: { readonly valid: Uint8Array; readonly min: number; readonly scale: number },
): void {
  const { valid, min, scale } = options;
  const whole = !(target instanceof Float32Array);
  const ceiling = target instanceof Uint8Array ? 255 : 65_535;
  for (let i = 0; i < plane.length; i++) {
    if (valid[i] === 0) continue;
    const value = ((plane[i] ?? 0) - min) * scale;
    target[i] = whole ? Math.min(ceiling, Math.max(0, Math.round(value))) : value;
  }
}

function writeMask(source: SourcePlanes, samples: PlanarImage["samples"]): void {
  const at = samples.length - source.valid.length;
  for (let i = 0; i < source.valid.length; i++) samples[at + i] = source.valid[i] === 0 ? 0 : 255;
}
