import type { Evaluate } from "../evaluate.js";
import { rowOf, wholeOf, type ContextFile } from "./context-file.js";
import {
  addPlanes,
  candidateCount,
  featureCount,
  ownFeatures,
  planeCount,
  startPlanes,
  type FeatureTables,
  type KnownChunk,
} from "./features.js";
import { createInputMemory, type InputMemory } from "./input-memory.js";
import { LOW_CHANNELS } from "./linear.js";
import { passesOf, type Pass } from "./passes.js";

/** A context model ready to run: its file and the names of its two networks. */
export interface ContextModel {
  readonly file: ContextFile;
  /** planes -> summary of each position. */
  readonly summary: string;
  /** Own features and summary -> scale and weights of each symbol. */
  readonly context: string;
}

/** What the model says of the symbols of one pass of one chunk, [channels of the group][positions of the pass]. */
export interface Distributions {
  /** Rows of the tables. */
  readonly rows: Uint16Array;
  /** Taken off each symbol before it is coded. */
  readonly whole: Int16Array;
  /** Means in eighths of a symbol. */
  readonly mean: Int32Array;
  /** Scale indices. */
  readonly scales: Uint8Array;
}

/** What a model expects of channels that are not stored, [channels][positions]. */
export interface Forecast {
  /** Means in eighths of a symbol. */
  readonly eighths: Int32Array;
  /** Scale indices: about a mean lies the symbol with standard deviation 2^(scale / 4 - 5). */
  readonly scales: Uint8Array;
}

/** Gives a pass's residuals (symbol less `whole`), [channels of the group][positions]: an encoder takes them from the chunk, a decoder from a stream. */
export type CodePass = (chunk: number, group: number, found: Distributions, pass: Pass) => Int16Array;

/**
 * Goes through all groups and passes of chunks of one shape and step together, filling in their symbols; chunks that store fewer
 * channels stop earlier.
 */
export async function walkChunks(
  model: ContextModel,
  work: {
    readonly chunks: readonly KnownChunk[];
    /** Channels that each chunk stores. */
    readonly channels: readonly number[];
    readonly quality: number;
  },
  evaluate: Evaluate,
  code: CodePass,
): Promise<readonly Float32Array[]> {
  const { file } = model;
  const { chunks, quality } = work;
  const [first] = chunks;
  if (first === undefined) return [];
  const passes = passesOf(first.rows, first.columns);
  const planes = chunks.map((chunk) => {
    const out = new Float32Array(planeCount(file.temporal) * chunk.symbols.length);
    startPlanes(chunk, out);
    return out;
  });
  const tables = tablesOf(file, quality);
  const memory = createInputMemory(chunks);
  for (let group = 0; group < file.bounds.length - 1; group++) {
    const [from, to] = [file.bounds[group] ?? 0, file.bounds[group + 1] ?? 0];
    const alive = chunks.flatMap((_, i) => ((work.channels[i] ?? 0) > from ? [i] : []));
    if (alive.length === 0) break;
    const summary = await summarise(model, { chunks, planes, alive, group, quality, memory }, evaluate);
    for (const pass of group === 0 ? passes.first : passes.later) {
      const found = await look(
        model,
        { chunks, alive, summary, from, to, pass, quality, tables, memory, forecast: false },
        evaluate,
      );
      alive.forEach((i, n) => {
        const chunk = chunks[i];
        const distributions = found[n];
        if (chunk !== undefined && distributions !== undefined)
          put(chunk, { from, pass }, distributions.whole, code(i, group, distributions, pass));
      });
    }
    for (const i of alive) {
      const [chunk, out] = [chunks[i], planes[i]];
      if (chunk !== undefined && out !== undefined) addPlanes(chunk, from, to, out);
    }
  }
  return planes;
}

