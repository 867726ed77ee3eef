import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { packChunk, parseChunk, SECTION } from "../../../src/container/chunk.js";
import { correctionSection, maskSections, readCorrection, readMasks } from "../../../src/container/chunk-masks.js";
import { CorruptDataError } from "../../../src/core/errors.js";

const HEAD = { codec: "fp", quality: 2, step: 8, channels: 0, checksum: 0 } as const;
const codes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length, max: 11 });

test("corrected classes come back beside those that the latents were coded with", () => {
  const images = fc
    .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
    .chain(([width, height]) =>
      fc.tuple(
        fc.constant({ width, height }),
        fc.uint8Array({ minLength: width * height, maxLength: width * height, max: 1 }),
        fc.option(codes(width * height), { nil: undefined }),
        codes(width * height),
      ),
    );
  fc.assert(
    fc.property(images, ([size, valid, coded, corrected]) => {
      const sections = [...maskSections({ valid, classes: coded }), ...correctionSection(coded, corrected)];
      const chunk = parseChunk(packChunk({ ...HEAD, ...size, sections }), "a chunk");
      const masks = readMasks(chunk, { name: "a chunk", ...size });
      assert.deepEqual(masks.classes && [...masks.classes], coded && [...coded]);
      const back = readCorrection(chunk, masks.classes, { name: "a chunk", ...size }) ?? masks.classes;
      assert.deepEqual([...(back ?? new Uint8Array(corrected.length))], [...corrected]);
    }),
  );
});

test("nothing is stored where nothing is corrected, and a damaged correction is named", () => {
  const classes = Uint8Array.of(4, 4, 9, 3);
  assert.deepEqual(correctionSection(classes, classes), []);
  const place = { name: "chunk 0/0/0 of x.tif", width: 2, height: 2 };
  for (const bytes of [
    Uint8Array.of(1, 2, 3),
    new Uint8Array(),
    correctionSection(undefined, new Uint8Array(64).fill(3))[0]?.bytes,
  ]) {
    const sections = [{ kind: SECTION.correction, bytes: bytes ?? new Uint8Array() }];
    const chunk = parseChunk(packChunk({ ...HEAD, width: 2, height: 2, sections }), place.name);
    assert.throws(
      () => readCorrection(chunk, classes, place),
      (error) => error instanceof CorruptDataError && error.message.includes("chunk 0/0/0 of x.tif"),
    );
  }
});
