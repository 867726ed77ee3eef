import assert from "node:assert/strict";
import { test } from "node:test";
import { placeAt } from "../support/mosaic-catalog.js";
import { useMosaicServer } from "../support/scene-server.js";

const server = useMosaicServer();

interface PointAnswer {
  readonly assets: readonly {
    readonly name: string;
    readonly values: readonly (number | null)[];
    readonly clear: boolean;
    readonly inferred: boolean;
    readonly band_names: readonly string[];
  }[];
}

const at = (column: number, row: number): string => placeAt(column, row).join(",");

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(`${server.url}${path}`, init);
  assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
  return (await response.json()) as T;
}

function near(value: number | null | undefined, wanted: number): void {
  assert.ok(
    typeof value === "number" && Math.abs(value - wanted) < 0.1 * wanted + 60,
    `${value}, about ${wanted} wanted`,
  );
}

test("a point's series has every date, newest first, with its value and whether it was clear", async () => {
  const { assets } = await json<PointAnswer>(`/collections/place/point/${at(98, 98)}?assets=B08`);
  assert.deepEqual(
    assets.map(({ name, clear, inferred }) => [name, clear, inferred]),
    [
      ["place/place_2024-04-10", false, false],
      ["place/place_2024-03-10", true, false],
      ["place/place_2024-02-10", true, false],
      ["place/place_2024-01-10", true, false],
    ],
  );
  for (const [k, wanted] of [9000, 3000, 2000, 1000].entries()) near(assets[k]?.values[0], wanted);
});

test("inpaint fills what was not clear in time and says so; expressions are evaluated date by date", async () => {
  const linear = await json<PointAnswer>(
    `/collections/place/point/${at(30, 98)}?expression=B08-B04;B08&inpaint=linear&datetime=2024-01-01/2024-03-31`,
  );
  assert.deepEqual(
    linear.assets.map(({ inferred }) => inferred),
    [false, true, false],
  );
  const share = 31 / 60;
  near(linear.assets[1]?.values[1], 1000 + share * 2000);
  assert.ok(Math.abs(linear.assets[2]?.values[0] ?? Number.NaN) < 150);
  const nearest = await json<PointAnswer>(`/collections/place/point/${at(98, 98)}?assets=B08&inpaint=nearest`);
  near(nearest.assets[0]?.values[0], 3000);
});

test("CSV has a line a date", async () => {
  const response = await fetch(`${server.url}/collections/place/point/${at(98, 98)}?assets=B08&assets=B04&f=csv`);
  assert.match(response.headers.get("content-type") ?? "", /text\/csv/);
  const lines = (await response.text()).trim().split("\r\n");
  assert.equal(lines[0], "datetime,item,clear,inferred,B08,B04");
  assert.equal(lines.length, 5);
  assert.match(lines[1] ?? "", /^2024-04-10T[^,]*,place_2024-04-10,false,false,[\d.]+,[\d.]+$/);
});

test("an item's point is TiTiler's", async () => {
  const one = await json<{
    coordinates: number[];
    values: number[];
    band_names: string[];
    band_descriptions: string[];
  }>(`/collections/place/items/place_2024-01-10/point/${at(64, 64)}?assets=B08,B04`);
  assert.deepEqual(one.band_names, ["b1", "b2"]);
  assert.deepEqual(one.band_descriptions, ["B08", "B04"]);
  near(one.values[0], 1000);
  const outside = await fetch(`${server.url}/collections/place/items/place_2024-01-10/point/10,10?assets=B08`);
  assert.equal(outside.status, 404);
});

test("statistics of an area count its clear pixels alone, date by date", async () => {
  const square = (x0: number, y0: number, x1: number, y1: number): object => ({
    type: "Feature",
    properties: { field: 7 },
    geometry: {
      type: "Polygon",
      coordinates: [[placeAt(x0, y0), placeAt(x1, y0), placeAt(x1, y1), placeAt(x0, y1), placeAt(x0, y0)]],
    },
  });
  const post = (body: unknown): RequestInit => ({
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const { properties } = await json<{
    properties: {
      field: number;
      series: {
        name: string;
        clear_percent: number;
        statistics: Record<string, { mean: number; count: number }> | null;
      }[];
    };
  }>("/collections/place/statistics?assets=B08", post(square(10, 80, 118, 118)));
  assert.equal(properties.field, 7);
  const [january, february, , april] = properties.series;
  near(january?.statistics?.["B08"]?.mean, 1000);
  near(february?.statistics?.["B08"]?.mean, 2000);
  assert.equal(january?.statistics?.["B08"]?.count, 108 * 38);
  // Clouds end at column 64, their rim at 67.
  assert.ok(Math.abs((february?.clear_percent ?? 0) - (100 * (118 - 67)) / 108) < 1.5, `${february?.clear_percent}`);
  assert.equal(april?.statistics, null);
  const csv = await fetch(
    `${server.url}/collections/place/statistics?assets=B08&f=csv`,
    post(square(10, 80, 118, 118)),
  );
  const lines = (await csv.text()).trim().split("\r\n");
  assert.equal(
    lines[0],
    "datetime,item,valid_percent,clear_percent,inferred,B08_mean,B08_std,B08_min,B08_max,B08_median",
  );
  assert.equal(lines.length, 5);
  const tiny = await json<{ properties: { series: { statistics: Record<string, { count: number }> }[] } }>(
    "/collections/place/statistics?assets=B08",
    post(square(50.2, 90.2, 50.3, 90.3)),
  );
  assert.equal(tiny.properties.series[0]?.statistics["B08"]?.count, 1);
});

test("wrong places, formats and shapes get one sentence", async () => {
  const cases: readonly [string, number, RegExp, string?][] = [
    ["/collections/place/point/abc", 400, /Point is "abc"/],
    ["/collections/place/point/200,5", 400, /Point/],
    ["/collections/place/point/1,2?assets=B99", 400, /B99/],
    [`/collections/place/point/${at(64, 64)}?f=xml`, 400, /f is "xml"/],
    [`/collections/place/point/${at(64, 64)}?inpaint=x`, 400, /inpaint/],
    [`/collections/nowhere/point/${at(64, 64)}`, 404, /nowhere/],
    ["/collections/place/statistics", 400, /geometry/i, `{"type":"Feature","geometry":{"type":"Circle"}}`],
  ];
  for (const [path, status, message, body] of cases) {
    const response = await fetch(`${server.url}${path}`, body === undefined ? {} : { method: "POST", body });
    assert.equal(response.status, status, path);
    assert.match(((await response.json()) as { detail: string }).detail, message);
  }
  const empty = await json<PointAnswer>("/collections/place/point/10,10?assets=B08");
  assert.deepEqual(empty.assets, []);
});
