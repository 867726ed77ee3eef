import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as index from "../../src/index.js";
import * as plugin from "../../src/plugin.js";

const ERRORS = [
  "AppError",
  "CorruptDataError",
  "InvalidRequestError",
  "ModelError",
  "NotFoundError",
  "OverloadedError",
  "UnsupportedError",
  "UpstreamError",
];

test("the library exports these names and no others", () => {
  const names = [...ERRORS, "decode", "encode", "ingest", "inspect", "openTecCog", "tectile", "verify"];
  assert.deepEqual(Object.keys(index).toSorted(), names);
});

test("the plugin door exports these names and no others", () => {
  const channels = ["REQUEST_CHANNEL", "TASK_CHANNEL"];
  const names = [...ERRORS, ...channels, "definePlugin", "openHttpSource", "parseItem", "shortLocation"];
  assert.deepEqual(Object.keys(plugin).toSorted(), names.toSorted());
});

test("the library's types are these", () => {
  assert.deepEqual(typeNames("index"), [
    "BandName",
    "CodecName",
    "CodecOptions",
    "EncodeReport",
    "EntropyChoice",
    "ErrorCode",
    "IngestInto",
    "IngestResult",
    "InputOptions",
    "Inspection",
    "OpenOptions",
    "PixelWindow",
    "Plugin",
    "Raster",
    "ReadOptions",
    "TecImage",
    "TectileOptions",
    "TectileRouter",
  ]);
});

test("the plugin door's types are these", () => {
  assert.deepEqual(
    typeNames("plugin"),
    [
      "Aggregation",
      "AggregationRequest",
      "Bounds",
      "BandName",
      "ByteSource",
      "Catalog",
      "CatalogEvents",
      "CatalogItem",
      "EndedTask",
      "ErrorCode",
      "Expression",
      "Geometry",
      "HttpSourceOptions",
      "OpenCatalog",
      "OpenStore",
      "OpenTileCache",
      "PixelWindow",
      "Plugin",
      "PluginServices",
      "PropertySchema",
      "Raster",
      "RenderPreset",
      "SearchFilter",
      "SearchPage",
      "SearchQuery",
      "SortKey",
      "StacJson",
      "StartedRequest",
      "TecImage",
      "TileCache",
    ].toSorted(),
  );
});

/** Exported names that exist only as types, from the door's declarations. */
function typeNames(door: string): readonly string[] {
  const text = readFileSync(new URL(`../../src/${door}.d.ts`, import.meta.url), "utf8");
  const declared = [...text.matchAll(/^export (?:declare )?(?:interface|type) (\w+)/gm)].map((match) => match[1] ?? "");
  const lists = [...text.matchAll(/^export (type )?\{([^}]*)\}/gm)].flatMap(([, all, list = ""]) =>
    list
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && (all !== undefined || name.startsWith("type ")))
      .map((name) => name.replace(/^type /, "")),
  );
  return [...declared, ...lists].toSorted();
}
