import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { catalogWriter } from "../../src/catalog/catalog-writer.js";
import { openFileCatalog } from "../../src/catalog/file-catalog.js";
import type { Catalog } from "../../src/catalog/types.js";
import { addTestItem, degreeGrid } from "../support/catalog-fixtures.js";
import { getJson, linkOf, postJson, startApp, type Document } from "../support/http-app.js";

let folder = "";
after(() => rm(folder, { recursive: true, force: true }));

/** Twelve months of "lisbon", clouds from 0 to 55 percent, two platforms; one item of "fiji" of which nothing is known. */
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "tectile-test-"));
  const writer = await catalogWriter(folder, "Test catalog");
  for (let month = 1; month <= 12; month++)
    await addTestItem(writer, `m${month}`, {
      datetime: `2024-${String(month).padStart(2, "0")}-15T10:30:00Z`,
      grid: degreeGrid(month, 40),
      title: month === 5 ? "São Vicente in May" : `Month ${month}`,
      properties: {
        platform: month % 2 === 0 ? "sentinel-2a" : "sentinel-2b",
        instruments: ["msi"],
        gsd: 10,
        "eo:cloud_cover": (month * 5 * 7) % 60,
      },
    });
  await addTestItem(writer, "dateline", { collection: "fiji", grid: degreeGrid(179.5, -17), properties: {} });
});

const start = async (t: TestContext): Promise<string> => startApp(t, { catalog: await openFileCatalog(folder) });
const idsOf = ({ features }: Document): readonly string[] => features.map(({ id }) => id);
const q = encodeURIComponent;

/** The commonest question, and its neighbours; what is found in this order. */
const FOUND: readonly (readonly [string, Record<string, unknown>, readonly string[]])[] = [
  [
    `filter=${q("eo:cloud_cover < 20")}&sortby=${q("+datetime")}`,
    {
      filter: { op: "<", args: [{ property: "eo:cloud_cover" }, 20] },
      sortby: [{ field: "properties.datetime", direction: "asc" }],
    },
    ["m2", "m7", "m9", "m12"],
  ],
  [`query=${q('{"eo:cloud_cover":{"gte":50}}')}`, { query: { "eo:cloud_cover": { gte: 50 } } }, ["m10", "m5"]],
  [
    `filter=${q("platform = 'sentinel-2a' AND eo:cloud_cover BETWEEN 20 AND 40")}&sortby=-eo:cloud_cover,id`,
    {
      filter: "platform = 'sentinel-2a' AND eo:cloud_cover BETWEEN 20 AND 40",
      "filter-lang": "cql2-text",
      sortby: [{ field: "eo:cloud_cover", direction: "desc" }, { field: "id" }],
    },
    ["m8", "m6", "m4"],
  ],
  [`q=${q("sao vicente,month 12")}`, { q: ["sao vicente", "month 12"] }, ["m12", "m5"]],
  [
    `filter-lang=cql2-json&filter=${q('{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Point","coordinates":[3.5,39.5]}]}')}`,
    { filter: { op: "s_intersects", args: [{ property: "geometry" }, { type: "Point", coordinates: [3.5, 39.5] }] } },
    ["m3"],
  ],
  [
    `filter=${q("T_DURING(datetime, INTERVAL('2024-02-01', '2024-03-31'))")}&filter-crs=${q("http://www.opengis.net/def/crs/OGC/1.3/CRS84")}`,
    { filter: { op: "t_during", args: [{ property: "datetime" }, { interval: ["2024-02-01", "2024-03-31"] }] } },
    ["m3", "m2"],
  ],
  [
    `filter=${q("eo:cloud_cover IS NULL")}`,
    { filter: { op: "isNull", args: [{ property: "eo:cloud_cover" }] } },
    ["dateline"],
  ],
  [
    `filter=${q("a_contains(instruments, ('msi'))")}&limit=1`,
    { filter: "a_contains(instruments, ('msi'))", limit: 1 },
    ["m12"],
  ],
  [`filter=${q("tec:quality = 3 AND id = 'm1'")}`, { filter: "tec:quality = 3 AND id = 'm1'" }, ["m1"]],
];

