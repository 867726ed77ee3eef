// Scenes with labels that pin the constants of clouds told by time: bench/constants changes each constant a little and wants one of these to fail.
import assert from "node:assert/strict";
import { test } from "node:test";
import { classify, compare, radiiOf, STATE, type Comparison } from "../../../src/ingest/clouds/classify.js";
import { detectClouds, LEAST_DATES, type SeriesDate } from "../../../src/ingest/clouds/detect.js";
import { neighbourhoods } from "../../../src/ingest/clouds/neighbourhoods.js";
import { spreadOf } from "../../../src/ingest/clouds/predict.js";

/** Blue, green, red, near and short-wave infrared, digital numbers. */
type Spectrum = readonly [number, number, number, number, number];
const GROUND: Spectrum = [400, 600, 500, 3000, 1700];
const [RED, SWIR] = [2, 4] as const;
const WHITE_RED = 1.3;

/** Pixels of 5 m, so that the rules' metres are whole pixels. */
const PIXEL_M = 5;
const SIDE = 140;
const shape = { width: SIDE, height: SIDE };
const radii = radiiOf(PIXEL_M);

interface Scene {
  readonly seen: (column: number, row: number) => Spectrum;
  readonly wanted?: (column: number, row: number) => Spectrum;
  /** The place's usual residual. */
  readonly spread?: number;
}

/** What is told of a scene that is already smooth. */
function tell({ seen, wanted = () => GROUND, spread = 0 }: Scene): { states: Uint8Array; snow: Uint8Array } {
  const planes = (of: (column: number, row: number) => Spectrum): Float32Array[] => {
    const spectra = Array.from({ length: SIDE * SIDE }, (_, i) => of(i % SIDE, Math.floor(i / SIDE)));
    return [0, 1, 2, 3, 4].map((b) => Float32Array.from(spectra, (spectrum) => spectrum[b] ?? 0));
  };
  const [a, b] = [planes(seen), planes(wanted)];
  const excess = (band: number, i: number): number => (a[band]?.[i] ?? 0) - (b[band]?.[i] ?? 0);
  const whiteness = Float32Array.from({ length: SIDE * SIDE }, (_, i) =>
    Math.min(excess(0, i), WHITE_RED * excess(RED, i)),
  );
  const comparison: Comparison = { seen: a, wanted: b, whiteness };
  return classify(comparison, new Float32Array(SIDE * SIDE).fill(spread), { shape, radii });
}

const plus = (spectrum: Spectrum, ...by: readonly number[]): Spectrum =>
  spectrum.map((value, b) => value + (by[b] ?? by[0] ?? 0)) as unknown as Spectrum;
const times = (spectrum: Spectrum, ...by: readonly number[]): Spectrum =>
  spectrum.map((value, b) => value * (by[b] ?? by[0] ?? 1)) as unknown as Spectrum;

/** The state in the middle of a square of so many metres that looks so, on plain ground. */
function middleOf(look: Spectrum, { metres = 300, ground = GROUND, spread = 0 } = {}): number | undefined {
  const half = metres / PIXEL_M / 2;
  const inside = (column: number, row: number): boolean =>
    Math.abs(column - SIDE / 2) < half && Math.abs(row - SIDE / 2) < half;
  const { states } = tell({ seen: (c, r) => (inside(c, r) ? look : ground), wanted: () => ground, spread });
  return states[(SIDE / 2) * SIDE + SIDE / 2];
}

const { clear, cloud, shadow } = STATE;
/** Small enough that a mean over 300 m sees no veil in it, large enough to be a patch. */
const PATCH = 90;

