import { CorruptDataError } from "../../core/errors.js";
import { align, fromBase64, grow } from "../rans.js";
import { CONTEXT_WASM } from "./context-wasm.js";
import { wholeLog } from "./context-layout.js";
import { put, upload } from "./context-memory.js";
import type { ContextWeights } from "./context-weights.js";
import { rotationBetween } from "./rotation.js";

/** What a context model needs of a model's entropy tables: the rows of symbols and what turns symbols into digital numbers. */
export interface ContextTables {
  /** Scale indices are below it. */
  readonly scales: number;
  /** Scales below it have one row for each eighth of the mean (8 scale + eighth), the others one (8 fine + scale - fine). */
  readonly fine: number;
  /** Degain of each channel, of each quality step. */
  readonly degain: readonly Float32Array[];
  /** At least the rows of symbols, first. */
  readonly rows: {
    readonly first: Int32Array;
    readonly count: Int32Array;
    readonly start: Int32Array;
    readonly cum: Int32Array;
  };
}

/** What tells how a chunk's symbols are meant. */
interface Scaled {
  /** Quality step whose tables serve. */
  readonly quality: number;
  /** Quantisation step in 1/8 DN. */
  readonly step8: number;
  /** Of each position, in 1/16: how much coarser it is coded. */
  readonly mult: Uint8Array;
  /** Of each position: clear share of its pixels, 0..127. */
  readonly clear: Uint8Array;
  /** [3][12][12]: group of frequencies, component, band; rows orthonormal. */
  readonly axes: Float32Array;
}

/** What is known of a chunk before its symbols. */
export interface ContextShape extends Scaled {
  readonly rows: number;
  readonly columns: number;
  /** Channels stored; those beyond are 0. */
  readonly channels: number;
  /** Other dates, two at most, the likelier one first; none serve a model that isn't temporal. */
  readonly references: readonly ContextReference[];
}

/** Another date of the same chunk. */
export interface ContextReference extends Scaled {
  /** [channels][positions]; those beyond are 0. */
  readonly symbols: Int16Array;
  readonly channels: number;
}

/** Decoded symbols of a chunk. */
export interface ContextSymbols extends ContextForecast {
  /** [channels][positions], 0 in channels whose tokens were not read. */
  readonly symbols: Int16Array;
  /** First channel whose token was not read; what is forecast is of the channels from here on. */
  readonly known: number;
}

/** Entropy coder of a context model: exact on any engine; owns a WebAssembly instance, so it belongs to one thread. */
export interface ContextCoder {
  /**
   * One stream, or one a token.
   *
   * @throws RangeError when lengths don't fit the shape, or the shape the model.
   */
  encode(chunk: ContextShape & { readonly symbols: Int16Array }, options: { readonly tokens: boolean }): Uint8Array[];
  /**
   * Of tokens as many are read as there are streams; the channels of the others are forecast.
   *
   * @throws CorruptDataError naming the location when a stream is damaged; RangeError as `encode`.
   */
  decode(
    streams: readonly Uint8Array[],
    shape: ContextShape,
    options: { readonly tokens: boolean; readonly location: string },
  ): ContextSymbols;
  /** What `encode` codes symbols by; of symbols that an encoder may yet change. */
  describe(chunk: ContextShape & { readonly symbols: Int16Array }): SymbolRows;
  /** What the references alone say of a chunk's channels. */
  forecast(shape: ContextShape): ContextForecast;
}

/** [channels][positions]. */
export interface ContextForecast {
  /** Eighths of a symbol. */
  readonly eighths: Int32Array;
  /** Scale indices of what may be missed. */
  readonly scales: Uint8Array;
}

/** [channels][positions]: the row of each symbol, and what is taken off it. */
export interface SymbolRows {
  readonly rows: Uint16Array;
  readonly offsets: Int16Array;
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  workBytes(isTemporal: number, channels: number, span: number): number;
  begin(job: number): void;
  code(from: number, to: number, mode: number): number;
  open(bytes: number, limit: number): number;
  close(): number;
  write(from: number, to: number, limit: number): number;
  turn(...numbers: readonly number[]): void;
}

const [ENCODE, DECODE, FORECAST] = [0, 1, 2];
const OUTCOMES = ["", "the stream ended early", "the stream was not used up", "a symbol is out of range"];
/** Rows and columns of a chunk, at most. */
const SIDE = 16;
const JOB_BYTES = 160;
/** A digital number of the references' coefficients in the turn: [12 components][256 frequencies]. */
const DIGITAL = 12 * 256;