test("filters, queries, words and orders find the same by GET and POST", async (t) => {
  const base = await start(t);
  for (const [query, body, ids] of FOUND) {
    const { response, json } = await getJson(`${base}/search?${query}`);
    assert.equal(response.status, 200, `${query}: ${json.detail}`);
    assert.deepEqual(idsOf(json), ids, query);
    assert.deepEqual(idsOf((await postJson(`${base}/search`, body)).json), ids, JSON.stringify(body));
    const inCollection = ids.filter((id) => id !== "dateline");
    assert.deepEqual(idsOf((await getJson(`${base}/collections/lisbon/items?${query}`)).json), inCollection, query);
  }
});

test("paging keeps the order and the filter", async (t) => {
  const base = await start(t);
  for (const method of ["GET", "POST"]) {
    const found: string[] = [];
    let next: { href: string; body?: unknown } | undefined = {
      href: `${base}/search${method === "GET" ? `?limit=3&sortby=-eo:cloud_cover&filter=${q("eo:cloud_cover > 5")}` : ""}`,
      body: { limit: 3, sortby: [{ field: "eo:cloud_cover", direction: "desc" }], filter: "eo:cloud_cover > 5" },
    };
    while (next !== undefined) {
      const { json }: { json: Document } =
        method === "GET" ? await getJson(next.href) : await postJson(next.href, next.body);
      assert.equal(json["numberMatched"], 10);
      found.push(...idsOf(json));
      next = linkOf(json, "next");
    }
    assert.deepEqual(found, ["m5", "m10", "m3", "m8", "m1", "m6", "m11", "m4", "m9", "m2"]);
  }
});

test("fields choose what of each item is sent", async (t) => {
  const base = await start(t);
  const first = async (query: string): Promise<Document> =>
    (await getJson(`${base}/search?limit=1&${query}`)).json.features[0] ?? assert.fail();
  const chosen = await first("fields=properties.datetime,eo:cloud_cover,assets.tec.href");
  assert.deepEqual(Object.keys(chosen).toSorted(), [
    "assets",
    "collection",
    "id",
    "properties",
    "stac_version",
    "type",
  ]);
  assert.deepEqual(Object.keys(chosen["properties"] as object), ["datetime", "eo:cloud_cover"]);
  assert.deepEqual(Object.keys((chosen["assets"] as { tec: object }).tec), ["href"]);
  const rest = await first("fields=-assets,-properties.renders");
  assert.ok(!("assets" in rest) && "geometry" in rest && !("renders" in (rest["properties"] as object)));
  const nothing = await first("fields=");
  assert.deepEqual(Object.keys(nothing["properties"] as object), ["datetime"]);
  assert.ok("assets" in nothing && "geometry" in nothing && !("stac_extensions" in nothing));
  const both = await first("fields=-properties,+properties.eo:cloud_cover,geometry,-geometry");
  assert.deepEqual(Object.keys(both["properties"] as object), ["eo:cloud_cover"]);
  assert.ok("geometry" in both);
  assert.equal((await postJson(`${base}/search`, { fields: null })).response.status, 400);
  const posted = await postJson(`${base}/search`, {
    limit: 1,
    fields: { include: ["id", "bbox"], exclude: ["stac_version"] },
  });
  assert.deepEqual(Object.keys(posted.json.features[0] ?? {}), ["type", "id", "collection", "bbox"]);
});

test("queryables are the properties that items have, with their types", async (t) => {
  const base = await start(t);
  const { response, json } = await getJson(`${base}/collections/lisbon/queryables`);
  assert.match(response.headers.get("content-type") ?? "", /^application\/schema\+json/);
  assert.equal(json["$id"], `${base}/collections/lisbon/queryables`);
  const properties = json["properties"] as Record<string, Record<string, unknown>>;
  assert.equal(properties["eo:cloud_cover"]?.["type"], "number");
  assert.equal(properties["platform"]?.["type"], "string");
  assert.equal(properties["datetime"]?.["format"], "date-time");
  assert.equal(properties["proj:shape"]?.["type"], "array");
  for (const name of Object.keys(properties)) {
    const { response: answer, json: found } = await getJson(`${base}/search?filter=${q(`"${name}" IS NOT NULL`)}`);
    assert.equal(answer.status, 200, found.detail);
  }
  const fiji = (await getJson(`${base}/collections/fiji/queryables`)).json["properties"] as object;
  assert.ok(!("eo:cloud_cover" in fiji) && "geometry" in fiji);
  assert.equal((await getJson(`${base}/collections/nowhere/queryables`)).response.status, 404);
  assert.equal((await getJson(`${base}/queryables`)).response.status, 200);
});

