import assert from "node:assert/strict";
import { test } from "node:test";
import { clearTruth } from "../../../src/ingest/landscape/landscape.js";
import { FILL_METHODS as methods, inpaint, type InpaintImage } from "../../../src/tile/inpaint/inpaint.js";
import { fillHarmonically } from "../../../src/tile/inpaint/membrane.js";

const SIDE = 128;
const BANDS = 12;
const DAY_MS = 86_400_000;
const day = (date: string): number => Date.parse(date) / DAY_MS;
const truthOf = (date: string): Float32Array =>
  clearTruth({ datetime: `${date}T10:50:31Z`, width: SIDE, height: SIDE }).samples;

/** A round hole and one at the image's edge. */
const clear = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
  const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
  return Math.hypot(x - 50, y - 60) < 25 || (x > 100 && y > 90) ? 0 : 1;
});

function holed(samples: Float32Array): InpaintImage {
  return {
    width: SIDE,
    height: SIDE,
    bands: BANDS,
    clear,
    reach: new Uint8Array(SIDE * SIDE).fill(1),
    samples: samples.map((value, i) => (clear[i % (SIDE * SIDE)] === 0 ? 9500 : value)),
  };
}

function error(filled: Float32Array, truth: Float32Array): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < filled.length; i++) {
    if (clear[i % (SIDE * SIDE)] !== 0) continue;
    sum += ((filled[i] ?? 0) - (truth[i] ?? 0)) ** 2;
    count++;
  }
  return 10 * Math.log10(10_000 ** 2 / (sum / count));
}

/** Mean step over the holes' edges against the mean step between the clear pixels beside them. */
function rim(filled: Float32Array): number {
  let [across, edges, beside, pairs] = [0, 0, 0, 0];
  for (let b = 0; b < BANDS; b++) {
    for (let i = 2; i + 2 < SIDE * SIDE; i++) {
      if (i % SIDE > SIDE - 3 || i % SIDE < 2 || clear[i] === clear[i + 1]) continue;
      const at = (k: number): number => filled[b * SIDE * SIDE + k] ?? 0;
      across += Math.abs(at(i) - at(i + 1));
      edges++;
      const outside = clear[i] === 0 ? i + 1 : i - 1;
      beside += Math.abs(at(outside) - at(outside + 1));
      pairs++;
    }
  }
  return across / edges / (beside / pairs);
}

const truth = truthOf("2024-05-25");
const image = holed(truth);
const looks = [
  {
    samples: truthOf("2024-04-20"),
    days: day("2024-04-20") - day("2024-05-25"),
    clear: new Uint8Array(SIDE * SIDE).fill(1),
  },
  {
    samples: truthOf("2024-07-04"),
    days: day("2024-07-04") - day("2024-05-25"),
    clear: new Uint8Array(SIDE * SIDE).fill(1),
  },
];

test("filled holes are nearer to the truth than the nearest date copied in, and no seam shows", () => {
  const copied = image.samples.map((value, i) =>
    clear[i % (SIDE * SIDE)] === 0 ? (looks[0]?.samples[i] ?? 0) : value,
  );
  const [byCopy, byHarmonic] = [error(copied, truth), error(inpaint(image, looks, "harmonic").samples, truth)];
  for (const method of ["nearest", "linear", "tec"] as const) {
    const { samples, by } = inpaint(image, looks, method);
    const got = error(samples, truth);
    assert.ok(
      got > byCopy + 1 && got > byHarmonic + 1,
      `${method}: ${got} dB, copied ${byCopy}, harmonic ${byHarmonic}`,
    );
    assert.ok(rim(samples) < 1.5, `${method}: steps at the rim are ${rim(samples)} times those beside it`);
    assert.ok(rim(copied) > 1.5, `copied, the rim shows: ${rim(copied)}`);
    for (let i = 0; i < by.length; i++) assert.equal(by[i] === 0, clear[i] !== 0);
  }
});

