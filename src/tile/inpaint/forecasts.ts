import type { ReferenceChunk } from "../../codec/lapped/lapped-coder.js";
import type { LoadedModel } from "../../codec/loaded-model.js";
import { bytesOfSymbols, type LatentChunk } from "../../core/latents.js";
import { SharedCache, type CacheStats } from "../../core/shared-cache.js";
import type { WorkerPool } from "../../core/worker-pool.js";
import type { PixelResult, PixelTask } from "../pixel-tasks.js";

/** A chunk as other dates let a model's TEC-TT expect it. */
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
  /** One or two, the weightier first, of equal shape. */
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

export function createForecasts(
  pool: Pick<WorkerPool<PixelTask, PixelResult>, "run">,
  options: { readonly maxBytes: number },
): Forecasts {
  const kept = new SharedCache<ForecastChunk>({
    maxBytes: options.maxBytes,
    sizeOf: ({ latents, deviations }) => bytesOfSymbols(latents.symbols) + deviations.byteLength + 2560,
  });

  async function load({ model, references, location }: ForecastRequest, signal: AbortSignal): Promise<ForecastChunk> {
    const result = await pool.run({ kind: "forecast", model, references, location }, { signal });
    if (result.kind !== "forecast") throw new TypeError(`a ${result.kind} answer to a forecast task`);
    return result.chunk;
  }

  return {
    chunk: (request, signal) => kept.get(request.key, (shared) => load(request, shared), signal),
    stats: () => kept.stats(),
  };
}
