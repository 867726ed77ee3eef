import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createSearchStore } from "../../../src/app/searches.js";
import { InvalidRequestError, NotFoundError, OverloadedError } from "../../../src/core/errors.js";
import { createWorkspace } from "../../support/workspace.js";

test("searches are bounded in number, in bytes each and together, on disk and without one; restarts cost nothing", async (t) => {
  const files = await createWorkspace();
  t.after(() => files.close());
  for (const catalog of [files.path("catalog"), "stac://elsewhere"]) {
    const isFolder = catalog.startsWith("/");
    const bounds = { maxSearches: 20, maxBytes: 400_000 };
    const store = createSearchStore(catalog, bounds);
    const given = (k: number, length: number) => ({ search: { ids: ["x".repeat(length)] }, metadata: { k } });
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, k) => store.register(given(k, 1000))));
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 20);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") assert.ok(outcome.reason instanceof OverloadedError);
    // What is there may be registered again.
    const [first] = outcomes;
    assert.ok(first?.status === "fulfilled");
    assert.deepEqual(await store.register(given(0, 1000)), first.value);
    await assert.rejects(store.register(given(0, 70_000)), InvalidRequestError);
    const other = createSearchStore(isFolder ? catalog : "stac://other", { maxSearches: 1000, maxBytes: 400_000 });
    const many = await Promise.allSettled(Array.from({ length: 60 }, (_, k) => other.register(given(k, 20_000))));
    const kept = many.filter(({ status }) => status === "fulfilled").length;
    assert.ok(kept > 10 && kept < 20, `${kept}`);
    const { matched, searches } = await other.list({ limit: 5, offset: 2 });
    assert.equal(searches.length, 5);
    assert.equal(matched, kept + (isFolder ? 20 : 0));
    for (const id of ["__proto__", "constructor", "../../catalog", "0".repeat(32)])
      await assert.rejects(other.get(id), NotFoundError);
    if (!isFolder) continue;
    const folder = join(catalog, ".searches");
    const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")));
    assert.ok(texts.every((text) => text === JSON.stringify(JSON.parse(text))));
    const before = process.memoryUsage().heapUsed;
    const restarted = Array.from({ length: 20 }, () => createSearchStore(catalog, bounds));
    assert.equal((await Promise.all(restarted.map((one) => one.list({ limit: 1, offset: 0 })))).length, 20);
    assert.ok(process.memoryUsage().heapUsed - before < 30e6);
  }
});
