import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { storeNumbers, type StoredUnits } from "../../../../src/core/stored-numbers.js";
import { createKernels } from "../../../../src/model/lapped/kernels.js";

const kernels = createKernels();

const units: fc.Arbitrary<StoredUnits> = fc.record({
  dtype: fc.constantFrom("uint8", "uint16", "int16"),
  scale: fc.constantFrom(1, 1, 0.5, 2.75, 10_000, 0.1),
  offset: fc.constantFrom(0, 0, -1000, 1000, 0.3),
  hole: fc.constantFrom(0, 1, 255, 65_535, -32_768, 32_767, -9999, 0.5, 7),
});

/** Those that round hardest, that lie beyond every type, and any. */
const pixel = fc.oneof(
  fc.constantFrom(
    0.5,
    -0.5,
    0.49999997,
    1.5,
    254.5,
    255.5,
    65_534.5,
    65_535.5,
    -32_768.5,
    32_767.5,
    1e30,
    -1e30,
    -0,
    1e-20,
    -1e-20,
    -0.49999997,
    -0.50000006,
    8_388_607.5,
  ),
  fc.integer({ min: -40_000, max: 70_000 }).map((n) => n / 2),
  fc.float({ min: -100_000, max: 100_000, noNaN: true }),
);

test("numbers are stored in WebAssembly as storeNumbers has them: rounded, clipped, beside the hole", () => {
  fc.assert(
    fc.property(
      units,
      fc.array(pixel, { minLength: 32 * 3, maxLength: 32 * 3 }),
      fc.constantFrom(1, 0.8),
      (as, pixels, factor) => {
        kernels.free();
        const at = kernels.place(Float32Array.from(pixels));
        const wanted = storeNumbers(
          Float32Array.from(pixels, (number) => Math.fround(number) * Math.fround(factor)).slice(32, 96),
          as,
        );
        // A rectangle of 16 columns of the last two rows of three.
        const out = kernels.take(64);
        kernels.cropStored(at, { width: 32, from: 32 + 16, rows: 2, columns: 16 }, { factor, units: as }, out);
        const made = new (wanted.constructor as typeof Uint16Array)(kernels.view(out, 0).buffer, out, 32);
        assert.deepEqual([...made], [...wanted.subarray(16, 32), ...wanted.subarray(48, 64)]);
      },
    ),
    { numRuns: 1000 },
  );
});
