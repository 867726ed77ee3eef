// One thread of entropy coding by context: owns the sessions of the context networks and a coder a model.
import { workerData } from "node:worker_threads";
import { assertNever } from "../../core/assert.js";
import { serveTasks } from "../../core/worker-pool.js";
import { openNetwork, type Network } from "../../model/session.js";
import { createContextCoder, type ContextCoder, type ContextSymbols } from "./context-coder.js";
import { parseContextFile, type ContextFile } from "./context-file.js";
import type {
  ContextDecodeTask,
  ContextEncodeTask,
  ContextResult,
  ContextTask,
  ContextThreadData,
  LoadedContext,
} from "./context-tasks.js";
import { decodeChecked, shapeOf, type Engine } from "./decode-checked.js";
import { createOfficialCoders } from "./official-coders.js";

const options = workerData as ContextThreadData;
const networks = new Map<string, Promise<Network>>();
const coders = new Map<string, { readonly coder: ContextCoder; readonly file: ContextFile }>();
const official = createOfficialCoders({ first: engineOf(options.provider), cpu: engineOf("cpu") });

serveTasks<ContextTask, ContextResult>(async (task) => {
  switch (task.kind) {
    case "decode":
      return { result: { kind: "decoded", chunks: await decode(task) } };
    case "encode":
      return { result: { kind: "encoded", streams: await encode(task) } };
    case "decode-official":
      return { result: { kind: "decoded-official", latents: await official.decode(task) } };
    case "encode-official":
      return { result: { kind: "encoded-official", chunk: await official.encode(task) } };
    default:
      return assertNever(task);
  }
});

function decode({ model, tokens, chunks }: ContextDecodeTask): Promise<readonly ContextSymbols[]> {
  const { provider } = options;
  const plain = provider === "cpu" ? undefined : engineOf("cpu");
  return decodeChecked({ ...coderOf(model), tokens, chunks }, { first: engineOf(provider), plain });
}

async function encode({ model, tokens, frame, symbols, sets }: ContextEncodeTask): Promise<readonly Uint8Array[]> {
  const { coder, file } = coderOf(model);
  const chunk = { symbols, sets, shape: shapeOf(frame, file) };
  return (await coder.encode([chunk], tokens, engineOf(options.provider).evaluate))[0] ?? [];
}

function coderOf(model: LoadedContext): { readonly coder: ContextCoder; readonly file: ContextFile } {
  const known = coders.get(model.id);
  if (known !== undefined) return known;
  const file = parseContextFile(model.file, "context file");
  const fresh = { file, coder: createContextCoder({ file, summary: model.summary, context: model.context }) };
  coders.set(model.id, fresh);
  return fresh;
}

function engineOf(provider: ContextThreadData["provider"]): Engine {
  return {
    name: provider,
    async evaluate(path, feeds, output) {
      const key = `${provider} ${path}`;
      const network = networks.get(key) ?? openNetwork(path, { ...options, provider });
      networks.set(key, network);
      network.catch(() => networks.delete(key));
      return (await (await network).run(feeds, output)).data;
    },
  };
}
