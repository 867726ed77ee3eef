import { BANDS, type BandName } from "../../core/bands.js";
import { fractalField, smoothstep, type Size } from "./noise.js";
import type { Season } from "./season.js";
import { SPECTRA } from "./spectra.js";

/** What stands between the ground and the satellite. All fields have height x width entries. */
export interface Sky {
  /** Share of the pixel's light that comes from thick cloud, 0..1. */
  readonly cloud: Float32Array;
  /** Brightness of the cloud there, about 0.7..1.15. */
  readonly tone: Float32Array;
  /** Share of direct sunlight that clouds take away, 0..1. */
  readonly shadow: Float32Array;
  /** Thin high cloud, 0..1. */
  readonly cirrus: Float32Array;
}

export interface SkyOptions extends Size {
  readonly seed: number;
  /** Share of the image under thick cloud, 0..1. */
  readonly cover: number;
  /** Thin high cloud, 0..1. */
  readonly cirrus: number;
  readonly season: Season;
}

const CLOUD_BASE_M = 1300;

/** Clouds whose thickest share covers `cover` of the image, and their shadows on level ground; undefined for a clear sky. */
export function makeSky(options: SkyOptions): Sky | undefined {
  const { width, height, seed, cover, season } = options;
  if (cover <= 0 && options.cirrus <= 0) return undefined;
  const count = width * height;
  const reach = Math.min(320, CLOUD_BASE_M / 10 / Math.tan((season.sunElevation * Math.PI) / 180));
  const azimuth = (season.sunAzimuth * Math.PI) / 180;
  // Shadows fall away from the sun: that many pixels to the east and the south.
  const [dx, dy] = [Math.round(-Math.sin(azimuth) * reach), Math.round(Math.cos(azimuth) * reach)];
  const wide = { width: width + Math.abs(dx), height: height + Math.abs(dy) };
  const [originX, originY] = [Math.max(0, dx), Math.max(0, dy)];
  const density = cloudDensity(wide, seed, cover);
  const sky = {
    cloud: new Float32Array(count),
    tone: new Float32Array(count),
    shadow: new Float32Array(count),
    cirrus: new Float32Array(count),
  };
  const alpha = density.map((value) => (value <= 0 ? 0 : 1 - Math.exp(-5 * value)));
  const soft = blur(blur(alpha, wide), wide);
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      const at = r * width + c;
      const here = (r + originY) * wide.width + c + originX;
      sky.cloud[at] = alpha[here] ?? 0;
      sky.shadow[at] = soft[here - dy * wide.width - dx] ?? 0;
      const sunward = Math.min(
        density.length - 1,
        Math.max(0, here - Math.round(dy / 40) * wide.width - Math.round(dx / 40)),
      );
      sky.tone[at] = toneOf(density[here] ?? 0, density[sunward] ?? 0);
    }
  }
  if (options.cirrus > 0) {
    const veil = fractalField(options, { seed: seed + 9, scalePx: 130, octaves: 6, gain: 0.55, stretch: 3.5 });
    for (let i = 0; i < count; i++) sky.cirrus[i] = options.cirrus * smoothstep(-0.1, 0.75, veil[i] ?? 0);
  }
  return sky;
}

/** Thick in the middle and bright, grey towards the shaded side. */
function toneOf(density: number, sunward: number): number {
  return Math.min(1.18, Math.max(0.62, 0.8 + 0.55 * Math.min(0.5, density) - 1.3 * (sunward - density)));
}

/** Heaps of cloud in larger groups; above 0 where there is cloud. */
function cloudDensity(size: Size, seed: number, cover: number): Float32Array {
  const count = size.width * size.height;
  if (cover <= 0) return new Float32Array(count);
  const groups = fractalField(size, { seed, scalePx: 420, octaves: 3 });
  const heaps = fractalField(size, { seed: seed + 1, scalePx: 120, octaves: 7, gain: 0.56 });
  const folds = fractalField(size, { seed: seed + 2, scalePx: 70, octaves: 5, ridged: true, gain: 0.55 });
  const density = heaps.map((heap, i) => 0.8 * (groups[i] ?? 0) + heap + 0.5 * (0.5 - (folds[i] ?? 0)));
  const threshold = quantile(density, 1 - cover);
  return density.map((value) => value - threshold);
}

/** The value below which a share of the numbers lies; by a sample of every 37th. */
function quantile(values: Float32Array, share: number): number {
  const sample = values.filter((_, i) => i % 37 === 0).sort();
  return sample[Math.min(sample.length - 1, Math.floor(share * sample.length))] ?? 0;
}

/** Mean of the 5 x 5 around; image edges repeated. */
function blur(field: Float32Array, { width, height }: Size): Float32Array {
  const rows = new Float32Array(field.length);
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      let sum = 0;
      for (let k = -2; k <= 2; k++) sum += field[r * width + Math.min(width - 1, Math.max(0, c + k))] ?? 0;
      rows[r * width + c] = sum / 5;
    }
  }
  const out = new Float32Array(field.length);
  for (let r = 0; r < height; r++) {
    for (let c = 0; c < width; c++) {
      let sum = 0;
      for (let k = -2; k <= 2; k++) sum += rows[Math.min(height - 1, Math.max(0, r + k)) * width + c] ?? 0;
      out[r * width + c] = sum / 5;
    }
  }
  return out;
}

/** Sky light that reaches a shadow, relative to full light: more in the blue. */
const SHADE: Readonly<Record<BandName, number>> = {
  B01: 0.5,
  B02: 0.45,
  B03: 0.36,
  B04: 0.3,
  B05: 0.29,
  B06: 0.28,
  B07: 0.28,
  B08: 0.27,
  B8A: 0.27,
  B09: 0.27,
  B11: 0.22,
  B12: 0.2,
};

/** Thin cloud at its thickest, reflectance x 10000: water vapour darkens B09 below it, ice B11 and B12. */
const CIRRUS: Readonly<Record<BandName, number>> = {
  B01: 1500,
  B02: 1450,
  B03: 1350,
  B04: 1300,
  B05: 1300,
  B06: 1300,
  B07: 1300,
  B08: 1250,
  B8A: 1250,
  B09: 1350,
  B11: 600,
  B12: 400,
};

/** The ground's samples as seen through the sky, in place. */
export function applySky(samples: Float32Array, sky: Sky): void {
  const count = sky.cloud.length;
  for (const [b, band] of BANDS.entries()) {
    const dark = 1 - SHADE[band];
    const [veil, white, start] = [CIRRUS[band], SPECTRA.cloud[b] ?? 0, b * count];
    for (let i = 0; i < count; i++) {
      const cloud = sky.cloud[i] ?? 0;
      const thin = sky.cirrus[i] ?? 0;
      const ground = (samples[start + i] ?? 0) * (1 - dark * (sky.shadow[i] ?? 0));
      const veiled = ground * (1 - 0.35 * thin) + veil * thin;
      samples[start + i] = veiled * (1 - cloud) + white * (sky.tone[i] ?? 1) * cloud;
    }
  }
}
