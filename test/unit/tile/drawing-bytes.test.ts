import assert from "node:assert/strict";
import { test } from "node:test";
import { drawingBytes } from "../../../src/tile/draw/drawing-bytes.js";
import type { CatalogItem } from "../../../src/catalog/types.js";
import { parseRenderSpec } from "../../../src/render/parse-render-spec.js";
import { NEWEST, type MosaicSpec } from "../../../src/tile/mosaic/mosaic-spec.js";
import { planPicture, previewTarget } from "../../../src/tile/plan.js";

const item = {
  collection: "c",
  id: "a",
  checksum: "x",
  model: "m",
  grid: { width: 1098, height: 1098, transform: [10, 0, 500_000, 0, -10, 4_700_000], crs: "EPSG:32631" },
} as unknown as CatalogItem;

test("a forecast counts as one more canvas of all bands, its deviations as one more band", () => {
  const spec = parseRenderSpec(new URLSearchParams("f=npy&assets=B02,B03,B04"));
  const bytes = (mosaic: Partial<MosaicSpec>): number =>
    drawingBytes(planPicture(previewTarget(item, 100, 50), { spec, mosaic: { ...NEWEST, ...mosaic } }, [item, item]));
  // 48 pixels around the picture are drawn too, as float32.
  const plane = 4 * (100 + 96) * (50 + 96);
  const without = bytes({ inpaint: "linear" });
  assert.equal(bytes({ inpaint: "tec" }) - without, 3 * plane);
  assert.equal(bytes({ inpaint: "tec", uncertaintyPlane: true }) - without, 4 * plane);
  assert.equal(bytes({ inpaint: "linear", uncertaintyPlane: true }), without);
});
