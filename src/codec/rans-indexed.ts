import { CorruptDataError } from "../core/errors.js";
import { RANS_WASM } from "./rans-wasm.js";
import { align, fromBase64, grow, uploadTables } from "./rans.js";
import type { StepTables } from "./tables.js";

/**
 * The entropy coder of context models: each symbol names its table row. Streams equal CompressAI's encode_with_indexes byte for byte.
 * Owns a WebAssembly instance, so it belongs to one thread.
 */
export interface IndexedRans {
  /**
   * The stream of all symbols, in the order in which a decoder asks for them; `rows` gives each symbol's row in the tables.
   *
   * @throws RangeError when the lengths differ or a row isn't in the tables.
   */
  encode(symbols: Int16Array, rows: Uint16Array): Uint8Array;
  /**
   * Starts on a stream. Several decoders of one coder may be alive at once. `stream` must not change meanwhile.
   *
   * @throws CorruptDataError naming `location` when the stream is shorter than a state.
   */
  decoder(stream: Uint8Array, location: string): IndexedDecoder;
}

/** A stream half read. */
export interface IndexedDecoder {
  /**
   * The next symbols, one a row.
   *
   * @throws CorruptDataError when the stream ends early; RangeError when a row isn't in the tables.
   */
  next(rows: Uint16Array): Int16Array;
  /** @throws CorruptDataError when the stream isn't used up, or its last state is not an encoder's first. */
  finish(): void;
}

interface IndexedExports {
  readonly memory: WebAssembly.Memory;
  decodeIndexed(...numbers: readonly number[]): number;
  encodeIndexed(...numbers: readonly number[]): number;
}

/** Bytes that a symbol takes at most, all but the longest escapes; those are read again with all of the stream at hand. */
const SYMBOL_BYTES = 4;
/** Bytes of a decoder's state in memory: x u64, address of the next byte u32. */
const STATE = 16;
const LOWER = 1n << 31n;
const OUTCOMES = ["", "the stream ended early", "", "an escaped symbol is out of range"];

/** Uploads tables (rows numbered set * channels + channel). Compiling takes about a millisecond; keep the coder. */
export function createIndexedRans(tables: StepTables): IndexedRans {
  const module = new WebAssembly.Module(fromBase64(RANS_WASM));
  const wasm = new WebAssembly.Instance(module, {}).exports as unknown as IndexedExports;
  const { memory } = wasm;
  const { first, count, start, cum, hint, free } = uploadTables(memory, tables);
  const tableRows = tables.first.length;

  function layoutOf(rows: Uint16Array): {
    readonly rowsAt: number;
    readonly symbolsAt: number;
    readonly restAt: number;
  } {
    const rowsAt = free + STATE;
    const symbolsAt = align(rowsAt + rows.byteLength);
    return { rowsAt, symbolsAt, restAt: align(symbolsAt + rows.byteLength) };
  }

  return {
    encode(symbols, rows) {
      if (symbols.length !== rows.length) throw new RangeError(`${symbols.length} symbols for ${rows.length} rows`);
      const symbolsAt = align(free + rows.byteLength);
      const limit = align(symbolsAt + symbols.byteLength + 8 * symbols.length + 64);
      grow(memory, limit);
      new Uint16Array(memory.buffer, free, rows.length).set(rows);
      new Int16Array(memory.buffer, symbolsAt, symbols.length).set(symbols);
      const at = wasm.encodeIndexed(first, count, start, cum, tableRows, free, rows.length, symbolsAt, limit);
      if (at === 0) throw rowError(rows, tableRows);
      return new Uint8Array(memory.buffer, at, limit - at).slice();
    },

    decoder(stream, location) {
      if (stream.length < 8) throw new CorruptDataError(location, "the stream ended early");
      let x = new DataView(stream.buffer, stream.byteOffset).getBigUint64(0, true);
      let used = 8;

      /** Decodes with `bytes` of what is not read yet; nothing of a decoder stays in memory between its calls. */
      function attempt(rows: Uint16Array, bytes: number): number {
        const { rowsAt, symbolsAt, restAt } = layoutOf(rows);
        const limit = restAt + bytes;
        grow(memory, limit + 4);
        const state = new DataView(memory.buffer, free, STATE);
        state.setBigUint64(0, x, true);
        state.setUint32(8, restAt, true);
        new Uint16Array(memory.buffer, rowsAt, rows.length).set(rows);
        new Uint8Array(memory.buffer, restAt, bytes).set(stream.subarray(used, used + bytes));
        const numbers = [first, count, start, cum, hint, tableRows, rowsAt, rows.length, free, limit, symbolsAt];
        const outcome = wasm.decodeIndexed(...numbers);
        if (outcome !== 0) return outcome;
        x = state.getBigUint64(0, true);
        used += state.getUint32(8, true) - restAt;
        return outcome;
      }

      function symbolsOf(rows: Uint16Array, outcome: number): Int16Array {
        if (outcome === 4) throw rowError(rows, tableRows);
        if (outcome !== 0) throw new CorruptDataError(location, OUTCOMES[outcome] ?? "the stream is damaged");
        return new Int16Array(memory.buffer, layoutOf(rows).symbolsAt, rows.length).slice();
      }

      return {
        next(rows) {
          const rest = (stream.length - used) & ~3;
          const most = (SYMBOL_BYTES * rows.length + 64) & ~3;
          const outcome = most < rest ? attempt(rows, most) : 1;
          return outcome === 1 ? symbolsOf(rows, attempt(rows, rest)) : symbolsOf(rows, outcome);
        },
        finish() {
          if (used !== stream.length || x !== LOWER)
            throw new CorruptDataError(location, `${used} of the stream's ${stream.length} bytes were used`);
        },
      };
    },
  };
}

function rowError(rows: Uint16Array, tableRows: number): RangeError {
  const row = rows.find((r) => r >= tableRows);
  return new RangeError(`Table row ${row}, the tables have ${tableRows}`);
}
