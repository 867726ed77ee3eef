// Scenes with labels that pin the constants of inpainting: bench/constants changes each constant a little and wants one of these to fail.
import assert from "node:assert/strict";
import { test } from "node:test";
import { expectedErrors } from "../../../src/tile/inpaint/expected-errors.js";
import { forecastWindow, type ForecastDate } from "../../../src/tile/inpaint/forecast-window.js";
import type { Forecasts } from "../../../src/tile/inpaint/forecasts.js";
import { inpaint, type Acquisition, type InpaintImage } from "../../../src/tile/inpaint/inpaint.js";
import { fitLight, lightBetween, type CoarseImage } from "../../../src/tile/inpaint/light.js";
import { matchToImage } from "../../../src/tile/inpaint/match.js";
import { createMembrane, fillHarmonically } from "../../../src/tile/inpaint/membrane.js";
import { predict } from "../../../src/tile/inpaint/predict.js";
import { fittedAt, localFit, type FitScene, type FitShape } from "../../support/local-fit.js";
import { seededRandom } from "../../support/seeded-random.js";

const near = (got: number | undefined, wanted: number, by: number, what: string): void =>
  assert.ok(Math.abs((got ?? Number.NaN) - wanted) <= by, `${what}: ${got}, wanted ${wanted} within ${by}`);

/** Smooth ground, a pattern of fields, and a light that changes across; known on parts only. */
function scene(side: number, known: (column: number, row: number) => boolean, contrast = 300, noise = 60): FitScene {
  const random = seededRandom(side);
  const predicted = Float32Array.from({ length: side * side }, () => 1500 + contrast * (random() - 0.5));
  const plane = predicted.map((value, i) => {
    const [x, y] = [(i % side) / side, Math.floor(i / side) / side];
    return (0.7 + 0.9 * x) * value + 400 * y + noise * random();
  });
  const both = Uint8Array.from(predicted, (_, i) => (known(i % side, Math.floor(i / side)) ? 1 : 0));
  return { width: side, height: side, plane, predicted, both };
}

/** The same with so much more contrast. */
function times(one: FitScene, gain: number): FitScene {
  return { ...one, plane: one.plane.map((value) => gain * value) };
}

/** A prediction is fitted as docs/inpainting.md says: within 48 pixels, near ones first, and as it is where there are none. */
const LOCAL: FitShape = {
  cellPx: 4,
  scales: [
    { radius: 2, weight: 1 },
    { radius: 5, weight: 0.1 },
  ],
  prior: 0.05,
  ridge: 100 ** 2,
  gains: [0.5, 2],
};

test("a prediction is matched to the image as plain least squares over pyramids match it", () => {
  for (const [name, one] of Object.entries({
    scattered: scene(96, (c, r) => (c * 7 + r * 13) % 5 === 0),
    "half known": scene(96, (c) => c < 40),
    "a few known": scene(96, (c, r) => c === 2 && r % 30 === 2),
    flat: scene(96, (c, r) => c < 50 && r < 70, 40),
    contrasting: scene(96, (c, r) => c + r < 90, 3000),
    "steeper than 2": times(
      scene(96, (c, r) => c + r < 90, 600),
      2.5,
    ),
    "flatter than a half": times(
      scene(96, (c, r) => c + r < 90, 600),
      0.3,
    ),
  })) {
    const matched = matchToImage(one);
    for (const [column, row] of [
      [3, 5],
      [22, 70],
      [45, 46],
      [57, 13],
      [75, 83],
    ] as const)
      near(
        matched[row * one.width + column],
        fittedAt(one, LOCAL, [column, row]),
        0.5,
        `${name}, pixel ${column}, ${row}`,
      );
  }
});

test("a match looks 48 pixels far and no farther", () => {
  const side = 160;
  const both = Uint8Array.from({ length: side * side }, (_, i) => (i % side < 4 ? 1 : 0));
  const predicted = new Float32Array(side * side).fill(1000);
  const matched = matchToImage({ width: side, height: side, plane: predicted.map((v) => v + 300), predicted, both });
  const at = (column: number): number => matched[80 * side + column] ?? 0;
  assert.ok(at(43) > 1001, `${at(43)} at 40 pixels from what is known`);
  assert.equal(at(48), 1000);
});

