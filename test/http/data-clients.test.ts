import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { makeSceneCatalog, SCENE } from "../support/scene-catalog.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

const CLIENTS = fileURLToPath(new URL("../../../test/clients/", import.meta.url));
const PYTHON = process.env["TECTILE_TEST_PYTHON"] ?? "python3";
const run = promisify(execFile);
const ITEM = "scene_2024-04-10";
let files: Workspace;
let server: TestServer;
let decoded = "";

before(async () => {
  files = await createWorkspace();
  server = await startServer({ catalog: await makeSceneCatalog(files) });
  decoded = files.path("decoded.tif");
  const { href } = await server.services.catalog.item(SCENE.collection, ITEM);
  const { code, stderr } = await runCli(["decode", href, decoded]);
  assert.equal(code, 0, stderr);
});
after(async () => {
  await server.close();
  await files.close();
});

/** Runs a check where Python has the packages that it needs. */
async function check(t: TestContext, script: string, packages: string): Promise<string> {
  const there = await run(PYTHON, ["-c", `import ${packages}`]).then(
    () => true,
    () => false,
  );
  if (!there) {
    t.skip(`${packages} are not installed; TECTILE_TEST_PYTHON names a Python that has them`);
    return "";
  }
  const { stdout } = await run(PYTHON, [CLIENTS + script, `${server.url}/`, SCENE.collection, ITEM, decoded]);
  return stdout;
}

test("xarray opens a collection as one cube and computes a series", async (t) => {
  const told = await check(t, "zarr_check.py", "pystac_client, rasterio, xarray, zarr, aiohttp");
  if (told !== "") assert.match(told, /^xarray sees what decode writes, and an NDVI series of 3 dates/);
});

test("clients that read COGs through STAC see what decode writes", async (t) => {
  const told = await check(t, "data_clients_check.py", "pystac_client, rasterio, odc.stac");
  if (told !== "") assert.match(told, /^rasterio, odc-stac.* see what decode writes/);
});
