import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { checksumOf } from "../../../src/codec/checksum.js";
import { createProfiledCoder } from "../../../src/codec/lapped/factorized.js";
import { parseLappedTables } from "../../../src/codec/lapped/entropy-tables.js";
import { analyseBlock, FREQUENCY_ORDER, groupMoments, momentsOf, turnedTo } from "../../../src/model/lapped/analyse.js";
import { anglesOf, axesFromAngles, eigenvectors, OWN_ROWS, planesOf } from "../../../src/model/lapped/axes.js";
import { parseBasis } from "../../../src/model/lapped/basis.js";
import { allSymbols } from "../../../src/core/latents.js";
import { createKernels } from "../../../src/model/lapped/kernels.js";
import { synthesiseLapped } from "../../../src/model/lapped/synthesise.js";
import { openNetwork } from "../../../src/model/session.js";

// Made by `python -m tectile_training.golden` (models/training): an independent encoder and decoder in Python, a synthetic picture.
const FOLDER = new URL("../../../../test/golden/codec/", import.meta.url);
const MODEL = fileURLToPath(new URL("../../../../models/tec-s2/", import.meta.url));

interface Golden {
  readonly width: number;
  readonly height: number;
  readonly rows: number;
  readonly columns: number;
  readonly quality: number;
  readonly step: number;
  readonly coefficientBands: readonly number[];
  readonly decodedBands: readonly number[];
  readonly bits: number;
  readonly xxh32: number;
  readonly arrays: Readonly<Record<string, { type: string; shape: readonly number[]; offset: number }>>;
}

const golden = JSON.parse(readFileSync(new URL("lapped.json", FOLDER), "utf8")) as Golden;
const body = readFileSync(new URL("lapped.bin", FOLDER));
const TYPES = {
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

function numbers(name: string): readonly number[] {
  const { type, shape, offset } = golden.arrays[name] ?? assert.fail(name);
  const kind = TYPES[type as keyof typeof TYPES];
  const length = shape.reduce((product, side) => product * side, 1);
  const bytes = body.subarray(offset, offset + length * kind.BYTES_PER_ELEMENT);
  return [...new kind(Uint8Array.from(bytes).buffer)];
}

const basis = parseBasis(readFileSync(`${MODEL}basis.bin`), "basis.bin");
const tables = parseLappedTables(readFileSync(`${MODEL}entropy.tables`), "entropy.tables");
const { width, height, rows, columns, quality, step } = golden;
const positions = rows * columns;
const place = { x: 0, y: 0, width, height };
const pixels = Float32Array.from(numbers("pixels"));
const plain = { weights: basis.weights, native: undefined };

function largest(found: ArrayLike<number>, wanted: readonly number[]): number {
  assert.equal(found.length, wanted.length);
  return wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] ?? Number.NaN))), 0);
}

test("pixels to coefficients: lapped, transformed and ordered as the Python basis", () => {
  const kernels = createKernels();
  const block = analyseBlock(pixels, place, plain, kernels).cut({ row: 0, column: 0, rows, columns });
  const found: number[] = [];
  for (const band of golden.coefficientBands) {
    const byFrequency: number[][] = [];
    FREQUENCY_ORDER.forEach((f, i) => {
      const from = block.at + 4 * (band * 256 + i) * block.plane;
      byFrequency[f] = [...kernels.view(from, positions)];
    });
    found.push(...byFrequency.flat());
  }
  assert.ok(largest(found, numbers("coefficients")) < 0.02);
});

test("moments, own axes as integers, and from integers the same axes to the last bit of 16", () => {
  const kernels = createKernels();
  const block = analyseBlock(pixels, place, plain, kernels).cut({ row: 0, column: 0, rows, columns });
  const moments = groupMoments(momentsOf(block, kernels));
  const wanted = numbers("moments");
  wanted.forEach((value, i) => assert.ok(Math.abs((moments[i] ?? 0) - value) < 1e-4 * Math.abs(wanted[0] ?? 1) + 1e-2));
  const [integers, axes, first, int16] = ["integers", "axes", "axesFirst", "axesInt16"].map(numbers);
  for (let g = 0; g < 3; g++) {
    const common = basis.common.subarray(144 * g, 144 * (g + 1));
    const moment = Float64Array.from(wanted.slice(144 * g, 144 * (g + 1)));
    for (let b = 0; b < 12; b++) moment[13 * b] = (moment[13 * b] ?? 0) + 1e-3;
    const stated = Int16Array.from(integers?.slice(66 * g, 66 * (g + 1)) ?? []);
    assert.deepEqual([...anglesOf(eigenvectors(moment), OWN_ROWS.own, common)], [...stated]);
    const own = axesFromAngles(stated, OWN_ROWS.own, common);
    assert.ok(largest(own, axes?.slice(144 * g, 144 * (g + 1)) ?? []) < 1e-14);
    assert.deepEqual(
      [...own].map((value) => Math.floor(16384 * value + 0.5)),
      int16?.slice(144 * g, 144 * (g + 1)),
    );
    const few = axesFromAngles(stated.subarray(0, planesOf(OWN_ROWS.few)), OWN_ROWS.few, common);
    assert.ok(largest(few, first?.slice(144 * g, 144 * (g + 1)) ?? []) < 1e-14);
  }
});

