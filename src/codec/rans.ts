import { CorruptDataError, UnsupportedError } from "../core/errors.js";
import { RANS_WASM } from "./rans-wasm.js";
import { TOTAL, type StepTables } from "./tables.js";

/** The entropy coder of one quality step: owns a WebAssembly instance, so it belongs to one thread. */
export interface RansCoder {
  /**
   * Symbols of a stream, [channels][positions] int16, channels <= the tables'. `sets` gives each position's table set.
   *
   * @throws CorruptDataError naming `location` when the stream ends early or is not used up.
   */
  decode(stream: Uint8Array, shape: SymbolShape, location: string): Int16Array;
  /** The stream of symbols [channels][positions]; byte for byte what CompressAI's encoder gives for the same tables. */
  encode(symbols: Int16Array, shape: SymbolShape): Uint8Array;
}

export interface SymbolShape {
  readonly channels: number;
  readonly positions: number;
  /** Table set of each position, length = positions; undefined means set 0 everywhere. */
  readonly sets: Uint8Array | undefined;
}

interface RansExports {
  readonly memory: WebAssembly.Memory;
  decode(
    first: number,
    count: number,
    start: number,
    cum: number,
    hint: number,
    sets: number,
    positions: number,
    channels: number,
    tableChannels: number,
    bytes: number,
    length: number,
    symbols: number,
  ): number;
  encode(
    first: number,
    count: number,
    start: number,
    cum: number,
    sets: number,
    positions: number,
    channels: number,
    tableChannels: number,
    symbols: number,
    floor: number,
    limit: number,
  ): number;
}

const PAGE = 65536;
/** Entries a row of the search hints. */
const HINTS = 64;
const OUTCOMES = ["", "the stream ended early", "the stream was not used up", "an escaped symbol is out of range"];

/** Uploads a step's tables. Compiling takes about a millisecond; keep the coder. */
export function createRansCoder(tables: StepTables): RansCoder {
  const module = new WebAssembly.Module(fromBase64(RANS_WASM));
  const wasm = new WebAssembly.Instance(module, {}).exports as unknown as RansExports;
  const layout = uploadTables(wasm.memory, tables);
  const { first, count, start, cum, hint, free } = layout;

  return {
    decode(stream, shape, location) {
      const { channels, positions } = shape;
      if (channels > tables.channels)
        throw new CorruptDataError(location, `${channels} channels, the model has ${tables.channels}`);
      const setsAt = free;
      const streamAt = align(setsAt + positions);
      const symbolsAt = align(streamAt + stream.length);
      grow(wasm.memory, symbolsAt + 2 * channels * positions);
      writeSets(wasm.memory, setsAt, shape, tables.sets, location);
      new Uint8Array(wasm.memory.buffer).set(stream, streamAt);
      const outcome = wasm.decode(
        first,
        count,
        start,
        cum,
        hint,
        setsAt,
        positions,
        channels,
        tables.channels,
        streamAt,
        stream.length,
        symbolsAt,
      );
      if (outcome !== 0) throw new CorruptDataError(location, OUTCOMES[outcome] ?? "the stream is damaged");
      return new Int16Array(wasm.memory.buffer, symbolsAt, channels * positions).slice();
    },
    encode(symbols, shape) {
      const { channels, positions } = shape;
      if (symbols.length !== channels * positions)
        throw new RangeError(`${symbols.length} symbols, ${channels * positions} expected`);
      const setsAt = free;
      const symbolsAt = align(setsAt + positions);
      const floor = align(symbolsAt + symbols.byteLength);
      const limit = align(floor + 8 * symbols.length + 256);
      grow(wasm.memory, limit);
      writeSets(wasm.memory, setsAt, shape, tables.sets, "encoder");
      new Int16Array(wasm.memory.buffer, symbolsAt, symbols.length).set(symbols);
      const at = wasm.encode(
        first,
        count,
        start,
        cum,
        setsAt,
        positions,
        channels,
        tables.channels,
        symbolsAt,
        floor,
        limit,
      );
      if (at === 0) throw new UnsupportedError("An entropy stream outgrew 8 bytes a symbol");
      return new Uint8Array(wasm.memory.buffer, at, limit - at).slice();
    },
  };
}

export function uploadTables(memory: WebAssembly.Memory, tables: StepTables) {
  const rows = tables.sets * tables.channels;
  const hints = hintsOf(tables);
  let at = 1024; // the stub runtime keeps nothing below
  const place = (source: Int32Array | Uint16Array): number => {
    const address = at;
    at = align(at + source.byteLength);
    grow(memory, at);
    const target =
      source instanceof Int32Array
        ? new Int32Array(memory.buffer, address, source.length)
        : new Uint16Array(memory.buffer, address, source.length);
    target.set(source);
    return address;
  };
  if (tables.first.length !== rows) throw new RangeError(`${tables.first.length} table rows, ${rows} expected`);
  const [first, count, start, cum, hint] = [tables.first, tables.count, tables.start, tables.cum, hints].map(place) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { first, count, start, cum, hint, free: at };
}

/** For each row and each 1/64 of the range, the entry in which that part starts: the search then takes a step or two. */
function hintsOf(tables: StepTables): Uint16Array {
  const hints = new Uint16Array(tables.first.length * HINTS);
  for (let row = 0; row < tables.first.length; row++) {
    const start = tables.start[row] ?? 0;
    let entry = 0;
    for (let h = 0; h < HINTS; h++) {
      while ((tables.cum[start + entry + 1] ?? TOTAL) <= (h * TOTAL) / HINTS) entry++;
      hints[row * HINTS + h] = entry;
    }
  }
  return hints;
}

function writeSets(memory: WebAssembly.Memory, at: number, shape: SymbolShape, sets: number, location: string): void {
  const target = new Uint8Array(memory.buffer, at, shape.positions);
  if (shape.sets === undefined) {
    target.fill(0);
    return;
  }
  for (let i = 0; i < shape.positions; i++) {
    const set = shape.sets[i] ?? 0;
    if (set >= sets) throw new CorruptDataError(location, `table set ${set}, the model has ${sets}`);
    target[i] = set;
  }
}

export function grow(memory: WebAssembly.Memory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
}

export const align = (n: number): number => (n + 15) & ~15;

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
