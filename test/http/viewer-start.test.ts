import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { makeMosaicCatalog } from "../support/mosaic-catalog.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

let files: Workspace;
let catalog: string;
let server: TestServer;

before(async () => {
  files = await createWorkspace();
  catalog = await makeMosaicCatalog(files);
  const path = `${catalog}/place/collection.json`;
  const document = JSON.parse(await readFile(path, "utf8")) as { links: object[] };
  document.links.push({ rel: "derived_from", href: "../dates/collection.json" });
  await writeFile(path, JSON.stringify(document));
  server = await startServer({ catalog, basemap: "https://tiles.example.org/{z}/{x}/{y}.png" });
});
after(async () => {
  await server.close();
  await files.close();
});

interface Start {
  readonly basemap: object;
  readonly collections: readonly {
    readonly id: string;
    readonly attribution: string;
    readonly derived_from?: readonly string[];
  }[];
  readonly series: {
    readonly collection: string;
    readonly dates: readonly object[];
    readonly maxzoom: number;
    readonly bounds: readonly number[];
  };
}

const get = async <T>(path: string): Promise<T> => (await (await fetch(`${server.url}${path}`)).json()) as T;

test("one answer says what the collections, the dates and the TileJSON say", async () => {
  const start = await get<Start>("/viewer/start.json?collection=place");
  const { collections } = await get<{ collections: readonly { id: string }[] }>("/collections");
  const tileJson = await get<Record<string, unknown>>("/collections/place/WebMercatorQuad/tilejson.json");
  const { dates } = await get<{ dates: readonly object[] }>("/collections/place/dates");
  assert.deepEqual(
    start.collections.map(({ id }) => id),
    collections.map(({ id }) => id),
  );
  assert.deepEqual(start.series.dates, dates);
  assert.deepEqual([start.series.maxzoom, start.series.bounds], [tileJson["maxzoom"], tileJson["bounds"]]);
  assert.equal(start.collections.find(({ id }) => id === "place")?.attribution, tileJson["attribution"]);
  assert.equal((await get<Start>("/viewer/start.json?collection=none")).series.collection, start.collections[0]?.id);
});

test("a basemap's origin, and no other, may be asked for pictures", async () => {
  assert.deepEqual((await get<Start>("/viewer/start.json")).basemap, {
    url: "https://tiles.example.org/{z}/{x}/{y}.png",
    attribution: "",
    maxZoom: 19,
  });
  const policy = (await fetch(`${server.url}/?f=html`)).headers.get("content-security-policy") ?? "";
  for (const rule of ["img-src 'self' data: blob:", "connect-src 'self' data: blob:"])
    assert.ok(policy.includes(`${rule} https://tiles.example.org;`), policy);
  assert.equal(policy.match(/example\.org/g)?.length, 2);
  await assert.rejects(startServer({ catalog, basemap: "https://a.example/;script-src *" }), /basemap/);
});

test("a collection made from another names it", async () => {
  const { collections } = await get<Start>("/viewer/start.json");
  assert.deepEqual(collections.find(({ id }) => id === "place")?.derived_from, ["dates"]);
});
