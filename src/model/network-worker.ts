// One thread that owns the sessions of one provider: analysis for ingest, synthesis for tiles.
import { workerData } from "node:worker_threads";
import { assertNever } from "../core/assert.js";
import { assembleLatents } from "../core/latents.js";
import { serveTasks } from "../core/worker-pool.js";
import type { NetworkTask, NetworkThreadData, NetworkResult, SynthesisTask, AnalysisTask } from "./network-tasks.js";
import { openNetwork, type Feed, type Network } from "./session.js";

const options = workerData as NetworkThreadData;
const networks = new Map<string, Promise<Network>>();

serveTasks<NetworkTask, NetworkResult>(async (task) => {
  switch (task.kind) {
    case "synthesise":
      return answer(await synthesise(task));
    case "analyse":
      return answer(await analyse(task));
    default:
      return assertNever(task);
  }
});

/** Batch of windows of one shape -> [n][bands][rows x 16][columns x 16]. */
async function synthesise(task: SynthesisTask): Promise<Float32Array> {
  const [first] = task.windows;
  if (first === undefined) return new Float32Array();
  const { rows, columns } = first.window;
  const n = task.windows.length;
  const { channels } = task;
  const latents = new Float32Array(n * channels * rows * columns);
  task.windows.forEach(({ window }, i) => {
    const at = i * channels * rows * columns;
    if ("latents" in window) latents.set(window.latents, at);
    else assembleLatents(window, task.degains, channels, latents, at);
  });
  const k = task.bands.length;
  const feeds: Record<string, Feed> = {
    latents: { dims: [n, channels, rows, columns], data: latents },
    bands: { dims: [k], data: BigInt64Array.from(task.bands, BigInt) },
    scale: { dims: [n, k], data: Float32Array.from(task.windows.flatMap(({ scale }) => scale)) },
    offset: { dims: [n, k], data: Float32Array.from(task.windows.flatMap(({ offset }) => offset)) },
  };
  const network = await open(task.path);
  return (await network.run(feeds, "pixels")).data;
}

/** Extended pixels [12][height][width] -> latents before the gain. */
async function analyse(task: AnalysisTask): Promise<Float32Array> {
  const network = await open(task.path);
  const pixels: Feed = { dims: [1, task.bands, task.height, task.width], data: task.pixels };
  return (await network.run({ pixels }, "latents")).data;
}

function open(path: string): Promise<Network> {
  const network = networks.get(path) ?? openNetwork(path, options);
  networks.set(path, network);
  network.catch(() => networks.delete(path));
  return network;
}

function answer(data: Float32Array): { result: NetworkResult; transfer: ArrayBuffer[] } {
  const { buffer } = data;
  return {
    result: { data },
    transfer: buffer instanceof ArrayBuffer && data.byteLength === buffer.byteLength ? [buffer] : [],
  };
}
