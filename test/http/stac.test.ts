import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { catalogWriter } from "../../src/catalog/catalog-writer.js";
import { openFileCatalog } from "../../src/catalog/file-catalog.js";
import type { HttpServices } from "../../src/http/http-services.js";
import { addTestItem, bytesOf, degreeGrid } from "../support/catalog-fixtures.js";
import { getJson, linkOf, postJson, startApp, type Document, type Link, type Mounting } from "../support/http-app.js";

let folder = "";
after(() => rm(folder, { recursive: true, force: true }));

/** 25 daily items in "lisbon" and one across the antimeridian in "fiji"; made once, only read. */
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "tectile-test-"));
  const writer = await catalogWriter(folder, "Test catalog");
  for (let day = 1; day <= 25; day++) {
    await addTestItem(writer, `d${day}`, {
      datetime: `2024-05-${String(day).padStart(2, "0")}T10:30:00Z`,
      grid: degreeGrid(day - 10, 40),
    });
  }
  await addTestItem(writer, "dateline", { collection: "fiji", grid: degreeGrid(179.5, -17) });
});

async function startServer(t: TestContext, options: Partial<HttpServices> & Mounting = {}): Promise<string> {
  const { mount, trustProxy, ...services } = options;
  const catalog = await openFileCatalog(folder);
  return startApp(t, { catalog, ...services }, { mount: mount ?? "/", trustProxy: trustProxy ?? false });
}

test("a parameter that a collection's items don't have is refused by name, as OGC API - Features wants", async (t) => {
  const base = await startServer(t);
  const response = await fetch(`${base}/collections/lisbon/items?limit=1&cloud=20`);
  const { detail } = (await response.json()) as { detail: string };
  assert.equal(response.status, 400);
  assert.match(detail, /"cloud" is no parameter here; .* bbox, .*datetime/);
  for (const known of ["limit=1", "api_key=x", "bbox=0,0,1,1&limit=2", "fields=id&sortby=id&filter-lang=cql2-text"])
    assert.equal((await fetch(`${base}/collections/lisbon/items?${known}`)).status, 200, known);
});

test("every link of the landing page, collections and items leads to an answer", async (t) => {
  const base = await startServer(t, { mount: "/imagery" });
  const visited = new Set<string>();
  const queue = [`${base}/`];
  for (let url = queue.pop(); url !== undefined; url = queue.pop()) {
    if (visited.has(url) || visited.size > 90) continue;
    visited.add(url);
    const response = await fetch(url, { headers: { Accept: "application/json" } });
    assert.equal(response.status, 200, url);
    if (!/json/.test(response.headers.get("content-type") ?? "")) continue;
    const json = (await response.json()) as Partial<Document>;
    for (const link of json.links ?? []) {
      assert.ok(link.href.startsWith(base), `${link.rel} of ${url} is ${link.href}`);
      const isOfTiles = /^(xyz|tilejson|preview|wmts)$|\/(tilesets-map|tiling-schemes|map)$/.test(link.rel);
      if (!isOfTiles && link.method !== "POST") queue.push(link.href);
    }
  }
  assert.ok(visited.size > 10);
});

test("the landing page says what a STAC client needs", async (t) => {
  const base = await startServer(t);
  const { response, json } = await getJson(`${base}/`);
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  assert.equal(json["type"], "Catalog");
  assert.equal(json["title"], "Test catalog");
  assert.equal(linkOf(json, "self")?.href, `${base}/`);
  assert.deepEqual(
    json.links.filter(({ rel }) => rel === "search").map(({ method }) => method),
    ["GET", "POST"],
  );
  assert.deepEqual(
    json.links.filter(({ rel }) => rel === "child").map(({ href }) => href),
    [`${base}/collections/fiji`, `${base}/collections/lisbon`],
  );
  const { json: conformance } = await getJson(`${base}/conformance`);
  assert.deepEqual(conformance["conformsTo"], json["conformsTo"]);
});

