// Processor time of entropy-decoding one chunk of 256 pixels by each context model, split into networks and the rest, beside TEC-FP.
import { loadModel } from "../../src/codec/loaded-model.js";
import { BUILT_IN_MODELS } from "../../src/app/config.js";
import { createContextCoder } from "../../src/codec/context/context-coder.js";
import { parseContextFile } from "../../src/codec/context/context-file.js";
import type { Evaluate } from "../../src/codec/evaluate.js";
import { createFactorizedCoder } from "../../src/codec/factorized.js";
import { parseTables } from "../../src/codec/tables.js";
import { createModelZoo } from "../../src/model/model-zoo.js";
import { openNetwork, type Network } from "../../src/model/session.js";
import { sparseChunk } from "../../test/support/sparse-chunk.js";
import { numberOptions, printTable, round, seededRandom, spreadOf, writeResult } from "../support/report.js";

const { rounds, write, threads, channels } = numberOptions({ rounds: 9, write: 0, threads: 1, channels: 512 });
const zoo = createModelZoo([BUILT_IN_MODELS]);
const [id = ""] = await zoo.ids();
const opened = await zoo.open(id);
const model = loadModel(opened);
const quality = opened.card.defaultQuality;
const SIDE = 16;

interface Figures {
  readonly name: string;
  readonly bytes: number;
  /** Milliseconds of processor time: all, and of it in the networks. */
  readonly all: number[];
  readonly networks: { summary: number; context: number; runs: number };
}

const networks = new Map<string, Promise<Network>>();
let spent = { summary: 0, context: 0, runs: 0 };

const evaluate: Evaluate = async (path, feeds, output) => {
  const network = networks.get(path) ?? openNetwork(path, { provider: "cpu", threads });
  networks.set(path, network);
  const ready = await network;
  const start = cpuMs();
  const { data } = await ready.run(feeds, output);
  spent[path.includes("summary") ? "summary" : "context"] += cpuMs() - start;
  spent.runs++;
  return data;
};

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function contextFigures(name: "elic" | "tt" | "flextec"): Promise<Figures> {
  const context = name === "elic" ? model.contexts.elic : model.contexts.tt;
  if (context === undefined) throw new RangeError(`model ${id} has no context model for ${name}`);
  const file = parseContextFile(context.file, name);
  const coder = createContextCoder({ file, summary: context.summary, context: context.context });
  const references = name === "elic" ? 0 : 2;
  const shape = { rows: SIDE, columns: SIDE, channels, quality, references };
  const chunk = sparseChunk(file, shape, seededRandom(1));
  const isTokens = name === "flextec";
  const [streams = []] = await coder.encode([chunk], isTokens, evaluate);
  const all: number[] = [];
  const sources = [{ shape: chunk.shape, streams, location: name }];
  await coder.decode(sources, isTokens, evaluate);
  spent = { summary: 0, context: 0, runs: 0 };
  for (let i = 0; i < rounds; i++) {
    const start = cpuMs();
    await coder.decode(sources, isTokens, evaluate);
    all.push(cpuMs() - start);
  }
  return { name, bytes: streams.reduce((sum, { length }) => sum + length, 0), all, networks: { ...spent } };
}

function factorizedFigures(): Figures {
  if (model.fp === undefined) throw new RangeError(`model ${model.id} has no TEC-FP`);
  const tables = parseTables(model.fp.tables, "tables");
  const coder = createFactorizedCoder(tables, model.fp.block);
  const { symbols } = sparseChunk(
    { channels: model.channels, sets: 1 },
    { rows: SIDE, columns: SIDE, channels, quality, references: 0 },
    seededRandom(1),
  );
  const chunk = { rows: SIDE, columns: SIDE, channels, symbols };
  const encoded = coder.encode(chunk, quality);
  const all = Array.from({ length: rounds }, () => {
    const start = cpuMs();
    coder.decode(encoded, { ...chunk, quality }, "fp");
    return cpuMs() - start;
  });
  return { name: "fp", bytes: encoded.stream.length, all, networks: { summary: 0, context: 0, runs: 0 } };
}

const figures = [factorizedFigures()];
for (const name of ["elic", "tt", "flextec"] as const) figures.push(await contextFigures(name));
printTable(
  figures.map(({ name, bytes, all, networks: { summary, context, runs } }) => ({
    "entropy model": name,
    bytes,
    "ms of processor": spreadOf(all).median,
    least: spreadOf(all).min,
    "of it summaries": round(summary / rounds),
    "of it distributions": round(context / rounds),
    "network runs": runs / rounds,
  })),
);
if (write === 1) writeResult("context", { quality, channels, threads, rounds, figures });
