import assert from "node:assert/strict";
import { test } from "node:test";
import type { CatalogItem } from "../../../src/catalog/types.js";
import { BestMosaic, distanceToHoles } from "../../../src/tile/mosaic/best-mosaic.js";
import { createMosaic, type MosaicLayer } from "../../../src/tile/mosaic/mosaic.js";
import { NEWEST, type StackSelection } from "../../../src/tile/mosaic/mosaic-spec.js";
import { orderItems, reachingItems, solarDay } from "../../../src/tile/mosaic/order-items.js";
import { probeObservations } from "../../../src/tile/draw/probe-window.js";
import { warpOnto } from "../../../src/tile/draw/warp.js";
import { seededRandom } from "../../support/seeded-random.js";

function layer(values: readonly (number | undefined)[], more: Partial<MosaicLayer> = {}): MosaicLayer {
  return {
    planes: [Float32Array.from(values, (value) => value ?? 7777)],
    valid: Uint8Array.from(values, (value) => (value === undefined ? 0 : 1)),
    days: 0,
    ...more,
  };
}

function merged(selection: StackSelection, layers: readonly MosaicLayer[]): { values: number[]; chosen: number[] } {
  const planes = layers[0]?.planes.length ?? 1;
  const pixels = layers[0]?.valid.length ?? 0;
  const mosaic = createMosaic(selection, { planes, pixels, width: pixels });
  for (const one of layers) mosaic.feed(one);
  const { planes: out, chosen } = mosaic.result();
  return { values: [...(out[0] ?? [])], chosen: [...chosen] };
}

// Expected values are NumPy's masked arrays': np.ma.max, min, mean, median, std (ddof 0), count.
const LAYERS = [
  layer([10, 4, undefined, undefined]),
  layer([20, undefined, 5, undefined]),
  layer([60, 8, undefined, undefined]),
];

test("highest, lowest, mean, median, stdev and count agree with NumPy over masked looks", () => {
  const cases: readonly [StackSelection, readonly number[]][] = [
    ["highest", [60, 8, 5, 0]],
    ["lowest", [10, 4, 5, 0]],
    ["mean", [30, 6, 5, 0]],
    ["median", [20, 6, 5, 0]],
    ["stdev", [21.602469, 2, 0, 0]],
  ];
  for (const [selection, wanted] of cases) {
    const { values, chosen } = merged(selection, LAYERS);
    for (const [i, value] of wanted.entries())
      assert.ok(Math.abs((values[i] ?? Number.NaN) - value) < 1e-4, `${selection} ${i}: ${values[i]}`);
    assert.deepEqual(
      chosen.map((c) => c !== 0),
      [true, true, true, false],
      selection,
    );
  }
  const count = merged("count", LAYERS);
  assert.deepEqual(count.values, [3, 2, 1, 0]);
  assert.ok(
    count.chosen.every((c) => c !== 0),
    "count has no holes",
  );
});

test("lastband picks whole pixels by their last plane and leaves it out", () => {
  const two = (shown: readonly number[], deciding: readonly number[]): MosaicLayer => ({
    ...layer(shown),
    planes: [Float32Array.from(shown), Float32Array.from(deciding)],
  });
  const layers = [two([1, 2], [50, 1]), two([3, 4], [40, 9])];
  assert.deepEqual(merged("lastbandlow", layers).values, [3, 2]);
  assert.deepEqual(merged("lastbandhigh", layers).values, [1, 4]);
});

test("the medoid is a date that was seen, the one amid the others", () => {
  const { values, chosen } = merged("medoid", [layer([100, undefined]), layer([110, 7]), layer([500, undefined])]);
  assert.deepEqual(values, [110, 7]);
  assert.deepEqual(chosen, [2, 2]);
});

test("best prefers dates that are near, clear of haze and far from clouds", () => {
  const clear = { blue: new Float32Array(2).fill(500), red: new Float32Array(2).fill(500) };
  const hazy = { blue: new Float32Array(2).fill(1500), red: new Float32Array(2).fill(900) };
  assert.deepEqual(
    merged("best", [layer([1, 1], { days: -60, ...clear }), layer([2, 2], { days: 3, ...clear })]).values,
    [2, 2],
  );
  assert.deepEqual(
    merged("best", [layer([1, 1], { days: 3, ...hazy }), layer([2, 2], { days: -5, ...clear })]).values,
    [2, 2],
  );
});

