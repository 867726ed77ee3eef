import { ModelError } from "../../../src/core/errors.js";
import type { Evaluate } from "../../../src/codec/official/evaluate.js";
import type { TemporalCard } from "./temporal-card.js";

/** Key and value vectors of the earlier frames and of the tokens so far, of all blocks of one chunk. */
export interface TemporalState {
  readonly blocks: number;
  /** [2 layers][block][head][context tokens][width / heads]: made once a chunk. */
  readonly memory: Float32Array;
  /** [token][block][2 layers x width]; each step adds its own. */
  readonly cache: Float32Array;
}

/** What the transformer says of one token in every block. */
export interface StepOutput {
  /** [block][channels] */
  readonly means: Float32Array;
  readonly scales: Float32Array;
  /** z_cur, [block][width] */
  readonly features: Float32Array;
}

/** The four graphs of convert_temporal.py behind typed calls; all sizes are checked. */
export interface TemporalNetwork {
  /** Tokens [block][reach^2][channels] of an earlier frame -> features [block][reach^2][width]. */
  past(tokens: Float32Array, blocks: number): Promise<Float32Array>;
  /** Features of `context` earlier frames, oldest first -> the state before the first token. */
  begin(features: readonly Float32Array[], blocks: number): Promise<TemporalState>;
  /** `token` [block][channels] is the one before `position` (anything at position 0). Writes row `position` of the state's cache. */
  step(state: TemporalState, position: number, token: Float32Array): Promise<StepOutput>;
  /** y_hat [channels][rows][columns] and z_cur [width][rows][columns] -> what the synthesis takes. */
  dequantise(latents: Float32Array, features: Float32Array, shape: readonly [number, number]): Promise<Float32Array>;
}

export function createTemporalNetwork(card: TemporalCard, evaluate: Evaluate): TemporalNetwork {
  const { channels, width, layers, heads, window, reach, context } = card;
  const tokens = window * window;
  const seen = reach * reach;
  const kept = 2 * layers * width;

  return {
    past(patches, blocks) {
      const feeds = { tokens: { dims: [blocks, seen, channels], data: patches } };
      return checked(evaluate, card.past.file, feeds, ["features", blocks * seen * width]);
    },

    async begin(features, blocks) {
      const joined = new Float32Array(context * blocks * seen * width);
      features.forEach((part, i) => joined.set(part, i * blocks * seen * width));
      const feeds = { features: { dims: [context, blocks, seen, width], data: joined } };
      const size = kept * blocks * context * seen;
      const memory = await checked(evaluate, card.joint.file, feeds, ["memory", size]);
      return { blocks, memory, cache: new Float32Array(tokens * blocks * kept) };
    },

    async step({ blocks, memory, cache }, position, token) {
      const feeds = {
        token: { dims: [blocks, channels], data: token },
        position: { dims: [1], data: BigInt64Array.of(BigInt(position)) },
        cache: { dims: [tokens, blocks, kept], data: cache },
        memory: { dims: [2 * layers, blocks, heads, context * seen, width / heads], data: memory },
      };
      const row = 2 * channels + width + kept;
      const out = await checked(evaluate, card.step.file, feeds, ["out", blocks * row]);
      const columns = (from: number, count: number, target: Float32Array, at: number): Float32Array => {
        for (let b = 0; b < blocks; b++)
          target.set(out.subarray(b * row + from, b * row + from + count), at + b * count);
        return target;
      };
      columns(2 * channels + width, kept, cache, position * blocks * kept);
      return {
        means: columns(0, channels, new Float32Array(blocks * channels), 0),
        scales: columns(channels, channels, new Float32Array(blocks * channels), 0),
        features: columns(2 * channels, width, new Float32Array(blocks * width), 0),
      };
    },

    dequantise(latents, features, [rows, columns]) {
      const feeds = {
        latents: { dims: [1, channels, rows, columns], data: latents },
        features: { dims: [1, width, rows, columns], data: features },
      };
      return checked(evaluate, card.dequantise.file, feeds, ["values", latents.length]);
    },
  };
}

async function checked(
  evaluate: Evaluate,
  file: string,
  feeds: Parameters<Evaluate>[1],
  [output, length]: readonly [string, number],
): Promise<Float32Array> {
  const values = await evaluate(file, feeds, output);
  if (values.length !== length)
    throw new ModelError(
      `${file} gave ${values.length} numbers for "${output}", its card makes that ${length}; convert the checkpoint again`,
    );
  return values;
}
