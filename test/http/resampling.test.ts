import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { READ_KERNELS, WARP_KERNELS } from "../../src/render/render-spec.js";
import { SCENE } from "../support/scene-catalog.js";
import { useMosaicServer, useSceneServer } from "../support/scene-server.js";

const CHECK = fileURLToPath(new URL("../../../test/clients/resampling_check.py", import.meta.url));
const PYTHON = process.env["TECTILE_TEST_PYTHON"] ?? "python3";
const run = promisify(execFile);
const { west, north } = SCENE;

const server = useSceneServer({ pixelThreads: 2 });
const small = useMosaicServer({ pixelThreads: 1 });

interface Target {
  readonly label: string;
  readonly crs: string;
  readonly bounds: readonly number[];
  readonly size: readonly [number, number];
  /** Digital numbers that roundings and the warp's lattice may make. */
  readonly within: number;
}

/** Of 7, 15 and about 11 m: a pixel has 10 m. */
const TARGETS: readonly Target[] = [
  {
    label: "finer",
    crs: "EPSG:32631",
    bounds: [west + 2013, north - 3003, west + 4113, north - 903],
    size: [294, 294],
    within: 1.5,
  },
  {
    label: "coarser",
    crs: "EPSG:32631",
    bounds: [west + 1503, north - 3503, west + 4053, north - 503],
    size: [170, 200],
    within: 1.5,
  },
  { label: "degrees", crs: "EPSG:4326", bounds: [3.02, 42.42, 3.048, 42.445], size: [210, 250], within: 20 },
];

async function save(path: string, from: string): Promise<string> {
  const response = await fetch(from);
  assert.equal(response.status, 200, `${from}: ${await response.clone().text()}`);
  await server.files.write(path, new Uint8Array(await response.arrayBuffer()));
  return server.files.path(path);
}

test("every kernel makes of a file's pixels what GDAL's makes of them", async (t) => {
  const there = await run(PYTHON, ["-c", "import rasterio"]).catch(() => undefined);
  if (there === undefined) return t.skip("rasterio is not installed; TECTILE_TEST_PYTHON names a Python that has it");
  const item = `${server.url}/collections/${SCENE.collection}/items/scene_2024-04-10`;
  const file = await save("b08.tif", `${item}/assets/B08.tif`);
  const cases: object[] = [];
  for (const kernel of new Set([...READ_KERNELS, ...WARP_KERNELS])) {
    // GDAL reads with gauss and doesn't warp with it.
    if (kernel === "gauss") continue;
    const parameter = (READ_KERNELS as readonly string[]).includes(kernel) ? "resampling" : "reproject";
    for (const { size, ...target } of TARGETS) {
      // Coarser than the file, bilinear looks at four pixels here, GDAL at more; its spline has a weight below 0 where it is a little coarser.
      if (kernel === "bilinear" && target.label !== "finer") continue;
      if (kernel === "cubic_spline" && target.label === "degrees") continue;
      const query = `assets=B08&coord_crs=${target.crs}&${parameter}=${kernel}`;
      const url = `${item}/bbox/${target.bounds.join(",")}/${size.join("x")}.npy?${query}`;
      const picture = await save(`${kernel}-${target.label}.npy`, url);
      cases.push({ ...target, kernel, file, picture });
    }
  }
  const place = `${small.url}/collections/place/items/place_2024-02-10`;
  const { grid } = await small.services.catalog.item("place", "place_2024-02-10");
  // One level: every second pixel.
  assert.ok(Math.max(grid.width, grid.height) <= 256 && grid.width % 2 === 0 && grid.height % 2 === 0);
  cases.push({
    label: "half",
    kernel: "gauss",
    file: await save("place.tif", `${place}/assets/B08.tif`),
    picture: await save(
      "gauss.npy",
      `${place}/preview/${grid.width / 2}x${grid.height / 2}.npy?assets=B08&resampling=gauss`,
    ),
    within: 1.5,
  });
  await server.files.write("kernels.json", JSON.stringify(cases));
  const { stdout } = await run(PYTHON, [CHECK, server.files.path("kernels.json")]);
  assert.match(stdout, /all as GDAL has them/);
});

test("neighbouring tiles meet whatever the kernel, and read as far beyond their edges as it looks", async () => {
  const tile = async (x: number, z: number, kernel: string, tilesize = 256): Promise<Buffer> => {
    const url = `${server.url}/collections/${SCENE.collection}/tiles/WebMercatorQuad/${z}/${x}/${z === 14 ? 6055 : 3027}.npy`;
    const query = `assets=B04&return_mask=false&reproject=${kernel}&tilesize=${tilesize}&pixel_selection=mean`;
    const response = await fetch(`${url}?${query}&ids=scene_2024-01-10`);
    assert.equal(response.status, 200);
    return Buffer.from(await response.arrayBuffer()).subarray(-2 * tilesize * tilesize);
  };
  // Four tiles' pixels are those of the tile above them, twice as large.
  for (const kernel of ["lanczos", "cubic", "average", "med"]) {
    const whole = await tile(4164, 13, kernel, 512);
    let [most, different] = [0, 0];
    const part = await tile(8328, 14, kernel);
    for (let r = 0; r < 256; r++)
      for (let c = 0; c < 256; c++) {
        const [a, b] = [part.readUInt16LE(2 * (r * 256 + c)), whole.readUInt16LE(2 * ((r + 256) * 512 + c))];
        most = Math.max(most, Math.abs(a - b));
        if (Math.abs(a - b) > 12) different++;
      }
    assert.ok(different <= 200, `${kernel}: ${different} pixels differ, by up to ${most}`);
  }
});
