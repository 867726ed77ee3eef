import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { UnsupportedError } from "../../../src/core/errors.js";
import { applyAffine } from "../../../src/geo/affine.js";
import { normaliseCrs, openCrs } from "../../../src/geo/crs.js";
import { openTiff } from "../../../src/ingest/source-tiff.js";
import { gdal, hasGdal } from "../../support/gdal.js";
import { makeGeoTiff } from "../../support/geotiff-fixture.js";
import { createWorkspace, type Workspace } from "../../support/workspace.js";

/** A CRS as GDAL is given it, and a place in which it is used. */
const PLACES: readonly (readonly [crs: string, lon: number, lat: number])[] = [
  ["EPSG:3006", 15.9, 60],
  ["EPSG:3067", 25, 62],
  ["EPSG:2180", 19, 52],
  ["EPSG:5514", 14.5, 50],
  ["EPSG:31370", 4.4, 50.8],
  ["EPSG:28992", 5.2, 52.1],
  ["EPSG:31287", 14, 47.5],
  ["EPSG:3003", 10, 44],
  ["EPSG:3763", -8, 40],
  ["EPSG:25830", -3, 40],
  ["EPSG:2056", 7.5, 46.9],
  ["EPSG:21781", 7.5, 46.9],
  ["EPSG:27700", -1.5, 53],
  ["EPSG:29903", -8, 53],
  ["EPSG:2154", 2.1, 48.8],
  ["EPSG:3035", 10.5, 51],
  ["EPSG:3034", 10.5, 51],
  ["EPSG:31467", 9, 50],
  ["EPSG:5070", -100, 40],
  ["EPSG:2163", -100, 40],
  ["EPSG:26915", -93, 45],
  ["EPSG:26986", -71, 42.3],
  ["EPSG:2263", -74, 40.7],
  ["EPSG:3978", -95, 50],
  ["EPSG:3347", -95, 50],
  ["EPSG:6350", -100, 40],
  ["EPSG:31983", -45, -23],
  ["EPSG:5880", -54, -15],
  ["EPSG:3577", 132, -25],
  ["EPSG:28355", 147, -37],
  ["EPSG:7855", 147, -37],
  ["EPSG:2193", 174, -41],
  ["EPSG:32718", -75, -10],
  ["EPSG:2326", 114.1, 22.3],
  ["EPSG:6677", 139.7, 35.7],
  ["EPSG:5179", 127, 37],
  ["EPSG:7755", 80, 22],
  ["EPSG:3857", 10, 50],
  ["EPSG:3395", 10, 50],
  ["EPSG:6933", 10, 50],
  ["EPSG:3031", 30, -75],
  ["EPSG:3413", -30, 72],
  ["EPSG:3995", 20, 75],
  ["EPSG:4269", -95, 40],
  ["EPSG:4258", 10, 50],
  ["EPSG:4283", 145, -35],
  ["EPSG:4674", -50, -15],
  ["EPSG:4979", 10, 50],
  ["ESRI:54009", 10, 50],
  ["ESRI:54030", 10, 50],
  ["ESRI:102001", -95, 50],
  ["ESRI:102003", -95, 40],
  ["+proj=aea +lat_0=23 +lon_0=-96 +lat_1=29.5 +lat_2=45.5 +datum=WGS84 +units=m", -96, 40],
  ["+proj=laea +lat_0=10 +lon_0=20 +x_0=500000 +y_0=250000 +datum=WGS84", 21, 11],
  ["+proj=lcc +lat_1=30 +lat_2=60 +lat_0=40 +lon_0=10 +ellps=intl +towgs84=-87,-98,-121", 10, 50],
  ["+proj=tmerc +lat_0=0 +lon_0=9.5 +k=0.9999 +x_0=300000 +datum=WGS84 +units=us-ft", 9.6, 50],
  ["+proj=sinu +lon_0=0 +R=6371007.181", 10, 50],
  ["+proj=stere +lat_0=90 +lat_ts=60 +lon_0=10 +datum=WGS84", 15, 70],
  ["+proj=longlat +ellps=intl +towgs84=-87,-98,-121", 10, 50],
  // Counted to the west and south, as GDAL leaves them.
  ["EPSG:2052", 26.5, -28],
  ["EPSG:5513", 14.5, 50],
  ["+proj=merc +lat_ts=41 +lon_0=100 +datum=WGS84", 101, -30],
  ["+proj=cea +lat_ts=30 +lon_0=5 +datum=WGS84", 10, 20],
  ["+proj=eqc +lat_ts=30 +lon_0=5 +datum=WGS84", 10, 20],
  ["+proj=poly +lat_0=0 +lon_0=-54 +datum=WGS84", -50, -10],
  ["+proj=aeqd +lat_0=40 +lon_0=10 +datum=WGS84", 12, 45],
  ["+proj=tmerc +lon_0=7 +pm=paris +datum=WGS84", 9, 45],
];
/** Shifts by grids and by newer parameters differ by some metres; half a pixel would be 5. */
const TOLERANCE_M = 12;

describe(
  "files lie where GDAL puts them, whatever their CRS and however it is written",
  {
    skip: hasGdal() ? false : "gdal_translate is not installed: nothing to compare with",
    timeout: 600_000,
  },
  () => {
    let space: Workspace;
    before(async () => {
      space = await createWorkspace();
      await writeFile(
        space.path("base.tif"),
        makeGeoTiff({ width: 8, height: 8, planes: [Array<number>(64).fill(5)] }),
      );
    });
    after(() => space.close());

    for (const [crs, lon, lat] of PLACES) {
      test(crs, async () => {
        const tool = (name: string, args: readonly string[], input = ""): string =>
          execFileSync(name, args, { encoding: "utf8", input, stdio: ["pipe", "pipe", "ignore"] });
        const [x = 0, y = 0] = tool("gdaltransform", ["-s_srs", "EPSG:4326", "-t_srs", crs], `${lon} ${lat}\n`)
          .split(" ")
          .map(Number);
        const step = Math.abs(x) <= 360 && Math.abs(y) <= 90 ? 0.0001 : 10;
        const corners = [x, y, x + 8 * step, y - 8 * step].map(String);
        const path = space.path("placed.tif");
        gdal("gdal_translate", ["-q", "-a_srs", crs, "-a_ullr", ...corners, space.path("base.tif"), path]);
        const [wantedLon = 0, wantedLat = 0] = tool("gdaltransform", ["-t_srs", "EPSG:4326", path], "8 8\n")
          .split(" ")
          .map(Number);
        const file = await openTiff(path);
        const { transform, crs: read } = file.georeference;
        await file.close();
        assert.ok(transform !== undefined && read !== undefined, "it has a place");
        const written = ["wkt1", "wkt2_2018", "projjson"].map((form) =>
          tool("gdalsrsinfo", ["-o", form, "--single-line", crs]).trim(),
        );
        for (const spelling of [read, ...written.map(normaliseCrs)]) {
          try {
            const [gotLon, gotLat] = openCrs(spelling).toWgs84(...applyAffine(transform, 8, 8));
            const east = (gotLon - wantedLon) * Math.cos((wantedLat * Math.PI) / 180);
            const off = Math.hypot(east, gotLat - wantedLat) * 111_320;
            assert.ok(off < TOLERANCE_M, `${off.toFixed(1)} m off as ${spelling.slice(0, 300)}`);
          } catch (error) {
            if (!(error instanceof UnsupportedError) || spelling === read) throw error;
          }
        }
      });
    }
  },
);
