import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { SCENE } from "../support/scene-catalog.js";
import { useSceneServer } from "../support/scene-server.js";
import { checkDifferences, checkTable, type Difference, type Differing } from "../support/titiler-differences.js";

const PYTHON = process.env["TECTILE_TEST_PYTHON"] ?? "python3";
const CHECK = fileURLToPath(new URL("../../../test/clients/titiler_check.py", import.meta.url));
const run = promisify(execFile);
const server = useSceneServer({ privateUrlHosts: ["127.0.0.1"] });

const DIFFERENCES: readonly Difference[] = [
  [
    ["GET /stac/info", "GET /stac/info.geojson", "GET /cog/info", "GET /cog/info.geojson"],
    ["driver", "nodata_type", "nodata_value", "scales"],
    "what is stored are latents with a mask, whose numbers times the scale are reflectance; TiTiler tells of the GeoTIFF that it read",
  ],
  [
    ["GET /stac/info.geojson", "GET /cog/info.geojson"],
    ["geometry.coordinates"],
    "the item's footprint; TiTiler's is the box around it",
  ],
  [["GET /stac/assets"], ["itself"], "bands; `visual` is an asset of an item too, three of these bands"],
  [
    ["GET /stac/point/{lon},{lat}", "GET /stac/statistics", "POST /stac/statistics"],
    ["band_descriptions", "description"],
    "the band; TiTiler says it twice (`B04_B04`: asset and description of its band)",
  ],
  [
    ["GET /stac/point/{lon},{lat}", "GET /cog/point/{lon},{lat}"],
    ["clear"],
    "whether the pixel is free of cloud and shadow; values aren't rounded to whole digital numbers",
  ],
  [
    ["GET /stac/statistics", "GET /cog/statistics"],
    ["histogram", "min"],
    "an observed 0 is 0; in the files that TiTiler reads it is 1, as 0 stands for holes there",
  ],
  [
    ["POST /stac/statistics"],
    ["count", "histogram", "masked_pixels", "sum", "unique", "valid_pixels"],
    "pixels of the item's own grid whose centres lie inside; TiTiler warps to degrees first and weighs pixels by what of them is covered (means agree within 1 %)",
  ],
  [
    ["GET /stac/{tileMatrixSetId}/tilejson.json", "GET /cog/{tileMatrixSetId}/tilejson.json"],
    ["center", "minzoom", "name", "tiles", "band_descriptions", "data_type"],
    "tiles are there from zoom 0 on and have 256 pixels unless `tilesize` says otherwise (TiTiler's 512); the name is the item's",
  ],
  [
    ["GET /stac/tiles/{tileMatrixSetId}"],
    [
      "accessConstraints",
      "boundingBox.crs",
      "boundingBox.orderedAxes",
      "links",
      "tileMatrixSetLimits",
      "tileMatrixSetURI",
      "title",
    ],
    "OGC API Tiles, as its suite wants it; limits are of all zooms",
  ],
];

interface Told {
  readonly version: string;
  readonly pictures: number;
  readonly differing: Differing;
}

test("TiTiler, which reads our items and bands over HTTP, gives the same pictures and figures", async (t) => {
  const there = await run(PYTHON, ["-c", "import titiler.core, uvicorn"]).catch(() => undefined);
  if (there === undefined)
    return t.skip("titiler.core is not installed; TECTILE_TEST_PYTHON names a Python that has it");
  const env = { ...process.env, GDAL_DISABLE_READDIR_ON_OPEN: "EMPTY_DIR" };
  const { stdout } = await run(PYTHON, [CHECK, `${server.url}/`, SCENE.collection, "scene_2024-01-10"], { env });
  const { pictures, differing } = JSON.parse(stdout) as Told;
  assert.ok(pictures > 25);
  checkDifferences(DIFFERENCES, differing);
});

test("docs/titiler.md tells the differences", () => {
  checkTable(DIFFERENCES, "test/http/titiler-compare.test.ts");
});
