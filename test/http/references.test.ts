import assert from "node:assert/strict";
import { cp, mkdir, symlink } from "node:fs/promises";
import { dirname } from "node:path";
import { after, before, test } from "node:test";
import { pointToTile } from "@mapbox/tilebelt";
import { openCrs } from "../../src/geo/crs.js";
import { ingest } from "../../src/index.js";
import { DATED_SIZE, writeDatedScene } from "../support/dated-scenes.js";
import { forgeReference } from "../support/forge-reference.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

/** Long, so that its href leaves room to forge others. */
const KEYFRAME = `keyframe-${"x".repeat(100)}`;
const Z = 14;

let files: Workspace;
let catalog = "";
/** The item's file that leans on the keyframe, a copy of it as it was, and the keyframe. */
let leaning = "";
let whole = "";
let keyframe = "";

before(async () => {
  files = await createWorkspace();
  catalog = files.path("catalog");
  const into = { catalog, collection: "place", entropy: "tt", sessions: 1 } as const;
  const [first, second] = [await writeDatedScene(files, "2024-01-05"), await writeDatedScene(files, "2024-02-05")];
  keyframe = (await ingest(first, { ...into, id: KEYFRAME })).item.href;
  const { item } = await ingest(second, { ...into, id: "leaning" });
  assert.deepEqual(item.references, [KEYFRAME]);
  leaning = item.href;
  whole = files.path("whole.tif");
  await cp(leaning, whole);
});
after(() => files.close());

/** Puts a file with that reference in the item's place and asks a server of its own for a tile. */
async function tileWith(href: string): Promise<{ readonly status: number; readonly reason: string }> {
  await forgeReference(whole, leaning, href);
  const server: TestServer = await startServer({ catalog });
  try {
    const [lon, lat] = openCrs("EPSG:32631").toWgs84(500000 + 5 * DATED_SIZE, 4700000 - 5 * DATED_SIZE);
    const [x, y] = pointToTile(lon, lat, Z);
    const path = `/collections/place/items/leaning/tiles/WebMercatorQuad/${Z}/${x}/${y}.png?assets=B04`;
    const { status } = await fetch(server.url + path);
    const item = await server.services.catalog.item("place", "leaning");
    const container = await server.services.reader.open(item.href, item.checksum);
    const reason = await server.services.reader.chunk(container, 0, 0).then(
      () => "",
      (error: unknown) => String(error),
    );
    return { status, reason };
  } finally {
    await server.close();
  }
}

/** A whole keyframe at that place, so that who reads it has nothing to complain of. */
async function keyframeAt(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await cp(keyframe, path);
}

test("a file of the catalog leans on any other of the catalog's folder", async () => {
  assert.deepEqual(await tileWith(`../${KEYFRAME}/${KEYFRAME}.tif`), { status: 200, reason: "" });
  await keyframeAt(files.path("catalog/other/k.tif"));
  assert.deepEqual(await tileWith("../../other/k.tif"), { status: 200, reason: "" });
});

test("a reference outside the catalog's folder is not read, though all of it fits", async () => {
  await keyframeAt(files.path("outside/k.tif"));
  await keyframeAt(files.path("catalog-2/k.tif"));
  await symlink(files.path("outside"), files.path("catalog/link"));
  await symlink(files.path("outside/k.tif"), files.path("catalog/place/leaning/k.tif"));
  for (const href of ["../../../outside/k.tif", "../../../catalog-2/k.tif", "../../link/k.tif", "k.tif"]) {
    const { status, reason } = await tileWith(href);
    assert.equal(status, 500, href);
    assert.ok(
      reason.includes(`leaning.tif: its reference ${href} is not opened; wanted one inside the catalog's folder`),
      reason,
    );
  }
});

test("a reference by an absolute path is not read, even inside the catalog's folder", async () => {
  await keyframeAt(files.path("catalog/k.tif"));
  for (const href of [files.path("catalog/k.tif"), `file://${files.path("catalog/k.tif")}`]) {
    const { status, reason } = await tileWith(href);
    assert.equal(status, 500, href);
    assert.match(reason, /leaning\.tif: its reference .*k\.tif is not opened; wanted a relative path/);
  }
});

test("a missing reference is told as missing", async () => {
  const { reason } = await tileWith("../gone/gone.tif");
  assert.match(reason, /its reference \.\.\/gone\/gone\.tif can't be read: .*does not exist/);
});
