import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
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

test("searches are listed by their use, their names and properties, as PostgreSQL sorts them", async (t) => {
  const files = await createWorkspace();
  t.after(() => files.close());
  for (const catalog of [files.path("catalog"), "stac://elsewhere"]) {
    const store = createSearchStore(catalog, { maxSearches: 20, maxBytes: 400_000 });
    const names = ["b", "a", "d", undefined, "c"];
    const ids: string[] = [];
    for (const [k, name] of names.entries())
      ids.push((await store.register({ search: { k }, metadata: name === undefined ? {} : { name } })).id);
    const listed = async (...order: string[]): Promise<readonly (string | undefined)[]> => {
      const keys = order.map((key) => ({ property: key.replace(/^-/, ""), descending: key.startsWith("-") }));
      const { searches, matched } = await store.list({ limit: 10, offset: 0, order: keys });
      assert.equal(matched, 5);
      return searches.map(({ id }) => names[ids.indexOf(id)]);
    };
    assert.deepEqual(await listed("name"), ["a", "b", "c", "d", undefined]);
    assert.deepEqual(await listed("-name"), [undefined, "d", "c", "b", "a"]);
    for (const [k, uses] of [2, 1, 3, 0, 1].entries())
      for (let use = 0; use < uses; use++) {
        await store.get(ids[k] ?? "");
        await sleep(2);
      }
    assert.deepEqual(await listed("-usecount", "name"), ["d", "b", "a", "c", undefined]);
    assert.deepEqual((await listed("-lastused")).slice(0, 4), ["c", "d", "a", "b"]);
    const byHash = await store.list({ limit: 2, offset: 1, order: [{ property: "hash", descending: true }] });
    assert.deepEqual(
      byHash.searches.map(({ id }) => id),
      ids.toSorted().toReversed().slice(1, 3),
    );
    // To be told of is no use.
    const { usecount, lastused } = await store.look(ids[0] ?? "");
    assert.deepEqual([usecount, (await store.look(ids[0] ?? "")).usecount], [2, 2]);
    if (!catalog.startsWith("/")) continue;
    // Another server on the folder, or this one after a restart, knows about when.
    const other = await createSearchStore(catalog, { maxSearches: 20, maxBytes: 400_000 }).look(ids[0] ?? "");
    assert.equal(other.usecount, 0);
    assert.ok(Math.abs(Date.parse(other.lastused) - Date.parse(lastused)) < 60_000);
    assert.ok(Date.parse(other.lastused) > Date.parse(other.registered));
  }
});
