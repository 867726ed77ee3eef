import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startPgstac } from "../support/pgstac-server.js";
import { SCENE } from "../support/scene-catalog.js";
import { useSceneServer } from "../support/scene-server.js";
import { checkDifferences, checkTable, type Difference, type Differing } from "../support/titiler-differences.js";

// It wants another TiTiler than titiler-compare's.
const PYTHON = process.env["TECTILE_TEST_PGSTAC_PYTHON"] ?? process.env["TECTILE_TEST_PYTHON"] ?? "python3";
const CHECK = fileURLToPath(new URL("../../../test/clients/pgstac_check.py", import.meta.url));
const run = promisify(execFile);
const server = useSceneServer();

const TILES = "{mosaic}/tiles/{tileMatrixSetId}";
const DIFFERENCES: readonly Difference[] = [
  [
    ["GET {mosaic}/{tileMatrixSetId}/tilejson.json", "GET {item}/{tileMatrixSetId}/tilejson.json"],
    [
      "attribution",
      "bounds",
      "center",
      "maxzoom",
      "minzoom",
      "name",
      "raster_layers",
      "tectile:inpaint",
      "tectile:pixel_selection",
      "tiles",
    ],
    "bounds and zooms are those of the items where neither the search nor its metadata says any (TiTiler's are the world's), tiles have 256 pixels unless `tilesize` says otherwise (TiTiler's 512); looks with names are told by `info` and `renders`",
  ],
  [
    ["GET {mosaic}/point/{lon},{lat}", "GET {item}/point/{lon},{lat}"],
    ["band_descriptions", "clear", "datetime", "inferred"],
    "the band (TiTiler: `B04_B04`), the date, and whether the pixel is free of cloud and shadow; values aren't rounded to whole digital numbers",
  ],
  [
    ["GET {mosaic}/point/{lon},{lat}", "GET {item}/point/{lon},{lat}"],
    ["status"],
    "where there is nothing 200 with an empty list (TiTiler 204), of an item 404 (TiTiler 500)",
  ],
  [
    [`GET ${TILES}/{z}/{x}/{y}.{format}`, "GET {item}/tiles/{tileMatrixSetId}/{z}/{x}/{y}.{format}"],
    ["status"],
    "outside an item 204 (TiTiler 404), outside the matrix 404 (TiTiler 204 of a mosaic); what a query says wrong is 400 (TiTiler 422, of an unknown asset 404)",
  ],
  [
    [`GET ${TILES}`],
    [
      "accessConstraints",
      "boundingBox.crs",
      "boundingBox.lowerLeft",
      "boundingBox.orderedAxes",
      "boundingBox.upperRight",
      "links.[data]",
      "links.[http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme].title",
      "links.[item]",
      "links.[self].title",
      "links.[tile]",
      "links.order",
      "tileMatrixSetLimits.[].maxTileCol",
      "tileMatrixSetLimits.[].maxTileRow",
      "tileMatrixSetLimits.[].minTileCol",
      "tileMatrixSetLimits.[].minTileRow",
      "tileMatrixSetLimits.[].tileMatrix",
      "tileMatrixSetLimits.order",
      "tileMatrixSetURI",
      "title",
    ],
    "OGC API Tiles, as its suite wants it, a link for each format; limits are of all zooms, of a search without a box those of its items (TiTiler's are the world's)",
  ],
  [
    ["GET {mosaic}/info", "GET /searches/list", "POST /searches/register"],
    [
      "links.[map]",
      "links.[map].href",
      "links.[map].title",
      "links.[map].type",
      "links.[metadata].type",
      "links.[self].type",
      "links.[tilejson].href",
      "links.[tilejson].title",
      "links.[tilejson].type",
      "links.[wmts]",
      "links.[wmts].title",
      "links.[wmts].type",
      "links.order",
      "searchid",
    ],
    "the same links wherever a mosaic is told, with media types, titles of their own and the parameters of a look in another order; `searchid` for clients of titiler-pgstac before 1.0",
  ],
  [
    ["GET {mosaic}/info", "GET /searches/list"],
    ["search.filter-lang", "search.lastused", "search.registered", "search.usecount"],
    "the search as it was posted, and since when it is there; uses aren't counted",
  ],
  [
    ["GET {mosaic}/info"],
    [
      "search.hash",
      "search.metadata.assets",
      "search.metadata.defaults.*.title",
      "search.metadata.maxzoom",
      "search.metadata.minzoom",
      "search.metadata.name",
    ],
    "a collection is no registered search, so it has no hash; its name is its title, its assets come in the bands' order, and it has zooms",
  ],
  [
    ["GET /searches/list"],
    ["context.matched", "context.returned", "links.[self].href", "links.[self].type"],
    "what collections are asked for is registered in TiTiler, and not here",
  ],
  [
    ["POST {mosaic}/statistics"],
    ["media type", "properties.series", "properties.statistics", "properties.used_assets", "status"],
    "figures of each date's clear pixels in `series`; TiTiler's are of the dates merged, with `pixel_selection`. One Feature or geometry a request (TiTiler: a FeatureCollection too)",
  ],
  [
    ["GET {item}/info", "GET {item}/info.geojson"],
    ["driver", "geometry.coordinates", "nodata_type", "nodata_value", "scales"],
    "what is stored are latents with a mask, whose numbers times the scale are reflectance; the item's footprint. TiTiler tells of the GeoTIFF that it read, and the box around it",
  ],
  [["GET {item}/assets"], ["itself"], "bands; `visual` and `valid` are assets of an item too"],
  [
    ["GET {item}/renders", "GET {item}/renders/ndvi"],
    ["links.[self].href", "links.[tilesets-map].href", "links.[tilesets-map].title", "links.order"],
    "one TileJSON a look, with the parameters that tiles take (TiTiler's links have a `url`, which its own routes don't)",
  ],
  [
    ["GET {item}/statistics", "GET {item}/asset_statistics"],
    ["description", "valid_percent"],
    "the band (TiTiler: `B04_B04`); percentages aren't rounded",
  ],
];

