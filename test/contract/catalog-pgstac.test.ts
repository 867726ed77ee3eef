import assert from "node:assert/strict";
import { after, test } from "node:test";
import pgstacCatalog from "../../plugins/pgstac-catalog.js";
import { newCollection } from "../../src/catalog/collection.js";
import { toItem } from "../../src/catalog/item.js";
import { present } from "../../src/core/assert.js";
import { describeItem } from "../support/catalog-fixtures.js";
import { startPgstac } from "../support/pgstac-server.js";
import { testCatalog, type CatalogUnderTest } from "./catalog.js";

// A PostgreSQL of the test's own, with PostGIS and pgSTAC.
const server = await startPgstac();

if (typeof server === "string") test("pgSTAC catalog", (t) => t.skip(server));
else {
  after(() => server.stop());
  const open = present(pgstacCatalog().catalogs?.["postgres"], "the catalog's factory");
  const make = async (): Promise<CatalogUnderTest> => {
    await server.clear();
    return {
      catalog: await open(server.url),
      async add(items) {
        for (const description of items) {
          const item = toItem(description);
          const assets = item["assets"] as { tec: object };
          const tec = { ...assets.tec, href: `https://store.example.org/${description.id}.tif` };
          await server.addCollection(newCollection({ id: description.collection }));
          await server.addItem({ ...item, assets: { tec }, links: [] });
        }
      },
    };
  };
  testCatalog("pgSTAC", async (t) => {
    const made = await make();
    t.after(() => made.catalog.close());
    return made;
  });

  test("pgSTAC: CQL2, sorting, queryables and counts", async (t) => {
    const { catalog, add } = await make();
    t.after(() => catalog.close());
    for (const [i, cover] of [40, 5, 10, 30].entries())
      await add([
        describeItem(`i${i}`, {
          datetime: `2024-0${i + 1}-01T00:00:00Z`,
          clearPercent: 100 - cover,
          properties: { platform: i % 2 === 0 ? "sentinel-2a" : "sentinel-2b" },
        }),
      ]);
    const filter = { op: "<", args: [{ property: "eo:cloud_cover" }, 20] };
    const page = await catalog.search({ filter, sortby: [{ property: "datetime", descending: false }], limit: 10 });
    assert.deepEqual(
      page.items.map(({ id }) => id),
      ["i1", "i2"],
    );
    const worst = await catalog.search({ sortby: [{ property: "eo:cloud_cover", descending: true }], limit: 3 });
    assert.deepEqual(
      worst.items.map(({ id }) => id),
      ["i0", "i3", "i2"],
    );
    assert.ok("datetime" in (await catalog.queryables("lisbon")));
    const counts = await catalog.aggregate({ filter }, [{ name: "total_count" }, { name: "datetime_max" }]);
    assert.deepEqual(
      counts.map(({ value }) => value),
      [2, "2024-03-01T00:00:00Z"],
    );
    await assert.rejects(catalog.aggregate({}, [{ name: "platform_frequency" }]), /pgSTAC doesn't count/);
  });
}
