import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { Expression } from "../../../src/catalog/cql2/expression.js";
import { boundsGeometry } from "../../../src/catalog/intersects.js";
import { parseItem, toItem } from "../../../src/catalog/item.js";
import { createItemTable } from "../../../src/catalog/item-table.js";
import { createSearchIndex, type SearchIndex, type TablePart } from "../../../src/catalog/search-index.js";
import { StoredItems } from "../../../src/catalog/stored-items.js";
import type { CatalogItem, SearchPage, SearchQuery } from "../../../src/catalog/types.js";
import { writeSnapshot, type LinkedItem } from "../../../src/catalog/write-snapshot.js";
import { describeItem, temporaryFolder } from "../../support/catalog-fixtures.js";

const TEMPLATE = parseItem(toItem(describeItem("t")), "/folder/c/t/t.json");

/** Items whose properties have gaps, ties, long values and more than one kind. */
const item = fc
  .record({
    id: fc.integer({ min: 0, max: 25 }),
    collection: fc.constantFrom("a", "b"),
    day: fc.integer({ min: 0, max: 4 }),
    west: fc.integer({ min: -18, max: 17 }),
    cover: fc.constantFrom(0, 5, 5.5, 20, undefined),
    platform: fc.constantFrom("a", "b", 3, null, undefined),
    created: fc.constantFrom("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "no time", undefined),
    odd: fc.constantFrom(1, "x", true, [1, 2], { a: 1 }, "long".repeat(600), undefined),
    title: fc.constantFrom("Ärger", "b\nc", undefined),
  })
  .map(({ id, collection, day, west, ...rest }): CatalogItem => {
    const boundsWgs84 = [west * 10, 0, west === 17 ? -175 : west * 10 + 10, 10] as const;
    const { cover, platform, created, odd, title } = rest;
    const geometry = boundsGeometry(boundsWgs84);
    return {
      ...TEMPLATE,
      id: `i${id}`,
      collection,
      datetimeMs: day * 1000,
      datetime: new Date(day * 1000).toISOString(),
      boundsWgs84,
      geometry,
      json: {
        ...TEMPLATE.json,
        geometry,
        properties: { "eo:cloud_cover": cover, platform, created, "x:odd": odd, [`x:${id % 3}`]: 1, title },
      },
    };
  });

const sortKeys = fc.uniqueArray(
  fc.record({
    property: fc.constantFrom("eo:cloud_cover", "platform", "created", "x:odd", "id", "datetime", "collection"),
    descending: fc.boolean(),
  }),
  { maxLength: 2, selector: ({ property }) => property },
);
const filter = fc.constantFrom<Expression[]>(
  { op: "<", args: [{ property: "eo:cloud_cover" }, 10] },
  { op: "=", args: [{ property: "platform" }, "a"] },
  { op: "=", args: [{ property: "x:0" }, 1] },
  { op: "<", args: [{ property: "x:1" }, "text"] },
  { op: "isNull", args: [{ property: "x:odd" }] },
  { op: ">", args: [{ property: "created" }, { timestamp: "2024-06-01T00:00:00Z" }] },
  { op: "s_intersects", args: [{ property: "geometry" }, { bbox: [170, 0, -170, 5] }] },
  { op: "=", args: [{ property: "tec:quality" }, 3] },
  { op: "=", args: [{ property: "tec:psnr" }, 3] },
  { op: "=", args: [{ property: "nothing" }, 3] },
);
const query: fc.Arbitrary<Omit<SearchQuery, "limit">> = fc.record(
  {
    sortby: sortKeys,
    filter,
    ids: fc.subarray(["i1", "i2", "i3", "i4", "i5", "none"]),
    collections: fc.subarray(["a", "b", "nowhere"]),
    datetime: fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.constantFrom(3000, 5000, Infinity)),
    bbox: fc.constantFrom([-180, 0, -175, 5] as const, [0, 0, 30, 5] as const),
    text: fc.constantFrom(["arger"], ["c", "none"]),
  },
  { requiredKeys: [] },
);

const keyOf = (one: CatalogItem): string => `${one.collection}/${one.id}`;
const unique = (items: readonly CatalogItem[]): readonly CatalogItem[] => [
  ...new Map(items.map((one) => [keyOf(one), one])).values(),
];

