// The viewer on a slow link: when it says something, when it shows imagery, what it asks for. node bench/viewer/slow-link.mjs URL [--kbit 400] [--latency 400]
// URL is that of a running server (tectile serve); warm its caches first by opening it once, or tell the cold figure as such.
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import sharp from "sharp";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kbit: { type: "string", default: "400" },
    latency: { type: "string", default: "400" },
    shots: { type: "string" },
  },
});
const [url = "http://localhost:8080/"] = positionals;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
const cdp = await page.context().newCDPSession(page);
await cdp.send("Network.enable");
await cdp.send("Network.emulateNetworkConditions", {
  offline: false,
  latency: Number(values.latency),
  downloadThroughput: (Number(values.kbit) * 1000) / 8,
  uploadThroughput: (Number(values.kbit) * 1000) / 8,
});
const asked = new Map();
let bytes = 0;
page.on("request", (request) => {
  const { pathname } = new URL(request.url());
  if (!request.url().startsWith("http")) return;
  const kind = pathname.includes("/tiles/") ? "tiles" : "other";
  asked.set(kind, (asked.get(kind) ?? 0) + 1);
});
cdp.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
const from = performance.now();
const seconds = () => (performance.now() - from) / 1000;
const at = {};
void page.goto(url, { waitUntil: "commit" }).catch(() => {});
while (seconds() < 90 && (at.imagery === undefined || at.whole === undefined)) {
  await new Promise((done) => setTimeout(done, 200));
  const text = await page.evaluate(() => document.body?.innerText ?? "").catch(() => "");
  if (/loading|starting/i.test(text)) at.words ??= seconds();
  if (/\d{4}/.test(text)) at.date ??= seconds();
  const shot = await page.screenshot({ timeout: 5000 }).catch(() => undefined);
  if (shot === undefined) continue;
  // Imagery: the part of the middle of the map that is brighter than the ground.
  const middle = await sharp(shot)
    .extract({ left: 640, top: 100, width: 300, height: 300 })
    .greyscale()
    .raw()
    .toBuffer();
  const share = middle.filter((value) => value > 38).length / middle.length;
  if (share > 0.3) at.imagery ??= seconds();
  if (
    share > 0.8 &&
    (await page.evaluate(() => document.getElementById("progress")?.hidden).catch(() => false)) === true
  )
    at.whole ??= seconds();
  if (values.shots !== undefined)
    await sharp(shot).toFile(`${values.shots}/${seconds().toFixed(1).padStart(5, "0")}.png`);
}
for (const [what, when] of Object.entries(at)) console.log(`${what.padEnd(8)} ${when.toFixed(1)} s`);
console.log(`requests ${JSON.stringify(Object.fromEntries(asked))}, ${(bytes / 1024).toFixed(0)} KiB`);
await browser.close();