/** Each on both sides of a bound. */
const LOOKS: readonly (readonly [look: Spectrum, state: number, why: string, more?: object])[] = [
  [plus(GROUND, 330), cloud, "white by 330", { metres: PATCH }],
  [plus(GROUND, 310), clear, "white by 310", { metres: PATCH }],
  [plus(GROUND, 330), clear, "330 where 85 is usual: under four spreads", { metres: PATCH, spread: 85 }],
  [plus(GROUND, 350), cloud, "350 where 85 is usual: over four spreads", { metres: PATCH, spread: 85 }],
  [plus(GROUND, 230, 230, 230, 0, 0), cloud, "a veil of 230 over 300 m", { metres: 420 }],
  [plus(GROUND, 210, 210, 210, 0, 0), clear, "of 210", { metres: 420 }],
  [plus(GROUND, 400, 400, 690, 0, 0), cloud, "red gains 690, blue 400: below 1.5 times and 100", { metres: PATCH }],
  [plus(GROUND, 400, 400, 710, 0, 0), clear, "red gains 710: ploughed", { metres: PATCH }],
  [times(GROUND, 0.9, 0.9, 0.9, 0.67, 0.67), shadow, "two thirds of the infrared", { metres: 200 }],
  [times(GROUND, 0.9, 0.9, 0.9, 0.69, 0.67), clear, "near infrared of 0.69", { metres: 200 }],
  [times(GROUND, 0.9, 0.9, 0.9, 0.67, 0.69), clear, "short-wave infrared of 0.69", { metres: 200 }],
  [times(GROUND, 1, 0.96, 1, 0.61, 0.62), shadow, "green stays, but the infrared is 1.23 of 2", { metres: 200 }],
  [times(GROUND, 1, 0.96, 1, 0.63, 0.62), clear, "green stays, the infrared is 1.25 of 2", { metres: 200 }],
  [times(GROUND, 1, 0.94, 1, 0.63, 0.63), shadow, "green falls to 0.94", { metres: 200 }],
];

test("cloud, veil, soil and shadow on both sides of each bound", () => {
  for (const [look, state, why, more] of LOOKS) assert.equal(middleOf(look, more), state, why);
});

test("a shadow takes at least 350 of near infrared, and falls on land", () => {
  const dim: Spectrum = [400, 600, 500, 1000, 900];
  const dark = times(dim, 0.9, 0.9, 0.9, 0.64, 0.64);
  assert.equal(middleOf(dark, { metres: 200, ground: dim }), shadow, "360 less");
  const dimmer: Spectrum = [400, 600, 500, 950, 900];
  assert.equal(middleOf(times(dimmer, 0.9, 0.9, 0.9, 0.64, 0.64), { metres: 200, ground: dimmer }), clear, "342 less");
  const water: Spectrum = [400, 1300, 500, 1200, 900];
  assert.equal(middleOf(times(water, 0.9, 0.9, 0.9, 0.6, 0.6), { metres: 200, ground: water }), clear, "water");
});

/** Ground with a pattern, so that snow on it is no flat cloud. */
const patterned = (column: number, row: number): Spectrum =>
  times(GROUND, 0.6 + 0.8 * (((column >> 2) + (row >> 2)) % 2));

function snowAt(cover: (ground: Spectrum) => Spectrum): boolean {
  const { snow } = tell({ seen: (c, r) => cover(patterned(c, r)), wanted: patterned });
  return snow[(SIDE / 2) * SIDE + SIDE / 2] === 1;
}

/** Brighter in the visible by so much, near infrared by a share, short-wave infrared set. */
const snowed =
  (bright: number, nir: number, swir: (ground: number) => number) =>
  (ground: Spectrum): Spectrum =>
    plus(times(ground, 1, 1, 1, nir, 1), bright, bright, bright, 0, swir(ground[SWIR]) - ground[SWIR]);

