import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { NotFoundError, UnsupportedError, UpstreamError } from "../../../src/core/errors.js";
import { openByteSource } from "../../../src/store/byte-source.js";
import { startRangeServer, type Intercept, type RangeServer } from "../../support/range-server.js";

const BYTES = Uint8Array.from({ length: 2000 }, (_, i) => i & 255);
const QUICK = { backoffMs: 1, timeoutMs: 5000 };

async function serve(t: TestContext, intercept?: Intercept): Promise<RangeServer> {
  const server = await startRangeServer(intercept);
  server.files.set("/a/b.tif", BYTES);
  t.after(() => server.close());
  return server;
}

test("a server that fails twice and then answers is read without an error", async (t) => {
  let failures = 2;
  const server = await serve(t, (_, response) => {
    if (failures-- <= 0) return false;
    response.writeHead(503).end();
    return true;
  });
  const source = await openByteSource(`${server.origin}/a/b.tif`, QUICK);
  assert.deepEqual(await source.getRange(10, 20), BYTES.slice(10, 30));
  assert.equal(server.requests.length, 3);
});

test("Retry-After sets the wait", async (t) => {
  let failures = 1;
  const server = await serve(t, (_, response) => {
    if (failures-- <= 0) return false;
    response.writeHead(429, { "retry-after": "1" }).end();
    return true;
  });
  const source = await openByteSource(`${server.origin}/a/b.tif`, QUICK);
  const start = performance.now();
  await source.getRange(0, 1);
  assert.ok(performance.now() - start > 900);
});

test("a server that keeps failing is an UpstreamError that names the file and no host", async (t) => {
  const server = await serve(t, (_, response) => {
    response.writeHead(500).end();
    return true;
  });
  const source = await openByteSource(`${server.origin}/a/b.tif?token=secret`, { ...QUICK, attempts: 2 });
  await assert.rejects(source.getRange(0, 10), (error) => {
    assert.ok(error instanceof UpstreamError);
    assert.equal(error.message, "a/b.tif: the server answered 500 (2 attempts)");
    return true;
  });
});

test("a body that ends early is read again", async (t) => {
  let failures = 1;
  const server = await serve(t, (_, response) => {
    if (failures-- <= 0) return false;
    response.writeHead(206, { "content-range": "bytes 0-99/2000", "content-length": 100 });
    response.write(BYTES.slice(0, 50), () => response.destroy());
    return true;
  });
  const source = await openByteSource(`${server.origin}/a/b.tif`, QUICK);
  assert.deepEqual(await source.getRange(0, 100), BYTES.slice(0, 100));
  assert.equal(server.requests.length, 2);
});

test("a server that never answers ends in an UpstreamError, not in a wait for ever", async (t) => {
  const server = await serve(t, () => true);
  const source = await openByteSource(`${server.origin}/a/b.tif`, { backoffMs: 1, timeoutMs: 50, attempts: 2 });
  await assert.rejects(source.getRange(0, 10), /a\/b\.tif: no answer in time \(2 attempts\)/);
});

test("a closed port is an UpstreamError", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const source = await openByteSource(`http://127.0.0.1:${port}/x.tif`, { ...QUICK, attempts: 2 });
  await assert.rejects(source.size(), (error) => {
    assert.ok(error instanceof UpstreamError);
    assert.match(error.message, /^x\.tif: the connection failed, ECONNREFUSED \(2 attempts\)$/);
    return true;
  });
});

test("redirects are followed, our headers stay with the first host, and a loop is cut", async (t) => {
  let authorisation: string | undefined = "unset";
  const server = await serve(t, (request) => {
    authorisation = request.headers.authorization;
    return false;
  });
  const first = await serve(t, (request, response) => {
    const target = request.url === "/loop" ? "/loop" : `${server.origin}/a/b.tif`;
    response.writeHead(302, { location: target }).end();
    return true;
  });
  const options = { ...QUICK, headers: { authorization: "Bearer x" } };
  const source = await openByteSource(`${first.origin}/here`, options);
  assert.deepEqual(await source.getRange(5, 5), BYTES.slice(5, 10));
  assert.equal(authorisation, undefined);
  const loop = await openByteSource(`${first.origin}/loop`, options);
  await assert.rejects(loop.getRange(0, 1), /more than 5 redirects/);
});

test("a file that changes between two reads is an UpstreamError, not a mixture", async (t) => {
  const server = await serve(t);
  const source = await openByteSource(`${server.origin}/a/b.tif`, QUICK);
  await source.getRange(0, 10);
  server.files.set("/a/b.tif", BYTES.slice().reverse());
  await assert.rejects(source.getRange(10, 10), (error) => {
    assert.ok(error instanceof UpstreamError);
    assert.match(error.message, /changed while it was being read/);
    return true;
  });
});

test("a server without Range is read from its start", async (t) => {
  const server = await serve(t, (_, response) => {
    response.writeHead(200, { "content-length": BYTES.length }).end(BYTES);
    return true;
  });
  const source = await openByteSource(`${server.origin}/a/b.tif`, QUICK);
  assert.deepEqual(await source.getRange(1000, 10), BYTES.slice(1000, 1010));
  assert.deepEqual(await source.getRange(1990, 100), BYTES.slice(1990));
  assert.equal(await source.size(), 2000);
});

test("403 is not tried again", async (t) => {
  const server = await serve(t, (_, response) => {
    response.writeHead(403).end();
    return true;
  });
  const source = await openByteSource(`${server.origin}/a/b.tif`, QUICK);
  await assert.rejects(source.size(), /a\/b\.tif: the server answered 403/);
  assert.equal(server.requests.length, 1);
});

test("a missing file and a foreign scheme say so", async (t) => {
  const server = await serve(t);
  const missing = await openByteSource(`${server.origin}/c.tif`, QUICK);
  await assert.rejects(missing.size(), NotFoundError);
  await assert.rejects(openByteSource("s3://bucket/c.tif"), (error) => {
    assert.ok(error instanceof UnsupportedError);
    assert.match(error.message, /scheme s3:/);
    return true;
  });
});
