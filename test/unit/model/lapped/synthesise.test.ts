import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { inBlocks, storeNumbers } from "../../../../src/core/stored-numbers.js";
import { allSymbols, listSymbols, type LatentChunk, type LatentWindow } from "../../../../src/core/latents.js";
import type { LappedBasis } from "../../../../src/model/lapped/basis.js";
import { COMPONENTS, FREQUENCIES, GROUP } from "../../../../src/model/lapped/geometry.js";
import { createKernels } from "../../../../src/model/lapped/kernels.js";
import { commonCoefficients, synthesiseLapped, synthesiseStored } from "../../../../src/model/lapped/synthesise.js";
import { seededRandom } from "../../../support/seeded-random.js";

const kernels = createKernels();

interface Level {
  readonly seed: number;
  readonly rows: number;
  readonly columns: number;
  readonly density: number;
  readonly kinds: readonly number[];
  readonly at: readonly [row: number, column: number, rows: number, columns: number];
}

const levels: fc.Arbitrary<Level> = fc
  .record({ seed: fc.nat(), rows: fc.integer({ min: 1, max: 40 }), columns: fc.integer({ min: 1, max: 40 }) })
  .chain(({ seed, rows, columns }) =>
    fc.record({
      seed: fc.constant(seed),
      rows: fc.constant(rows),
      columns: fc.constant(columns),
      density: fc.constantFrom(0, 0.1, 1),
      kinds: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 9, maxLength: 9 }),
      at: fc.tuple(
        fc.nat(rows - 1),
        fc.nat(columns - 1),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
      ),
    }),
  )
  .map((level) => {
    const [row, column, high, wide] = level.at;
    return { ...level, at: [row, column, Math.min(high, level.rows - row), Math.min(wide, level.columns - column)] };
  });

const CHANNELS = 40;
const HALO = 2;
const AXES = 3 * COMPONENTS * COMPONENTS;

function basisOf(random: () => number): LappedBasis {
  const ids = (count: number): Uint16Array => {
    const found = new Set<number>();
    while (found.size < count) found.add(Math.floor(random() * COMPONENTS * FREQUENCIES));
    return Uint16Array.from(found);
  };
  const floats = (count: number): Float32Array => Float32Array.from({ length: count }, () => random() - 0.5);
  return {
    weights: floats(COMPONENTS).map((weight) => weight + 1),
    common: floats(AXES),
    order: ids(CHANNELS),
    canonical: ids(20),
    analysed: 0,
  };
}

function makeLevel({ seed, rows, columns, density, kinds, at }: Level) {
  const random = seededRandom(seed);
  const basis = basisOf(random);
  const degains = [0, 1].map(() => Float32Array.from({ length: CHANNELS }, () => 0.5 + random()));
  const chunkColumns = Math.ceil(columns / 16);
  const chunks = Array.from({ length: Math.ceil(rows / 16) * chunkColumns }, (_, i): LatentChunk => {
    const high = Math.min(16, rows - 16 * Math.floor(i / chunkColumns));
    const wide = Math.min(16, columns - 16 * (i % chunkColumns));
    const kind = kinds[i] ?? 0;
    const size = CHANNELS * high * wide;
    const make = [Int8Array, Int16Array, Float32Array, undefined, Int16Array][kind];
    if (make === undefined) return { symbols: new Int8Array(), channels: 0, rows: high, columns: wide, quality: 0 };
    const symbols = new make(size);
    for (let k = 0; k < size; k++) symbols[k] = random() < density ? ([256, 2000, 9.7, 0, 60_000][kind] ?? 1) : 0;
    for (let k = 0; k < size; k++) symbols[k] = (symbols[k] ?? 0) * (random() - 0.5);
    const mult = Uint8Array.from({ length: high * wide }, () => (random() < 0.3 ? 48 : 16));
    const axes = Float32Array.from({ length: AXES }, () => random() - 0.5);
    const spectral = { step: 1 + 100 * random(), mult, axes };
    const kept = kind === 4 && symbols instanceof Int16Array ? listSymbols(symbols, high * wide) : symbols;
    return { symbols: kept, channels: CHANNELS, rows: high, columns: wide, quality: i % 2, spectral };
  });
  const [row, column, high, wide] = at;
  const window: LatentWindow = {
    row: row - HALO,
    column: column - HALO,
    rows: high + 2 * HALO,
    columns: wide + 2 * HALO,
    levelRows: rows,
    levelColumns: columns,
    chunkRow: 0,
    chunkColumn: 0,
    chunkColumns,
    chunks,
  };
  return { basis, degains, window };
}

