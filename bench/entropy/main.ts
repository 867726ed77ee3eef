// Symbols a second and core of TEC-FP's coder, on chunks of the scene.
import { parseLappedTables } from "../../src/codec/lapped/entropy-tables.js";
import { createProfiledCoder } from "../../src/codec/lapped/factorized.js";
import { loadModel } from "../../src/codec/loaded-model.js";
import { openModelDecoder } from "../../src/codec/open-coder.js";
import { findSection, parseChunk, SECTION } from "../../src/container/chunk.js";
import { readChunkBytes, readTecCog } from "../../src/container/tec-cog-reader.js";
import { createModelZoo } from "../../src/model/model-zoo.js";
import { BUILT_IN_MODELS } from "../../src/app/config.js";
import { openByteSource } from "../../src/store/byte-source.js";
import { decodeChunk } from "../../src/tile/decode-chunk.js";
import { numberOptions, printTable, round, spreadOf, writeResult, type Spread } from "../support/report.js";
import { sceneItem } from "../support/scene.js";

const { rounds, write, chunks: wanted } = numberOptions({ rounds: 9, write: 0, chunks: 64 });

const zoo = createModelZoo([BUILT_IN_MODELS]);
const [id = ""] = await zoo.ids();
const model = await zoo.open(id);
if (model.kind !== "lapped") throw new RangeError(`model ${id} has no lapped basis`);
const coder = createProfiledCoder(parseLappedTables(model.tables, "entropy tables"));
const decoder = openModelDecoder(loadModel(model));

/** What codes and decodes one set of symbols, and how many there are. */
interface Workload {
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
  readonly decode: () => void;
  /** From a chunk's bytes to latents in the cache. */
  readonly chunk: () => void;
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
  const place = { name: "a chunk", width: 256, height: 256 };
  const chunks = files.map((bytes) => {
    const chunk = parseChunk(bytes, place.name);
    const stream = findSection(chunk, SECTION.symbols) ?? new Uint8Array();
    const multOf = (): Uint8Array => new Uint8Array(chunk.rows * chunk.columns).fill(16);
    return { chunk, stream, multOf };
  });
  const use = { decoder, references: [], tokens: undefined };
  return {
    name: `${files.length} chunks of the scene`,
    count: chunks.reduce((sum, { chunk }) => sum + chunk.channels * chunk.rows * chunk.columns, 0),
    bytes: chunks.reduce((sum, { stream }) => sum + stream.length, 0),
    decode: () => chunks.forEach(({ stream, chunk, multOf }) => coder.decode(stream, chunk, multOf, "a chunk")),
    chunk: () => files.forEach((bytes) => decodeChunk(bytes, place, use)),
  };
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

const load = await sceneWorkload();
if (load === undefined) throw new Error("The scene is missing: run bench/titiler/setup.sh first");
const { name, count, bytes, decode, chunk } = load;
const result = {
  symbols: name,
  count,
  bitsASymbol: round((8 * bytes) / count),
  decode: speed(count, decode),
  wholeChunk: speed(count, chunk),
};
printTable([
  {
    symbols: name,
    count,
    "bits a symbol": result.bitsASymbol,
    "decode, M/s": result.decode.median,
    "whole chunk, M/s": result.wholeChunk.median,
  },
]);
if (write !== 0) {
  const { defaultQuality: quality } = model.card;
  writeResult("entropy", {
    model: id,
    quality,
    unit: "million symbols a second of one core's time",
    results: [result],
  });
}
