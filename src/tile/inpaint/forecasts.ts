import type { ContextCoders } from "../../codec/context/context-pool.js";
import type { ReferenceChunk } from "../../codec/context/context-tasks.js";
import type { LoadedModel } from "../../codec/loaded-model.js";
import type { LatentChunk } from "../../core/latents.js";
import { SharedCache, type CacheStats } from "../../core/shared-cache.js";

/** A chunk as other dates let a model's TEC-TT network expect it. */
export interface ForecastChunk {
  /** The mean of each symbol; on shared memory. */
  readonly latents: LatentChunk;
  /** Expected error of each latent's pixels once they are fitted to clear ones around, row-major: root mean square, digital numbers. */
  readonly deviations: Float32Array;
}

export interface ForecastRequest {
  /** Names the references, their order, and the chunk's place in them. */
  readonly key: string;
  readonly model: LoadedModel;
  /** One or two, the weightier first, of equal shape and quality. */
  readonly references: readonly ReferenceChunk[];
  /** For messages. */
  readonly location: string;
}

/** Forecasts chunks and keeps them: neighbouring tiles need the same. */
export interface Forecasts {
  /** @throws RangeError for a model without TEC-TT or no reference. */
  chunk(request: ForecastRequest, signal?: AbortSignal): Promise<ForecastChunk>;
  stats(): CacheStats;
}

/** Digital numbers of one latent: 16 x 16 pixels of 12 bands. */
const LATENT_SAMPLES = 16 * 16 * 12;

export function createForecasts(contexts: ContextCoders, options: { readonly maxBytes: number }): Forecasts {
  const kept = new SharedCache<ForecastChunk>({
    maxBytes: options.maxBytes,
    sizeOf: ({ latents, deviations }) => latents.symbols.byteLength + deviations.byteLength + 256,
  });

  async function load(request: ForecastRequest, signal: AbortSignal): Promise<ForecastChunk> {
    const { model, references, location } = request;
    const context = model.contexts.tt;
    const [first] = references;
    if (context === undefined || first === undefined) throw new RangeError(`nothing to forecast ${location} with`);
    const { rows, columns, quality } = first.latents;
    const { forecast } = await contexts.decode(
      context,
      true,
      {
        frame: {
          rows,
          columns,
          quality,
          channels: model.channels,
          clear: new Uint8Array(rows * columns).fill(127),
          references,
        },
        streams: [],
        checksum: undefined,
        location,
        writtenBy: "no engine",
      },
      signal,
    );
    if (forecast === undefined) throw new TypeError(`no forecast of ${location} came back`);
    const symbols = new Float32Array(new SharedArrayBuffer(4 * forecast.eighths.length));
    for (let i = 0; i < symbols.length; i++) symbols[i] = (forecast.eighths[i] ?? 0) / 8;
    return {
      latents: { symbols, channels: model.channels, rows, columns, quality },
      deviations: expectedErrors(forecast.scales, model, { quality, positions: rows * columns }),
    };
  }

  return {
    chunk: (request, signal) => kept.get(request.key, (shared) => load(request, shared), signal),
    stats: () => kept.stats(),
  };
}

/** The most important channels, mostly the means of blocks: what is wrong with these the fit to the surroundings sets right. */
const FITTED_CHANNELS = 12;
/** Found on two places against real errors (docs/inpainting.md): what no scale tells, digital numbers, and a factor for what scales tell. */
const [UNTOLD_DN, TOLD] = [130, 1.4];

/**
 * The transform is nearly orthonormal, so the squares of the latents' standard deviations, summed over channels, are about the sum of
 * squares of the pixels' errors.
 */
function expectedErrors(
  scales: Uint8Array,
  { degains, channels, unitDn }: LoadedModel,
  { quality, positions }: { readonly quality: number; readonly positions: number },
): Float32Array {
  const degain = degains[quality] ?? new Float32Array();
  const out = new Float32Array(positions);
  for (let p = 0; p < positions; p++) {
    let sum = 0;
    for (let c = FITTED_CHANNELS; c < channels; c++)
      sum += (2 ** ((scales[c * positions + p] ?? 0) / 4 - 5) * (degain[c] ?? 0)) ** 2;
    out[p] = Math.hypot(UNTOLD_DN, TOLD * unitDn * Math.sqrt(sum / LATENT_SAMPLES));
  }
  return out;
}
