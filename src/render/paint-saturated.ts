import { toneCurve } from "./color-formula.js";
import type { ColourOperation } from "./color-formula.js";
import type { Paint } from "./paint.js";
import type { Range } from "./render-spec.js";
import { saturate } from "./saturation.js";

/**
 * Paints three bands through a formula that mixes them (saturation), step by step on values of 0..1. Some ten times slower than
 * curves alone, which are one table a band.
 */
export function paintSaturated(operations: readonly ColourOperation[], ranges: readonly Range[]): Paint {
  return {
    channels: 3,
    alpha: false,
    fill(planes, samples, stride) {
      const [red = new Float32Array(), green = red, blue = red] = planes.map((plane, c) =>
        toUnit(plane, ranges[c] ?? [0, 255]),
      );
      for (const operation of operations) {
        if (operation.kind === "saturation") saturate(red, green, blue, operation.factor);
        else for (const [c, plane] of [red, green, blue].entries()) bend(plane, toneCurve([operation], c));
      }
      for (const [c, plane] of [red, green, blue].entries()) {
        for (let i = 0, at = c; i < plane.length; i++, at += stride) samples[at] = 255 * (plane[i] ?? 0);
      }
    },
  };
}

function toUnit(plane: Float32Array, [min, max]: Range): Float32Array {
  const scale = 1 / (max - min);
  return plane.map((value) => Math.min(1, Math.max(0, (value - min) * scale)));
}

function bend(plane: Float32Array, curve: (value: number) => number): void {
  for (let i = 0; i < plane.length; i++) plane[i] = curve(plane[i] ?? 0);
}