/** All that an index tells: errors by their message. */
async function told(index: SearchIndex, asked: Omit<SearchQuery, "limit">, limit: number): Promise<unknown> {
  try {
    const pages: unknown[] = [];
    for (let token: string | undefined, i = 0; i === 0 || token !== undefined; i++) {
      const page: SearchPage = await index.search({ ...asked, limit, ...(token === undefined ? {} : { token }) });
      pages.push(page.matched, page.next, page.items);
      token = page.next;
    }
    const names = ["total_count", "datetime_max", "platform_frequency", "cloud_cover_frequency"];
    const totals = await index.aggregate(
      asked,
      names.map((name) => ({ name })),
    );
    const found = [await index.get("a", "i1"), await index.get("b", "i2"), await index.get("c", "i1")];
    return JSON.parse(JSON.stringify([pages, totals, found, index.size])) as unknown;
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
}

test("an index of several tables, of which rows are hidden, tells what one of their items together tells", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(item, { maxLength: 20 }), { maxLength: 3 }),
      fc.array(item, { maxLength: 10 }),
      query,
      fc.integer({ min: 1, max: 7 }),
      async (tables, fresh, asked, limit) => {
        const parts: TablePart[] = [];
        const kept: CatalogItem[] = [];
        for (const items of tables) {
          const table = await createItemTable(items);
          const hidden = Uint8Array.from({ length: table.size }, (_, row) => Number(row % 3 === 1));
          parts.push({ table, hidden });
          for (let row = 0; row < table.size; row++) if (hidden[row] === 0) kept.push(await table.item(row));
        }
        const one = await createSearchIndex(unique([...kept, ...fresh]));
        const several = await createSearchIndex(fresh, parts);
        const [wanted, found] = [await told(one, asked, limit), await told(several, asked, limit)];
        if (typeof wanted !== "string" && typeof found !== "string") return assert.deepEqual(found, wanted);
        // What kinds of values hidden rows have is known all the same.
        const all = await createSearchIndex([...tables.flat(), ...fresh]);
        const withHidden = await told(all, asked, limit);
        assert.equal(typeof found, typeof withHidden);
        if (typeof found === "string") assert.equal(found, withHidden);
      },
    ),
    { seed: 31, numRuns: 1000 },
  );
});

test("a snapshot's table tells of items what they tell in memory, and so does one that is written over it", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "snapshot");
  const link = (one: CatalogItem, i: number): LinkedItem => {
    const href = join(folder, "c", one.id, "t.tif");
    const checksum = `1220${String(i).padStart(64, "0")}`;
    return {
      item: { ...one, href, assetHrefs: { tec: href } },
      href: i % 2 === 0 ? `./${one.id}/${one.id}.json` : "./é",
      checksum,
    };
  };
  const place = "c/collection.json";
  const open = (): Promise<StoredItems> =>
    StoredItems.open(path, {
      folder,
      place,
      intern: (value) => value,
      readItem: (href) => assert.fail(`${href} was read`),
      onDamage: (problem) => assert.fail(problem),
    });
  const { signal } = new AbortController();
  await fc.assert(
    fc.asyncProperty(
      fc.array(item, { maxLength: 25 }),
      fc.array(item, { maxLength: 10 }),
      query,
      fc.integer({ min: 1, max: 7 }),
      async (first, second, asked, limit) => {
        const inOne = (items: readonly CatalogItem[]): readonly CatalogItem[] =>
          unique(items.map((one) => ({ ...one, collection: "a" })));
        const earlier = inOne(first).map(link);
        const contents = { collection: "a", place, folder };
        await writeSnapshot(path, { ...contents, base: undefined, items: earlier }, signal);
        const base = await open();
        const before = await told(await createSearchIndex([], [{ table: base }]), asked, limit);
        assert.deepEqual(before, await told(await createSearchIndex(earlier.map((one) => one.item)), asked, limit));
        // Every third is gone, or there again as another.
        const hidden = Uint8Array.from({ length: base.size }, (_, row) => Number(row % 3 === 1));
        const kept = earlier.filter((one) => hidden[base.find("a", one.item.id) ?? -1] === 0);
        const ids = new Set(kept.map((one) => one.item.id));
        const later = inOne(second)
          .filter(({ id }) => !ids.has(id))
          .map((one, i) => link(one, 100 + i));
        await writeSnapshot(path, { ...contents, base: { items: base, hidden }, items: later }, signal);
        await base.close();
        const next = await open();
        for (const { href, checksum = "", item: wanted } of [...kept, ...later]) {
          const row = next.findLinked(href, checksum) ?? -1;
          assert.deepEqual(JSON.parse(JSON.stringify(await next.item(row))), JSON.parse(JSON.stringify(wanted)));
          assert.equal(next.findLinked(`${href}x`, checksum), undefined);
        }
        const all = await createSearchIndex([...kept, ...later].map((one) => one.item));
        const found = await createSearchIndex([], [{ table: next }]);
        assert.deepEqual(await told(found, asked, limit), await told(all, asked, limit));
        if (later.length > 0 && kept.length === earlier.length)
          assert.deepEqual(await found.queryables(), await all.queryables());
        await next.close();
      },
    ),
    { seed: 32, numRuns: 150 },
  );
});
