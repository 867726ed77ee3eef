import assert from "node:assert/strict";
import { test } from "node:test";
import { BANDS } from "../../../src/core/bands.js";
import { InvalidRequestError, NotFoundError, UnsupportedError } from "../../../src/core/errors.js";
import {
  baselineOf,
  chooseAssets,
  parseStacItem,
  unitsOfAsset,
  type StacItem,
} from "../../../src/ingest/source-stac-item.js";

type Json = Record<string, unknown>;

const COG = "image/tiff; application=geotiff; profile=cloud-optimized";

function itemOf(assets: Record<string, Json>, properties: Json = {}, id = "S2A_test"): StacItem {
  return parseStacItem(
    { type: "Feature", stac_version: "1.1.0", id, properties: { datetime: null, ...properties }, assets },
    "item.json",
  );
}

const keyed = (keys: readonly string[], type: string | undefined = COG): Record<string, Json> =>
  Object.fromEntries(keys.map((key) => [key, { href: `./${key}.tif`, ...(type === undefined ? {} : { type }) }]));

const EARTH_SEARCH = [
  "coastal",
  "blue",
  "green",
  "red",
  "rededge1",
  "rededge2",
  "rededge3",
  "nir",
  "nir08",
  "nir09",
  "swir16",
  "swir22",
];

test("assets are found by the keys of Earth Search, Planetary Computer and Copernicus", () => {
  const cases: readonly (readonly string[])[] = [
    EARTH_SEARCH,
    BANDS,
    [
      "B01_60m",
      "B02_10m",
      "B03_10m",
      "B04_10m",
      "B05_20m",
      "B06_20m",
      "B07_20m",
      "B08_10m",
      "B8A_20m",
      "B09_60m",
      "B11_20m",
      "B12_20m",
    ],
  ];
  for (const keys of cases) {
    const { bands } = chooseAssets(itemOf(keyed([...keys].reverse())));
    assert.deepEqual(
      bands.map(({ key }) => key),
      keys,
    );
    assert.deepEqual(
      bands.map(({ band }) => band),
      BANDS,
    );
  }
});

test("of several resolutions the finest is taken, and pictures, JPEG2000 copies and other assets are left", () => {
  const copies = Object.fromEntries(
    EARTH_SEARCH.map((key) => [`${key}-jp2`, { href: `./${key}.jp2`, type: "image/jp2", "eo:bands": [{ name: key }] }]),
  );
  const visual = { href: "./TCI.tif", type: COG, "eo:bands": [{ name: "red" }, { name: "green" }, { name: "blue" }] };
  const scl = { href: "./SCL.tif", type: COG };
  const item = itemOf({
    ...copies,
    visual,
    B02_20m: { href: "./B02_20m.tif" },
    ...keyed(EARTH_SEARCH),
    SCL: scl,
    aot: { href: "./AOT.tif", type: COG },
  });
  const choice = chooseAssets(item);
  assert.deepEqual(
    choice.bands.map(({ key }) => key),
    EARTH_SEARCH,
  );
  assert.equal(choice.scl?.key, "SCL");
});

test("assets with keys of their own are found by the band they describe", () => {
  const assets = Object.fromEntries(
    BANDS.map((band, i) => [
      `image${i}x`,
      {
        href: `./${i}.tif`,
        ...(i % 2 === 0
          ? { "eo:bands": [{ name: band }] }
          : { bands: [{ name: `n${i}`, "eo:common_name": EARTH_SEARCH[i] }] }),
      },
    ]),
  );
  assert.deepEqual(
    chooseAssets(itemOf(assets)).bands.map(({ asset }) => asset.href),
    BANDS.map((_, i) => `./${i}.tif`),
  );
});

test("JPEG2000 is taken where there is no TIFF", () => {
  const { bands } = chooseAssets(itemOf(keyed(BANDS, "image/jp2")));
  assert.deepEqual(
    bands.map(({ key }) => key),
    BANDS,
  );
});

