import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { InvalidRequestError, NotFoundError } from "../../src/core/errors.js";
import type { ItemDescription } from "../../src/catalog/item.js";
import type { Catalog, SearchQuery } from "../../src/catalog/types.js";
import { degreeGrid, describeItem } from "../support/catalog-fixtures.js";

/** A catalog under test, and a way to put items into it. */
export interface CatalogUnderTest {
  readonly catalog: Catalog;
  /** Afterwards the catalog finds the items. */
  add(items: readonly ItemDescription[]): Promise<void>;
}

/** What every Catalog must do, whatever it is kept in. */
export function testCatalog(name: string, make: (t: TestContext) => Promise<CatalogUnderTest>): void {
  const filled = async (t: TestContext): Promise<Catalog> => {
    const { catalog, add } = await make(t);
    await add(ITEMS);
    return catalog;
  };

  test(`${name}: an item comes back as it was described`, async (t) => {
    const item = await (await filled(t)).item("porto", "p3");
    const { grid, quality } = describeItem("p3");
    assert.deepEqual(
      [item.id, item.collection, item.datetime, item.quality],
      ["p3", "porto", "2024-05-03T10:00:00Z", quality],
    );
    assert.deepEqual(item.grid, { ...grid, ...degreeGrid(3, 40) });
    assert.deepEqual(item.boundsWgs84, [3, 39, 4, 40]);
    assert.deepEqual([item.model, item.clearPercent], ["toy", 87.5]);
    assert.match(item.checksum, /^1220[0-9a-f]{64}$/);
    assert.equal(item.json["stac_version"], "1.1.0");
  });

  test(`${name}: collections are listed by id and found by it`, async (t) => {
    const catalog = await filled(t);
    assert.deepEqual(
      (await catalog.collections()).map(({ id }) => id),
      ["east", "porto"],
    );
    assert.equal((await catalog.collection("porto"))["type"], "Collection");
    assert.equal((await catalog.root())["type"], "Catalog");
  });

  test(`${name}: what isn't there is a NotFoundError`, async (t) => {
    const catalog = await filled(t);
    await assert.rejects(catalog.collection("nowhere"), NotFoundError);
    await assert.rejects(catalog.item("porto", "nothing"), NotFoundError);
    await assert.rejects(catalog.item("nowhere", "p1"), NotFoundError);
  });

  test(`${name}: search conditions hold all at once, and items come newest first`, async (t) => {
    const catalog = await filled(t);
    for (const [query, ids] of SEARCHES) {
      const page = await catalog.search({ limit: 100, ...query });
      assert.deepEqual(
        page.items.map(({ id }) => id),
        ids,
        JSON.stringify(query),
      );
      assert.equal(page.matched, ids.length);
      assert.equal(page.next, undefined);
    }
  });

  test(`${name}: pages neither repeat nor lose an item while others are added`, async (t) => {
    const { catalog, add } = await make(t);
    await add(ITEMS);
    const found: string[] = [];
    let token: string | undefined;
    let round = 0;
    do {
      const page = await catalog.search({ limit: 2, ...(token === undefined ? {} : { token }) });
      assert.ok(page.items.length <= 2);
      found.push(...page.items.map(({ id }) => id));
      token = page.next;
      await add([describeItem(`late${round++}`, { collection: "porto", datetime: "2025-01-01T00:00:00Z" })]);
    } while (token !== undefined);
    assert.deepEqual(found, ALL);
  });

  test(`${name}: a token from elsewhere is an InvalidRequestError`, async (t) => {
    await assert.rejects((await filled(t)).search({ limit: 2, token: "elsewhere" }), InvalidRequestError);
  });

  test(`${name}: an aborted search rejects with the signal's reason`, async (t) => {
    const catalog = await filled(t);
    await assert.rejects(catalog.search({ limit: 1 }, AbortSignal.abort(new Error("gone"))), /gone/);
  });
}

const porto = (day: number): ItemDescription =>
  describeItem(`p${day}`, { collection: "porto", datetime: `2024-05-0${day}T10:00:00Z`, grid: degreeGrid(day, 40) });

/** Five steps to the east, a day each, and a place across the antimeridian where two items share an instant. */
const ITEMS: readonly ItemDescription[] = [
  ...[1, 2, 3, 4, 5].map(porto),
  describeItem("e1", { collection: "east", datetime: "2024-05-03T10:00:00Z", grid: degreeGrid(179.5, -16) }),
  describeItem("e0", { collection: "east", datetime: "2024-05-03T10:00:00Z", grid: degreeGrid(170, -16) }),
];

const ALL = ["p5", "p4", "e0", "e1", "p3", "p2", "p1"];
const may = (day: number): number => Date.UTC(2024, 4, day, 10);

const SEARCHES: readonly (readonly [Partial<SearchQuery>, readonly string[]])[] = [
  [{}, ALL],
  [{ collections: ["porto"], ids: ["p2", "e1"] }, ["p2"]],
  [{ ids: ["nothing"] }, []],
  [{ collections: ["nowhere"] }, []],
  [{ datetime: [may(2), may(3)] }, ["e0", "e1", "p3", "p2"]],
  [{ datetime: [may(5), Infinity] }, ["p5"]],
  [{ datetime: [-Infinity, may(1)] }, ["p1"]],
  [{ bbox: [2.5, 39.2, 3.5, 39.4] }, ["p3", "p2"]],
  [{ bbox: [6, 40, 7, 41] }, ["p5"]],
  [{ bbox: [3.5, 39.5, 3.5, 39.5] }, ["p3"]],
  [{ bbox: [3.2, 45, 3.4, 46] }, []],
  [{ bbox: [175, -17, -175, -16] }, ["e1"]],
  [{ bbox: [-179.9, -17, -179, -16] }, ["e1"]],
  [{ bbox: [-180, -90, 180, 90] }, ALL],
  [{ bbox: [-180, -90, 180, 90], collections: ["east"], datetime: [may(3), may(3)] }, ["e0", "e1"]],
  [{ intersects: { type: "Point", coordinates: [-179.8, -16.5] } }, ["e1"]],
  // A thin triangle whose box covers p1 to p5 but whose body only passes p1 and p2.
  [
    {
      intersects: {
        type: "Polygon",
        coordinates: [
          [
            [1.2, 39.1],
            [2.2, 39.2],
            [5.8, 52],
            [1.2, 39.1],
          ],
        ],
      },
    },
    ["p2", "p1"],
  ],
  [
    {
      intersects: {
        type: "LineString",
        coordinates: [
          [4.5, 45],
          [4.5, 39.9],
        ],
      },
    },
    ["p4"],
  ],
  [
    {
      intersects: {
        type: "MultiPoint",
        coordinates: [
          [1.5, 39.5],
          [5.5, 39.5],
        ],
      },
    },
    ["p5", "p1"],
  ],
];
