import { InvalidRequestError } from "../../../src/core/errors.js";
import type { TemporalCard } from "./temporal-card.js";
import type { StepOutput, TemporalNetwork } from "./temporal-network.js";
import { blocksOf, gatherTokens, scatterTokens, type BlockGrid } from "./temporal-patches.js";

/** Latents of one chunk or patch at one date, and what came before it there. */
export interface TemporalFrame {
  readonly rows: number;
  readonly columns: number;
  /** y_hat of earlier dates, oldest first, [channels][rows][columns]; more than the model sees are ignored, none means a first frame. */
  readonly past: readonly Int16Array[];
  /** For messages, for instance "frame 2 of payload.json". */
  readonly location: string;
}

export interface FrameLatents {
  /** y_hat, integers, [channels][rows][columns]: the next frames' past. */
  readonly latents: Int16Array;
  /** What the synthesis takes, [channels][rows][columns]. */
  readonly values: Float32Array;
}

/** The autoregression: `choose` gives each token's latents [block][channels] from what the transformer says of it. */
export type TokenLoop = (
  frame: TemporalFrame,
  choose: (position: number, output: StepOutput) => Int16Array,
) => Promise<FrameLatents>;

export function createTokenLoop(card: TemporalCard, network: TemporalNetwork): TokenLoop {
  const { channels, width, window, reach, context } = card;
  const count = window * window;
  // features of frames that serve a second time: a frame is the past of the two after it
  const known = new WeakMap<Int16Array, Promise<Float32Array>>();

  function featuresOf(past: Int16Array, grid: BlockGrid): Promise<Float32Array> {
    const features = known.get(past) ?? network.past(gatherTokens(past, grid, reach), blocksOf(grid));
    known.set(past, features);
    features.catch(() => known.delete(past));
    return features;
  }

  async function contextOf(frame: TemporalFrame, grid: BlockGrid): Promise<Float32Array[]> {
    const plane = frame.rows * frame.columns;
    for (const { length } of frame.past) {
      if (length !== channels * plane)
        throw new InvalidRequestError(
          `${frame.location}: an earlier frame has ${length} latents, ${channels * plane} expected`,
        );
    }
    const seen: Float32Array[] = [];
    for (const past of frame.past.slice(-context)) seen.push(await featuresOf(past, grid));
    if (seen.length === 0) {
      const start = Float32Array.from({ length: channels * plane }, (_, i) => card.start[Math.floor(i / plane)] ?? 0);
      seen.push(await network.past(gatherTokens(start, grid, reach), blocksOf(grid)));
    }
    const [oldest = new Float32Array()] = seen;
    while (seen.length < context) seen.unshift(oldest);
    return seen;
  }

  return async (frame, choose) => {
    const grid = gridOf(card, frame);
    const blocks = blocksOf(grid);
    const state = await network.begin(await contextOf(frame, grid), blocks);
    const latents = new Float32Array(blocks * count * channels);
    const features = new Float32Array(blocks * count * width);
    let token = new Float32Array(blocks * channels);
    for (let position = 0; position < count; position++) {
      const output = await network.step(state, position, token);
      token = Float32Array.from(choose(position, output));
      for (let b = 0; b < blocks; b++) {
        const at = b * count + position;
        latents.set(token.subarray(b * channels, (b + 1) * channels), at * channels);
        features.set(output.features.subarray(b * width, (b + 1) * width), at * width);
      }
    }
    const yHat = scatterTokens(latents, grid);
    const values = await network.dequantise(yHat, scatterTokens(features, grid), [frame.rows, frame.columns]);
    return { latents: Int16Array.from(yHat), values };
  };
}

export function gridOf(card: TemporalCard, { rows, columns }: TemporalFrame): BlockGrid {
  return { rows, columns, window: card.window, repacked: card.kind === "flextec" };
}
