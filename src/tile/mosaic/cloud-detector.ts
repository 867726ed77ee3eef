import type { BandName } from "../../core/bands.js";

/** Bands that the detector reads, in the order of its planes. */
export const DETECTOR_BANDS = ["B02", "B03", "B04", "B08", "B11"] as const satisfies readonly BandName[];

/** Planes of a window, digital numbers (reflectance x 10000). */
export interface DetectorBands {
  readonly blue: Float32Array;
  readonly green: Float32Array;
  readonly red: Float32Array;
  readonly nir: Float32Array;
  readonly swir: Float32Array;
}

/**
 * True where a pixel looks like cloud or cloud shadow, for items without scene classes.
 *
 * Cloud: the rule of Braaten, Cohen and Yang (2015, "Automated cloud and cloud shadow identification in Landsat MSS imagery", in the form
 * published for Sentinel-2): green well above the ground's, no redder than green, and SWIR too bright for snow; thresholds set on one
 * place (docs/mosaics.md) instead of the published 0.175 and 0.39. Shadow: dark in NIR and
 * SWIR without being water (whose SWIR is far below its green), after the cloud shadow index of Zhai et al. (2018). Accuracy: docs/mosaics.md.
 */
export function isCloudOrShadow(bands: DetectorBands, i: number): boolean {
  const green = bands.green[i] ?? 0;
  const red = bands.red[i] ?? 0;
  const swir = bands.swir[i] ?? 0;
  const ratio = (green - GREEN_LOW) / (GREEN_HIGH - GREEN_LOW);
  if (swir > SNOW_SWIR && (ratio > 1 || (ratio > 0 && green > red))) return true;
  const nir = bands.nir[i] ?? 0;
  const index = (nir + swir) / 2;
  return index < SHADOW_INDEX && swir > WATER_RATIO * green && (bands.blue[i] ?? 0) < SHADOW_BLUE;
}

const GREEN_LOW = 1500;
const GREEN_HIGH = 2500;
const SNOW_SWIR = 1000;
const SHADOW_INDEX = 900;
const WATER_RATIO = 1;
const SHADOW_BLUE = 900;