/** The channels from group `group` on and before `to`, forecast from the groups before and the earlier dates. */
export async function forecastRest(
  model: ContextModel,
  work: {
    readonly chunk: KnownChunk;
    readonly planes: Float32Array;
    readonly quality: number;
    readonly group: number;
    readonly to: number;
  },
  evaluate: Evaluate,
): Promise<Forecast> {
  const { file } = model;
  const { chunk, quality } = work;
  const start = file.bounds[work.group] ?? file.channels;
  const positions = chunk.rows * chunk.columns;
  const eighths = new Int32Array((work.to - start) * positions);
  const scales = new Uint8Array(eighths.length);
  const { forecast: pass } = passesOf(chunk.rows, chunk.columns);
  const tables = tablesOf(file, quality);
  const [chunks, alive, planes] = [[chunk], [0], [work.planes]];
  const memory = createInputMemory(chunks);
  for (let group = work.group; (file.bounds[group] ?? work.to) < work.to; group++) {
    const [from, to] = [file.bounds[group] ?? 0, Math.min(work.to, file.bounds[group + 1] ?? 0)];
    const summary = await summarise(model, { chunks, planes, alive, group, quality, memory }, evaluate);
    const [found] = await look(
      model,
      { chunks, alive, summary, from, to, pass, quality, tables, memory, forecast: true },
      evaluate,
    );
    if (found === undefined) continue;
    eighths.set(found.mean, (from - start) * positions);
    scales.set(found.scales, (from - start) * positions);
  }
  return { eighths, scales };
}

function tablesOf(file: ContextFile, quality: number): FeatureTables {
  const { temporal, sets, channels } = file;
  return {
    temporal,
    base: file.base.subarray(quality * sets * channels, (quality + 1) * sets * channels),
    linear: file.linear[quality] ?? [],
    means: file.means.subarray(quality * sets * LOW_CHANNELS, (quality + 1) * sets * LOW_CHANNELS),
  };
}

/** Summaries [alive][width][positions], whole numbers. */
async function summarise(
  model: ContextModel,
  at: {
    readonly chunks: readonly KnownChunk[];
    readonly planes: readonly Float32Array[];
    readonly alive: readonly number[];
    readonly group: number;
    readonly quality: number;
    readonly memory: InputMemory;
  },
  evaluate: Evaluate,
): Promise<Float32Array> {
  const { chunks, planes, alive, memory } = at;
  const [rows, columns] = [chunks[0]?.rows ?? 0, chunks[0]?.columns ?? 0];
  const size = planes[0]?.length ?? 0;
  const positions = rows * columns;
  const sets = new BigInt64Array(alive.length * positions);
  alive.forEach((i, n) => sets.set(memory.sets[i] ?? [], n * positions));
  const [only] = alive.length === 1 ? alive.map((i) => planes[i]) : [];
  const data = only ?? memory.planes(alive.length * size);
  if (only === undefined) alive.forEach((i, n) => data.set(planes[i] ?? [], n * size));
  const summary = await evaluate(
    model.summary,
    {
      planes: { dims: [alive.length, size / positions, rows, columns], data },
      sets: { dims: [alive.length, rows, columns], data: sets },
      group: { dims: [1], data: BigInt64Array.of(BigInt(at.group)) },
      step: { dims: [1], data: BigInt64Array.of(BigInt(at.quality)) },
    },
    "summary",
  );
  // Whole already on an exact engine; one that errs by less than a half is put right here and in `decide`.
  for (let i = 0; i < summary.length; i++) summary[i] = Math.round(summary[i] ?? 0);
  return summary;
}

interface Look {
  readonly chunks: readonly KnownChunk[];
  readonly alive: readonly number[];
  readonly summary: Float32Array;
  readonly from: number;
  readonly to: number;
  readonly pass: Pass;
  readonly quality: number;
  readonly tables: FeatureTables;
  readonly memory: InputMemory;
  readonly forecast: boolean;
}

