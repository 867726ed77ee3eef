import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CLOUDY_DATE, makeCloudySeries } from "../support/cloudy-series.js";
import { tileOf } from "../support/mosaic-catalog.js";
import { readNpy, type NpyPlanes } from "../support/npy.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

let files: Workspace;
let server: TestServer;
let tile: string;

before(async () => {
  files = await createWorkspace();
  const catalog = files.path("series-catalog");
  const [west, south, east, north] = (await makeCloudySeries(catalog)).boundsWgs84;
  server = await startServer({ catalog });
  tile = tileOf([(west + east) / 2, (south + north) / 2], 14).path;
});
after(async () => {
  await server.close();
  await files.close();
});

const BANDS = "assets=B03&assets=B04&assets=B08&assets=B11";
/** Of the planes after the four bands. */
const [MASK, INFERRED, EXPECTED] = [4, 5, 6];

async function npy(path: string): Promise<{ readonly planes: NpyPlanes; readonly headers: Headers }> {
  const response = await fetch(`${server.url}${path}`);
  assert.equal(response.status, 200, `${path}: ${response.status} ${await response.clone().text()}`);
  return { planes: readNpy(new Uint8Array(await response.arrayBuffer())), headers: response.headers };
}

const filledBy = (method: string, more = "", collection = "series") =>
  npy(
    `/collections/${collection}/${tile}.npy?${BANDS}&datetime=${CLOUDY_DATE}&inpaint=${method}&return_inferred=true${more}`,
  );

/** Root mean square error of the inferred pixels that have a truth, digital numbers. */
function errorOf(filled: NpyPlanes, truth: NpyPlanes): number {
  let [sum, count] = [0, 0];
  for (let y = 0; y < filled.height; y++) {
    for (let x = 0; x < filled.width; x++) {
      if (filled.at(INFERRED, y, x) === 0 || truth.at(MASK, y, x) === 0) continue;
      for (let b = 0; b < 4; b++) sum += (filled.at(b, y, x) - truth.at(b, y, x)) ** 2;
      count += 4;
    }
  }
  assert.ok(count > 4000, `${count} values are inferred`);
  return Math.sqrt(sum / count);
}

test("tec runs the model: the header names it, and what it fills is nearer to the truth than a fill from the surroundings", async () => {
  const truth = (await npy(`/collections/truth/${tile}.npy?${BANDS}`)).planes;
  const tec = await filledBy("tec");
  const harmonic = await filledBy("harmonic");
  assert.match(tec.headers.get("tectile-method") ?? "", /^first, inpaint=tec/);
  assert.equal(tec.headers.get("tectile-dates"), "2024-07-04,2024-05-25,2024-04-20");
  assert.ok(Number(tec.headers.get("tectile-inferred")) > 0.1);
  const [byTec, byHarmonic] = [errorOf(tec.planes, truth), errorOf(harmonic.planes, truth)];
  assert.ok(byTec < 0.8 * byHarmonic, `tec is off by ${byTec}, harmonic by ${byHarmonic}`);
});

test("what was seen is the same whatever fills the rest", async () => {
  const [{ planes: tec }, { planes: linear }] = [await filledBy("tec"), await filledBy("linear")];
  for (let y = 0; y < 256; y++) {
    for (let x = 0; x < 256; x++) {
      assert.equal(tec.at(INFERRED, y, x), linear.at(INFERRED, y, x));
      if (tec.at(INFERRED, y, x) === 0) assert.equal(tec.at(2, y, x), linear.at(2, y, x), `at ${x}, ${y}`);
    }
  }
});

test("the expected errors are those made, within a factor of two; surroundings alone can't tell", async () => {
  const truth = (await npy(`/collections/truth/${tile}.npy?${BANDS}`)).planes;
  const { planes } = await filledBy("tec", "&return_uncertainty=true");
  assert.equal(planes.planes, 7);
  let [expected, real, count] = [0, 0, 0];
  for (let y = 0; y < 256; y++) {
    for (let x = 0; x < 256; x++) {
      const error = planes.at(EXPECTED, y, x);
      if (planes.at(INFERRED, y, x) === 0) assert.equal(error, 0, `${error} where it was seen, at ${x}, ${y}`);
      else if (error < 65_535) {
        expected += error ** 2;
        for (let b = 0; b < 4; b++) real += (planes.at(b, y, x) - truth.at(b, y, x)) ** 2 / 4;
        count++;
      }
    }
  }
  assert.ok(count > 4000, `${count} pixels have an expected error`);
  const ratio = Math.sqrt(real / expected);
  assert.ok(ratio > 0.5 && ratio < 2, `real over expected ${ratio}`);
  for (const method of ["linear", "harmonic"]) {
    const { planes: other } = await filledBy(method, "&return_uncertainty=true");
    let known = 0;
    for (let y = 0; y < 256; y += 5)
      for (let x = 0; x < 256; x += 5) {
        const error = other.at(EXPECTED, y, x);
        assert.equal(error === 0, other.at(INFERRED, y, x) === 0, `${method} at ${x}, ${y}`);
        if (error > 0 && error < 65_535) known++;
      }
    assert.equal(known > 0, method === "linear", `${method} tells ${known} errors`);
  }
});

test("dates of another quality serve tec as well as those of its own", async () => {
  const { headers } = await filledBy("tec", "", "mixed");
  assert.equal(headers.get("tectile-method"), "first, inpaint=tec");
});

test("a tile without holes runs no forecast", async () => {
  const before = server.services.forecasts.stats().misses;
  const response = await fetch(`${server.url}/collections/truth/${tile}.npy?${BANDS}&inpaint=tec`);
  assert.equal(response.headers.get("tectile-inferred"), "0.000");
  assert.equal(server.services.forecasts.stats().misses, before);
});

test("a 304 says what the kept picture is made of, once it was drawn", async () => {
  const url = `${server.url}/collections/series/${tile}.png?datetime=${CLOUDY_DATE}&inpaint=linear`;
  const first = await fetch(url);
  const etag = first.headers.get("etag") ?? "";
  const again = await fetch(url, { headers: { "If-None-Match": etag, "Cache-Control": "max-age=0" } });
  assert.equal(again.status, 304);
  for (const name of ["tectile-observed", "tectile-inferred", "tectile-dates", "tectile-method"])
    assert.equal(again.headers.get(name), first.headers.get(name), name);
});

test("TileJSON and the collection's links say where inferred pixels are", async () => {
  const get = async (url: string): Promise<Record<string, unknown>> => (await (await fetch(url)).json()) as never;
  const collection = `${server.url}/collections/series`;
  const tileJson = await get(`${collection}/WebMercatorQuad/tilejson.json?inpaint=tec`);
  assert.match(String(tileJson["attribution"]), /inferred \(tec\), not observed/);
  assert.match(String(tileJson["description"]), /inferred \(tec\), not observed/);
  const plain = await get(`${collection}/WebMercatorQuad/tilejson.json`);
  assert.doesNotMatch(JSON.stringify(plain), /inferred/);
  const { links } = (await get(collection)) as { links: readonly Record<string, string>[] };
  const cloudless = links.find(({ href }) => href?.includes("inpaint="));
  assert.match(cloudless?.["title"] ?? "", /inferred.*not observed/);
  assert.match(String((await get(cloudless?.["href"] ?? ""))["description"]), /inferred/);
});
