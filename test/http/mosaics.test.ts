import assert from "node:assert/strict";
import { test } from "node:test";
import { openCrs } from "../../src/geo/crs.js";
import { placeAt, tileOf } from "../support/mosaic-catalog.js";
import { readNpy, type NpyPlanes } from "../support/npy.js";
import { useMosaicServer } from "../support/scene-server.js";

const server = useMosaicServer();

const Z = 14;

async function planes(path: string): Promise<{ values: NpyPlanes; headers: Headers }> {
  const response = await fetch(`${server.url}${path}`);
  assert.equal(response.status, 200, `${path}: ${response.status} ${await response.clone().text()}`);
  return { values: readNpy(new Uint8Array(await response.arrayBuffer())), headers: response.headers };
}

/** The value shown at a pixel of the place, digital numbers. */
async function shown(query: string, at: Pixel, collection = "place"): Promise<number> {
  const { path, x, y } = tileOf(placeAt(...at), Z);
  return (await planes(`/collections/${collection}/${path}.npy?assets=B08&${query}`)).values.at(0, y, x);
}

type Pixel = readonly [column: number, row: number];
const NORTH_WEST: Pixel = [30, 30];
const NORTH_EAST: Pixel = [98, 30];
const SOUTH_WEST: Pixel = [30, 98];
const SOUTH_EAST: Pixel = [98, 98];

function near(value: number, wanted: number, message: string): void {
  assert.ok(Math.abs(value - wanted) < 0.1 * wanted + 120, `${message}: ${value}, about ${wanted} wanted`);
}

test("clear_newest takes, pixel by pixel, the newest look that no cloud hides", async () => {
  near(await shown("", SOUTH_EAST), 9000, "the newest valid look is cloud");
  near(await shown("pixel_selection=clear_newest", SOUTH_EAST), 3000, "south east");
  near(await shown("pixel_selection=clear_newest", SOUTH_WEST), 3000, "south west");
  near(await shown("pixel_selection=clear_newest", NORTH_EAST), 2000, "north east");
  near(await shown("pixel_selection=clear_newest", NORTH_WEST), 1000, "north west");
  near(await shown("pixel_selection=clear_newest&datetime=2024-02-20", SOUTH_EAST), 2000, "until February");
});

test("clear_nearest takes the clear look nearest to the asked instant, before or after", async () => {
  const at = (datetime: string): Promise<number> =>
    shown(`pixel_selection=clear_nearest&datetime=${datetime}`, SOUTH_EAST);
  near(await at("2024-02-12"), 2000, "two days after February");
  near(await at("2024-03-01"), 3000, "ten days before March");
  near(await at("2023-01-01"), 1000, "long before");
  near(
    await shown("pixel_selection=clear_nearest&datetime=2024-03-09", NORTH_WEST),
    1000,
    "both others are cloud there",
  );
});

test("TiTiler's selections mean what they mean there: clouds count, and expressions are merged date by date", async () => {
  const all = "datetime=2024-01-01/2024-12-31&pixel_selection=";
  near(await shown(`${all}highest`, SOUTH_EAST), 9000, "highest");
  near(await shown(`${all}lowest`, SOUTH_EAST), 1000, "lowest");
  near(await shown(`${all}mean`, SOUTH_EAST), (1000 + 2000 + 3000 + 9000) / 4, "mean");
  near(await shown(`${all}median`, SOUTH_EAST), 2500, "median");
  near(await shown(`${all}stdev`, SOUTH_EAST), Math.sqrt(9_687_500), "stdev of the population");
  const { path, x, y } = tileOf(placeAt(...SOUTH_EAST), Z);
  const count = await planes(`/collections/place/${path}.npy?${all}count`);
  assert.ok(Math.abs(count.values.at(0, y, x) - (4 / 12) * 255) <= 1 || count.values.at(0, y, x) === 4);
  const high = await planes(`/collections/place/${path}.npy?${all}lastbandhigh&assets=B04&assets=B08`);
  assert.equal(high.values.planes, 2, "one band and the mask: the deciding band is left out");
  near(high.values.at(0, y, x), 9000, "lastbandhigh");
  const low = await planes(`/collections/place/${path}.npy?${all}lastbandlow&expression=B04;B08/B04`);
  assert.equal(low.values.planes, 2);
  const sum = await planes(`/collections/place/${path}.npy?${all}highest&expression=B04%2BB08`);
  near(sum.values.at(0, y, x), 18_000, "the highest sum");
});