test("aggregations count what a search finds", async (t) => {
  const base = await start(t);
  const asked = "total_count,datetime_min,datetime_max,datetime_frequency,platform_frequency,cloud_cover_frequency";
  const { json } = await getJson(
    `${base}/aggregate?collections=lisbon&aggregations=${asked}&datetime_frequency_interval=year`,
  );
  assert.equal(json["type"], "AggregationCollection");
  const by = new Map(
    (json["aggregations"] as { name: string; value?: unknown; buckets?: { key: string; frequency: number }[] }[]).map(
      (one) => [one.name, one],
    ),
  );
  assert.equal(by.get("total_count")?.value, 12);
  assert.equal(by.get("datetime_min")?.value, "2024-01-15T10:30:00.000Z");
  assert.equal(by.get("datetime_max")?.value, "2024-12-15T10:30:00.000Z");
  assert.deepEqual(by.get("datetime_frequency")?.buckets, [
    { key: "2024-01-01T00:00:00.000Z", data_type: "datetime", frequency: 12 },
  ]);
  assert.deepEqual(
    by.get("platform_frequency")?.buckets?.map(({ key, frequency }) => [key, frequency]),
    [
      ["sentinel-2a", 6],
      ["sentinel-2b", 6],
    ],
  );
  assert.deepEqual(
    by.get("cloud_cover_frequency")?.buckets?.map(({ frequency }) => frequency),
    [2, 2, 2, 2, 2, 2],
  );
  const months = await postJson(`${base}/collections/lisbon/aggregate`, {
    aggregations: ["datetime_frequency"],
    filter: "eo:cloud_cover < 20",
  });
  const [frequency] = months.json["aggregations"] as { buckets: { key: string }[] }[];
  assert.deepEqual(
    frequency?.buckets.map(({ key }) => key.slice(5, 7)),
    ["02", "07", "09", "12"],
  );
  const listed = (await getJson(`${base}/aggregations`)).json["aggregations"] as { name: string }[];
  for (const { name } of listed)
    assert.equal((await getJson(`${base}/aggregate?aggregations=${name}`)).response.status, 200, name);
});

