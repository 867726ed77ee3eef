import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { utimes } from "node:fs/promises";
import { after, before, test } from "node:test";
import { InvalidRequestError, NotFoundError } from "../../../src/core/errors.js";
import { fileIdentity, openFileSource } from "../../../src/store/file-source.js";
import { createWorkspace, type Workspace } from "../../support/workspace.js";

let files: Workspace;
before(async () => {
  files = await createWorkspace();
});
after(() => files.close());

test("a pipe without a writer is refused at once", { timeout: 10_000 }, async (t) => {
  const pipe = files.path("pipe.tif");
  try {
    execFileSync("mkfifo", [pipe]);
  } catch {
    t.skip("mkfifo isn't here");
    return;
  }
  await assert.rejects(openFileSource(pipe), (error) => {
    assert.ok(error instanceof InvalidRequestError);
    assert.match(error.message, /pipe\.tif is not a file/);
    return true;
  });
});

test("a folder and a device are refused", async (t) => {
  await assert.rejects(openFileSource(files.path(".")), InvalidRequestError);
  if (process.platform === "win32") t.skip("Windows has no /dev/zero");
  else await assert.rejects(openFileSource("/dev/zero"), InvalidRequestError);
});

test("a file's identity is told without opening it, and changes with its time and size", async () => {
  const path = await files.write("a.bin", "abc");
  const source = await openFileSource(path);
  const before = await source.identity();
  await source.close();
  assert.equal(await fileIdentity(path), before);
  await utimes(path, 1, 1);
  const touched = await fileIdentity(path);
  assert.notEqual(touched, before);
  await files.write("a.bin", "abcd");
  await utimes(path, 1, 1);
  assert.notEqual(await fileIdentity(path), touched);
  await assert.rejects(fileIdentity(files.path("nowhere")), NotFoundError);
});