test("snow is brighter in blue and cold, or has snow's index, and is lit", () => {
  const fresh = 2500;
  assert.ok(snowAt(snowed(fresh, 1, (ground) => 0.3 * ground)));
  // 4 / 16 of green and short-wave infrared: an index of 0.42 and of 0.38, not cold.
  const ground = patterned(SIDE / 2, SIDE / 2);
  const indexed = (index: number) => (at: Spectrum) =>
    plus(at, 0, 0, 0, 0, 0).map((value, b) => {
      if (b === SWIR) return 0.85 * at[SWIR];
      if (b > 2) return value;
      const green = (0.85 * at[SWIR] * (1 + index)) / (1 - index);
      return b === 1 ? green : value + 2000;
    }) as unknown as Spectrum;
  assert.ok(ground[SWIR] * 0.85 < 1500);
  assert.ok(snowAt(indexed(0.42)), "index 0.42");
  assert.ok(!snowAt(indexed(0.38)), "index 0.38, short-wave infrared 0.85");
  const cold = (share: number) => (at: Spectrum) =>
    plus(at, 250, 0, 250, 0, share * at[SWIR] - at[SWIR]) satisfies Spectrum;
  assert.ok(snowAt(cold(0.78)), "short-wave infrared of 0.78");
  assert.ok(!snowAt(cold(0.82)), "of 0.82");
  const blue = (by: number) => (at: Spectrum) => plus(at, by, 0, by, 0, -0.5 * at[SWIR]);
  assert.ok(snowAt(blue(210)), "blue gains 210");
  assert.ok(!snowAt(blue(190)), "blue gains 190");
  const lit = (nir: number) => (at: Spectrum) => plus(times(at, 1, 1, 1, nir, 0.78), 250, 0, 250, 0, 0);
  assert.ok(snowAt(lit(0.72)), "near infrared of 0.72");
  assert.ok(!snowAt(lit(0.68)), "near infrared of 0.68");
  const bright = (swir: number) => (at: Spectrum) => plus(at, 250, 0, 250, 0, swir - at[SWIR]);
  const wet: Spectrum = [400, 600, 500, 3000, 2200];
  for (const [swir, is] of [
    [1480, true],
    [1520, false],
  ] as const) {
    const { snow } = tell({ seen: (c, r) => bright(swir)(plus(wet, ((c >> 2) + (r >> 2)) % 2)), wanted: () => wet });
    assert.equal(snow[(SIDE / 2) * SIDE + SIDE / 2] === 1, is, `short-wave infrared of ${swir}`);
  }
});

test("snow that shows nothing of the ground's pattern is an ice cloud", () => {
  // Green of 3000 with a checkerboard of 0 to 8 %; the ground varies by 0.4 of its mean.
  const white = (contrast: number) => (column: number, row: number) => {
    const check = ((column >> 2) + (row >> 2)) % 2 === 0 ? 1 + contrast : 1 - contrast;
    return times([3000, 3000, 3000, 3000, 600], check) satisfies Spectrum;
  };
  const isSnow = (contrast: number, wanted = patterned): boolean =>
    tell({ seen: white(contrast), wanted }).snow[(SIDE / 2) * SIDE + SIDE / 2] === 1;
  assert.ok(!isSnow(0.055), "varies by 0.055");
  assert.ok(isSnow(0.065), "varies by 0.065");
  const faint = (column: number, row: number): Spectrum =>
    times(GROUND, 1 + (((column >> 2) + (row >> 2)) % 2 === 0 ? 0.1 : -0.1));
  assert.ok(!isSnow(0.033, faint), "a third of the ground's pattern");
  assert.ok(isSnow(0.037, faint), "more than 0.35 of it");
  const dull = (green: number): boolean => {
    const seen = (): Spectrum => [2000, green, 2000, 3000, 300];
    return tell({ seen, wanted: patterned }).snow[(SIDE / 2) * SIDE + SIDE / 2] === 1;
  };
  assert.ok(!dull(1520), "bright and flat");
  assert.ok(dull(1480), "flat but dark");
});

/** How far from an edge at `from` a row of states says so, pixels. */
function reach(states: Uint8Array, state: number, from: number): number {
  let last = from;
  for (let c = from; c < SIDE; c++) if (states[(SIDE / 2) * SIDE + c] === state) last = c + 1;
  return last - from;
}

