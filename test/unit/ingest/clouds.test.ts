import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { STATE } from "../../../src/ingest/clouds/classify.js";
import { correctedCode } from "../../../src/ingest/clouds/correct-classes.js";
import {
  detectClouds,
  LEAST_DATES,
  REACH_M,
  type SeriesBlock,
  type SeriesDate,
} from "../../../src/ingest/clouds/detect.js";
import { boxMean, dilate } from "../../../src/ingest/clouds/planes.js";
import { predict } from "../../../src/ingest/clouds/predict.js";
import { isClear } from "../../../src/core/scene-classes.js";
import { seededRandom } from "../../support/seeded-random.js";

const SIDE = 48;
const PIXELS = SIDE * SIDE;
/** Blue, green, red, near and short-wave infrared of fields and wood, digital numbers. */
const GROUND = [350, 600, 500, 3000, 1700] as const;

type Change = (band: number, row: number, column: number, value: number) => number;

/** Fields of 6 pixels, a season, some noise of each date; `change` is what is put on it. */
function dateOf(day: number, change: Change = (_b, _r, _c, value) => value): SeriesDate {
  const random = seededRandom(Math.round(day) + 7);
  const season = 1 + 0.15 * Math.sin((2 * Math.PI * day) / 365.25);
  const samples = new Int16Array(5 * PIXELS);
  for (let b = 0; b < 5; b++) {
    for (let p = 0; p < PIXELS; p++) {
      const [r, c] = [Math.floor(p / SIDE), p % SIDE];
      const field = 0.8 + 0.4 * (((Math.floor(r / 6) * 7 + Math.floor(c / 6) * 3) % 5) / 5);
      const value = (GROUND[b] ?? 0) * field * (b < 3 ? 2 - season : season) * (0.97 + 0.06 * random());
      samples[b * PIXELS + p] = Math.round(change(b, r, c, value));
    }
  }
  return { day, samples, valid: new Uint8Array(PIXELS).fill(1) };
}

const DAYS = Array.from({ length: 14 }, (_, t) => 11 * t + (t % 3));
const blockOf = (dates: readonly SeriesDate[]): SeriesBlock => ({ width: SIDE, height: SIDE, pixelM: 20, dates });

interface Spot {
  readonly row: number;
  readonly column: number;
  readonly radius: number;
}

const spots = fc.record({
  row: fc.integer({ min: 10, max: SIDE - 10 }),
  column: fc.integer({ min: 10, max: SIDE - 10 }),
  radius: fc.integer({ min: 6, max: 11 }),
});
const within = ({ row, column, radius }: Spot, r: number, c: number): boolean =>
  Math.hypot(r - row, c - column) <= radius;

function onDate(t: number, change: Change): SeriesBlock {
  return blockOf(DAYS.map((day, k) => (k === t ? dateOf(day, change) : dateOf(day))));
}

/** Shares of a spot and of what is well away from it that are in a state. */
function shares(states: Uint8Array, spot: Spot, wanted: number): { readonly inside: number; readonly outside: number } {
  let [inside, hits, outside, strays] = [0, 0, 0, 0];
  states.forEach((state, p) => {
    const [r, c] = [Math.floor(p / SIDE), p % SIDE];
    if (within({ ...spot, radius: spot.radius - 2 }, r, c)) {
      inside++;
      if (state === wanted) hits++;
    } else if (!within({ ...spot, radius: spot.radius + 5 }, r, c)) {
      outside++;
      if (state !== STATE.clear) strays++;
    }
  });
  return { inside: hits / inside, outside: strays / outside };
}

test("a series without clouds stays clear, and a roof that is bright on every date with it", () => {
  const roof: Change = (b, r, c, value) => (r > 20 && r < 28 && c > 20 && c < 28 ? 4500 + 300 * b : value);
  for (const dates of [DAYS.map((day) => dateOf(day)), DAYS.map((day) => dateOf(day, roof))]) {
    for (const states of detectClouds(blockOf(dates))) {
      const hidden = states.filter((state) => state !== STATE.clear).length;
      assert.ok(hidden < 0.005 * PIXELS, `${hidden} pixels`);
    }
  }
});

