// Run as a process of its own: loads a network on one provider and times it, so that a driver that crashes or prints does no harm.
// Arguments: provider, a Trial as JSON, "strict". Prints one line of JSON.
import { performance } from "node:perf_hooks";
import { messageOf } from "../core/assert.js";
import { openNetwork, PROVIDERS, type Feed } from "./session.js";

/** A network to time, and what it reads. */
export interface Trial {
  readonly path: string;
  /** Name of the latents' input, their channels and positions a side. */
  readonly input: string;
  readonly channels: number;
  readonly side: number;
  /** Whether it takes bands, scale and offset of a converted model or edges of the lapped basis. */
  readonly bands: boolean;
  readonly edges: boolean;
  readonly output: string;
}

const ROUNDS = 5;
const [, , name, json = "{}", strict = ""] = process.argv;
const provider = PROVIDERS.find((known) => known === name);

try {
  if (provider === undefined) throw new RangeError(`provider ${name}`);
  const { path, input, channels, side, bands, edges, output } = JSON.parse(json) as Trial;
  const data = Float32Array.from({ length: channels * side * side }, (_, i) => ((i * 7919) % 13) / 13 - 0.5);
  const feeds: Record<string, Feed> = { [input]: { dims: [1, channels, side, side], data } };
  if (bands) feeds["bands"] = { dims: [3], data: BigInt64Array.of(3n, 2n, 1n) };
  if (edges) feeds["edges"] = { dims: [1, 4], data: new Float32Array(4) };
  else if (bands) {
    feeds["scale"] = { dims: [1, 3], data: Float32Array.of(1, 1, 1) };
    feeds["offset"] = { dims: [1, 3], data: new Float32Array(3) };
  }
  const network = await openNetwork(path, { provider, threads: 1, strict: strict === "strict" });
  await network.run(feeds, output);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await network.run(feeds, output);
    times.push(performance.now() - start);
  }
  process.stdout.write(
    `${JSON.stringify({ ok: true, ms: times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] })}\n`,
  );
} catch (error) {
  process.stdout.write(`${JSON.stringify({ ok: false, error: messageOf(error) })}\n`);
}
process.exit(0);
