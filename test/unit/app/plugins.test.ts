import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { join } from "node:path";
import { parseConfig, readConfig } from "../../../src/app/config.js";
import { createExtensions, loadExtensions } from "../../../src/app/plugins.js";
import { InvalidRequestError, UnsupportedError } from "../../../src/core/errors.js";
import { definePlugin } from "../../../src/plugin.js";
import { openMemorySource } from "../../../src/store/memory-source.js";
import { temporaryFolder } from "../../support/catalog-fixtures.js";
import { writeFile } from "node:fs/promises";

const LOOK = { title: "Look", description: "A look.", expression: "B08-B04", rescale: [[0, 1]] } as const;

/** Writes a module and gives its path. */
async function module(t: TestContext, text: string, name = "plugin.mjs"): Promise<string> {
  const path = join(await temporaryFolder(t), name);
  await writeFile(path, text);
  return path;
}

function rejects(promise: Promise<unknown>, message: RegExp): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof InvalidRequestError, String(error));
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
}

test("a module that exports a plugin is loaded by its path", async (t) => {
  const path = await module(t, `export default { name: "one", renders: { look: ${JSON.stringify(LOOK)} } };`);
  const { renders, addedRenders } = await loadExtensions([path]);
  assert.deepEqual(Object.keys(addedRenders), ["look"]);
  assert.deepEqual(renders["look"], LOOK);
  assert.ok(Object.hasOwn(renders, "true-color"), "the built-in ones are there too");
});

test("a module that exports a function is given its options", async (t) => {
  const path = await module(
    t,
    `export default ({ title }) => ({ name: "two", renders: { look: { ...${JSON.stringify(LOOK)}, title } } });`,
  );
  const { renders } = await loadExtensions([{ use: path, options: { title: "Given" } }]);
  assert.equal(renders["look"]?.title, "Given");
});

test("a package's name is looked up from Tectile itself where the working folder doesn't have it", async () => {
  const { addedRenders } = await loadExtensions(["tectile/plugins/spectral-renders"]);
  assert.ok(Object.hasOwn(addedRenders, "msavi"));
});

test("what is no plugin gets one sentence: what, where, got, wanted", async (t) => {
  const cases: readonly (readonly [text: string, message: RegExp])[] = [
    ["export const x = 1;", /^Plugin .*plugin\.mjs \(setting plugins\.0\) can't be loaded: it has no default export/],
    ["export default 7;", /isn't a plugin: .*number.*; wanted what definePlugin/],
    ["export default { stores: {} };", /isn't a plugin: name: .*; wanted what definePlugin/],
    [`export default { name: "x", stores: { s3: "no" } };`, /isn't a plugin: stores\.s3: wanted a function/],
    [`export default { name: "x", shops: {} };`, /isn't a plugin: .*shops/],
    [`throw new Error("its own trouble");`, /can't be loaded: its own trouble$/],
    [`export default () => { throw new Error("no url given"); };`, /can't be made: no url given$/],
    [`import "a-package-that-is-not-there";`, /can't be loaded: Cannot find package 'a-package-that-is-not-there'/],
  ];
  for (const [text, message] of cases) await rejects(loadExtensions([await module(t, text)]), message);
  await rejects(loadExtensions(["./nowhere.mjs"]), /Plugin \.\/nowhere\.mjs \(setting plugins\.0\) can't be loaded/);
  const plain = await module(t, `export default { name: "x" };`);
  await rejects(loadExtensions([{ use: plain, options: { a: 1 } }]), /takes no options, \{"a":1\} were given/);
});

test("a name that two plugins bring is an error that names both", () => {
  const [first, second] = ["alpha", "beta"].map((name) => definePlugin({ name, renders: { look: LOOK } }));
  assert.ok(first !== undefined && second !== undefined);
  assert.throws(() => createExtensions([first, second]), /Plugins "alpha" and "beta" both bring the render "look"/);
  const http = definePlugin({ name: "mine", stores: { https: async () => openMemorySource(new Uint8Array()) } });
  assert.throws(() => createExtensions([http]), /Plugins "tectile" and "mine" both bring the store "https"/);
});

test("a render that can't be drawn is found when its plugin is loaded", () => {
  const plugin = definePlugin({ name: "p", renders: { bad: { ...LOOK, expression: "B08-B99" } } });
  assert.throws(() => createExtensions([plugin]), /Render "bad" of plugin "p": .*B99/);
});

test("the store of a location's scheme opens it; a scheme without one names those that there are", async () => {
  const opened: string[] = [];
  const plugin = definePlugin({
    name: "p",
    stores: {
      mem: async (location) => {
        opened.push(location);
        return openMemorySource(new Uint8Array([1, 2, 3]));
      },
    },
  });
  const { openStore } = createExtensions([plugin]);
  const source = await openStore("mem://bucket/key?x=1");
  assert.deepEqual([...(await source.getRange(1, 2))], [2, 3]);
  assert.deepEqual(opened, ["mem://bucket/key?x=1"]);
  await assert.rejects(openStore("gs://bucket/key"), (error) => {
    assert.ok(error instanceof UnsupportedError);
    assert.match(error.message, /scheme gs:; wanted a path or file:, http:, https:, mem:/);
    return true;
  });
});

test("a catalog's scheme and a tile cache's name choose the plugin's", async () => {
  const { openCatalog, openTileCache } = createExtensions([]);
  await assert.rejects(openCatalog("stac+https://example.org"), /scheme stac\+https:; wanted a folder$/);
  await assert.rejects(openTileCache("redis"), /sharedTileCache is "redis"; wanted one that a plugin brings/);
  const plugin = definePlugin({ name: "p", tileCaches: { disk: () => Promise.reject(new Error("opened")) } });
  const more = createExtensions([plugin]);
  await assert.rejects(more.openTileCache("disk"), /opened/);
  await assert.rejects(more.openTileCache("redis"), /wanted disk$/);
});

test("plugins' paths in a settings file count from that file's folder", async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, "settings.json");
  const entries = ["./mine.mjs", "a-package", { use: "../up.mjs", options: { a: 1 } }];
  await writeFile(file, JSON.stringify({ plugins: entries }));
  const { plugins } = await readConfig({ file });
  assert.deepEqual(plugins, [
    join(folder, "mine.mjs"),
    "a-package",
    { use: join(folder, "..", "up.mjs"), options: { a: 1 } },
  ]);
});

test("a program gives plugins as they are", async () => {
  const plugin = definePlugin({ name: "inline", renders: { look: LOOK } });
  const config = parseConfig({ plugins: [plugin] });
  assert.ok(Object.hasOwn((await loadExtensions(config.plugins)).addedRenders, "look"));
});
