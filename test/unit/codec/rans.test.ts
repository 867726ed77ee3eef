import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRansCoder } from "../../../src/codec/rans.js";
import { tablesFromCdfs } from "../../support/tables-from-cdfs.js";
import { CorruptDataError } from "../../../src/core/errors.js";

/** A random CDF of `count` ordinary symbols and the escape. */
function cdfOf(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, w) => sum + w, 0);
  const free = 65536 - weights.length;
  const frequencies = weights.map((w) => 1 + Math.floor((w / total) * free));
  frequencies[0] = (frequencies[0] ?? 1) + 65536 - frequencies.reduce((sum, f) => sum + f, 0);
  const cdf = [0];
  for (const f of frequencies) cdf.push((cdf.at(-1) ?? 0) + f);
  return cdf;
}

const row = fc
  .tuple(fc.integer({ min: -40, max: 5 }), fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 60 }))
  .map(([offset, weights]) => ({ offset, cdf: cdfOf(weights) }));

test("any symbols, also far outside the tables, come back exactly", () => {
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 6, maxLength: 6 }),
      fc.array(fc.oneof(fc.integer({ min: -30, max: 30 }), fc.integer({ min: -32768, max: 32767 })), {
        minLength: 60,
        maxLength: 60,
      }),
      fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 20, maxLength: 20 }),
      (rows, values, sets) => {
        const coder = createRansCoder(tablesFromCdfs(rows, 2));
        const shape = { channels: 3, positions: 20, sets: Uint8Array.from(sets) };
        const stream = coder.encode(Int16Array.from(values), shape);
        assert.deepEqual([...coder.decode(stream, shape, "stream")], values);
      },
    ),
    { numRuns: 200 },
  );
});

test("a stream that ends early, is too long or has a set that isn't there is an error naming the chunk", () => {
  const coder = createRansCoder(tablesFromCdfs([{ offset: -2, cdf: cdfOf([1, 5, 20, 5, 1, 1]) }]));
  const shape = { channels: 1, positions: 400, sets: undefined };
  const stream = coder.encode(
    Int16Array.from({ length: 400 }, (_, i) => (i % 5) - 2),
    shape,
  );
  const isCorrupt = (error: unknown): boolean =>
    error instanceof CorruptDataError && error.message.startsWith("chunk 1/2/3:");
  assert.throws(() => coder.decode(stream.subarray(0, stream.length - 8), shape, "chunk 1/2/3"), isCorrupt);
  assert.throws(() => coder.decode(stream.subarray(0, 4), shape, "chunk 1/2/3"), isCorrupt);
  assert.throws(() => coder.decode(Uint8Array.from([...stream, 0, 0, 0, 0]), shape, "chunk 1/2/3"), isCorrupt);
  assert.throws(() => coder.decode(stream, { ...shape, sets: new Uint8Array(400).fill(1) }, "chunk 1/2/3"), isCorrupt);
});

test("random bytes never crash the decoder or grow its answer", () => {
  const coder = createRansCoder(tablesFromCdfs([{ offset: -2, cdf: cdfOf([1, 5, 20, 5, 1, 1]) }]));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        assert.equal(coder.decode(bytes, { channels: 1, positions: 256, sets: undefined }, "noise").length, 256);
      } catch (error) {
        assert.ok(error instanceof CorruptDataError);
      }
    }),
  );
});