test("a browser gets the page and a program gets JSON", async (t) => {
  const base = await startServer(t, { landingHtml: "<h1>Map</h1>" });
  const browser = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
  assert.match(await (await fetch(`${base}/`, { headers: browser })).text(), /<h1>Map/);
  assert.equal((await getJson(`${base}/?f=json`, { headers: browser })).json["type"], "Catalog");
  assert.equal((await getJson(`${base}/`)).json["type"], "Catalog");
});

for (const method of ["GET", "POST"] as const) {
  test(`paging through ${method} /search gives each item once, newest first`, async (t) => {
    const base = await startServer(t);
    const found: string[] = [];
    let next: Link | undefined = {
      rel: "next",
      href: `${base}/search${method === "GET" ? "?limit=7&collections=lisbon" : ""}`,
      body: { limit: 7, collections: ["lisbon"] },
    };
    while (next !== undefined) {
      const { json }: { json: Document } =
        method === "GET" ? await getJson(next.href) : await postJson(next.href, next.body);
      assert.equal(json["numberMatched"], 25);
      assert.equal(json["numberReturned"], json.features.length);
      found.push(...json.features.map(({ id }) => id));
      next = linkOf(json, "next");
    }
    assert.deepEqual(
      found,
      Array.from({ length: 25 }, (_, i) => `d${25 - i}`),
    );
  });
}

test("search narrows by ids, collection, box, geometry and time", async (t) => {
  const base = await startServer(t);
  const cases: readonly [string, readonly string[]][] = [
    ["ids=d3,d4&collections=lisbon", ["d4", "d3"]],
    ["collections=fiji", ["dateline"]],
    ["bbox=-7.5,39.2,-6.5,39.8", ["d3", "d2"]],
    ["bbox=-7.5,39.2,0,-6.5,39.8,100", ["d3", "d2"]],
    ["bbox=179.9,-18,-179.9,-17", ["dateline"]],
    ["bbox=-179.8,-18,-179.6,-17", ["dateline"]],
    ["bbox=180.1,-18,180.2,-17", ["dateline"]],
    ["datetime=2024-05-03T10:30:00Z", ["d3"]],
    ["datetime=2024-05-03T00:00:00Z/2024-05-03T23:59:59.999z", ["d3"]],
    ["datetime=0099-01-01T00:00:00Z/0100-01-01T00:00:00Z", []],
    ["datetime=../2024-05-02T00:00:00Z", ["dateline", "d1"]],
    ["datetime=2024-05-24T00:00:00%2B02:00/..", ["d25", "d24"]],
    [`intersects=${encodeURIComponent('{"type":"Point","coordinates":[-6.5,39.5]}')}`, ["d3"]],
    ["collections=nowhere", []],
  ];
  for (const [query, ids] of cases) {
    const { response, json } = await getJson(`${base}/search?${query}`);
    assert.equal(response.status, 200, query);
    assert.deepEqual(
      json.features.map(({ id }) => id),
      ids,
      query,
    );
  }
  const line = {
    type: "LineString",
    coordinates: [
      [-6.5, 50],
      [-6.5, 39.5],
    ],
  };
  assert.deepEqual(
    (await postJson(`${base}/search`, { intersects: line })).json.features.map(({ id }) => id),
    ["d3"],
  );
});

