import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { openBrowser, SKIP_BROWSER } from "../support/browser.js";
import { holdServer, type HeldServer } from "../support/held-server.js";
import { makeSceneCatalog } from "../support/scene-catalog.js";
import { startServer, type TestServer } from "../support/server.js";
import { brightness, openPage, PATIENCE, settled } from "../support/viewer-page.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

const DESKTOP = { viewport: { width: 800, height: 600 } };
const SCREENSHOTS = fileURLToPath(new URL("../../screenshots/", import.meta.url));
const TILES = "/tiles/WebMercatorQuad/";
/** January is dark, April bright, July between them. */
const [JANUARY, APRIL, JULY] = ["10 Jan 2024", "10 Apr 2024", "10 Jul 2024"] as const;

let files: Workspace;
let tectile: TestServer;
let line: HeldServer;
let browser: Browser | undefined;

before(async () => {
  browser = await openBrowser();
  if (browser === undefined) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  files = await createWorkspace();
  tectile = await startServer({ catalog: await makeSceneCatalog(files) });
  line = await holdServer(tectile.url);
});
after(async () => {
  if (browser === undefined) return;
  await browser.close();
  await line.close();
  await tectile.close();
  await files.close();
});

test("the page says what it does before anything has come, in few requests", { timeout: 300_000 }, async (t) => {
  if (browser === undefined) return t.skip(SKIP_BROWSER);
  line.forget();
  line.hold("start.json");
  const { page, problems } = await openPage(browser, line.url, DESKTOP);
  assert.match(await page.locator("#status").innerText(), /^Loading/);
  line.release("/viewer/viewer-");
  await settledExceptScript(page);
  assert.ok((await brightness(page, 0.8)) > 40, "the first tiles show before the map's script is there");
  line.release();
  await settled(page, JULY);
  assert.equal(await page.locator("#first-picture").count(), 0, "the map's own picture has taken its place");
  const others = line.asked.filter((path) => !path.includes(TILES));
  assert.deepEqual(others.map((path) => path.replace(/-\w{8}\./, ".").replace(/\?.*/, "")).toSorted(), [
    "/",
    "/collections/scene/items",
    "/viewer/start.json",
    "/viewer/viewer.js",
    "/viewer/worker.js",
  ]);
  const tiles = line.asked.filter((path) => path.includes(TILES) && path.includes("2024-07-10"));
  assert.equal(new Set(tiles).size, tiles.length, "no tile is asked for twice");
  assert.deepEqual(problems, []);
  await page.context().close();
});

