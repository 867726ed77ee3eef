import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { boundsGeometry, geometriesIntersect } from "../../../src/catalog/intersects.js";
import { parseItem, toItem } from "../../../src/catalog/item.js";
import { createSearchIndex } from "../../../src/catalog/search-index.js";
import type { CatalogItem, SearchPage, SearchQuery } from "../../../src/catalog/types.js";
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

test("pages together are what a plain filter and sort finds", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(item, { maxLength: 40 }),
      query,
      fc.integer({ min: 1, max: 7 }),
      async (items, asked, limit) => {
        const unique = [...new Map(items.map((one) => [`${one.collection}/${one.id}`, one])).values()];
        const expected = unique
          .filter(({ collection }) => asked.collections?.includes(collection) ?? true)
          .filter(({ id }) => asked.ids?.includes(id) ?? true)
          .filter(
            ({ datetimeMs: ms }) =>
              asked.datetime === undefined || (ms >= asked.datetime[0] && ms <= asked.datetime[1]),
          )
          .filter(({ boundsWgs84 }) => asked.bbox === undefined || boxesTouch(boundsWgs84, asked.bbox))
          .map((one) => ({ key: [String(9 - one.datetimeMs), one.collection, one.id].join("\0"), one }))
          .sort((a, b) => (a.key < b.key ? -1 : 1))
          .map(({ one }) => one);
        const index = await createSearchIndex(items);
        const found: CatalogItem[] = [];
        let token: string | undefined;
        do {
          const page: SearchPage = await index.search({ ...asked, limit, ...(token === undefined ? {} : { token }) });
          assert.equal(page.matched, expected.length);
          found.push(...page.items);
          token = page.next;
        } while (token !== undefined);
        assert.deepEqual(
          found.map(({ id, collection }) => [id, collection]),
          expected.map(({ id, collection }) => [id, collection]),
        );
      },
    ),
    { seed: 11, numRuns: 1500 },
  );
});

test("a search by shape, in slices, finds what the exact test finds", async () => {
  const shape = box.map((bounds) => boundsGeometry(bounds));
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 40 }), shape, async (items, intersects) => {
      const unique = [...new Map(items.map((one) => [`${one.collection}/${one.id}`, one])).values()];
      const wanted = unique.filter(({ geometry }) => geometriesIntersect(geometry, intersects));
      const page = await (await createSearchIndex(items)).search({ intersects, limit: 100 });
      const names = (all: readonly CatalogItem[]): string[] => all.map((one) => `${one.collection}/${one.id}`).sort();
      assert.deepEqual(names(page.items), names(wanted));
    }),
    { seed: 12, numRuns: 500 },
  );
});

/** Items whose properties have gaps, ties and more than one kind. */
const described: fc.Arbitrary<CatalogItem> = fc
  .tuple(
    item,
    fc.constantFrom(0, 5, 5.5, 20, undefined),
    fc.constantFrom("a", "b", 3, null, undefined),
    fc.constantFrom("2024-01-01T00:00:00Z", "2024-01-01T01:00:00+01:00", "2025-01-01T00:00:00Z", undefined),
  )
  .map(([one, cover, platform, created]) => ({
    ...one,
    json: { ...one.json, properties: { "eo:cloud_cover": cover, platform, created } },
  }));

const sortKeys = fc.uniqueArray(
  fc.record({
    property: fc.constantFrom("eo:cloud_cover", "properties.platform", "created", "id", "datetime", "collection"),
    descending: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3, selector: ({ property }) => property },
);

/** A key of text that sorts as a value does: numbers, then text, then none; `descending` turns all but none. */
function sortText(one: CatalogItem, property: string): [number, number | string] {
  const properties = one.json["properties"] as Record<string, unknown>;
  if (property === "id") return [1, one.id];
  if (property === "collection") return [1, one.collection];
  if (property === "datetime") return [0, one.datetimeMs];
  const value = properties[property.replace("properties.", "")];
  if (property === "created") return typeof value === "string" ? [0, Date.parse(value)] : [9, 0];
  if (typeof value === "number") return [0, value];
  return typeof value === "string" ? [1, value] : [9, 0];
}

test("pages of any order neither repeat nor skip an item while others come and go", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(described, { minLength: 1, maxLength: 30 }),
      fc.array(described, { maxLength: 12 }),
      sortKeys,
      fc.integer({ min: 1, max: 6 }),
      async (items, late, sortby, limit) => {
        const keyOf = (one: CatalogItem): string => `${one.collection}/${one.id}`;
        const staying = [...new Map(items.map((one) => [keyOf(one), one])).values()];
        const coming = late.filter((one) => !staying.some((old) => keyOf(old) === keyOf(one)));
        const expected = staying.toSorted((a, b) => {
          for (const { property, descending } of sortby) {
            const [[kindA, x], [kindB, y]] = [sortText(a, property), sortText(b, property)];
            const sign = descending && kindA !== 9 && kindB !== 9 ? -1 : 1;
            if (kindA !== kindB) return sign * (kindA - kindB);
            if (x !== y) return sign * (x < y ? -1 : 1);
          }
          return (
            b.datetimeMs - a.datetimeMs ||
            (a.collection === b.collection ? 0 : a.collection < b.collection ? -1 : 1) ||
            (a.id < b.id ? -1 : 1)
          );
        });
        const found: string[] = [];
        let token: string | undefined;
        for (let round = 0; round === 0 || token !== undefined; round++) {
          const index = await createSearchIndex([...staying, ...coming.slice(0, round)]);
          const page: SearchPage = await index.search({ sortby, limit, ...(token === undefined ? {} : { token }) });
          assert.ok(page.items.length <= limit);
          found.push(...page.items.map(keyOf));
          token = page.next;
        }
        assert.equal(new Set(found).size, found.length, "an item came twice");
        const names = new Set(staying.map(keyOf));
        assert.deepEqual(
          found.filter((name) => names.has(name)),
          expected.map(keyOf),
        );
      },
    ),
    { seed: 13, numRuns: 600 },
  );
});

test("an altered token, and one of another order, are refused", async () => {
  const items = fc.sample(described, { seed: 14, numRuns: 20 });
  const index = await createSearchIndex(items);
  const sortby = [{ property: "eo:cloud_cover", descending: true }];
  const { next = "" } = await index.search({ sortby, limit: 2 });
  await assert.rejects(index.search({ limit: 2, token: next }), /token is of a search sorted by "-eo:cloud_cover"/);
  for (let i = 0; i < next.length; i++) {
    const token = next.slice(0, i) + (next[i] === "A" ? "B" : "A") + next.slice(i + 1);
    await assert.rejects(index.search({ sortby, limit: 2, token }), /unaltered/, token);
  }
  await assert.rejects(index.search({ sortby, limit: 2, token: "" }), /unaltered/);
});
