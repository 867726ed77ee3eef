import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { openBrowser, SKIP_BROWSER } from "../support/browser.js";
import { makeSceneCatalog } from "../support/scene-catalog.js";
import { startServer, type TestServer } from "../support/server.js";
import { idle, openPage, PATIENCE, settled } from "../support/viewer-page.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

const DESKTOP = { viewport: { width: 1000, height: 700 }, acceptDownloads: true };
const PHONE_ON_ITS_SIDE = { viewport: { width: 844, height: 390 }, hasTouch: true, isMobile: true };
const SCREENSHOTS = fileURLToPath(new URL("../../screenshots/", import.meta.url));
const FOCUSABLE = "button, select, input, a[href], summary, canvas, [tabindex='0']";

let files: Workspace;
let tectile: TestServer;
let browser: Browser | undefined;

before(async () => {
  browser = await openBrowser();
  if (browser === undefined) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  files = await createWorkspace();
  tectile = await startServer({ catalog: await makeSceneCatalog(files) });
});
after(async () => {
  if (browser === undefined) return;
  await browser.close();
  await tectile.close();
  await files.close();
});

test("all of the page is reached by keys, has a name and can be read", { timeout: 600_000 }, async (t) => {
  if (browser === undefined) return t.skip(SKIP_BROWSER);
  const { page, problems } = await openPage(browser, `${tectile.url}/#date=2024-04-10`, DESKTOP);
  await settled(page, "10 Apr 2024");

  await t.test("everything that takes the focus has a name, and takes it by the tab key", async () => {
    assert.deepEqual(await page.evaluate(unnamed, FOCUSABLE), []);
    assert.equal(await page.getByRole("slider", { name: "Opacity of the imagery" }).count(), 1);
    const reached = new Set<string>();
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press("Tab");
      reached.add(
        await page.evaluate(() => {
          const { activeElement: at } = document;
          return at === null ? "" : at.id || (at.getAttribute("aria-label") ?? at.tagName);
        }),
      );
    }
    for (const wanted of [
      "collection",
      "opacity",
      "compare",
      "place",
      "home",
      "keys-open",
      "save",
      "cloud-free",
      "Play",
      "Date",
    ])
      assert.ok(reached.has(wanted), `${wanted} is reached; ${[...reached].join(", ")} are`);
  });

  await t.test("text has the contrast that WCAG asks for", async () => {
    for (const selector of ["#credit", "#seen", ".note", ".axis span", ".chip span", "summary", "#edge-labels span"])
      assert.ok((await contrast(page, selector)) >= 4.5, `${selector}: ${await contrast(page, selector)}`);
  });

  await t.test("? lists the keys, Escape closes what is open", async () => {
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press("?");
    assert.match(await page.getByRole("dialog", { name: "Keys" }).innerText(), /play, pause/);
    await page.keyboard.press("Escape");
    assert.equal(await page.getByRole("dialog").count(), 0);
    await page.mouse.click(720, 250);
    const number = page.locator(".place .number");
    await number.waitFor(PATIENCE);
    assert.match(await number.innerText(), /^-?\d+\.\d\d$/);
    const { assets } = (await (
      await fetch((await page.locator("a.csv").getAttribute("href"))?.replace("&f=csv", "") ?? "")
    ).json()) as {
      readonly assets: readonly { readonly datetime: string; readonly values: readonly number[] }[];
    };
    const april = assets.find(({ datetime }) => datetime.startsWith("2024-04-10"))?.values[0] ?? Number.NaN;
    assert.equal(await number.innerText(), april.toFixed(2), "the number is the server's for this date");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".maplibregl-popup").count(), 0);
  });

  await t.test("away from the data a line leads back; from afar a mark does", async () => {
    const place = page.locator("#place");
    await place.fill("48.85, 2.35");
    await place.press("Enter");
    await page.getByText("No imagery in view").first().waitFor(PATIENCE);
    await page.getByRole("button", { name: "Back to the data" }).last().click();
    await settled(page, "10 Apr 2024");
    await place.fill("Nowhere at all");
    await place.press("Enter");
    await page.getByText("Neither coordinates nor a country").waitFor(PATIENCE);
    await place.fill("spain");
    await place.press("Enter");
    const mark = page.getByRole("button", { name: "Imagery here" });
    await mark.waitFor(PATIENCE);
    await idle(page);
    await page.screenshot({ path: `${SCREENSHOTS}viewer-afar.png`, ...PATIENCE });
    await mark.press("Enter");
    await settled(page, "10 Apr 2024");
    assert.equal(await mark.count(), 0);
  });

  await t.test("the picture is saved as it shows", async () => {
    const saving = page.waitForEvent("download", PATIENCE);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("button", { name: "Picture" }).click();
    const download = await saving;
    assert.equal(download.suggestedFilename(), "scene_2024-04-10.png");
    const picture = sharp(await readFile(await download.path()));
    const { width, height } = await picture.metadata();
    assert.deepEqual([width, height], [DESKTOP.viewport.width, DESKTOP.viewport.height]);
    const clip = { left: 600, top: 200, width: 60, height: 60 };
    const [saved, shown] = await Promise.all([
      picture.extract(clip).removeAlpha().raw().toBuffer(),
      sharp(await page.screenshot(PATIENCE))
        .extract(clip)
        .removeAlpha()
        .raw()
        .toBuffer(),
    ]);
    const farthest = saved.reduce((most, value, i) => Math.max(most, Math.abs(value - (shown[i] ?? 0))), 0);
    assert.ok(farthest <= 2, `${farthest} grey levels apart`);
  });

  await t.test("the data of the view is saved as a GeoTIFF", async (inner) => {
    const probe = await fetch(`${tectile.url}/collections/scene/bbox/3.001,42.43,3.002,42.431.tif`);
    if (probe.status === 404) return inner.skip("this server has no crops");
    const saving = page.waitForEvent("download", PATIENCE);
    saving.catch(() => undefined);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("button", { name: /^Data of the view/ }).click();
    const bytes = await readFile(await (await saving).path());
    assert.match(bytes.subarray(0, 2).toString(), /^(II|MM)$/);
  });

  assert.deepEqual(problems, []);
  await page.context().close();
});

