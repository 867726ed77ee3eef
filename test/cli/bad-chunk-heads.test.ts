import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { parseConfig } from "../../src/app/config.js";
import { createDecoder } from "../../src/app/services.js";
import { verifyPath } from "../../src/app/verify-path.js";
import { readTecCog } from "../../src/container/tec-cog-reader.js";
import { encode } from "../../src/index.js";
import { openByteSource } from "../../src/store/byte-source.js";
import { cliFails } from "../support/cli-fails.js";
import { sceneTiff } from "../support/scene.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

let files: Workspace;
/** Of two chunks at level 0 and one at level 1: where the file has each of level 0. */
let offsets: readonly number[] = [];

before(async () => {
  files = await createWorkspace();
  const source = await files.write("scene_2024-01-05.tif", sceneTiff(400, 64));
  await encode(source, files.path("whole.tif"), { entropy: "flextec", sessions: 1 });
  const opened = await openByteSource(files.path("whole.tif"));
  offsets = Array.from((await readTecCog(opened)).levels[0]?.offsets ?? []);
  await opened.close();
  assert.equal(offsets.length, 2);
});
after(() => files.close());

/** A copy in whose first chunk's head the bytes from `at` on are others. */
async function withHead(name: string, at: number, bytes: readonly number[]): Promise<string> {
  const copy = await readFile(files.path("whole.tif"));
  copy.set(bytes, (offsets[0] ?? 0) + at);
  await writeFile(files.path(name), copy);
  return files.path(name);
}

for (const [name, at, bytes, message] of [
  ["quality.tif", 4, [200], /chunk 0\/0\/0 of quality\.tif: quality step 200, model tec-s2 has 0 to \d+$/m],
  ["channels.tif", 8, [0xff, 0xff], /chunk 0\/0\/0 of channels\.tif: 65535 channels, model tec-s2 has 1024$/m],
] as const)
  test(`${name}: verify and decode name the chunk, what it says and what the model has`, async () => {
    const path = await withHead(name, at, bytes);
    const verified = await runCli(["verify", path]);
    assert.equal(verified.code, 1, verified.stderr);
    assert.match(verified.stdout, message);
    assert.match(verified.stdout, /: 1 problems\n$/);
    await cliFails(files, ["decode", path, files.path("out.tif")], message);
  });

test("more sections than FlexTEC has are said where only some tokens are read", async () => {
  const path = await withHead("sections.tif", 5, [90]);
  await cliFails(
    files,
    ["decode", path, files.path("out.tif"), "--quality", "2"],
    /chunk 0\/0\/0 of sections\.tif: 90 sections, 25 at most expected of FlexTEC/,
  );
});

test("an error that nothing foresaw is told of its chunk, and the chunks after it are checked", async () => {
  const path = await withHead("both.tif", 4, [200]);
  const decoder = await createDecoder(parseConfig({ provider: "cpu", sessions: 1 }));
  const { reader } = decoder;
  const failing: typeof reader = {
    ...reader,
    chunk: (container, level, index, signal) =>
      level === 0 && index === 1
        ? Promise.reject(new RangeError("offset is out of bounds"))
        : reader.chunk(container, level, index, signal),
  };
  const problems = await verifyPath(path, { reader: failing });
  await decoder.close();
  assert.equal(problems.length, 2);
  assert.match(problems[0] ?? "", /^chunk 0\/0\/0 of both\.tif: quality step 200/);
  assert.equal(
    problems[1],
    "chunk 0/0/1 of both.tif: it can't be checked for an error that was not foreseen (offset is out of bounds)",
  );
});