test("clear_median, medoid and best leave clouds out", async () => {
  near(await shown("pixel_selection=clear_median", SOUTH_EAST), 2000, "median of 1000, 2000, 3000");
  near(await shown("pixel_selection=medoid", SOUTH_EAST), 2000, "medoid");
  near(await shown("pixel_selection=medoid", NORTH_WEST), 1000, "medoid of the only look");
  near(await shown("pixel_selection=best&datetime=2024-02-10", SOUTH_EAST), 2000, "best near February");
});

test("where there are no scene classes, clouds are told from the bands", async () => {
  near(await shown("", NORTH_WEST, "unclassified"), 9000, "the newest look is cloud");
  near(await shown("pixel_selection=clear_newest", NORTH_WEST, "unclassified"), 2000, "the older, clear look");
  near(
    await shown("pixel_selection=clear_newest", NORTH_EAST, "unclassified"),
    3000,
    "the newer one where it is clear",
  );
});

test("headers say what share was seen, what was inferred, from which days and how", async () => {
  const { path } = tileOf(placeAt(64, 64), Z);
  const seen = (await planes(`/collections/place/${path}.npy?assets=B08&pixel_selection=clear_newest`)).headers;
  assert.equal(seen.get("tectile-inferred"), "0.000");
  assert.ok(Number(seen.get("tectile-observed")) > 0.2);
  assert.equal(seen.get("tectile-dates"), "2024-03-10,2024-02-10,2024-01-10");
  assert.equal(seen.get("tectile-method"), "clear_newest");
  assert.match(
    seen.get("access-control-expose-headers") ?? "",
    /Tectile-Observed.*Tectile-Inferred.*Tectile-Dates.*Tectile-Method/,
  );
  const filled = await planes(
    `/collections/place/${path}.npy?assets=B08&datetime=2024-03-10&inpaint=nearest&return_inferred=true`,
  );
  const share = Number(filled.headers.get("tectile-inferred"));
  const { values } = filled;
  assert.equal(values.planes, 3);
  let marked = 0;
  for (let y = 0; y < 256; y++) for (let x = 0; x < 256; x++) marked += values.at(2, y, x) === 0 ? 0 : 1;
  assert.ok(share > 0.05 && Math.abs(share - marked / 65_536) < 0.0006, `${share} said, ${marked / 65_536} marked`);
  assert.match(filled.headers.get("tectile-method") ?? "", /^first, inpaint=nearest/);
  const item = await fetch(`${server.url}/collections/place/items/place_2024-01-10/${path}.png`);
  assert.equal(item.headers.get("tectile-dates"), "2024-01-10");
});

test("inpainting keeps what was seen, fills what was not, and fits it to its surroundings", async () => {
  const { path } = tileOf(placeAt(64, 64), Z);
  const plain = (await planes(`/collections/place/${path}.npy?assets=B08&datetime=2024-03-10`)).values;
  for (const method of ["nearest", "linear", "harmonic", "tec"]) {
    const { values, headers } = await planes(
      `/collections/place/${path}.npy?assets=B08&datetime=2024-03-10&inpaint=${method}&return_inferred=true`,
    );
    const named = headers.get("tectile-method") ?? "";
    if (method === "tec") assert.match(named, /inpaint=tec/);
    else assert.doesNotMatch(named, /tec/, "a method that didn't run isn't named");
    for (const at of [NORTH_WEST, NORTH_EAST, SOUTH_WEST, SOUTH_EAST]) {
      const { x, y, path: own } = tileOf(placeAt(...at), Z);
      if (own !== path) continue;
      near(values.at(0, y, x), 3000, `${method} at ${at.join()}`);
      const wasSeen = values.at(2, y, x) === 0;
      assert.equal(wasSeen, at[1] > 64, `${method} at ${at.join()}`);
      if (wasSeen) assert.equal(values.at(0, y, x), plain.at(0, y, x));
    }
  }
});

test("a hatched picture differs from the plain one, and only where pixels are inferred", async () => {
  const { path } = tileOf(placeAt(64, 64), Z);
  const get = async (more: string): Promise<Response> =>
    fetch(`${server.url}/collections/place/${path}.png?datetime=2024-03-10${more}`);
  const [plain, hatched, unfilled] = await Promise.all([
    get("&inpaint=linear"),
    get("&inpaint=linear&inferred=hatch"),
    get("&inferred=hatch"),
  ]);
  assert.equal(new Set([plain, hatched, unfilled].map(({ headers }) => headers.get("etag"))).size, 3);
  assert.notDeepEqual(await plain.arrayBuffer(), await hatched.arrayBuffer());
});

