import { CorruptDataError, ModelError } from "../../core/errors.js";
import type { Feed } from "../../model/session.js";
import type { Evaluate } from "./evaluate.js";
import { createIndexedRans, type IndexedRans } from "../rans-indexed.js";
import { createRansCoder, type RansCoder } from "../rans.js";
import { packBoundaries, unpackBoundaries } from "./boundary-list.js";
import type { ElicPackage } from "./elic-package.js";

/**
 * A chunk as TEC-ELIC codes it: the strings of the package's compress() in their order (each group's anchors and others, last z) and the
 * boundary list, empty in a stream that comes from the package.
 */
export interface ElicStreams {
  readonly streams: readonly Uint8Array[];
  readonly boundaries: Uint8Array;
}

/** Latents of a chunk. */
export interface ElicLatents {
  /** y_hat = symbol + mean, [M][rows][columns]: exact but for the last bits, which depend on the engine. */
  readonly latents: Float32Array;
  /** Exact on every engine: what a checksum is taken of. [M][rows][columns], each rounded up to a multiple of 4. */
  readonly symbols: Int16Array;
}

export interface ChunkShape {
  /** Latents. */
  readonly rows: number;
  readonly columns: number;
}

/** The coder of one converted TEC-ELIC; may work on several chunks at once where `evaluate` may. Belongs to one thread. */
export interface ElicCoder {
  /** y, [M][rows][columns], as the analysis gives it. */
  encode(y: Float32Array, shape: ChunkShape): Promise<ElicStreams & ElicLatents>;
  /** @throws CorruptDataError naming `location`; ModelError when a network gives another shape than the card says. */
  decode(chunk: ElicStreams, shape: ChunkShape, location: string): Promise<ElicLatents>;
}

/**
 * A scale nearer than this to a threshold of the table, relative to the larger of it and 1, is put on the boundary list: a decoder whose
 * floats are off by less takes the same table everywhere. About 1e-4 of the table's steps (which are 13 % apart) for scales of 1 and more.
 */
export const ELIC_TOLERANCE = 1e-5;

/** The package's lower bound of a scale. */
const SMALLEST = Math.fround(0.11);
const LARGEST = 32767;

/** Codes half a group: gives its symbols, having made of the parameters of each position a table row. */
type CodeHalf = (half: Half, stream: number) => Int16Array;

interface Half {
  /** Index of each symbol in the whole padded chunk, in the order of the stream. */
  readonly positions: Uint32Array;
  readonly means: Float32Array;
  readonly scales: Float32Array;
}

export function createElicCoder(elic: ElicPackage, evaluate: Evaluate, tolerance = ELIC_TOLERANCE): ElicCoder {
  const coder = {
    elic,
    evaluate,
    tolerance,
    z: createRansCoder(elic.tables.z),
    y: createIndexedRans(elic.tables.y),
  };
  return {
    encode: (y, shape) => encode(coder, y, shape),
    decode: (chunk, shape, location) => decode(coder, { chunk, shape, location }),
  };
}

interface Coder {
  readonly elic: ElicPackage;
  readonly evaluate: Evaluate;
  readonly tolerance: number;
  readonly z: RansCoder;
  readonly y: IndexedRans;
}

