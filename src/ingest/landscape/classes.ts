import { COVER, type Place } from "./place.js";
import type { Sky } from "./sky.js";

/** Codes of the Sentinel-2 scene classification (SCL) that a landscape uses. */
const SCL = {
  dark: 2,
  shadow: 3,
  vegetation: 4,
  bare: 5,
  water: 6,
  unclassified: 7,
  cloudMedium: 8,
  cloudHigh: 9,
  cirrus: 10,
  snow: 11,
} as const;

export interface ClassifiedGround {
  readonly place: Place;
  /** Before clouds; planar, 12 bands. */
  readonly samples: Float32Array;
  readonly snow: Float32Array;
  readonly sky: Sky | undefined;
}

/** The scene classification, exact where a real one errs, at 20 m as a real one: 2 x 2 pixels share a class. */
export function classifyScene(ground: ClassifiedGround): Uint8Array {
  const { width, height } = ground.place;
  const classes = new Uint8Array(width * height);
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      const isFirst = r % 2 === 0 && c % 2 === 0;
      classes[r * width + c] = isFirst
        ? classAt(ground, r * width + c)
        : (classes[(r - (r % 2)) * width + c - (c % 2)] ?? 0);
    }
  }
  return classes;
}

const [RED, NIR] = [3, 7];

function classAt({ place, samples, snow, sky }: ClassifiedGround, i: number): number {
  if (sky !== undefined) {
    const cloud = sky.cloud[i] ?? 0;
    if (cloud > 0.6) return SCL.cloudHigh;
    if (cloud > 0.15) return SCL.cloudMedium;
    if ((sky.shadow[i] ?? 0) > 0.2) return SCL.shadow;
    if ((sky.cirrus[i] ?? 0) > 0.08) return SCL.cirrus;
  }
  if ((snow[i] ?? 0) > 0.4) return SCL.snow;
  const code = place.cover[i] ?? 0;
  if (code === COVER.sea || code === COVER.lake || code === COVER.river) return SCL.water;
  const count = place.width * place.height;
  const [red, nir] = [samples[RED * count + i] ?? 0, samples[NIR * count + i] ?? 0];
  const index = (nir - red) / (nir + red + 1);
  if (index > 0.4) return SCL.vegetation;
  if (nir < 900) return SCL.dark;
  return index < 0.32 ? SCL.bare : SCL.unclassified;
}