test("best is done only when no date at least so far off changes a pixel", () => {
  const [width, pixels] = [12, 144];
  const random = seededRandom(7);
  const date = (days: number): MosaicLayer => {
    const plane = (least: number): Float32Array => Float32Array.from({ length: pixels }, () => least + 900 * random());
    const seen = random();
    return {
      planes: [plane(0)],
      valid: Uint8Array.from({ length: pixels }, () => (random() < seen ? 1 : 0)),
      days,
      blue: plane(100),
      red: plane(300),
    };
  };
  let done = 0;
  for (let run = 0; run < 400; run++) {
    const days = Array.from({ length: 6 }, () => Math.floor(120 * random())).toSorted((a, b) => a - b);
    const layers = days.map((d, k) => ({ ...date(k % 2 === 0 ? d : -d), valid: new Uint8Array(pixels).fill(1) }));
    const best = new BestMosaic({ planes: 1, pixels, width });
    const inside = { x: 2, y: 3, width: 5, height: 6 };
    const shown = (): number[] =>
      [...(best.result().planes[0] ?? [])].filter((_, i) => {
        const [x, y] = [i % width, Math.floor(i / width)];
        return x >= inside.x && x < inside.x + inside.width && y >= inside.y && y < inside.y + inside.height;
      });
    let settled: number[] | undefined;
    for (const [k, one] of layers.entries()) {
      if (k > 0 && settled === undefined && best.isDone(one.days, inside)) settled = shown();
      best.feed(one);
    }
    if (settled === undefined) continue;
    done++;
    assert.deepEqual(settled, shown());
  }
  assert.ok(done > 20, `${done} of 400 were done early`);
});

test("distance to the next hole is Euclidean within 8 %, 0 in holes", () => {
  const width = 30;
  const valid = new Uint8Array(width * width).fill(1);
  valid[12 * width + 10] = 0;
  const distance = distanceToHoles(valid, width);
  for (let i = 0; i < valid.length; i++) {
    const exact = Math.hypot((i % width) - 10, Math.floor(i / width) - 12);
    assert.ok(Math.abs((distance[i] ?? 0) - exact) <= 0.085 * exact, `${i}`);
  }
});

function item(id: string, date: string, clearPercent?: number): CatalogItem {
  return {
    id,
    datetime: date,
    datetimeMs: Date.parse(date),
    clearPercent,
    boundsWgs84: [3, 42, 4, 43],
  } as Partial<CatalogItem> as CatalogItem;
}

const ITEMS = [
  item("e", "2024-05-01T10:00:00Z", 80),
  item("d", "2024-04-01T12:00:00Z", 0),
  item("c", "2024-04-01T10:00:00Z", 30),
  item("b", "2024-02-01T10:00:00Z"),
  item("a", "2024-01-01T10:00:00Z", 100),
];

test("items are read in the useful order, and those without clear looks not at all", () => {
  const order = (more: Partial<typeof NEWEST>, limit = 12): string =>
    orderItems(ITEMS, { ...NEWEST, ...more }, limit)
      .map(({ id }) => id)
      .join("");
  assert.equal(order({}), "edcba");
  assert.equal(order({}, 2), "ed");
  assert.equal(order({ selection: "clear_newest" }), "ecba");
  assert.equal(order({ selection: "clear_nearest", askedMs: Date.parse("2024-01-20") }), "bace");
  assert.equal(order({ selection: "median" }), "edcba");
});

test("inpainting begins with every item of the day asked for, then goes outwards in time", () => {
  const order = (askedMs: number, limit = 12): string =>
    orderItems(ITEMS, { ...NEWEST, inpaint: "linear", askedMs }, limit)
      .map(({ id }) => id)
      .join("");
  assert.equal(order(Date.parse("2024-04-10")), "dceba");
  assert.equal(order(Date.parse("2024-04-10"), 3), "dce");
  assert.equal(order(Date.parse("2023-01-01")), "abce", "before all dates the first is taken");
});