/** The distributions of one pass for each chunk that is alive. */
async function look(model: ContextModel, at: Look, evaluate: Evaluate): Promise<readonly Distributions[]> {
  const { file } = model;
  const { chunks, alive, from, to, pass, tables, forecast } = at;
  const count = pass.positions.length;
  const picked = pick(at);
  const plane = (to - from) * count;
  const [features, weights] = [featureCount(file.temporal), candidateCount(file.temporal)];
  const own = at.memory.own(alive.length * features * plane);
  const candidates = at.memory.candidates(alive.length * weights * plane);
  const candidatesOf = (n: number): Int32Array => candidates.subarray(n * weights * plane, (n + 1) * weights * plane);
  alive.forEach((i, n) => {
    const chunk = chunks[i];
    if (chunk === undefined) return;
    const target = own.subarray(n * features * plane, (n + 1) * features * plane);
    ownFeatures(chunk, { from, to, pass, forecast }, tables, { own: target, candidates: candidatesOf(n) });
  });
  const out = await evaluate(
    model.context,
    {
      own: { dims: [alive.length, features, to - from, count], data: own },
      summary: { dims: [alive.length, picked.length / (alive.length * count), count], data: picked },
      start: { dims: [1], data: BigInt64Array.of(BigInt(from)) },
      end: { dims: [1], data: BigInt64Array.of(BigInt(to)) },
      kind: { dims: [1], data: BigInt64Array.of(BigInt(pass.kind)) },
      step: { dims: [1], data: BigInt64Array.of(BigInt(at.quality)) },
    },
    "found",
  );
  return alive.map((i, n) => {
    const said = out.subarray(n * (1 + weights) * plane, (n + 1) * (1 + weights) * plane);
    const chunk = chunks[i];
    return decide(file, { said, candidates: candidatesOf(n), weights, plane, chunk, at });
  });
}

/** The summaries of a pass's positions, [alive][width][positions of the pass]. */
function pick({ summary, chunks, pass }: Look): Float32Array {
  const [rows, columns] = [chunks[0]?.rows ?? 0, chunks[0]?.columns ?? 0];
  const total = rows * columns;
  const count = pass.positions.length;
  if (count === total) return summary;
  const lines = summary.length / total;
  const out = new Float32Array(lines * count);
  for (let w = 0; w < lines; w++)
    for (let k = 0; k < count; k++) out[w * count + k] = summary[w * total + (pass.positions[k] ?? 0)] ?? 0;
  return out;
}

/** Integers only from here on: scale and mean of each symbol, and with them its row. */
function decide(
  file: ContextFile,
  parts: {
    /** [scale change, weights][plane], weights in 1/64. */
    readonly said: Float32Array;
    readonly candidates: Int32Array;
    readonly weights: number;
    readonly plane: number;
    readonly chunk: KnownChunk | undefined;
    readonly at: Look;
  },
): Distributions {
  const { said, candidates, weights, plane, chunk, at } = parts;
  const { base } = at.tables;
  const { positions } = at.pass;
  const rows = new Uint16Array(plane);
  const whole = new Int16Array(plane);
  const means = new Int32Array(plane);
  const scales = new Uint8Array(plane);
  const priors = Int32Array.from(positions, (p) => (chunk?.sets[p] ?? 0) * file.channels);
  const highest = file.scales - 1;
  for (let c = at.from, i = 0; c < at.to; c++) {
    for (let k = 0; k < priors.length; k++, i++) {
      const prior = base[(priors[k] ?? 0) + c] ?? 0;
      const scale = Math.max(0, Math.min(highest, prior + Math.round(said[i] ?? 0)));
      let sum = 0;
      for (let w = 0; w < weights; w++)
        sum += Math.round(said[(1 + w) * plane + i] ?? 0) * (candidates[w * plane + i] ?? 0);
      const mean = (sum + 16) >> 5;
      means[i] = mean;
      scales[i] = scale;
      whole[i] = wholeOf(file, scale, mean);
      rows[i] = rowOf(file, scale, mean);
    }
  }
  return { rows, whole, mean: means, scales };
}

function put(
  chunk: KnownChunk,
  at: { readonly from: number; readonly pass: Pass },
  whole: Int16Array,
  residuals: Int16Array,
): void {
  const total = chunk.rows * chunk.columns;
  const { positions } = at.pass;
  const groups = residuals.length / positions.length;
  for (let c = 0, i = 0; c < groups; c++)
    for (let k = 0; k < positions.length; k++, i++)
      chunk.symbols[(at.from + c) * total + (positions[k] ?? 0)] = (residuals[i] ?? 0) + (whole[i] ?? 0);
}
