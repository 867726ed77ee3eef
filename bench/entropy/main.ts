// Symbols a second and core of the rANS coder, on symbols of a real scene and on symbols drawn from the model's own tables.
import { createFactorizedCoder } from "../../src/codec/factorized.js";
import { createRansCoder } from "../../src/codec/rans.js";
import { parseTables, type StepTables } from "../../src/codec/tables.js";
import { findSection, SECTION } from "../../src/container/chunk.js";
import { readChunkBytes, readTecCog } from "../../src/container/tec-cog-reader.js";
import { createModelZoo } from "../../src/model/model-zoo.js";
import { BUILT_IN_MODELS } from "../../src/app/config.js";
import { openByteSource } from "../../src/store/byte-source.js";
import { decodeChunk } from "../../src/tile/decode-chunk.js";
import { decodeSymbols } from "../../src/tile/decode-symbols.js";
import {
  numberOptions,
  printTable,
  round,
  seededRandom,
  spreadOf,
  writeResult,
  type Spread,
} from "../support/report.js";
import { sceneItem } from "../support/scene.js";

const POSITIONS = 256;
const { rounds, write, chunks: wanted } = numberOptions({ rounds: 9, write: 0, chunks: 64 });

const zoo = createModelZoo([BUILT_IN_MODELS]);
const [id = ""] = await zoo.ids();
const model = await zoo.open(id);
const { fp } = model.card.entropy;
if (fp === undefined || model.tables === undefined) throw new RangeError(`model ${id} has no TEC-FP`);
const tables = parseTables(model.tables, "entropy tables");
const step = tables.steps[model.card.defaultQuality];
if (step === undefined) throw new RangeError(`no quality ${model.card.defaultQuality}`);
const coder = createFactorizedCoder(tables, fp.block);

/** What codes and decodes one set of symbols, and how many there are. */
interface Workload {
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
  readonly decode: () => void;
  readonly encode: () => void;
  /** From a chunk's bytes to latents in the cache. */
  readonly chunk: (() => void) | undefined;
}

/** Chunks of the scene's full resolution, as stored; undefined where bench/titiler/setup.sh has not made it. */
async function sceneWorkload(): Promise<Workload | undefined> {
  const item = await sceneItem().catch(() => undefined);
  if (item === undefined) return undefined;
  const source = await openByteSource(item.href);
  const [level] = (await readTecCog(source)).levels;
  const files: Uint8Array[] = [];
  const total = level?.offsets.length ?? 0;
  for (let i = 0; level !== undefined && i < total; i += Math.ceil(total / wanted)) {
    const bytes = await readChunkBytes(source, level, i);
    if (bytes !== undefined) files.push(bytes);
  }
  await source.close();
  const chunks = files.map((bytes) => {
    const { chunk, symbols } = decodeSymbols(bytes, "a chunk", coder);
    const stream = findSection(chunk, SECTION.symbols) ?? new Uint8Array();
    return { chunk, symbols, parts: { stream, setMap: findSection(chunk, SECTION.sets) ?? new Uint8Array() } };
  });
  const place = { name: "a chunk", width: 256, height: 256 };
  return {
    name: `${files.length} chunks of the scene`,
    count: chunks.reduce((sum, { symbols }) => sum + symbols.length, 0),
    bytes: chunks.reduce((sum, { parts }) => sum + parts.stream.length + parts.setMap.length, 0),
    decode: () => chunks.forEach(({ parts, chunk }) => coder.decode(parts, chunk, "a chunk")),
    encode: () => chunks.forEach(({ symbols, chunk }) => coder.encode({ ...chunk, symbols }, chunk.quality)),
    chunk: () => files.forEach((bytes) => decodeChunk(bytes, place, coder)),
  };
}

/** Every position takes a random table set, every symbol follows its table's frequencies; the sets are given to the coder. */
function drawnWorkload(step: StepTables): Workload {
  const random = seededRandom(1);
  const rans = createRansCoder(step);
  const blocks = Array.from({ length: 16 }, () => {
    const sets = Uint8Array.from({ length: POSITIONS }, () => Math.floor(random() * step.sets));
    const shape = { channels: step.channels, positions: POSITIONS, sets };
    const symbols = new Int16Array(step.channels * POSITIONS);
    for (let i = 0; i < symbols.length; i++) {
      const row = (sets[i % POSITIONS] ?? 0) * step.channels + Math.floor(i / POSITIONS);
      symbols[i] = drawSymbol(step, row, Math.floor(random() * 65536));
    }
    return { symbols, shape, stream: rans.encode(symbols, shape) };
  });
  return {
    name: "drawn from the tables",
    count: blocks.length * step.channels * POSITIONS,
    bytes: blocks.reduce((sum, { stream }) => sum + stream.length, 0),
    decode: () => blocks.forEach(({ stream, shape }) => rans.decode(stream, shape, "drawn")),
    encode: () => blocks.forEach(({ symbols, shape }) => rans.encode(symbols, shape)),
    chunk: undefined,
  };
}

/** The symbol in whose share of 0..65535 `target` lies; the largest ordinary one for the escape. */
function drawSymbol(step: StepTables, row: number, target: number): number {
  const [start = 0, count = 0, first = 0] = [step.start[row], step.count[row], step.first[row]];
  let s = 0;
  while (s < count - 1 && (step.cum[start + s + 1] ?? 65536) <= target) s++;
  return first + s;
}

/** Million symbols a second of one core's time, in each round. */
function speed(symbols: number, pass: () => void): Spread {
  pass();
  const rates = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    const start = performance.now();
    let passes = 0;
    for (; performance.now() - start < 150; passes++) pass();
    const { user, system } = process.cpuUsage(before);
    return (symbols * passes) / (user + system);
  });
  return spreadOf(rates);
}

const loads = [await sceneWorkload(), drawnWorkload(step)].filter((load) => load !== undefined);
const results = loads.map(({ name, count, bytes, decode, encode, chunk }) => ({
  symbols: name,
  count,
  bitsASymbol: round((8 * bytes) / count),
  decode: speed(count, decode),
  encode: speed(count, encode),
  ...(chunk === undefined ? {} : { wholeChunk: speed(count, chunk) }),
}));
printTable(
  results.map((result) => ({
    symbols: result.symbols,
    count: result.count,
    "bits a symbol": result.bitsASymbol,
    "decode, M/s": result.decode.median,
    "encode, M/s": result.encode.median,
    "whole chunk, M/s": result.wholeChunk?.median ?? "",
  })),
);
if (write !== 0) {
  const { id: name, defaultQuality: quality } = model.card;
  writeResult("entropy", {
    model: name,
    quality,
    tableSets: fp.sets,
    unit: "million symbols a second of one core's time",
    results,
  });
}
