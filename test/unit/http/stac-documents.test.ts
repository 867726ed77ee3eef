import assert from "node:assert/strict";
import { test } from "node:test";
import { linksOf } from "../../../src/catalog/collection.js";
import { parseItem, toItem } from "../../../src/catalog/item.js";
import { itemDocument } from "../../../src/http/stac-documents.js";
import { describeItem } from "../../support/catalog-fixtures.js";

test("the API shows an item's entropy model, and links to what it leans on", () => {
  const description = describeItem("b", { entropy: "tt", references: [{ id: "a", file: "../a/a.tif" }] });
  const item = parseItem(toItem(description), "/catalog/lisbon/b/b.json");
  assert.deepEqual([item.entropy, item.references, item.referenceHrefs], ["tt", ["a"], ["/catalog/lisbon/a/a.tif"]]);
  const shown = itemDocument(item, "https://tiles.example.org");
  const links = linksOf(shown).filter(({ rel }) => rel === "tec:reference");
  assert.deepEqual(links, [
    {
      rel: "tec:reference",
      href: "https://tiles.example.org/collections/lisbon/items/a",
      type: "application/geo+json",
      title: "a",
    },
  ]);
  const { tec } = shown["assets"] as { tec: Record<string, unknown> };
  assert.deepEqual([tec["tec:entropy"], tec["tec:references"]], ["tt", ["a"]]);
});

type Assets = Record<string, Record<string, unknown> & { bands: Record<string, unknown>[] }>;

function assetsOf(
  overrides: Parameters<typeof describeItem>[1],
  change: (json: string) => string = (json) => json,
): Assets {
  const json = change(JSON.stringify(toItem(describeItem("b", overrides))));
  const item = parseItem(JSON.parse(json), "/catalog/lisbon/b/b.json");
  return itemDocument(item, "https://tiles.example.org")["assets"] as Assets;
}

test("an item's bands are COGs in the source's units, its latents no data of a GeoTIFF reader", () => {
  const units = { dtype: "int16", scale: 2, offset: -1000, nodata: -1 };
  const assets = assetsOf({ units, classes: true });
  const { B8A, scl, visual, tec } = assets;
  assert.equal(B8A?.["href"], "https://tiles.example.org/collections/lisbon/items/b/assets/B8A.tif");
  assert.deepEqual(B8A?.["roles"], ["data", "reflectance"]);
  assert.deepEqual([B8A?.["proj:shape"], B8A?.["proj:code"], B8A?.["gsd"]], [[384, 512], "EPSG:32631", 20]);
  const { data_type, nodata, "raster:scale": scale, "raster:offset": offset, name } = B8A?.bands[0] ?? {};
  assert.deepEqual([name, data_type, nodata, scale, offset], ["B8A", "int16", -1, 0.0002, -0.1]);
  assert.deepEqual([scl?.bands[0]?.["data_type"], visual?.bands.length], ["uint8", 3]);
  assert.deepEqual([tec?.["roles"], String(tec?.["type"]).startsWith("image/")], [["latents", "metadata"], false]);
});

test("an item of an older ingest promises no numbers and classes that it doesn't know, and its latents are no data either", () => {
  const assets = assetsOf({}, (json) =>
    json
      .replace("application/vnd.tectile.tec-cog", "image/tiff; application=geotiff; profile=tec-cog")
      .replace('["latents","metadata"]', '["data"]'),
  );
  assert.equal(assets["scl"], undefined);
  assert.equal(assets["B04"]?.bands[0]?.["eo:common_name"], "red");
  for (const field of ["data_type", "raster:scale", "raster:offset"])
    assert.equal(assets["B04"]?.bands[0]?.[field], undefined);
  const { tec } = assets;
  assert.deepEqual([tec?.["roles"], String(tec?.["type"]).startsWith("image/")], [["latents", "metadata"], false]);
});
