import { parseConfig, type ConfigInput } from "../../src/app/config.js";
import { linksOf, newCollection, withItem, withItems } from "../../src/catalog/collection.js";
import { itemLink } from "../../src/catalog/catalog-files.js";
import { parseItem, toItem } from "../../src/catalog/item.js";
import { parseGeometry } from "../../src/catalog/geometry.js";
import { createSearchIndex } from "../../src/catalog/search-index.js";
import type { StacJson } from "../../src/catalog/types.js";
import { WEB_MERCATOR_QUAD } from "../../src/geo/tile-matrix-sets.js";
import { parseRenderSpec } from "../../src/render/parse-render-spec.js";
import { planPicture, tileTarget } from "../../src/tile/plan.js";
import { describeItem } from "../../test/support/catalog-fixtures.js";
import { mutateJson } from "./mutate-json.js";
import { Dice, outcomeOf, type FuzzTarget } from "./target.js";

const ITEM = toItem(describeItem("a", { references: [{ id: "b" }] }));
const COLLECTION = newCollection({ id: "lisbon" });
const CONFIG: StacJson = { ...parseConfig({}) };
const SHAPE = {
  type: "Polygon",
  coordinates: [
    [
      [0, 0],
      [10, 0],
      [10, 10],
      [0, 0],
    ],
  ],
};
const SPEC = { spec: parseRenderSpec(new URLSearchParams()) };

/** Items, collections, settings and shapes: what is parsed is good for all that comes after. */
export const documents: FuzzTarget = {
  name: "documents",
  run(seed) {
    const dice = new Dice(seed);
    return outcomeOf(async () => {
      switch (dice.below(5)) {
        case 0:
          return parseConfig(mutateJson(CONFIG, dice) as ConfigInput);
        case 1:
          return parseGeometry(mutateJson(SHAPE, dice));
        case 2: {
          const collection = asObject(mutateJson(COLLECTION, dice));
          const item = parseItem(ITEM, "/c/lisbon/a/a.json");
          const link = itemLink(item, "x");
          return [linksOf(collection), withItem(collection, item, link), withItems(collection, [{ item, link }])];
        }
        default: {
          const item = parseItem(asObject(mutateJson(ITEM, dice)), "/c/lisbon/a/a.json");
          const index = await createSearchIndex([item]);
          await index.search({ limit: 10, bbox: [-10, 30, 10, 50] });
          planPicture(tileTarget({ z: 10, x: 517, y: 382, set: WEB_MERCATOR_QUAD }, 256), SPEC, [item]);
          return JSON.stringify(item.json);
        }
      }
    });
  },
};

const asObject = (value: unknown): StacJson =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as StacJson) : {};
