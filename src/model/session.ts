import { InferenceSession, listSupportedBackends, Tensor } from "onnxruntime-node";
import { messageOf } from "../core/assert.js";
import { ModelError } from "../core/errors.js";

/** Where a network runs. `webgpu` is Vulkan, Metal or Direct3D 12 through Dawn; `cuda` needs onnxruntime's CUDA libraries. */
export const PROVIDERS = ["cuda", "webgpu", "coreml", "dml", "cpu"] as const;
export type Provider = (typeof PROVIDERS)[number];

export type Feed = { readonly dims: readonly number[]; readonly data: Float32Array | BigInt64Array };

/** A network in memory. `run` blocks its thread for the whole inference (onnxruntime#19611), so it belongs in a worker. */
export interface Network {
  run(
    feeds: Readonly<Record<string, Feed>>,
    output: string,
  ): Promise<{ readonly dims: readonly number[]; readonly data: Float32Array }>;
  release(): Promise<void>;
}

export interface SessionOptions {
  readonly provider: Provider;
  /** Threads inside one operator; only the cpu provider uses them. */
  readonly threads: number;
  /** Refuse to place any node on the CPU when the provider is another one. */
  readonly strict?: boolean;
}

/**
 * Loads an ONNX file on one provider. Sessions are meant to live as long as their thread (onnxruntime#25325 leaks on reload).
 *
 * @throws ModelError when the provider is missing here or refuses the graph.
 */
export async function openNetwork(path: string, options: SessionOptions): Promise<Network> {
  const { provider, threads, strict = false } = options;
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(path, {
      executionProviders: strict || provider === "cpu" ? [provider] : [provider, "cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: "all",
      logSeverityLevel: 4,
      extra: {
        session: {
          disable_cpu_ep_fallback: strict && provider !== "cpu" ? "1" : "0",
          intra_op: { allow_spinning: "0" },
        },
      },
    });
  } catch (cause) {
    throw new ModelError(`${path} can't be loaded on ${provider}: ${messageOf(cause)}`, { cause });
  }
  return {
    async run(feeds, output) {
      const inputs = Object.fromEntries(
        Object.entries(feeds).map(([name, { dims, data }]) => [
          name,
          data instanceof Float32Array ? new Tensor("float32", data, dims) : new Tensor("int64", data, dims),
        ]),
      );
      try {
        const result = (await session.run(inputs))[output];
        if (result === undefined || !(result.data instanceof Float32Array))
          throw new TypeError(`no float32 output "${output}"`);
        return { dims: result.dims, data: result.data };
      } catch (cause) {
        throw new ModelError(`A network failed on ${provider}: ${messageOf(cause)}`, { cause });
      }
    },
    release: () => session.release(),
  };
}

/** The providers that this build of onnxruntime holds, best first. That one is listed does not mean that a device is there. */
export function listProviders(): readonly Provider[] {
  const backends = listSupportedBackends();
  const usable = new Set<string>(
    backends.filter((backend) => backend.bundled || backend.name === "cuda").map((backend) => backend.name),
  );
  return PROVIDERS.filter((provider) => usable.has(provider));
}
