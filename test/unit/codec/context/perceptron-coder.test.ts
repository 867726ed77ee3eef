import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createContextCoder } from "../../../../src/codec/context/perceptron-coder.js";
import { CorruptDataError } from "../../../../src/core/errors.js";
import { randomChunk, randomContext } from "../../../support/random-context.js";
import { seededRandom } from "../../../support/seeded-random.js";

const SHAPES = [
  [1, 1],
  [1, 16],
  [16, 1],
  [5, 7],
  [16, 16],
] as const;
const OPTIONS = { tokens: false, location: "chunk 0/0/0" };

for (const temporal of [false, true]) {
  const name = temporal ? "temporal" : "single";
  const { weights, tables } = randomContext(seededRandom(2), temporal);
  const coder = createContextCoder(weights, tables);
  const another = createContextCoder(weights, tables);

  test(`${name}: chunks of any shape, channels and dates come back`, () => {
    const random = seededRandom(3);
    for (const [rows, columns] of SHAPES)
      for (const channels of rows * columns === 256 ? [200, 1024] : [1, 31, 300])
        for (const dates of temporal ? [0, 1, 2] : [0]) {
          const chunk = randomChunk(random, { rows, columns, channels, dates });
          const streams = coder.encode(chunk, { tokens: false });
          const read = another.decode(streams, chunk, OPTIONS);
          assert.equal(read.known, channels);
          assert.equal(read.eighths.length, 0);
          assert.deepEqual(read.symbols, chunk.symbols, `${rows} x ${columns} x ${channels}, ${dates} dates`);
        }
  });

  test(`${name}: any chunk comes back, whatever the coder did before`, () => {
    const chunks = fc.record({
      seed: fc.nat(),
      rows: fc.integer({ min: 1, max: 6 }),
      columns: fc.integer({ min: 1, max: 6 }),
      channels: fc.integer({ min: 1, max: 120 }),
      dates: fc.integer({ min: 0, max: temporal ? 2 : 0 }),
      tokens: fc.boolean(),
    });
    fc.assert(
      fc.property(chunks, ({ seed, tokens, ...shape }) => {
        const chunk = randomChunk(seededRandom(seed), shape);
        const streams = coder.encode(chunk, { tokens });
        assert.deepEqual(another.decode(streams, chunk, { ...OPTIONS, tokens }).symbols, chunk.symbols);
      }),
      { numRuns: 30 },
    );
  });

  test(`${name}: of any number of tokens what is read is exact, and the rest is forecast`, () => {
    const chunk = randomChunk(seededRandom(5), { rows: 4, columns: 3, channels: 900, dates: temporal ? 2 : 0 });
    const streams = coder.encode(chunk, { tokens: true });
    assert.equal(streams.length, Math.ceil(900 / 64));
    for (const count of [0, 1, 4, streams.length]) {
      const read = another.decode(streams.slice(0, count), chunk, { ...OPTIONS, tokens: true });
      assert.equal(read.known, Math.min(900, 64 * count));
      assert.equal(read.eighths.length, (900 - read.known) * 12);
      assert.deepEqual(read.symbols.subarray(0, read.known * 12), chunk.symbols.subarray(0, read.known * 12));
      assert.ok(read.symbols.subarray(read.known * 12).every((symbol) => symbol === 0));
      if (count === 0) {
        const { eighths, scales } = another.forecast(chunk);
        assert.deepEqual(eighths, read.eighths);
        assert.deepEqual(scales, read.scales);
      }
    }
  });

  test(`${name}: a damaged stream is an error that names its place, or other symbols, never a crash`, () => {
    const chunk = randomChunk(seededRandom(6), { rows: 4, columns: 4, channels: 80, dates: temporal ? 1 : 0 });
    const [stream = new Uint8Array()] = coder.encode(chunk, { tokens: false });
    const random = seededRandom(7);
    let errors = 0;
    for (let i = 0; i < 300; i++) {
      const cut = i % 3 === 0 ? Math.floor(random() * stream.length) : stream.length;
      const damaged = stream.slice(0, cut);
      const at = Math.floor(random() * cut);
      if (cut === stream.length) damaged[at] = (damaged[at] ?? 0) ^ (1 + Math.floor(random() * 255));
      try {
        another.decode([damaged], chunk, OPTIONS);
      } catch (error) {
        errors++;
        assert.ok(error instanceof CorruptDataError && error.location === OPTIONS.location, String(error));
      }
    }
    assert.ok(errors > 290, `${errors} of 300 found`);
    assert.throws(() => another.decode([], chunk, OPTIONS), CorruptDataError);
    assert.throws(() => another.decode([stream, stream], chunk, OPTIONS), CorruptDataError);
    assert.deepEqual(another.decode([stream], chunk, OPTIONS).symbols, chunk.symbols);
  });

  test(`${name}: what doesn't fit the model is refused`, () => {
    const chunk = randomChunk(seededRandom(8), { rows: 2, columns: 2, channels: 8, dates: temporal ? 1 : 0 });
    const bad = [
      { rows: 17 },
      { columns: 0 },
      { channels: 1025 },
      { quality: 6 },
      { step8: 0 },
      { mult: Uint8Array.of(16, 0, 16, 16) },
      { clear: new Uint8Array(3) },
      { symbols: new Int16Array(3) },
    ];
    for (const change of bad)
      assert.throws(() => coder.encode({ ...chunk, ...change }, { tokens: false }), RangeError, JSON.stringify(change));
  });
}
