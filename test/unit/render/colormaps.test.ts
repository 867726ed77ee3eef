import assert from "node:assert/strict";
import { test } from "node:test";
import { colormapTable, isColormapName, listColormaps } from "../../../src/render/colormaps.js";
import { InvalidRequestError } from "../../../src/core/errors.js";
import { drawLegend } from "../../../src/render/legend.js";
import golden from "../../golden/render/colormaps.json" with { type: "json" };

test("every colormap has rio-tiler's colours, and there are as many", () => {
  assert.deepEqual(listColormaps(), Object.keys(golden.colors).toSorted());
  for (const [name, colours] of Object.entries(golden.colors)) {
    assert.ok(isColormapName(name));
    const table = colormapTable(name);
    assert.equal(table.length, 768, name);
    const found = golden.indices.map((i) => [...table.subarray(3 * i, 3 * i + 3)]);
    assert.deepEqual(found, colours, name);
  }
});

test("a legend shows each colour where TiTiler's does, either way and at any size", () => {
  const table = colormapTable("viridis");
  const entry = (i: number): number[] => [...table.subarray(3 * i, 3 * i + 3)];
  const at = ({ samples, width }: { samples: Uint8Array; width: number }, x: number, y: number): number[] => [
    ...samples.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
  ];
  const wide = drawLegend("viridis", "horizontal");
  assert.deepEqual([wide.width, wide.height], [256, 20]);
  for (const i of [0, 1, 128, 255]) assert.deepEqual(at(wide, i, i % 20), entry(i));
  // Of 100 pixels TiTiler's first is entry 1 and its last entry 254.
  const high = drawLegend("viridis", "vertical", { width: 30, height: 100 });
  assert.deepEqual([high.width, high.height], [30, 100]);
  assert.deepEqual([at(high, 29, 0), at(high, 0, 99)], [entry(1), entry(254)]);
  for (const size of [{ width: 0 }, { height: 4000 }])
    assert.throws(() => drawLegend("viridis", "vertical", size), InvalidRequestError);
});

test("an unknown colormap is refused with a few that are known", () => {
  assert.equal(isColormapName("__proto__"), false);
  assert.throws(() => colormapTable("virdis"), {
    code: "invalid-request",
    message: /"virdis" is not known; wanted one of viridis/,
  });
});
