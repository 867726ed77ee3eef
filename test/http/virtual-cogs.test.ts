import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { BANDS } from "../../src/core/bands.js";
import { ingest, openTecCog } from "../../src/index.js";
import { gdalOverHttp, hasGdal } from "../support/gdal.js";
import { bandPlanes } from "../support/geotiff-fixture.js";
import { sceneTiff } from "../support/scene.js";
import { makeSceneCatalog, SCENE } from "../support/scene-catalog.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

let files: Workspace;
let server: TestServer;
/** Of the item with a hole. */
let assets = "";
let decoded = "";

before(async () => {
  files = await createWorkspace();
  const catalog = await makeSceneCatalog(files);
  server = await startServer({ catalog });
  const id = "scene_2024-04-10";
  assets = `${server.url}/collections/${SCENE.collection}/items/${id}/assets`;
  const { href } = await server.services.catalog.item(SCENE.collection, id);
  decoded = files.path("decoded.tif");
  const run = await runCli(["decode", href, decoded]);
  assert.equal(run.code, 0, run.stderr);
});
after(async () => {
  await server.close();
  await files.close();
});

const range = (text: string, more: Record<string, string> = {}): RequestInit => ({ headers: { Range: text, ...more } });

/** The file as a plain GET gives it. */
async function whole(name: string): Promise<Uint8Array> {
  const response = await fetch(`${assets}/${name}.tif`);
  assert.equal(response.status, 200);
  return new Uint8Array(await response.arrayBuffer());
}

async function pixels(source: string, ...options: string[]): Promise<Buffer> {
  const out = files.path("pixels.raw");
  await gdalOverHttp("gdal_translate", ["-q", "-of", "ENVI", "-co", "INTERLEAVE=BSQ", ...options, source, out]);
  return readFile(out);
}

/** Of gdalinfo -json. */
interface Told {
  readonly geoTransform: readonly number[];
  readonly coordinateSystem: { readonly wkt: string };
  readonly bands: readonly { readonly noDataValue?: number; readonly description: string; readonly type: string }[];
}

test("GDAL reads over HTTP, whole and in windows, what decode writes", { skip: !hasGdal() }, async () => {
  for (const band of ["B01", "B08", "B12"] as const) {
    const url = `/vsicurl/${assets}/${band}.tif`;
    const of = ["-b", String(1 + BANDS.indexOf(band))];
    assert.deepEqual(await pixels(url), await pixels(decoded, ...of), band);
    const window = ["-srcwin", "150", "90", "170", "201"];
    assert.deepEqual(await pixels(url, ...window), await pixels(decoded, ...of, ...window), band);
  }
  const told = async (file: string): Promise<Told> =>
    JSON.parse(await gdalOverHttp("gdalinfo", ["-json", file])) as Told;
  const [virtual, plain] = [await told(`/vsicurl/${assets}/B08.tif`), await told(decoded)];
  assert.deepEqual(virtual.geoTransform, plain.geoTransform);
  assert.equal(virtual.coordinateSystem.wkt, plain.coordinateSystem.wkt);
  const { noDataValue, description, type } = plain.bands[BANDS.indexOf("B08")] ?? {};
  const [band] = virtual.bands;
  assert.deepEqual([band?.noDataValue, band?.description, band?.type], [noDataValue, description, type]);
});

test(
  "numbers with an offset may stand for less than 0, in the item's own file and in its COG",
  { skip: !hasGdal() },
  async () => {
    const size = 160;
    // Dark water: reflectance about 0, stored as 1000.
    const dark = (b: number, r: number, c: number): number =>
      1000 + ((r * 7 + c * 13 + b) % 23) - 11 + (c > 80 ? 2000 : 0);
    const source = await files.write(
      "dark_2024-02-02.tif",
      sceneTiff(size, size, {
        planes: bandPlanes(size, size, dark),
        scales: Array<number>(12).fill(0.0001),
        offsets: Array<number>(12).fill(-0.1),
        nodata: "0",
      }),
    );
    const catalog = files.path("dark-catalog");
    await ingest(source, { catalog, collection: "dark", id: "dark", datetime: "2024-02-02T10:00:00Z", sessions: 1 });
    const second = await startServer({ catalog });
    try {
      const { href } = await second.services.catalog.item("dark", "dark");
      const back = files.path("back.tif");
      assert.equal((await runCli(["decode", href, back])).code, 0);
      const url = `${second.url}/collections/dark/items/dark/assets/B03.tif`;
      const wanted = await pixels(back, "-b", "3");
      assert.deepEqual(await pixels(`/vsicurl/${url}`), wanted);
      const below = new Uint16Array(new Uint8Array(wanted).buffer).filter((value) => value > 0 && value < 1000);
      assert.ok(below.length > 100, `${below.length} pixels are below 0`);
      const { assets: described } = (await (await fetch(`${second.url}/collections/dark/items/dark`)).json()) as {
        assets: Record<string, { bands: Record<string, unknown>[] }>;
      };
      const { "raster:scale": scale, "raster:offset": offset, nodata } = described["B03"]?.bands[0] ?? {};
      assert.deepEqual([scale, offset, nodata], [0.0001, -0.1, 0]);
    } finally {
      await second.close();
    }
  },
);