test("a wrong search says in a sentence what was wanted", async (t) => {
  const base = await startServer(t);
  const cases: readonly [string, RegExp][] = [
    ["bbox=1,2,3", /3 numbers; wanted 4/],
    ["bbox=1,2,x,4", /"x"; wanted a number/],
    ["bbox=1,50,2,40", /south at most north/],
    ["bbox=1,-100,2,40", /latitudes from -90 to 90/],
    ["datetime=yesterday", /"yesterday" is none; wanted an RFC 3339/],
    ["datetime=2024-05-01", /"2024-05-01" is none; wanted an RFC 3339/],
    ["datetime=2024-13-01T00:00:00Z", /wanted an RFC 3339/],
    ["datetime=2024-02-30T00:00:00Z", /wanted an RFC 3339/],
    ["datetime=2024-05-01T00:00:00%2B0100", /wanted an RFC 3339/],
    ["datetime=2024-05-01T00:00:00Z/2024-05-02T00:00:00Z/", /more than one "\/"/],
    ["datetime=../..", /without an instant/],
    ["datetime=", /without an instant/],
    ["datetime=2024-05-02T00:00:00Z/2024-05-01T00:00:00Z", /ends before it begins/],
    ["datetime=2024-05-02T00:00:00Z&datetime=2024-05-01T00:00:00Z", /datetime is given twice, differently/],
    ["limit=0", /limit is "0"; wanted a whole number from 1 up/],
    ["limit=ten", /limit is "ten"; wanted a whole number/],
    ["limit=1.5", /limit is "1.5"; wanted a whole number/],
    ["token=zzz", /next link/],
    ["intersects=nonsense", /GeoJSON/],
    ["intersects={%22type%22:%22Point%22,%22coordinates%22:[200,0]}", /coordinates/],
  ];
  for (const [query, sentence] of cases) {
    const { response, json } = await getJson(`${base}/search?${query}`);
    assert.equal(response.status, 400, query);
    assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
    assert.match(json.detail, sentence, query);
  }
  const both = await postJson(`${base}/search`, {
    bbox: [0, 0, 1, 1],
    intersects: { type: "Point", coordinates: [0, 0] },
  });
  assert.match(both.json.detail, /both given/);
  const broken = await getJson(`${base}/search`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: "{",
  });
  assert.deepEqual([broken.response.status, broken.json.detail], [400, "The request's body isn't JSON"]);
  const huge = await getJson(`${base}/search`, {
    method: "POST",
    body: JSON.stringify({ ids: ["x".repeat(1_100_000)] }),
  });
  assert.equal(huge.response.status, 413);
});

test("a limit above the greatest counts as the greatest", async (t) => {
  const base = await startServer(t);
  const { response, json } = await getJson(`${base}/search?limit=100000`);
  assert.deepEqual([response.status, json.features.length], [200, 26]);
});

test("what isn't there is 404 and a wrong method is 405", async (t) => {
  const base = await startServer(t);
  for (const path of [
    "/collections/x",
    "/collections/x/items",
    "/collections/lisbon/items/x",
    "/nothing",
    "/collections/lisbon/items/d1/assets/toString",
  ]) {
    const { response, json } = await getJson(`${base}${path}`);
    assert.equal(response.status, 404, path);
    assert.equal(json["code"], "not-found");
  }
  const { response } = await getJson(`${base}/collections`, { method: "DELETE" });
  assert.deepEqual([response.status, response.headers.get("allow")], [405, "GET, HEAD, OPTIONS"]);
  assert.equal((await getJson(`${base}/collections/%E0%A4%A`)).response.status, 400);
});

test("an item's asset is served by byte ranges, and its ETag is of the file as it lies there", async (t) => {
  const base = await startServer(t, { mount: "/a/b" });
  const { json: item } = await getJson(`${base}/collections/lisbon/items/d7`);
  const { tec } = item["assets"] as { tec: { href: string; "file:checksum": string } };
  assert.equal(tec.href, `${base}/collections/lisbon/items/d7/assets/tec`);
  const part = await fetch(tec.href, { headers: { Range: "bytes=2-5" } });
  assert.equal(part.status, 206);
  assert.deepEqual(new Uint8Array(await part.arrayBuffer()), bytesOf("d7").slice(2, 6));
  const etag = part.headers.get("etag") ?? "";
  assert.match(etag, /^"[\w-]+"$/);
  assert.equal(part.headers.get("content-type"), "application/vnd.tectile.tec-cog");
  // fetch adds no-cache to conditional requests unless told otherwise, and no-cache rules out a 304.
  const again = await fetch(tec.href, {
    headers: { "If-None-Match": etag, "Cache-Control": "max-age=0" },
  });
  assert.equal(again.status, 304);
  assert.equal((await fetch(tec.href, { headers: { Range: "bytes=99999-" } })).status, 416);
});

