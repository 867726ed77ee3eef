import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { createIndexedRans } from "../../../src/codec/rans-indexed.js";
import { tablesFromCdfs } from "../../support/tables-from-cdfs.js";
import { CorruptDataError } from "../../../src/core/errors.js";

// Made by models/training/golden.py with compressai's RansEncoder.encode_with_indexes.
const indexed = JSON.parse(
  readFileSync(new URL("../../../../test/fixtures/golden/indexed.json", import.meta.url), "utf8"),
) as {
  cdf: number[][];
  cdfLength: number[];
  offset: number[];
  cases: { indexes: number[]; symbols: number[]; stream: string }[];
};
const rows = indexed.cdf.map((cdf, i) => ({ offset: indexed.offset[i] ?? 0, cdf: cdf.slice(0, indexed.cdfLength[i]) }));
const coder = createIndexedRans(tablesFromCdfs(rows));
const isCorrupt = (error: unknown): boolean =>
  error instanceof CorruptDataError && error.message.startsWith("chunk 1/2/3:");

test("streams equal encode_with_indexes byte for byte", () => {
  for (const { indexes, symbols, stream } of indexed.cases) {
    const bytes = coder.encode(Int16Array.from(symbols), Uint16Array.from(indexes));
    assert.equal(Buffer.from(bytes).toString("hex"), stream);
  }
});

test("decoders that take turns on one coder each read their own stream, however it is cut into steps", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 60, maxLength: 60 }), (steps) => {
      const open = indexed.cases.map(({ indexes, symbols, stream }) => ({
        decoder: coder.decoder(Buffer.from(stream, "hex"), "indexed"),
        indexes,
        symbols,
        read: [] as number[],
      }));
      for (const step of [...steps, 800]) {
        for (const { decoder, indexes, read } of open) {
          read.push(...decoder.next(Uint16Array.from(indexes.slice(read.length, read.length + step))));
        }
      }
      for (const { decoder, read, symbols } of open) {
        assert.deepEqual(read, symbols);
        decoder.finish();
      }
    }),
    { numRuns: 20 },
  );
});

test("any symbols, also far outside the tables, come back exactly", () => {
  const value = fc.oneof(fc.integer({ min: -30, max: 30 }), fc.integer({ min: -32768, max: 32767 }));
  const pairs = fc.array(fc.tuple(value, fc.integer({ min: 0, max: rows.length - 1 })), { maxLength: 80 });
  fc.assert(
    fc.property(pairs, (list) => {
      const indexes = Uint16Array.from(list, ([, row]) => row);
      const stream = coder.encode(
        Int16Array.from(list, ([symbol]) => symbol),
        indexes,
      );
      const decoder = coder.decoder(stream, "stream");
      assert.deepEqual(
        [...decoder.next(indexes)],
        list.map(([symbol]) => symbol),
      );
      decoder.finish();
    }),
  );
});

test("a stream that ends early or is too long is an error naming the chunk", () => {
  const { indexes, stream } = indexed.cases[2] ?? assert.fail();
  const [bytes, all] = [Buffer.from(stream, "hex"), Uint16Array.from(indexes)];
  assert.throws(() => coder.decoder(bytes.subarray(0, 4), "chunk 1/2/3"), isCorrupt);
  assert.throws(() => coder.decoder(bytes.subarray(0, bytes.length - 8), "chunk 1/2/3").next(all), isCorrupt);
  const long = coder.decoder(Buffer.concat([bytes, Buffer.alloc(4)]), "chunk 1/2/3");
  long.next(all);
  assert.throws(() => long.finish(), isCorrupt);
  const half = coder.decoder(bytes, "chunk 1/2/3");
  half.next(all.subarray(0, 300));
  assert.throws(() => half.finish(), isCorrupt);
});

test("random bytes never crash the decoder", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 300 }), (bytes) => {
      try {
        assert.equal(coder.decoder(bytes, "noise").next(new Uint16Array(256).fill(3)).length, 256);
      } catch (error) {
        assert.ok(error instanceof CorruptDataError);
      }
    }),
  );
});

test("a row that isn't in the tables is refused", () => {
  const beyond = Uint16Array.of(0, rows.length);
  assert.throws(() => coder.encode(Int16Array.of(0, 0), beyond), /Table row 12, the tables have 12/);
  const stream = coder.encode(Int16Array.of(0, 0), Uint16Array.of(0, 1));
  assert.throws(() => coder.decoder(stream, "stream").next(beyond), /Table row 12, the tables have 12/);
});