test(
  "GDAL masks what was not observed and nothing else, of a source without a nodata value too",
  { skip: !hasGdal() },
  async () => {
    const size = 160;
    const isHole = (r: number, c: number): boolean => Math.hypot(r - 60, c - 70) < 25;
    // Black water, whose numbers are 0 in the short-wave bands, beside land.
    const value = (b: number, r: number, c: number): number =>
      isHole(r, c) ? 0 : b > 8 ? (c < 80 ? 0 : 900) : 300 + 20 * b;
    const path = await files.write(
      "holed_2024-02-02.tif",
      sceneTiff(size, size, { planes: bandPlanes(size, size, value) }),
    );
    const catalog = files.path("holed-catalog");
    await ingest(path, { catalog, collection: "holed", id: "holed", datetime: "2024-02-02T10:00:00Z", sessions: 1 });
    const second = await startServer({ catalog });
    try {
      const assets = `/vsicurl/${second.url}/collections/holed/items/holed/assets`;
      const valid = (await pixels(`${assets}/valid.tif`)).map((byte) => (byte === 0 ? 0 : 255));
      assert.equal(
        valid.filter((byte) => byte === 0).length,
        Array.from({ length: size * size }, (_, i) => isHole(Math.floor(i / size), i % size)).filter(Boolean).length,
      );
      const { href } = await second.services.catalog.item("holed", "holed");
      const back = files.path("holed-back.tif");
      assert.equal((await runCli(["decode", href, back])).code, 0);
      for (const [file, band] of [
        [`${assets}/B12.tif`, "mask"],
        [`${assets}/B02.tif`, "mask"],
        [back, "mask,12"],
      ] as const)
        assert.deepEqual(await pixels(file, "-b", band), valid, file);
    } finally {
      await second.close();
    }
  },
);

test("an overview is the container's level, true colour and masks tell the hole", { skip: !hasGdal() }, async () => {
  const { href } = await server.services.catalog.item(SCENE.collection, "scene_2024-04-10");
  const image = await openTecCog(href, { decoder: server.services });
  const [full, half] = image.levels;
  assert.ok(full !== undefined && half !== undefined);
  const level = await image.readWindow(
    { x: 0, y: 0, width: half.width, height: half.height },
    { level: 1, bands: ["B08"] },
  );
  const overview = new Uint16Array(
    new Uint8Array(await pixels(`/vsicurl/${assets}/B08.tif`, "-oo", "OVERVIEW_LEVEL=0")).buffer,
  );
  assert.deepEqual(
    overview,
    Uint16Array.from(level.samples, (value, i) => (level.valid[i] === 0 ? 0 : Math.max(0, Math.round(value)))),
  );
  const { valid } = await image.readWindow({ x: 0, y: 0, width: full.width, height: full.height }, { bands: ["B08"] });
  assert.deepEqual(new Uint8Array(await pixels(`/vsicurl/${assets}/valid.tif`)), valid);
  const visual = await pixels(`/vsicurl/${assets}/visual.tif`);
  assert.equal(visual.length, 3 * valid.length);
  valid.forEach((seen, i) => assert.equal(seen !== 0, (visual[i] ?? 0) > 0));
});

test("any range is those bytes of the file", async () => {
  const file = await whole("B04");
  const byte = fc.integer({ min: 0, max: file.length - 1 });
  await fc.assert(
    fc.asyncProperty(byte, byte, async (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const response = await fetch(`${assets}/B04.tif`, range(`bytes=${from}-${to}`));
      assert.equal(response.status, 206);
      assert.equal(response.headers.get("content-range"), `bytes ${from}-${to}/${file.length}`);
      assert.equal(response.headers.get("content-length"), String(to - from + 1));
      assert.ok(Buffer.from(await response.arrayBuffer()).equals(file.subarray(from, to + 1)));
    }),
    { numRuns: 25 },
  );
  const last = await fetch(`${assets}/B04.tif`, range("bytes=-100"));
  assert.deepEqual(new Uint8Array(await last.arrayBuffer()), file.subarray(-100));
  const open = await fetch(`${assets}/B04.tif`, range(`bytes=${file.length - 7}-`));
  assert.equal(open.headers.get("content-range"), `bytes ${file.length - 7}-${file.length - 1}/${file.length}`);
  const beyond = await fetch(`${assets}/B04.tif`, range(`bytes=10-${10 * file.length}`));
  assert.equal(beyond.headers.get("content-range"), `bytes 10-${file.length - 1}/${file.length}`);
  await beyond.arrayBuffer();
});