test("all dates cloudy: clear selections are empty, the default still shows clouds, inpainting invents nothing", async () => {
  const { path } = tileOf(placeAt(64, 64), Z);
  const status = async (query: string): Promise<number> =>
    (await fetch(`${server.url}/collections/cloudy/${path}.png?${query}`)).status;
  assert.equal(await status(""), 200);
  for (const query of ["pixel_selection=clear_newest", "pixel_selection=medoid", "inpaint=linear", "inpaint=harmonic"])
    assert.equal(await status(query), 204, query);
});

test("two overlapping items of one day are both shown", async () => {
  near(await shown("", [20, 60], "pair"), 1000, "only the first reaches the west");
  const { path, x, y } = tileOf(placeAt(160, 60), Z);
  const east = await planes(`/collections/pair/${path}.npy?assets=B08&pixel_selection=clear_newest`);
  near(east.values.at(0, y, x), 2000, "only the second reaches the east");
  const overlap = await shown("", [90, 60], "pair");
  assert.ok(Math.abs(overlap - 1000) < 200 || Math.abs(overlap - 2000) < 300, `${overlap}`);
  near(
    await shown("datetime=2024-06-01&inpaint=linear", [20, 60], "pair"),
    1000,
    "both belong to the day that is filled",
  );
});

test("where two UTM zones meet in one tile both sides are shown, without a gap", async () => {
  const [west, border] = [5.994, 6];
  const { path, x, y } = tileOf([west, 42.4], 13);
  const edge = tileOf([border, 42.4], 13);
  assert.equal(path, edge.path, "one tile holds both");
  const { values } = await planes(`/collections/zones/${path}.npy?assets=B08&pixel_selection=clear_newest`);
  near(values.at(0, y, x), 1000, "west of 6°");
  near(values.at(0, y, edge.x + (edge.x - x)), 2000, "east of 6°");
  for (let column = x; column < edge.x + 10; column++) assert.notEqual(values.at(1, y, column), 0, `column ${column}`);
});

test("across the antimeridian an item shows on both sides", async () => {
  const { toWgs84, fromWgs84 } = openCrs("EPSG:32660");
  const [easting, northing] = fromWgs84(180, 10);
  for (const offset of [-400, 400]) {
    const [lon, lat] = toWgs84(easting + offset, northing);
    const { path, x, y } = tileOf([lon > 180 ? lon - 360 : lon, lat], 13);
    const { values } = await planes(`/collections/dateline/${path}.npy?assets=B08&pixel_selection=clear_newest`);
    near(values.at(0, y, x), 1000, `${offset} m from 180°`);
  }
});

test("wrong requests get one sentence", async () => {
  const { path } = tileOf(placeAt(64, 64), Z);
  const cases: readonly [string, RegExp][] = [
    ["pixel_selection=newest", /pixel_selection is "newest".*clear_newest/],
    ["inpaint=magic", /inpaint is "magic".*harmonic/],
    ["inpaint=linear&pixel_selection=median", /inpaint=linear with pixel_selection=median/],
    ["pixel_selection=lastbandlow&assets=B04", /last band/],
    ["datetime=2024-06-01/2024-01-01", /ends before it begins/],
    ["inferred=dots", /inferred is "dots"/],
    ["return_uncertainty=2", /return_uncertainty is "2"; wanted true or false/],
    ["pixel_selection=median&f=npy&assets=:all:&tilesize=1024", /12 bands of 4 dates.*smaller tilesize/],
  ];
  for (const [query, message] of cases) {
    const response = await fetch(
      `${server.url}/collections/place/${query.includes("npy") ? path : `${path}.png`}?${query}`,
    );
    const body = (await response.json()) as { detail: string };
    assert.equal(response.status, 400, query);
    assert.match(body.detail, message);
  }
});

test("a date without an item: the default goes back to the one before, an exact selection is empty", async () => {
  near(await shown("datetime=2024-01-20", SOUTH_EAST), 1000, "January");
  const { path } = tileOf(placeAt(64, 64), Z);
  const exact = await fetch(`${server.url}/collections/place/${path}.png?datetime=2024-01-20&pixel_selection=mean`);
  assert.equal(exact.status, 204);
});

test("a date whose pixels are all hidden costs no run of the network", async () => {
  const { path } = tileOf(placeAt(64, 64), Z);
  const before = server.services.networks.stats().windows;
  await planes(`/collections/place/${path}.npy?assets=B05&pixel_selection=clear_newest&datetime=2024-04-10`);
  assert.equal(server.services.networks.stats().windows - before, 3, "March, February and January, not April");
});