/** A light is fitted in cells of 4 coarse pixels, near pixels first and the whole image where they are few (docs/inpainting.md). */
const LIGHT: FitShape = {
  ...LOCAL,
  scales: [
    { radius: 2, weight: 1 },
    { radius: 9, weight: 0.1 },
    { radius: 75, weight: 0.01 },
  ],
  prior: 0,
};

function coarse({ width, height }: FitScene, samples: Float32Array, clear: Uint8Array): CoarseImage {
  return { width, height, bands: 1, samples, clear, factor: 1 };
}

test("a light is plain least squares over pyramids, without the pixels that don't follow it", () => {
  for (const [name, one] of Object.entries({
    scattered: scene(64, (c, r) => (c * 7 + r * 13) % 5 === 0, 300, 900),
    "half known": scene(64, (c) => c < 20, 300, 900),
    "a corner": scene(64, (c, r) => c < 8 && r < 8, 300, 900),
    "two corners": scene(128, (c, r) => (c < 8 && r < 8) || (c >= 116 && r >= 116), 300, 900),
  })) {
    const all = new Uint8Array(one.both.length).fill(1);
    const light = fitLight(coarse(one, one.plane, one.both), coarse(one, one.predicted, all));
    assert.ok(light !== undefined);
    const cells = one.width / 4;
    assert.deepEqual([light.width, light.height, light.cell], [cells, cells, 4]);
    for (const [column, row] of [
      [1, 2],
      [6, 9],
      [14, 3],
      [15, 15],
      [cells - 10, cells - 8],
    ] as const) {
      const cell = row * cells + column;
      const [gain, offset] = localFit(one, LIGHT, [column, row]);
      const value = (light.gain[cell] ?? 0) * 1500 + (light.offset[cell] ?? 0);
      near(value, gain * 1500 + offset, 0.5, `${name}, cell ${column}, ${row}`);
    }
  }
});

const SIDE = 64;
const whole = new Uint8Array(SIDE * SIDE).fill(1);
const flat = (value: number | ((i: number) => number), side = SIDE): CoarseImage => ({
  width: side,
  height: side,
  bands: 1,
  samples: Float32Array.from({ length: side * side }, (_, i) => (typeof value === "number" ? value : value(i))),
  clear: new Uint8Array(side * side).fill(1),
  factor: 1,
});
const showing = (image: CoarseImage, clear: (i: number) => boolean): CoarseImage => ({
  ...image,
  clear: Uint8Array.from(image.clear, (_, i) => (clear(i) ? 1 : 0)),
});

test("pixels that are off by more than four times the median are changed land and don't move the light", () => {
  for (const [change, moves] of [
    [3.7, true],
    [4.3, false],
  ] as const) {
    const changed = (i: number): boolean => i % SIDE >= 60 && Math.floor(i / SIDE) >= 60;
    const noise = (i: number): number => (i % 2 === 0 ? 60 : -60);
    const base = flat((i) => 1000 + (changed(i) ? change * 60 : noise(i)));
    const light = fitLight(base, flat(1000));
    const off = Math.abs(light?.offset[0] ?? 0);
    assert.equal(off > 0.01, moves, `a corner ${change} medians off moves the light elsewhere by ${off}`);
  }
});

test("fewer than 24 pixels in common, or 0.4 % of the image, tell no light", () => {
  for (const [side, least] of [
    [SIDE, 24],
    [100, 40],
  ] as const) {
    const base = flat(1000, side);
    const common = (count: number): CoarseImage => showing(flat(1200, side), (i) => i < count);
    assert.equal(fitLight(base, common(least - 1)), undefined);
    assert.ok(fitLight(base, common(least)) !== undefined);
  }
});

test("a light counts in full from a tenth of the image in common on, and nothing at a hundredth", () => {
  const base = flat(1000);
  const offsetOf = (share: number): number => {
    const image = showing(flat(1200), (i) => i < share * SIDE * SIDE);
    return lightBetween(base, { image, days: 5 }, [])?.offset[0] ?? 0;
  };
  near(offsetOf(0.009), 0, 0.01, "0.9 %");
  near(offsetOf(0.0325), -50, 3, "3.25 %: a quarter");
  near(offsetOf(0.055), -100, 3, "5.5 %: half");
  near(offsetOf(0.095), -189, 3, "9.5 %");
  near(offsetOf(0.105), -200, 0.01, "10.5 %");
});

