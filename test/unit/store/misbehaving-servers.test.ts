import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { AppError } from "../../../src/core/errors.js";
import { createGuardedFetch } from "../../../src/store/guarded-fetch.js";
import { isPublicAddress, reachOf } from "../../../src/store/host-rules.js";
import { openHttpSource, type HttpSourceOptions } from "../../../src/store/http-source.js";

const BYTES = Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 7) % 251));
const [OFFSET, LENGTH] = [100, 200];
const WANTED = BYTES.subarray(OFFSET, OFFSET + LENGTH);

const part = { "content-range": `bytes ${OFFSET}-${OFFSET + LENGTH - 1}/${BYTES.length}`, etag: '"1"' };

/** Sends without end, or until the client has gone. */
async function flood(response: ServerResponse): Promise<void> {
  const piece = Buffer.alloc(1 << 16);
  while (!response.destroyed) if (!response.write(piece)) await sleep(1);
}

/** Whatever a server may do instead of what it was asked for; "right" says that the answer is still the bytes. */
const MISBEHAVIOURS: Readonly<Record<string, { right?: true; answer: (response: ServerResponse) => unknown }>> = {
  "sends more than it said, chunked": { answer: (r) => flood(r.writeHead(206, part)) },
  "sends one byte more": { answer: (r) => r.writeHead(206, part).end(BYTES.subarray(OFFSET, OFFSET + LENGTH + 1)) },
  "sends fewer": { answer: (r) => r.writeHead(206, part).end(WANTED.subarray(0, 50)) },
  "sends nothing": { answer: (r) => r.writeHead(206, part).end() },
  "breaks off": {
    answer: (r) => (
      r.writeHead(206, { ...part, "content-length": LENGTH }).write(WANTED.subarray(0, 9)),
      setTimeout(() => r.destroy(), 5)
    ),
  },
  "stalls in its head": { answer: () => undefined },
  "stalls in its body": {
    answer: (r) => r.writeHead(206, { ...part, "content-length": LENGTH }).write(WANTED.subarray(0, 9)),
  },
  drips: {
    answer: async (r) => {
      r.writeHead(206, part);
      for (let i = 0; i < LENGTH && !r.destroyed; i++) {
        r.write(WANTED.subarray(i, i + 1));
        await sleep(60);
      }
    },
  },
  "says gzip and is not": { answer: (r) => r.writeHead(206, { ...part, "content-encoding": "gzip" }).end(WANTED) },
  "says gzip and is": {
    answer: (r) => r.writeHead(206, { ...part, "content-encoding": "gzip" }).end(gzipSync(WANTED)),
  },
  "sends a zip bomb": {
    answer: (r) => r.writeHead(206, { ...part, "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(1 << 26))),
  },
  "says an unknown encoding": { answer: (r) => r.writeHead(200, { "content-encoding": "zstd, br" }).end(BYTES) },
  "gives another range": {
    answer: (r) => r.writeHead(206, { "content-range": `bytes 0-199/${BYTES.length}` }).end(WANTED),
  },
  "gives a longer range": {
    answer: (r) => r.writeHead(206, { "content-range": `bytes ${OFFSET}-3999/${BYTES.length}` }).end(WANTED),
  },
  "gives a range that ends before it begins": {
    answer: (r) => r.writeHead(206, { "content-range": `bytes ${OFFSET}-50/4000` }).end(WANTED),
  },
  "gives no range": { answer: (r) => r.writeHead(206).end(WANTED) },
  "gives a size beyond numbers": {
    answer: (r) => r.writeHead(206, { "content-range": `bytes 100-299/99999999999999999999` }).end(WANTED),
  },
  "ignores Range": { right: true, answer: (r) => r.writeHead(200, { "content-length": BYTES.length }).end(BYTES) },
  "ignores Range and tells no size": { right: true, answer: (r) => r.writeHead(200).end(BYTES) },
  "ignores Range without end": { answer: (r) => flood(r.writeHead(200)) },
  "ignores Range, says less than it has": {
    answer: (r) => flood(r.writeHead(200, { "transfer-encoding": "chunked" })),
  },
  "redirects in a circle": { answer: (r) => r.writeHead(302, { location: "/x" }).end() },
  "redirects to a file": { answer: (r) => r.writeHead(302, { location: "file:///etc/passwd" }).end() },
  "redirects to another host": {
    answer: (r) => r.writeHead(302, { location: "http://169.254.169.254/latest/meta-data" }).end(),
  },
  "redirects to nonsense": { answer: (r) => r.writeHead(302, { location: "http://[::" }).end() },
  "fails without end": { answer: (r) => r.writeHead(503, { "retry-after": "3600" }).end() },
  "answers 204": { answer: (r) => r.writeHead(204).end() },
  "answers 416 inside the file": { answer: (r) => r.writeHead(416, { "content-range": "bytes */4000" }).end() },
};

const QUICK: HttpSourceOptions = { stallMs: 150, timeoutMs: 600, deadlineMs: 900, attempts: 2, backoffMs: 5 };

for (const [name, misbehaviour] of Object.entries(MISBEHAVIOURS)) {
  test(`a server that ${name}: its bytes or a refusal, soon, in little memory`, { timeout: 20_000 }, async (t) => {
    const server = createServer((_, response) => void misbehaviour.answer(response)).listen(0, "127.0.0.1");
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    await new Promise((ready) => server.once("listening", ready));
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/file.tif`);
    const guarded = createGuardedFetch({ hosts: [], privateHosts: ["127.0.0.1"] });
    for (const options of [QUICK, { ...QUICK, fetch: guarded }]) {
      const before = process.memoryUsage().arrayBuffers;
      const start = performance.now();
      const read = openHttpSource(url, options).getRange(OFFSET, LENGTH);
      if (misbehaviour.right === true) assert.deepEqual(Buffer.from(await read), WANTED);
      else await assert.rejects(read, AppError);
      assert.ok(performance.now() - start < 6000, `${performance.now() - start} ms`);
      assert.ok(process.memoryUsage().arrayBuffers - before < 100 * 2 ** 20);
    }
  });
}

test("private addresses are known however they are written", () => {
  const own = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
  ];
  const wrapped = [
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:a00:1",
    "64:ff9b::7f00:1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12::1",
    "ff02::1",
  ];
  const other = [
    "100.64.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "2002:7f00:1::",
    "2001:db8::1",
    "::127.0.0.1",
    "not an address",
  ];
  for (const address of [...own, ...wrapped, ...other]) assert.equal(isPublicAddress(address), false, address);
  for (const address of ["1.1.1.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:1.1.1.1"])
    assert.equal(isPublicAddress(address), true, address);
});

test("hosts are allowed by name, by domain or at all, and private ones by name alone", async () => {
  const rules = {
    hosts: ["data.example.org", "*.example.com", "[2606:4700::1111]:8443"],
    privateHosts: ["minio:9000"],
  };
  const reach = (url: string): string => reachOf(new URL(url), rules);
  assert.equal(reach("https://data.example.org/x"), "public");
  assert.equal(reach("https://DATA.example.org./x"), "public");
  assert.equal(reach("https://a.b.example.com/x"), "public");
  assert.equal(reach("https://[2606:4700::1111]:8443/x"), "public");
  assert.equal(reach("http://minio:9000/x"), "any");
  for (const url of [
    "https://example.com",
    "https://data.example.org.evil.net",
    "http://minio/x",
    "http://minio:9001/x",
    "https://xexample.com",
  ])
    assert.equal(reach(url), "none", url);
  assert.equal(reachOf(new URL("https://anything.net"), { hosts: ["*"], privateHosts: [] }), "public");
  const fetch = createGuardedFetch({ hosts: ["*"], privateHosts: [] });
  // Names and numbers that lead to this machine; the name only once it is resolved.
  for (const url of [
    "http://localhost:9/",
    "http://127.0.0.1:9/",
    "http://2130706433:9/",
    "http://0x7f.1:9/",
    "http://[::1]:9/",
    "http://[::ffff:7f00:1]:9/",
  ])
    await assert.rejects(fetch(new URL(url), {}), /private address/, url);
  await assert.rejects(createGuardedFetch(rules)(new URL("https://evil.net/"), {}), /isn't one that files may lie on/);
});
