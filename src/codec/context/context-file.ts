import { CorruptDataError, UnsupportedError } from "../../core/errors.js";
import { need, readRows, type Cursor, type StepTables } from "../tables.js";
import { LINEAR_SLOTS, LOW_CHANNELS, type LinearWeights } from "./linear.js";

/**
 * What a context model needs beside its networks (docs/format.md §9): the static prior of each symbol's scale and mean, linear
 * predictions of the lowest channels, and the frozen distributions: of symbols about their mean, by scale and fraction of the mean,
 * and of table sets given their neighbours.
 */
export interface ContextFile {
  /** Whether earlier dates serve as context. */
  readonly temporal: boolean;
  /** Bounds of the groups of channels: group g is [bounds[g], bounds[g + 1]). */
  readonly bounds: readonly number[];
  readonly steps: number;
  readonly sets: number;
  readonly channels: number;
  readonly scales: number;
  /** Scales below `fine` have one row for each eighth of the mean, the others one row. */
  readonly fine: number;
  /** Scale index, [steps][sets][channels]. */
  readonly base: Uint8Array;
  /** Of each step: linear predictions of the lowest channels. */
  readonly linear: readonly LinearWeights[];
  /** Static means in quarters of a symbol, [steps][sets][LOW_CHANNELS]. */
  readonly means: Int16Array;
  /** All rows: symbols, then sets. */
  readonly tables: StepTables;
  /** First row of the sets; of step q, left set a and top set b (sets = none): firstSetRow + (q (sets + 1) + a) (sets + 1) + b. */
  readonly firstSetRow: number;
}

export const FRACTIONS = 8;
const MAGIC = "TECC";
const VERSION = 1;

/** @throws CorruptDataError naming `location`, UnsupportedError for another version. */
export function parseContextFile(bytes: Uint8Array, location: string): ContextFile {
  const reader = createReader(bytes, location);
  if (String.fromCharCode(...reader.bytes(4)) !== MAGIC)
    throw new CorruptDataError(location, `not a context file: "${MAGIC}" expected at its start`);
  const version = reader.u16();
  if (version !== VERSION)
    throw new UnsupportedError(`${location}: context file version ${version}, this version reads ${VERSION}`);
  const [temporal, groups] = [reader.u16() === 1, reader.u16()];
  const bounds = Array.from({ length: groups + 1 }, () => reader.u16());
  const [steps, sets, channels, scales, fine] = [reader.u16(), reader.u16(), reader.u16(), reader.u16(), reader.u16()];
  const grows = bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] ?? 0));
  if (groups === 0 || bounds[0] !== 0 || bounds[groups] !== channels || !grows || fine > scales)
    throw new CorruptDataError(
      location,
      `groups of channels at ${bounds.join(", ")}; 0 to ${channels} expected, ascending`,
    );
  const base = reader.bytes(steps * sets * channels).slice();
  const linear = Array.from({ length: steps }, () =>
    LINEAR_SLOTS.map(([, , inputs]) => Float64Array.from({ length: 32 * inputs }, () => reader.i16())),
  );
  const means = Int16Array.from({ length: steps * sets * LOW_CHANNELS }, () => reader.i16());
  const firstSetRow = fine * FRACTIONS + scales - fine;
  const tables = reader.rows(firstSetRow + steps * (sets + 1) ** 2);
  reader.end();
  return { temporal, bounds, steps, sets, channels, scales, fine, base, linear, means, tables, firstSetRow };
}

/** The row of the tables and the integer part of the mean, for a scale index and a mean in eighths of a symbol. */
export function rowOf(file: Pick<ContextFile, "fine">, scale: number, mean: number): number {
  return scale < file.fine ? scale * FRACTIONS + (mean & 7) : file.fine * FRACTIONS + scale - file.fine;
}

/** What is taken off a symbol before it is coded. */
export function wholeOf(file: Pick<ContextFile, "fine">, scale: number, mean: number): number {
  return scale < file.fine ? mean >> 3 : (mean + 4) >> 3;
}

interface Reader {
  u16(): number;
  i16(): number;
  bytes(length: number): Uint8Array;
  /** Rows of tables, one distribution each. */
  rows(length: number): StepTables;
  end(): void;
}

function createReader(source: Uint8Array, location: string): Reader {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const cursor: Cursor = { view, at: 0, location };
  const advance = (length: number): number => {
    need(cursor, length);
    cursor.at += length;
    return cursor.at - length;
  };
  return {
    u16: () => view.getUint16(advance(2), true),
    i16: () => view.getInt16(advance(2), true),
    bytes(length) {
      const from = advance(length);
      return source.subarray(from, from + length);
    },
    rows(length) {
      const none = new Float32Array();
      return { sets: 1, channels: length, gain: none, degain: none, rounding: none, ...readRows(cursor, length) };
    },
    end() {
      const { at } = cursor;
      if (at !== source.length) throw new CorruptDataError(location, `${source.length} bytes, ${at} expected`);
    },
  };
}