test("components of the strongest channels are Python's", () => {
  const kernels = createKernels();
  const block = analyseBlock(pixels, place, plain, kernels).cut({ row: 0, column: 0, rows, columns });
  const axes = Float32Array.from(numbers("axes"));
  const found = turnedTo(block, axes, basis.order.subarray(0, 64), kernels);
  assert.ok(largest(found, numbers("componentsLinear")) < 0.05);
});

test("Python's symbols, names and axes are coded in as many bits as it counts, and come back", () => {
  const coder = createProfiledCoder(tables);
  const all = Int16Array.from(numbers("symbols"));
  const channels = Math.floor(all.findLastIndex((symbol) => symbol !== 0) / positions) + 1;
  const symbols = all.subarray(0, channels * positions);
  assert.equal(checksumOf(all), golden.xxh32);
  const mult = Uint8Array.from(numbers("multiples"));
  const [names, integers] = [Uint8Array.from(numbers("names")), numbers("integers")];
  const chunk = {
    symbols,
    axes: {
      modes: ["own", "own", "own"] as const,
      angles: [0, 1, 2].map((g) => Int16Array.from(integers.slice(66 * g, 66 * (g + 1)))),
    },
    cloudMult: 48,
    names: { low: names.subarray(0, positions), high: names.subarray(positions) },
  };
  const shape = { rows, columns, channels, quality };
  const stream = coder.encode(chunk, { ...shape, mult });
  // The state is 8 bytes and what its flush leaves over; channels beyond the last non-zero cost Python a little.
  assert.ok(Math.abs(8 * stream.length - golden.bits) < 160, `${8 * stream.length} bits, ${golden.bits} counted`);
  const decoded = coder.decode(stream, shape, () => mult, "golden");
  assert.deepEqual(allSymbols({ ...shape, symbols: decoded.symbols }), symbols);
  assert.equal(decoded.checksum, checksumOf(symbols));
  assert.deepEqual(decoded.axes, chunk.axes);
});

test("symbols to pixels: the linear basis and with the decoder's branch, to 1 digital number", async () => {
  const all = Int16Array.from(numbers("symbols"));
  const transform = { basis, degains: tables.degain, halo: 2 };
  const spectral = {
    step,
    mult: Uint8Array.from(numbers("multiples")),
    axes: Float32Array.from(numbers("axes")),
  };
  const window = {
    row: -2,
    column: -2,
    rows: rows + 4,
    columns: columns + 4,
    levelRows: rows,
    levelColumns: columns,
    chunkRow: 0,
    chunkColumn: 0,
    chunkColumns: 1,
    chunks: [{ symbols: all, channels: all.length / positions, rows, columns, quality, spectral }],
  };
  const wanted = { bands: golden.decodedBands, native: undefined };
  const kernels = createKernels();
  const linear = await synthesiseLapped(window, transform, wanted, { kernels, branch: undefined });
  assert.ok(largest(linear, numbers("decodedLinear")) < 0.1);
  const network = await openNetwork(`${MODEL}branch.onnx`, { provider: "cpu", threads: 1 });
  const refined = await synthesiseLapped(window, transform, wanted, {
    kernels,
    branch: async (data, high, wide) => {
      const feed = { dims: [1, basis.canonical.length, high, wide], data };
      return (await network.run({ coefficients: feed }, "residual")).data;
    },
  });
  assert.ok(largest(refined, numbers("decoded")) < 1);
  assert.ok(largest(refined, [...linear]) > 0.5, "the branch adds nothing, so that its comparison says nothing");
});
