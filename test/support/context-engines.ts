import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createContextCoder, type ContextShape } from "../../src/codec/context/context-coder.js";
import type { ContextModel } from "../../src/codec/context/walk.js";
import type { Evaluate } from "../../src/codec/official/evaluate.js";
import { readGoldenContext, shippedContext } from "./context-golden.js";
import { sparseChunk, seededRandom, type SparseChunk } from "./sparse-chunk.js";

/** A context model with chunks to code: the golden ones, and of the shipped models a random one each. */
export interface EngineTrial {
  readonly name: string;
  readonly folder: string;
  readonly model: ContextModel;
  readonly tokens: boolean;
  readonly chunks: readonly SparseChunk[];
}

export function engineTrials(): readonly EngineTrial[] {
  const golden = (["context-elic", "context-tt", "context-tt"] as const).map((name, k) => ({
    ...readGoldenContext(name),
    name,
    tokens: k === 2,
  }));
  const shipped = (["elic", "tt"] as const).flatMap((name) => {
    const found = shippedContext(name);
    if (found === undefined) return [];
    const shape = { rows: 8, columns: 8, quality: 3, channels: 96 };
    const chunk = sparseChunk(found.model.file, { ...shape, references: name === "tt" ? 2 : 0 }, seededRandom(7));
    return [{ ...found, name, tokens: false, chunks: [chunk] }];
  });
  return [...golden, ...shipped];
}

/** Of each golden model one small chunk: what a device in software does in reasonable time. */
export function smallTrials(): readonly EngineTrial[] {
  return engineTrials()
    .filter(({ name, tokens }) => name === "context-elic" || tokens)
    .map((trial) => ({ ...trial, chunks: trial.chunks.slice(-1) }));
}

/** Codes a trial's chunks on one engine and decodes them again: the streams in hexadecimal. @throws where a symbol differs. */
export async function codeTrial({ model, tokens, chunks, name }: EngineTrial, evaluate: Evaluate): Promise<string[]> {
  const coder = createContextCoder(model);
  const out: string[] = [];
  for (const { symbols, sets, shape } of chunks) {
    const [streams = []] = await coder.encode([{ symbols, sets, shape }], tokens, evaluate);
    const [read] = await coder.decode([{ shape, streams, location: name }], tokens, evaluate);
    if (!sameSymbols(read?.symbols, symbols, shape)) throw new Error(`${name} does not decode what it encoded`);
    out.push(...streams.map((stream) => Buffer.from(stream).toString("hex")));
  }
  return out;
}

function sameSymbols(
  read: Int16Array | undefined,
  symbols: Int16Array,
  { channels, rows, columns }: ContextShape,
): boolean {
  return read?.length === channels * rows * columns && read.every((value, i) => value === symbols[i]);
}

/** Runs a folder's networks with onnxruntime-web's WebAssembly, as a browser does. */
export async function wasmEvaluate(folder: string): Promise<Evaluate> {
  const { InferenceSession, Tensor, env } = await import("onnxruntime-web");
  env.wasm.numThreads = 1;
  const sessions = new Map<string, Awaited<ReturnType<typeof InferenceSession.create>>>();
  return async (file, feeds, output) => {
    const session =
      sessions.get(file) ??
      (await InferenceSession.create(await readFile(join(folder, file)), { executionProviders: ["wasm"] }));
    sessions.set(file, session);
    const inputs = Object.fromEntries(
      Object.entries(feeds).map(([name, { dims, data }]) => [
        name,
        data instanceof Float32Array ? new Tensor("float32", data, dims) : new Tensor("int64", data, dims),
      ]),
    );
    const found = (await session.run(inputs))[output]?.data;
    if (!(found instanceof Float32Array)) throw new TypeError(`no float32 output "${output}"`);
    return found;
  };
}
