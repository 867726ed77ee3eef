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
