import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import express from "express";
import { pino } from "pino";
import { OverloadedError } from "../../src/core/errors.js";
import { createTectile } from "../../src/http/tectile.js";
import { listen } from "../support/listen.js";
import { placeAt, tileOf } from "../support/mosaic-catalog.js";
import { useMosaicServer } from "../support/scene-server.js";
import { viewerScript } from "../support/viewer-script.js";

const server = useMosaicServer();

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

/** As it goes over the wire: fetch would decode it. */
function get(path: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(`${server.url}${path}`, { headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    })
      .on("error", reject)
      .end();
  });
}

const ITEM = "/collections/place/items/place_2024-01-10";

test("JSON, pages, scripts and style sheets are compressed for those who take it, and vary by that", async () => {
  for (const path of [ITEM, "/?f=html", "/viewer/start.json", await viewerScript(server.url), "/api"]) {
    const plain = await get(path, {});
    assert.equal(plain.headers["content-encoding"], undefined, path);
    assert.match(String(plain.headers["vary"]), /Accept-Encoding/, path);
    const gzip = await get(path, { "Accept-Encoding": "gzip" });
    assert.equal(gzip.headers["content-encoding"], "gzip", path);
    assert.match(String(gzip.headers["vary"]), /Accept-Encoding/, path);
    assert.ok(gunzipSync(gzip.body).equals(plain.body), path);
    assert.ok(gzip.body.length < plain.body.length / 2, `${path}: ${gzip.body.length} of ${plain.body.length}`);
  }
  const brotli = await get(ITEM, { "Accept-Encoding": "gzip, br" });
  assert.equal(brotli.headers["content-encoding"], "br");
  assert.match(brotliDecompressSync(brotli.body).toString(), /"place_2024-01-10"/);
});

test("a compressed answer's ETag is weak and answers 304, which varies like the answer", async () => {
  const first = await get(ITEM, { "Accept-Encoding": "gzip" });
  const etag = String(first.headers["etag"]);
  assert.match(etag, /^W\//);
  for (const encoding of ["gzip", "identity"]) {
    const again = await get(ITEM, { "Accept-Encoding": encoding, "If-None-Match": etag });
    assert.deepEqual([again.status, again.body.length, again.headers["etag"]], [304, 0, etag]);
    assert.match(String(again.headers["vary"]), /Accept-Encoding/);
  }
});

test("tiles, arrays, parts of files and what has a strong ETag go as they are", async () => {
  const { path } = tileOf(placeAt(64, 64), 14);
  const all = { "Accept-Encoding": "gzip, br" };
  for (const extension of ["png", "npy", "tif"]) {
    const tile = await get(`/collections/place/${path}.${extension}`, all);
    assert.equal(tile.headers["content-encoding"], undefined, extension);
    assert.equal(Number(tile.headers["content-length"]), tile.body.length, extension);
    assert.doesNotMatch(String(tile.headers["vary"] ?? ""), /Accept-Encoding/, extension);
    const again = await get(`/collections/place/${path}.${extension}`, {
      ...all,
      "If-None-Match": String(tile.headers["etag"]),
    });
    assert.deepEqual([again.status, again.headers["vary"]], [304, tile.headers["vary"]], extension);
  }
  const part = await get(`${ITEM}/assets/tec`, { ...all, Range: "bytes=0-1023" });
  assert.deepEqual([part.status, part.headers["content-encoding"], part.body.length], [206, undefined, 1024]);
});

test("the viewer's files are kept for a year under names that tell their content, and come packed as the build left them", async () => {
  const path = await viewerScript(server.url);
  const [plain, gzip, brotli] = [
    await get(path, {}),
    await get(path, { "Accept-Encoding": "gzip" }),
    await get(path, { "Accept-Encoding": "gzip, br" }),
  ];
  assert.match(String(plain.headers["cache-control"]), /max-age=31536000, immutable/);
  assert.deepEqual([gzip.headers["content-encoding"], brotli.headers["content-encoding"]], ["gzip", "br"]);
  assert.ok(brotliDecompressSync(brotli.body).equals(plain.body) && brotli.body.length < gzip.body.length);
  for (const wrong of [
    "/viewer/none-00000000.js",
    "/viewer/index.html",
    "/viewer/viewer.js",
    "/viewer/..%2Findex.html",
  ])
    assert.equal((await get(wrong, {})).status, 404, wrong);
});

test("a full queue is one line in the log, without a stack; a fault has its stack", async (t) => {
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => lines.push(line) });
  const failing = (error: Error): typeof server.services => ({
    ...server.services,
    catalog: { ...server.services.catalog, item: () => Promise.reject(error) },
  });
  for (const error of [new OverloadedError("64 tiles wait; wanted fewer"), new TypeError("a fault")]) {
    const app = express().use(await createTectile(failing(error), { log }));
    const url = await listen(t, app);
    await fetch(`${url}/collections/place/items/x/preview.png`);
  }
  const told = lines.map(
    (line) => JSON.parse(line) as { level: number; msg: string; err?: { stack: string }; url: string },
  );
  const [full, , fault] = [told.find(({ level }) => level === 40), undefined, told.find(({ level }) => level === 50)];
  assert.equal(full?.msg, "64 tiles wait; wanted fewer");
  assert.equal(full.err, undefined);
  assert.match(full.url, /preview\.png/);
  assert.match(fault?.err?.stack ?? "", /a fault\n {4}at /);
});
