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

test("what is held grows with bands, dates on canvases of their own, the margin of best, and filling", () => {
  const spec = parseRenderSpec(new URLSearchParams("f=npy&assets=B02,B03,B04"));
  const bytes = (mosaic: Partial<MosaicSpec>, items = [item]): number =>
    drawingBytes(planPicture(previewTarget(item, 100, 50), { spec, mosaic: { ...NEWEST, ...mosaic } }, items));
  const plane = 4 * 100 * 50;
  assert.equal(bytes({}, [item, item]), bytes({}), "dates in order share one canvas");
  assert.equal(bytes({ selection: "median" }, [item, item]) - bytes({ selection: "median" }), 3 * plane);
  assert.equal(bytes({ inpaint: "linear" }) - bytes({}), 8 * 3 * plane);
  assert.ok(
    bytes({ selection: "best" }) > 3 * bytes({ selection: "median" }),
    "50 pixels around the picture are drawn too",
  );
});
