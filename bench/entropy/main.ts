// Symbols a second and core of the rANS coder, on symbols of a real scene and on symbols drawn from the model's own tables.
import { createFactorizedCoder } from "../../src/codec/factorized.js";
import { createRansCoder } from "../../src/codec/rans.js";
import { parseTables, type StepTables } from "../../src/codec/tables.js";
import { readChunkBytes, readTecCog } from "../../src/container/tec-cog-reader.js";
import { createModelZoo } from "../../src/model/model-zoo.js";
import { BUILT_IN_MODELS } from "../../src/app/config.js";
import { openByteSource } from "../../src/store/byte-source.js";
import { decodeChunk } from "../../src/tile/decode-chunk.js";
import { decodeSymbols } from "../../src/tile/decode-symbols.js";
import { numberOptions, printTable, round, seededRandom, spreadOf, writeResult } from "../support/report.js";
import { sceneItem } from "../support/scene.js";

const POSITIONS = 256;
const { rounds, write, chunks: wanted } = numberOptions({ rounds: 9, write: 0, chunks: 64 });

const zoo = createModelZoo([BUILT_IN_MODELS]);
const [id = ""] = await zoo.ids();
const model = await zoo.open(id);
const tables = parseTables(model.tables, "entropy tables");
const step = tables.steps[model.card.defaultQuality];
if (step === undefined) throw new RangeError(`no quality ${model.card.defaultQuality}`);
const rans = createRansCoder(step);

interface Block {
  readonly symbols: Int16Array;
  readonly channels: number;
}

/** Symbols of the scene's full resolution, as stored; none where bench/titiler/setup.sh has not made it. */
async function sceneBlocks(): Promise<{ readonly blocks: Block[]; readonly files: Uint8Array[] }> {
  const item = await sceneItem().catch(() => undefined);
  if (item === undefined) return { blocks: [], files: [] };
  const source = await openByteSource(item.href);
  const [level] = (await readTecCog(source)).levels;
  const coder = createFactorizedCoder(tables, model.card.entropy.fp.block);
  const [blocks, files]: [Block[], Uint8Array[]] = [[], []];
  for (let i = 0; level !== undefined && i < level.offsets.length; i += Math.ceil(level.offsets.length / wanted)) {
    const bytes = await readChunkBytes(source, level, i);
    if (bytes === undefined) continue;
    const { chunk, symbols } = decodeSymbols(bytes, `chunk ${i}`, coder);
    if (chunk.quality !== model.card.defaultQuality || tables.sets !== 1) continue;
    blocks.push({ symbols, channels: chunk.channels });
    files.push(bytes);
  }
  await source.close();
  return { blocks, files };
}

/** Every channel's symbols by the frequencies of its table; escapes as the largest ordinary symbol. */
function drawnBlock(of: StepTables, random: () => number): Block {
  const symbols = new Int16Array(of.channels * POSITIONS);
  for (let c = 0; c < of.channels; c++) {
    const [start = 0, count = 0, first = 0] = [of.start[c], of.count[c], of.first[c]];
    for (let i = 0; i < POSITIONS; i++) {
      const target = Math.floor(random() * 65536);
      let s = 0;
      while (s < count - 1 && (of.cum[start + s + 1] ?? 65536) <= target) s++;
      symbols[c * POSITIONS + i] = first + s;
    }
  }
  return { symbols, channels: of.channels };
}

/** Million symbols a second over `rounds` passes. */
function speed(symbols: number, pass: () => void): number[] {
  pass();
  return Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    const start = performance.now();
    let passes = 0;
    for (; performance.now() - start < 150; passes++) pass();
    const { user, system } = process.cpuUsage(before);
    return (symbols * passes) / (user + system);
  });
}

function measure(name: string, blocks: readonly Block[], files: readonly Uint8Array[]) {
  const count = blocks.reduce((sum, { symbols }) => sum + symbols.length, 0);
  const shape = ({ channels }: Block) => ({ channels, positions: POSITIONS, sets: undefined });
  const streams = blocks.map((block) => rans.encode(block.symbols, shape(block)));
  const bits = (8 * streams.reduce((sum, { length }) => sum + length, 0)) / count;
  const pairs = blocks.map((block, i) => ({ stream: streams[i] ?? new Uint8Array(), shape: shape(block) }));
  const coder = createFactorizedCoder(tables, model.card.entropy.fp.block);
  const place = { name, width: 256, height: 256 };
  return {
    symbols: name,
    count,
    "bits a symbol": round(bits),
    decode: spreadOf(speed(count, () => pairs.forEach((pair) => rans.decode(pair.stream, pair.shape, name)))),
    encode: spreadOf(speed(count, () => blocks.forEach((block) => rans.encode(block.symbols, shape(block))))),
    ...(files.length === 0
      ? {}
      : { chunk: spreadOf(speed(count, () => files.forEach((bytes) => decodeChunk(bytes, place, coder)))) }),
  };
}

const random = seededRandom(1);
const scene = await sceneBlocks();

const results = [
  ...(scene.blocks.length === 0 ? [] : [measure("of the scene", scene.blocks, scene.files)]),
  measure(
    "drawn from the tables",
    Array.from({ length: 16 }, () => drawnBlock(step, random)),
    [],
  ),
];
printTable(
  results.map((result) => ({
    symbols: result.symbols,
    count: result.count,
    "bits a symbol": result["bits a symbol"],
    "decode, M/s": result.decode.median,
    "encode, M/s": result.encode.median,
    "whole chunk (checksum, int8), M/s": "chunk" in result ? (result.chunk?.median ?? "") : "",
  })),
);
if (write !== 0)
  writeResult("entropy", {
    model: model.card.id,
    quality: model.card.defaultQuality,
    unit: "million symbols a second of one core's time",
    results,
  });
