import { tablesFromCdfs } from "../../support/tables-from-cdfs.js";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createRansCoder } from "../../../src/codec/rans.js";
import { xxhash32 } from "../../../src/core/xxhash32.js";

// Made by models/training/golden.py with the official compressai 1.2.8, terracodec 0.3.1 and xxhash packages.
function golden<T>(name: string): T {
  return JSON.parse(
    readFileSync(new URL(`../../../../test/fixtures/golden/${name}.json`, import.meta.url), "utf8"),
  ) as T;
}

interface Cdfs {
  readonly cdf: readonly (readonly number[])[];
  readonly cdfLength: readonly number[];
  readonly offset: readonly number[];
}
interface Bottleneck extends Cdfs {
  readonly channels: number;
  readonly shape: readonly [number, number, number, number];
  readonly symbols: readonly (readonly number[])[];
  readonly streams: readonly string[];
}

const rowsOf = ({ cdf, cdfLength, offset }: Cdfs) =>
  cdf.map((row, i) => ({ offset: offset[i] ?? 0, cdf: row.slice(0, cdfLength[i]) }));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

for (const name of ["bottleneck-8", "bottleneck-24", "terracodec-fp"]) {
  const { cases } = golden<{ cases: Bottleneck[] }>(name);
  test(`${name}: streams equal EntropyBottleneck.compress byte for byte, and decode to its symbols`, () => {
    assert.ok(cases.length > 0);
    for (const { symbols, streams, shape, channels, ...cdfs } of cases) {
      const coder = createRansCoder(tablesFromCdfs(rowsOf(cdfs)));
      const of = { channels, positions: shape[2] * shape[3], sets: undefined };
      symbols.forEach((values, i) => {
        assert.equal(hex(coder.encode(Int16Array.from(values), of)), streams[i]);
        assert.deepEqual([...coder.decode(Buffer.from(streams[i] ?? "", "hex"), of, name)], values);
      });
    }
  });
}

test("encode_with_indexes: a table for each symbol, as our sets use it, byte for byte", () => {
  const { cases, ...cdfs } = golden<Cdfs & { cases: { indexes: number[]; symbols: number[]; stream: string }[] }>(
    "indexed",
  );
  const coder = createRansCoder(tablesFromCdfs(rowsOf(cdfs), cdfs.cdf.length));
  for (const { indexes, symbols, stream } of cases) {
    const of = { channels: 1, positions: symbols.length, sets: Uint8Array.from(indexes) };
    assert.equal(hex(coder.encode(Int16Array.from(symbols), of)), stream);
    assert.deepEqual([...coder.decode(Buffer.from(stream, "hex"), of, "indexed")], symbols);
  }
});

test("XXH32 of int16 arrays equals the xxhash package", () => {
  for (const { int16, xxh32 } of golden<{ cases: { int16: number[]; xxh32: number }[] }>("xxhash32").cases) {
    assert.equal(xxhash32(new Uint8Array(Int16Array.from(int16).buffer)), xxh32);
  }
});
