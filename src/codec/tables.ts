import { CorruptDataError, UnsupportedError } from "../core/errors.js";

/**
 * Frozen integer tables of TEC-FP (docs/format.md §6): for each quality step the gains and, for each set and channel, the frequencies
 * of the symbols. The layout of a row is CompressAI's: ordinary symbols from `first` on, then one escape entry; the frequencies of
 * a row sum to 65536 and are at least 1.
 */
export interface EntropyTables {
  readonly steps: readonly StepTables[];
  readonly sets: number;
  readonly channels: number;
  /** 1 for a channel that is coded as differences to its neighbours (codec/differences), length = channels. */
  readonly predicted: Uint8Array;
}

/** The tables of one quality step. Rows are indexed by set * channels + channel. */
export interface StepTables {
  readonly sets: number;
  readonly channels: number;
  /** Symbol = quantised (latent x gain), length = channels. */
  readonly gain: Float32Array;
  /** Dequantised latent = symbol x degain, length = channels. */
  readonly degain: Float32Array;
  /** Symbol = sign(v) floor(|v| + rounding): 0.5 rounds, less leaves a dead zone. Length = channels. */
  readonly rounding: Float32Array;
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** Index of each row's cumulative frequencies in `cum`. */
  readonly start: Int32Array;
  /** Count + 2 values a row, from 0 to 65536. */
  readonly cum: Int32Array;
}

const MAGIC = "TECF";
const VERSION = 2;
export const TOTAL = 65536;

/**
 * Parses a tables file.
 *
 * @throws CorruptDataError naming `location` when the file is not whole or a row is not a distribution.
 */
export function parseTables(bytes: Uint8Array, location: string): EntropyTables {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = bytes.length >= 12 ? String.fromCharCode(...bytes.subarray(0, 4)) : "";
  if (magic !== MAGIC)
    throw new CorruptDataError(location, `not an entropy table file: "${MAGIC}" expected at its start`);
  const [version, stepCount, sets, channels] = [4, 6, 8, 10].map((at) => view.getUint16(at, true)) as [
    number,
    number,
    number,
    number,
  ];
  if (version !== VERSION)
    throw new UnsupportedError(`${location}: table version ${version}, this version reads ${VERSION}`);
  const cursor = { view, at: 12 + channels, location };
  if (cursor.at > bytes.length) throw new CorruptDataError(location, "truncated in its head");
  const predicted = bytes.slice(12, cursor.at);
  const gains = Array.from(
    { length: stepCount },
    () => [readFloats(cursor, channels), readFloats(cursor, channels), readFloats(cursor, channels)] as const,
  );
  const steps = gains.map(([gain, degain, rounding]) => ({
    sets,
    channels,
    gain,
    degain,
    rounding,
    ...readRows(cursor, sets * channels),
  }));
  if (cursor.at !== bytes.length) throw new CorruptDataError(location, `${bytes.length} bytes, ${cursor.at} expected`);
  return { steps, sets, channels, predicted };
}

/** A place in a table file that is being read. */
export interface Cursor {
  readonly view: DataView;
  at: number;
  readonly location: string;
}

/** @throws CorruptDataError when fewer than `bytes` bytes are left. */
export function need(cursor: Cursor, bytes: number): void {
  if (cursor.at + bytes > cursor.view.byteLength) {
    throw new CorruptDataError(
      cursor.location,
      `truncated: ${cursor.at + bytes} bytes expected, ${cursor.view.byteLength} read`,
    );
  }
}

/** @throws CorruptDataError when the file ends before `length` float32. */
export function readFloats(cursor: Cursor, length: number): Float32Array {
  need(cursor, 4 * length);
  const out = Float32Array.from({ length }, (_, i) => cursor.view.getFloat32(cursor.at + 4 * i, true));
  cursor.at += 4 * length;
  return out;
}

/** @throws CorruptDataError when the file ends before `length` rows, or one is not a distribution. */
export function readRows(cursor: Cursor, length: number): Pick<StepTables, "first" | "count" | "start" | "cum"> {
  const [first, count, start] = [new Int32Array(length), new Int32Array(length), new Int32Array(length)];
  const cum: number[] = [];
  for (let row = 0; row < length; row++) {
    need(cursor, 4);
    first[row] = cursor.view.getInt16(cursor.at, true);
    const symbols = cursor.view.getUint16(cursor.at + 2, true);
    cursor.at += 4;
    need(cursor, 2 * (symbols + 1));
    count[row] = symbols;
    start[row] = cum.length;
    let sum = 0;
    cum.push(0);
    for (let i = 0; i <= symbols; i++) {
      const frequency = cursor.view.getUint16(cursor.at + 2 * i, true);
      if (frequency === 0)
        throw new CorruptDataError(cursor.location, `row ${row} holds a frequency of 0; wanted at least 1`);
      sum += frequency;
      cum.push(sum);
    }
    cursor.at += 2 * (symbols + 1);
    if (sum !== TOTAL) throw new CorruptDataError(cursor.location, `row ${row} sums to ${sum}; wanted ${TOTAL}`);
  }
  return { first, count, start, cum: Int32Array.from(cum) };
}

/** Bits of each entry of `cum`: -log2 of its frequency; of an escape those of its first digit too, the rest is 4 for each further one. */
export function entryBits(rows: Pick<StepTables, "start" | "count" | "cum">): Float32Array {
  const bits = new Float32Array(rows.cum.length);
  for (let row = 0; row < rows.start.length; row++) {
    const [start = 0, count = 0] = [rows.start[row], rows.count[row]];
    for (let s = 0; s <= count; s++) {
      const frequency = (rows.cum[start + s + 1] ?? TOTAL) - (rows.cum[start + s] ?? 0);
      bits[start + s] = 16 - Math.log2(frequency) + (s === count ? 8 : 0);
    }
  }
  return bits;
}
