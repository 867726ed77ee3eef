import assert from "node:assert/strict";
import { readdir, stat, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createFilledFolder } from "../../../src/app/filled-folder.js";
import { createWorkspace } from "../../support/workspace.js";

test("a folder keeps what was stored over restarts, and of all together what was used last", async () => {
  const files = await createWorkspace();
  const folder = files.path("deep/filled");
  const open = (): ReturnType<typeof createFilledFolder> => createFilledFolder(folder, { maxBytes: 10_000 });
  const value = (fill: number): Uint8Array => new Uint8Array(1000).fill(fill);
  const first = open();
  for (let i = 0; i < 9; i++) {
    await first.set(`key-${i}`, value(i));
    await sleep(5);
  }
  const again = open();
  assert.deepEqual(new Uint8Array((await again.get("key-0")) ?? []), value(0));
  assert.equal(await again.get("key-99"), undefined);
  await sleep(20);
  for (let i = 9; i < 30; i++) {
    await again.set(`key-${i}`, value(i));
    await sleep(5);
  }
  const names = await readdir(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(`${folder}/${name}`)).size));
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= 10_000, names.join(" "));
  assert.deepEqual(new Uint8Array((await again.get("key-29")) ?? []), value(29));
  assert.equal(await again.get("key-1"), undefined, "the oldest are gone");
  assert.ok(
    names.every((name) => name.endsWith(".filled")),
    names.join(" "),
  );
  await files.close();
});

test("a folder that can't be written is told of once and costs nothing else", async () => {
  const files = await createWorkspace();
  await writeFile(files.path("taken"), "a file");
  const told: string[] = [];
  const store = createFilledFolder(files.path("taken"), { maxBytes: 1000, onProblem: (text) => told.push(text) });
  await store.set("a", new Uint8Array(10));
  await store.set("b", new Uint8Array(10));
  assert.equal(await store.get("a"), undefined);
  assert.equal(told.length, 1);
  assert.match(told[0] ?? "", /can't be kept in .*taken/);
  await files.close();
});
