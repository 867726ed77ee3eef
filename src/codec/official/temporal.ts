import { CorruptDataError, InvalidRequestError } from "../../core/errors.js";
import type { Evaluate } from "../evaluate.js";
import { createIndexedRans } from "../rans-indexed.js";
import { parseTables, type StepTables } from "../tables.js";
import { packBoundaries, unpackBoundaries } from "./boundary-list.js";
import type { TemporalCard } from "./temporal-card.js";
import { createTemporalNetwork, type StepOutput, type TemporalNetwork } from "./temporal-network.js";
import { blocksOf, gatherTokens, scatterTokens, type BlockGrid } from "./temporal-patches.js";
import type { TemporalPackage } from "./temporal-package.js";
import { predictedOf, roundHalfEven, rowsOf } from "./temporal-rows.js";
import { decodeToken } from "./temporal-stream.js";

const f = Math.fround;

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

/** A frame as the package codes it: its tokens' streams in their order. */
export interface TemporalStreams {
  /** All tokens (TEC-TT), or the first q (FlexTEC; the transformer predicts the others, q = 0 is a forecast). */
  readonly streams: readonly Uint8Array[];
  /** Choices that another engine's floats could turn (boundary-list.ts); empty in streams that come from the package. */
  readonly boundaries: Uint8Array;
}

/** Decoder and encoder of official TEC-TT and FlexTEC streams with a converted package. Owns a rANS coder: one thread. */
export interface TemporalCodec {
  /** @throws CorruptDataError when a stream is truncated, damaged, or made by another model. */
  decode(frame: TemporalFrame, coded: TemporalStreams): Promise<DecodedFrame>;
  /** Codes the analysis' latents, [channels][rows][columns]; FlexTEC keeps the first `tokens`. */
  encode(frame: TemporalFrame, y: Float32Array, tokens?: number): Promise<TemporalStreams & EncodedFrame>;
}

export type EncodedFrame = Pick<DecodedFrame, "latents" | "values">;

/** Engines differ by less than this of a mean or scale (measured: docs/converting.md). */
export const FLOAT_NOISE = 1e-5;

/**
 * `evaluate` runs the package's graphs; `noise` is what boundary lists allow for and how far a decoder doubts its own floats.
 *
 * @throws CorruptDataError when the tables aren't those of the card.
 */
export function createTemporalCodec(
  { card, tables }: TemporalPackage,
  evaluate: Evaluate,
  noise = FLOAT_NOISE,
): TemporalCodec {
  const rules = { card, noise };
  const rans = createIndexedRans(tablesOf(card, tables));
  const run = createTokenLoop(card, createTemporalNetwork(card, evaluate));
  const tokens = card.window * card.window;

  return {
    async decode(frame, { streams, boundaries }) {
      const { location } = frame;
      if (card.kind === "tt" ? streams.length !== tokens : streams.length > tokens)
        throw new CorruptDataError(
          location,
          `${streams.length} streams, ${card.kind === "tt" ? "" : "at most "}${tokens} expected`,
        );
      const places = 2 * card.channels * blocksOf(gridOf(card, frame));
      const sides = unpackBoundaries(boundaries, tokens * places, location);
      let [repaired, uncertain] = [0, 0];
      const decoded = await run(frame, (position, { means, scales }) => {
        const settled = sides.subarray(position * places, (position + 1) * places);
        const stream = streams[position];
        if (stream === undefined) {
          const predicted = predictedOf(means, noise, settled);
          uncertain += predicted.doubts.length;
          return predicted.base;
        }
        const rows = rowsOf(means, scales, rules, settled);
        const token = decodeToken(rans, stream, rows, `${location}, stream ${position}`);
        repaired += token.repaired;
        return token.latents;
      });
      return { ...decoded, repaired, uncertain };
    },

    async encode(frame, y, kept = tokens) {
      if (kept < 0 || kept > tokens || (card.kind === "tt" && kept !== tokens))
        throw new InvalidRequestError(`${kept} tokens of ${tokens} can't be kept by a ${card.kind} model`);
      const expected = card.channels * frame.rows * frame.columns;
      if (y.length !== expected)
        throw new InvalidRequestError(`${frame.location}: ${y.length} latents, ${expected} expected`);
      const wanted = gatherTokens(y, gridOf(card, frame), card.window);
      const streams: Uint8Array[] = [];
      const listed: (readonly [at: number, upper: boolean])[] = [];
      const coded = await run(frame, (position, { means, scales }) => {
        const rows = position < kept ? rowsOf(means, scales, rules) : { ...predictedOf(means, noise), rows: undefined };
        for (const { at, upper } of rows.doubts) listed.push([2 * position * means.length + at, upper]);
        if (rows.rows === undefined) return rows.base;
        const symbols = rows.base.map((base, i) => {
          const block = Math.floor(i / card.channels);
          const at = (block * tokens + position) * card.channels + (i % card.channels);
          return roundHalfEven(f((wanted[at] ?? 0) - base));
        });
        streams.push(rans.encode(symbols, rows.rows));
        return symbols.map((symbol, i) => symbol + (rows.base[i] ?? 0));
      });
      listed.sort((a, b) => a[0] - b[0]);
      const boundaries = { positions: listed.map(([at]) => at), upper: listed.map(([, upper]) => upper) };
      return { ...coded, streams, boundaries: packBoundaries(boundaries) };
    },
  };
}

function tablesOf(card: TemporalCard, bytes: Uint8Array): StepTables {
  const { file } = card.tables;
  const [step] = parseTables(bytes, file).steps;
  const [means, scales] = [step?.sets ?? 0, step?.channels ?? 0];
  if (step !== undefined && means === card.means && scales === card.scales) return step;
  throw new CorruptDataError(
    file,
    `${means} means and ${scales} scales, the card says ${card.means} and ${card.scales}`,
  );
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

  return async (frame: TemporalFrame, choose: Choose): Promise<EncodedFrame> => {
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
