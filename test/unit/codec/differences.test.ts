import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromDifferences, toDifferences } from "../../../src/codec/differences.js";

test("differences of predicted channels come back exactly, and other channels are left alone", () => {
  const chunk = fc.tuple(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 16 })).chain(([rows, columns]) => {
    const symbols = fc.array(fc.integer({ min: -16383, max: 16383 }), {
      minLength: 3 * rows * columns,
      maxLength: 3 * rows * columns,
    });
    return symbols.map((values) => ({ symbols: Int16Array.from(values), channels: 3, rows, columns }));
  });
  fc.assert(
    fc.property(chunk, (original) => {
      const predicted = Uint8Array.of(1, 0, 1);
      const coded = toDifferences(original, predicted);
      const plane = original.rows * original.columns;
      assert.deepEqual(coded.symbols.subarray(plane, 2 * plane), original.symbols.subarray(plane, 2 * plane));
      fromDifferences(coded.symbols, original, predicted);
      assert.deepEqual(coded.symbols, original.symbols);
    }),
  );
});

test("the prediction is (left + top) >> 1, the one that is there at the edges", () => {
  const chunk = { symbols: Int16Array.of(10, 13, 9, -4), channels: 1, rows: 2, columns: 2 };
  assert.deepEqual([...toDifferences(chunk, Uint8Array.of(1)).symbols], [10, 3, -1, -4 - ((9 + 13) >> 1)]);
});
