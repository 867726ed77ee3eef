// Windows of 256 px a second through one session of a provider, by batch size. Arguments: provider, ONNX file, halo, folder.
// Writes <folder>/<provider>.json, and the pixels of one window as <folder>/<provider>.f32 for comparison.
import { mkdirSync, writeFileSync } from "node:fs";
import { messageOf } from "../../src/core/assert.js";
import { synthesisFeeds } from "../../src/model/lapped/synthesis-feeds.js";
import { openNetwork, PROVIDERS, type Network } from "../../src/model/session.js";

const [, , name, path = "", haloText, folder = "."] = process.argv;
const provider = PROVIDERS.find((known) => known === name);
/** Positions a side of a window; fewer than 16 for a trial on a slow device. */
const inner = Number(process.env["LATENTS"] ?? "16");
const side = inner + 2 * Number(haloText);
const CHANNELS = 12 * 256;
const BANDS = [3, 2, 1];
const BATCHES = (process.env["BATCHES"] ?? "1,2,4,8,16,32").split(",").map(Number);
/** At least this long a batch size, and at least this many runs. */
const [MIN_MS, MIN_RUNS] = [2000, 5];

/** The same numbers as torch_synthesis.py's: they fall with frequency. */
function coefficientsOf(batch: number): Float32Array {
  return Float32Array.from({ length: batch * CHANNELS * side * side }, (_, i) => {
    const frequency = (Math.floor(i / (side * side)) % CHANNELS) % 256;
    return ((((i * 7919) % 1009) / 1009 - 0.5) * 2000) / (1 + frequency);
  });
}

async function decode(network: Network, batch: number, coefficients: Float32Array): Promise<Float32Array> {
  const feeds = synthesisFeeds({
    batch,
    rows: side,
    columns: side,
    coefficients,
    bands: BANDS,
    edges: new Float32Array(batch * 4),
  });
  return (await network.run(feeds, "pixels")).data;
}

async function timeBatch(
  network: Network,
  batch: number,
): Promise<{ batch: number; ms: number; windowsPerSecond: number }> {
  const coefficients = coefficientsOf(batch);
  for (let i = 0; i < 2; i++) await decode(network, batch, coefficients);
  const times: number[] = [];
  const start = performance.now();
  while (times.length < MIN_RUNS || performance.now() - start < MIN_MS) {
    const begin = performance.now();
    await decode(network, batch, coefficients);
    times.push(performance.now() - begin);
  }
  const ms = times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
  return { batch, ms: Number(ms.toPrecision(4)), windowsPerSecond: Number(((1000 * batch) / ms).toPrecision(4)) };
}

mkdirSync(folder, { recursive: true });
const result: Record<string, unknown> = {
  provider: name,
  bands: BANDS.length,
  windowPx: 16 * inner,
  problem: undefined,
};
try {
  if (provider === undefined) throw new RangeError(`provider ${name}`);
  const begin = performance.now();
  const network = await openNetwork(path, { provider, threads: 1, strict: true });
  const pixels = await decode(network, 1, coefficientsOf(1));
  writeFileSync(`${folder}/${provider}.f32`, new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength));
  result["firstWindowMs"] = Math.round(performance.now() - begin);
  const batches = [];
  for (const batch of BATCHES) {
    batches.push(await timeBatch(network, batch));
    console.log(provider, JSON.stringify(batches.at(-1)));
  }
  result["batches"] = batches;
} catch (error) {
  result["problem"] = messageOf(error).slice(0, 500);
  console.log(`${name}: ${messageOf(error)}`);
}
writeFileSync(`${folder}/${name}.json`, `${JSON.stringify(result, undefined, 2)}\n`);
process.exit(0);
