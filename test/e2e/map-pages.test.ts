import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { openBrowser, SKIP_BROWSER } from "../support/browser.js";
import { makeSceneCatalog, SCENE } from "../support/scene-catalog.js";
import { startServer, type TestServer } from "../support/server.js";
import { idle, openPage, PATIENCE, settled } from "../support/viewer-page.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

const SCREENSHOTS = fileURLToPath(new URL("../../screenshots/", import.meta.url));
/** Where B04 is: magenta up to 1500, green above. */
const LOOK = new URLSearchParams({
  assets: "B04",
  colormap: JSON.stringify([
    [[0, 1500], "#ff00ff"],
    [[1500, 65536], "#00ff00"],
  ]),
  resampling: "nearest",
  tile_format: "png",
});

let files: Workspace;
let server: TestServer;
let browser: Browser | undefined;
let search: string;

before(async () => {
  browser = await openBrowser();
  if (browser === undefined) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  files = await createWorkspace();
  server = await startServer({ catalog: await makeSceneCatalog(files) });
  const body = JSON.stringify({
    collections: [SCENE.collection],
    ids: ["scene_2024-01-10"],
    metadata: { name: "January" },
  });
  const response = await fetch(`${server.url}/searches/register`, { method: "POST", body });
  search = ((await response.json()) as { id: string }).id;
});
after(async () => {
  if (browser === undefined) return;
  await browser.close();
  await server.close();
  await files.close();
});

/** Shares of the map's upper middle that are magenta and green. */
async function coloursOf(page: Page): Promise<readonly [magenta: number, green: number]> {
  const clip = { x: 380, y: 120, width: 300, height: 240 };
  const picture = sharp(await page.screenshot({ clip, ...PATIENCE }));
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  let [magenta, green] = [0, 0];
  for (let i = 0; i < data.length; i += info.channels) {
    const [r = 0, g = 0, b = 0] = data.subarray(i, i + 3);
    if (r > 200 && g < 60 && b > 200) magenta++;
    if (r < 60 && g > 200 && b < 60) green++;
  }
  const pixels = data.length / info.channels;
  return [magenta / pixels, green / pixels];
}

test("map pages of items, collections and searches show tiles as the request says", { timeout: 600_000 }, async (t) => {
  if (browser === undefined) return t.skip(SKIP_BROWSER);
  const shares: (readonly [number, number])[] = [];
  for (const [name, path, tiles, titles] of [
    ["item", `/collections/scene/items/scene_2024-01-10/WebMercatorQuad/map.html`, /ids=scene_2024-01-10/, ["scene"]],
    ["collection", `/collections/scene/map.html?ids=scene_2024-01-10`, /ids=scene_2024-01-10/, ["scene"]],
    ["search", `/searches/${search}/WebMercatorQuad/map.html`, /\/searches\//, ["January", "scene"]],
  ] as const) {
    const url = `${server.url}${path}${path.includes("?") ? "&" : "?"}${LOOK}`;
    const { page, problems } = await openPage(browser, "about:blank", { viewport: { width: 800, height: 600 } });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(url);
    await settled(page, "10 Jan 2024");
    // One date, as only one is asked for.
    assert.equal(await page.locator(".marks i").count(), 1, name);
    assert.deepEqual(await page.locator("#collection option").allTextContents(), titles);
    assert.equal(await page.locator("#render").inputValue(), "as-asked");
    const shown = asked.filter((one) => /\/tiles\/WebMercatorQuad\/\d/.test(one));
    assert.ok(shown.length > 0);
    for (const one of shown) {
      assert.match(one, /\.png\?/);
      assert.match(one, tiles);
      const { searchParams } = new URL(one);
      for (const [key, value] of LOOK) if (key !== "tile_format") assert.equal(searchParams.get(key), value, one);
      assert.equal(searchParams.get("inpaint"), null);
    }
    await page.screenshot({ path: `${SCREENSHOTS}map-${name}.png`, ...PATIENCE });
    const share = await coloursOf(page);
    assert.ok(share[0] > 0.05 && share[1] > 0.05 && share[0] + share[1] > 0.8, `${name}: ${share.join()}`);
    shares.push(share);
    // A click still tells the values over the dates, of what shows.
    await page.mouse.click(500, 250);
    await page.locator(".maplibregl-popup .number").waitFor(PATIENCE);
    await page.keyboard.press("Escape");
    assert.deepEqual(problems, []);
    if (name === "search") {
      await page.locator("#collection").selectOption("scene");
      await settled(page, "10 Jul 2024");
      await idle(page);
      assert.equal(await page.locator(".marks i").count(), 3, "another collection is shown as ever");
      assert.doesNotMatch(page.url(), /look=|search=/);
    }
    await page.close();
  }
  for (const share of shares) assert.deepEqual(share, shares[0]);
});

test("map pages refuse what their tiles would, and sets that the map doesn't draw", async (t) => {
  if (browser === undefined) return t.skip(SKIP_BROWSER);
  const refusal = async (path: string): Promise<readonly [number, string]> => {
    const response = await fetch(`${server.url}${path}`, { redirect: "manual" });
    return [response.status, response.status < 400 ? "" : ((await response.json()) as { detail: string }).detail];
  };
  for (const root of ["/collections/scene", "/collections/scene/items/scene_2024-01-10", `/searches/${search}`]) {
    assert.deepEqual((await refusal(`${root}/WebMercatorQuad/map.html`))[0], 307);
    assert.match((await refusal(`${root}/UTM31WGS84Quad/map.html`))[1], /wanted that/);
    assert.equal((await refusal(`${root}/None/map.html`))[0], 404);
    assert.match((await refusal(`${root}/map.html?assets=B99`))[1], /B99/);
    assert.match((await refusal(`${root}/map.html?minzoom=9&maxzoom=3`))[1], /minzoom is 9/);
  }
  assert.equal((await refusal("/collections/scene/map.html?filter=%28"))[0], 400);
  assert.equal((await refusal("/collections/scene/items/none/map.html"))[0], 404);
});
