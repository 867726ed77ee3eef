// What the Python reference of the context models (models/training/tectile_training/golden_context.py) says of random chunks is what the
// WebAssembly module codes by: the stream of rows found from the reference's means and scales is the coder's stream, byte for byte.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createContextCoder, type ContextShape } from "../../../src/codec/context/perceptron-coder.js";
import { parseContextWeights } from "../../../src/codec/context/context-weights.js";
import { createIndexedRans } from "../../../src/codec/rans-indexed.js";
import { laplacianTables } from "../../support/symbol-rows.js";

const FOLDER = new URL("./context/", new URL("../../../../test/golden/codec/", import.meta.url));
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, FOLDER)));

for (const name of ["elic", "tt"] as const) {
  const weights = parseContextWeights(bytesOf(`${name}.weights`), name);
  const degain = new Float32Array(bytesOf(`${name}.degain`).slice().buffer);
  const { channels: all } = weights;
  const steps = Array.from(weights.steps, (_, q) => degain.slice(q * all, (q + 1) * all));
  const tables = laplacianTables(steps);
  const coder = createContextCoder(weights, tables);
  const none = new Float32Array();
  const rowCount = tables.rows.first.length;
  const rans = createIndexedRans({
    ...tables.rows,
    sets: 1,
    channels: rowCount,
    gain: none,
    degain: none,
    rounding: none,
  });

  for (const n of [0, 1, 2, 3, 4])
    test(`${name}: case ${n} is coded by the reference's means and scales`, () => {
      const { chunk, means, scales, forecast } = readCase(bytesOf(`${name}-${n}.bin`));
      const { fine } = tables;
      const whole = means.map((mean, i) => ((scales[i] ?? 0) < fine ? mean >> 3 : (mean + 4) >> 3));
      const rows = Uint16Array.from(means, (mean, i) => {
        const scale = scales[i] ?? 0;
        return scale < fine ? 8 * scale + (mean & 7) : 8 * fine + scale - fine;
      });
      const expected = rans.encode(
        Int16Array.from(chunk.symbols, (s, i) => s - (whole[i] ?? 0)),
        rows,
      );
      const streams = coder.encode(chunk, { tokens: false });
      assert.equal(streams.length, 1);
      assert.deepEqual(streams[0], expected);
      const read = coder.decode(streams, chunk, { tokens: false, location: "chunk" });
      assert.deepEqual(read.symbols, chunk.symbols);

      // the reference's forecast knows the first half of the channels
      const known = chunk.channels >> 1;
      if (known === 0) {
        assert.deepEqual(coder.forecast(chunk), forecast);
        return;
      }
      const halves = createContextCoder({ ...weights, bounds: Uint16Array.of(0, known, all) }, tables);
      const [first = new Uint8Array()] = halves.encode(chunk, { tokens: true });
      const part = halves.decode([first], chunk, { tokens: true, location: "chunk" });
      assert.equal(part.known, known);
      assert.deepEqual(part.eighths, forecast.eighths);
      assert.deepEqual(part.scales, forecast.scales);
    });
}

function readCase(bytes: Uint8Array) {
  const data = new Int32Array(bytes.slice().buffer);
  let at = 0;
  const take = (length: number): Int32Array => {
    at += length;
    return data.subarray(at - length, at);
  };
  const [channels = 0, rows = 0, columns = 0, dates = 0] = take(4);
  const size = rows * columns;
  const part = () => {
    const [count = 0, quality = 0, step8 = 0] = take(3);
    const symbols = Int16Array.from(take(count * size));
    const [mult, clear] = [Uint8Array.from(take(size)), Uint8Array.from(take(size))];
    const axes = new Float32Array(take(432).slice().buffer);
    return { channels: count, quality, step8, symbols, mult, clear, axes };
  };
  const own = part();
  const references = Array.from({ length: dates }, part);
  const chunk: ContextShape & { readonly symbols: Int16Array } = { ...own, rows, columns, references };
  const means = take(channels * size).slice();
  const scales = Uint8Array.from(take(channels * size));
  const blind = (channels - (channels >> 1)) * size;
  const forecast = { eighths: take(blind).slice(), scales: Uint8Array.from(take(blind)) };
  assert.equal(at, data.length);
  return { chunk, means, scales, forecast };
}
