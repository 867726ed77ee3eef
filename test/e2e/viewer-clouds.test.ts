import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { openBrowser, SKIP_BROWSER } from "../support/browser.js";
import { startServer, type TestServer } from "../support/server.js";
import { openPage, PATIENCE, settled } from "../support/viewer-page.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

const SCREENSHOTS = fileURLToPath(new URL("../../screenshots/", import.meta.url));
const DESKTOP = { viewport: { width: 1000, height: 640 }, acceptDownloads: true };
/** Of the demo's dates, 25 May is among the cloudiest. */
const CLOUDY = "25 May 2024";
const CLOUDY_HASH = "#date=2024-05-25";

let files: Workspace;
let tectile: TestServer;
let browser: Browser | undefined;

before(async () => {
  browser = await openBrowser();
  if (browser === undefined) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  files = await createWorkspace();
  const catalog = files.path("demo");
  const run = await runCli(["demo", "--size", "256", "--catalog", catalog]);
  assert.equal(run.code, 0, run.stderr);
  tectile = await startServer({ catalog });
});
after(async () => {
  if (browser === undefined) return;
  await browser.close();
  await tectile.close();
  await files.close();
});

test("clouds are told, filled and named, over dates as a chart and as a film", { timeout: 900_000 }, async (t) => {
  if (browser === undefined) return t.skip(SKIP_BROWSER);
  const { page, problems } = await openPage(browser, `${tectile.url}/${CLOUDY_HASH}`, DESKTOP);

  await t.test("the marks are as high as their dates are clear", async () => {
    await settled(page, CLOUDY);
    const { dates } = (await (await fetch(`${tectile.url}/collections/landscape/dates`)).json()) as {
      readonly dates: readonly { readonly clear_percent: number }[];
    };
    const heights = await page
      .locator(".marks i")
      .evaluateAll((marks) => marks.map((mark) => mark.getBoundingClientRect().height));
    assert.equal(heights.length, dates.length);
    const byClear = dates.map(({ clear_percent }, i) => [clear_percent, heights[i] ?? 0] as const);
    const [cloudiest, clearest] = [
      byClear.reduce((a, b) => (b[0] < a[0] ? b : a)),
      byClear.reduce((a, b) => (b[0] > a[0] ? b : a)),
    ];
    assert.ok(clearest[1] > 1.5 * cloudiest[1], `${clearest[1]} px against ${cloudiest[1]} px`);
  });

  await t.test("clouds are filled by default, and the page says how much of the view that is", async () => {
    assert.equal(await page.getByRole("switch", { name: "Cloud-free" }).isChecked(), true);
    await seenMatches(page, /^\d+ % seen, \d+ % inferred, from \d dates/);
    assert.match((await page.locator("#seen").getAttribute("title")) ?? "", /Method: first, inpaint=tec/);
    await page.screenshot({ path: `${SCREENSHOTS}viewer-cloud-free.png`, ...PATIENCE });
  });

  await t.test("hatching goes on and off, and the permalink keeps it", async () => {
    const plain = page.waitForRequest((request) => isTile(request.url()) && !request.url().includes("inferred=hatch"));
    await page.getByRole("switch", { name: "Hatch inferred" }).click();
    assert.match((await plain).url(), /inpaint=tec/);
    await page.waitForFunction(() => location.hash.includes("hatch=0"), undefined, PATIENCE);
    await page.getByRole("switch", { name: "Hatch inferred" }).click();
    await page.waitForFunction(() => !location.hash.includes("hatch"), undefined, PATIENCE);
  });

  await t.test("a click draws the values over the dates, hollow where they were not seen", async () => {
    await page.mouse.click(640, 260);
    await page.locator(".chart").waitFor(PATIENCE);
    const [points, hollow] = [
      await page.locator(".chart circle").count(),
      await page.locator(".chart .hollow").count(),
    ];
    assert.equal(points, 8);
    assert.ok(hollow > 0 && hollow < 8, `${hollow} of 8 are hollow`);
    assert.equal(await page.locator(".chart .now").count(), 1);
    const csv = await (await fetch((await page.locator("a.csv").getAttribute("href")) ?? "")).text();
    assert.equal(csv.trim().split(/\r?\n/).length, 1 + 8);
    assert.equal(csv.match(/,false,true,/g)?.length, hollow, "the file calls the same dates inferred");
    await page.waitForFunction(
      () => {
        const [popup, timeline] = [".maplibregl-popup", "#timeline"].map((part) =>
          document.querySelector(part)?.getBoundingClientRect(),
        );
        return popup !== undefined && timeline !== undefined && popup.top >= 0 && popup.bottom <= timeline.top + 1;
      },
      undefined,
      PATIENCE,
    );
    await page.screenshot({ path: `${SCREENSHOTS}viewer-chart.png`, ...PATIENCE });
    await page.getByRole("button", { name: "Close popup" }).click();
  });

  await t.test("C shows the date as it was seen, arrows step", async () => {
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press("c");
    await page.waitForFunction(() => location.hash.includes("clear=0"), undefined, PATIENCE);
    await settled(page, CLOUDY);
    await seenMatches(page, /^All seen/);
    await page.keyboard.press("ArrowRight");
    await settled(page, "4 Jul 2024");
    await page.keyboard.press("ArrowLeft");
    await settled(page, CLOUDY);
  });

  await t.test("the dates that play are saved as a film, which can be cancelled", async () => {
    await page.evaluate(() => (location.hash += "&from=2024-04-20&to=2024-07-04&speed=4"));
    await page.waitForFunction(() => document.querySelector(".range:not([hidden])") !== null, undefined, PATIENCE);
    const film = async (): Promise<void> => {
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByRole("button", { name: "Film" }).click();
    };
    await film();
    await page.getByRole("button", { name: "Cancel the film" }).click();
    await page.getByRole("button", { name: "Save", exact: true }).waitFor(PATIENCE);
    const saving = page.waitForEvent("download", { timeout: 300_000 });
    await film();
    const download = await saving;
    assert.match(download.suggestedFilename(), /^landscape\.(webm|mp4)$/);
    const path = await download.path();
    assert.equal(await filmSeconds(page, await readFile(path)), 0.9, "3 dates of 3 frames of a tenth of a second");
    await settled(page, CLOUDY);
  });

  await t.test("dates without imagery in view say so", async () => {
    await page.evaluate(() => (location.hash = location.hash.replace(/at=.*/, "at=12/10/20")));
    await page.waitForFunction(() => document.querySelectorAll(".marks .away").length === 8, undefined, PATIENCE);
    assert.match((await page.locator(".thumb.date").getAttribute("aria-valuetext")) ?? "", /not in view/);
    await page.evaluate(() => (location.hash = location.hash.replace(/at=.*/, "at=12/41.98/3.03")));
    await page.waitForFunction(() => document.querySelectorAll(".marks .away").length === 0, undefined, PATIENCE);
  });

  assert.deepEqual(problems, [], "no script fails");
  await page.context().close();
});

async function seenMatches(page: Page, wanted: RegExp): Promise<void> {
  const source = [wanted.source, wanted.flags] as const;
  await page.waitForFunction(
    ([pattern, flags]) => new RegExp(pattern, flags).test(document.getElementById("seen")?.textContent ?? ""),
    source,
    PATIENCE,
  );
}

/** How long the browser's own player says that a film is. */
async function filmSeconds(page: Page, bytes: Buffer): Promise<number> {
  return page.evaluate(async (base64) => {
    const binary = Uint8Array.from(atob(base64), (letter) => letter.codePointAt(0) ?? 0);
    const video = document.createElement("video");
    video.src = URL.createObjectURL(new Blob([binary]));
    await new Promise((done, fail) => {
      video.addEventListener("loadedmetadata", done);
      video.addEventListener("error", () => fail(new Error("the browser can't play its film")));
    });
    return Math.round(video.duration * 100) / 100;
  }, bytes.toString("base64"));
}

function isTile(url: string): boolean {
  return url.includes("/tiles/WebMercatorQuad/");
}
