import assert from "node:assert/strict";
import { test } from "node:test";
import { CorruptDataError, InvalidRequestError } from "../../../src/core/errors.js";
import { gridFootprint, parseBounds, unionBounds } from "../../../src/catalog/footprint.js";
import { partsOf } from "../../../src/catalog/geometry.js";
import { parseItem, toItem } from "../../../src/catalog/item.js";
import { tecItemSchema } from "../../../src/catalog/tec-extension.js";
import { degreeGrid, describeItem, UTM_GRID } from "../../support/catalog-fixtures.js";

/** Twice the signed area of a ring; positive is counter-clockwise. */
function turning(ring: readonly (readonly number[])[]): number {
  return ring.slice(1).reduce((sum, [x = 0, y = 0], i) => sum + (ring[i]?.[0] ?? 0) * y - x * (ring[i]?.[1] ?? 0), 0);
}

test("toItem and parseItem are each other's mirror", () => {
  const description = describeItem("a", {
    references: [{ id: "b" }],
    grid: { ...UTM_GRID, transform: [10, 1, 430_000, 2, -10, 4_600_000] },
  });
  const item = parseItem(JSON.parse(JSON.stringify(toItem(description))), "/data/lisbon/a/a.json");
  assert.deepEqual(item.grid, description.grid);
  assert.deepEqual(
    [
      item.id,
      item.collection,
      item.datetime,
      item.model,
      item.quality,
      item.clearPercent,
      item.sourceFingerprint,
      item.references,
    ],
    ["a", "lisbon", "2024-05-01T10:30:00Z", "toy", 3, 87.5, "fingerprint of a", ["b"]],
  );
  assert.equal(item.checksum, `1220${description.file.sha256}`);
  assert.deepEqual([item.href, item.assetHrefs], ["/data/lisbon/a/a.tif", { tec: "/data/lisbon/a/a.tif" }]);
  assert.equal(parseItem(toItem(description), "https://x.org/c/a.json").href, "https://x.org/c/a.tif");
});

test("an item describes its twelve bands, file and model", () => {
  const parsed = tecItemSchema.parse(toItem(describeItem("a")));
  const { tec } = parsed.assets;
  const bands = tec["bands"] as Record<string, unknown>[];
  assert.equal(bands.length, 12);
  assert.deepEqual(bands[8], {
    name: "B8A",
    "eo:common_name": "nir08",
    "eo:center_wavelength": 0.865,
    "eo:full_width_half_max": 0.033,
    data_type: "uint16",
    nodata: 0,
    "raster:scale": 0.0001,
    "raster:offset": 0,
    "raster:spatial_resolution": 20,
  });
  assert.equal(tec["type"], "application/vnd.tectile.tec-cog");
  assert.deepEqual(parsed.properties["proj:shape"], [384, 512]);
  assert.equal(parsed.properties["proj:code"], "EPSG:32631");
});

test("a PROJ string without a code is kept", () => {
  const crs = "+proj=utm +zone=31 +ellps=GRS80 +units=m +no_defs";
  const json = toItem(describeItem("a", { grid: { ...UTM_GRID, crs } }));
  assert.equal((json["properties"] as Record<string, unknown>)["proj:code"], null);
  assert.equal(parseItem(json, "/a.json").grid.crs, crs);
});

test("an item of STAC 1.0 with proj:epsg is read as one of 1.1 with proj:code", () => {
  const json = structuredClone(toItem(describeItem("a"))) as Record<string, unknown> & {
    properties: Record<string, unknown>;
  };
  const { "proj:code": _, ...properties } = json.properties;
  const old = {
    ...json,
    stac_version: "1.0.0",
    stac_extensions: ["https://stac-extensions.github.io/projection/v1.1.0/schema.json"],
    properties: { ...properties, "proj:epsg": 32631 },
  };
  const item = parseItem(old, "/a.json");
  assert.equal(item.grid.crs, "EPSG:32631");
  assert.equal(item.json["stac_version"], "1.1.0");
});

