// One thread of entropy coding by context: owns the sessions of the context networks and a coder a model.
import { workerData } from "node:worker_threads";
import { assertNever } from "../../core/assert.js";
import { CorruptDataError } from "../../core/errors.js";
import { serveTasks } from "../../core/worker-pool.js";
import { openNetwork, type Network } from "../../model/session.js";
import type { Evaluate } from "../evaluate.js";
import { xxhash32 } from "../xxhash32.js";
import { createContextCoder, type ContextCoder, type ContextShape, type ContextSymbols } from "./context-coder.js";
import { parseContextFile, type ContextFile } from "./context-file.js";
import type {
  ChunkFrame,
  ContextDecodeTask,
  ContextEncodeTask,
  ContextResult,
  ContextTask,
  ContextThreadData,
  LoadedContext,
  ReferenceChunk,
} from "./context-tasks.js";
import type { Reference } from "./features.js";

const options = workerData as ContextThreadData;
const networks = new Map<string, Promise<Network>>();
const coders = new Map<string, { readonly coder: ContextCoder; readonly file: ContextFile }>();

serveTasks<ContextTask, ContextResult>(async (task) => {
  switch (task.kind) {
    case "decode":
      return { result: { kind: "decoded", chunks: await decode(task) } };
    case "encode":
      return { result: { kind: "encoded", streams: await encode(task) } };
    default:
      return assertNever(task);
  }
});

/** Every stream is checked; what fails is decoded once more by the plain cpu engine, in case this one is not exact. */
async function decode(task: ContextDecodeTask): Promise<readonly ContextSymbols[]> {
  const { provider } = options;
  try {
    return await decodeOn(task, provider);
  } catch (error) {
    if (provider === "cpu" || !(error instanceof CorruptDataError)) throw error;
    return decodeOn(task, "cpu");
  }
}

async function decodeOn(
  { model, tokens, chunks }: ContextDecodeTask,
  provider: ContextThreadData["provider"],
): Promise<readonly ContextSymbols[]> {
  const { coder, file } = coderOf(model);
  const found = await coder.decode(
    chunks.map(({ frame, streams, location }) => ({ shape: shapeOf(frame, file), streams, location })),
    tokens,
    evaluator(provider),
  );
  chunks.forEach(({ checksum, location, writtenBy }, i) => {
    const symbols = found[i]?.symbols;
    if (checksum === undefined || symbols === undefined) return;
    const got = xxhash32(new Uint8Array(symbols.buffer, symbols.byteOffset, symbols.byteLength));
    if (got !== checksum) {
      throw new CorruptDataError(
        location,
        `its latents have checksum ${hex(got)}, ${hex(checksum)} expected (read with ${provider}, written by ${writtenBy})`,
      );
    }
  });
  return found;
}

async function encode({ model, tokens, frame, symbols, sets }: ContextEncodeTask): Promise<readonly Uint8Array[]> {
  const { coder, file } = coderOf(model);
  const chunk = { symbols, sets, shape: shapeOf(frame, file) };
  return (await coder.encode([chunk], tokens, evaluator(options.provider)))[0] ?? [];
}

function coderOf(model: LoadedContext): { readonly coder: ContextCoder; readonly file: ContextFile } {
  const known = coders.get(model.id);
  if (known !== undefined) return known;
  const file = parseContextFile(model.file, "context file");
  const fresh = { file, coder: createContextCoder({ file, summary: model.summary, context: model.context }) };
  coders.set(model.id, fresh);
  return fresh;
}

function evaluator(provider: ContextThreadData["provider"]): Evaluate {
  return async (path, feeds, output) => {
    const key = `${provider} ${path}`;
    const network = networks.get(key) ?? openNetwork(path, { ...options, provider });
    networks.set(key, network);
    network.catch(() => networks.delete(key));
    return (await (await network).run(feeds, output)).data;
  };
}

function shapeOf({ rows, columns, quality, channels, clear, references }: ChunkFrame, file: ContextFile): ContextShape {
  const used = file.temporal ? references.map((reference) => expand(reference, file.channels)) : [];
  return { rows, columns, quality, channels, clear, references: used };
}

function expand({ latents, clear }: ReferenceChunk, channels: number): Reference {
  const symbols = new Int16Array(channels * latents.rows * latents.columns);
  symbols.set(latents.symbols);
  return { symbols, clear, isSeen: clear.some((share) => share > 0) };
}

const hex = (value: number): string => value.toString(16).padStart(8, "0");
