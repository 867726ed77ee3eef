import assert from "node:assert/strict";
import { test } from "node:test";
import { createContextCoder } from "../../../../src/codec/context/context-coder.js";
import { shapeOf } from "../../../../src/codec/context/decode-checked.js";
import type { Evaluate } from "../../../../src/codec/official/evaluate.js";
import { readGoldenContext, shippedContext } from "../../../support/context-golden.js";
import { folderEvaluate } from "../../../support/folder-evaluate.js";
import { seededRandom, sparseChunk, type SparseChunk } from "../../../support/sparse-chunk.js";

const random = seededRandom(11);

/** The engine's answers with noise up to `most` on every number. */
const noisy =
  (evaluate: Evaluate, most: number): Evaluate =>
  async (...task) =>
    (await evaluate(...task)).map((value) => value + most * (2 * random() - 1));

const trials = (["elic", "tt"] as const).flatMap((name) => {
  const golden = readGoldenContext(`context-${name}`);
  const shipped = shippedContext(name);
  const own = (quality: number): SparseChunk => {
    const shape = { rows: 5, columns: 6, channels: 96, quality, references: name === "tt" ? 2 : 0 };
    return sparseChunk(golden.model.file, shape, random);
  };
  const found = [{ ...golden, name: `golden ${name}`, chunks: [...golden.chunks, own(0), own(1)] }];
  if (shipped === undefined) return found;
  const shape = { rows: 6, columns: 5, channels: 512, quality: 2, references: name === "tt" ? 2 : 0 };
  const chunks = [sparseChunk(shipped.model.file, shape, random)];
  return [...found, { ...shipped, name: `shipped ${name}`, chunks }];
});

for (const { name, folder, model, chunks } of trials)
  test(`${name}: an engine whose floats stray by up to 0.4 writes the same streams and reads every symbol`, async () => {
    const { evaluate, close } = folderEvaluate(folder);
    const stray = noisy(evaluate, 0.4);
    const coder = createContextCoder(model);
    for (const { symbols, sets, shape } of chunks)
      for (const tokens of model.file.temporal ? [false, true] : [false]) {
        const [streams = []] = await coder.encode([{ symbols, sets, shape }], tokens, evaluate);
        assert.deepEqual(await coder.encode([{ symbols, sets, shape }], tokens, stray), [streams]);
        const sources = [{ shape, streams, location: name }];
        assert.deepEqual((await coder.decode(sources, tokens, stray))[0]?.symbols, symbols);
        if (!tokens) continue;
        const part = [{ shape, streams: streams.slice(0, 1), location: name }];
        assert.deepEqual(await coder.decode(part, true, stray), await coder.decode(part, true, evaluate));
      }
    await close();
  });

test("noise beyond a half does change what is read, so the noise of these tests is seen", async () => {
  const { folder, model, chunks } = readGoldenContext("context-elic");
  const { evaluate, close } = folderEvaluate(folder);
  const [first] = chunks;
  assert.ok(first !== undefined);
  const { symbols, shape, stream } = first;
  const sources = [{ shape, streams: [stream], location: "chunk" }];
  const read = await createContextCoder(model)
    .decode(sources, false, noisy(evaluate, 1.5))
    .catch(() => undefined);
  assert.notDeepEqual(read?.[0]?.symbols, symbols);
  await close();
});

test("a date with forecast fractions serves as context by its nearest whole symbols", () => {
  const { model } = readGoldenContext("context-tt");
  const symbols = Float32Array.of(1.875, -1.875, 0.25, -0.25, 3, -2.625);
  const frame = {
    rows: 1,
    columns: 2,
    quality: 0,
    channels: 3,
    clear: new Uint8Array(2),
    references: [
      { latents: { symbols, channels: 3, rows: 1, columns: 2, quality: 0 }, clear: Uint8Array.of(127, 127) },
    ],
  };
  const [reference] = shapeOf(frame, model.file).references;
  assert.deepEqual([...(reference?.symbols.slice(0, 8) ?? [])], [2, -2, 0, 0, 3, -3, 0, 0]);
});
