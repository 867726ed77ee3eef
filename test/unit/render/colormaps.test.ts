import assert from "node:assert/strict";
import { test } from "node:test";
import { colormapTable, isColormapName, listColormaps } from "../../../src/render/colormaps.js";
import golden from "../../golden/render/colormaps.json" with { type: "json" };

test("every colormap has matplotlib's colours", () => {
  for (const [name, colours] of Object.entries(golden.colors)) {
    const table = colormapTable(name);
    assert.equal(table.length, 768, name);
    const found = golden.indices.map((i) => [...table.subarray(3 * i, 3 * i + 3)]);
    assert.deepEqual(found, colours, name);
  }
});

test("the list has each colormap and its reverse, sorted, and all can be had", () => {
  const names = listColormaps();
  assert.deepEqual(names, names.toSorted());
  assert.ok(names.includes("rdylgn") && names.includes("rdylgn_r") && names.length >= 60);
  for (const name of names) assert.ok(isColormapName(name));
});

test("an unknown colormap is refused with a few that are known", () => {
  assert.equal(isColormapName("__proto__"), false);
  assert.throws(() => colormapTable("virdis"), {
    code: "invalid-request",
    message: /"virdis" is not known; wanted one of viridis/,
  });
});
