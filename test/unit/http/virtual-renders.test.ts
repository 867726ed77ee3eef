import assert from "node:assert/strict";
import { test } from "node:test";
import { toStacRenders } from "../../../src/core/render-presets.js";
import { virtualRenders } from "../../../src/http/virtual-renders.js";
import { parseSource } from "../../../src/render/parse-source.js";

const source = (render: Readonly<Record<string, unknown>>): unknown => {
  const query = new URLSearchParams();
  for (const name of ["assets", "bidx", "expression"])
    for (const value of [render[name] ?? []].flat())
      query.append(name, typeof value === "string" ? value : JSON.stringify(value));
  return parseSource(query);
};

test("renders of bands as assets are the same as those of the image with all bands", () => {
  const stored = {
    ...toStacRenders(),
    places: { assets: ["tec"], expression: "b8/(b9+b10)-min(B04,red)*2e3" },
    colours: { assets: ["tec"], expression: "nir;B8A;b1", rescale: [[0, 1]] },
    nothing: { assets: ["tec"], expression: "1+2" },
  };
  const served = virtualRenders(stored) ?? {};
  assert.deepEqual(Object.keys(served), Object.keys(stored));
  for (const [name, render] of Object.entries(stored)) {
    assert.deepEqual(source(served[name] ?? {}), source(render), name);
    assert.ok(![served[name]?.["assets"]].flat().includes("tec") && served[name]?.["bidx"] === undefined, name);
  }
  assert.equal(served["ndvi"]?.["expression"], "(b1-b2)/(b1+b2)");
  assert.deepEqual(served["true-color"]?.["assets"], ["B04", "B03", "B02"]);
});

test("renders of other assets, and what is none, stay as they are", () => {
  const own = { look: { assets: ["visual"], title: "Own" } };
  assert.deepEqual(virtualRenders(own), own);
  assert.equal(virtualRenders(undefined), undefined);
});