async function encode(coder: Coder, y: Float32Array, shape: ChunkShape): Promise<ElicStreams & ElicLatents> {
  const { card, channels, tables } = coder.elic;
  const padded = { rows: up4(shape.rows), columns: up4(shape.columns) };
  const whole = resized(y, shape, padded);
  const plane = padded.rows * padded.columns;
  const feed = { latents: { dims: [1, channels, padded.rows, padded.columns], data: whole } };
  const z = await run(coder, card.hyperAnalysis.file, { feed, output: "z", length: (card.hyperChannels * plane) / 16 });
  const zSymbols = Int16Array.from(z, (value, i) => rounded(value, tables.medians[Math.floor((16 * i) / plane)] ?? 0));
  const streams: Uint8Array[] = [];
  const near: { readonly at: number; readonly upper: boolean }[] = [];
  const { latents, symbols } = await walk(coder, zSymbols, padded, ({ positions, means, scales }) => {
    const coded = Int16Array.from(positions, (at, j) => rounded(whole[at] ?? 0, means[j] ?? 0));
    const rows = Uint16Array.from(scales, (scale) => rowOf(scale, tables.scales));
    streams.push(coder.y.encode(coded, rows));
    scales.forEach((scale, j) => {
      const distance = coder.tolerance * Math.max(1, Math.abs(scale));
      const highest = rowOf(scale + distance, tables.scales);
      if (rowOf(scale - distance, tables.scales) !== highest)
        near.push({ at: positions[j] ?? 0, upper: rows[j] === highest });
    });
    return coded;
  });
  near.sort((a, b) => a.at - b.at);
  const zShape = { channels: card.hyperChannels, positions: plane / 16, sets: undefined };
  return {
    streams: [...streams, coder.z.encode(zSymbols, zShape)],
    boundaries: packBoundaries({ positions: near.map(({ at }) => at), upper: near.map(({ upper }) => upper) }),
    latents: resized(latents, padded, shape),
    symbols,
  };
}

interface DecodeTask {
  readonly chunk: ElicStreams;
  readonly shape: ChunkShape;
  readonly location: string;
}

async function decode(coder: Coder, { chunk, shape, location }: DecodeTask): Promise<ElicLatents> {
  const { card, channels, tables } = coder.elic;
  const { streams, boundaries } = chunk;
  const padded = { rows: up4(shape.rows), columns: up4(shape.columns) };
  const plane = padded.rows * padded.columns;
  const wanted = 2 * card.groups.length + 1;
  if (streams.length !== wanted) throw new CorruptDataError(location, `${streams.length} streams, ${wanted} expected`);
  const sides = unpackBoundaries(boundaries, channels * plane, location);
  const zShape = { channels: card.hyperChannels, positions: plane / 16, sets: undefined };
  const zSymbols = coder.z.decode(streams.at(-1) ?? new Uint8Array(), zShape, location);
  const { latents, symbols } = await walk(coder, zSymbols, padded, ({ positions, scales }, stream) => {
    const decoder = coder.y.decoder(streams[stream] ?? new Uint8Array(), location);
    const rows = Uint16Array.from(scales, (scale, j) => {
      const side = sides[positions[j] ?? 0] ?? -1;
      return side < 0 ? rowOf(scale, tables.scales) : nearestThreshold(scale, tables.scales) + side;
    });
    const coded = decoder.next(rows);
    decoder.finish();
    return coded;
  });
  return { latents: resized(latents, padded, shape), symbols };
}

/** Symbols of z -> the latents of a chunk whose sides are multiples of 4, each half of each group coded by `code`. */
async function walk(coder: Coder, zSymbols: Int16Array, shape: ChunkShape, code: CodeHalf): Promise<ElicLatents> {
  const { card, channels, tables } = coder.elic;
  const { rows, columns } = shape;
  const plane = rows * columns;
  const feedOf = (data: Float32Array): Feed => ({ dims: [1, data.length / plane, rows, columns], data });
  const zHat = Float32Array.from(zSymbols, (symbol, i) => symbol + (tables.medians[Math.floor((16 * i) / plane)] ?? 0));
  const z = { dims: [1, card.hyperChannels, rows / 4, columns / 4], data: zHat };
  const side = { feed: { z }, output: "hyper", length: 2 * channels * plane };
  const hyper = feedOf(await run(coder, card.hyperSynthesis.file, side));
  const [latents, symbols] = [new Float32Array(channels * plane), new Int16Array(channels * plane)];
  let [first, before] = [0, 0]; // channel of this group and of the one before
  for (const [k, group] of card.groups.entries()) {
    const length = 2 * group.channels * plane;
    const feed: Record<string, Feed> = { hyper };
    if (group.context !== undefined) {
      const known = contextOf(latents, (card.groups[0]?.channels ?? 0) * plane, before * plane, first * plane);
      const task = { feed: { latents: feedOf(known) }, output: "channel", length };
      feed["channel"] = feedOf(await run(coder, group.context.file, task));
    }
    for (const i of [0, 1]) {
      feed["anchors"] = feedOf(latents.slice(first * plane, (first + group.channels) * plane));
      feed["seen"] = { dims: [1], data: Float32Array.of(i) };
      const found = await run(coder, group.parameters.file, { feed, output: "parameters", length });
      const half = halfOf(found, { ...shape, first, channels: group.channels }, i);
      const coded = code(half, 2 * k + i);
      for (let j = 0; j < coded.length; j++) {
        const [at, symbol] = [half.positions[j] ?? 0, coded[j] ?? 0];
        symbols[at] = symbol;
        latents[at] = symbol + (half.means[j] ?? 0);
      }
    }
    before = first;
    first += group.channels;
  }
  return { latents, symbols };
}

