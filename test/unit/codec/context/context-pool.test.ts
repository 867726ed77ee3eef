import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { createContextCoders } from "../../../../src/codec/context/context-pool.js";
import type { StoredStreams } from "../../../../src/codec/context/context-tasks.js";
import { OverloadedError } from "../../../../src/core/errors.js";
import { readGoldenContext } from "../../../support/context-golden.js";

const { folder, chunks } = readGoldenContext("context-elic");
const [golden] = chunks;
assert.ok(golden !== undefined);
const { symbols } = golden;
const MODEL = {
  id: "golden",
  file: Uint8Array.from(gunzipSync(readFileSync(join(folder, "tables.gz")))),
  summary: join(folder, "summary.onnx"),
  context: join(folder, "context.onnx"),
};
const CHUNK: StoredStreams = {
  frame: { ...golden.shape, references: [] },
  streams: [golden.stream],
  checksum: undefined,
  location: "chunk 0/0/0 of scene.tif",
  writtenBy: "cpu",
};

/** One thread that takes one chunk at a time; two may wait. */
function smallPool() {
  const coders = createContextCoders({ provider: "cpu", sessions: 1, maxBatch: 1, maxWaiting: 2 });
  const decode = async (signal?: AbortSignal) => (await coders.decode(MODEL, false, CHUNK, signal)).symbols;
  return { decode, close: () => coders.close() };
}

test("chunks beyond those that may wait are refused, and the others are decoded", async () => {
  const { decode, close } = smallPool();
  const wanted = [decode(), decode(), decode()];
  await assert.rejects(decode(), (error) => {
    assert.ok(error instanceof OverloadedError, String(error));
    assert.equal(error.message, "2 chunks are waiting; retry in a moment");
    return true;
  });
  assert.deepEqual(await Promise.all(wanted), [symbols, symbols, symbols]);
  assert.deepEqual(await decode(), symbols);
  await close();
});

test("a chunk no longer wanted is let go of at once, and another may wait in its place", async () => {
  const { decode, close } = smallPool();
  const controller = new AbortController();
  let isRunning = true;
  const running = decode(controller.signal).finally(() => (isRunning = false));
  const leaving = decode(controller.signal);
  const staying = decode();
  controller.abort(new Error("gone"));
  const next = decode();
  await assert.rejects(leaving, /^Error: gone$/);
  assert.ok(isRunning, "it waited for the chunk before it");
  assert.deepEqual(await Promise.all([running, staying, next]), [symbols, symbols, symbols]);
  await close();
});

test("what waits when the pool closes is refused", async () => {
  const { decode, close } = smallPool();
  const running = decode();
  const waiting = assert.rejects(decode(), OverloadedError);
  await close();
  await waiting;
  assert.deepEqual(await running, symbols);
});
