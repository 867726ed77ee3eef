import { CorruptDataError } from "../../core/errors.js";
import { createSymbolList, type SymbolList } from "../../core/latents.js";
import { createIndexedRans } from "../rans-indexed.js";
import { RANS_WASM } from "../rans-wasm.js";
import { align, fromBase64, grow, uploadTables } from "../rans.js";

import { angleRows, packModes, splitAngles, unpackModes, type StatedAxes } from "./axes-coding.js";
import { classShift, NAME_CLASSES, nameRow, profileRows, type LappedTables } from "./entropy-tables.js";
import { differencesOf } from "./predicted.js";

/** What a decoder knows of a chunk before its symbols. */
export interface ProfiledShape {
  readonly rows: number;
  readonly columns: number;
  /** Channels stored; those beyond are 0. */
  readonly channels: number;
  /** The model's step whose tables serve. */
  readonly quality: number;
}

/** Table sets that a chunk's positions name, row-major, one name a half of the channels. */
export interface ProfileNames {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
}

/** What TEC-FP keeps of a chunk beside its symbols. */
export interface ProfiledChunk {
  readonly axes: StatedAxes;
  /** Sixteenths of the step by which cloud is coarser; 16: not at all. */
  readonly cloudMult: number;
}

/** TEC-FP over the lapped basis: every symbol by the frozen distribution of its channel in the profile that its position names. */
export interface ProfiledCoder {
  readonly tables: LappedTables;
  encode(
    /** Symbols [channels][positions]. */
    chunk: ProfiledChunk & { readonly symbols: Int16Array; readonly names: ProfileNames },
    shape: ProfiledShape & { readonly mult: Uint8Array },
  ): Uint8Array;
  /**
   * Symbols, their checksum (codec/checksum) and what `multOf` gave.
   *
   * @param multOf steps of the positions in sixteenths, given the chunk's cloudMult.
   * @throws CorruptDataError naming `location`.
   */
  decode(
    stream: Uint8Array,
    shape: ProfiledShape,
    multOf: (cloudMult: number) => Uint8Array,
    location: string,
  ): ProfiledChunk & { readonly symbols: SymbolList; readonly checksum: number; readonly mult: Uint8Array };
}

/** Bytes before the stream: axes' modes and the names' mode, cloudMult. */
const HEAD = 2;
const NAMES_UNIFORM = 0x40;
const STATE = 16;
const LEAST_MULT = 16;
/** Bytes that may be looked at beyond symbols. */
const PADDING = 32;
const OUTCOMES = [
  "",
  "the stream ended early",
  "the stream was not used up",
  "an escaped symbol is out of range",
  "",
  "a position names no table set",
];

interface ProfiledExports {
  readonly memory: WebAssembly.Memory;
  decodeIndexed(...numbers: readonly number[]): number;
  decodeNames(...numbers: readonly number[]): number;
  decodeProfiled(...numbers: readonly number[]): number;
  likeliest(...numbers: readonly number[]): void;
  xxhash32(at: number, length: number): number;
  list(...numbers: readonly number[]): number;
}

