import { CorruptDataError } from "../../core/errors.js";
import type { Evaluate } from "../evaluate.js";
import { createIndexedRans, type IndexedDecoder, type IndexedRans } from "../rans-indexed.js";
import type { ContextFile } from "./context-file.js";
import type { KnownChunk, Reference } from "./features.js";
import type { Pass } from "./passes.js";
import { guessSets } from "./guess-sets.js";
import { forecastRest, walkChunks, type ContextModel, type Distributions, type Forecast } from "./walk.js";

/** What is known of a chunk before its symbols: shape, step, masks, earlier dates. */
export interface ContextShape {
  readonly rows: number;
  readonly columns: number;
  readonly quality: number;
  /** Channels stored; those beyond are 0. */
  readonly channels: number;
  /** Clear share of each position's pixels, 0..127. */
  readonly clear: Uint8Array;
  /** Earlier dates, two at most. */
  readonly references: readonly (Reference | undefined)[];
}

/** A chunk's streams: one for all symbols (TEC-ELIC, TEC-TT), or one a token (FlexTEC); the first also holds the table sets. */
export interface ContextStreams {
  readonly shape: ContextShape;
  readonly streams: readonly Uint8Array[];
  /** For messages. */
  readonly location: string;
}

/** Decoded symbols of a chunk, [channels decoded][positions]. */
export interface ContextSymbols {
  readonly symbols: Int16Array;
  /** Of the channels whose tokens were not read, from channel `from` on; undefined where every token was read. */
  readonly forecast: ({ readonly from: number } & Forecast) | undefined;
}

/** Entropy coder of a context model: owned by one thread, exact on any engine. */
export interface ContextCoder {
  /** Chunks of one shape and step together. `tokens`: a stream a group instead of one. */
  encode(
    chunks: readonly { readonly symbols: Int16Array; readonly sets: Uint8Array; readonly shape: ContextShape }[],
    tokens: boolean,
    evaluate: Evaluate,
  ): Promise<readonly (readonly Uint8Array[])[]>;
  /**
   * Chunks of one shape and step together. Of FlexTEC's, as many tokens as there are streams are decoded and the rest forecast.
   *
   * @throws CorruptDataError naming the chunk whose stream is damaged.
   */
  decode(chunks: readonly ContextStreams[], tokens: boolean, evaluate: Evaluate): Promise<readonly ContextSymbols[]>;
}

export function createContextCoder(model: ContextModel): ContextCoder {
  const { file } = model;
  const rans = createIndexedRans(file.tables);

  return {
    async encode(chunks, tokens, evaluate) {
      const sinks = chunks.map(({ sets, shape }) => {
        const sink = createSink(tokens ? file.bounds.filter((bound) => bound < shape.channels).length : 1);
        eachSet(file, shape, (i, row) => {
          sink.add(0, Uint16Array.of(row), Int16Array.of(sets[i] ?? 0));
          return sets[i] ?? 0;
        });
        return sink;
      });
      const known = chunks.map(({ sets, shape }) => emptyChunk(file, shape, sets));
      const code = (i: number, group: number, found: Distributions, pass: Pass): Int16Array => {
        const residuals = residualsOf(chunks[i], file.bounds[group] ?? 0, found, pass);
        sinks[i]?.add(tokens ? group : 0, found.rows, residuals);
        return residuals;
      };
      await walkChunks(
        model,
        workOf(
          chunks.map(({ shape }) => shape),
          known,
        ),
        evaluate,
        code,
      );
      return sinks.map((sink) => sink.finish(rans));
    },

    async decode(chunks, tokens, evaluate) {
      const decoders = chunks.map(({ streams, location }) => streams.map((stream) => rans.decoder(stream, location)));
      const known = chunks.map(({ shape, location }, i) =>
        emptyChunk(file, shape, readSets(file, shape, decoders[i]?.[0], location)),
      );
      const shapes = chunks.map(({ shape, streams }) => {
        const stored = tokens ? (file.bounds[streams.length] ?? file.channels) : file.channels;
        return { ...shape, channels: Math.min(shape.channels, stored) };
      });
      const code = (i: number, group: number, { rows }: Distributions): Int16Array => {
        const decoder = decoders[i]?.[tokens ? group : 0];
        if (decoder === undefined)
          throw new CorruptDataError(chunks[i]?.location ?? "chunk", `token ${group} is missing`);
        return decoder.next(rows);
      };
      const planes = await walkChunks(model, workOf(shapes, known), evaluate, code);
      for (const mine of decoders) for (const decoder of mine) decoder.finish();
      return Promise.all(
        known.map(async (chunk, i) => {
          const [from = 0, to = 0] = [shapes[i]?.channels, chunks[i]?.shape.channels];
          const symbols = chunk.symbols.slice(0, from * chunk.rows * chunk.columns);
          const mine = planes[i];
          if (!tokens || from === to || mine === undefined) return { symbols, forecast: undefined };
          const work = { chunk, planes: mine, quality: shapes[i]?.quality ?? 0, group: file.bounds.indexOf(from), to };
          return { symbols, forecast: { from, ...(await forecastRest(model, work, evaluate)) } };
        }),
      );
    },
  };
}

