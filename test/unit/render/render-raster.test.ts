import assert from "node:assert/strict";
import { test } from "node:test";
import type { Raster } from "../../../src/core/raster.js";
import { colormapTable } from "../../../src/render/colormaps.js";
import { parseRenderSpec } from "../../../src/render/parse-render-spec.js";
import { renderRaster } from "../../../src/render/render-raster.js";
import type { RgbaImage } from "../../../src/render/render-raster.js";
import golden from "../../golden/render/color-formula.json" with { type: "json" };

test("a linear rescale rounds to the nearest and clips at both ends", () => {
  const image = draw("assets=B04&rescale=0,255", { B04: [-5, 0, 1.4, 1.6, 254.6, 300] });
  assert.equal(image.channels, 1);
  assert.deepEqual([...image.samples], [0, 0, 1, 2, 255, 255]);
});

test("bands are found by name, whatever the raster's order", () => {
  const image = draw("assets=B04,B03,B02&rescale=0,255", { B02: [3], B03: [2], B08: [9], B04: [1] });
  assert.deepEqual([...image.samples], [1, 2, 3]);
});

test("holes are transparent and black, or only black without a mask", () => {
  const pixels = { B04: [10, 20], B03: [11, 21], B02: [12, 22] };
  const query = "assets=B04,B03,B02&rescale=0,255";
  const image = draw(query, pixels, [1, 0]);
  assert.deepEqual([image.channels, image.coverage, [...image.samples]], [4, "partial", [10, 11, 12, 255, 0, 0, 0, 0]]);
  const opaque = draw(`${query}&return_mask=false`, pixels, [1, 0]);
  assert.deepEqual([opaque.channels, [...opaque.samples]], [3, [10, 11, 12, 0, 0, 0]]);
  assert.equal(draw(query, pixels, [0, 0]).coverage, "none");
});

test("one band with holes is grey and alpha", () => {
  const image = draw("assets=B04&rescale=0,255", { B04: [10, 20] }, [0, 1]);
  assert.deepEqual([image.channels, [...image.samples]], [2, [0, 0, 20, 255]]);
});

test("an undefined expression is a hole", () => {
  const image = draw("expression=B04/B03&rescale=0,255", { B04: [8, 1, 0, 6], B03: [2, 0, 0, 3] });
  assert.deepEqual([image.coverage, [...image.samples]], ["partial", [4, 255, 0, 0, 0, 0, 2, 255]]);
});

test("a colormap's entries are those of the rescaled value", () => {
  const table = colormapTable("rdylgn");
  const image = draw("render=ndvi", { B08: [0, 3000, 0, 4000], B04: [3000, 3000, 0, 200] });
  const entries = [-1, 0, 3800 / 4200].map((ndvi) =>
    Math.round((Math.min(0.9, Math.max(-0.2, ndvi)) + 0.2) * (255 / 1.1)),
  );
  const colours = entries.map((entry) => [...table.subarray(3 * entry, 3 * entry + 3), 255]);
  assert.deepEqual(
    [...image.samples],
    [...(colours[0] ?? []), ...(colours[1] ?? []), 0, 0, 0, 0, ...(colours[2] ?? [])],
  );
});

test("an explicit colormap draws the values it names and leaves the others transparent", () => {
  const values = draw('assets=B04&colormap={"3":"#010203","4":[9,8,7,6]}', { B04: [3, 4, 5, 2.6] });
  assert.deepEqual([...values.samples], [1, 2, 3, 255, 9, 8, 7, 6, 0, 0, 0, 0, 1, 2, 3, 255]);
  const intervals = draw("assets=B04&colormap=[[[0,2],[1,1,1]],[[2,4],[2,2,2]]]", { B04: [0, 1.99, 2, 4] });
  assert.deepEqual([...intervals.samples], [1, 1, 1, 255, 1, 1, 1, 255, 2, 2, 2, 255, 0, 0, 0, 0]);
  const scaled = draw('assets=B04&rescale=0,10&colormap={"255":[1,2,3]}', { B04: [10, 99, 0] }, [1, 0, 1]);
  assert.deepEqual([...scaled.samples], [1, 2, 3, 255, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test("colour formulas give what rio-color's maintained fork gives, within a level", () => {
  const [red = [], green = [], blue = []] = golden.rgb;
  for (const [formula, expected] of Object.entries(golden.expected255)) {
    const image = draw(`rescale=0,1&color_formula=${formula}`, { B04: red, B03: green, B02: blue });
    for (const [c, plane] of expected.entries()) {
      for (const [i, wanted] of plane.entries()) {
        const got = image.samples[3 * i + c] ?? Number.NaN;
        assert.ok(Math.abs(got - wanted) <= 1, `${formula}: channel ${c} of pixel ${i} is ${got}; wanted ${wanted}`);
      }
    }
  }
});

test("the raster that was given is left as it was", () => {
  const raster = rasterOf({ B04: [1, 2, 0], B03: [4, 5, 0], B02: [7, 8, 9] });
  const before = structuredClone(raster);
  for (const query of ["", "expression=B04/B03", "color_formula=saturation 2 gamma RGB 2", "render=true-color&f=npy"]) {
    renderRaster(raster, parseRenderSpec(new URLSearchParams(query)));
    assert.deepEqual(raster, before, query);
  }
});

function draw(
  query: string,
  pixels: Readonly<Record<string, readonly number[]>>,
  valid?: readonly number[],
): RgbaImage {
  return renderRaster(rasterOf(pixels, valid), parseRenderSpec(new URLSearchParams(query)));
}

function rasterOf(pixels: Readonly<Record<string, readonly number[]>>, valid?: readonly number[]): Raster {
  const width = Object.values(pixels)[0]?.length ?? 0;
  return {
    kind: "raster",
    width,
    height: 1,
    bands: Object.keys(pixels),
    samples: Float32Array.from(Object.values(pixels).flat()),
    valid: valid === undefined ? new Uint8Array(width).fill(1) : Uint8Array.from(valid),
  };
}