/** Owns a WebAssembly instance, so it belongs to one thread. */
export function createProfiledCoder(tables: LappedTables): ProfiledCoder {
  const wasm = new WebAssembly.Instance(new WebAssembly.Module(fromBase64(RANS_WASM)), {})
    .exports as unknown as ProfiledExports;
  const { memory } = wasm;
  const uploaded = uploadTables(memory, tables.rows);
  const { first, count, start, cum, hint } = uploaded;
  const encoder = createIndexedRans(tables.rows);
  let free = uploaded.free;
  const place = (bytes: Uint8Array): number => {
    const at = free;
    free = align(at + bytes.length);
    grow(memory, free);
    new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
    return at;
  };
  const [halfAt, predictedAt] = [place(tables.half), place(tables.predicted)];
  const profiles = Array.from({ length: tables.steps }, (_, q) => profileRows(tables, q));
  const rowsOfStep = (quality: number): Uint16Array => profiles[quality] ?? profileRows(tables, quality);
  const rowsAt = profiles.map((rows) => place(new Uint8Array(rows.buffer)));
  const rowCount = tables.rows.first.length;
  const likelyAt = place(new Uint8Array(8 * rowCount));
  wasm.likeliest(first, count, start, cum, rowCount, likelyAt);

  return {
    tables,
    encode({ symbols, axes, cloudMult, names }, shape) {
      const { rows, columns, channels, quality, mult } = shape;
      const positions = rows * columns;
      const isUniform = [names.low, names.high].every((half) => half.every((name) => name === half[0]));
      const named = isUniform ? 1 : positions;
      const angles = angleRows(tables, axes.modes);
      const total = angles.length + 2 * named + channels * positions;
      const [allRows, all] = [new Uint16Array(total), new Int16Array(total)];
      allRows.set(angles);
      let at = 0;
      for (const mine of axes.angles) {
        all.set(mine, at);
        at += mine.length;
      }
      const width = isUniform ? 1 : columns;
      for (const half of [undefined, names.low]) {
        const mine = half === undefined ? names.low : names.high;
        for (let p = 0; p < named; p++, at++) {
          allRows[at] = nameRow(
            tables,
            quality,
            p % width > 0 ? (mine[p - 1] ?? 0) : -1,
            p >= width ? (mine[p - width] ?? 0) : -1,
            half === undefined ? undefined : half[p],
          );
          all[at] = mine[p] ?? 0;
        }
      }
      const rowOf = rowsOfStep(quality);
      for (let c = 0; c < channels; c++) {
        const mine = tables.half[c] === 0 ? names.low : names.high;
        for (let p = 0; p < positions; p++) allRows[at + p] = rowOf[(mine[p] ?? 0) * tables.channels + c] ?? 0;
        const plane = symbols.subarray(c * positions, (c + 1) * positions);
        all.set(tables.predicted[c] === 1 ? differencesOf(plane, { rows, columns, mult }) : plane, at);
        at += positions;
      }
      const stream = encoder.encode(all, allRows);
      const out = new Uint8Array(HEAD + stream.length);
      out[0] = packModes(axes) | (isUniform ? NAMES_UNIFORM : 0);
      out[1] = cloudMult;
      out.set(stream, HEAD);
      return out;
    },

    decode(bytes, shape, multOf, location) {
      const { rows, columns, channels, quality } = shape;
      const profileAt = rowsAt[quality];
      if (profileAt === undefined)
        throw new CorruptDataError(location, `quality step ${quality}, the model has 0 to ${tables.steps - 1}`);
      if (channels > tables.channels)
        throw new CorruptDataError(location, `${channels} channels, the model has ${tables.channels}`);
      const [kinds = 0, cloudMult = 0] = bytes;
      if (bytes.length < HEAD + 8) throw new CorruptDataError(location, "the stream ended early");
      if (cloudMult < LEAST_MULT || kinds >= 2 * NAMES_UNIFORM)
        throw new CorruptDataError(location, `its first bytes are ${kinds} and ${cloudMult}, which mean nothing`);
      const mult = multOf(cloudMult);
      const positions = rows * columns;
      const stream = bytes.subarray(HEAD);
      const modes = unpackModes(kinds);
      const angles = angleRows(tables, modes);
      const stateAt = free;
      const anglesAt = align(stateAt + STATE);
      const turnsAt = align(anglesAt + angles.byteLength);
      const lowAt = align(turnsAt + angles.byteLength);
      const highAt = align(lowAt + positions);
      const multAt = align(highAt + positions);
      const streamAt = align(multAt + positions);
      const limit = streamAt + stream.length;
      const symbolsAt = align(limit + 8);
      const size = channels * positions;
      const startsAt = align(symbolsAt + 2 * size + PADDING);
      const valuesAt = align(startsAt + 4 * (channels + 1));
      const placesAt = align(valuesAt + 2 * size);
      grow(memory, placesAt + size);
      new Uint8Array(memory.buffer, streamAt, stream.length).set(stream);
      new Uint8Array(memory.buffer, multAt, positions).set(mult);
      new Uint16Array(memory.buffer, anglesAt, angles.length).set(angles);
      const state = new DataView(memory.buffer, stateAt, STATE);
      state.setBigUint64(0, new DataView(stream.buffer, stream.byteOffset).getBigUint64(0, true), true);
      state.setUint32(8, streamAt + 8, true);
      const check = (outcome: number): void => {
        if (outcome !== 0) throw new CorruptDataError(location, OUTCOMES[outcome] ?? "the stream is damaged");
      };
      const coder = [first, count, start, cum, hint] as const;
      check(wasm.decodeIndexed(...coder, rowCount, anglesAt, angles.length, stateAt, limit, turnsAt));
      const axes = splitAngles(new Int16Array(memory.buffer, turnsAt, angles.length).slice(), modes, location);
      const isUniform = (kinds & NAMES_UNIFORM) !== 0;
      const [height, width] = isUniform ? [1, 1] : [rows, columns];
      const { sets } = tables;
      const [lowRow, highRow] = tables.firstNameRow.map(
        (row, half) => row + quality * (sets + 1) * (half === 0 ? NAME_CLASSES.low : NAME_CLASSES.high),
      ) as [number, number];
      const shift = classShift(tables);
      check(wasm.decodeNames(...coder, lowRow, NAME_CLASSES.low, sets, shift, 0, height, width, stateAt, limit, lowAt));
      check(
        wasm.decodeNames(
          ...coder,
          highRow,
          NAME_CLASSES.high,
          sets,
          shift,
          lowAt,
          height,
          width,
          stateAt,
          limit,
          highAt,
        ),
      );
      if (isUniform)
        for (const at of [lowAt, highAt]) {
          const names = new Uint8Array(memory.buffer, at, positions);
          names.fill(names[0] ?? 0);
        }
      check(
        wasm.decodeProfiled(
          ...coder,
          likelyAt,
          profileAt,
          halfAt,
          predictedAt,
          tables.channels,
          channels,
          rows,
          columns,
          lowAt,
          highAt,
          multAt,
          stateAt,
          limit,
          symbolsAt,
        ),
      );
      const listed = wasm.list(symbolsAt, channels, positions, startsAt, valuesAt, placesAt);
      const symbols = createSymbolList(channels, listed);
      symbols.starts.set(new Int32Array(memory.buffer, startsAt, channels + 1));
      symbols.values.set(new Int16Array(memory.buffer, valuesAt, listed));
      symbols.places.set(new Uint8Array(memory.buffer, placesAt, listed));
      return { symbols, checksum: wasm.xxhash32(symbolsAt, 2 * size) >>> 0, axes, cloudMult, mult };
    },
  };
}
