// Run as a process of its own: loads a network on one provider and times it, so that a driver that crashes or prints does no harm.
// Arguments: provider, a Trial as JSON, "strict". Prints one line of JSON.
import { performance } from "node:perf_hooks";
import { messageOf } from "../core/assert.js";
import { synthesisFeeds } from "./lapped/synthesis-feeds.js";
import { openNetwork, PROVIDERS, type Feed } from "./session.js";

/** A network to time: a converted model's synthesis, the decoder's branch of the lapped basis, or its whole synthesis. */
export interface Trial {
  readonly kind: "converted" | "branch" | "synthesis";
  readonly path: string;
  /** Of its input, and positions a side. */
  readonly channels: number;
  readonly side: number;
}

const ROUNDS = 5;
const [, , name, json = "{}", strict = ""] = process.argv;
const provider = PROVIDERS.find((known) => known === name);

try {
  if (provider === undefined) throw new RangeError(`provider ${name}`);
  const trial = JSON.parse(json) as Trial;
  const { path } = trial;
  const output = trial.kind === "branch" ? "residual" : "pixels";
  const feeds = feedsOf(trial);
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

function feedsOf({ kind, channels, side }: Trial): Readonly<Record<string, Feed>> {
  const data = Float32Array.from({ length: channels * side * side }, (_, i) => ((i * 7919) % 13) / 13 - 0.5);
  const input: Feed = { dims: [1, channels, side, side], data };
  if (kind === "branch") return { coefficients: input };
  const bands = [3, 2, 1];
  if (kind === "synthesis")
    return synthesisFeeds({
      batch: 1,
      rows: side,
      columns: side,
      coefficients: data,
      bands,
      edges: new Float32Array(4),
    });
  return {
    latents: input,
    bands: { dims: [3], data: BigInt64Array.from(bands, BigInt) },
    scale: { dims: [1, 3], data: Float32Array.of(1, 1, 1) },
    offset: { dims: [1, 3], data: new Float32Array(3) },
  };
}
