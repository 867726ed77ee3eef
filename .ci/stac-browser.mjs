// What a person does in stac-browser, in a browser: opens the catalog, its collection, an item on its map, searches for items.
//   node .ci/stac-browser.mjs URL_OF_STAC_BROWSER URL_OF_SERVER FOLDER_FOR_SCREENSHOTS
import { chromium } from "playwright-core";

const [browserUrl, serverUrl, folder] = process.argv.slice(2);
const answer = await fetch(`${serverUrl}/collections/landscape/items?limit=100`);
const ids = (await answer.json()).features.map(({ id }) => id);
const launched = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
});
const page = await launched.newPage({ viewport: { width: 1300, height: 1000 } });
const faults = [];
page.on("pageerror", (error) => faults.push(`${page.url()}: ${error.message}`));
page.on("response", (response) => {
  if (response.url().startsWith(serverUrl) && response.status() >= 400) {
    faults.push(`${response.status()} ${response.url()}`);
  }
});

async function open(path, shot) {
  await page.goto(browserUrl + path);
  await page.waitForLoadState("networkidle").catch(() => {});
  await page.screenshot({ path: `${folder}/${shot}.png`, fullPage: true });
}

function expect(what, seen) {
  if (!seen) {
    faults.push(`${page.url()}: ${what}`);
  }
}

const shown = async (text) => (await page.getByText(text).count()) > 0;

await open("/", "catalog");
expect("the catalog shows no collection", await shown("Procedural landscape"));

await open("/collections/landscape", "collection");
for (const id of ids) {
  expect(`no card of ${id}`, await shown(id));
}
await page.waitForFunction(() =>
  [...document.querySelectorAll("main img, .card img")].every((image) => image.complete),
);
const pictures = await page.evaluate(() =>
  [...document.querySelectorAll(".card img")].map((image) => image.naturalWidth),
);
expect(`thumbnails: ${pictures.join()}`, pictures.length >= ids.length && pictures.every((width) => width > 0));

const decoded = page.waitForResponse((response) => response.url().endsWith("/assets/visual.tif"), { timeout: 30_000 });
await page.goto(`${browserUrl}/collections/landscape/items/${ids[0]}`);
expect("the map does not read visual.tif by ranges", (await decoded.catch(() => undefined))?.status() === 206);
await page.waitForTimeout(3000);
const map = await page
  .locator("canvas")
  .first()
  .screenshot({ path: `${folder}/item-map.png` });
// A blank map of this size is 2 KB of PNG.
expect(`the map is blank (${map.length} bytes)`, map.length > 20_000);
await page.screenshot({ path: `${folder}/item.png`, fullPage: true });

await page.goto(`${browserUrl}/search`);
await page.getByText("Search for Items").click();
await page.getByRole("button", { name: "Submit" }).click();
await page
  .getByText(ids[0])
  .first()
  .waitFor({ timeout: 15_000 })
  .catch(() => {});
await page.screenshot({ path: `${folder}/search.png`, fullPage: true });
for (const id of ids) {
  expect(`the search does not find ${id}`, await shown(id));
}

await launched.close();
console.log(
  faults.length > 0
    ? faults.join("\n")
    : `catalog, collection with ${ids.length} items, an item's pixels on its map, search`,
);
process.exitCode = faults.length > 0 ? 1 : 0;