/** Calls back with each value of a position of the level, by its id, in the channels' order, and with its chunk. */
function valuesAt(
  { basis, degains, window }: ReturnType<typeof makeLevel>,
  [row, column]: readonly [number, number],
  visit: (id: number, value: number, axes: Float32Array) => void,
): void {
  const chunk = window.chunks[Math.floor(row / 16) * window.chunkColumns + Math.floor(column / 16)];
  if (chunk?.spectral === undefined) return;
  const { spectral, quality } = chunk;
  const symbols = allSymbols(chunk);
  const p = (row % 16) * chunk.columns + (column % 16);
  for (let c = 0; c < chunk.channels; c++) {
    const symbol = symbols[c * chunk.rows * chunk.columns + p] ?? 0;
    const gain = (spectral.step * (degains[quality]?.[c] ?? 0)) / 16;
    if (symbol !== 0) visit(basis.order[c] ?? 0, symbol * gain * (spectral.mult[p] ?? 0), spectral.axes);
  }
}

const axisOf = (id: number): number =>
  ((GROUP[id % FREQUENCIES] ?? 0) * COMPONENTS + Math.floor(id / FREQUENCIES)) * COMPONENTS;

test("coefficients in common axes are those of the symbols, one by one, and repeat beyond the level", () => {
  fc.assert(
    fc.property(levels, (level) => {
      const made = makeLevel(level);
      const { window, basis } = made;
      const area = window.rows * window.columns;
      const found = new Float32Array(COMPONENTS * FREQUENCIES * area);
      commonCoefficients(window, made, kernels, found);
      const wanted = new Float32Array(found.length);
      for (let p = 0; p < area; p++) {
        const inside = (i: number, total: number): number => Math.max(0, Math.min(total - 1, i));
        const row = inside(window.row + Math.floor(p / window.columns), window.levelRows);
        const column = inside(window.column + (p % window.columns), window.levelColumns);
        valuesAt(made, [row, column], (id, value, axes) => {
          for (let j = 0; j < COMPONENTS; j++) {
            const group = (GROUP[id % FREQUENCIES] ?? 0) * COMPONENTS * COMPONENTS;
            let share = 0;
            for (let b = 0; b < COMPONENTS; b++)
              share += (axes[axisOf(id) + b] ?? 0) * (basis.common[group + j * COMPONENTS + b] ?? 0);
            const at = (j * FREQUENCIES + (id % FREQUENCIES)) * area + p;
            wanted[at] = (wanted[at] ?? 0) + value * Math.fround(share);
          }
        });
      }
      assert.ok(found.every((value, i) => value === wanted[i]));
    }),
    { numRuns: 60, seed: 1 },
  );
});

