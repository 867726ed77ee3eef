import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import express, { type RequestHandler } from "express";
import stacApiCatalog from "../../plugins/stac-api-catalog.js";
import { toItem } from "../../src/catalog/item.js";
import { present } from "../../src/core/assert.js";
import { InvalidRequestError, NotFoundError, UpstreamError } from "../../src/core/errors.js";
import { tectile } from "../../src/index.js";
import type { Catalog, StacJson } from "../../src/plugin.js";
import { describeItem } from "../support/catalog-fixtures.js";
import { makeDemoCatalog } from "../support/demo-catalog.js";
import { getJson } from "../support/http-app.js";
import { listen } from "../support/listen.js";

async function openCatalog(
  t: TestContext,
  url: string,
  options: Parameters<typeof stacApiCatalog>[0] = {},
): Promise<Catalog> {
  const catalog = await present(stacApiCatalog(options).catalogs?.["stac+http"], "the factory")(`stac+${url}`);
  t.after(() => catalog.close());
  return catalog;
}

/** A STAC API that answers as told, and counts. */
async function startApi(
  t: TestContext,
  answer: RequestHandler,
): Promise<{ url: string; requests: string[]; bodies: StacJson[] }> {
  const [requests, bodies]: [string[], StacJson[]] = [[], []];
  const app = express();
  app.use(express.json());
  app.use((request, _response, next) => {
    requests.push(`${request.method} ${request.url}`);
    if (request.method === "POST") bodies.push(request.body as StacJson);
    next();
  });
  app.use(answer);
  return { url: await listen(t, app), requests, bodies };
}

const feature = (id: string, href = `https://files.example.org/${id}.tif`): StacJson => {
  const json = toItem(describeItem(id)) as { assets: { tec: object } };
  return { ...json, assets: { tec: { ...json.assets.tec, href } } };
};