test("expected errors: 130, 0.35 of what dates differ by over 7 x 7 pixels, 400 where only one date shows", () => {
  const width = 41;
  const by = new Uint8Array(width * width).fill(1);
  const errors = (disagreement: Float32Array): Float32Array =>
    expectedErrors({ disagreement }, { width, by, forecast: undefined });
  const middle = 20 * width + 20;
  near(errors(new Float32Array(width * width).fill(200))[middle], Math.hypot(130, 70), 0.5, "differ by 200");
  near(errors(new Float32Array(width * width))[middle], 130, 0.5, "equal");
  near(errors(new Float32Array(width * width).fill(Number.NaN))[middle], Math.hypot(130, 140), 0.5, "one date alone");
  const spot = new Float32Array(width * width);
  spot[middle] = 49_000;
  near(errors(spot)[middle + 3], Math.hypot(130, 350), 0.5, "3 pixels beside a change");
  near(errors(spot)[middle + 4], 130, 0.5, "4 pixels beside a change");
});

test("of a forecast and of what dates say the mean is taken, once the forecast's flat noise is smaller", () => {
  const pixels = SIDE * SIDE;
  const detail = (i: number): number => ((i + Math.floor(i / SIDE)) % 2 === 0 ? 50 : -50);
  const date: Acquisition = { samples: new Float32Array(pixels).fill(1000), clear: whole, days: -5 };
  const forecast = { samples: Float32Array.from({ length: pixels }, (_, i) => 1400 + detail(i)), clear: whole };
  const { samples } = predict({ width: SIDE, height: SIDE, bands: 1 }, [date], "linear", { forecast });
  // Variance 50² against a noise of 100²: 0.8 of the detail; half of that in the mean.
  for (const i of [20 * SIDE + 20, 33 * SIDE + 40]) near(samples[i], 1000 + 0.4 * detail(i), 0.3, "mean");
});

test("a forecast is lit by what dates say up to 48 pixels away", () => {
  const side = 160;
  const pixels = side * side;
  const clear = Uint8Array.from({ length: pixels }, (_, i) => (i % side < 4 ? 1 : 0));
  const date: Acquisition = { samples: new Float32Array(pixels).fill(1300), clear, days: -5 };
  const forecast = { samples: new Float32Array(pixels).fill(1000), clear: new Uint8Array(pixels).fill(1) };
  const { samples } = predict({ width: side, height: side, bands: 1 }, [date], "linear", { forecast });
  near(samples[80 * side + 41], 1300, 1, "lit 38 pixels away");
  near(samples[80 * side + 48], 1000, 0.01, "as it is beyond");
});

test("linear weighs by nearness: of days -10 and 30 the nearer counts three quarters", () => {
  const look = (value: number, days: number): Acquisition => ({
    samples: new Float32Array(SIDE * SIDE).fill(value),
    clear: whole,
    days,
  });
  const { samples } = predict({ width: SIDE, height: SIDE, bands: 1 }, [look(1000, -10), look(2000, 30)], "linear");
  near(samples[0], 1250, 0.01, "mean");
});

/** How much a screened membrane keeps from one pixel to the next: the root below 1 of r + 1 / r = 2 + 1 / length². */
function kept(length: number): number {
  const s = 1 / length ** 2;
  return 1 + s / 2 - Math.sqrt(s + s ** 2 / 4);
}

test("what is left of the mismatch at a hole's edge fades by e over 6 pixels", () => {
  // Stripes that no fit of cells follows end at the hole, 200 above the other date.
  const pixels = SIDE * SIDE;
  const stripe = (i: number): number => (i % SIDE < 32 ? 200 * (i % 2 === 1 ? 1 : -1) : 0);
  const image: InpaintImage = {
    width: SIDE,
    height: SIDE,
    bands: 1,
    samples: Float32Array.from({ length: pixels }, (_, i) => 1000 + stripe(i)),
    clear: Uint8Array.from({ length: pixels }, (_, i) => (i % SIDE < 32 ? 1 : 0)),
    reach: whole,
  };
  const date: Acquisition = { samples: new Float32Array(pixels).fill(1000), clear: whole, days: 4 };
  const { samples } = inpaint(image, [date], "nearest");
  for (const depth of [1, 3, 6, 9, 12])
    near(samples[32 * SIDE + 31 + depth], 1000 + 200 * kept(6) ** depth, 1.5, `${depth} pixels into the hole`);
});

