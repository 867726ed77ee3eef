import { CorruptDataError, UnsupportedError } from "../../core/errors.js";
import { areAngles, OWN_ROWS, planesOf, PLANES } from "../../model/lapped/axes.js";
import { GROUPS } from "../../model/lapped/geometry.js";
import { need, readFloats, readRows, type Cursor, type StepTables } from "../tables.js";

/**
 * Frozen tables of a lapped model, shared by all its entropy models (docs/format.md §6). A symbol's distribution is one of `scales`
 * shapes; which one, TEC-FP reads off the profile that a position names, and a context model computes.
 */
export interface LappedTables {
  readonly steps: number;
  readonly channels: number;
  /** Profiles of each half of the channels, sorted by scale. */
  readonly sets: number;
  readonly scales: number;
  /** Scales below have one row for each eighth of the mean, the others one row. */
  readonly fine: number;
  /** 1 for a channel that TEC-FP codes as differences to its neighbours. */
  readonly predicted: Uint8Array;
  /** 0 for channels whose frequencies are below 3 both ways, else 1: the two halves are named apart. */
  readonly half: Uint8Array;
  /** Of each step: what a symbol of each channel stands for, in units of the quantisation step. */
  readonly degain: readonly Float32Array[];
  /** Scale index, [steps][sets][channels]. */
  readonly base: Uint8Array;
  /** Rows of the angles of own axes, absolute, [GROUPS][PLANES]. */
  readonly angleRows: Uint16Array;
  /** All rows: symbols, low names, high names, angles. */
  readonly rows: StepTables;
  /** First row of the names of a half and step; see nameRow. */
  readonly firstNameRow: readonly [low: number, high: number];
}

export const FRACTIONS = 8;
/** Spreads of left and upper low names; classes of low names that high ones are told by. */
export const NAME_CLASSES = { low: 3, high: 8 } as const;
const MAGIC = "TECE";
const VERSION = 1;

/** @throws CorruptDataError naming `location` where it isn't whole, UnsupportedError for another version. */
export function parseLappedTables(bytes: Uint8Array, location: string): LappedTables {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 18 || String.fromCharCode(...bytes.subarray(0, 4)) !== MAGIC)
    throw new CorruptDataError(location, `not entropy tables: "${MAGIC}" expected at their start`);
  const [version, steps, channels, sets, scales, fine, angleRowCount] = Array.from({ length: 7 }, (_, i) =>
    view.getUint16(4 + 2 * i, true),
  ) as [number, number, number, number, number, number, number];
  if (version !== VERSION)
    throw new UnsupportedError(`${location}: tables version ${version}, this version reads ${VERSION}`);
  if (
    steps === 0 ||
    channels === 0 ||
    sets < NAME_CLASSES.high ||
    (sets & (sets - 1)) !== 0 ||
    sets > 256 ||
    fine > scales
  )
    throw new CorruptDataError(location, `${steps} steps, ${sets} sets and ${fine} of ${scales} scales make no tables`);
  const cursor: Cursor = { view, at: 18, location };
  const take = (length: number): Uint8Array => {
    need(cursor, length);
    cursor.at += length;
    return bytes.slice(cursor.at - length, cursor.at);
  };
  const [predicted, half] = [take(channels), take(channels)];
  const degain = Array.from({ length: steps }, () => readFloats(cursor, channels));
  const base = take(steps * sets * channels);
  const angles = take(GROUPS * PLANES);
  const symbolRows = FRACTIONS * fine + scales - fine;
  const perStep = sets + 1;
  const [lowRows, highRows] = [steps * perStep * NAME_CLASSES.low, steps * perStep * NAME_CLASSES.high];
  const total = symbolRows + lowRows + highRows + angleRowCount;
  const none = new Float32Array();
  const rows = { sets: 1, channels: total, gain: none, degain: none, rounding: none, ...readRows(cursor, total) };
  if (cursor.at !== bytes.length) throw new CorruptDataError(location, `${bytes.length} bytes, ${cursor.at} expected`);
  if (base.some((scale) => scale >= scales) || angles.some((row) => row >= angleRowCount))
    throw new CorruptDataError(location, "it names a row that it does not hold");
  if (degain.some((gains) => gains.some((gain) => !(gain > 0 && gain < 100))))
    throw new CorruptDataError(location, "it holds a factor that is not between 0 and 100");
  return {
    steps,
    channels,
    sets,
    scales,
    fine,
    predicted,
    half,
    degain,
    base,
    angleRows: Uint16Array.from(angles, (row) => symbolRows + lowRows + highRows + row),
    rows,
    firstNameRow: [symbolRows, symbolRows + lowRows],
  };
}

/** The row of a symbol about a mean whose fraction is in eighths. */
export function symbolRow({ fine }: Pick<LappedTables, "fine">, scale: number, fraction = 0): number {
  return scale < fine ? FRACTIONS * scale + fraction : FRACTIONS * fine + scale - fine;
}

/** Rows of one step's TEC-FP symbols, [sets][channels]. */
export function profileRows(tables: LappedTables, step: number): Uint16Array {
  const { sets, channels, base } = tables;
  const from = step * sets * channels;
  return Uint16Array.from({ length: sets * channels }, (_, i) => symbolRow(tables, base[from + i] ?? 0));
}

/** The row of a name: `left` and `top` are -1 where there is none; `low` is the position's low name, undefined where that is asked for. */
export function nameRow(
  tables: LappedTables,
  step: number,
  left: number,
  top: number,
  low: number | undefined,
): number {
  const { sets, firstNameRow } = tables;
  const context = left < 0 ? (top < 0 ? sets : top) : top < 0 ? left : (left + top + 1) >> 1;
  if (low === undefined) {
    const spread = left < 0 || top < 0 ? 0 : Math.min(2, Math.abs(left - top) >> 1);
    return firstNameRow[0] + (step * (sets + 1) + context) * NAME_CLASSES.low + spread;
  }
  return firstNameRow[1] + (step * (sets + 1) + context) * NAME_CLASSES.high + (low >> classShift(tables));
}

/** Low names are told apart in eight classes. */
export function classShift({ sets }: Pick<LappedTables, "sets">): number {
  return Math.log2(sets) - 3;
}

/** How a group's axes are stated. */
export const AXES_MODES = ["common", "own", "few", "reference"] as const;
export type AxesMode = (typeof AXES_MODES)[number];

/** Rows of angles that a mode states. */
export function rowsOf(mode: AxesMode): number {
  return mode === "own" ? OWN_ROWS.own : mode === "few" ? OWN_ROWS.few : 0;
}

/** @throws CorruptDataError where angles are beyond what turns axes. */
export function checkAngles(angles: Int16Array, mode: AxesMode, location: string): void {
  const rows = rowsOf(mode);
  if (angles.length !== planesOf(rows) || !areAngles(angles, rows))
    throw new CorruptDataError(location, "its axes' angles are out of range");
}
