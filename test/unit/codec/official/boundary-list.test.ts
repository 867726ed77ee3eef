import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { packBoundaries, unpackBoundaries } from "../../../../src/codec/official/boundary-list.js";
import { CorruptDataError } from "../../../../src/core/errors.js";

const TOTAL = 49_152;
const list = fc.uniqueArray(fc.integer({ min: 0, max: TOTAL - 1 }), { maxLength: 300 }).chain((positions) =>
  fc.record({
    positions: fc.constant(positions.toSorted((a, b) => a - b)),
    upper: fc.array(fc.boolean(), { minLength: positions.length, maxLength: positions.length }),
  }),
);

test("any list of positions and sides comes back", () => {
  fc.assert(
    fc.property(list, ({ positions, upper }) => {
      const sides = unpackBoundaries(packBoundaries({ positions, upper }), TOTAL, "list");
      const wanted = new Int8Array(TOTAL).fill(-1);
      positions.forEach((position, i) => (wanted[position] = upper[i] === true ? 1 : 0));
      assert.deepEqual(sides, wanted);
    }),
  );
});

test("an empty list takes no bytes, and 70 of 49,152 positions take at most 12 bits each", () => {
  assert.equal(packBoundaries({ positions: [], upper: [] }).length, 0);
  let state = 1;
  const draw = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const positions = [...new Set(Array.from({ length: 70 }, () => Math.floor(draw() * TOTAL)))].toSorted(
    (a, b) => a - b,
  );
  const bytes = packBoundaries({ positions, upper: positions.map(() => draw() < 0.5) });
  assert.ok(bytes.length <= 2 + (12 * positions.length) / 8, `${bytes.length} bytes`);
});

test("a list cut short, too long or of random bytes is CorruptData, never a crash", () => {
  const isCorrupt = (error: unknown): boolean => error instanceof CorruptDataError;
  const bytes = packBoundaries({ positions: [5, 700, 9000, 30_000], upper: [true, false, true, true] });
  for (let n = 1; n < bytes.length; n++)
    assert.throws(() => unpackBoundaries(bytes.subarray(0, n), TOTAL, "list"), isCorrupt);
  assert.throws(() => unpackBoundaries(Uint8Array.from([...bytes, 0]), TOTAL, "list"), isCorrupt);
  assert.throws(() => unpackBoundaries(bytes, 1000, "list"), isCorrupt);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
      try {
        assert.equal(unpackBoundaries(noise, TOTAL, "list").length, TOTAL);
      } catch (error) {
        assert.ok(isCorrupt(error));
      }
    }),
  );
});