test("items offer tiles, TileJSON for each render and a preview", async (t) => {
  const base = await startServer(t);
  const { response, json } = await getJson(`${base}/collections/lisbon/items/d7`);
  assert.match(response.headers.get("content-type") ?? "", /^application\/geo\+json/);
  const self = `${base}/collections/lisbon/items/d7`;
  assert.equal(linkOf(json, "xyz")?.href, `${self}/tiles/WebMercatorQuad/{z}/{x}/{y}.png`);
  assert.equal(linkOf(json, "tilejson")?.href, `${self}/WebMercatorQuad/tilejson.json`);
  assert.ok(
    json.links.some(({ href }) =>
      href.includes("tilejson.json?assets=B08&assets=B04&expression=%28b1-b2%29%2F%28b1%2Bb2%29&rescale=-0.2%2C0.9"),
    ),
  );
  assert.ok((json["stac_extensions"] as string[]).some((url) => url.includes("web-map-links/v1.2.0")));
});

test("links follow the proxy's headers only where the proxy is trusted, and publicUrl always", async (t) => {
  const headers = { "X-Forwarded-Proto": "https", "X-Forwarded-Host": "maps.example.org", "X-Forwarded-Prefix": "/eo" };
  const self = async (base: string): Promise<string | undefined> =>
    linkOf((await getJson(`${base}/`, { headers })).json, "self")?.href;
  assert.equal(await self(await startServer(t, { trustProxy: true, mount: "/m" })), "https://maps.example.org/eo/m/");
  const plain = await startServer(t);
  assert.equal(await self(plain), `${plain}/`);
  assert.equal(
    await self(await startServer(t, { publicUrl: "https://tiles.example.org/x/" })),
    "https://tiles.example.org/x/",
  );
});

test("a forwarded protocol that is neither http nor https makes no links", async (t) => {
  const base = await startServer(t, { trustProxy: true });
  for (const protocol of ["javascript", "https://evil.example/?", '"><script>'])
    assert.equal(
      linkOf((await getJson(`${base}/`, { headers: { "X-Forwarded-Proto": protocol } })).json, "self")?.href,
      `${base}/`,
    );
});

test("a body nested so deep that recursion over it would overflow the stack is the client's mistake", async (t) => {
  const base = await startServer(t);
  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
  ] as const) {
    const depth = 50_000;
    const body = `{"limit":1,"extra":${open.repeat(depth)}1${close.repeat(depth)}}`;
    const { response, json } = await getJson(`${base}/search`, { method: "POST", body });
    assert.equal(response.status, 400);
    assert.equal(json.detail, "The request's body is nested more than 256 deep; wanted less");
  }
});

test("preflights are answered for any header and path", async (t) => {
  const base = await startServer(t);
  const response = await fetch(`${base}/search`, {
    method: "OPTIONS",
    headers: {
      Origin: "https://a.example",
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "authorization, x-y",
    },
  });
  assert.equal(response.status, 204);
  assert.equal(response.headers.get("access-control-allow-headers"), "authorization, x-y");
  assert.match(response.headers.get("access-control-allow-methods") ?? "", /POST/);
});

test("health and metrics come from the services", async (t) => {
  const base = await startServer(t, {
    readiness: async () => ({ ready: false, parts: { model: "loading" } }),
    metrics: async () => [
      { name: "tectile_tiles_total", help: "Tiles", type: "counter", value: 3, labels: { format: 'p"ng' } },
    ],
  });
  const { response, json } = await getJson(`${base}/healthz`);
  assert.deepEqual([response.status, json], [503, { status: "unavailable", model: "loading" }]);
  assert.match(
    await (await fetch(`${base}/metrics`)).text(),
    /# TYPE tectile_tiles_total counter\ntectile_tiles_total\{format="p\\"ng"\} 3\n/,
  );
  const { json: metrics } = await getJson(`${base}/metrics`, { headers: { Accept: "application/json" } });
  assert.equal((metrics["metrics"] as { value: number }[])[0]?.value, 3);
});
