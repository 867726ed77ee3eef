import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cliFails } from "../support/cli-fails.js";
import { bandPlanes, makeGeoTiff } from "../support/geotiff-fixture.js";
import { sceneTiff } from "../support/scene.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

let files: Workspace;
before(async () => {
  files = await createWorkspace();
});
after(() => files.close());

const fails = (args: readonly string[], message: RegExp, code?: number): Promise<void> =>
  cliFails(files, args, message, code);

test("a GeoTIFF of 3 bands", async () => {
  const path = await files.write(
    "three.tif",
    makeGeoTiff({ width: 40, height: 40, planes: bandPlanes(40, 40, () => 500).slice(0, 3), tileSize: 16 }),
  );
  await fails(["encode", path, files.path("out.tif")], /3 bands found in .*three\.tif.*wanted B01/, 2);
});

test("a wrong dtype", async () => {
  const path = await files.write("double.tif", sceneTiff(40, 40, { type: "float64" }));
  await fails(["encode", path, files.path("out.tif")], /double\.tif.*float64/);
});

test("a truncated file, and one that is no TIFF", async () => {
  const bytes = sceneTiff(300, 300);
  await fails(
    ["encode", await files.write("cut.tif", bytes.subarray(0, bytes.length >> 1)), files.path("out.tif")],
    /cut\.tif/,
  );
  await fails(
    ["encode", await files.write("noise.tif", new Uint8Array(5000).fill(7)), files.path("out.tif")],
    /noise\.tif/,
  );
});

test("ingest without a CRS or a date", async () => {
  const bare = await files.write("bare_2024-05-01.tif", sceneTiff(64, 64, { epsg: undefined } as never));
  await fails(["ingest", bare, "--catalog", files.path("catalog")], /bare_2024-05-01\.tif.*CRS/);
  const undated = await files.write("undated.tif", sceneTiff(64, 64));
  await fails(["ingest", undated, "--catalog", files.path("catalog")], /undated\.tif.*date.*--datetime/);
});

test("files that are not there, options that are not known, quality out of range", async () => {
  await fails(["encode", files.path("nowhere.tif"), files.path("out.tif")], /nowhere\.tif/);
  await fails(["ingest", files.path("nowhere"), "--catalog", files.path("catalog")], /nowhere.*is not there/);
  await fails(["encode", "a.tif"], /wants IN\.tif OUT\.tif/, 2);
  await fails(["encode", "--qualty", "3"], /qualty/, 2);
  const path = await files.write("fine.tif", sceneTiff(40, 40));
  await fails(["encode", path, files.path("out.tif"), "--quality", "77"], /[Qq]uality is "?77"?; .*0 to/, 2);
  await fails(["encode", path, files.path("out.tif"), "--model", "nope"], /Model "nope" is not installed/);
  await fails(["frobnicate"], /command "frobnicate" is not known; wanted one of serve/, 2);
  await fails(["serve", "--port", "99999"], /--port is "99999"/, 2);
});

test("decode and inspect of something else than a TEC-COG", async () => {
  const path = await files.write("plain.tif", sceneTiff(40, 40));
  await fails(["decode", path, files.path("out.tif")], /plain\.tif is a TIFF but not a TEC-COG/);
  await fails(["inspect", path], /not a TEC-COG/);
});

test("every command's --help tells its usage", async () => {
  for (const command of ["serve", "ingest", "demo", "encode", "decode", "inspect", "verify", "doctor"]) {
    const run = await runCli([command, "--help"]);
    assert.equal(run.code, 0);
    assert.match(run.stdout, new RegExp(`^Usage: tectile ${command}`));
  }
});