test("a rim of 205 to 320 counts within 40 m of cloud", () => {
  const edge = 40;
  const rimOf = (by: number, spread = 0): number => {
    // Beyond 100 m all is darker than usual, so that no mean over 300 m is a veil.
    const seen = (c: number): Spectrum =>
      c < edge ? plus(GROUND, 2000) : c < edge + 20 ? plus(GROUND, by, by, by, 0, 0) : plus(GROUND, -200);
    return reach(tell({ seen, spread }).states, cloud, edge);
  };
  assert.equal(rimOf(210), 40 / PIXEL_M, "210");
  assert.equal(rimOf(190), 0, "190");
  assert.equal(rimOf(250, 95), 40 / PIXEL_M, "250 where 95 is usual: over 2.5 spreads");
  assert.equal(rimOf(230, 95), 0, "230 where 95 is usual");
});

test("a pixel of a veil is itself 110 too bright; what is 600 or more counts as 600", () => {
  const column = SIDE / 2;
  const veiled = (here: number): boolean => {
    // Patches of 35 m, one in nine, are less bright than the rest of the veil.
    const dim = (c: number, r: number): boolean => Math.abs(c - column) < 12 && Math.abs(r - column) < 12;
    const { states } = tell({ seen: (c, r) => plus(GROUND, ...[0, 1, 2].map(() => (dim(c, r) ? here : 290)), 0, 0) });
    return states[column * SIDE + column] === cloud;
  };
  assert.ok(veiled(115));
  assert.ok(!veiled(105));
});

test("a speck of cloud, 50 m wide, is none; one of 55 m fills half of the 75 m that vote", () => {
  assert.equal(middleOf(plus(GROUND, 2000), { metres: 50 }), clear);
  assert.equal(middleOf(plus(GROUND, 2000), { metres: 55 }), cloud);
});

test("a shadow is a patch that fills 0.6 of 125 m, not one of 110 m without its corners", () => {
  const dark = times(GROUND, 0.8, 0.8, 0.8, 0.4, 0.4);
  assert.equal(middleOf(dark, { metres: 110 }), clear);
  assert.equal(middleOf(dark, { metres: 115 }), shadow);
});

test("whiteness is the excess of blue, or 1.3 times that of red, smoothed over 50 m", () => {
  const pixels = SIDE * SIDE;
  const samples = new Int16Array(5 * pixels);
  GROUND.forEach((value, b) => samples.fill(value, b * pixels, (b + 1) * pixels));
  const prediction = samples.slice();
  const at = (SIDE / 2) * SIDE + SIDE / 2;
  const side = 2 * radii.smooth + 1;
  samples[at] = GROUND[0] + 90 * 121;
  samples[RED * pixels + at] = GROUND[RED] + 60 * 121;
  const { whiteness } = compare({ samples, valid: new Uint8Array(pixels).fill(1) }, prediction, { shape, radii });
  assert.equal(side, 11);
  assert.ok(Math.abs((whiteness[at] ?? 0) - 78) < 1, `${whiteness[at]}`);
  assert.ok(Math.abs((whiteness[at + 5] ?? 0) - 78) < 1);
  assert.ok(Math.abs(whiteness[at + 6] ?? 0) < 1);
});

test("the rules look 25, 35, 40, 20, 155, 75 and 60 m far, at least a pixel", () => {
  assert.deepEqual(radiiOf(5), { smooth: 5, vote: 7, rim: 8, apart: 4, veil: 31, fill: 15, blob: 12 });
  assert.deepEqual(radiiOf(20), { smooth: 1, vote: 2, rim: 2, apart: 1, veil: 8, fill: 4, blob: 3 });
});

test("dates weigh by nearness in time and season, and sixteen of them count", () => {
  const weightOf = (days: number): number =>
    neighbourhoods([0, days])[0]?.find(({ index }) => index === 1)?.weight ?? 0;
  const model = (days: number): number => {
    const season = Math.min(days % 365.25, 365.25 - (days % 365.25));
    return Math.exp(-days / 40) + 0.3 * Math.exp(-season / 30) * Math.exp(-days / 730);
  };
  for (const days of [1, 20, 40, 90, 340, 365, 390, 700, 730])
    assert.ok(Math.abs(weightOf(days) - model(days)) < 1e-9, `${days} days`);
  const many = neighbourhoods(Array.from({ length: 30 }, (_, t) => 5 * t));
  assert.ok(many.every((found) => found.length === 16));
});

