import assert from "node:assert/strict";
import { test } from "node:test";
import { mayLeanOn } from "../../../src/store/location.js";

test("a local file may lean on others by relative paths alone", () => {
  for (const base of ["/data/a/b.tif", "b.tif", "file:///data/a/b.tif"]) {
    for (const href of ["c.tif", "../c/c.tif", "./a b.tif"]) assert.ok(mayLeanOn(base, href), `${base} on ${href}`);
    for (const href of [
      "/etc/passwd",
      "//host/share/c.tif",
      "\\\\host\\share\\c.tif",
      "C:\\c.tif",
      "c:c.tif",
      "file:///etc/passwd",
      "FILE:c.tif",
      "http://127.0.0.1/c.tif",
      "https:c.tif",
      "s3://bucket/c.tif",
    ])
      assert.ok(!mayLeanOn(base, href), `${base} on ${href}`);
  }
});

test("a remote file may lean on others of its scheme and host alone", () => {
  for (const [base, href] of [
    ["https://host/a/b.tif?token=1", "../c.tif"],
    ["https://host/a/b.tif", "https://host/c.tif"],
    ["https://host/a/b.tif", "/c.tif"],
    ["https://host:8443/a/b.tif", "//host:8443/c.tif"],
    ["s3://bucket/a/b.tif", "../c.tif"],
    ["s3://bucket/a/b.tif", "s3://bucket/c.tif"],
  ] as const)
    assert.ok(mayLeanOn(base, href), `${base} on ${href}`);
  for (const [base, href] of [
    ["https://host/b.tif", "http://host/c.tif"],
    ["https://host/b.tif", "https://host:8443/c.tif"],
    ["https://host/b.tif", "//127.0.0.1/c.tif"],
    ["https://host/b.tif", "\\\\127.0.0.1\\c.tif"],
    ["https://host/b.tif", " https://127.0.0.1/c.tif"],
    ["https://host/b.tif", "https://host@127.0.0.1/c.tif"],
    ["https://host/b.tif", "file:///etc/passwd"],
    ["https://host/b.tif", "FILE:///etc/passwd"],
    ["https://host/b.tif", "C:\\c.tif"],
    ["https://host/b.tif", "s3://host/c.tif"],
    ["https://host/b.tif", "https://"],
    ["s3://bucket/b.tif", "s3://other/c.tif"],
    ["s3://bucket/b.tif", "file:///etc/passwd"],
    ["s3://bucket/b.tif", "http://bucket/c.tif"],
  ] as const)
    assert.ok(!mayLeanOn(base, href), `${base} on ${href}`);
});