test("a Tectile over a Tectile draws the other's imagery, reading it by URL", async (t) => {
  const demo = await makeDemoCatalog(t);
  const near = await tectile({ catalog: demo.folder, provider: "cpu" });
  t.after(() => near.close());
  const origin = express().use("/origin", near);
  const first = await listen(t, origin);
  const far = await tectile({
    catalog: `stac+${first}/origin`,
    privateHosts: ["127.0.0.1"],
    provider: "cpu",
    plugins: [stacApiCatalog()],
  });
  t.after(() => far.close());
  const second = await listen(t, express().use(far));
  for (const path of [`items/${demo.items[0]}/`, ""]) {
    const tile = `/collections/demo/${path}tiles/WebMercatorQuad/${demo.tile}.png`;
    const [own, remote] = await Promise.all([fetch(`${first}/origin${tile}`), fetch(second + tile)]);
    assert.equal(remote.status, 200);
    assert.deepEqual(Buffer.from(await remote.arrayBuffer()), Buffer.from(await own.arrayBuffer()));
  }
  const { json } = await getJson(`${second}/collections/demo/items/${demo.items[0]}`);
  const ours = json.links.filter(({ rel }) => ["self", "root", "parent", "collection", "xyz"].includes(rel));
  assert.ok(ours.length >= 5 && ours.every(({ href }) => href.startsWith(second)), JSON.stringify(ours));
  const { tec } = json["assets"] as { tec: { href: string } };
  assert.ok(tec.href.startsWith(`${first}/origin/`), tec.href);
  const missing = await getJson(`${second}/collections/demo/items/nothing`);
  assert.equal(missing.response.status, 404);
  assert.match(missing.json.detail, /Item "nothing" isn't in collection "demo"/);
});

test("a Tectile over a Tectile draws a date that leans on another, whose file it reads beside", async (t) => {
  const demo = await makeDemoCatalog(t, ["2024-05-01T10:00:00Z", "2024-06-01T10:00:00Z"], { entropy: "tt" });
  const near = await tectile({ catalog: demo.folder, provider: "cpu" });
  t.after(() => near.close());
  const first = await listen(t, express().use(near));
  const far = await tectile({
    catalog: `stac+${first}`,
    provider: "cpu",
    plugins: [stacApiCatalog()],
    privateHosts: ["127.0.0.1"],
  });
  t.after(() => far.close());
  const second = await listen(t, express().use(far));
  const item = `/collections/demo/items/${demo.items[0]}`;
  const { json } = await getJson(first + item);
  const { tec } = json["assets"] as { tec: Record<string, unknown> };
  assert.deepEqual([tec["tec:entropy"], tec["tec:references"]], ["tt", ["scene-2024-05-01"]]);
  const tile = `${item}/tiles/WebMercatorQuad/${demo.tile}.png`;
  const [own, remote] = await Promise.all([fetch(first + tile), fetch(second + tile)]);
  assert.deepEqual([own.status, remote.status], [200, 200]);
  assert.deepEqual(Buffer.from(await remote.arrayBuffer()), Buffer.from(await own.arrayBuffer()));
  const beside = await fetch(`${first}${item}/scene-2024-05-01/scene-2024-05-01.tif`, {
    headers: { range: "bytes=0-3" },
  });
  assert.deepEqual([beside.status, await beside.text()], [206, "II*\0"]);
  const other = await fetch(`${first}${item}/scene-2024-06-01/scene-2024-06-01.tif`);
  assert.equal(other.status, 404);
});

test("answers are kept for a while, and concurrent questions are asked once", async (t) => {
  const { url, requests } = await startApi(t, (_request, response) => response.json({ type: "Collection", id: "c" }));
  const catalog = await openCatalog(t, url, { cacheS: 0.3 });
  await Promise.all([1, 2, 3].map(() => catalog.collection("c")));
  await catalog.collection("c");
  assert.deepEqual(requests, ["GET /collections/c"]);
  await new Promise((resolve) => setTimeout(resolve, 350));
  await catalog.collection("c");
  assert.equal(requests.length, 2);
});

test("kept answers are bounded by their number and length, the oldest go first", async (t) => {
  const { url, requests } = await startApi(t, (request, response) => response.json({ id: request.url.padEnd(1000) }));
  const catalog = await openCatalog(t, url, { maxAnswers: 3 });
  for (const id of ["a", "b", "c", "d", "b", "a"]) await catalog.collection(id);
  assert.deepEqual(
    requests.map((request) => request.slice(-1)),
    ["a", "b", "c", "d", "a"],
  );
  const short = await openCatalog(t, url, { maxCacheBytes: 2500 });
  requests.length = 0;
  for (const id of ["a", "b", "c", "b", "a"]) await short.collection(id);
  assert.deepEqual(
    requests.map((request) => request.slice(-1)),
    ["a", "b", "c", "a"],
  );
});

test("kept answers outlive a failing API, as long as they may; a missing thing is not a failure", async (t) => {
  let status = 200;
  const { url } = await startApi(t, (_request, response) =>
    response.status(status).json({ type: "Collection", id: "c" }),
  );
  const catalog = await openCatalog(t, url, { cacheS: 0, staleS: 0.3 });
  await catalog.collection("c");
  status = 503;
  assert.equal((await catalog.collection("c"))["id"], "c");
  await assert.rejects(catalog.collection("d"), /STAC API \/collections\/d: the API answered 503; wanted 200/);
  await new Promise((resolve) => setTimeout(resolve, 350));
  await assert.rejects(catalog.collection("c"), UpstreamError);
  status = 404;
  await assert.rejects(catalog.collection("c"), NotFoundError);
});

test("an API that hangs, sends too much, something else or nothing is an UpstreamError that says so", async (t) => {
  const { url } = await startApi(t, (request, response) => {
    if (request.url.endsWith("hangs")) return;
    if (request.url.endsWith("long")) return void response.json({ id: "x".repeat(5000) });
    response.type("html").send("<h1>Login</h1>");
  });
  const catalog = await openCatalog(t, url, { timeoutMs: 300, maxBytes: 4096 });
  const gone = await openCatalog(t, await closedPort());
  for (const [failing, message] of [
    [() => catalog.collection("hangs"), /no answer within 300 ms/],
    [() => catalog.collection("long"), /an answer of more than 4096 bytes/],
    [() => catalog.collection("login"), /the answer isn't STAC/],
    [() => gone.collection("c"), /can't be reached \(ECONNREFUSED\)/],
  ] as const) {
    await assert.rejects(failing, (error) => error instanceof UpstreamError && message.test(error.message));
  }
});

test("next links of GET and POST become tokens that only bring the token back", async (t) => {
  const links = [
    { rel: "next", href: "http://elsewhere.example/steal?token=next:abc&limit=1", method: "GET" },
    { rel: "next", href: "http://x/search", method: "POST", body: { token: "next:abc", collections: ["evil"] } },
    { rel: "next", href: "http://x/search", method: "POST", body: { next: "abc" } },
  ];
  let page = 0;
  const { url, requests, bodies } = await startApi(t, (_request, response) =>
    response.json({ type: "FeatureCollection", features: [feature("a")], links: [links[page]] }),
  );
  const catalog = await openCatalog(t, url, { cacheS: 0 });
  for (const expected of [{ token: "next:abc" }, { token: "next:abc" }, { next: "abc" }]) {
    const { next } = await catalog.search({ limit: 1 });
    await catalog.search({ limit: 1, token: present(next, "a token") });
    const { limit, sortby, ...rest } = present(bodies.at(-1), "a body");
    assert.deepEqual([limit, rest], [1, expected]);
    assert.ok(sortby !== undefined);
    page++;
  }
  assert.ok(requests.every((request) => request === "POST /search"));
  const forged = Buffer.from(JSON.stringify({ token: "x", collections: ["evil"] })).toString("base64url");
  await assert.rejects(catalog.search({ limit: 1, token: forged }), InvalidRequestError);
});

test("items of other kinds are passed over, and one that points into the server's own files is refused", async (t) => {
  const plain = { type: "Feature", stac_version: "1.0.0", id: "plain", collection: "lisbon", assets: {} };
  const local = feature("local", "file:///etc/passwd");
  const { url } = await startApi(t, (request, response) => {
    if (request.url === "/search") response.json({ features: [plain, local, feature("good")], links: [] });
    else response.json(local);
  });
  const catalog = await openCatalog(t, url);
  const page = await catalog.search({ limit: 10 });
  assert.deepEqual(
    page.items.map(({ id }) => id),
    ["good"],
  );
  await assert.rejects(catalog.item("lisbon", "local"), /Item local: asset "tec" lies at a local path; wanted a URL/);
});

test("ids can't leave their place in the path", async (t) => {
  const { url, requests } = await startApi(t, (_request, response) => response.status(404).json({}));
  const catalog = await openCatalog(t, url);
  for (const id of ["..", ".", "", "a/../../b", "a?x=1#y"]) await assert.rejects(catalog.collection(id), NotFoundError);
  assert.deepEqual(requests, ["GET /collections/a%2F..%2F..%2Fb", "GET /collections/a%3Fx%3D1%23y"]);
});

/** A URL where nothing listens any more. */
async function closedPort(): Promise<string> {
  const cleanups: (() => void)[] = [];
  const url = await listen({ after: (work) => void cleanups.push(work) }, express());
  for (const work of cleanups) work();
  return url;
}
