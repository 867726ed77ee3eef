import type { ExplicitColormap, Rgba } from "./explicit-colormap.js";
import type { Paint } from "./paint.js";
import type { Range } from "./render-spec.js";

/** Paints by a colormap that names its values or intervals; what it doesn't name is transparent. */
export function paintExplicit(colormap: ExplicitColormap, range: Range | undefined): Paint {
  const colourOf = colormap.kind === "values" ? valueColours(colormap.entries) : intervalColours(colormap.entries);
  const [min, max] = range ?? [0, 255];
  const scale = 255 / (max - min);
  return {
    channels: 3,
    alpha: true,
    fill([plane = new Float32Array()], samples, stride) {
      for (let i = 0, at = 0; i < plane.length; i++, at += stride) {
        const value = plane[i] ?? 0;
        const colour = colourOf(range === undefined ? value : Math.min(255, Math.max(0, (value - min) * scale)));
        if (colour === undefined) continue;
        samples[at] = colour[0];
        samples[at + 1] = colour[1];
        samples[at + 2] = colour[2];
        samples[at + 3] = colour[3];
      }
    },
  };
}

function valueColours(
  entries: readonly (readonly [value: number, colour: Rgba])[],
): (value: number) => Rgba | undefined {
  const colours = new Map(entries);
  return (value) => colours.get(Math.round(value));
}

function intervalColours(
  entries: readonly (readonly [from: number, to: number, colour: Rgba])[],
): (value: number) => Rgba | undefined {
  return (value) => entries.find(([from, to]) => value >= from && value < to)?.[2];
}
