import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { test } from "node:test";
import express from "express";
import { parseConfig, type ConfigInput } from "../../src/app/config.js";
import { createServices } from "../../src/app/services.js";
import { createTectile } from "../../src/http/tectile.js";
import { listen } from "../support/listen.js";
import { SCENE } from "../support/scene-catalog.js";
import { viewerScript } from "../support/viewer-script.js";
import { useSceneServer } from "../support/scene-server.js";

const server = useSceneServer();

const ITEM = `/collections/${SCENE.collection}/items/scene_2024-01-10`;
const TILE = `/collections/${SCENE.collection}/tiles/WebMercatorQuad/12/2082/1513.png`;
const TOKEN = "a-token-of-enough-letters";
const KEY = "a-key-of-enough-letters";

/** As `tectile serve` builds it, with the setting's own trust in proxies. */
async function serve(t: { after(work: () => Promise<void>): void }, settings: ConfigInput): Promise<string> {
  const config = parseConfig({ provider: "cpu", catalog: server.catalog, ...settings });
  const services = await createServices(config);
  const app = express();
  app.set("trust proxy", config.trustProxy);
  app.use(await createTectile(services));
  const stops: (() => void)[] = [];
  const url = await listen({ after: (work) => stops.push(work) }, app);
  t.after(async () => {
    for (const stop of stops) stop();
    await services.close();
  });
  return url;
}

