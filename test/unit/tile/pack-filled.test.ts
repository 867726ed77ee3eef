import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FilledChunk } from "../../../src/tile/fill/filled-chunk.js";
import { packFilled, unpackFilled } from "../../../src/tile/fill/pack-filled.js";

const [WIDTH, HEIGHT] = [9, 7];
const bytes = (values: readonly number[], size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => values[i % values.length] ?? 0);

const chunk = fc.uint8Array({ minLength: 1, maxLength: 50 }).map((values): FilledChunk => {
  const of = bytes([...values], WIDTH * HEIGHT);
  return {
    width: WIDTH,
    height: HEIGHT,
    bands: ["B02", "B08"],
    samples: Uint16Array.from({ length: 2 * WIDTH * HEIGHT }, (_, i) => 257 * (of[i % of.length] ?? 0)),
    errors: Uint16Array.from(of, (value) => 3 * value),
    by: of,
    nearest: of.toReversed(),
    opposite: of,
    dates: ["2024-05-01", "2024-06-01"],
  };
});

test("a filled chunk comes back as it was stored; of any damage nothing comes back, and no error", async () => {
  const damage = fc.record({
    kind: fc.constantFrom("flip", "cut", "more", "other"),
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    bit: fc.integer({ min: 0, max: 7 }),
    other: fc.uint8Array({ maxLength: 80 }),
  });
  await fc.assert(
    fc.asyncProperty(chunk, damage, async (filled, { kind, at, bit, other }) => {
      const packed = await packFilled(filled);
      assert.deepEqual(await unpackFilled(packed), filled);
      const place = Math.floor(at * packed.length);
      const damaged = {
        flip: Uint8Array.from(packed, (byte, i) => (i === place ? byte ^ (1 << bit) : byte)),
        cut: packed.subarray(0, place),
        more: Buffer.concat([packed, Buffer.from([bit])]),
        other: Buffer.from(other),
      }[kind];
      assert.equal(await unpackFilled(damaged), undefined);
    }),
    { numRuns: 300, seed: 5 },
  );
});