/** Uploads weights and tables. Takes a few milliseconds; keep the coder. */
export function createContextCoder(weights: ContextWeights, tables: ContextTables): ContextCoder {
  const wasm = new WebAssembly.Instance(new WebAssembly.Module(fromBase64(CONTEXT_WASM)), {})
    .exports as unknown as Exports;
  const { memory } = wasm;
  const fixed = upload(memory, weights, tables);

  /** Lays a chunk out in memory and starts on it. */
  function begin(shape: ContextShape) {
    check(shape, weights, tables);
    const { rows, columns, channels, references } = shape;
    const size = rows * columns;
    const temporal = weights.temporal ? 1 : 0;
    const span = Math.min(weights.linearSpan, channels);
    let end = fixed.free;
    const take = (bytes: number): number => {
      const at = end;
      end = align(end + bytes);
      return at;
    };
    const job = take(JOB_BYTES);
    const [mult, clear, level, base] = [take(size), take(3 * size), take(2 * channels), take(2 * channels)];
    const turned = take(temporal * 8 * channels * size);
    const symbols = take(2 * channels * size);
    const means = take(4 * channels * size);
    const indices = take(channels * size);
    const coded = take(4 * channels * size);
    const work = take(wasm.workBytes(temporal, channels, span));
    const free = end;
    grow(memory, free);
    put(memory, mult, shape.mult);
    put(memory, clear, shape.clear);
    const dates = weights.temporal ? references.length : 0;
    for (let n = 0; n < dates; n++) put(memory, clear + (n + 1) * size, references[n]?.clear ?? new Uint8Array());
    const stepChange = wholeLog((weights.steps[shape.quality] ?? 1) * 256) - wholeLog(shape.step8 * 256);
    const first = shape.quality * weights.channels;
    put(
      memory,
      level,
      Int16Array.from(weights.level.subarray(first, first + channels), (v) => v + stepChange),
    );
    put(
      memory,
      base,
      Int16Array.from(weights.base.subarray(first, first + channels), (v) => v + 32 * stepChange),
    );
    if (weights.temporal) {
      if (dates < 2) new Int32Array(memory.buffer, turned, 2 * channels * size).fill(0);
      for (let n = 0; n < dates; n++) turn(shape, n, { turned: turned + 4 * n * channels * size, mult, free });
    }
    const numbers = [
      temporal,
      channels,
      tables.scales,
      tables.fine,
      span,
      ...fixed.addresses,
      rows,
      columns,
      dates,
      mult,
      clear,
      level,
      base,
      turned,
      symbols,
      means,
      indices,
      coded,
      work,
    ];
    new Int32Array(memory.buffer, job, numbers.length).set(numbers);
    wasm.begin(job);
    return { symbols, means, indices, coded, free, size, channels };
  }

  function turn(shape: ContextShape, n: number, at: { turned: number; mult: number; free: number }): void {
    const reference = shape.references[n];
    if (reference === undefined) return;
    const size = shape.rows * shape.columns;
    const { channels } = weights;
    let end = at.free;
    const place = (source: Uint8Array | Int16Array | Int32Array): number => {
      const address = end;
      end = align(end + source.byteLength);
      grow(memory, end);
      put(memory, address, source);
      return address;
    };
    const source = place(reference.symbols);
    const mults = place(reference.mult);
    const [rotation, degain, ownDegain] = [
      place(rotationBetween(reference.axes, shape.axes)),
      place(whole(tables.degain[reference.quality], channels)),
      place(whole(tables.degain[shape.quality], channels)),
    ];
    grow(memory, end + 4 * DIGITAL * size + 16);
    const { order, group } = fixed;
    wasm.turn(
      source,
      reference.channels,
      shape.channels,
      size,
      order,
      group,
      rotation,
      reference.step8,
      mults,
      degain,
      shape.step8,
      at.mult,
      ownDegain,
      end,
      at.turned,
    );
  }

  function bounds(channels: number, tokens: boolean): number[] {
    return tokens ? [...weights.bounds].filter((bound) => bound < channels).concat(channels) : [0, channels];
  }

  const forecastOf = (means: number, indices: number, from: number, to: number): ContextForecast => ({
    eighths: new Int32Array(memory.buffer, means, to).slice(from),
    scales: new Uint8Array(memory.buffer, indices, to).slice(from),
  });

  /** Goes through a chunk whose symbols are known. */
  function walk(chunk: ContextShape & { readonly symbols: Int16Array }): ReturnType<typeof begin> {
    if (chunk.symbols.length !== chunk.channels * chunk.rows * chunk.columns)
      throw new RangeError(`${chunk.symbols.length} symbols for ${chunk.channels} channels`);
    const begun = begin(chunk);
    put(memory, begun.symbols, chunk.symbols);
    wasm.code(0, begun.channels, ENCODE);
    return begun;
  }

  return {
    encode(chunk, { tokens }) {
      const { free, size, channels } = walk(chunk);
      const limits = bounds(channels, tokens);
      return limits.slice(1).map((to, i) => {
        const from = limits[i] ?? 0;
        // a symbol takes less than 8 bytes, the longest escape included
        const limit = free + 8 * (to - from) * size + 64;
        grow(memory, limit);
        const at = wasm.write(from, to, limit);
        return new Uint8Array(memory.buffer, at, limit - at).slice();
      });
    },

    decode(streams, shape, { tokens, location }) {
      const limits = bounds(shape.channels, tokens);
      if (streams.length >= limits.length || (!tokens && streams.length === 0))
        throw new CorruptDataError(location, `${streams.length} streams, ${limits.length - 1} expected`);
      const { symbols, means, indices, free, size, channels } = begin(shape);
      for (const [i, stream] of streams.entries()) {
        grow(memory, free + stream.length + 8);
        put(memory, free, stream);
        const outcome =
          wasm.open(free, free + stream.length) ||
          wasm.code(limits[i] ?? 0, limits[i + 1] ?? 0, DECODE ?? 1) ||
          wasm.close();
        if (outcome !== 0) throw new CorruptDataError(location, OUTCOMES[outcome] ?? "the stream is damaged");
      }
      const known = limits[streams.length] ?? channels;
      wasm.code(known, channels, FORECAST ?? 2);
      const out = new Int16Array(channels * size);
      out.set(new Int16Array(memory.buffer, symbols, known * size));
      return {
        symbols: out,
        known,
        ...forecastOf(means, indices, known * size, channels * size),
      };
    },

    describe(chunk) {
      const { coded, size, channels } = walk(chunk);
      const pairs = new Int16Array(memory.buffer, coded, 2 * channels * size);
      return {
        rows: Uint16Array.from({ length: channels * size }, (_, i) => pairs[2 * i] ?? 0),
        offsets: chunk.symbols.map((symbol, i) => symbol - (pairs[2 * i + 1] ?? 0)),
      };
    },

    forecast(shape) {
      const { means, indices, size, channels } = begin(shape);
      wasm.code(0, channels, FORECAST ?? 2);
      return forecastOf(means, indices, 0, channels * size);
    },
  };
}