test("nothing that a line or a server does makes the map black", { timeout: 600_000 }, async (t) => {
  if (browser === undefined) return t.skip(SKIP_BROWSER);
  const { page } = await openPage(browser, "about:blank", DESKTOP);
  await page.clock.install();
  await page.goto(`${line.url}/#date=2024-04-10`);
  const thumb = page.getByRole("slider", { name: "Date", exact: true });
  const isApril = async (): Promise<void> => assert.ok((await brightness(page, 0.8)) > 70, "April still shows");
  const source = page.locator("#seen");
  const status = page.locator("#status");
  await settled(page, APRIL);
  const [april, spoken] = [await brightness(page, 0.8), await source.textContent()];
  assert.ok(april > 70, `${april}`);

  await t.test("a date beside, loaded unseen, shows though no tile comes any more", async () => {
    await beside(page, line);
    line.hold(TILES);
    line.forget();
    await thumb.press("ArrowLeft");
    await page.waitForFunction((title) => document.title.startsWith(title), JANUARY, PATIENCE);
    await page.waitForFunction(() => document.getElementById("status")?.hidden === true, undefined, PATIENCE);
    // It lies on top at once; a busy machine takes its time to draw the frame.
    await page.waitForTimeout(1000);
    assert.ok((await brightness(page, 0.8)) < april - 15);
    line.release();
    await thumb.press("ArrowRight");
    await settled(page, APRIL);
  });

  await t.test("the old picture stays while the new one doesn't come, for minutes", async () => {
    line.hold(TILES);
    await page.locator("#render").selectOption("ndvi");
    await page.locator("#status:not([hidden])").waitFor(PATIENCE);
    await page.clock.fastForward(180_000);
    await isApril();
    assert.match(await status.innerText(), /^Loading 10 Apr 2024: 0 of \d+ tiles/);
    await page.locator("#render").selectOption("true-color");
    line.release();
    await settled(page, APRIL);
  });

  await t.test("without a network too, and the page says so; tiles are asked for when it is back", async () => {
    await page.locator("#render").selectOption("ndvi");
    await settled(page, APRIL);
    await page.locator("#render").selectOption("true-color");
    await settled(page, APRIL);
    await page.context().setOffline(true);
    await page.locator("#render").selectOption("false-color-infrared");
    await page.getByText("No network").first().waitFor(PATIENCE);
    await page.clock.fastForward(60_000);
    await isApril();
    assert.equal(await source.textContent(), spoken, "what it says of the picture is still true of it");
    await page.screenshot({ path: `${SCREENSHOTS}viewer-offline.png`, ...PATIENCE });
    await page.context().setOffline(false);
    await settled(page, APRIL);
    await page.locator("#render").selectOption("true-color");
    await settled(page, APRIL);
  });

  await t.test("a server that is gone is asked again, by itself and by a click", async () => {
    await line.down();
    await page.locator("#render").selectOption("agriculture");
    await page.getByText("The server doesn't answer").first().waitFor(PATIENCE);
    await isApril();
    await line.up();
    await page.getByRole("button", { name: "Ask again" }).click();
    await settled(page, APRIL);
    assert.equal(await page.locator("#render").inputValue(), "agriculture");
  });
  await page.context().close();
});

test("a date that shows is still whole when another map asks for it and gives up", { timeout: 300_000 }, async (t) => {
  if (browser === undefined) return t.skip(SKIP_BROWSER);
  const { page } = await openPage(browser, `${line.url}/#date=2024-01-10`, DESKTOP);
  await settled(page, JANUARY);
  // Without the browser's cache: a tile in it would come before it could be given up.
  await page.route(`**${TILES}**`, (route) => route.continue());
  await page.getByRole("switch", { name: "Compare two dates" }).click();
  const other = page.getByRole("slider", { name: "Date to compare with" });
  await other.press("ArrowRight");
  await settled(page, JANUARY);
  line.hold(TILES);
  line.forget();
  await other.press("Home");
  for (let i = 0; !line.asked.some((path) => path.includes("2024-01-10")) && i < 100; i++)
    await page.waitForTimeout(100);
  assert.ok(line.asked.some((path) => path.includes("2024-01-10")));
  await other.press("ArrowRight");
  line.release();
  await settled(page, JANUARY);
  await page.context().close();
});

/** Waits until the dates beside the one that shows have been loaded. */
async function beside(page: Page, line: HeldServer): Promise<void> {
  for (const day of ["2024-01-10", "2024-07-10"])
    for (let i = 0; !line.asked.some((path) => path.includes(day)) && i < 600; i++) await page.waitForTimeout(100);
  // A date's tiles come one after another: quiet for a second is all of them.
  for (let [quiet, i] = [0, 0]; quiet < 10 && i < 600; i++) {
    await page.waitForTimeout(100);
    quiet = line.pending() === 0 ? quiet + 1 : 0;
  }
  await page.waitForFunction(() => document.getElementById("progress")?.hidden === true, undefined, PATIENCE);
}

/** Waits until the first tiles, which need no script of the map, have come. */
async function settledExceptScript(page: Page): Promise<void> {
  await page.waitForFunction(
    () => {
      const pictures = [...document.querySelectorAll<HTMLImageElement>("#first-picture img")];
      return pictures.length > 0 && pictures.every((picture) => picture.complete);
    },
    undefined,
    PATIENCE,
  );
}