interface Run {
  readonly feed: Readonly<Record<string, Feed>>;
  readonly output: string;
  readonly length: number;
}

async function run(coder: Coder, file: string, { feed, output, length }: Run): Promise<Float32Array> {
  const data = await coder.evaluate(file, feed, output);
  if (data.length !== length) throw new ModelError(`${file} gave ${data.length} numbers, its card means ${length}`);
  return data;
}

/** The first group and, where there are more, the one just coded: all that the published context sees. */
function contextOf(latents: Float32Array, ofFirst: number, from: number, to: number): Float32Array {
  if (from === 0) return latents.slice(0, ofFirst);
  const context = new Float32Array(ofFirst + to - from);
  context.set(latents.subarray(0, ofFirst));
  context.set(latents.subarray(from, to), ofFirst);
  return context;
}

/** Anchors (i = 0) are where row + column is even. `found` has the group's means, then its scales. */
function halfOf(
  found: Float32Array,
  group: ChunkShape & { readonly first: number; readonly channels: number },
  i: number,
): Half {
  const { rows, columns, first, channels } = group;
  const plane = rows * columns;
  const count = (channels * plane) / 2;
  const [positions, means, scales] = [new Uint32Array(count), new Float32Array(count), new Float32Array(count)];
  let n = 0;
  for (let c = 0; c < channels; c++) {
    for (let r = 0; r < rows; r++) {
      for (let column = (r + i) & 1; column < columns; column += 2) {
        const at = c * plane + r * columns + column;
        positions[n] = first * plane + at;
        means[n] = found[at] ?? 0;
        scales[n++] = found[channels * plane + at] ?? 0;
      }
    }
  }
  return { positions, means, scales };
}

/** The table row of a scale, as GaussianConditional.build_indexes: how many thresholds but the last lie below it. */
function rowOf(scale: number, thresholds: Float32Array): number {
  const bounded = Math.max(scale, SMALLEST);
  let [low, high] = [0, thresholds.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bounded > (thresholds[middle] ?? 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the threshold (of those that part two rows) nearest to a scale. */
function nearestThreshold(scale: number, thresholds: Float32Array): number {
  const above = Math.min(rowOf(scale, thresholds), thresholds.length - 2);
  const below = Math.max(0, above - 1);
  const distance = (i: number): number => Math.abs((thresholds[i] ?? 0) - scale);
  return distance(below) < distance(above) ? below : above;
}

/** Round(value - mean) in float32, halves to even, as torch does. */
function rounded(value: number, mean: number): number {
  const v = Math.fround(value - mean);
  const floor = Math.floor(v);
  const rest = v - floor;
  const whole = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  return Math.max(-LARGEST, Math.min(LARGEST, whole));
}

const up4 = (n: number): number => Math.ceil(n / 4) * 4;

/** Planes cut off or continued by their last row and column. */
function resized(values: Float32Array, from: ChunkShape, to: ChunkShape): Float32Array {
  if (from.rows === to.rows && from.columns === to.columns) return values;
  const planes = values.length / (from.rows * from.columns);
  const out = new Float32Array(planes * to.rows * to.columns);
  let n = 0;
  for (let c = 0; c < planes; c++) {
    for (let r = 0; r < to.rows; r++) {
      const row = (c * from.rows + Math.min(r, from.rows - 1)) * from.columns;
      for (let column = 0; column < to.columns; column++)
        out[n++] = values[row + Math.min(column, from.columns - 1)] ?? 0;
    }
  }
  return out;
}
