// How long a step to a neighbouring date that was loaded ahead takes, from the key to the picture (which then fades in over 150 ms): node bench/viewer/steps.mjs URL [--steps 8]
// URL is that of a running server (tectile serve) whose first collection has several dates in view.
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { steps: { type: "string", default: "8" } },
});
const [url = "http://localhost:8080/"] = positionals;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
let pending = 0;
let last = performance.now();
for (const [event, by] of [
  ["request", 1],
  ["requestfinished", -1],
  ["requestfailed", -1],
])
  page.on(event, () => {
    pending += by;
    last = performance.now();
  });
/** The picture is whole, and the dates beside it have come: nothing is asked for any more. */
const calm = async () => {
  for (;;) {
    await page.waitForTimeout(300);
    const isWhole = await page.evaluate(() => document.getElementById("progress")?.hidden === true);
    if (isWhole && pending <= 0 && performance.now() - last > 1500) return;
  }
};
await page.goto(url);
await page.waitForFunction(() => /\d{4}/.test(document.title), undefined, { timeout: 120_000 });
await calm();
// In the page, so that the driver's own time doesn't count: the label of the map's canvas changes when the new date lies on top, the next frame shows it.
await page.evaluate(() => {
  globalThis.steps = [];
  const label = () => document.querySelector(".maplibregl-canvas")?.getAttribute("aria-label");
  addEventListener(
    "keydown",
    () => {
      const [from, before] = [performance.now(), label()];
      const look = () => {
        if (label() === before) return requestAnimationFrame(look);
        const drawn = performance.now() - from;
        requestAnimationFrame(() =>
          requestAnimationFrame(() => globalThis.steps.push({ drawn, shown: performance.now() - from })),
        );
      };
      requestAnimationFrame(look);
    },
    true,
  );
});
for (let k = 0; k < Number(values.steps); k++) {
  const asked = [];
  const note = (request) => request.url().includes("/tiles/") && asked.push(request.url());
  page.on("request", note);
  await page.keyboard.press(k % 2 === 0 ? "ArrowLeft" : "ArrowRight");
  await page.waitForFunction((n) => globalThis.steps.length > n, k, { timeout: 60_000 });
  page.off("request", note);
  const { drawn, shown } = await page.evaluate((n) => globalThis.steps[n], k);
  const way = `${asked.length} tiles asked for on the way`;
  console.log(
    `${await page.title()}: on top after ${drawn.toFixed(0)} ms, in a frame after ${shown.toFixed(0)} ms; ${way}`,
  );
  await calm();
}
await browser.close();