test("a cloud on one date is found where it is, on that date alone", () => {
  fc.assert(
    fc.property(fc.nat(DAYS.length - 1), spots, fc.integer({ min: 1200, max: 8000 }), (t, spot, bright) => {
      const cloud: Change = (_b, r, c, value) => (within(spot, r, c) ? 0.6 * value + bright : value);
      const found = detectClouds(onDate(t, cloud));
      const { inside, outside } = shares(found[t] ?? new Uint8Array(), spot, STATE.cloud);
      assert.ok(inside > 0.97, `${inside} of it found`);
      assert.ok(outside < 0.03, `${outside} of the rest`);
      found.forEach((states, k) => {
        if (k !== t)
          assert.ok(
            states.every((state) => state === STATE.clear),
            `date ${k}`,
          );
      });
    }),
    { numRuns: 12, seed: 3 },
  );
});

test("a shadow on one date is a shadow, snow is neither", () => {
  fc.assert(
    fc.property(fc.nat(DAYS.length - 1), spots, (t, spot) => {
      const dark: Change = (b, r, c, value) => (within(spot, r, c) ? (b < 1 ? 0.75 : 0.4) * value : value);
      const shadow = shares(detectClouds(onDate(t, dark))[t] ?? new Uint8Array(), spot, STATE.shadow);
      assert.ok(shadow.inside > 0.9 && shadow.outside < 0.03, JSON.stringify(shadow));
      const white = [5200, 5100, 5000, 4600, 700];
      const snow: Change = (b, r, c, value) => (within(spot, r, c) ? (white[b] ?? 0) * (0.8 + value / 10_000) : value);
      const covered = shares(detectClouds(onDate(t, snow))[t] ?? new Uint8Array(), spot, STATE.clear);
      assert.ok(covered.inside > 0.9, JSON.stringify(covered));
    }),
    { numRuns: 6, seed: 5 },
  );
});

test("dates in another order are told the same, and so is a part with what the rules look at around it", () => {
  const spot = { row: 20, column: 28, radius: 9 };
  const cloud: Change = (_b, r, c, value) => (within(spot, r, c) ? value + 2500 : value);
  const dates = DAYS.map((day, t) => dateOf(day, t % 5 === 2 ? cloud : undefined));
  const straight = detectClouds(blockOf(dates));
  const order = [3, 9, 0, 13, 7, 1, 5, 11, 2, 12, 4, 10, 6, 8];
  const shuffled = detectClouds(blockOf(order.map((t) => dates[t] ?? dateOf(0))));
  order.forEach((t, k) => assert.deepEqual(shuffled[k], straight[t]));
  // Pixels of 40 m, so that the rules' reach leaves something of a part.
  const reach = Math.ceil(REACH_M / 40);
  const whole = detectClouds({ ...blockOf(dates), pixelM: 40 });
  const width = SIDE - 8;
  const part = detectClouds({
    width,
    height: SIDE,
    pixelM: 40,
    dates: dates.map((date) => ({
      ...date,
      valid: new Uint8Array(width * SIDE).fill(1),
      samples: Int16Array.from(
        { length: 5 * width * SIDE },
        (_, i) => date.samples[Math.floor(i / width) * SIDE + (i % width)] ?? 0,
      ),
    })),
  });
  whole.forEach((states, t) => {
    for (let p = 0; p < PIXELS; p++) {
      const [r, c] = [Math.floor(p / SIDE), p % SIDE];
      if (c < width - reach) assert.equal(part[t]?.[r * width + c], states[p], `date ${t}, row ${r}, column ${c}`);
    }
  });
});

test("scene classes that contradict themselves or the pixels are overruled", () => {
  const spot = { row: 24, column: 24, radius: 10 };
  const cloud: Change = (_b, r, c, value) => (within(spot, r, c) ? value + 3000 : value);
  const dates = DAYS.map((day, t) => dateOf(day, t === 4 ? cloud : undefined));
  const random = seededRandom(11);
  const claims: readonly (() => number)[] = [() => 1, () => 0, () => Number(random() < 0.5)];
  for (const claim of claims) {
    const found = detectClouds(blockOf(dates.map((date) => ({ ...date, hidden: new Uint8Array(PIXELS).map(claim) }))));
    const told = shares(found[4] ?? new Uint8Array(), spot, STATE.cloud);
    assert.ok(told.inside > 0.97 && told.outside < 0.03, JSON.stringify(told));
  }
});

