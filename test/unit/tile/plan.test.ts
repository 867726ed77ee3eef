import { WEB_MERCATOR_QUAD } from "../../../src/geo/tile-matrix-sets.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CatalogItem } from "../../../src/catalog/types.js";
import { openCrs } from "../../../src/geo/crs.js";
import { wgs84ToMercator } from "../../../src/geo/web-mercator.js";
import { parseRenderSpec } from "../../../src/render/parse-render-spec.js";
import { NEWEST } from "../../../src/tile/mosaic/mosaic-spec.js";
import { planPicture, previewTarget, tileTarget } from "../../../src/tile/plan.js";

const WEST = 500_000;
const NORTH = 4_700_000;

function itemAt(west: number, epsg: number): CatalogItem {
  return {
    collection: "c",
    id: `${west}`,
    checksum: "x",
    model: "m",
    grid: { width: 1098, height: 1098, transform: [10, 0, west, 0, -10, NORTH], crs: `EPSG:${epsg}` },
  } as unknown as CatalogItem;
}

const z = 12;
const [lon, lat] = openCrs("EPSG:32631").toWgs84(WEST + 5000, NORTH - 5000);
const [mx, my] = wgs84ToMercator(lon, lat);
const at = (metres: number): number => Math.floor((metres / 40_075_016.686 + 0.5) * 2 ** z);
const tile = { set: WEB_MERCATOR_QUAD, z, x: at(mx), y: at(-my) };

test("dates on one grid share one lattice; another origin or zone has its own", () => {
  const items = [itemAt(WEST, 32631), itemAt(WEST, 32631), itemAt(WEST + 20, 32631), itemAt(WEST, 32631)];
  const spec = parseRenderSpec(new URLSearchParams());
  const { layers } = planPicture(tileTarget(tile, 256), { spec }, items);
  assert.equal(layers.length, 4);
  assert.equal(layers[1]?.grid, layers[0]?.grid);
  assert.equal(layers[3]?.grid, layers[0]?.grid);
  const [first, moved] = [layers[0]?.grid.x[0] ?? 0, layers[2]?.grid.x[0] ?? 0];
  assert.ok(Math.abs(first - moved - 2) < 1e-6, `${first}, ${moved}: two pixels apart`);
});

test("only a tif's spec says where it lies, a tile in EPSG:3857, a preview on the item's grid", () => {
  const item = itemAt(WEST, 32631);
  const spec = (query: string): ReturnType<typeof parseRenderSpec> => parseRenderSpec(new URLSearchParams(query));
  assert.equal(planPicture(tileTarget(tile, 256), { spec: spec("") }, [item]).spec.geotiff, undefined);
  const head = planPicture(tileTarget(tile, 512), { spec: spec("f=tif&expression=B08/B04;B03") }, [item]).spec.geotiff;
  assert.equal(head?.crs, "EPSG:3857");
  assert.deepEqual(head.bands, ["(B08/B04)", "B03"]);
  assert.ok(Math.abs(head.transform[0] - 40_075_016.686 / 2 ** z / 512) < 1e-3);
  const mosaic = { ...NEWEST, selection: "count" as const };
  const count = planPicture(previewTarget(item, 549, 549), { spec: spec("f=tif&assets=B02"), mosaic }, [item]);
  assert.deepEqual(count.spec.geotiff, {
    transform: [20, 0, WEST, 0, -20, NORTH],
    crs: "EPSG:32631",
    bands: ["count"],
  });
});