test("a membrane is solved to within 1.6 % of what it hangs from, whichever side that is", () => {
  const side = 80;
  const sides: readonly ((along: number, depth: number) => number)[] = [
    (along, depth) => along * side + depth,
    (along, depth) => along * side + side - 1 - depth,
    (along, depth) => depth * side + along,
    (along, depth) => (side - 1 - depth) * side + along,
  ];
  for (const at of sides) {
    const values = new Float32Array(side * side);
    const fixed = new Uint8Array(side * side);
    for (let along = 0; along < side; along++) {
      fixed[at(along, 0)] = 1;
      values[at(along, 0)] = 1000;
    }
    const open = fixed.map((one) => 1 - one);
    createMembrane({ open, fixed, width: side, lengthPx: 6 }).relax(values);
    for (const depth of [1, 5, 8, 12, 15, 20, 30])
      near(values[at(40, depth)], 1000 * kept(6) ** depth, 16, `${depth} pixels from the edge`);
  }
});

test("a harmonic fill is solved: a wave along the edge dies out as it should", () => {
  const side = 96;
  const k = (2 * Math.PI) / 32;
  const exact = Float32Array.from({ length: side * side }, (_, i) => {
    const [r, c] = [Math.floor(i / side), i % side];
    return 1000 + (500 * Math.cos(k * r) * Math.cosh((side / 2 - c) * k)) / Math.cosh((side / 2) * k);
  });
  const known = Uint8Array.from({ length: side * side }, (_, i) => {
    const [r, c] = [Math.floor(i / side), i % side];
    return r < 8 || r >= side - 8 || c < 8 || c >= side - 8 ? 1 : 0;
  });
  const plane = exact.map((value, i) => (known[i] === 0 ? 0 : value));
  fillHarmonically(plane, { known, reach: new Uint8Array(side * side).fill(1), width: side });
  const worst = Math.max(...plane.map((value, i) => Math.abs(value - (exact[i] ?? 0))));
  assert.ok(worst < 0.4, `${worst} off, of a wave of 500`);
});

/** A date of one chunk of which so much is clear, for a forecast. */
function forecastDate(days: number, share: number): ForecastDate {
  const classes = Uint8Array.from({ length: 256 * 256 }, (_, i) => (i < share * 256 * 256 ? 4 : 9));
  const container = { key: `${days}`, model: { transform: { halo: 0 } } };
  const latents = {
    row: 0,
    column: 0,
    rows: 16,
    columns: 16,
    levelRows: 16,
    levelColumns: 16,
    chunkRow: 0,
    chunkColumn: 0,
  };
  const chunk = { channels: 3, rows: 16, columns: 16 };
  const masks = { x: 0, y: 0, chunkColumns: 1, chunks: [{ valid: "all", width: 256, height: 256 }] };
  const gathered = {
    container,
    level: 0,
    latents: { ...latents, chunkColumns: 1, chunks: [chunk] },
    masks,
    classes: [classes],
  };
  return { gathered: gathered as unknown as ForecastDate["gathered"], days };
}

test("a chunk is forecast from the nearest dates on both sides that show half of it", async () => {
  const chosen: string[] = [];
  const forecasts = {
    chunk: async ({ key }: { readonly key: string }) => {
      chosen.push(key.split(" ").slice(0, -1).join(" "));
      return { latents: { rows: 16, columns: 16 }, deviations: new Float32Array(256) };
    },
  } as unknown as Forecasts;
  const rect = { row: 0, column: 0, rows: 16, columns: 16 };
  const dates = [forecastDate(-3, 0.46), forecastDate(-6, 0.54), forecastDate(-9, 1), forecastDate(20, 0.9)];
  await forecastWindow({ dates, rect, factor: 1 }, forecasts);
  await forecastWindow({ dates: dates.slice(0, 3), rect, factor: 1 }, forecasts);
  await forecastWindow({ dates: dates.slice(0, 1), rect, factor: 1 }, forecasts);
  assert.deepEqual(
    chosen.map((keys) => keys.split(" ").map((key) => key.split("/")[0])),
    [["-6", "20"], ["-6", "-9"], ["-3"]],
  );
});
