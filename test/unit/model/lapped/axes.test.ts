import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  anglesOf,
  areAngles,
  axesFromAngles,
  eigenvectors,
  OWN_ROWS,
  planesOf,
} from "../../../../src/model/lapped/axes.js";

const SIZE = 12;
const product = (a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number): number => {
  let sum = 0;
  for (let k = 0; k < SIZE; k++) sum += (a[i * SIZE + k] ?? 0) * (b[j * SIZE + k] ?? 0);
  return sum;
};

/** A symmetric matrix with a spread of eigenvalues, and so random orthonormal rows. */
const orthonormal = fc
  .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 144, maxLength: 144 })
  .map((numbers) => {
    const symmetric = new Float64Array(144);
    for (let i = 0; i < SIZE; i++)
      for (let j = 0; j < SIZE; j++)
        symmetric[i * SIZE + j] = (numbers[i * SIZE + j] ?? 0) + (numbers[j * SIZE + i] ?? 0) + (i === j ? 3 * i : 0);
    return eigenvectors(symmetric);
  });

test("axes stated as angles are orthonormal, and within a few quantisation steps of those asked for but for signs", () => {
  fc.assert(
    fc.property(orthonormal, orthonormal, (own, commonRows) => {
      const common = Float32Array.from(commonRows);
      const angles = anglesOf(own, OWN_ROWS.own, common);
      assert.equal(angles.length, planesOf(OWN_ROWS.own));
      assert.ok(areAngles(angles, OWN_ROWS.own));
      const axes = axesFromAngles(angles, OWN_ROWS.own, common);
      for (let i = 0; i < SIZE; i++) {
        for (let j = 0; j <= i; j++)
          assert.ok(Math.abs(product(axes, i, axes, j) - (i === j ? 1 : 0)) < 1e-5, `${i}, ${j}`);
      }
      // The strongest axis has the finest angles: 11 of at most 0.01 x 2 / 2 radians.
      assert.ok(Math.abs(product(axes, 0, own, 0)) > 0.998);
    }),
    { numRuns: 60 },
  );
});

test("the first five rows stated alone are those of all rows; the others complete the common axes", () => {
  fc.assert(
    fc.property(orthonormal, orthonormal, (own, commonRows) => {
      const common = Float32Array.from(commonRows);
      const few = axesFromAngles(anglesOf(own, OWN_ROWS.few, common), OWN_ROWS.few, common);
      for (let i = 0; i < SIZE; i++)
        for (let j = 0; j <= i; j++) assert.ok(Math.abs(product(few, i, few, j) - (i === j ? 1 : 0)) < 1e-5);
      assert.ok(Math.abs(product(few, 0, own, 0)) > 0.998);
    }),
    { numRuns: 30 },
  );
});

test("angles that no rotation has are told", () => {
  const angles = new Int16Array(planesOf(OWN_ROWS.own));
  assert.ok(areAngles(angles, OWN_ROWS.own));
  for (const n of [0, 10, 65]) assert.ok(!areAngles(angles.with(n, 200), OWN_ROWS.own), `plane ${n}`);
  assert.ok(!areAngles(angles.with(3, -32768), OWN_ROWS.own));
});