test("what an item lacks is named", () => {
  const whole = JSON.stringify(toItem(describeItem("a")));
  const cases: readonly [RegExp | string, string, RegExp][] = [
    ['"proj:shape"', '"x"', /proj:shape is missing/],
    ['"tec:model"', '"x"', /tec:model/],
    ['"file:checksum"', '"x"', /file:checksum/],
    ['"tec":{', '"data":{', /assets\.tec/],
    ['"type":"Feature"', '"type":"Fixture"', /type/],
    [/"bbox":\[[^\]]*\]/, '"bbox":[1,2]', /bbox/],
    [/"datetime":"[^"]*"/, '"datetime":"soon"', /datetime/],
  ];
  for (const [field, replacement, message] of cases) {
    const broken: unknown = JSON.parse(whole.replace(field, replacement));
    assert.throws(
      () => parseItem(broken, "/somewhere/secret/a/a.json"),
      (error: unknown) =>
        error instanceof CorruptDataError && message.test(error.message) && !error.message.includes("secret"),
      String(field),
    );
  }
  assert.throws(() => parseItem(undefined, "/a.json"), CorruptDataError);
});

test("a footprint goes counter-clockwise around its grid, south-up or north-up", () => {
  for (const pixelHeight of [-10, 10]) {
    const { geometry, bounds } = gridFootprint({ ...UTM_GRID, transform: [10, 0, 430_000, 0, pixelHeight, 4_600_000] });
    const [rings = []] = partsOf(geometry).polygons;
    assert.ok(turning(rings[0] ?? []) > 0, `pixel height ${pixelHeight}`);
    assert.ok(bounds[0] < bounds[2] && bounds[1] < bounds[3]);
  }
});

test("a footprint across the antimeridian is split there, and its box runs from west to east", () => {
  const { geometry, bounds } = gridFootprint(degreeGrid(179.5, -17));
  assert.equal(geometry.type, "MultiPolygon");
  assert.deepEqual(bounds, [179.5, -18, -179.5, -17]);
  const { polygons } = partsOf(geometry);
  assert.equal(polygons.length, 2);
  for (const [ring = []] of polygons) {
    assert.ok(turning(ring) > 0);
    const side = ring.every(([x]) => x > 0) ? [179.5, 180] : [-180, -179.5];
    assert.ok(ring.every(([x]) => x >= (side[0] ?? 0) && x <= (side[1] ?? 0)));
  }
  const utm = gridFootprint({
    crs: "EPSG:32760",
    transform: [10, 0, 800_000, 0, -10, 8_100_000],
    width: 10_980,
    height: 10_980,
  });
  assert.equal(utm.geometry.type, "MultiPolygon");
  assert.ok(utm.bounds[0] > 170 && utm.bounds[2] < -170);
});

test("a footprint around a pole reaches it", () => {
  const polar = { crs: "EPSG:3031", transform: [100, 0, -50_000, 0, -100, 50_000], width: 1000, height: 1000 } as const;
  const { bounds } = gridFootprint(polar);
  assert.deepEqual([bounds[0], bounds[1], bounds[2]], [-180, -90, 180]);
  assert.ok(bounds[3] < -89 && bounds[3] > -90);
});

test("boxes are wrapped, cut to two dimensions and joined the short way round", () => {
  assert.deepEqual(parseBounds([170, -10, 190, 10], "bbox"), [170, -10, -170, 10]);
  assert.deepEqual(parseBounds([1, 2, 0, 3, 4, 100], "bbox"), [1, 2, 3, 4]);
  assert.deepEqual(parseBounds([-200, -10, 200, 10], "bbox"), [-180, -10, 180, 10]);
  assert.throws(() => parseBounds([1, 2, 3], "bbox"), InvalidRequestError);
  assert.throws(() => parseBounds([0, 91, 1, 92], "bbox"), InvalidRequestError);
  assert.deepEqual(
    unionBounds([
      [170, 0, 175, 1],
      [-178, 2, -170, 3],
    ]),
    [170, 0, -170, 3],
  );
  assert.equal(unionBounds([]), undefined);
});
