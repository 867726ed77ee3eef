import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createExistingApp, type ExistingApp } from "../../plugins/examples/existing-app.js";
import { makeDemoCatalog, type DemoCatalog } from "../support/demo-catalog.js";
import { getJson } from "../support/http-app.js";
import { listen } from "../support/listen.js";

describe("an existing app with Tectile under /imagery", () => {
  let demo: DemoCatalog;
  let existing: ExistingApp;
  let origin = "";
  const cleanups: (() => unknown)[] = [];
  const context = { after: (work: () => unknown) => void cleanups.push(work) };

  before(async () => {
    demo = await makeDemoCatalog(context);
    existing = await createExistingApp({ "/imagery": demo.folder, "/second/place": demo.folder });
    origin = await listen(context, existing.app);
  });
  after(async () => {
    await existing.close();
    for (const work of cleanups.toReversed()) await work();
  });

  const tileUrl = (mount: string): string =>
    `${origin}${mount}/collections/demo/items/${demo.items[0]}/tiles/WebMercatorQuad/${demo.tile}.png`;

  test("the app's own routes answer as before", async () => {
    assert.deepEqual((await getJson(`${origin}/orders/7`)).json, { order: "7" });
    assert.match(await (await fetch(`${origin}/`)).text(), /My app/);
    assert.equal(await (await fetch(`${origin}/nowhere`)).text(), "My app has no such page");
  });

  test("tiles are drawn below the mount path", async () => {
    const response = await fetch(tileUrl("/imagery"));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "image/png");
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.equal(bytes.subarray(1, 4).toString("latin1"), "PNG");
    assert.ok(bytes.length > 5000, `a tile of texture has ${bytes.length} bytes`);
  });

  test("every link of the STAC documents stays below the mount path and answers", async () => {
    const paths = ["/", "/collections", "/collections/demo", "/collections/demo/items", "/search?limit=1"];
    const seen = new Set<string>();
    for (const path of paths) {
      const { json } = await getJson(`${origin}/imagery${path}`, { headers: { accept: "application/json" } });
      for (const found of JSON.stringify(json).matchAll(/"(http:\/\/127[^"]*)"/g)) seen.add(found[1] ?? "");
    }
    assert.ok(seen.size >= 15, `${seen.size} links`);
    const [z = "", x = "", y = ""] = demo.tile.split("/");
    for (const link of seen) {
      assert.ok(link.startsWith(`${origin}/imagery/`), link);
      const url = link.replace("{z}", z).replace("{x}", x).replace("{y}", y);
      const response = await fetch(url, { redirect: "manual" });
      await response.arrayBuffer();
      assert.equal(response.status, 200, url);
    }
  });

  test("the page's files load below the mount path, relative to it", async () => {
    const page = await fetch(`${origin}/imagery/`, { headers: { accept: "text/html" } });
    const html = await page.text();
    const assets = [...html.matchAll(/ (?:src|href|data-\w+)="([^"#\s]+)"/g)].map((match) => match[1] ?? "");
    const own = assets.filter((asset) => !/^(https?:|data:)/.test(asset));
    assert.ok(own.length >= 2, html.slice(0, 400));
    for (const asset of own) {
      const url = new URL(asset, `${origin}/imagery/`);
      assert.ok(url.pathname.startsWith("/imagery/"), asset);
      assert.equal((await fetch(url)).status, 200, url.href);
    }
  });

  test("a problem below the mount path is Tectile's, not the app's", async () => {
    const { response, json } = await getJson(`${origin}/imagery/collections/nowhere`);
    assert.equal(response.status, 404);
    assert.match(json.detail, /nowhere/);
  });

  test("two mounts in one process answer each with their own links", async () => {
    const tiles = await Promise.all(["/imagery", "/second/place"].map((mount) => fetch(tileUrl(mount))));
    const [first, second] = await Promise.all(tiles.map(async (tile) => Buffer.from(await tile.arrayBuffer())));
    assert.deepEqual(second, first);
    const { json } = await getJson(`${origin}/second/place/collections/demo`);
    assert.ok(json.links.every(({ href }) => href.startsWith(`${origin}/second/place/`)));
  });

  test("close ends the workers: a process with two mounts ends by itself", async () => {
    const script = fileURLToPath(new URL("../support/mount-and-close.js", import.meta.url));
    const path = new URL(tileUrl("")).pathname;
    const { stdout, seconds } = await new Promise<{ stdout: string; seconds: number }>((resolve, reject) => {
      let closedAt = Number.NaN;
      const child = execFile(process.execPath, [script, demo.folder, path], { timeout: 60_000 }, (error, text) => {
        if (error !== null) reject(error);
        else resolve({ stdout: text, seconds: (performance.now() - closedAt) / 1000 });
      });
      child.stdout?.on("data", (text: string) => {
        if (text.includes("closed")) closedAt = performance.now();
      });
    });
    assert.match(stdout, /^\/imagery 200 \d{4,}\n\/other 200 \d{4,}\nclosed\n$/);
    assert.ok(seconds < 10, `it ended ${seconds} s after close`);
  });
});