function workOf(shapes: readonly ContextShape[], chunks: readonly KnownChunk[]) {
  return {
    chunks,
    channels: shapes.map(({ channels }) => channels),
    quality: shapes[0]?.quality ?? 0,
  };
}

function emptyChunk(file: ContextFile, shape: ContextShape, sets: Uint8Array): KnownChunk {
  const { rows, columns, clear, references } = shape;
  return { rows, columns, clear, references, sets, symbols: new Int16Array(file.channels * rows * columns) };
}

/** Goes through a chunk's sets in reading order: `use` gets each position's row and gives its set. */
function eachSet(file: ContextFile, shape: ContextShape, use: (position: number, row: number) => number): Uint8Array {
  const { rows, columns, quality } = shape;
  const sets = new Uint8Array(rows * columns);
  const choices = file.sets + 1;
  for (let i = 0; i < sets.length; i++) {
    const left = i % columns === 0 ? file.sets : (sets[i - 1] ?? 0);
    const top = i < columns ? file.sets : (sets[i - columns] ?? 0);
    sets[i] = use(i, file.firstSetRow + (quality * choices + left) * choices + top);
  }
  return sets;
}

function readSets(
  file: ContextFile,
  shape: ContextShape,
  decoder: IndexedDecoder | undefined,
  location: string,
): Uint8Array {
  if (decoder === undefined) return guessSets(file, shape);
  return eachSet(file, shape, (_, row) => {
    const set = decoder.next(Uint16Array.of(row))[0] ?? 0;
    if (set < 0 || set >= file.sets)
      throw new CorruptDataError(location, `table set ${set}, the model has ${file.sets}`);
    return set;
  });
}

function residualsOf(
  source: { readonly symbols: Int16Array; readonly shape: ContextShape } | undefined,
  from: number,
  { whole }: Distributions,
  pass: Pass,
): Int16Array {
  const total = (source?.shape.rows ?? 0) * (source?.shape.columns ?? 0);
  const { positions } = pass;
  const out = new Int16Array(whole.length);
  for (let i = 0; i < out.length; i++) {
    const c = from + Math.floor(i / positions.length);
    out[i] = (source?.symbols[c * total + (positions[i % positions.length] ?? 0)] ?? 0) - (whole[i] ?? 0);
  }
  return out;
}

interface Sink {
  add(stream: number, rows: Uint16Array, symbols: Int16Array): void;
  finish(rans: IndexedRans): readonly Uint8Array[];
}

function createSink(streams: number): Sink {
  const parts = Array.from({ length: streams }, () => ({ rows: [] as Uint16Array[], symbols: [] as Int16Array[] }));
  return {
    add(stream, rows, symbols) {
      parts[stream]?.rows.push(rows);
      parts[stream]?.symbols.push(symbols);
    },
    finish: (rans) =>
      parts.map(({ rows, symbols }) => {
        const count = rows.reduce((sum, part) => sum + part.length, 0);
        const [allRows, allSymbols] = [new Uint16Array(count), new Int16Array(count)];
        let at = 0;
        rows.forEach((part, i) => {
          allRows.set(part, at);
          allSymbols.set(symbols[i] ?? new Int16Array(), at);
          at += part.length;
        });
        return rans.encode(allSymbols, allRows);
      }),
  };
}
