import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeDirectories, parseDirectories, sizeOfDirectories, type Tag } from "../../../src/container/tiff.js";
import { CorruptDataError } from "../../../src/core/errors.js";

const directories: Tag[][] = [
  [
    { tag: 256, type: "long", values: [48] },
    { tag: 258, type: "short", values: [8, 8, 8] },
    { tag: 33550, type: "double", values: [10, 10.25, 0] },
    { tag: 42113, type: "ascii", values: "0" },
  ],
  [
    { tag: 257, type: "short", values: [7] },
    { tag: 324, type: "long", values: [1, 2, 3, 4_000_000_000] },
    { tag: 65121, type: "ascii", values: "grüße" },
  ],
];

for (const big of [false, true]) {
  test(`directories of a ${big ? "BigTIFF" : "classic TIFF"} read back as written, from exactly the bytes announced`, () => {
    const bytes = encodeDirectories(directories, big);
    assert.equal(bytes.length, sizeOfDirectories(directories, big));
    const parsed = parseDirectories(bytes, "a.tif");
    assert.ok("directories" in parsed);
    const [first, second] = parsed.directories;
    assert.deepEqual(first?.numbers(258), [8, 8, 8]);
    assert.deepEqual(first.numbers(33550), [10, 10.25, 0]);
    assert.equal(first.text(42113), "0");
    assert.deepEqual(second?.numbers(324), [1, 2, 3, 4_000_000_000]);
    assert.equal(second.text(65121), "grüße");
    assert.ok(parsed.end <= bytes.length);
  });

  test(`a ${big ? "BigTIFF" : "classic TIFF"} cut anywhere asks for more bytes, never misreads`, () => {
    const bytes = encodeDirectories(directories, big);
    for (let length = 16; length < bytes.length - 1; length++) {
      const parsed = parseDirectories(bytes.subarray(0, length), "a.tif");
      assert.ok("need" in parsed && parsed.need > length && parsed.need <= bytes.length, `${length}`);
    }
  });
}

test("noise and looping directories are errors, not hangs", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 200 }), (noise) => {
      const bytes = Uint8Array.from([0x49, 0x49, 42, 0, 8, 0, 0, 0, ...noise]);
      try {
        parseDirectories(bytes, "noise");
      } catch (error) {
        assert.ok(error instanceof CorruptDataError, String(error));
      }
    }),
    { numRuns: 500 },
  );
  const loop = Uint8Array.from([0x49, 0x49, 42, 0, 8, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0]);
  assert.throws(() => parseDirectories(loop, "loop.tif"), /loop\.tif: its directories form a loop/);
});

test("tags that all point at the same bytes can't make a small file take gigabytes", () => {
  const numbers = 500_000;
  const shared = Array.from({ length: numbers }, () => 0);
  const bytes = encodeDirectories([[{ tag: 324, type: "byte", values: shared }, ...manyTags(20)]], false);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 21; i++) {
    view.setUint32(10 + 12 * i + 4, numbers, true);
    view.setUint32(10 + 12 * i + 8, view.getUint32(10 + 8, true), true);
  }
  assert.throws(() => parseDirectories(bytes, "bomb.tif"), {
    name: "CorruptDataError",
    message: /^bomb\.tif: its directories hold more than 8000000 numbers$/,
  });
});

function manyTags(count: number): Tag[] {
  return Array.from({ length: count }, (_, i) => ({ tag: 400 + i, type: "byte", values: [0] }));
}
