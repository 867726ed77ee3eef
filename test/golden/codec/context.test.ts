import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createContextCoder } from "../../../src/codec/context/context-coder.js";
import type { KnownChunk } from "../../../src/codec/context/features.js";
import { walkChunks, type CodePass } from "../../../src/codec/context/walk.js";
import { readGoldenContext, type GoldenChunk } from "../../support/context-golden.js";
import { folderEvaluate } from "../../support/folder-evaluate.js";

for (const name of ["context-elic", "context-tt"] as const) {
  const { folder, model, chunks } = readGoldenContext(name);
  const engine = folderEvaluate(folder);
  const coder = createContextCoder(model);
  after(() => engine.close());

  test(`${name}: rows and whole parts of all symbols of all passes are those that torch gives`, async () => {
    for (const chunk of chunks) {
      const [rows, wholes]: [number[], number[]] = [[], []];
      const code: CodePass = (_, group, found, { positions }) => {
        rows.push(...found.rows);
        wholes.push(...found.whole);
        return found.whole.map((whole, i) => {
          const channel = (model.file.bounds[group] ?? 0) + Math.floor(i / positions.length);
          const total = chunk.shape.rows * chunk.shape.columns;
          return (chunk.symbols[channel * total + (positions[i % positions.length] ?? 0)] ?? 0) - whole;
        });
      };
      const known = knownChunk(chunk);
      const { quality, channels } = chunk.shape;
      await walkChunks(model, { chunks: [known], channels: [channels], quality }, engine.evaluate, code);
      assert.deepEqual(known.symbols, chunk.symbols);
      assert.deepEqual(rows, [...chunk.tableRows]);
      assert.deepEqual(wholes, [...chunk.wholes]);
    }
  });

  test(`${name}: streams are byte for byte CompressAI's and decode to the same symbols`, async () => {
    for (const { symbols, sets, shape, stream, tokens } of chunks) {
      for (const streams of tokens.length === 0 ? [[stream]] : [[stream], tokens]) {
        const isTokens = streams === tokens;
        const [written] = await coder.encode([{ symbols, sets, shape }], isTokens, engine.evaluate);
        assert.deepEqual(written?.map(hex), streams.map(hex));
        const [read] = await coder.decode([{ shape, streams, location: name }], isTokens, engine.evaluate);
        assert.deepEqual(read?.symbols, symbols);
        assert.equal(read.forecast, undefined);
      }
    }
  });
}

test("context-tt: what is forecast from two tokens and the earlier dates is what torch forecasts", async () => {
  const { folder, model, chunks } = readGoldenContext("context-tt");
  const { evaluate, close } = folderEvaluate(folder);
  for (const { symbols, shape, tokens, forecast } of chunks) {
    const part = [{ shape, streams: tokens.slice(0, 2), location: "chunk" }];
    const [read] = await createContextCoder(model).decode(part, true, evaluate);
    const from = model.file.bounds[2] ?? 0;
    assert.deepEqual(read?.symbols, symbols.slice(0, from * shape.rows * shape.columns));
    assert.equal(read.forecast?.from, from);
    assert.deepEqual(read.forecast.eighths, Int32Array.from(forecast));
    assert.equal(
      forecast.some((mean) => mean % 8 !== 0),
      shape.references.length > 0,
    );
  }
  await close();
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function knownChunk({ shape, sets, symbols }: GoldenChunk): KnownChunk {
  return { ...shape, sets, symbols: new Int16Array(symbols.length) };
}
