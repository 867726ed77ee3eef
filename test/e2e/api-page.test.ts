import assert from "node:assert/strict";
import { test } from "node:test";
import { openBrowser, SKIP_BROWSER } from "../support/browser.js";
import { makeSceneCatalog, SCENE } from "../support/scene-catalog.js";
import { startServer } from "../support/server.js";
import { createWorkspace } from "../support/workspace.js";

test("/api.html shows every kind of route and lets one try, within the page's own rules", async (t) => {
  const browser = await openBrowser();
  if (browser === undefined) return t.skip(SKIP_BROWSER);
  t.after(() => browser.close());
  const files = await createWorkspace();
  const server = await startServer({ catalog: await makeSceneCatalog(files), pixelThreads: 1 });
  t.after(async () => {
    await server.close();
    await files.close();
  });
  const page = await browser.newPage({ viewport: { width: 1100, height: 1600 } });
  const said: string[] = [];
  page.on("console", (message) => message.type() === "error" && said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  const elsewhere: string[] = [];
  page.on("request", (request) => {
    if (!/^(data:|blob:)/.test(request.url()) && !request.url().startsWith(server.url)) elsewhere.push(request.url());
  });
  await page.goto(`${server.url}/api.html`);
  await page.waitForSelector(".opblock-tag");
  const tags = await page.$$eval(".opblock-tag", (all) => all.map((one) => one.getAttribute("data-tag")));
  for (const tag of ["Server", "STAC", "Tiles", "Crops", "Values", "WMTS", "Zarr"])
    assert.ok(tags.includes(tag), `${tag} of ${tags.join(", ")}`);
  await page.click('.opblock-tag[data-tag="Values"]');
  const block = page.locator(".opblock", { hasText: "/items/{item}/point/{place}" });
  await block.locator(".opblock-summary").click();
  await block.locator('tr[data-param-name="assets"]').waitFor();
  const fill = (name: string, value: string): Promise<void> =>
    block.locator(`tr[data-param-name="${name}"] input`).first().fill(value);
  await fill("collection", SCENE.collection);
  await fill("item", "scene_2024-01-10");
  await fill("place", "3.02,42.43");
  await block.locator("button.execute").click();
  await block.locator(".live-responses-table .response-col_status", { hasText: "200" }).waitFor();
  assert.match(await block.locator(".live-responses-table .highlight-code").first().innerText(), /band_names/);
  assert.deepEqual(said, []);
  assert.deepEqual(elsewhere, []);
});
