import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeMosaicCatalog, placeAt, tileOf } from "../support/mosaic-catalog.js";
import { readNpy } from "../support/npy.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

let files: Workspace;
let server: TestServer;
let catalog: string;

before(async () => {
  files = await createWorkspace();
  catalog = await makeMosaicCatalog(files);
  server = await startServer({ catalog });
});
after(async () => {
  await server.close();
  await files.close();
});

interface Registered {
  readonly id: string;
  readonly links: readonly { readonly rel: string; readonly href: string }[];
}

async function register(body: unknown, url = server.url): Promise<Response> {
  return fetch(`${url}/searches/register`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function registered(body: unknown): Promise<Registered> {
  const response = await register(body);
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Registered;
}

test("a registered search answers with an id and links, equal searches with equal ids", async () => {
  const body = { collections: ["place"], datetime: "2024-01-01/2024-02-28", metadata: { name: "winter" } };
  const { id, links } = await registered(body);
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal((await registered(Object.fromEntries(Object.entries(body).toReversed()))).id, id);
  assert.notEqual((await registered({ ...body, datetime: "2024" })).id, id);
  const tilejson = links.find(({ rel }) => rel === "tilejson")?.href.replace("{tileMatrixSetId}", "WebMercatorQuad");
  const json = (await (await fetch(tilejson ?? "")).json()) as { name: string; tiles: string[]; maxzoom: number };
  assert.equal(json.name, "winter");
  assert.equal(json.maxzoom, 13);
  assert.equal(json.tiles[0], `${server.url}/searches/${id}/tiles/WebMercatorQuad/{z}/{x}/{y}.png`);
  const info = (await (await fetch(links.find(({ rel }) => rel === "metadata")?.href ?? "")).json()) as {
    search: { hash: string; search: unknown };
  };
  assert.equal(info.search.hash, id);
  assert.deepEqual(info.search.search, { collections: ["place"], datetime: "2024-01-01/2024-02-28" });
});

test("its tiles show what the search finds and nothing else", async () => {
  const { path, x, y } = tileOf(placeAt(98, 98), 14);
  const value = async (body: unknown, query = ""): Promise<number | undefined> => {
    const { id } = await registered(body);
    const response = await fetch(`${server.url}/searches/${id}/${path}.npy?assets=B08${query}`);
    return response.status === 204 ? undefined : readNpy(new Uint8Array(await response.arrayBuffer())).at(0, y, x);
  };
  const about = (wanted: number, got: number | undefined): void =>
    assert.ok(got !== undefined && Math.abs(got - wanted) < 300, `${got}, about ${wanted} wanted`);
  about(2000, await value({ collections: ["place"], datetime: "2024-01-01/2024-02-28" }));
  about(1000, await value({ ids: ["place_2024-01-10"] }));
  about(1000, await value({ collections: ["place"], datetime: "2024-01-01/2024-02-28" }, "&datetime=2024-01-20"));
  const [lon, lat] = placeAt(64, 64);
  about(
    3000,
    await value(
      { collections: ["place"], bbox: [lon - 1, lat - 1, lon + 1, lat + 1] },
      "&pixel_selection=clear_newest",
    ),
  );
  assert.equal(await value({ collections: ["place"], bbox: [10, 10, 11, 11] }), undefined);
});

test("searches survive a restart, and another server on the same catalog knows them", async () => {
  const { id } = await registered({ collections: ["place"], datetime: "2024-03-10" });
  assert.deepEqual(
    (await readdir(join(catalog, ".searches"))).filter((name) => !name.endsWith(".json")),
    [],
  );
  const second = await startServer({ catalog });
  const info = (await (await fetch(`${second.url}/searches/${id}/info`)).json()) as { search: { hash: string } };
  assert.equal(info.search.hash, id);
  const third = await registered({ collections: ["place"], datetime: "2024-03" });
  assert.equal((await fetch(`${second.url}/searches/${third.id}/info`)).status, 200);
  await second.close();
});

test("a search without results: empty tiles and a TileJSON that says so", async () => {
  const { id } = await registered({ collections: ["nowhere"], bbox: [5, 45, 6, 46] });
  const { path } = tileOf(placeAt(64, 64), 14);
  const tile = await fetch(`${server.url}/searches/${id}/${path}.png`);
  assert.equal(tile.status, 204);
  assert.equal((await tile.arrayBuffer()).byteLength, 0);
  const json = (await (await fetch(`${server.url}/searches/${id}/WebMercatorQuad/tilejson.json`)).json()) as {
    description: string;
    bounds: number[];
  };
  assert.match(json.description, /No item is found/);
  assert.deepEqual(json.bounds, [5, 45, 6, 46]);
});

test("wrong searches get one sentence, and nothing is stored", async () => {
  const before = (await readdir(join(catalog, ".searches"))).length;
  const cases: readonly [unknown, RegExp][] = [
    [[1], /isn't a JSON object/],
    [{ bbox: [1, 2] }, /bbox/],
    [{ datetime: "2024-06-01/2024-01-01" }, /ends before it begins/],
    [{ filter: { op: "=" } }, /wanted an array "args"/],
    [{ metadata: 5 }, /metadata/],
  ];
  for (const [body, message] of cases) {
    const response = await register(body);
    assert.equal(response.status, 400);
    assert.match(((await response.json()) as { detail: string }).detail, message);
  }
  assert.equal((await readdir(join(catalog, ".searches"))).length, before);
  for (const id of ["0".repeat(32), "..%2f..%2fcatalog", "x"])
    assert.equal((await fetch(`${server.url}/searches/${id}/info`)).status, 404, id);
});

test("dates: one entry a UTC day, oldest first, with how clear it is", async () => {
  const get = async (path: string): Promise<{ dates: { datetime: string; items: number; clear_percent?: number }[] }> =>
    (await (await fetch(`${server.url}${path}`)).json()) as never;
  const { dates } = await get("/collections/place/dates");
  assert.deepEqual(
    dates.map(({ datetime, clear_percent }) => [datetime.slice(0, 10), clear_percent]),
    [
      ["2024-01-10", 100],
      ["2024-02-10", 50],
      ["2024-03-10", 50],
      ["2024-04-10", 0],
    ],
  );
  assert.deepEqual(
    (await get("/collections/pair/dates")).dates.map(({ items }) => items),
    [2],
  );
  assert.equal((await get("/collections/unclassified/dates")).dates[0]?.clear_percent, undefined);
  assert.equal((await get("/collections/place/dates?datetime=2024-02-01/2024-03-31")).dates.length, 2);
  assert.deepEqual((await get("/collections/place/dates?bbox=10,10,11,11")).dates, []);
  assert.equal((await fetch(`${server.url}/collections/none/dates`)).status, 404);
  assert.equal((await fetch(`${server.url}/collections/place/dates?bbox=1,2`)).status, 400);
});

interface Point {
  readonly assets: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

test("a search's points, statistics and tilesets are those of the collection, of what it finds", async () => {
  const { id } = await registered({ collections: ["place"], datetime: "2024-01-01/2024-02-28" });
  const search = `${server.url}/searches/${id}`;
  const collection = `${server.url}/collections/place`;
  const place = placeAt(64, 64).join(",");
  const get = async <T>(url: string, body?: unknown): Promise<T> => {
    const response = await fetch(url, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });
    assert.equal(response.status, 200, `${url}: ${await response.clone().text()}`);
    return (await response.json()) as T;
  };
  const found = await get<Point>(`${search}/point/${place}?assets=B08`);
  assert.deepEqual(
    found.assets.map(({ name }) => name),
    ["place/place_2024-02-10", "place/place_2024-01-10"],
  );
  const dated = await get<Point>(`${collection}/point/${place}?assets=B08&datetime=2024-01-01/2024-02-28`);
  assert.deepEqual(found.assets, dated.assets);
  const ring = [placeAt(60, 60), placeAt(80, 60), placeAt(80, 80), placeAt(60, 60)];
  const area = { type: "Polygon", coordinates: [ring] };
  assert.deepEqual(
    await get(`${search}/statistics?assets=B08`, area),
    await get(`${collection}/statistics?assets=B08&datetime=2024-01-01/2024-02-28`, area),
  );
  // What it finds lies inside its own shape too.
  const [lon, lat] = placeAt(64, 64);
  const elsewhere = await registered({ collections: ["place"], bbox: [lon + 20, lat, lon + 21, lat + 1] });
  const none = `${server.url}/searches/${elsewhere.id}`;
  assert.deepEqual((await get<Point>(`${none}/point/${place}?assets=B08`)).assets, []);
  const { properties } = await get<{ properties: { series: unknown[] } }>(`${none}/statistics?assets=B08`, area);
  assert.deepEqual(properties.series, []);

  const { tilesets } = await get<{ tilesets: { links: { rel: string; href: string }[] }[] }>(`${search}/tiles`);
  const { href } = tilesets[0]?.links.find(({ rel }) => rel === "self") ?? { href: "" };
  const tileset = await get<{ links: { rel: string; href: string }[] }>(href);
  const { path } = tileOf(placeAt(98, 98), 13);
  const item = tileset.links.find(({ rel }) => rel === "item")?.href ?? "";
  const [z = "", x = "", y = ""] = path.split("/").slice(-3);
  const tile = item.replace("{tileMatrix}", z).replace("{tileCol}", x).replace("{tileRow}", y);
  assert.equal((await fetch(tile)).status, 200, tile);
});

test("items at a point, in a box or tile, of a collection and of a search", async () => {
  const { id } = await registered({ collections: ["place"], datetime: "2024-01-01/2024-02-28" });
  const names = async (path: string): Promise<readonly string[]> => {
    const response = await fetch(server.url + path);
    assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
    const items = (await response.json()) as { id: string; collection: string; assets: object }[];
    assert.ok(items.every((item) => item.collection === "place" && Object.keys(item.assets).length > 10));
    return items.map((item) => item.id);
  };
  const { path } = tileOf(placeAt(98, 98), 14);
  const place = placeAt(64, 64).join(",");
  const box = [...placeAt(60, 80), ...placeAt(80, 60)].join(",");
  for (const where of [`point/${place}`, `bbox/${box}`, path]) {
    const all = await names(`/collections/place/${where}/assets`);
    assert.deepEqual(all.slice(-2), ["place_2024-02-10", "place_2024-01-10"], where);
    assert.deepEqual(await names(`/searches/${id}/${where}/assets`), all.slice(-2), where);
    assert.deepEqual(await names(`/collections/place/${where}/assets?sortby=datetime&items_limit=1`), all.slice(-1));
  }
  assert.deepEqual(await names("/collections/place/point/100,10/assets"), []);
  assert.deepEqual(await names(`/collections/place/${path}/assets?scan_limit=1`), ["place_2024-04-10"]);
});

test("searches are listed in the order of sortby, page by page", async () => {
  const { id } = await registered({ collections: ["place"], metadata: { name: "~last" } });
  const page = async (query: string) =>
    (await (await fetch(`${server.url}/searches/list?${query}`)).json()) as {
      searches: { search: { hash: string; usecount: number } }[];
      links: { rel: string; href: string }[];
    };
  const { path } = tileOf(placeAt(98, 98), 14);
  for (let use = 0; use < 40; use++) await (await fetch(`${server.url}/searches/${id}/${path}.png`)).arrayBuffer();
  const [first] = (await page("sortby=-usecount&limit=1")).searches;
  assert.deepEqual([first?.search.hash, first?.search.usecount], [id, 40]);
  assert.equal((await page("sortby=-lastused&limit=1")).searches[0]?.search.hash, id);
  const all = (await page("sortby=%2Bname,-hash")).searches.map(({ search }) => search.hash);
  const paged: string[] = [];
  let href: string | undefined = `${server.url}/searches?sortby=name,-hash&limit=2`;
  while (href !== undefined) {
    const { searches, links } = (await (await fetch(href)).json()) as Awaited<ReturnType<typeof page>>;
    paged.push(...searches.map(({ search }) => search.hash));
    href = links.find(({ rel }) => rel === "next")?.href;
  }
  assert.deepEqual(paged, all);
  assert.equal((await fetch(`${server.url}/searches?sortby=-`)).status, 400);
});
