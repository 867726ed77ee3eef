import assert from "node:assert/strict";
import { test } from "node:test";
import { guessSets } from "../../../../src/codec/context/guess-sets.js";

const CHANNELS = 80;
/** Two steps of three sets: quiet (standard deviation 1/8), busy (8), and one about a mean of 5 in its first channels. */
const file = {
  sets: 3,
  channels: CHANNELS,
  base: Uint8Array.from({ length: 2 * 3 * CHANNELS }, (_, i) => (Math.floor(i / CHANNELS) % 3 === 1 ? 32 : 8)),
  means: Int16Array.from({ length: 2 * 3 * 64 }, (_, i) => (Math.floor(i / 64) % 3 === 2 ? 4 * 5 : 0)),
};
const at = (positions: readonly ((channel: number) => number)[]): Int16Array =>
  Int16Array.from({ length: CHANNELS * positions.length }, (_, i) => {
    const value = positions[i % positions.length];
    return value?.(Math.floor(i / positions.length)) ?? 0;
  });
const chunk = { rows: 1, columns: 3, quality: 1 };

test("each position gets the set that fits the earlier date there", () => {
  const symbols = at([() => 0, (c) => (c % 2 === 0 ? 9 : -9), (c) => (c < 64 ? 5 : 0)]);
  const reference = { symbols, clear: new Uint8Array(3).fill(127), isSeen: true };
  assert.deepEqual(guessSets(file, { ...chunk, references: [reference] }), Uint8Array.of(0, 1, 2));
});

test("where the nearer date is hidden the other one tells", () => {
  const busy = at([() => 9, () => 9, () => 9]);
  const near = { symbols: busy, clear: Uint8Array.of(127, 0, 127), isSeen: true };
  const far = { symbols: at([() => 0, () => 0, () => 0]), clear: new Uint8Array(3).fill(127), isSeen: true };
  assert.deepEqual(guessSets(file, { ...chunk, references: [near, far] }), Uint8Array.of(1, 0, 1));
});

test("without any earlier date every position has the first set", () => {
  assert.deepEqual(guessSets(file, { ...chunk, references: [] }), new Uint8Array(3));
});
