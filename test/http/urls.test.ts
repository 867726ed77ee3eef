import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { after, before, test, type TestContext } from "node:test";
import type { ConfigInput } from "../../src/app/config.js";
import { listen } from "../support/listen.js";
import { startRangeServer, type RangeServer } from "../support/range-server.js";
import { makeSceneCatalog, SCENE } from "../support/scene-catalog.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

const JANUARY = `/collections/${SCENE.collection}/items/scene_2024-01-10`;
let files: Workspace;
let catalog: string;
/** Whose items and files are read by URL. */
let origin: TestServer;
/** Files beside it, and whom they are asked of. */
let store: RangeServer;
let server: TestServer;

before(async () => {
  files = await createWorkspace();
  catalog = await makeSceneCatalog(files);
  origin = await startServer({ catalog, pixelThreads: 1 });
  store = await startRangeServer();
  server = await startServer({
    catalog,
    pixelThreads: 1,
    privateUrlHosts: [origin, { url: store.origin }].map(({ url }) => new URL(url).host),
  });
});
after(async () => {
  await server.close();
  await origin.close();
  await store.close();
  await files.close();
});

const ask = (path: string, url: string, query = "", init: RequestInit = {}, at = server): Promise<Response> =>
  fetch(`${at.url}/${path}?url=${encodeURIComponent(url)}&${query}`, init);

async function problem(path: string, url: string, at = server): Promise<{ status: number; detail: string }> {
  const response = await ask(path, url, "", {}, at);
  const text = await response.text();
  return { status: response.status, detail: (JSON.parse(text) as { detail: string }).detail };
}

const RING = [
  [3.005, 42.445],
  [3.02, 42.445],
  [3.02, 42.43],
  [3.005, 42.445],
];
const AREA: RequestInit = { method: "POST", body: JSON.stringify({ type: "Polygon", coordinates: [RING] }) };
const PICTURES = [
  ["tiles/WebMercatorQuad/12/2082/1513.png", ""],
  ["tiles/WebMercatorQuad/13/4164/3026@2x.webp", "render=ndvi"],
  ["tiles/WebMercatorQuad/12/2082/1513.npy", "bidx=4&bidx=8"],
  ["tiles/12/2082/1513", "expression=b8/b4&rescale=0,5"],
  ["tiles/WorldCRS84Quad/11/2082/541", ""],
  ["preview.npy", "assets=B04&max_size=128"],
  ["preview/64x64.png", "assets=B08&rescale=0,4000&colormap_name=viridis"],
  ["bbox/3.005,42.43,3.02,42.44.tif", "assets=B08"],
  ["feature.npy", "assets=B08&max_size=100", AREA],
] as const;
const DOCUMENTS = [
  ["info", "assets=B04"],
  ["info.geojson", ""],
  ["assets", ""],
  ["statistics", "assets=B04&max_size=256"],
  ["statistics", "assets=B04", AREA],
  ["asset_statistics", "assets=B04&max_size=256"],
  ["point/3.02,42.43", "assets=B04"],
  ["renders", ""],
  ["renders/ndvi", ""],
  ["tiles", ""],
  ["tiles/WebMercatorQuad", ""],
  ["WebMercatorQuad/tilejson.json", "assets=B04"],
  ["WMTSCapabilities.xml", "assets=B04"],
] as const;

