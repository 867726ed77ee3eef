import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createContextCoder } from "../../../../src/codec/context/context-coder.js";
import { readGoldenContext, shippedContext } from "../../../support/context-golden.js";
import { folderEvaluate } from "../../../support/folder-evaluate.js";
import { seededRandom, sparseChunk, type SparseChunk } from "../../../support/sparse-chunk.js";

const SHAPES = [
  [1, 1],
  [1, 16],
  [16, 1],
  [5, 7],
  [16, 16],
] as const;
const random = seededRandom(3);

for (const name of ["context-elic", "context-tt"] as const) {
  const { folder, model } = readGoldenContext(name);
  const { file } = model;
  const engine = folderEvaluate(folder);
  const coder = createContextCoder(model);
  after(() => engine.close());
  const chunkOf = (rows: number, columns: number, channels: number, references = 0): SparseChunk =>
    sparseChunk(file, { rows, columns, channels, quality: Math.floor(random() * file.steps), references }, random);
  const choices = file.temporal ? [0, 1, 2] : [0];

  test(`${name}: chunks of any shape, channels and earlier dates come back`, async () => {
    for (const [rows, columns] of SHAPES)
      for (const channels of [1, 31, 33, file.channels])
        for (const references of choices) {
          const chunk = chunkOf(rows, columns, channels, references);
          const [streams = []] = await coder.encode([chunk], false, engine.evaluate);
          const sources = [{ shape: chunk.shape, streams, location: "chunk" }];
          const [read] = await coder.decode(sources, false, engine.evaluate);
          assert.deepEqual(read?.symbols, chunk.symbols, `${rows} x ${columns} x ${channels}, ${references} dates`);
        }
  });

  test(`${name}: chunks of different channels and earlier dates are coded together as they are alone`, async () => {
    const quality = 1;
    const chunks = [
      [33, 0],
      [file.channels, choices.at(-1) ?? 0],
      [1, choices[1] ?? 0],
    ].map(([channels = 0, references = 0]) =>
      sparseChunk(file, { rows: 5, columns: 7, channels, quality, references }, random),
    );
    const together = await coder.encode(chunks, false, engine.evaluate);
    for (const [i, chunk] of chunks.entries())
      assert.deepEqual((await coder.encode([chunk], false, engine.evaluate))[0], together[i]);
    const sources = chunks.map(({ shape }, i) => ({ shape, streams: together[i] ?? [], location: `chunk ${i}` }));
    const read = await coder.decode(sources, false, engine.evaluate);
    assert.deepEqual(
      read.map(({ symbols }) => symbols),
      chunks.map(({ symbols }) => symbols),
    );
  });
}

test("of any number of tokens what is read is exact, and the rest is forecast", async () => {
  const { folder, model } = readGoldenContext("context-tt");
  const { bounds } = model.file;
  const { evaluate, close } = folderEvaluate(folder);
  const coder = createContextCoder(model);
  for (const [rows, columns, channels, references] of [
    [5, 7, model.file.channels, 2],
    [16, 1, 70, 1],
    [1, 1, 31, 0],
  ] as const) {
    const chunk = sparseChunk(model.file, { rows, columns, channels, quality: 1, references }, random);
    const [streams = []] = await coder.encode([chunk], true, evaluate);
    assert.equal(streams.length, bounds.filter((bound) => bound < channels).length);
    for (let tokens = 0; tokens <= streams.length; tokens++) {
      const part = [{ shape: chunk.shape, streams: streams.slice(0, tokens), location: "chunk" }];
      const [read] = await coder.decode(part, true, evaluate);
      const known = Math.min(channels, bounds[tokens] ?? 0);
      assert.deepEqual(read?.symbols, chunk.symbols.slice(0, known * rows * columns));
      assert.equal(read.forecast?.from, known < channels ? known : undefined);
      assert.equal(read.forecast?.eighths.length, known < channels ? (channels - known) * rows * columns : undefined);
    }
  }
  await close();
});

test("the shipped models' 512 channels come back at every quality", async (t) => {
  for (const name of ["elic", "tt"] as const) {
    const shipped = shippedContext(name);
    if (shipped === undefined) return t.skip("The model has no context models.");
    const { file } = shipped.model;
    const { evaluate, close } = folderEvaluate(shipped.folder);
    const coder = createContextCoder(shipped.model);
    for (let quality = 0; quality < file.steps; quality++) {
      const references = file.temporal ? quality % 3 : 0;
      const shape = { rows: 4, columns: 3, channels: file.channels - 32 * quality, quality, references };
      const chunk = sparseChunk(file, shape, random);
      const [streams = []] = await coder.encode([chunk], file.temporal, evaluate);
      const sources = [{ shape: chunk.shape, streams, location: "chunk" }];
      const [read] = await coder.decode(sources, file.temporal, evaluate);
      assert.deepEqual(read?.symbols, chunk.symbols);
    }
    await close();
  }
});
