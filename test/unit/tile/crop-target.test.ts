import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { openCrs } from "../../../src/geo/crs.js";
import { cropTarget } from "../../../src/tile/crop-target.js";
import { gdal, hasGdal } from "../../support/gdal.js";
import { seededRandom } from "../../support/seeded-random.js";
import { createWorkspace } from "../../support/workspace.js";

const PIXELS = 100_000;

test("a crop's pixels in another CRS are as large as GDAL's warp makes them, whatever the grid's shape", async (t) => {
  if (!hasGdal()) return t.skip("GDAL is not installed");
  const files = await createWorkspace();
  t.after(() => files.close());
  const random = seededRandom(3);
  const between = (from: number, to: number): number => Math.round(from + (to - from) * random());
  for (const [crs, dstCrs] of [
    ["EPSG:32631", "EPSG:4326"],
    ["EPSG:32631", "EPSG:4326"],
    ["EPSG:32631", "EPSG:3857"],
    ["EPSG:32633", "EPSG:3035"],
    ["EPSG:32733", "EPSG:4326"],
    ["EPSG:4326", "EPSG:3857"],
    ["EPSG:3857", "EPSG:4326"],
    ["EPSG:32631", "EPSG:32632"],
  ] as const) {
    const [width, height] = [between(40, 2000), between(40, 2000)];
    const [west, north] = openCrs(crs).fromWgs84(
      crs === "EPSG:32633" || crs === "EPSG:32733" ? 14 : 2,
      crs === "EPSG:32733" ? -30 : 45,
    );
    const side = crs === "EPSG:4326" ? 1e-4 : 10;
    const transform = [side, 0, west, 0, -side, north] as const;
    const [a, b, c, d, e, f] = transform;
    await files.write(
      "grid.vrt",
      `<VRTDataset rasterXSize="${width}" rasterYSize="${height}"><SRS dataAxisToSRSAxisMapping="${crs === "EPSG:4326" ? "2,1" : "1,2"}">${crs}</SRS><GeoTransform>${[c, a, b, f, d, e].join(", ")}</GeoTransform><VRTRasterBand dataType="UInt16" band="1"/></VRTDataset>`,
    );
    gdal("gdalwarp", [
      "-q",
      "-overwrite",
      "-of",
      "VRT",
      "-t_srs",
      dstCrs,
      files.path("grid.vrt"),
      files.path("warped.vrt"),
    ]);
    const [, told = ""] = /<GeoTransform>([^<]+)</.exec(await readFile(files.path("warped.vrt"), "utf8")) ?? [];
    const [minx = 0, pixel = 0, , maxy = 0] = told.split(",").map(Number);
    // So many pixels side by side that one more or less is seen.
    const bounds = [minx, maxy - pixel, minx + PIXELS * pixel, maxy] as const;
    const { width: got } = cropTarget({ bounds, crs: dstCrs, dstCrs }, { crs, width, height, transform });
    assert.ok(Math.abs(got - PIXELS) <= 2, `${width} x ${height} from ${crs} to ${dstCrs}: ${got} for ${PIXELS}`);
  }
});
