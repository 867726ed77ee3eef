import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CorruptDataError } from "../../../src/core/errors.js";
import { parseTemporalCard } from "../../support/official-temporal/temporal-card.js";
import { predictedOf, rowsOf, type Doubt, type TokenRows } from "../../support/official-temporal/temporal-rows.js";
import { decodeToken } from "../../support/official-temporal/temporal-stream.js";
import { createIndexedRans } from "../../../src/codec/rans-indexed.js";
import { parseTables } from "../../../src/codec/tables.js";

const folder = new URL("../../../../test/fixtures/golden/official-tt/", import.meta.url);
const model = JSON.parse(readFileSync(new URL("model.json", folder), "utf8")) as { entropy: { official: unknown } };
const card = parseTemporalCard(model.entropy.official, "model.json"); // 10 means, 24 scales
const [tables] = parseTables(readFileSync(new URL(card.tables.file, folder)), card.tables.file).steps;
assert.ok(tables !== undefined);
const rans = createIndexedRans(tables);

const one = (mean: number, scale: number, kind: "tt" | "flextec" = "tt"): TokenRows =>
  rowsOf(Float32Array.of(mean), Float32Array.of(scale), { card: { ...card, kind }, noise: 1e-5 });

// [mean, scale, row, row after FlexTEC's softplus, rounded mean], computed by terracodec 0.3.1
const OFFICIAL: readonly (readonly [number, number, number, number, number])[] = [
  [0, 0, 130, 131, 0],
  [0.5, 0, 226, 227, 0],
  [1.5, 1, 12, 12, 2],
  [-0.5, -1, 8, 11, 0],
  [-1.5, -5000, 216, 226, -2],
  [2.4999, 300, 239, 231, 2],
  [2.5001, 20, 17, 15, 3],
  [2.6454, -2.2522, 31, 34, 3],
  [1.0677, -3.5692, 127, 130, 1],
  [0.2467, -0.233, 177, 179, 0],
  [2.4853, -0.782, 225, 227, 2],
  [-1.8076, -3.8625, 150, 154, -2],
  [-0.6645, 1.6897, 204, 204, -1],
  [-6.0911, 1.0693, 108, 108, -6],
  [1.5267, -1.6848, 8, 10, 2],
  [-4.1104, -2.0428, 79, 82, -4],
];

test("rows and bases are those of terracodec's GsnConditionalLocScaleShift", () => {
  for (const [mean, scale, row, flexible, base] of OFFICIAL) {
    const [tt, flextec] = [one(mean, scale), one(mean, scale, "flextec")];
    const found = [tt.rows[0], flextec.rows[0], tt.base[0], flextec.base[0]];
    assert.deepEqual(found, [row, flexible, base, base], `mean ${mean}, scale ${scale}`);
  }
});

test("a number next to a boundary is a doubt that names the other side, one further away is none", () => {
  const sides = ({ rows, base, doubts }: TokenRows): unknown => [
    [rows[0], base[0]],
    doubts.map(({ row, base }) => [row, base]),
  ];
  const row = (mean: number): number => mean * 24 + 10;
  const [low, high] = [
    [row(6), 2],
    [row(7), 2],
  ];
  assert.deepEqual(sides(one(2.1999985, -0.1)), [low, [high]]);
  assert.deepEqual(sides(one(2.2000015, -0.1)), [high, [low]]);
  assert.deepEqual(sides(one(2.2003, -0.1)), [high, []]);
  // over a half the neighbouring integer's first row follows the last
  const [last, first] = [
    [row(9), 2],
    [row(0), 3],
  ];
  assert.deepEqual(sides(one(2.499999, -0.1)), [last, [first]]);
  assert.deepEqual(sides(one(2.500001, -0.1)), [first, [last]]);
});

test("a scale next to a boundary is a doubt too", () => {
  const at = (row: number): number => Math.exp((row / 23) * Math.log(25601)) * 0.01 - 0.01 - 1; // where row `row` begins, above 0
  const near = one(0.05, at(15) + 3e-6);
  assert.deepEqual([near.rows[0], near.doubts.map(({ at, row }) => [at, row])], [5 * 24 + 15, [[1, 5 * 24 + 14]]]);
  assert.deepEqual(one(0.05, at(15) + 3e-3).doubts, []);
});

test("listed sides settle what floats would decide, and are doubts no more", () => {
  const settled = (mean: number, ...sides: readonly [number, number]): TokenRows =>
    rowsOf(Float32Array.of(mean), Float32Array.of(-0.1), { card, noise: 1e-5 }, Int8Array.from(sides));
  for (const mean of [2.499999, 2.500001]) {
    const [lower, upper] = [settled(mean, 0, -1), settled(mean, 1, -1)];
    assert.deepEqual([lower.rows[0], lower.base[0], lower.doubts], [9 * 24 + 10, 2, []]);
    assert.deepEqual([upper.rows[0], upper.base[0], upper.doubts], [10, 3, []]);
    assert.deepEqual(predictedOf(Float32Array.of(mean), 1e-5, Int8Array.of(1, -1)), {
      base: Int16Array.of(3),
      doubts: [],
    });
  }
  const { base, doubts } = predictedOf(Float32Array.of(2.499999, -1.5, 0.4), 1e-5);
  assert.deepEqual([...base], [2, -2, 0]);
  assert.deepEqual(
    doubts.map(({ at, upper, base }) => [at, upper, base]),
    [
      [0, false, 3],
      [2, false, -1],
    ],
  );
});

test("a stream coded with other choices among the doubts is read, up to six at a time", () => {
  const length = 200;
  const rows = Uint16Array.from({ length }, (_, i) => 120 + 12 + (i % 5));
  const symbols = Int16Array.from({ length }, (_, i) => ((i * 7) % 11) - 5);
  const base = Int16Array.from({ length }, (_, i) => (i % 9) - 4);
  const turn = (indices: readonly number[]): TokenRows => {
    const ours = { rows: rows.slice(), base: base.slice() };
    const doubts: Doubt[] = [];
    for (let index = 3; index < length; index += 16) {
      const theirs = { at: 2 * index, upper: true, row: rows[index] ?? 0, base: base[index] ?? 0 };
      if (indices.includes(index)) {
        doubts.push({ ...theirs, distance: 0.5 });
        ours.rows[index] = theirs.row - 24;
        ours.base[index] = theirs.base - 1;
      } else doubts.push({ ...theirs, row: theirs.row + 1, distance: 0.4 });
    }
    return { ...ours, doubts };
  };
  const stream = rans.encode(symbols, rows);
  const latents = symbols.map((symbol, i) => symbol + (base[i] ?? 0));
  for (const turned of [[], [3], [19, 99], [3, 67, 195], [19, 35, 67, 99, 131, 147]]) {
    const read = decodeToken(rans, stream, turn(turned), "stream");
    assert.deepEqual(read, { latents, repaired: turned.length }, `${turned.length} turned`);
  }
  const many = [3, 19, 35, 51, 67, 83, 99];
  assert.throws(() => decodeToken(rans, stream, turn(many), "stream"), CorruptDataError);
});