test("what was seen is never changed, whatever the method", () => {
  for (const method of ["nearest", "linear", "harmonic"] as const) {
    const { samples } = inpaint(image, looks, method);
    for (let i = 0; i < samples.length; i++) if (clear[i % (SIDE * SIDE)] !== 0) assert.equal(samples[i], truth[i]);
  }
});

test("linear falls back to the only side that has looks, and to the surroundings where no date has one", () => {
  const [before, after] = looks;
  assert.ok(before !== undefined && after !== undefined);
  const west = { ...before, clear: Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (i % SIDE < 64 ? 1 : 0)) };
  const { by, dates } = inpaint(image, [west], "linear");
  const named = new Set(Array.from(by, (k) => methods[k - 1]).filter((name) => name !== undefined));
  assert.deepEqual([...named].toSorted(), ["harmonic", "nearest"]);
  assert.ok(dates[0].filter((k) => k === 0).length > 100);
  for (let i = 0; i < by.length; i++) {
    if (clear[i] !== 0) continue;
    assert.equal(methods[(by[i] ?? 0) - 1], i % SIDE < 64 ? "nearest" : "harmonic");
  }
});

test("a forecast is averaged with the looks where it is clear, and each pixel names what filled it", () => {
  const pixels = SIDE * SIDE;
  const off = (by: number): Float32Array => truth.map((value, i) => value + by * Math.sin(i / 3));
  const wrong = looks.map((look) => ({ ...look, samples: off(300) }));
  const west = Uint8Array.from({ length: pixels }, (_, i) => (i % SIDE < 64 ? 1 : 0));
  const forecast = { samples: off(-300), clear: west };
  const { samples, by } = inpaint(image, wrong, "tec", { forecast });
  let [inWest, inEast] = [0, 0];
  for (let i = 0; i < pixels; i++) {
    if (clear[i] !== 0) continue;
    assert.equal(methods[(by[i] ?? 0) - 1], west[i] === 0 ? "linear" : "tec");
    const error = Math.abs((samples[i] ?? 0) - (truth[i] ?? 0));
    if (west[i] === 0) inEast = Math.max(inEast, error);
    else inWest = Math.max(inWest, error);
  }
  assert.ok(inWest < 150 && inEast > 300, `${inWest} where the errors cancel, ${inEast} elsewhere`);
});

test("without any look of any date nothing is invented", () => {
  const blind = { ...image, clear: new Uint8Array(SIDE * SIDE) };
  assert.ok(inpaint(blind, [], "linear").by.every((k) => k === 0));
  const other = inpaint(blind, looks, "nearest");
  assert.ok(
    other.by.every((k) => k !== 0),
    "a date that sees everything fills an image that sees nothing",
  );
  assert.ok(Math.abs((other.samples[500] ?? 0) - (looks[0]?.samples[500] ?? 0)) < 1e-3);
});

test("pixels that no date reaches stay empty", () => {
  const reach = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => (i % SIDE < 110 ? 1 : 0));
  const { by } = inpaint({ ...image, reach }, [], "harmonic");
  for (let i = 0; i < by.length; i++) assert.equal(by[i] !== 0, clear[i] === 0 && reach[i] !== 0);
});

test("a harmonic fill of a plane's hole is the plane", () => {
  const width = 40;
  const values = Float32Array.from(
    { length: width * width },
    (_, i) => 100 + 3 * (i % width) - 2 * Math.floor(i / width),
  );
  const known = Uint8Array.from({ length: width * width }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x > 10 && x < 30 && y > 8 && y < 26 ? 0 : 1;
  });
  const holes = values.map((value, i) => (known[i] === 0 ? 0 : value));
  fillHarmonically(holes, { known, reach: new Uint8Array(width * width).fill(1), width });
  const worst = Math.max(...holes.map((value, i) => Math.abs(value - (values[i] ?? 0))));
  assert.ok(worst < 1, `off by ${worst}`);
});
