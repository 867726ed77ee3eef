import { CorruptDataError, InvalidRequestError } from "../../../src/core/errors.js";
import type { Evaluate } from "../../../src/codec/official/evaluate.js";
import { createIndexedRans, type IndexedRans } from "../../../src/codec/rans-indexed.js";
import { parseTables, type StepTables } from "../../../src/codec/tables.js";
import { packBoundaries, unpackBoundaries } from "../../../src/codec/official/boundary-list.js";
import type { TemporalCard } from "./temporal-card.js";
import { createTemporalNetwork } from "./temporal-network.js";
import type { TemporalPackage } from "./temporal-package.js";
import { blocksOf, gatherTokens } from "./temporal-patches.js";
import { predictedOf, roundHalfEven, rowsOf, type TokenRows } from "./temporal-rows.js";
import { decodeToken } from "./temporal-stream.js";
import { createTokenLoop, gridOf, type FrameLatents, type TemporalFrame, type TokenLoop } from "./temporal-tokens.js";

export interface DecodedFrame extends FrameLatents {
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
  encode(frame: TemporalFrame, y: Float32Array, tokens?: number): Promise<TemporalStreams & FrameLatents>;
}

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
  const coder: Coder = {
    card,
    noise,
    tokens: card.window * card.window,
    rans: createIndexedRans(tablesOf(card, tables)),
    run: createTokenLoop(card, createTemporalNetwork(card, evaluate)),
  };
  return {
    decode: (frame, coded) => decode(coder, frame, coded),
    encode: (frame, y, tokens = coder.tokens) => encode(coder, frame, y, tokens),
  };
}

interface Coder {
  readonly card: TemporalCard;
  readonly noise: number;
  /** Of a block. */
  readonly tokens: number;
  readonly rans: IndexedRans;
  readonly run: TokenLoop;
}

async function decode(
  coder: Coder,
  frame: TemporalFrame,
  { streams, boundaries }: TemporalStreams,
): Promise<DecodedFrame> {
  const { card, noise, tokens } = coder;
  const { location } = frame;
  if (card.kind === "tt" ? streams.length !== tokens : streams.length > tokens)
    throw new CorruptDataError(
      location,
      `${streams.length} streams, ${card.kind === "tt" ? "" : "at most "}${tokens} expected`,
    );
  const places = 2 * card.channels * blocksOf(gridOf(card, frame));
  const sides = unpackBoundaries(boundaries, tokens * places, location);
  let [repaired, uncertain] = [0, 0];
  const decoded = await coder.run(frame, (position, { means, scales }) => {
    const settled = sides.subarray(position * places, (position + 1) * places);
    const stream = streams[position];
    if (stream === undefined) {
      const predicted = predictedOf(means, noise, settled);
      uncertain += predicted.doubts.length;
      return predicted.base;
    }
    const rows = rowsOf(means, scales, coder, settled);
    const token = decodeToken(coder.rans, stream, rows, `${location}, stream ${position}`);
    repaired += token.repaired;
    return token.latents;
  });
  return { ...decoded, repaired, uncertain };
}

async function encode(
  coder: Coder,
  frame: TemporalFrame,
  y: Float32Array,
  kept: number,
): Promise<TemporalStreams & FrameLatents> {
  const { card, noise, tokens } = coder;
  if (kept < 0 || kept > tokens || (card.kind === "tt" && kept !== tokens))
    throw new InvalidRequestError(`${kept} tokens of ${tokens} can't be kept by a ${card.kind} model`);
  const expected = card.channels * frame.rows * frame.columns;
  if (y.length !== expected)
    throw new InvalidRequestError(`${frame.location}: ${y.length} latents, ${expected} expected`);
  const wanted = gatherTokens(y, gridOf(card, frame), card.window);
  const streams: Uint8Array[] = [];
  const listed: (readonly [at: number, upper: boolean])[] = [];
  const list = (position: number, { base, doubts }: Pick<TokenRows, "base" | "doubts">): void => {
    for (const { at, upper } of doubts) listed.push([2 * position * base.length + at, upper]);
  };
  const coded = await coder.run(frame, (position, { means, scales }) => {
    if (position >= kept) {
      const predicted = predictedOf(means, noise);
      list(position, predicted);
      return predicted.base;
    }
    const token = rowsOf(means, scales, coder);
    list(position, token);
    const symbols = token.base.map((base, i) => {
      const block = Math.floor(i / card.channels);
      const at = (block * tokens + position) * card.channels + (i % card.channels);
      return roundHalfEven(Math.fround((wanted[at] ?? 0) - base));
    });
    streams.push(coder.rans.encode(symbols, token.rows));
    return symbols.map((symbol, i) => symbol + (token.base[i] ?? 0));
  });
  listed.sort((a, b) => a[0] - b[0]);
  const boundaries = { positions: listed.map(([at]) => at), upper: listed.map(([, upper]) => upper) };
  return { ...coded, streams, boundaries: packBoundaries(boundaries) };
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
