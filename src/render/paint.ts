import { toneCurve } from "./color-formula.js";
import type { ColourOperation } from "./color-formula.js";
import { colormapTable } from "./colormaps.js";
import type { Range, RenderSpec } from "./render-spec.js";

/** A way to fill the colour channels of an interleaved picture of `stride` channels from the source's planes. */
export interface Paint {
  /** Colour channels. */
  readonly channels: 1 | 3;
  /** True where it fills a fourth channel, alpha, itself. */
  readonly alpha: boolean;
  readonly fill: (planes: readonly Float32Array[], samples: Uint8ClampedArray, stride: number) => void;
}

/** Each output as one channel, through its rescale and tone curve. */
export function paintBands(spec: RenderSpec, channels: 1 | 3): Paint {
  return {
    channels,
    alpha: false,
    fill(planes, samples, stride) {
      const curves = curveTables(spec.colorFormula, planes.length);
      for (const [c, plane] of planes.entries()) {
        fillChannel(plane, samples, { channel: c, stride, range: spec.rescale?.[c] ?? UNIT_RANGE, curve: curves[c] });
      }
    },
  };
}

/** One output through the 256 colours of a named colormap. */
export function paintColormap(spec: RenderSpec, name: string): Paint {
  const table = colormapTable(name);
  return {
    channels: 3,
    alpha: false,
    fill([plane = new Float32Array()], samples, stride) {
      const grey = new Uint8ClampedArray(plane.length);
      const [curve] = curveTables(spec.colorFormula, 1);
      fillChannel(plane, grey, { channel: 0, stride: 1, range: spec.rescale?.[0] ?? UNIT_RANGE, curve });
      for (let i = 0, at = 0; i < grey.length; i++, at += stride) {
        const entry = 3 * (grey[i] ?? 0);
        samples[at] = table[entry] ?? 0;
        samples[at + 1] = table[entry + 1] ?? 0;
        samples[at + 2] = table[entry + 2] ?? 0;
      }
    },
  };
}

/** Entries of the tables that stand for a tone curve: 8 for each of 256 results, so that steep curves keep their steps. */
const CURVE_STEPS = 2048;
const UNIT_RANGE: Range = [0, 255];

interface ChannelTarget {
  readonly channel: number;
  readonly stride: number;
  readonly range: Range;
  /** From `curveTables`; undefined is a straight line. */
  readonly curve: Uint8Array | undefined;
}

function fillChannel(plane: Float32Array, samples: Uint8ClampedArray, target: ChannelTarget): void {
  if (target.curve === undefined) fillLinear(plane, samples, target);
  else fillCurve(plane, samples, target, target.curve);
}

function fillLinear(plane: Float32Array, samples: Uint8ClampedArray, target: ChannelTarget): void {
  const [min, max] = target.range;
  const scale = 255 / (max - min);
  const offset = -min * scale;
  const { channel, stride } = target;
  for (let i = 0, at = channel; i < plane.length; i++, at += stride) samples[at] = (plane[i] ?? 0) * scale + offset;
}

function fillCurve(plane: Float32Array, samples: Uint8ClampedArray, target: ChannelTarget, curve: Uint8Array): void {
  const [min, max] = target.range;
  const scale = (CURVE_STEPS - 1) / (max - min);
  const offset = 0.5 - min * scale;
  const last = CURVE_STEPS - 1;
  const { channel, stride } = target;
  for (let i = 0, at = channel; i < plane.length; i++, at += stride) {
    const step = (plane[i] ?? 0) * scale + offset;
    samples[at] = curve[Math.min(last, Math.max(0, step)) | 0] ?? 0;
  }
}

/** Each output's curve over CURVE_STEPS equal steps of its range, undefined where it is straight; equal curves are one table. */
function curveTables(operations: readonly ColourOperation[], outputs: number): readonly (Uint8Array | undefined)[] {
  const tables = new Map<string, Uint8Array>();
  return Array.from({ length: outputs }, (_, output) => {
    const bends = operations.filter((operation) => operation.kind !== "saturation" && operation.bands.includes(output));
    if (bends.length === 0) return undefined;
    const key = bends.map((operation) => operations.indexOf(operation)).join();
    const table = tables.get(key) ?? tabulate(toneCurve(bends, output));
    tables.set(key, table);
    return table;
  });
}

function tabulate(curve: (value: number) => number): Uint8Array {
  return Uint8Array.from({ length: CURVE_STEPS }, (_, i) => Math.round(255 * curve(i / (CURVE_STEPS - 1))));
}
