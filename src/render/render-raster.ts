import type { Raster } from "../core/raster.js";
import { paintBands, paintColormap } from "./paint.js";
import type { Paint } from "./paint.js";
import { paintExplicit } from "./paint-explicit.js";
import { paintSaturated } from "./paint-saturated.js";
import { shownCount } from "./render-spec.js";
import type { RenderSpec } from "./render-spec.js";
import { shownPlanes } from "./algorithms/apply-algorithm.js";
import { coverageOf } from "./source-planes.js";

/** A picture ready to encode. Never mutated after it was returned. */
export interface RgbaImage {
  readonly kind: "image";
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA (straight, holes 0, 0, 0, 0). */
  readonly channels: 1 | 2 | 3 | 4;
  /** Interleaved, length = height x width x channels. */
  readonly samples: Uint8Array;
  /** How much of it is drawn: without alpha channel and "partial", holes are black. */
  readonly coverage: "full" | "partial" | "none";
  /** True where colours run smoothly, as in photographs; false for the colours of a colormap. Tells an encoder how to filter. */
  readonly smooth: boolean;
}

/**
 * Draws a raster as 8-bit pixels: source, algorithm, rescale, colour formula, colormap. Pure; the raster must have `requiredBands(spec)`.
 * A picture without holes has no alpha channel.
 */
export function renderRaster(raster: Raster, spec: RenderSpec): RgbaImage {
  const source = shownPlanes(raster, spec);
  const { width, height } = source;
  const paint = choosePaint(spec);
  const pixelCount = width * height;
  const coverage = coverageOf(source);
  const alpha = paint.alpha || (spec.returnMask && coverage !== "full");
  const channels = paint.channels + Number(alpha);
  // A clamped array rounds and clips as it stores, which is as fast as a plain store.
  const samples = new Uint8ClampedArray(pixelCount * channels);
  paint.fill(source.planes, samples, channels);
  if (coverage !== "full" || alpha) cutHoles(source.valid, samples, { channels, alpha, keepsAlpha: paint.alpha });
  return {
    kind: "image",
    width,
    height,
    channels: asChannels(channels),
    samples: new Uint8Array(samples.buffer),
    coverage: paint.alpha && coverage === "full" ? "partial" : coverage,
    smooth: spec.colormap === undefined,
  };
}

function choosePaint(spec: RenderSpec): Paint {
  const { colormap, colorFormula, rescale } = spec;
  if (colormap !== undefined && colormap.kind !== "named") return paintExplicit(colormap, rescale?.[0]);
  if (colormap !== undefined) return paintColormap(spec, colormap.name);
  if (colorFormula.some((operation) => operation.kind === "saturation"))
    return paintSaturated(colorFormula, rescale ?? []);
  return paintBands(spec, shownCount(spec) === 1 ? 1 : 3);
}

interface HoleLayout {
  readonly channels: number;
  readonly alpha: boolean;
  readonly keepsAlpha: boolean;
}

/** Zeroes every channel of the holes and, where there is an alpha channel that isn't painted, makes the rest opaque. */
function cutHoles(valid: Uint8Array, samples: Uint8ClampedArray, layout: HoleLayout): void {
  const { channels, alpha, keepsAlpha } = layout;
  const last = channels - 1;
  for (let i = 0, at = 0; i < valid.length; i++, at += channels) {
    if (valid[i] === 0) for (let c = 0; c < channels; c++) samples[at + c] = 0;
    else if (alpha && !keepsAlpha) samples[at + last] = 255;
  }
}

function asChannels(count: number): RgbaImage["channels"] {
  return count === 1 || count === 2 || count === 3 ? count : 4;
}