function check(shape: ContextShape, weights: ContextWeights, tables: ContextTables): void {
  const { rows, columns, channels, quality, references } = shape;
  const size = rows * columns;
  const isSide = (side: number): boolean => Number.isInteger(side) && side >= 1 && side <= SIDE;
  if (!isSide(rows) || !isSide(columns))
    throw new RangeError(`${rows} x ${columns} positions, 1 to ${SIDE} a side expected`);
  if (!Number.isInteger(channels) || channels < 1 || channels > weights.channels)
    throw new RangeError(`${channels} channels, the model has ${weights.channels}`);
  if (references.length > 2) throw new RangeError(`${references.length} references, two at most`);
  for (const part of [shape, ...references]) {
    if (part.quality < 0 || part.quality >= Math.min(weights.steps.length, tables.degain.length))
      throw new RangeError(`quality step ${part.quality}, the model has ${weights.steps.length}`);
    if (!Number.isInteger(part.step8) || part.step8 < 1 || part.step8 > 65535)
      throw new RangeError(`a step of ${part.step8}/8 DN, 1 to 65535 expected`);
    if (part.mult.length !== size || part.mult.includes(0) || part.clear.length !== size || part.axes.length !== 432)
      throw new RangeError(`steps, clear shares or axes that don't fit ${size} positions`);
  }
  for (const { symbols, channels: count } of references)
    if (symbols.length !== count * size || count > weights.channels)
      throw new RangeError(`a reference of ${symbols.length} symbols, ${count} channels for ${size} positions`);
  if (tables.degain[quality]?.length !== weights.channels)
    throw new RangeError(`degains of ${tables.degain[quality]?.length} channels, ${weights.channels} expected`);
}

/** Degains in 1/4096. */
function whole(degain: Float32Array | undefined, channels: number): Int32Array {
  return Int32Array.from({ length: channels }, (_, c) => Math.max(1, Math.floor((degain?.[c] ?? 1) * 4096 + 0.5)));
}
