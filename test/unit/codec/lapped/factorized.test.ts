import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { parseLappedTables, rowsOf, type AxesMode } from "../../../../src/codec/lapped/entropy-tables.js";
import { createProfiledCoder } from "../../../../src/codec/lapped/factorized.js";
import { checksumOf } from "../../../../src/codec/checksum.js";
import { statedAxes } from "../../../../src/codec/lapped/axes-coding.js";
import { CorruptDataError } from "../../../../src/core/errors.js";
import { allSymbols, listSymbols } from "../../../../src/core/latents.js";
import { planesOf } from "../../../../src/model/lapped/axes.js";
import { seededRandom } from "../../../support/seeded-random.js";

const FILE = fileURLToPath(new URL("../../../../../models/tec-s2/entropy.tables", import.meta.url));
const bytes = readFileSync(FILE);
const tables = parseLappedTables(bytes, "entropy.tables");
const coder = createProfiledCoder(tables);

interface Shape {
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  readonly quality: number;
}

function randomChunk(seed: number, { rows, columns, channels }: Shape, isUniform: boolean) {
  const random = seededRandom(seed);
  const positions = rows * columns;
  const modes = Array.from(
    { length: 3 },
    () => (["common", "own", "few", "common"] as const)[Math.floor(random() * 4)] ?? "own",
  );
  const name = (): number => Math.floor(random() * tables.sets);
  const names = (): Uint8Array => {
    const first = name();
    return Uint8Array.from({ length: positions }, () => (isUniform ? first : name()));
  };
  const symbols = Int16Array.from({ length: channels * positions }, (_, i) =>
    Math.round(((random() - 0.5) * 300) / (1 + Math.floor(i / positions) / 3)),
  );
  symbols[Math.floor(random() * symbols.length)] = random() < 0.5 ? -8191 : 8191;
  return {
    symbols,
    axes: {
      modes,
      angles: modes.map((mode) =>
        Int16Array.from({ length: planesOf(rowsOf(mode)) }, () => Math.round(18 * (random() - 0.5))),
      ),
    },
    cloudMult: 48,
    names: { low: names(), high: names() },
    mult: Uint8Array.from({ length: positions }, () => (random() < 0.3 ? 48 : 16)),
  };
}

const SHAPES: readonly Shape[] = [
  { rows: 1, columns: 1, channels: 1, quality: 0 },
  { rows: 1, columns: 1, channels: 1024, quality: 5 },
  { rows: 1, columns: 16, channels: 40, quality: 2 },
  { rows: 16, columns: 3, channels: 700, quality: 3 },
  { rows: 16, columns: 16, channels: 1024, quality: 4 },
];

test("what is coded comes back, whatever shape, names, axes and steps", () => {
  SHAPES.forEach((shape, seed) => {
    for (const [isUniform, [least, most]] of [
      [false, [-8191, 8191]],
      [true, [-8191, 8191]],
      [false, [-128, 127]],
      [false, [-129, 127]],
      [true, [-128, 128]],
    ] as const) {
      const { mult, ...made } = randomChunk(seed + 1, shape, isUniform);
      const chunk = { ...made, symbols: made.symbols.map((symbol) => Math.max(least, Math.min(most, symbol))) };
      if (chunk.symbols.length > 2) chunk.symbols.set([least, most], chunk.symbols.length - 2);
      const stream = coder.encode(chunk, { ...shape, mult });
      let asked = 0;
      const { symbols, ...found } = coder.decode(stream, shape, (cloudMult) => ((asked = cloudMult), mult), "chunk");
      assert.equal(asked, 48);
      assert.deepEqual(symbols, listSymbols(chunk.symbols, shape.rows * shape.columns));
      assert.deepEqual(allSymbols({ ...shape, symbols }), chunk.symbols);
      assert.deepEqual(found, { checksum: checksumOf(chunk.symbols), axes: chunk.axes, cloudMult: 48, mult });
    }
  });
});

test("a damaged stream is an error that names the chunk or other symbols, never a hang or another kind of error", () => {
  const shape = { rows: 4, columns: 4, channels: 120, quality: 3 };
  const { mult, ...chunk } = randomChunk(9, shape, false);
  const stream = coder.encode(chunk, { ...shape, mult });
  const random = seededRandom(4);
  let refused = 0;
  for (let n = 0; n < 400; n++) {
    const damaged = stream.slice(0, n % 3 === 0 ? Math.floor(random() * stream.length) : stream.length);
    const at = Math.floor(random() * damaged.length);
    damaged[at] = Math.floor(random() * 256);
    try {
      coder.decode(damaged, shape, () => mult, "chunk 0/0/0");
    } catch (error) {
      assert.ok(error instanceof CorruptDataError, String(error));
      assert.match(error.message, /^chunk 0\/0\/0: /);
      refused++;
    }
  }
  assert.ok(refused > 200, `${refused} of 400 were refused`);
});

test("a step or channels that the tables lack, and first bytes that mean nothing, are refused before anything is decoded", () => {
  const shape = { rows: 2, columns: 2, channels: 10, quality: 3 };
  const { mult, ...chunk } = randomChunk(3, shape, false);
  const stream = coder.encode(chunk, { ...shape, mult });
  const decode =
    (changes: Partial<Shape>, changed = stream) =>
    () =>
      coder.decode(changed, { ...shape, ...changes }, () => mult, "c");
  assert.throws(decode({ quality: 6 }), /^CorruptDataError: c: quality step 6, the model has 0 to 5$/);
  assert.throws(decode({ channels: 1025 }), /^CorruptDataError: c: 1025 channels, the model has 1024$/);
  assert.throws(decode({}, stream.with(0, 0x80)), /first bytes are 128 and 48/);
  assert.throws(decode({}, stream.with(1, 3)), CorruptDataError);
  assert.throws(decode({}, stream.subarray(0, 6)), /ended early/);
});

test("axes of a reference that isn't there are refused", () => {
  const modes: readonly AxesMode[] = ["common", "reference", "common"];
  const stated = { modes, angles: modes.map(() => new Int16Array()) };
  assert.throws(
    () => statedAxes(stated, new Float32Array(432), undefined, "c"),
    /its axes are a reference's, and it has no reference/,
  );
});

test("tables that are cut, longer, of another version or inconsistent are one error that names them", () => {
  assert.throws(() => parseLappedTables(bytes.subarray(0, 1000), "t"), /^CorruptDataError: t: /);
  assert.throws(() => parseLappedTables(Buffer.concat([bytes, Buffer.of(0)]), "t"), /^CorruptDataError: t: /);
  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[at] = value;
    return copy;
  };
  assert.throws(() => parseLappedTables(changed(0, 65), "t"), /not entropy tables/);
  assert.throws(() => parseLappedTables(changed(4, 9), "t"), /^UnsupportedError: t: tables version 9/);
  assert.throws(() => parseLappedTables(changed(10, 31), "t"), CorruptDataError);
  const firstBase = 18 + 2 * tables.channels + 4 * tables.steps * tables.channels;
  assert.throws(() => parseLappedTables(changed(firstBase, 255), "t"), /names a row that it does not hold/);
});
