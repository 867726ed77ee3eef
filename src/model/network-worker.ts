// One thread that turns latents into pixels: sessions of one provider, and the lapped basis in WebAssembly on the cpu. Analysis of converted
// models too.
import { workerData } from "node:worker_threads";
import { assertNever } from "../core/assert.js";
import { STRIDE } from "../core/geometry.js";
import { assembleLatents, type LatentWindow } from "../core/latents.js";
import { inBlocks, STORED_ARRAY, storeNumbers, type StoredArray } from "../core/stored-numbers.js";
import { serveTasks } from "../core/worker-pool.js";
import { COMPONENTS, FREQUENCIES } from "./lapped/geometry.js";
import { factorsOf } from "./lapped/native.js";
import { createKernels, type LappedKernels } from "./lapped/kernels.js";
import { synthesisFeeds } from "./lapped/synthesis-feeds.js";
import { commonCoefficients, synthesiseLapped, synthesiseStored, type RunBranch } from "./lapped/synthesise.js";
import type {
  KeptBranch,
  NetworkTask,
  NetworkThreadData,
  NetworkResult,
  SynthesisTask,
  AnalysisTask,
} from "./network-tasks.js";
import { openNetwork, type Feed, type Network } from "./session.js";
import type { LappedTransform, NetworkTransform } from "./transform.js";

const options = workerData as NetworkThreadData;
const networks = new Map<string, Promise<Network>>();
let kernels: LappedKernels | undefined;

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

function raiseTo(lowest: number | undefined, pixels: Float32Array): Float32Array {
  if (lowest === undefined || lowest === -Infinity) return pixels;
  for (let i = 0; i < pixels.length; i++) if ((pixels[i] ?? 0) < lowest) pixels[i] = lowest;
  return pixels;
}

/** Batch of windows of one shape -> [n][bands][rows x 16][columns x 16]. */
async function synthesise(task: SynthesisTask): Promise<StoredArray> {
  const { transform } = task;
  const finish = ({ lowest, stored, windows }: SynthesisTask, pixels: Float32Array): StoredArray => {
    if (stored === undefined) return raiseTo(lowest, pixels);
    const [first] = windows;
    const numbers = storeNumbers(pixels, stored);
    if (first === undefined || stored.block === undefined) return numbers;
    const pixelsOf = (count: number): number => STRIDE * (count - 2 * transform.halo);
    return inBlocks(numbers, { rows: pixelsOf(first.rows), columns: pixelsOf(first.columns), block: stored.block });
  };
  if (transform.kind === "network") return finish(task, await runSynthesis(task, transform));
  // Means over native pixels that reach beyond a window are not in the graph.
  const isPlain = task.native === undefined || task.bands.every((band) => factorsOf(task.native)[band] === 1);
  if (options.provider === "cpu" || !isPlain) return onCpu(task, transform);
  return finish(task, await onGpu(task, transform));
}

/** A converted model's synthesis network. */
async function runSynthesis(
  { windows, bands }: SynthesisTask,
  { channels, degains, synthesis }: NetworkTransform,
): Promise<Float32Array> {
  const [first] = windows;
  if (first === undefined) return new Float32Array();
  const { rows, columns } = first;
  const [n, k] = [windows.length, bands.length];
  const latents = new Float32Array(n * channels * rows * columns);
  windows.forEach((window, i) => assembleLatents(window, degains, channels, latents, i * channels * rows * columns));
  const feeds: Record<string, Feed> = {
    latents: { dims: [n, channels, rows, columns], data: latents },
    bands: { dims: [k], data: BigInt64Array.from(bands, BigInt) },
    scale: { dims: [n, k], data: new Float32Array(n * k).fill(1) },
    offset: { dims: [n, k], data: new Float32Array(n * k) },
  };
  return (await (await open(synthesis)).run(feeds, "pixels")).data;
}

/** The lapped basis in WebAssembly, its branch as a session. */
async function onCpu(
  { windows, refine, kept, bands, native, lowest, stored }: SynthesisTask,
  transform: LappedTransform,
): Promise<StoredArray> {
  kernels ??= createKernels();
  const branch = refine && transform.branch !== undefined ? branchOf(transform.branch, transform, kept) : undefined;
  const known =
    branch !== undefined && kept !== undefined && Atomics.load(kept.made, 0) === 1 ? kept.values : undefined;
  const parts: StoredArray[] = [];
  for (const window of windows) {
    const use = { kernels, branch, known };
    parts.push(
      stored === undefined
        ? await synthesiseLapped(window, transform, { bands, native, lowest }, use)
        : await synthesiseStored(window, transform, { bands, native, stored }, use),
    );
  }
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const out = new STORED_ARRAY[stored?.dtype ?? "float32"](parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (out.set(part, at), at + part.length), 0);
  return out;
}

/** `kept`: where its answer is left for who wants other bands of the window; two at once make the same. */
function branchOf(path: string, { basis }: LappedTransform, kept: KeptBranch | undefined): RunBranch {
  return async (coefficients, rows, columns) => {
    const feed: Feed = { dims: [1, basis.canonical.length, rows, columns], data: coefficients };
    const residual = (await (await open(path)).run({ coefficients: feed }, "residual")).data;
    if (kept !== undefined) {
      kept.values.set(residual);
      Atomics.store(kept.made, 0, 1);
    }
    return residual;
  };
}

/** The whole synthesis as one graph: its branch costs a GPU nothing. */
async function onGpu({ windows, bands }: SynthesisTask, transform: LappedTransform): Promise<Float32Array> {
  const [first] = windows;
  if (first === undefined) return new Float32Array();
  const { rows, columns } = first;
  const [n, size] = [windows.length, COMPONENTS * FREQUENCIES * rows * columns];
  const coefficients = new Float32Array(n * size);
  const memory = (kernels ??= createKernels());
  windows.forEach((window, i) =>
    commonCoefficients(window, transform, memory, coefficients.subarray(i * size, (i + 1) * size)),
  );
  const edges = Float32Array.from(windows.flatMap((window) => edgesOf(window, transform.halo)));
  const feeds = synthesisFeeds({ batch: n, rows, columns, coefficients, bands, edges });
  return (await (await open(transform.synthesis)).run(feeds, "pixels")).data;
}

/** 1 where what is asked for ends with the level: top, bottom, left, right. */
function edgesOf(window: LatentWindow, halo: number): readonly number[] {
  const { row, column, rows, columns, levelRows, levelColumns } = window;
  return [
    row + halo <= 0,
    row + rows - halo >= levelRows,
    column + halo <= 0,
    column + columns - halo >= levelColumns,
  ].map(Number);
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

function answer(data: StoredArray): { result: NetworkResult; transfer: ArrayBuffer[] } {
  const { buffer } = data;
  return {
    result: { data },
    transfer: buffer instanceof ArrayBuffer && data.byteLength === buffer.byteLength ? [buffer] : [],
  };
}
