import { CorruptDataError, UnsupportedError } from "../../core/errors.js";

/** A context model's whole numbers (docs/format.md): what `assembly/context.ts` reads, nothing that a device could round. */
export interface ContextWeights {
  /** Whether earlier dates serve as context. */
  readonly temporal: boolean;
  readonly channels: number;
  /** Ids of the channels, component * 256 + frequency, as the model card's. */
  readonly order: Uint16Array;
  /** Channels of FlexTEC's tokens: token t is [bounds[t], bounds[t + 1]). */
  readonly bounds: Uint16Array;
  /** Quantisation steps, in 1/8 DN, for which `level` and `base` are told. */
  readonly steps: Uint16Array;
  /** Perceptron of each channel. */
  readonly classes: Uint8Array;
  /** Channels that linear predictions look at lie below it. */
  readonly linearSpan: number;
  /** Line of `linear` for each channel, -1 where it is not predicted. */
  readonly linearIndex: Int16Array;
  readonly linear: Int16Array;
  readonly expect: Int16Array;
  /** [steps][channels]: a channel's usual size, 8 an octave. */
  readonly level: Uint8Array;
  /** [steps][channels]: scale index in 1/64. */
  readonly base: Int16Array;
  readonly scale: Perceptron;
  /** Of the means' candidates; undefined unless temporal. */
  readonly mean: (Perceptron & { readonly base: Int16Array }) | undefined;
}

/** 16 hidden units: `first` [classes][features / 2][16][2], `bias` [channels][16], `out` [classes][outputs][16]. */
export interface Perceptron {
  readonly first: Int16Array;
  readonly bias: Int16Array;
  readonly out: Int16Array;
}

export const HIDDEN = 16;
/** Weights of five candidates of a mean, and a scale for channels that are forecast. */
export const MEAN_OUTPUTS = 6;
export const LINEAR_SLOTS = 9;
const LINEAR_INPUTS = 49;
const [OWN_FEATURES, SCALE_FEATURES, MEAN_FEATURES] = [24, 32, 26];
const MAGIC = "TECW";
const VERSION = 1;

/** @throws CorruptDataError naming `location`, UnsupportedError for another version. */
export function parseContextWeights(bytes: Uint8Array, location: string): ContextWeights {
  const take = createTaker(bytes, location);
  if (String.fromCharCode(...take.u8(4)) !== MAGIC)
    throw new CorruptDataError(location, `not a file of context weights: "${MAGIC}" expected at its start`);
  const [version = 0, kind = 0, channels = 0, steps = 0, classes = 0, lines = 0, linearSpan = 0, tokens = 0] =
    take.u16(8);
  if (version !== VERSION)
    throw new UnsupportedError(`${location}: context weights of version ${version}, this version reads ${VERSION}`);
  const temporal = kind === 1;
  const perceptron = (features: number, outputs: number): Perceptron => ({
    first: take.i16(classes * features * HIDDEN),
    bias: take.i16(channels * HIDDEN),
    out: take.i16(classes * outputs * HIDDEN),
  });
  const out = {
    temporal,
    channels,
    order: take.u16(channels),
    bounds: take.u16(tokens + 1),
    steps: take.u16(steps),
    classes: take.u8(channels),
    linearSpan,
    linearIndex: take.i16(channels),
    linear: take.i16(lines * LINEAR_INPUTS),
    expect: take.i16(256),
    level: take.u8(steps * channels),
    base: take.i16(steps * channels),
    scale: perceptron(temporal ? SCALE_FEATURES : OWN_FEATURES, 1),
    mean: temporal
      ? { ...perceptron(MEAN_FEATURES, MEAN_OUTPUTS), base: take.i16(channels * MEAN_OUTPUTS) }
      : undefined,
  };
  take.end();
  check(out, classes, lines, location);
  return out;
}

/** Everything that the walk uses as an index. */
function check(weights: ContextWeights, classes: number, lines: number, location: string): void {
  const { channels, order, bounds, steps, linearIndex, linearSpan } = weights;
  const grows = bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] ?? 0));
  if (!grows || bounds[0] !== 0 || bounds.at(-1) !== channels)
    throw new CorruptDataError(location, `tokens at ${bounds.join(", ")}; 0 to ${channels} expected, ascending`);
  if (new Set(order).size !== channels || order.some((id) => id >= 12 * 256))
    throw new CorruptDataError(location, "the channels' ids are not distinct, or there are none such");
  if (steps.length === 0 || steps.includes(0))
    throw new CorruptDataError(location, "a quantisation step is missing or 0");
  if (weights.classes.some((value) => value >= classes))
    throw new CorruptDataError(location, `a channel's class is beyond the ${classes} there are`);
  if (linearIndex.some((line, c) => line >= lines || (line >= 0 && c >= linearSpan)) || linearSpan > channels)
    throw new CorruptDataError(location, `a linear prediction is beyond the ${lines} of ${linearSpan} channels`);
}

interface Taker {
  u8(length: number): Uint8Array;
  u16(length: number): Uint16Array;
  i16(length: number): Int16Array;
  end(): void;
}

function createTaker(source: Uint8Array, location: string): Taker {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  let at = 0;
  const advance = (length: number): number => {
    if (at + length > source.length) throw new CorruptDataError(location, `truncated at byte ${source.length}`);
    at += length;
    return at - length;
  };
  return {
    u8(length) {
      const from = advance(length);
      return source.slice(from, from + length);
    },
    u16(length) {
      const from = advance(2 * length);
      return Uint16Array.from({ length }, (_, i) => view.getUint16(from + 2 * i, true));
    },
    i16(length) {
      const from = advance(2 * length);
      return Int16Array.from({ length }, (_, i) => view.getInt16(from + 2 * i, true));
    },
    end() {
      if (at !== source.length) throw new CorruptDataError(location, `${source.length} bytes, ${at} expected`);
    },
  };
}