test("several ranges are parts of one answer, overlapping and adjacent ones one", async () => {
  const file = await whole("B04");
  const overlapping = await fetch(`${assets}/B04.tif`, range("bytes=100-200,150-300,301-310"));
  assert.equal(overlapping.headers.get("content-range"), `bytes 100-310/${file.length}`);
  assert.deepEqual(new Uint8Array(await overlapping.arrayBuffer()), file.subarray(100, 311));

  const several = await fetch(`${assets}/B04.tif`, range("bytes=0-15,70000-70009,-5"));
  assert.equal(several.status, 206);
  const [, boundary = ""] =
    /^multipart\/byteranges; boundary=(.+)$/.exec(several.headers.get("content-type") ?? "") ?? [];
  const body = Buffer.from(await several.arrayBuffer());
  assert.equal(several.headers.get("content-length"), String(body.length));
  const parts = body.toString("latin1").split(`--${boundary}`).slice(1, -1);
  const found = parts.map((part) => {
    const [head = "", ...rest] = part.split("\r\n\r\n");
    const [, from = "", to = ""] = /Content-Range: bytes (\d+)-(\d+)\//.exec(head) ?? [];
    return { from: Number(from), to: Number(to), bytes: Buffer.from(rest.join("\r\n\r\n").slice(0, -2), "latin1") };
  });
  assert.deepEqual(
    found.map(({ from, to }) => [from, to]),
    [
      [0, 15],
      [70_000, 70_009],
      [file.length - 5, file.length - 1],
    ],
  );
  for (const { from, to, bytes } of found) assert.ok(bytes.equals(file.subarray(from, to + 1)));
});

test("ranges without a byte of the file are 416 with its length, foreign and unreadable ones are ignored", async () => {
  const { length } = await whole("B04");
  const many = Array.from({ length: 80 }, (_, i) => `${1000 * i}-${1000 * i + 9}`).join(",");
  for (const wrong of [`bytes=${length}-`, `bytes=${length + 5}-${length + 9}`, "bytes=500-100", `bytes=${many}`]) {
    const response = await fetch(`${assets}/B04.tif`, range(wrong));
    assert.equal(response.status, 416, wrong);
    assert.equal(response.headers.get("content-range"), `bytes */${length}`);
    assert.match(((await response.json()) as { detail: string }).detail, /^Range "bytes=.*has \d+ bytes$/);
  }
  for (const foreign of ["pixels=0-10", "bytes=x-y", "bytes"]) {
    const response = await fetch(`${assets}/B04.tif`, range(foreign));
    assert.equal(response.status, 200, foreign);
    assert.equal((await response.arrayBuffer()).byteLength, length);
  }
});

test("HEAD, conditional requests and If-Range", async () => {
  const url = `${assets}/B04.tif`;
  const head = await fetch(url, { method: "HEAD" });
  const get = (name: string): string => head.headers.get(name) ?? "";
  assert.deepEqual([head.status, get("accept-ranges")], [200, "bytes"]);
  assert.equal(get("content-type"), "image/tiff; application=geotiff; profile=cloud-optimized");
  assert.equal(Number(get("content-length")), (await whole("B04")).length);
  const [etag, modified] = [get("etag"), get("last-modified")];
  assert.match(etag, /^"[\w-]+"$/);
  assert.match(get("cache-control"), /max-age/);
  const status = async (headers: Record<string, string>): Promise<number> => {
    const response = await fetch(url, { headers });
    await response.arrayBuffer();
    return response.status;
  };
  assert.equal(await status({ "If-None-Match": etag }), 304);
  assert.equal(await status({ "If-Modified-Since": modified }), 304);
  assert.equal(await status({ "If-Match": '"other"' }), 412);
  assert.equal(await status({ "If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT" }), 412);
  const Range = "bytes=0-9";
  assert.equal(await status({ Range, "If-Range": etag }), 206);
  assert.equal(await status({ Range, "If-Range": modified }), 206);
  assert.equal(await status({ Range, "If-Range": '"other"' }), 200);
  assert.equal(await status({ Range, "If-Range": "Thu, 01 Jan 1970 00:00:00 GMT" }), 200);
  const other = await fetch(`${assets}/B05.tif`, { method: "HEAD" });
  assert.notEqual(other.headers.get("etag"), etag);
});

test("what isn't there is 404, other methods 405", async () => {
  for (const name of ["B10.tif", "b04.tif", "B04.tif.aux.xml", "B04.tif.ovr", "scl.tif"])
    assert.equal((await fetch(`${assets}/${name}`)).status, 404, name);
  assert.equal((await fetch(`${assets}/B04.tif`, { method: "DELETE" })).status, 405);
  assert.equal((await fetch(`${assets}/B04.tif?quality=3`)).status, 400);
});
