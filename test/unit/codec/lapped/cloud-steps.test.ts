import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { positionSteps } from "../../../../src/codec/lapped/cloud-steps.js";
import { seededRandom } from "../../../support/seeded-random.js";

const masks = fc
  .record({
    seed: fc.nat(),
    width: fc.integer({ min: 1, max: 70 }),
    height: fc.integer({ min: 1, max: 70 }),
    side: fc.integer({ min: 1, max: 40 }),
    clear: fc.constantFrom(0, 0.1, 0.5),
    holes: fc.boolean(),
  })
  .map(({ seed, width, height, side, clear, holes }) => {
    const random = seededRandom(seed);
    const patches = Array.from({ length: 71 * 71 }, () => random());
    const patchAt = (x: number, y: number): number => patches[Math.floor(y / side) * 71 + Math.floor(x / side)] ?? 0;
    const codes = Uint8Array.from({ length: width * height }, (_, i) =>
      patchAt(i % width, Math.floor(i / width)) < clear ? 4 : random() < 0.5 ? 8 : 9,
    );
    const valid = holes
      ? Uint8Array.from({ length: width * height }, (_, i) => Number(patchAt(i % width, Math.floor(i / width)) > 0.2))
      : ("all" as const);
    return { width, height, valid, classes: codes };
  });

test("a position's step is coarser where all pixels that it reaches inside its chunk are cloud or invalid", () => {
  let coarse = 0;
  fc.assert(
    fc.property(masks, (pixels) => {
      const { width, height, valid, classes } = pixels;
      const columns = Math.ceil(width / 16);
      const wanted = Array.from({ length: Math.ceil(height / 16) * columns }, (_, p) => {
        const [row, column] = [Math.floor(p / columns), p % columns];
        for (let y = Math.max(0, 16 * row - 8); y < Math.min(height, 16 * row + 24); y++) {
          for (let x = Math.max(0, 16 * column - 8); x < Math.min(width, 16 * column + 24); x++) {
            const i = y * width + x;
            if (classes[i] === 4 && (valid === "all" || valid[i] === 1)) return 16;
          }
        }
        coarse++;
        return 48;
      });
      assert.deepEqual([...positionSteps(pixels, 48)], wanted);
    }),
    { numRuns: 200 },
  );
  assert.ok(coarse > 100);
});