test("on a phone on its side nothing covers anything, and most of the map is free", { timeout: 300_000 }, async (t) => {
  if (browser === undefined) return t.skip(SKIP_BROWSER);
  const { page } = await openPage(browser, `${tectile.url}/#date=2024-04-10`, PHONE_ON_ITS_SIDE);
  await settled(page, "10 Apr 2024");
  await page.screenshot({ path: `${SCREENSHOTS}viewer-phone-landscape.png`, ...PATIENCE });
  const { width, height } = PHONE_ON_ITS_SIDE.viewport;
  const parts = ["#panel", "#timeline", "#foot", ".maplibregl-ctrl-group", ".maplibregl-ctrl-scale"];
  const boxes = await Promise.all(parts.map(async (part) => [part, await page.locator(part).boundingBox()] as const));
  for (const [part, box] of boxes) {
    assert.ok(box !== null, part);
    assert.ok(
      box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height,
      `${part} is within the screen`,
    );
    for (const [other, beside] of boxes) {
      if (other === part || beside === null || part === "#foot" || other === "#foot") continue;
      const apart =
        box.x + box.width <= beside.x ||
        beside.x + beside.width <= box.x ||
        box.y + box.height <= beside.y ||
        beside.y + beside.height <= box.y;
      assert.ok(apart, `${part} and ${other} are apart`);
    }
  }
  const covered = boxes.reduce((sum, [, box]) => sum + (box?.width ?? 0) * (box?.height ?? 0), 0);
  assert.ok(covered < 0.5 * width * height, `${Math.round((100 * covered) / width / height)} % is covered`);
  for (const target of await page.locator("button:visible, select:visible, label.switch:visible").all()) {
    const box = await target.boundingBox();
    assert.ok(
      box !== null && box.width >= 40 && box.height >= 38,
      await target.evaluate((one) => one.outerHTML.slice(0, 80)),
    );
  }
  await page.context().close();
});

test("with colours of one's own, what a colour told is still told", { timeout: 300_000 }, async (t) => {
  if (browser === undefined) return t.skip(SKIP_BROWSER);
  const { page } = await openPage(browser, `${tectile.url}/#date=2024-04-10&from=2024-04-10`, {
    ...DESKTOP,
    forcedColors: "active",
    colorScheme: "dark",
  });
  await settled(page, "10 Apr 2024");
  await page.screenshot({ path: `${SCREENSHOTS}viewer-forced-colors.png`, ...PATIENCE });
  const background = (selector: string): Promise<string> =>
    page
      .locator(selector)
      .first()
      .evaluate((one) => getComputedStyle(one).backgroundColor);
  const canvas = await page.evaluate(() => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.backgroundColor = "Canvas";
    return getComputedStyle(probe).backgroundColor;
  });
  for (const part of [".marks i", ".range", ".rail::before"].slice(0, 2))
    assert.notEqual(await background(part), canvas, `${part} is seen`);
  assert.notEqual(await background("#footprints"), await background("#compare"), "on is told from off");
  await page.context().close();
});

/** Elements that take the focus without a name that a screen reader would say. */
function unnamed(selector: string): readonly string[] {
  return [...document.querySelectorAll<HTMLElement>(selector)]
    .filter((one) => one.checkVisibility() && one.tabIndex >= 0)
    .filter((one) => {
      const labels = one instanceof HTMLInputElement || one instanceof HTMLSelectElement ? [...(one.labels ?? [])] : [];
      const words = [
        one.getAttribute("aria-label"),
        one.title,
        one.textContent,
        ...labels.map((label) => label.textContent),
      ];
      return words.every((word) => (word ?? "").trim() === "");
    })
    .map((one) => one.outerHTML.slice(0, 100));
}

/** WCAG's contrast of an element's text on the panel, or what lies behind it where that is its own. */
function contrast(page: Page, selector: string): Promise<number> {
  return page
    .locator(selector)
    .first()
    .evaluate((one) => {
      const numbers = (colour: string): readonly number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
      const light = (colour: readonly number[]): number =>
        colour.slice(0, 3).reduce((sum, value, i) => {
          const part = value / 255;
          return (
            sum +
            ([0.2126, 0.7152, 0.0722][i] ?? 0) * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
          );
        }, 0);
      const own = numbers(getComputedStyle(one).backgroundColor);
      const glass = numbers(getComputedStyle(one.closest(".glass") ?? one).backgroundColor);
      // What shines through is white at worst.
      const [r = 0, g = 0, b = 0, alpha = 1] = own[3] === 0 ? glass : own;
      const behind = [r, g, b].map((value) => value * alpha + 255 * (1 - alpha));
      const [a, c] = [light(numbers(getComputedStyle(one).color)), light(behind)];
      return (Math.max(a, c) + 0.05) / (Math.min(a, c) + 0.05);
    });
}
