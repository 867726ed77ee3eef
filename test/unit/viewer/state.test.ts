import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createStore, formatHash, parseHash, SPEEDS } from "../../../src/viewer/state.js";

const day = fc
  .date({ min: new Date("2015-06-23"), max: new Date("2035-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

test("a permalink brings back the state", () => {
  const state = fc.record({
    collection: maybe(fc.string({ minLength: 1 })),
    search: maybe(fc.string({ minLength: 1 })),
    look: maybe(fc.constantFrom("assets=B04&rescale=0%2C3000", "expression=B08%2FB04%3B1&datetime=2020-01-01T00%3A00")),
    date: maybe(day),
    compare: maybe(day),
    render: maybe(fc.constantFrom("ndvi", "true-color", "a b&c=d")),
    opacity: fc.integer({ min: 0, max: 20 }).map((steps) => steps / 20),
    only: fc.boolean(),
    cloudFree: maybe(fc.boolean()),
    hatch: fc.boolean(),
    footprints: fc.boolean(),
    from: maybe(day),
    to: maybe(day),
    speed: fc.constantFrom(...SPEEDS),
    camera: maybe(
      fc.record({
        zoom: fc.integer({ min: 0, max: 2400 }).map((n) => n / 100),
        lon: fc.integer({ min: -18_000_000, max: 18_000_000 }).map((n) => n / 100_000),
        lat: fc.integer({ min: -8_500_000, max: 8_500_000 }).map((n) => n / 100_000),
      }),
    ),
  });
  fc.assert(
    fc.property(state, (value) =>
      assert.deepEqual(parseHash(formatHash(value)), { ...value, camera: withoutMinusZero(value.camera) }),
    ),
  );
});

test("a damaged permalink is the default where it is damaged", () => {
  const state = parseHash("#date=yesterday&opacity=7&at=1/2&compare=2020-01-01&camera");
  assert.deepEqual(
    [state.date, state.opacity, state.camera, state.compare, state.footprints],
    [undefined, 1, undefined, "2020-01-01", true],
  );
});

test("listeners hear of changes only", () => {
  const store = createStore("#date=2020-01-01");
  const heard: (string | undefined)[] = [];
  store.listen((state, before) => heard.push(before.date, state.date));
  store.set({ date: "2020-01-01" });
  store.set({ date: "2021-01-01" });
  assert.deepEqual(heard, ["2020-01-01", "2021-01-01"]);
});

function withoutMinusZero<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
