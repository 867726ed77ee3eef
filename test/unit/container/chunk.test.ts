import assert from "node:assert/strict";
import { test } from "node:test";
import { packChunk, parseChunk, SECTION } from "../../../src/container/chunk.js";
import { CorruptDataError, UnsupportedError } from "../../../src/core/errors.js";

const sections = [
  { kind: SECTION.symbols, bytes: Uint8Array.of(1, 2, 3, 4) },
  { kind: SECTION.validity, bytes: new Uint8Array() },
  { kind: SECTION.classes, bytes: Uint8Array.of(9) },
];
const chunk = {
  codec: "fp" as const,
  quality: 3,
  step: 530.25,
  width: 100,
  height: 256,
  channels: 300,
  checksum: 0xfedcba98,
  sections,
};

test("a chunk reads back as it was written, with the latents that its pixels need", () => {
  const parsed = parseChunk(packChunk(chunk), "chunk");
  assert.deepEqual(
    { ...parsed, sections: parsed.sections.map(({ kind, bytes }) => ({ kind, bytes: bytes.slice() })) },
    { ...chunk, rows: 16, columns: 7 },
  );
});

test("the layout is that of docs/format.md, byte by byte", () => {
  const bytes = packChunk({ ...chunk, sections: sections.slice(0, 1) });
  assert.equal(
    Buffer.from(bytes).toString("hex"),
    "544303000301_63ff_2c01_9210_dda11cbe_00040000_01020304".replaceAll("_", ""),
  );
});

test("chunks of version 2 read as before: their checksum is that of the symbols alone", () => {
  const old = packChunk(chunk).with(2, 2);
  new DataView(old.buffer).setUint32(12, chunk.checksum, true);
  assert.equal(parseChunk(old, "chunk").checksum, chunk.checksum);
});

test("no flipped bit goes unnoticed: the chunk is refused, or its checksum is another one than that of its symbols", () => {
  const bytes = packChunk(chunk);
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const at = bit >> 3;
    const damaged = bytes.with(at, (bytes[at] ?? 0) ^ (1 << (bit & 7)));
    try {
      assert.notEqual(parseChunk(damaged, "chunk").checksum, chunk.checksum, `bit ${bit & 7} of byte ${at}`);
    } catch (error) {
      if (!(error instanceof CorruptDataError || error instanceof UnsupportedError)) throw error;
    }
  }
});

test("sixteen sections fit, as FlexTEC's tokens need", () => {
  const tokens = Array.from({ length: 16 }, (_, i) => ({ kind: SECTION.token0 + i, bytes: new Uint8Array(i) }));
  assert.equal(parseChunk(packChunk({ ...chunk, sections: tokens }), "chunk").sections.length, 16);
});

test("a chunk that is cut, longer, of another version or not a chunk says so", () => {
  const bytes = packChunk(chunk);
  assert.throws(
    () => parseChunk(bytes.subarray(0, 10), "chunk 0/0/0 of a.tif"),
    /^CorruptDataError: chunk 0\/0\/0 of a\.tif: no chunk head/,
  );
  assert.throws(() => parseChunk(bytes.subarray(0, bytes.length - 1), "c"), /truncated: 33 bytes expected, 32 read/);
  assert.throws(() => parseChunk(Uint8Array.from([...bytes, 0]), "c"), CorruptDataError);
  assert.throws(() => parseChunk(bytes.with(2, 9), "c"), UnsupportedError);
  assert.throws(() => parseChunk(bytes.with(3, 77), "c"), /entropy model 77/);
  assert.throws(() => parseChunk(bytes.with(0, 0), "c"), CorruptDataError);
});
