import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadExtensions } from "../../src/app/plugins.js";
import { temporaryFolder } from "../support/catalog-fixtures.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

test("the example of docs/plugins.md, in a folder of its own, passes the contract suite and loads", async (t) => {
  const docs = await readFile(join(ROOT, "docs/plugins.md"), "utf8");
  const [plugin = "", suite = ""] = [...docs.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1] ?? "");
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, "node_modules"));
  await symlink(ROOT, join(folder, "node_modules", "tectile"), "dir");
  await writeFile(join(folder, "folder-tile-cache.mjs"), plugin);
  await writeFile(join(folder, "folder-tile-cache.test.mjs"), suite);

  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const output = await new Promise<string>((resolve) => {
    const options = { cwd: folder, env };
    execFile(process.execPath, ["--test", "folder-tile-cache.test.mjs"], options, (_error, text) => resolve(text));
  });
  assert.match(output, /# pass [4-9]\n# fail 0\n/, output);

  const use = join(folder, "folder-tile-cache.mjs");
  const { openTileCache } = await loadExtensions([{ use, options: { folder: join(folder, "tiles") } }]);
  const cache = await openTileCache("folder");
  const signal = AbortSignal.timeout(5000);
  await cache.set("a", new Uint8Array([1]), signal);
  assert.deepEqual([...((await cache.get("a", signal)) ?? [])], [1]);
});

test("every plugin of the repository has its line in docs/plugins.md", async () => {
  const docs = await readFile(join(ROOT, "docs/plugins.md"), "utf8");
  const names = (await readdir(join(ROOT, "plugins"), { recursive: true })).filter((name) =>
    /^(examples.)?[^/\\]*\.ts$/.test(name),
  );
  assert.ok(names.length >= 5);
  for (const name of names) assert.ok(docs.includes(`(../plugins/${name.replaceAll("\\", "/")})`), name);
});
