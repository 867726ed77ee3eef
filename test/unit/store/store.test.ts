import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidRequestError } from "../../../src/core/errors.js";
import { openByteSource, type ByteSource } from "../../../src/store/byte-source.js";
import { withCachedHead } from "../../../src/store/cached-head.js";
import { fileNameOf, isHttpUrl, parseLocation, resolveHref, shortLocation } from "../../../src/store/location.js";
import { openMemorySource } from "../../../src/store/memory-source.js";

test("hrefs hang on the document that holds them", () => {
  const cases: readonly (readonly [base: string, href: string, wanted: string])[] = [
    ["https://h/c/item.json?x=1", "./B02.tif", "https://h/c/B02.tif"],
    ["https://h/c/item.json", "../d/B02.tif", "https://h/d/B02.tif"],
    ["https://h/c/item.json", "/B02.tif", "https://h/B02.tif"],
    ["https://h/c/item.json", "https://other/B02.tif", "https://other/B02.tif"],
    ["/data/c/item.json", "B02.tif", "/data/c/B02.tif"],
    ["/data/c/item.json", "../B02.tif", "/data/B02.tif"],
    ["/data/c/item.json", "/abs/B02.tif", "/abs/B02.tif"],
    ["/data/c/item.json", "http://h/B02.tif", "http://h/B02.tif"],
    ["/data/c/item.json", "s3://bucket/B02.tif", "s3://bucket/B02.tif"],
    ["file:///data/c/item.json", "B02.tif", "/data/c/B02.tif"],
  ];
  for (const [base, href, wanted] of cases) assert.equal(resolveHref(base, href), wanted, `${href} in ${base}`);
});

test("a location is told apart by its scheme", () => {
  assert.deepEqual(parseLocation("C:\\images\\a.tif"), { kind: "file", path: "C:\\images\\a.tif" });
  assert.deepEqual(parseLocation("a/b.tif"), { kind: "file", path: "a/b.tif" });
  assert.deepEqual(parseLocation("file:///a%20b.tif"), { kind: "file", path: "/a b.tif" });
  assert.deepEqual(parseLocation("S3://x/y"), { kind: "other", scheme: "s3" });
  assert.equal(isHttpUrl("HTTPS://x/y"), true);
  assert.throws(() => parseLocation("http://"), InvalidRequestError);
});

test("a message's location shows no host, query or credentials", () => {
  assert.equal(shortLocation("https://user:pw@host.example/a/b/c%20d.tif?sig=secret#x"), "b/c d.tif");
  assert.equal(shortLocation("/home/someone/series/2020-01-13/B02.tif"), "2020-01-13/B02.tif");
  assert.equal(shortLocation("s3://bucket/key/x.tif?sig=1"), "key/x.tif");
  assert.equal(shortLocation("/series/what?.tif"), "series/what?.tif");
  assert.equal(shortLocation("/series/a\n\u001b[2Jb.tif"), "series/a\\u000a\\u001b[2Jb.tif");
  assert.equal(fileNameOf("https://h/a/b.tif?x"), "b.tif");
  assert.equal(fileNameOf("a\\b.tif"), "b.tif");
});

test("a cached head costs one read however many ask for it, and forgets a failure", async () => {
  const memory = openMemorySource(new Uint8Array(1000).fill(7));
  let reads = 0;
  const counting: ByteSource = {
    ...memory,
    getRange: async (offset, length, signal) => {
      reads++;
      if (reads === 1) throw new Error("first read fails");
      return memory.getRange(offset, length, signal);
    },
  };
  const source = withCachedHead(counting, 100);
  await assert.rejects(source.getRange(0, 10), /first read fails/);
  await Promise.all([source.getRange(0, 10), source.getRange(50, 50), source.getRange(99, 1)]);
  assert.equal(reads, 2);
  await source.getRange(99, 2);
  assert.equal(reads, 3);
});

test("a folder is refused by name", async () => {
  await assert.rejects(openByteSource("src/store"), (error) => {
    assert.ok(error instanceof InvalidRequestError);
    assert.match(error.message, /src\/store is not a file/);
    return true;
  });
});
