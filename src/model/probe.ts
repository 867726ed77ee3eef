// Run as a process of its own: loads a synthesis on one provider and times it, so that a driver that crashes or prints does no harm.
// Arguments: provider, ONNX file, channels, halo. Prints one line of JSON.
import { performance } from "node:perf_hooks";
import { messageOf } from "../core/assert.js";
import { openNetwork, PROVIDERS, type Feed } from "./session.js";

const ROUNDS = 5;
const [, , name, path = "", channels = "0", halo = "0", strict = ""] = process.argv;
const provider = PROVIDERS.find((known) => known === name);

try {
  if (provider === undefined) throw new RangeError(`provider ${name}`);
  const side = 16 + 2 * Number(halo);
  const latents = Float32Array.from({ length: Number(channels) * side * side }, (_, i) => ((i * 7919) % 13) / 13 - 0.5);
  const feeds: Record<string, Feed> = {
    latents: { dims: [1, Number(channels), side, side], data: latents },
    bands: { dims: [3], data: BigInt64Array.of(3n, 2n, 1n) },
    scale: { dims: [1, 3], data: Float32Array.of(1, 1, 1) },
    offset: { dims: [1, 3], data: new Float32Array(3) },
  };
  const network = await openNetwork(path, { provider, threads: 1, strict: strict === "strict" });
  await network.run(feeds, "pixels");
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await network.run(feeds, "pixels");
    times.push(performance.now() - start);
  }
  process.stdout.write(
    `${JSON.stringify({ ok: true, ms: times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] })}\n`,
  );
} catch (error) {
  process.stdout.write(`${JSON.stringify({ ok: false, error: messageOf(error) })}\n`);
}
process.exit(0);