test("pixels are the inverse transform of the symbols and of the branch's answer, turned to bands", async () => {
  await fc.assert(
    fc.asyncProperty(levels, async (level) => {
      const made = makeLevel(level);
      const { basis, window } = made;
      const [rows, columns] = [window.rows - 2, window.columns - 2];
      const random = seededRandom(level.seed + 1);
      const residual = Float32Array.from({ length: basis.canonical.length * rows * columns }, () => random() - 0.5);
      const bands = [3, 7, 0];
      const transform = { ...made, halo: HALO };
      const branch = async (): Promise<Float32Array> => residual;
      const use = { kernels, branch };
      const found = await synthesiseLapped(window, transform, { bands, native: undefined, lowest: -50 }, use);
      const again = await synthesiseLapped(
        window,
        transform,
        { bands, native: undefined, lowest: -50 },
        { ...use, known: residual },
      );
      assert.deepEqual(again, found);

      // The whole level, its outer half block being right only at its edges, as the window is cut from it.
      const [height, width] = [16 * window.levelRows, 16 * window.levelColumns];
      bands.forEach((band, n) => {
        const plane = new Float32Array(width * height);
        for (let r = 0; r < window.levelRows; r++)
          for (let c = 0; c < window.levelColumns; c++) {
            const add = (id: number, value: number): void => {
              const f = id % FREQUENCIES;
              const at = (16 * c + (f % 16)) * height + 16 * r + Math.floor(f / 16);
              plane[at] = (plane[at] ?? 0) + value;
            };
            valuesAt(made, [r, c], (id, value, axes) => add(id, value * (axes[axisOf(id) + band] ?? 0)));
            const [y, x] = [r - window.row - 1, c - window.column - 1];
            if (y < 0 || x < 0 || y >= rows || x >= columns) continue;
            basis.canonical.forEach((id, i) =>
              add(id, (basis.common[axisOf(id) + band] ?? 0) * (residual[(i * rows + y) * columns + x] ?? 0)),
            );
          }
        kernels.free();
        const [from, to] = [kernels.take(plane.length), kernels.take(plane.length)];
        kernels.view(from, plane.length).set(plane);
        kernels.synthesise(from, to, { width, height }, 16);
        const pixels = kernels.view(to, plane.length);
        const [row, column, high, wide] = level.at;
        for (let y = 0; y < 16 * high; y++)
          for (let x = 0; x < 16 * wide; x++) {
            const got = found[(n * 16 * high + y) * 16 * wide + x] ?? 0;
            const value = (pixels[(16 * row + y) * width + 16 * column + x] ?? 0) / (basis.weights[band] ?? 1);
            const want = Math.max(-50, value);
            assert.ok(Math.abs(got - want) < 1e-3 + 1e-5 * Math.abs(value), `${got}, ${want} wanted`);
          }
      });
    }),
    { numRuns: 40, seed: 2 },
  );
});

test("the inverse undoes the analysis, whatever frequencies are used", () => {
  for (const [width, height] of [
    [16, 16],
    [48, 32],
    [16, 160],
  ] as const) {
    const random = seededRandom(width);
    const pixels = Float32Array.from({ length: width * height }, () => 1000 * random());
    kernels.free();
    const [a, b] = [kernels.take(pixels.length), kernels.take(pixels.length)];
    kernels.view(a, pixels.length).set(pixels);
    kernels.analyse(a, b, { width, height });
    kernels.synthesise(b, a, { width, height }, 16);
    const found = kernels.view(a, pixels.length);
    assert.ok(found.every((value, i) => Math.abs(value - (pixels[i] ?? 0)) < 1e-2));
    kernels.view(a, pixels.length).set(pixels);
    kernels.analyse(a, b, { width, height }, 5);
    const cut = kernels.view(b, pixels.length).slice();
    kernels.synthesise(b, a, { width, height }, 5);
    const few = kernels.view(a, pixels.length).slice();
    kernels.view(b, pixels.length).set(cut);
    kernels.synthesise(b, a, { width, height }, 16);
    const all = kernels.view(a, pixels.length);
    assert.ok(few.every((value, i) => Math.abs(value - (all[i] ?? 0)) < 1e-2));
  }
});

test("numbers are stored as the decoded ones are when rounded, whole or in blocks side by side", async () => {
  await fc.assert(
    fc.asyncProperty(levels, fc.constantFrom("uint8", "uint16", "int16", "float32"), async (level, dtype) => {
      const made = makeLevel(level);
      const { window } = made;
      const transform = { ...made, halo: HALO };
      const wanted = { bands: [3, 7], native: undefined };
      const use = { kernels, branch: undefined };
      const decoded = await synthesiseLapped(window, transform, wanted, use);
      const units = { dtype, scale: 1, offset: 0, hole: 0 };
      const whole = await synthesiseStored(window, transform, { ...wanted, stored: units }, use);
      assert.deepEqual(whole, storeNumbers(decoded, units));
      const shape = { rows: 16 * (window.rows - 2 * HALO), columns: 16 * (window.columns - 2 * HALO), block: 16 };
      const cut = await synthesiseStored(window, transform, { ...wanted, stored: { ...units, block: 16 } }, use);
      assert.deepEqual(cut, inBlocks(whole, shape));
      const [band, block, row, column] = [1, Math.floor(shape.columns / 16) - 1, shape.rows - 1, 5];
      const at = ((band * shape.columns) / 16 + block) * shape.rows * 16 + row * 16 + column;
      assert.equal(cut[at], whole[(band * shape.rows + row) * shape.columns + block * 16 + column]);
    }),
    { numRuns: 30 },
  );
});
