import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import express from "express";
import type { Browser } from "playwright-core";
import { createTectile } from "../../src/http/tectile.js";
import { openBrowser, SKIP_BROWSER } from "../support/browser.js";
import { makeSceneCatalog } from "../support/scene-catalog.js";
import { startServer, type TestServer } from "../support/server.js";
import { brightness, idle, openPage, PATIENCE, settled } from "../support/viewer-page.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

const DESKTOP = { viewport: { width: 800, height: 600 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const SCREENSHOTS = fileURLToPath(new URL("../../screenshots/", import.meta.url));

let files: Workspace;
let tectile: TestServer;
let mounted: Server;
/** Under a mount path, without a slash at its end. */
let url: string;
let browser: Browser | undefined;

before(async () => {
  browser = await openBrowser();
  if (browser === undefined) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  files = await createWorkspace();
  tectile = await startServer({ catalog: await makeSceneCatalog(files) });
  const app = express();
  app.use("/some/imagery", await createTectile(tectile.services));
  mounted = createServer(app);
  await new Promise<void>((done) => mounted.listen(0, "127.0.0.1", done));
  const address = mounted.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/some/imagery`;
});
after(async () => {
  if (browser === undefined) return;
  await browser.close();
  mounted.closeAllConnections();
  await new Promise((done) => mounted.close(done));
  await tectile.close();
  await files.close();
});

test("the page shows the dates, steps by keyboard, plays and compares", { timeout: 600_000 }, async (t) => {
  if (browser === undefined) return t.skip(SKIP_BROWSER);
  const { page, problems, hosts } = await openPage(browser, url, DESKTOP);

  await t.test("it opens on the newest date, with every date marked", async () => {
    await settled(page, "10 Jul 2024");
    assert.equal(await page.locator(".marks i").count(), 3);
    assert.deepEqual(await page.locator("#collection option").allTextContents(), ["scene"]);
    assert.ok((await brightness(page, 0.8)) > 40, "imagery is brighter than the empty map");
    await page.screenshot({ path: `${SCREENSHOTS}viewer-desktop.png`, ...PATIENCE });
  });

  await t.test("arrow keys step through the dates, and the picture with them", async () => {
    const thumb = page.getByRole("slider", { name: "Date", exact: true });
    await thumb.press("Home");
    await settled(page, "10 Jan 2024");
    const january = await brightness(page, 0.8);
    assert.match((await thumb.getAttribute("aria-valuetext")) ?? "", /^10 Jan 2024/);
    await thumb.press("ArrowRight");
    await settled(page, "10 Apr 2024");
    const april = await brightness(page, 0.8);
    assert.ok(april > january + 15, `April (${april}) is brighter than January (${january})`);
    await page.waitForFunction(() => location.hash.includes("date=2024-04-10"), undefined, PATIENCE);
  });

  await t.test("playing goes on by itself and never blanks the map", async () => {
    await page.getByRole("button", { name: "Play" }).click();
    const titles = new Set<string>();
    for (let shot = 0; shot < 6; shot++) {
      assert.ok((await brightness(page, 0.8)) > 40, "the map is never blank");
      titles.add(await page.title());
    }
    await page.waitForFunction((seen) => !seen.includes(document.title), [[...titles][0] ?? ""], PATIENCE);
    await page.getByRole("button", { name: "Pause" }).click();
  });

  await t.test("two dates lie side by side of a divider that follows the pointer", async () => {
    await page.getByRole("slider", { name: "Date", exact: true }).press("Home");
    await settled(page, "10 Jan 2024");
    await page.getByRole("switch", { name: "Compare two dates" }).click();
    const divider = page.getByRole("slider", { name: "Divider between the two dates" });
    await divider.waitFor(PATIENCE);
    await page.getByRole("slider", { name: "Date to compare with" }).press("Home");
    await page.getByRole("slider", { name: "Date to compare with" }).press("ArrowRight");
    await page.waitForFunction(() => location.hash.includes("compare=2024-04-10"), undefined, PATIENCE);
    await idle(page);
    const [left, right] = [await brightness(page, 0.46), await brightness(page, 0.8)];
    assert.ok(right > left + 15, `right of the divider April (${right}), left of it January (${left})`);
    await page.screenshot({ path: `${SCREENSHOTS}viewer-compare.png`, ...PATIENCE });
    const box = await divider.boundingBox();
    assert.ok(box !== null);
    await page.mouse.move(box.x + box.width / 2, 300);
    await page.mouse.down();
    await page.mouse.move(720, 300, { steps: 3 });
    await page.mouse.up();
    assert.equal(await divider.getAttribute("aria-valuenow"), "90");
    assert.ok((await brightness(page, 0.8)) < right - 15, "January again where the divider has passed");
  });

  await t.test("a click tells the item that shows there", async () => {
    await page.mouse.click(500, 250);
    const link = page.locator(".place .rows a");
    await link.waitFor(PATIENCE);
    assert.equal(await link.textContent(), "scene_2024-01-10");
    const item = (await (await fetch((await link.getAttribute("href")) ?? "")).json()) as { readonly id: string };
    assert.equal(item.id, "scene_2024-01-10");
  });

  assert.deepEqual(problems, [], "no script fails");
  assert.deepEqual([...hosts], [new URL(url).host], "nothing comes from elsewhere");
  await page.context().close();
});

test("a permalink opens what it was made from", { timeout: 300_000 }, async (t) => {
  if (browser === undefined) return t.skip(SKIP_BROWSER);
  const hash =
    "#collection=scene&date=2024-01-10&compare=2024-04-10&render=ndvi&opacity=0.8&only=1&at=13.50/42.43000/3.02000";
  const { page } = await openPage(browser, `${url}/${hash}`, DESKTOP);
  await settled(page, "10 Jan 2024");
  assert.equal(await page.locator("#render").inputValue(), "ndvi");
  assert.equal(await page.locator("#opacity").inputValue(), "80");
  assert.equal(await page.getByRole("switch", { name: "This date only" }).isChecked(), true);
  assert.equal(await page.locator(".thumb.compare").getAttribute("aria-valuenow"), "2");
  assert.equal(await page.evaluate(() => location.hash), hash);
  await page.context().close();
});

test("a tile that fails is told, and the page goes on", { timeout: 300_000 }, async (t) => {
  if (browser === undefined) return t.skip(SKIP_BROWSER);
  const { page } = await openPage(browser, "about:blank", DESKTOP);
  await page.route("**/tiles/WebMercatorQuad/**", (route) =>
    route.fulfill({
      status: 500,
      contentType: "application/problem+json",
      body: '{"detail":"The decoder is on strike"}',
    }),
  );
  await page.goto(url);
  await page.getByText("A tile failed: The decoder is on strike").first().waitFor(PATIENCE);
  await page.unroute("**/tiles/WebMercatorQuad/**");
  await page.getByRole("slider", { name: "Date", exact: true }).press("Home");
  await settled(page, "10 Jan 2024");
  assert.ok((await brightness(page, 0.8)) > 40);
  await page.context().close();
});

test("on a phone everything fits and can be touched", { timeout: 300_000 }, async (t) => {
  if (browser === undefined) return t.skip(SKIP_BROWSER);
  const { page } = await openPage(browser, url, PHONE);
  await settled(page, "10 Jul 2024");
  await page.screenshot({ path: `${SCREENSHOTS}viewer-phone.png`, ...PATIENCE });
  await page.getByRole("button", { name: "More settings" }).tap();
  for (const target of await page.locator("button:visible, select:visible, label.switch:visible").all()) {
    const box = await target.boundingBox();
    const name = (await target.getAttribute("aria-label")) ?? (await target.textContent());
    assert.ok(
      box !== null && box.width >= 40 && box.height >= 40,
      `${name} is ${box?.width} x ${box?.height}; wanted 40 x 40`,
    );
    assert.ok(box.x >= 0 && box.x + box.width <= PHONE.viewport.width, `${name} is within the screen`);
  }
  await page.context().close();
});
