import { PLAIN_MULT } from "../../codec/lapped/cloud-steps.js";
import { shapeOf, type LappedCoder, type LappedFrame, type ReferenceChunk } from "../../codec/lapped/lapped-coder.js";
import type { SpectralScale } from "../../core/latents.js";
import { STRIDE } from "../../model/lapped/geometry.js";
import { BANDS } from "../../core/bands.js";
import type { ForecastChunk } from "./forecasts.js";

/** The strongest channels, mostly the means of blocks: what is wrong with these the fit to the surroundings sets right. */
const FITTED_CHANNELS = 12;
/** Found on two places against real errors (docs/inpainting.md): what dates don't tell, digital numbers, and a factor for what they do. */
const [UNTOLD_DN, TOLD] = [130, 1.4];
/** Of a forecast from one date alone nothing is told by disagreement. */
const ALONE_DN = 260;
/** Numbers of one position. */
const SAMPLES = STRIDE * STRIDE * BANDS.length;

/**
 * A chunk as one or two other dates let TEC-TT expect it, in the axes and step of the first.
 *
 * @throws RangeError where there is no date; UnsupportedError where the model has no TEC-TT.
 */
export function forecastChunk(
  coder: LappedCoder,
  references: readonly ReferenceChunk[],
  location: string,
): ForecastChunk {
  const [first] = references;
  const scale = first?.latents.spectral;
  if (first === undefined || scale === undefined) throw new RangeError(`nothing to forecast ${location} with`);
  const context = coder.context("tt", location);
  const { rows, columns, quality } = first.latents;
  const { channels } = coder.tables;
  const positions = rows * columns;
  const spectral: SpectralScale = { ...scale, mult: new Uint8Array(new SharedArrayBuffer(positions)).fill(PLAIN_MULT) };
  const frameOf = (dates: readonly ReferenceChunk[]): LappedFrame => ({
    rows,
    columns,
    channels,
    quality,
    step: scale.step,
    clear: new Uint8Array(positions).fill(127),
    references: dates,
  });
  const forecast = (dates: readonly ReferenceChunk[]): Int32Array =>
    context.forecast(shapeOf(frameOf(dates), spectral));
  const eighths = forecast(references);
  const symbols = new Float32Array(new SharedArrayBuffer(4 * eighths.length));
  for (let i = 0; i < symbols.length; i++) symbols[i] = (eighths[i] ?? 0) / 8;
  const alone = references.length < 2 ? undefined : references.map((date) => forecast([date]));
  return {
    latents: { symbols, channels, rows, columns, quality, spectral },
    deviations: deviationsOf(alone, coder.tables.degain[quality] ?? new Float32Array(), {
      positions,
      step: scale.step,
    }),
  };
}

/** What two dates say apart, as an error of their mean; the basis is orthonormal, so that errors of symbols are errors of pixels. */
function deviationsOf(
  alone: readonly Int32Array[] | undefined,
  degain: Float32Array,
  { positions, step }: { readonly positions: number; readonly step: number },
): Float32Array {
  const out = new Float32Array(positions).fill(ALONE_DN);
  const [a, b] = alone ?? [];
  if (a === undefined || b === undefined) return out;
  for (let p = 0; p < positions; p++) {
    let sum = 0;
    for (let c = FITTED_CHANNELS, i = c * positions + p; i < a.length; c++, i += positions)
      sum += ((((a[i] ?? 0) - (b[i] ?? 0)) / 16) * step * (degain[c] ?? 1)) ** 2;
    out[p] = Math.hypot(UNTOLD_DN, TOLD * Math.sqrt(sum / SAMPLES));
  }
  return out;
}