test("a probe tells exactly which pixels the warp would fill, and a box that is enough for them", () => {
  const [size, step] = [32, 16];
  const nodes = (along: (i: number, j: number) => number): Float64Array =>
    Float64Array.from({ length: 9 }, (_, n) => along(n % 3, Math.floor(n / 3)));
  const grid = {
    width: size,
    height: size,
    step,
    columns: 3,
    rows: 3,
    x: nodes((i, j) => 5 + 12 * i + j),
    y: nodes((i, j) => 2 + 11 * j - i),
  };
  const window = { x: 0, y: 0, width: 40, height: 30 };
  const looks = Uint8Array.from({ length: 1200 }, (_, i) => (((i % 40) + Math.floor(i / 40)) % 7 < 3 ? 1 : 0));
  const filled = Uint8Array.from({ length: size * size }, (_, i) => (i % size < 20 ? 5 : 0));
  const probe = probeObservations({ size, height: size, filled }, { window, observations: looks }, { grid, factor: 1 });
  const samples = Float32Array.from(looks, (_, i) => i);
  const draw = (source: {
    x: number;
    y: number;
    width: number;
    height: number;
  }): { count: number; out: Float32Array } => {
    const cut = (from: ArrayLike<number>): number[] =>
      Array.from({ length: source.width * source.height }, (_, i) => {
        const at = (source.y + Math.floor(i / source.width)) * 40 + source.x + (i % source.width);
        return from[at] ?? 0;
      });
    const canvas = { size, height: size, samples: new Float32Array(size * size), filled: filled.slice() };
    const raster = {
      kind: "raster" as const,
      bands: ["B02"],
      ...source,
      samples: Float32Array.from(cut(samples)),
      valid: Uint8Array.from(cut(looks)),
    };
    const count = warpOnto(canvas, raster, grid, { factor: 1, resampling: "bilinear" });
    return { count, out: canvas.samples };
  };
  const whole = draw(window);
  assert.ok(probe.count > 50 && probe.box !== undefined);
  assert.equal(probe.count, whole.count);
  assert.ok(probe.box.width * probe.box.height < 1200);
  const part = draw(probe.box);
  assert.equal(part.count, whole.count);
  part.out.forEach((value, i) => assert.ok(Math.abs(value - (whole.out[i] ?? 0)) < 1e-2, `pixel ${i}`));
});

test("of one instant the later processing comes first", () => {
  const twins = ["S2A_16UFG_20200615_0_L2A", "S2A_16UFG_20200615_1_L2A"].map((id) => item(id, "2020-06-15T16:50:31Z"));
  for (const given of [twins, twins.toReversed()])
    assert.equal(orderItems(given, NEWEST, 12)[0]?.id, "S2A_16UFG_20200615_1_L2A");
  const stamped = twins.map((one, k) => ({
    ...one,
    json: { properties: { "processing:datetime": `202${1 - k}-01-01` } },
  }));
  assert.equal(orderItems(stamped, NEWEST, 12)[0]?.id, "S2A_16UFG_20200615_0_L2A", "its time goes before its name");
});

test("what counts against the limit are dates at a place, not items", () => {
  const at = (id: string, date: string, west: number): CatalogItem => ({
    ...item(id, date),
    boundsWgs84: [west, 42, west + 0.5, 43],
  });
  const bounds = [3, 42, 4, 43] as const;
  const newer = Array.from({ length: 13 }, (_, k) => at(`left-${k}`, `2024-05-${31 - k}T10:00:00Z`, 3));
  const kept = reachingItems([...newer, at("right", "2024-01-01T10:00:00Z", 3.5)], bounds, 12).map(({ id }) => id);
  assert.equal(kept.length, 13);
  assert.ok(kept.includes("right") && !kept.includes("left-12"));
  const grid = Array.from({ length: 25 }, (_, k): CatalogItem => ({
    ...item(`g${k}`, "2024-05-01T10:00:00Z"),
    boundsWgs84: [3 + (k % 5) / 5, 42 + Math.floor(k / 5) / 5, 3.2 + (k % 5) / 5, 42.2 + Math.floor(k / 5) / 5],
  }));
  assert.equal(reachingItems(grid, bounds, 1).length, 25, "abutting items of one date are one date");
});

test("a pass over midnight UTC is one day of solar time", () => {
  const half = (datetime: string): number =>
    solarDay({ datetimeMs: Date.parse(datetime), boundsWgs84: [157, -30, 158, -29] });
  assert.equal(half("2020-06-15T23:59:58Z"), half("2020-06-16T00:00:05Z"));
  assert.notEqual(half("2020-06-15T23:59:58Z"), half("2020-06-16T23:59:58Z"));
});
