import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { pointToTile } from "@mapbox/tilebelt";
import { openTecCog } from "../../src/app/open-tec-cog.js";
import { openCrs } from "../../src/geo/crs.js";
import { ingest } from "../../src/index.js";
import { readNpy } from "../support/npy.js";
import { sceneTiff } from "../support/scene.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

/** Folder of converted models; official-elic is a TEC-ELIC of the official package, small and randomly initialised. */
const MODELS = fileURLToPath(new URL("../../../test/fixtures/golden", import.meta.url));
const ITEM = "/collections/scene/items/elic";

let files: Workspace;
let server: TestServer;
let file: string;
before(async () => {
  files = await createWorkspace();
  const [catalog, models] = [files.path("catalog"), [MODELS]];
  const scene = await files.write("scene.tif", sceneTiff(420, 400));
  const { item } = await ingest(scene, {
    catalog,
    models,
    model: "official-elic",
    collection: "scene",
    id: "elic",
    datetime: "2024-05-01T10:00:00Z",
  });
  file = item.href;
  server = await startServer({ catalog, models });
});
after(async () => {
  await server.close();
  await files.close();
});

test("an item of a converted TEC-ELIC tells its entropy model", async () => {
  const item = (await (await fetch(server.url + ITEM)).json()) as {
    assets: Record<string, Record<string, unknown>>;
  };
  const told = Object.values(item.assets).flatMap((asset) => asset["tec:entropy"] ?? []);
  assert.deepEqual(told, ["elic"]);
});

test("its tiles show the pixels that its file decodes to", async () => {
  const { toWgs84 } = openCrs("EPSG:32631");
  const z = 17; // a tile's pixel is about 0.9 m, so that nearest hits the pixel of 10 m
  const image = await openTecCog(file, { models: [MODELS] });
  const seen = new Set<number>();
  for (const [column, row] of [
    [100, 100],
    [255, 256],
    [400, 30],
    [17, 380],
  ] as const) {
    const [lon, lat] = toWgs84(500000 + 10 * (column + 0.5), 4700000 - 10 * (row + 0.5));
    const [x, y] = pointToTile(lon, lat, z);
    const mercatorY = (1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2;
    const at = [(((lon + 180) / 360) * 2 ** z - x) * 256, (mercatorY * 2 ** z - y) * 256].map(Math.floor);
    const path = `${ITEM}/tiles/WebMercatorQuad/${z}/${x}/${y}.npy?assets=B08&resampling=nearest`;
    const response = await fetch(server.url + path);
    assert.equal(response.status, 200, path);
    const value = readNpy(new Uint8Array(await response.arrayBuffer())).at(0, at[1] ?? 0, at[0] ?? 0);
    const wanted = await image.readWindow({ x: column, y: row, width: 1, height: 1 }, { bands: ["B08"] });
    assert.ok(Math.abs(value - (wanted.samples[0] ?? Number.NaN)) <= 1, `${value} for ${wanted.samples[0]}`);
    seen.add(Math.round(value));
  }
  await image.close();
  assert.ok(seen.size > 2, "the picture is flat, so that its comparison says nothing");
});