test("netCDF only, a missing band and something else than an Item are told in a sentence", () => {
  assert.throws(
    () => chooseAssets(itemOf(keyed(BANDS, "application/netcdf"))),
    (error) => {
      assert.ok(error instanceof UnsupportedError);
      assert.equal(
        error.message,
        "Asset B01 of item S2A_test is application/netcdf; wanted a GeoTIFF or JPEG 2000 (image/tiff, image/jp2)",
      );
      return true;
    },
  );
  const without = BANDS.filter((band) => band !== "B05");
  assert.deepEqual(
    chooseAssets(itemOf(keyed(without))).bands.map(({ band }) => band),
    without,
  );
  assert.throws(() => chooseAssets(itemOf(keyed(["slope", "aspect"]))), NotFoundError);
  const landsat = { ...itemOf(keyed(["red", "nir08"])), properties: { platform: "landsat-8", instruments: ["oli"] } };
  assert.throws(() => chooseAssets(landsat), /Item S2A_test is of landsat-8, oli; wanted Sentinel-2/);
  const refused: readonly (readonly [unknown, RegExp])[] = [
    [{ type: "Collection", id: "c" }, /^item\.json is a STAC Collection; wanted an Item$/],
    [{ type: "Feature", id: "x", properties: {} }, /^item\.json is not a STAC Item: assets /],
    [
      { type: "Feature", id: "x", properties: {}, assets: { red: {} } },
      /^item\.json is not a STAC Item: assets\.red\.href /,
    ],
    [[], /not a STAC Item/],
  ];
  for (const [json, message] of refused) {
    assert.throws(
      () => parseStacItem(json, "item.json"),
      (error) => {
        assert.ok(error instanceof InvalidRequestError);
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

test("scale and offset are honoured exactly once", () => {
  const old = { "s2:processing_baseline": "02.14" };
  const recent = { "s2:processing_baseline": "05.09" };
  const applied = { ...recent, "earthsearch:boa_offset_applied": true };
  const notApplied = { ...recent, "earthsearch:boa_offset_applied": false };
  const raster10 = { "raster:bands": [{ scale: 0.0001, offset: -0.1 }] };
  const raster11 = { bands: [{ name: "B04", "raster:scale": 0.0001, "raster:offset": -0.1 }] };
  const zero = { "raster:bands": [{ scale: 0.0001, offset: 0 }] };
  const scaleOnly = { "raster:bands": [{ scale: 0.0001 }] };
  const tags = { tags: { scale: 0.0001, offset: -0.1 } };
  const cases: readonly (readonly [
    name: string,
    Json,
    asset: Json,
    hints: object,
    id: string,
    scale: number,
    offset: number,
  ])[] = [
    ["nothing known", {}, {}, {}, "x", 1, 0],
    ["an old baseline", old, {}, {}, "x", 1, 0],
    ["Planetary Computer, a recent baseline", recent, {}, {}, "x", 1, -1000],
    [
      "the baseline from the product's name",
      {},
      {},
      {},
      "S2A_MSIL2A_20220613T101031_N0400_R022_T32TQM_20220613T150000",
      1,
      -1000,
    ],
    [
      "an older one from the product's name",
      {},
      {},
      {},
      "S2A_MSIL2A_20190613T101031_N0212_R022_T32TQM_20190613T150000",
      1,
      0,
    ],
    ["processing:version", { "processing:version": "05.10" }, {}, {}, "x", 1, -1000],
    ["another processor's version", { "processing:version": "2.3.1" }, {}, {}, "x", 1, 0],
    ["raster:bands of STAC 1.0", recent, raster10, {}, "x", 1, -1000],
    ["bands of STAC 1.1", recent, raster11, {}, "x", 1, -1000],
    ["fields of the asset itself", {}, { "raster:scale": 0.0001, "raster:offset": -0.1 }, {}, "x", 1, -1000],
    ["an explicit offset of 0 with a recent baseline", recent, zero, {}, "x", 1, 0],
    ["a scale without an offset, recent", recent, scaleOnly, {}, "x", 1, -1000],
    ["a scale without an offset, old", old, scaleOnly, {}, "x", 1, 0],
    ["Earth Search: applied already, offset still told", applied, raster10, {}, "x", 1, 0],
    ["Earth Search: applied already, no offset told", applied, {}, {}, "x", 1, 0],
    ["Earth Search: not applied", notApplied, raster10, {}, "x", 1, -1000],
    ["Earth Search: not applied and no offset told", notApplied, {}, {}, "x", 1, -1000],
    ["the file's own tags", recent, {}, tags, "x", 1, -1000],
    ["the file's own tags beside the item's", recent, raster10, tags, "x", 1, -1000],
    ["the file's own tags, applied already", applied, {}, tags, "x", 1, 0],
    ["another scale", {}, { "raster:bands": [{ scale: 0.0002, offset: -0.05 }] }, {}, "x", 2, -500],
    ["the user's own", applied, raster10, { override: { offset: -1000 } }, "x", 1, -1000],
  ];
  for (const [name, properties, asset, hints, id, scale, offset] of cases) {
    const item = itemOf({ red: { href: "./r.tif", ...asset } }, properties, id);
    const units = unitsOfAsset(item, item.assets["red"] ?? { href: "" }, hints);
    assert.deepEqual([units.scale, units.offset], [scale, offset], name);
  }
});

test("a baseline is read in its spellings", () => {
  assert.equal(baselineOf(itemOf({}, { "s2:processing_baseline": "04.00" })), 4);
  assert.equal(baselineOf(itemOf({}, { "sentinel:processing_baseline": "N0301" })), 3.01);
  assert.equal(
    baselineOf(itemOf({}, { "s2:product_uri": "S2B_MSIL2A_20240101T101309_N0510_R022_T33UUP_20240101T112025.SAFE" })),
    5.1,
  );
  assert.equal(baselineOf(itemOf({}, {})), undefined);
});
