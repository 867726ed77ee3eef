import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createContextCoder } from "../../../../src/codec/context/context-coder.js";
import type { StoredStreams } from "../../../../src/codec/context/context-tasks.js";
import { decodeChecked, type Engine } from "../../../../src/codec/context/decode-checked.js";
import { xxhash32 } from "../../../../src/codec/xxhash32.js";
import { CorruptDataError } from "../../../../src/core/errors.js";
import { readGoldenContext } from "../../../support/context-golden.js";
import { folderEvaluate } from "../../../support/folder-evaluate.js";

const { folder, model, chunks } = readGoldenContext("context-elic");
const networks = folderEvaluate(folder);
after(() => networks.close());
const [golden] = chunks;
assert.ok(golden !== undefined);
const { stream, symbols, shape } = golden;
const task = (streams: readonly Uint8Array[]) => ({
  coder: createContextCoder(model),
  file: model.file,
  tokens: false,
  chunks: streams.map((bytes, i): StoredStreams => ({
    frame: { ...shape, references: [] },
    streams: [bytes],
    checksum: xxhash32(new Uint8Array(symbols.buffer)),
    location: `chunk 0/0/${i} of scene.tif`,
    writtenBy: "cuda (onnxruntime-node 1.30.0)",
  })),
});
const cpu: Engine = { name: "cpu", evaluate: networks.evaluate };

/** An engine that adds 1 to one number of its answer number `call`, and counts its calls. */
function liar(call: number): Engine & { calls: number } {
  const engine = {
    name: "webgpu",
    calls: 0,
    async evaluate(...task: Parameters<Engine["evaluate"]>) {
      const answer = (await networks.evaluate(...task)).slice();
      if (engine.calls++ === call) answer[0] = (answer[0] ?? 0) + 1;
      return answer;
    },
  };
  return engine;
}

test("an engine that errs once is put right by the plain one, whichever network it was", async () => {
  for (const call of [0, 1, 3, 6]) {
    const lying = liar(call);
    const [decoded] = await decodeChecked(task([stream]), { first: lying, plain: cpu });
    assert.deepEqual(decoded?.symbols, symbols);
    assert.ok(lying.calls > call);
  }
});

test("without a plain engine what an erring engine reads is an error naming chunk, reader and writer", async () => {
  await assert.rejects(
    decodeChecked(task([stream]), { first: liar(1), plain: undefined }),
    (error) =>
      error instanceof CorruptDataError &&
      /^chunk 0\/0\/0 of scene\.tif: [^.]+ \(read with webgpu, written by cuda \(onnxruntime-node 1\.30\.0\)\)$/.test(
        error.message,
      ),
  );
});

test("wherever a bit is flipped, the error is one sentence that names the chunk and both engines", async () => {
  for (let bit = 0; bit < 8 * stream.length; bit += 997) {
    const flipped = stream.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const honest = liar(-1);
    await assert.rejects(decodeChecked(task([stream, flipped]), { first: honest, plain: cpu }), (error) => {
      assert.ok(error instanceof CorruptDataError, String(error));
      assert.match(
        error.message,
        /^chunk 0\/0\/1 of scene\.tif: [^.]+ \(read with cpu, written by cuda \(onnxruntime-node 1\.30\.0\)\)$/,
      );
      return true;
    });
  }
});