interface Told {
  readonly version: string;
  readonly pictures: number;
  /** What is wrong with pictures. */
  readonly wrong: readonly string[];
  readonly differing: Differing;
}

test("titiler-pgstac, whose pgSTAC has our collection, gives the same mosaics and answers", async (t) => {
  const there = await run(PYTHON, ["-c", "import titiler.pgstac, uvicorn, psycopg_pool"]).catch(() => undefined);
  if (there === undefined)
    return t.skip("titiler.pgstac is not installed; TECTILE_TEST_PGSTAC_PYTHON names a Python that has it");
  const pgstac = await startPgstac();
  if (typeof pgstac === "string") return t.skip(pgstac);
  after(() => pgstac.stop());
  const collection = `${server.url}/collections/${SCENE.collection}`;
  const json = async (url: string): Promise<unknown> => (await fetch(url)).json();
  await pgstac.addCollection((await json(collection)) as object);
  const { features } = (await json(`${collection}/items?limit=100`)) as { readonly features: readonly object[] };
  assert.equal(features.length, 3);
  for (const item of features) await pgstac.addItem(item);
  const { hostname, port } = new URL(pgstac.url);
  const place = { PGHOST: hostname, PGPORT: port, PGUSER: "postgres", PGPASSWORD: "none", PGDATABASE: "postgres" };
  const { stdout } = await run(PYTHON, [CHECK, `${server.url}/`, SCENE.collection, "scene_2024-04-10"], {
    env: { ...process.env, ...place },
  });
  const { pictures, wrong, differing } = JSON.parse(stdout) as Told;
  assert.ok(pictures > 80);
  assert.deepEqual(wrong, []);
  checkDifferences(DIFFERENCES, differing);
});

test("docs/titiler.md tells the differences", () => {
  checkTable(DIFFERENCES, "test/http/pgstac-compare.test.ts");
});
