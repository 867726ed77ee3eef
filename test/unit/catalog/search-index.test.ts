import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { boundsGeometry, geometriesIntersect } from "../../../src/catalog/intersects.js";
import { parseItem, toItem } from "../../../src/catalog/item.js";
import { createSearchIndex } from "../../../src/catalog/search-index.js";
import type { CatalogItem, SearchQuery } from "../../../src/catalog/types.js";
import { splitAntimeridian, type Bounds } from "../../../src/geo/bounds.js";
import { describeItem } from "../../support/catalog-fixtures.js";

const TEMPLATE = parseItem(toItem(describeItem("t")), "/t.json");

const longitude = fc.integer({ min: -18, max: 18 }).map((ten) => ten * 10);
const box: fc.Arbitrary<Bounds> = fc
  .tuple(longitude, longitude, fc.integer({ min: -9, max: 8 }), fc.integer({ min: 0, max: 4 }))
  .map(([west, east, south, height]) => [west, south * 10, east, Math.min(90, (south + height) * 10)] as const);

const item: fc.Arbitrary<CatalogItem> = fc
  .record({
    box,
    id: fc.integer({ min: 0, max: 30 }),
    collection: fc.constantFrom("a", "b", "c"),
    day: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ box: boundsWgs84, id, collection, day }) => ({
    ...TEMPLATE,
    id: `i${id}`,
    collection,
    datetimeMs: day,
    boundsWgs84,
    geometry: boundsGeometry(boundsWgs84),
  }));

const query: fc.Arbitrary<Omit<SearchQuery, "limit" | "token">> = fc.record(
  {
    bbox: box,
    collections: fc.subarray(["a", "b", "nowhere"]),
    ids: fc.subarray(["i1", "i2", "i3", "i4", "i5", "i6"]),
    datetime: fc.tuple(fc.integer({ min: 0, max: 5 }), fc.constantFrom(3, 5, Infinity)),
  },
  { requiredKeys: [] },
);

/** Closed boxes in the plane, each cut at the antimeridian. */
function boxesTouch(a: Bounds, b: Bounds): boolean {
  return splitAntimeridian(a).some((p) =>
    splitAntimeridian(b).some((q) => p[0] <= q[2] && q[0] <= p[2] && p[1] <= q[3] && q[1] <= p[3]),
  );
}

test("pages together are what a plain filter and sort finds", () => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 40 }), query, fc.integer({ min: 1, max: 7 }), (items, asked, limit) => {
      const unique = [...new Map(items.map((one) => [`${one.collection}/${one.id}`, one])).values()];
      const expected = unique
        .filter(({ collection }) => asked.collections?.includes(collection) ?? true)
        .filter(({ id }) => asked.ids?.includes(id) ?? true)
        .filter(
          ({ datetimeMs: ms }) => asked.datetime === undefined || (ms >= asked.datetime[0] && ms <= asked.datetime[1]),
        )
        .filter(({ boundsWgs84 }) => asked.bbox === undefined || boxesTouch(boundsWgs84, asked.bbox))
        .map((one) => ({ key: [String(9 - one.datetimeMs), one.collection, one.id].join("\0"), one }))
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .map(({ one }) => one);
      const index = createSearchIndex(items);
      const found: CatalogItem[] = [];
      let token: string | undefined;
      do {
        const page = index.search({ ...asked, limit, ...(token === undefined ? {} : { token }) });
        assert.equal(page.matched, expected.length);
        found.push(...page.items);
        token = page.next;
      } while (token !== undefined);
      assert.deepEqual(
        found.map(({ id, collection }) => [id, collection]),
        expected.map(({ id, collection }) => [id, collection]),
      );
    }),
    { seed: 11, numRuns: 1500 },
  );
});

test("a search by shape, in slices, finds what the exact test finds", async () => {
  const shape = box.map((bounds) => boundsGeometry(bounds));
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 40 }), shape, async (items, intersects) => {
      const unique = [...new Map(items.map((one) => [`${one.collection}/${one.id}`, one])).values()];
      const wanted = unique.filter(({ geometry }) => geometriesIntersect(geometry, intersects));
      const page = await createSearchIndex(items).searchInSlices({ intersects, limit: 100 });
      const names = (all: readonly CatalogItem[]): string[] => all.map((one) => `${one.collection}/${one.id}`).sort();
      assert.deepEqual(names(page.items), names(wanted));
    }),
    { seed: 12, numRuns: 500 },
  );
});