test("every answer says that its type is its type, that nothing in it runs, and who may frame it", async () => {
  const paths = [
    "/",
    "/?f=html",
    "/?f=json",
    "/api",
    "/api.html",
    "/search",
    "/healthz",
    "/livez",
    "/metrics",
    "/none",
    TILE,
    ITEM,
  ];
  const script = await viewerScript(server.url);
  for (const path of [...paths, `${ITEM}/assets/tec`, script, "/viewer/start.json", "/colorMaps"]) {
    const response = await fetch(`${server.url}${path}`);
    await response.arrayBuffer();
    assert.equal(response.headers.get("x-content-type-options"), "nosniff", path);
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.match(policy, /^default-src 'none'/, path);
    assert.ok(policy.includes("frame-ancestors 'self'") || policy.includes("sandbox"), path);
    assert.doesNotMatch(policy, /script-src[^;]*('unsafe|\*|https?:)/, path);
  }
  const page = await fetch(`${server.url}/?f=html`);
  const html = await page.text();
  const inline = [...html.matchAll(/<script[^>]*>([\s\S]+?)<\/script>/g)].map(([, text = ""]) => text);
  assert.equal(inline.length, 1);
  const digest = createHash("sha256")
    .update(inline[0] ?? "")
    .digest("base64");
  assert.ok((page.headers.get("content-security-policy") ?? "").includes(`'sha256-${digest}'`));
});

test("files that a browser would run are downloads, whatever type their item states", async (t) => {
  const folder = `${server.catalog}/${SCENE.collection}/scene_2024-04-10`;
  const document = `${folder}/scene_2024-04-10.json`;
  const text = await readFile(document, "utf8");
  const listing = `${server.catalog}/${SCENE.collection}/collection.json`;
  const listed = await readFile(listing, "utf8");
  t.after(async () => {
    await writeFile(document, text);
    await writeFile(listing, listed);
  });
  const types: readonly (string | undefined)[] = [
    "text/html",
    "TEXT/HTML; charset=utf-8",
    "image/svg+xml",
    "application/xhtml+xml",
    "application/xml",
    "text/xml",
    "text/javascript",
    "application/pdf",
    "text/html\r\nX-Evil: 1",
    "nonsense",
    undefined,
  ];
  const json = JSON.parse(text) as { assets: Record<string, object> };
  await writeFile(`${folder}/page.html`, "<script>alert(1)</script>");
  await writeFile(`${folder}/thumb.png`, "png");
  await symlink("/etc/passwd", `${folder}/outside.txt`);
  await mkdir(server.files.path("elsewhere"), { recursive: true });
  await writeFile(server.files.path("elsewhere/secret.json"), "{}");
  await symlink(server.files.path("elsewhere"), `${folder}/linked`);
  for (const [k, type] of types.entries())
    json.assets[`t${k}`] = { href: "./page.html", ...(type === undefined ? {} : { type }) };
  json.assets["thumb"] = { href: "./thumb.png", type: "image/png" };
  json.assets["passwd"] = { href: "./outside.txt", type: "text/plain" };
  json.assets["linked"] = { href: "./linked/secret.json", type: "application/json" };
  await writeFile(document, JSON.stringify(json));
  await writeFile(listing, listed.replaceAll(/"file:checksum": "[0-9a-f]+"/g, '"file:checksum": "1220"'));
  const url = await serve(t, {});
  const assets = `${url}/collections/${SCENE.collection}/items/scene_2024-04-10/assets`;
  for (const k of types.keys()) {
    const response = await fetch(`${assets}/t${k}`);
    assert.equal(response.status, 200, await response.text());
    assert.match(response.headers.get("content-disposition") ?? "", /^attachment; filename="page.html"$/, types[k]);
    assert.match(response.headers.get("content-security-policy") ?? "", /sandbox/);
    assert.equal(response.headers.get("x-evil"), null);
  }
  const thumb = await fetch(`${assets}/thumb`);
  assert.equal(thumb.headers.get("content-disposition"), null);
  for (const name of ["passwd", "linked"]) {
    const response = await fetch(`${assets}/${name}`);
    assert.equal(response.status, 404, name);
    assert.doesNotMatch(await response.text(), /root:|\/etc/);
  }
  const wider = await serve(t, { linkedFolders: [server.files.path("elsewhere")] });
  assert.equal((await fetch(`${assets.replace(url, wider)}/linked`)).status, 200);
  assert.equal((await fetch(`${assets.replace(url, wider)}/passwd`)).status, 404);
  await rm(`${folder}/linked`);
});

test("imagery behind a link that leads outside, or on a host that isn't allowed, is not read", async (t) => {
  const item = await server.services.catalog.item(SCENE.collection, "scene_2024-01-10");
  await symlink(item.href, `${server.catalog}/inside.tif`);
  await writeFile(server.files.path("outside.tif"), await readFile(item.href));
  await symlink(server.files.path("outside.tif"), `${server.catalog}/outside.tif`);
  const { openStore } = server.services;
  await (await openStore(`${server.catalog}/inside.tif`)).close();
  await assert.rejects(openStore(`${server.catalog}/outside.tif`), /outside the catalog/);
  await assert.rejects(openStore("/etc/passwd"), /outside the catalog/);
  await assert.rejects(openStore("file:///etc/passwd"), /outside the catalog/);
  let asked = 0;
  const bytes = await readFile(item.href);
  const inner = await listen(t, (_, response) => {
    asked++;
    response.writeHead(200, { "content-length": bytes.length }).end(bytes);
  });
  const read = async (store: typeof openStore, place: string): Promise<number> =>
    (await (await store(place)).getRange(0, 10)).length;
  await assert.rejects(read(openStore, `${inner}/x.tif`), /isn't one that files may lie on/);
  const services = await createServices(
    parseConfig({ provider: "cpu", catalog: server.catalog, remoteHosts: ["localhost", "*"] }),
  );
  const named = inner.replace("127.0.0.1", "localhost");
  await assert.rejects(read(services.openStore, `${named}/x.tif`), /private address/);
  await assert.rejects(read(services.openStore, `${inner}/x.tif`), /private address/);
  await services.close();
  assert.equal(asked, 0);
  // A host that may be read may not send the server elsewhere.
  const outer = await listen(t, (_, response) => {
    response.writeHead(302, { location: `${named}/secret` }).end();
  });
  const host = new URL(outer).host;
  const open = await createServices(parseConfig({ provider: "cpu", catalog: server.catalog, privateHosts: [host] }));
  await assert.rejects(read(open.openStore, `${outer}/x.tif`), /isn't one that files may lie on/);
  await open.close();
  assert.equal(asked, 0);
  const trusting = await createServices(
    parseConfig({ provider: "cpu", catalog: server.catalog, privateHosts: ["127.0.0.1", "localhost"] }),
  );
  assert.equal(await read(trusting.openStore, `${outer}/x.tif`), 10);
  await trusting.close();
});

test("forwarded headers are believed only from configured proxies, and publicUrl goes before them", async (t) => {
  const forwarded = { "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil" };
  const self = async (url: string): Promise<string> => {
    const response = await fetch(`${url}/?f=json`, { headers: forwarded });
    const { links } = (await response.json()) as { links: { rel: string; href: string }[] };
    return links.find(({ rel }) => rel === "self")?.href ?? "";
  };
  const plain = await serve(t, {});
  assert.equal(await self(plain), `${plain}/`);
  assert.equal(await self(await serve(t, { trustProxy: "loopback" })), "https://evil.example/evil/");
  assert.equal(await self(await serve(t, { trustProxy: "10.0.0.0/8" })).then((href) => href.includes("evil")), false);
  assert.equal(await self(await serve(t, { publicUrl: "https://maps.example.org/t" })), "https://maps.example.org/t/");
});

test("what writes needs the token where there is one, and can be switched off", async (t) => {
  const register = async (url: string, headers: Record<string, string> = {}): Promise<number> =>
    (await fetch(`${url}/searches/register`, { method: "POST", body: '{"ids":["x"]}', headers })).status;
  const guarded = await serve(t, { writeToken: TOKEN });
  assert.equal(await register(guarded), 401);
  assert.equal(await register(guarded, { Authorization: `Bearer ${TOKEN}x` }), 401);
  assert.equal(await register(guarded, { Authorization: `Basic ${TOKEN}` }), 401);
  assert.equal(await register(guarded, { Authorization: `Bearer ${TOKEN}` }), 200);
  assert.equal(await register(await serve(t, { registerSearches: "off" }), { Authorization: `Bearer ${TOKEN}` }), 403);
  assert.equal(await register(await serve(t, { registerSearches: "token" })), 403);
});

test("keys: none, no answer; each its own limits, which a view of a map passes; pages keep theirs in a cookie", async (t) => {
  const url = await serve(t, {
    apiKeys: [
      { name: "maps", key: KEY, perSecond: 1, burst: 120 },
      { name: "other", key: `${KEY}-other`, perSecond: 0.01, burst: 1 },
    ],
  });
  for (const path of [TILE, "/", "/search", "/metrics", "/viewer/start.json", "/viewer/none.js", "/none"])
    assert.equal((await fetch(`${url}${path}`)).status, 401, path);
  for (const path of ["/livez", "/readyz", "/healthz"]) assert.equal((await fetch(`${url}${path}`)).status, 200, path);
  for (const wrong of ["", "__proto__", "constructor", KEY.slice(0, -1), `${KEY}x`])
    assert.equal((await fetch(`${url}/search`, { headers: { "X-API-Key": wrong } })).status, 401, wrong);
  const burst = await Promise.all(
    Array.from({ length: 100 }, (_, i) => fetch(`${url}/collections?n=${i}`, { headers: { "X-API-Key": KEY } })),
  );
  assert.deepEqual([...new Set(burst.map(({ status }) => status))], [200]);
  const other = { Authorization: `Bearer ${KEY}-other` };
  assert.equal((await fetch(`${url}/search`, { headers: other })).status, 200);
  const late = await fetch(`${url}/search`, { headers: other });
  assert.equal(late.status, 429);
  assert.ok(Number(late.headers.get("retry-after")) > 50);
  const tile = await fetch(`${url}${TILE}?api_key=${KEY}`);
  assert.equal(tile.status, 200);
  assert.match(tile.headers.get("cache-control") ?? "", /^private/);
  const page = await fetch(`${url}/?f=html&api_key=${KEY}`);
  const cookie = page.headers.get("set-cookie") ?? "";
  assert.match(cookie, /HttpOnly; SameSite=Strict/);
  assert.equal((await fetch(`${url}/collections`, { headers: { Cookie: cookie.split(";")[0] ?? "" } })).status, 200);
});

test("a Host header that is no host is refused, and one name of the server doesn't show in another's answers", async () => {
  const { hostname, port } = new URL(server.url);
  const status = await new Promise<number>((resolve, reject) => {
    const asked = request({ hostname, port, path: "/?f=json", headers: { Host: 'a"><script>' } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.once("error", reject);
    asked.end();
  });
  assert.equal(status, 400);
});