test("a spread is 1.4826 times the median residual: the deviation of normal ones", () => {
  const residuals = [-30, -10, 0, 20, 40].map((value) => Float32Array.of(value));
  const weights = residuals.map(() => Float32Array.of(1));
  assert.ok(Math.abs((spreadOf(residuals, weights)[0] ?? 0) - 1.4826 * 20) < 0.1);
});

test("six dates tell, five don't; and three clear looks, not two", () => {
  const side = 20;
  const date = (day: number, bright = 0): SeriesDate => {
    const samples = new Int16Array(5 * side * side);
    GROUND.forEach((value, b) => samples.fill(value + bright, b * side * side, (b + 1) * side * side));
    return { day, samples, valid: new Uint8Array(side * side).fill(1) };
  };
  const series = (count: number, clouded: number): readonly Uint8Array[] =>
    detectClouds({
      width: side,
      height: side,
      pixelM: 20,
      dates: Array.from({ length: count }, (_, t) => date(10 * t, t < clouded ? 4000 : 0)),
    });
  assert.equal(LEAST_DATES, 6);
  assert.ok(series(5, 0).every((states) => states.every((state) => state === STATE.unknown)));
  assert.ok(series(6, 0).every((states) => states.every((state) => state === clear)));
  // The clear ones see the others: of seven with three clear, each clear one sees two.
  assert.ok(
    series(7, 3)
      .at(-1)
      ?.every((state) => state === clear),
    "three clear looks around",
  );
  assert.ok(
    series(7, 4)
      .at(-1)
      ?.every((state) => state === STATE.unknown),
    "two clear looks around",
  );
});

/** A veil of so much with a speck of 15 m in every 45 m: a ninth of it. */
function speckled(veil: number, speck: Spectrum): number | undefined {
  const isSpeck = (c: number, r: number): boolean => c % 9 < 3 && r % 9 < 3;
  const { states } = tell({ seen: (c, r) => (isSpeck(c, r) ? speck : plus(GROUND, veil, veil, veil, 0, 0)) });
  return states[(SIDE / 2) * SIDE + SIDE / 2];
}

test("in a veil's mean a speck counts 600 at most and -400 at least", () => {
  const [bright, dark] = [plus(GROUND, 3000), plus(GROUND, -600, -850, -850, 0, 0)];
  assert.equal(speckled(178, bright), cloud, "178 and 600: 225");
  assert.equal(speckled(166, bright), clear, "166 and 600: 214");
  assert.equal(speckled(291, dark), clear, "291 and -400: 214");
  assert.equal(speckled(303, dark), cloud, "303 and -400: 225");
});

test("a veil is told where a twelfth of what is around can be compared", () => {
  const ploughed = plus(GROUND, 0, 0, 200, 0, 0);
  const veilOf = (metres: number): number | undefined => {
    const half = metres / PIXEL_M / 2;
    const inside = (c: number, r: number): boolean => Math.abs(c - SIDE / 2) < half && Math.abs(r - SIDE / 2) < half;
    const { states } = tell({ seen: (c, r) => (inside(c, r) ? plus(GROUND, 290, 290, 290, 0, 0) : ploughed) });
    return states[(SIDE / 2) * SIDE + SIDE / 2];
  };
  assert.equal(veilOf(100), cloud, "19 of 63 pixels a side: 0.09");
  assert.equal(veilOf(90), clear, "17 of 63: 0.07");
});

test("what looks like snow at a cloud's edge is cloud where more than 0.7 around is", () => {
  const snow: Spectrum = [700, 900, 700, 3000, 500];
  const corner = SIDE / 2;
  const { states } = tell({ seen: (c, r) => (c >= corner && r >= corner ? snow : plus(GROUND, 2000)) });
  const at = (c: number, r: number): number | undefined => states[(corner + r) * SIDE + corner + c];
  assert.equal(at(0, 0), cloud, "the corner of the snow: 0.73 is cloud");
  assert.equal(at(3, 0), clear, "15 m further: 0.68");
});
