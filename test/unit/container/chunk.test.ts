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
    "544302000301_63ff_2c01_9210_98badcfe_00040000_01020304".replaceAll("_", ""),
  );
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