const LINK = /https?:\/\/127[^"<\s]+/g;

/** Links as if they led nowhere in particular, and to no item in particular. */
const withoutPlace = (text: string): string =>
  text.replaceAll(LINK, (link) => {
    const { pathname, searchParams } = new URL(link.replaceAll("&amp;", "&"));
    searchParams.delete("url");
    return `${pathname.replace(/^\/stac|^\/collections\/[^/]+\/items\/[^/]+/, "")}?${searchParams}`;
  });

test("pictures of an item and of its file at a URL are the catalog's own, byte for byte", async () => {
  const url = `${origin.url}${JANUARY}`;
  for (const [path, query, init] of PICTURES) {
    const wanted = await fetch(`${origin.url}${JANUARY}/${path}?${query}`, init);
    const bytes = Buffer.from(await wanted.arrayBuffer());
    assert.equal(wanted.status, wanted.status === 204 ? 204 : 200, path);
    for (const [kind, place] of [
      ["stac", url],
      ["cog", `${url}/assets/tec`],
    ] as const) {
      const response = await ask(`${kind}/${path}`, place, query, init);
      const got = Buffer.from(await response.arrayBuffer());
      assert.equal(response.status, wanted.status, `${kind} ${path}: ${got.toString().slice(0, 300)}`);
      assert.deepEqual(got, bytes, `${kind} ${path}`);
      if (init !== undefined) continue;
      const known = { headers: { "If-None-Match": response.headers.get("etag") ?? "" } };
      assert.equal((await ask(`${kind}/${path}`, place, query, known)).status, 304, path);
    }
  }
});

test("what is told of an item at a URL is what its catalog tells, with links that lead here again", async () => {
  const url = `${origin.url}${JANUARY}`;
  for (const [path, query, init] of DOCUMENTS) {
    const wanted = await (await fetch(`${origin.url}${JANUARY}/${path}?${query}`, init)).text();
    const response = await ask(`stac/${path}`, url, query, init);
    const got = await response.text();
    assert.equal(response.status, 200, `${path}: ${got}`);
    // A collection's attribution is its catalog's to say.
    assert.equal(withoutPlace(got), withoutPlace(wanted.replace(/"attribution":"[^"]*",/, "")), path);
    const links = [...got.replaceAll("&amp;", "&").matchAll(LINK)]
      .map(([link]) => link)
      .filter((link) => link.includes("/stac/"));
    assert.ok(
      links.every((link) => new URL(link).searchParams.get("url") === url),
      path,
    );
  }
  const tilejson = (await (
    await ask("stac/WebMercatorQuad/tilejson.json", url, "assets=B04&rescale=0,4000")
  ).json()) as {
    tiles: string[];
  };
  const tile = (tilejson.tiles[0] ?? "").replace("{z}", "12").replace("{x}", "2082").replace("{y}", "1513");
  assert.equal((await fetch(tile)).status, 200, tile);
});

interface Item {
  readonly id: string;
  readonly assets: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** January's document, as a store would have it beside its file. */
async function documentOf(tec: Readonly<Record<string, unknown>>): Promise<Item> {
  const item = (await (await fetch(`${origin.url}${JANUARY}`)).json()) as Item;
  return { ...item, assets: { tec: { ...item.assets["tec"], ...tec } } };
}

function put(path: string, content: Uint8Array | object): string {
  store.files.set(path, content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content)));
  return `${store.origin}${path}`;
}

const tecOf = async (id: string): Promise<Uint8Array> =>
  readFile((await origin.services.catalog.item(SCENE.collection, id)).href);

/** A server of the same catalog with these settings. */
async function startWith(t: TestContext, settings: ConfigInput): Promise<TestServer> {
  const other = await startServer({ catalog, pixelThreads: 1, ...settings });
  t.after(() => other.close());
  return other;
}

test("url is off unless a setting names hosts", async () => {
  for (const kind of ["stac", "cog"]) {
    const { status, detail } = await problem(`${kind}/info`, `${origin.url}${JANUARY}`, origin);
    assert.equal(status, 403);
    assert.match(detail, /is off here: the setting urlHosts/);
  }
  const paths = async (at: TestServer): Promise<readonly string[]> =>
    Object.keys(((await (await fetch(`${at.url}/api`)).json()) as { paths: object }).paths);
  const isUrl = (path: string): boolean => /^\/(stac|cog)\//.test(path);
  assert.equal((await paths(origin)).some(isUrl), false);
  assert.ok((await paths(server)).filter(isUrl).length > 40);
});

test("what isn't a URL is a 400, a host that isn't listed a 403 that lists them; nobody is asked", async (t) => {
  let asked = 0;
  const elsewhere = await listen(t, (_, response) => {
    asked++;
    response.end("{}");
  });
  for (const kind of ["stac/info", "cog/preview.png", "stac/tiles/WebMercatorQuad/12/2082/1513"]) {
    for (const url of [
      "",
      "x.tif",
      "/etc/passwd",
      "file:///etc/passwd",
      "s3://bucket/x.tif",
      "http://",
      "http://[::1]/",
    ])
      assert.equal((await ask(kind, url)).status, 400, url);
    const twice = await fetch(`${server.url}/${kind}?url=${store.origin}/a&url=${store.origin}/b`);
    assert.equal(twice.status, 400);
    for (const url of [elsewhere, "https://example.org/x.tif", "http://169.254.169.254/latest", "http://0x7f000001/"]) {
      const { status, detail } = await problem(kind, `${url}/x`);
      assert.equal(status, 403, url);
      assert.ok(detail.includes(new URL(url).host) && detail.includes(new URL(store.origin).host), detail);
      assert.match(detail, /wanted one of .* \(the setting urlHosts\)/);
    }
  }
  assert.equal(asked, 0);
});

test("a host that is listed may not lie at a private address, nor lead to another by a redirect or an asset", async (t) => {
  const secret: string[] = [];
  const answer: RequestListener = (request, response) => {
    secret.push(request.url ?? "");
    response.end("{}");
  };
  const inner = await listen(t, answer);
  const named = inner.replace("127.0.0.1", "localhost");
  const any = await startWith(t, { urlHosts: ["*"], remoteHosts: ["*"], privateHosts: ["localhost", "127.0.0.1"] });
  for (const kind of ["stac/info", "cog/info"]) {
    // privateHosts are the catalog's own.
    for (const url of [named, inner, "http://169.254.169.254/latest"]) {
      const { status, detail } = await problem(kind, `${url}/x`, any);
      assert.equal(status, 403, url);
      assert.match(detail, /lies at a private address; wanted a public one/);
    }
  }
  for (const code of [301, 302, 303, 307, 308]) {
    const redirecting = await startRangeServer((request, response) => {
      if (request.url !== "/moved") return false;
      response.writeHead(code, { location: `${inner}/secret` }).end();
      return true;
    });
    t.after(() => redirecting.close());
    const allowed = await startWith(t, { privateUrlHosts: [new URL(redirecting.origin).host], privateHosts: ["*"] });
    for (const kind of ["stac/info", "cog/info"]) {
      const { status, detail } = await problem(kind, `${redirecting.origin}/moved`, allowed);
      assert.equal(status, 403, detail);
      assert.ok(detail.includes(new URL(inner).host), detail);
    }
    redirecting.files.set("/item.json", Buffer.from(JSON.stringify(await documentOf({ href: "/moved" }))));
    const { status } = await problem("stac/preview.png", `${redirecting.origin}/item.json`, allowed);
    assert.equal(status, 403);
  }
  for (const href of [`${inner}/secret.tif`, "file:///etc/passwd", "s3://bucket/x.tif"]) {
    const url = put("/led-away.json", await documentOf({ href }));
    const at = await startWith(t, { privateUrlHosts: [new URL(store.origin).host], privateHosts: ["*"] });
    const { status, detail } = await problem("stac/preview.png", url, at);
    assert.equal(status, 403, detail);
  }
  assert.deepEqual(secret, []);
});

test("what a URL leads to is refused in a sentence where it can't be shown", async () => {
  const plain = await readFile(files.path("scene-dates/scene_2024-01-10.tif"));
  const tec = Buffer.from(await tecOf("scene_2024-01-10"));
  const wkt = `PROJCRS["${"x".repeat(20_000)}"]`;
  const { properties, ...document } = await documentOf({});
  const cases: readonly [kind: string, url: string, status: number, said: RegExp][] = [
    ["cog", put("/plain.tif", plain), 422, /no TEC-COG; wanted one, which "tectile encode" makes/],
    ["cog", `${origin.url}${JANUARY}/assets/B04.tif`, 422, /no TEC-COG/],
    ["cog", `${origin.url}${JANUARY}`, 422, /TIFF/],
    ["cog", put("/cut.tif", tec.subarray(0, 3000)), 422, /truncated/],
    ["cog", `${store.origin}/none.tif`, 404, /none.tif/],
    ["stac", put("/scene.tif", tec), 400, /isn't JSON; wanted a STAC Item/],
    ["stac", put("/none.json", {}), 422, /item/],
    ["stac", put("/deep.json", Buffer.from("[".repeat(500_000))), 400, /JSON/],
    [
      "stac",
      put("/nested.json", Buffer.from(`{"geometry":${"[".repeat(300_000)}${"]".repeat(300_000)}}`)),
      422,
      /item/,
    ],
    ["stac", put("/large.json", Buffer.alloc(2 ** 20 + 1, " ")), 400, /more than 1048576 bytes/],
    ["stac", put("/sentinel.json", { ...document, properties, assets: { B04: { href: "./B04.tif" } } }), 422, /tec/],
    [
      "stac",
      put("/crs.json", { ...document, properties: { ...properties, "proj:code": null, "proj:wkt2": wkt } }),
      422,
      /characters/,
    ],
  ];
  for (const [kind, url, wanted, said] of cases) {
    const { status, detail } = await problem(`${kind}/preview.png`, url);
    assert.equal(status, wanted, `${url}: ${detail}`);
    assert.match(detail, said, url);
  }
});

test("an item at a URL that says it is the catalog's shows in none of its pictures, and takes no place in its memory", async (t) => {
  put("/other.tif", await tecOf("scene_2024-04-10"));
  const url = put("/forged.json", await documentOf({ href: "./other.tif" }));
  const fresh = await startWith(t, { privateUrlHosts: [new URL(store.origin).host], urlLatentsBytes: 3_000_000 });
  const tile = "tiles/WebMercatorQuad/12/2082/1513.npy";
  const forged = await ask(`stac/${tile}`, url, "assets=B04", {}, fresh);
  assert.equal(forged.status, 200);
  assert.equal(fresh.services.reader.stats().latents.entries, 0);
  assert.equal(fresh.services.reader.stats().headers, 0);
  for (const query of ["assets=B01", "assets=B02", "assets=B03"])
    await (await ask("stac/preview.npy", url, query, {}, fresh)).arrayBuffer();
  const { bytes, maxBytes } = fresh.services.openedUrls.reader.stats().latents;
  assert.ok(bytes > 0 && bytes <= maxBytes && maxBytes === 3_000_000);
  const own = await fetch(`${fresh.url}${JANUARY}/${tile}?assets=B04`);
  const wanted = await fetch(`${origin.url}${JANUARY}/${tile}?assets=B04`);
  const [theirs, mine, known] = await Promise.all(
    [forged, own, wanted].map(async (response) => Buffer.from(await response.arrayBuffer())),
  );
  assert.deepEqual(mine, known);
  assert.notDeepEqual(theirs, mine);
  assert.notEqual(forged.headers.get("etag"), own.headers.get("etag"));
  // Of a catalog whose files lie at URLs too, the checksum alone tells items apart: one of a document is hexadecimal.
  const { checksum } = await fresh.services.openedUrls.catalog.item("stac", url);
  assert.ok(checksum.endsWith(` at ${store.origin}/other.tif`), checksum);
});

test("a file that is replaced at its URL shows as it is by now", async (t) => {
  const url = put("/replaced.tif", await tecOf("scene_2024-01-10"));
  const at = await startWith(t, { privateUrlHosts: [new URL(store.origin).host], urlLatentsBytes: 0 });
  const picture = async (query: string): Promise<Buffer> => {
    const response = await ask("cog/preview.npy", url, query, {}, at);
    assert.equal(response.status, 200, await response.clone().text());
    return Buffer.from(await response.arrayBuffer());
  };
  const first = await picture("assets=B04");
  put("/replaced.tif", await tecOf("scene_2024-04-10"));
  const second = await picture("assets=B08");
  const wanted = await fetch(`${origin.url}${JANUARY.replace("01-10", "04-10")}/preview.npy?assets=B08`);
  assert.deepEqual(second, Buffer.from(await wanted.arrayBuffer()));
  assert.notDeepEqual(await picture("assets=B04"), first);
});
