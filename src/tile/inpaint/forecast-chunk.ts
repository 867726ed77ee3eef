import { PLAIN_MULT } from "../../codec/lapped/cloud-steps.js";
import { shapeOf, type LappedCoder, type LappedFrame, type ReferenceChunk } from "../../codec/lapped/lapped-coder.js";
import type { SpectralScale } from "../../core/latents.js";
import { STRIDE } from "../../core/geometry.js";
import { BANDS } from "../../core/bands.js";
import type { ForecastChunk } from "./forecasts.js";

/** The strongest channels, mostly the means of blocks: what is wrong with these the fit to the surroundings sets right. */
const FITTED_CHANNELS = 12;
/**
 * What no scale tells, digital numbers, and a factor for what scales tell: over the dates of two held-out places the mean square of what is told
 * is that of the errors (means of blocks apart); position by position their logarithms correlate at 0.8 to 0.95.
 */
const [UNTOLD_DN, TOLD] = [130, 0.8];
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
  const frame: LappedFrame = {
    rows,
    columns,
    channels,
    quality,
    step: scale.step,
    clear: new Uint8Array(positions).fill(127),
    references,
  };
  const { eighths, scales } = context.forecast(shapeOf(frame, spectral));
  const symbols = new Float32Array(new SharedArrayBuffer(4 * eighths.length));
  for (let i = 0; i < symbols.length; i++) symbols[i] = (eighths[i] ?? 0) / 8;
  return {
    latents: { symbols, channels, rows, columns, quality, spectral },
    deviations: deviationsOf(scales, coder.tables.degain[quality] ?? new Float32Array(), {
      positions,
      step: scale.step,
    }),
  };
}

/**
 * Standard deviations of symbols (2^(index / 4 - 5)) as errors of pixels: the basis is orthonormal, so the squares' sum over channels is
 * the sum of squares of the pixels' errors.
 */
function deviationsOf(
  scales: Uint8Array,
  degain: Float32Array,
  { positions, step }: { readonly positions: number; readonly step: number },
): Float32Array {
  const out = new Float32Array(positions);
  for (let p = 0; p < positions; p++) {
    let sum = 0;
    for (let c = FITTED_CHANNELS, i = c * positions + p; i < scales.length; c++, i += positions)
      sum += (2 ** ((scales[i] ?? 0) / 4 - 5) * step * (degain[c] ?? 1)) ** 2;
    out[p] = Math.hypot(UNTOLD_DN, TOLD * Math.sqrt(sum / SAMPLES));
  }
  return out;
}