test("collections are searched by place, time and words, a page at a time", async (t) => {
  const base = await start(t);
  const found = async (query: string): Promise<unknown> =>
    ((await getJson(`${base}/collections?${query}`)).json["collections"] as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(await found(""), ["fiji", "lisbon"]);
  assert.deepEqual(await found("bbox=-180,-18,-179,-17"), ["fiji"]);
  assert.deepEqual(await found("bbox=0,0,1,1"), []);
  assert.deepEqual(await found("datetime=2024-11-01T00:00:00Z/.."), ["lisbon"]);
  assert.deepEqual(await found("q=FIJI,nothing"), ["fiji"]);
  const { json } = await getJson(`${base}/collections?limit=1`);
  assert.equal(json["numberMatched"], 2);
  assert.deepEqual(await found(linkOf(json, "next")?.href.split("?")[1] ?? ""), ["lisbon"]);
  assert.equal((await getJson(`${base}/collections?filter=a`)).response.status, 400);
  const { json: children } = await getJson(`${base}/children`);
  assert.deepEqual(
    (children["children"] as { id: string }[]).map(({ id }) => id),
    ["fiji", "lisbon"],
  );
});

const WRONG: readonly (readonly [string, RegExp])[] = [
  [`filter=${q("eo:cloud_cover <")}`, /filter has the end at character 17; wanted a value/],
  [`filter=${q("cloud_cover < 20")}`, /"cloud_cover" is not a property that items here have.*eo:cloud_cover/],
  [`filter=${q("(".repeat(1000))}`, /nested more than 100 deep/],
  [`filter=${q("eo:cloud_cover < 20")}&filter-lang=cql2-json`, /no JSON; filter-lang says cql2-json/],
  [`filter=${q("eo:cloud_cover < 20")}&filter-lang=cql`, /filter-lang is "cql"/],
  [`filter=${q("eo:cloud_cover < 20")}&filter-crs=EPSG:4326`, /filter-crs is "EPSG:4326"/],
  [`filter=a=1&filter=b=2`, /filter is given twice, differently/],
  [`query=${q('{"eo:cloud_cover":{"less":20}}')}`, /query is wrong at eo:cloud_cover/],
  ["query=nonsense", /wanted JSON/],
  ["sortby=nothing", /"nothing" is not a property/],
  ["sortby=-", /wanted properties such as -datetime/],
  ["sortby=geometry", /has no order/],
  ["limit=1&limit=2", /limit is given twice, differently/],
  ["token=abc", /unaltered/],
];

test("wrong filters, orders and aggregations get one sentence", async (t) => {
  const base = await start(t);
  for (const [query, sentence] of WRONG) {
    const { response, json } = await getJson(`${base}/search?${query}`);
    assert.equal(response.status, 400, query);
    assert.match(json.detail, sentence, query);
  }
  const deep = `{"filter":${'{"op":"not","args":['.repeat(1000)}true${"]}".repeat(1000)}}`;
  const { response, json } = await getJson(`${base}/search`, { method: "POST", body: deep });
  assert.deepEqual(
    [response.status, json.detail],
    [400, "The request's body is nested more than 256 deep; wanted less"],
  );
  const within = await postJson(`${base}/search`, { fields: { only: ["id"] } });
  assert.match(within.json.detail, /fields is .*wanted \{"include"/);
  assert.match(
    (await getJson(`${base}/aggregate?aggregations=all`)).json.detail,
    /aggregations has "all"; wanted some of total_count/,
  );
  assert.match(
    (await getJson(`${base}/aggregate?datetime_frequency_interval=century`)).json.detail,
    /wanted year, month/,
  );
});

test("ids with slashes, spaces and percent signs are found under their percent-encoded names", async (t) => {
  const plain = await openFileCatalog(folder);
  const one = await plain.item("lisbon", "m1");
  const id = "S2/a b%2Fc?x=1#y";
  const collection = "a/b c";
  const item = { ...one, id, collection, json: { ...one.json, id, collection } };
  const catalog: Catalog = {
    ...plain,
    item: async (asked, name) => (asked === collection && name === id ? item : plain.item(asked, name)),
    search: async () => ({ items: [item], matched: 1, next: undefined }),
  };
  const base = await startApp(t, { catalog });
  const { json } = await getJson(`${base}/search`);
  const self = linkOf(json.features[0] ?? assert.fail(), "self")?.href ?? "";
  const { response, json: found } = await getJson(self);
  assert.equal(response.status, 200, self);
  assert.deepEqual([found["id"], found["collection"]], [id, collection]);
  const { tec } = found["assets"] as { tec: { href: string } };
  assert.equal((await fetch(tec.href)).status, 200);
});

test("a client that takes any encoding gets one that every client knows", async (t) => {
  const base = await start(t);
  const encodingOf = (accepted: string): Promise<string | undefined> =>
    new Promise((done, fail) => {
      const asked = httpRequest(`${base}/collections`, { headers: { "Accept-Encoding": accepted } }, (answer) => {
        answer.resume();
        done(answer.headers["content-encoding"]);
      });
      asked.on("error", fail).end();
    });
  assert.equal(await encodingOf("*"), "gzip");
  assert.equal(await encodingOf("*;q=0.5"), "gzip");
  assert.equal(await encodingOf("br"), "br");
  assert.equal(await encodingOf("gzip, br, *"), "br");
  assert.equal(await encodingOf("identity, *;q=0"), undefined);
});
