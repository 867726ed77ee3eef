import { CorruptDataError, InvalidRequestError } from "../../core/errors.js";
import type { Evaluate } from "../evaluate.js";
import { createIndexedRans } from "../rans-indexed.js";
import { parseTables } from "../tables.js";
import type { TemporalCard } from "./temporal-card.js";
import { createTemporalNetwork, type StepOutput, type TemporalNetwork } from "./temporal-network.js";
import { blocksOf, gatherTokens, scatterTokens, type BlockGrid } from "./temporal-patches.js";
import { FLOAT_NOISE, roundHalfEven, rowsOf } from "./temporal-rows.js";
import { decodeToken } from "./temporal-stream.js";

/** Latents of one chunk or patch at one date, and what came before it there. */
export interface TemporalFrame {
  readonly rows: number;
  readonly columns: number;
  /** y_hat of earlier dates, oldest first, [channels][rows][columns]; more than the model sees are ignored, none means a first frame. */
  readonly past: readonly Int16Array[];
  /** For messages, for instance "frame 2 of payload.json". */
  readonly location: string;
}

export interface DecodedFrame {
  /** y_hat, integers, [channels][rows][columns]: the next frames' past. */
  readonly latents: Int16Array;
  /** What the synthesis takes, [channels][rows][columns]. */
  readonly values: Float32Array;
  /** Table choices that had to be mended because float arithmetic differs between encoder and decoder. */
  readonly repaired: number;
  /** FlexTEC: predicted latents so near to a half that another engine may round them otherwise. */
  readonly uncertain: number;
}

/** Decoder and encoder of official TEC-TT and FlexTEC streams with a converted package. Owns a rANS coder: one thread. */
export interface TemporalCodec {
  /**
   * `streams` hold the tokens in order: all of them (TEC-TT), or the first q (FlexTEC; the transformer predicts the others, q = 0 is a
   * forecast).
   *
   * @throws CorruptDataError when a stream is truncated, damaged, or made by another model.
   */
  decode(frame: TemporalFrame, streams: readonly Uint8Array[]): Promise<DecodedFrame>;
  /** Streams of the analysis' latents [channels][rows][columns]; FlexTEC keeps the first `tokens`. */
  encode(
    frame: TemporalFrame,
    latents: Float32Array,
    tokens?: number,
  ): Promise<{ readonly streams: readonly Uint8Array[]; readonly latents: Int16Array }>;
}

/**
 * `tables` is the package's official.tables, `evaluate` runs its graphs.
 *
 * @throws CorruptDataError when the tables aren't those of the card.
 */
export function createTemporalCodec(card: TemporalCard, tables: Uint8Array, evaluate: Evaluate): TemporalCodec {
  const [step] = parseTables(tables, card.tables.file).steps;
  if (step === undefined || step.sets !== card.means || step.channels !== card.scales)
    throw new CorruptDataError(
      card.tables.file,
      `${step?.sets ?? 0} means and ${step?.channels ?? 0} scales, the card says ${card.means} and ${card.scales}`,
    );
  const rans = createIndexedRans(step);
  const run = createTokenLoop(card, createTemporalNetwork(card, evaluate));
  const count = card.window * card.window;

  return {
    async decode(frame, streams) {
      const { location } = frame;
      if (card.kind === "tt" ? streams.length !== count : streams.length > count)
        throw new CorruptDataError(
          location,
          `${streams.length} streams, ${card.kind === "tt" ? "" : "at most "}${count} expected`,
        );
      let [repaired, uncertain] = [0, 0];
      const decoded = await run(frame, (position, { means, scales }) => {
        const stream = streams[position];
        if (stream === undefined) {
          uncertain += means.reduce((sum, mean) => sum + (nearHalf(mean) ? 1 : 0), 0);
          return Int16Array.from(means, roundHalfEven);
        }
        const at = `${location}, stream ${position}`;
        const token = decodeToken(rans, stream, rowsOf(means, scales, card), at);
        repaired += token.repaired;
        return token.latents;
      });
      return { ...decoded, repaired, uncertain };
    },

    async encode(frame, latents, tokens = count) {
      if (tokens < 0 || tokens > count || (card.kind === "tt" && tokens !== count))
        throw new InvalidRequestError(`${tokens} tokens of ${count} can't be kept by a ${card.kind} model`);
      const expected = card.channels * frame.rows * frame.columns;
      if (latents.length !== expected)
        throw new InvalidRequestError(`${frame.location}: ${latents.length} latents, ${expected} expected`);
      const grid = gridOf(card, frame);
      const wanted = gatherTokens(latents, grid, card.window);
      const streams: Uint8Array[] = [];
      const coded = await run(frame, (position, { means, scales }) => {
        if (position >= tokens) return Int16Array.from(means, roundHalfEven);
        const { rows, base } = rowsOf(means, scales, card);
        const symbols = base.map((b, i) => {
          const block = Math.floor(i / card.channels);
          const at = (block * count + position) * card.channels + (i % card.channels);
          return roundHalfEven(Math.fround((wanted[at] ?? 0) - b));
        });
        streams.push(rans.encode(symbols, rows));
        return symbols.map((symbol, i) => symbol + (base[i] ?? 0));
      });
      return { streams, latents: coded.latents };
    },
  };
}

type Choose = (position: number, output: StepOutput) => Int16Array;

/** The autoregression: `choose` gives each token's latents [block][channels] from what the transformer says of it. */
function createTokenLoop(card: TemporalCard, network: TemporalNetwork) {
  const { channels, width, window, reach, context } = card;
  const count = window * window;
  // features of frames that serve a second time: a frame is the past of the two after it
  const known = new WeakMap<Int16Array, Promise<Float32Array>>();

  function featuresOf(past: Int16Array, grid: BlockGrid): Promise<Float32Array> {
    const features = known.get(past) ?? network.past(gatherTokens(past, grid, reach), blocksOf(grid));
    known.set(past, features);
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

  return async (frame: TemporalFrame, choose: Choose): Promise<Pick<DecodedFrame, "latents" | "values">> => {
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

function gridOf(card: TemporalCard, { rows, columns }: TemporalFrame): BlockGrid {
  return { rows, columns, window: card.window, repacked: card.kind === "flextec" };
}

function nearHalf(mean: number): boolean {
  return Math.abs(mean - Math.floor(mean) - 0.5) < FLOAT_NOISE * Math.max(1, Math.abs(mean));
}