test("fewer than six dates, invalid pixels and places that were never clear are unknown", () => {
  const few = detectClouds(blockOf(DAYS.slice(0, LEAST_DATES - 1).map((day) => dateOf(day))));
  assert.ok(few.every((states) => states.every((state) => state === STATE.unknown)));
  const dates = DAYS.map((day, t) => ({ ...dateOf(day), valid: new Uint8Array(PIXELS).fill(t === 3 ? 0 : 1) }));
  const holed = detectClouds(blockOf(dates));
  assert.ok(holed[3]?.every((state) => state === STATE.unknown));
  assert.ok(holed[2]?.every((state) => state === STATE.clear));
  const never = detectClouds(blockOf(DAYS.map((day) => ({ ...dateOf(day), valid: new Uint8Array(PIXELS) }))));
  assert.ok(never.every((states) => states.every((state) => state === STATE.unknown)));
});

test("a code says what its state says, and stays where it said so before", () => {
  for (let code = 0; code < 12; code++) {
    assert.equal(correctedCode(STATE.unknown, code), code);
    for (const state of [STATE.clear, STATE.cloud, STATE.shadow]) {
      const corrected = correctedCode(state, code);
      assert.equal(isClear(corrected), state === STATE.clear);
      if (code !== 0 && isClear(code) === (state === STATE.clear)) assert.equal(corrected, code);
    }
  }
  assert.deepEqual(
    [0, 1, 2, 3].map((state) => correctedCode(state, undefined)),
    [7, 8, 3, 0],
  );
});

test("means, spreading and quantiles are those of the simplest code", () => {
  fc.assert(
    fc.property(
      fc.record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer(),
      (shape, radius, seed) => {
        const random = seededRandom(seed);
        const plane = Float32Array.from({ length: shape.width * shape.height }, () => Math.round(1000 * random()));
        const mask = Uint8Array.from(plane, (value) => Number(value > 850));
        const at = (from: ArrayLike<number>, r: number, c: number): number =>
          from[Math.min(shape.height - 1, Math.max(0, r)) * shape.width + Math.min(shape.width - 1, Math.max(0, c))] ??
          0;
        const means = boxMean(plane, shape, radius);
        const spread = dilate(mask, shape, radius);
        for (let p = 0; p < plane.length; p++) {
          let [sum, any] = [0, 0];
          for (let y = -radius; y <= radius; y++) {
            for (let x = -radius; x <= radius; x++) {
              const [r, c] = [Math.floor(p / shape.width) + y, (p % shape.width) + x];
              sum += at(plane, r, c);
              any |= at(mask, r, c);
            }
          }
          assert.ok(Math.abs((means[p] ?? 0) - sum / (2 * radius + 1) ** 2) < 0.01);
          assert.equal(spread[p], any);
        }
      },
    ),
    { numRuns: 60 },
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      fc.integer(),
      (count, q, seed) => {
        const random = seededRandom(seed);
        const samples = Array.from({ length: count }, () =>
          Int16Array.from({ length: 5 }, () => Math.round(60_000 * random()) - 30_000),
        );
        const weights = Array.from({ length: count }, () => Float32Array.of(random()));
        const neighbours = Array.from({ length: count }, (_, index) => ({ index, weight: 0.1 + random() }));
        const out = predict({ samples, weights, neighbours, quantiles: [q, undefined, q, q, q] });
        assert.equal(out[1], 0);
        const sorted = neighbours
          .map(({ index, weight }) => ({
            value: samples[index]?.[0] ?? 0,
            weight: weight * (weights[index]?.[0] ?? 0),
          }))
          .toSorted((a, b) => a.value - b.value);
        const total = sorted.reduce((sum, one) => sum + one.weight, 0);
        let sum = 0;
        const wanted = sorted.find(({ weight }) => (sum += weight) - weight / 2 >= q * total) ?? sorted.at(-1);
        assert.equal(out[0], wanted?.value);
      },
    ),
    { numRuns: 100 },
  );
});
