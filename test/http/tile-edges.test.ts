import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PIXEL_SELECTIONS } from "../../src/tile/mosaic/mosaic-spec.js";
import { CLOUDY_DATE, makeWideSeries } from "../support/cloudy-series.js";
import { tileOf } from "../support/mosaic-catalog.js";
import { readNpy, type NpyPlanes } from "../support/npy.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

let files: Workspace;
let server: TestServer;
let middle: readonly [lon: number, lat: number];

before(async () => {
  files = await createWorkspace();
  const catalog = files.path("wide-catalog");
  const [west, south, east, north] = (await makeWideSeries(catalog)).boundsWgs84;
  middle = [(west + east) / 2, (south + north) / 2];
  server = await startServer({ catalog });
});
after(async () => {
  await server.close();
  await files.close();
});

interface Address {
  readonly z: number;
  readonly x: number;
  readonly y: number;
}

/** Red, and an index of red and near infrared: grey levels 0..255 of a picture. */
async function tile({ z, x, y }: Address, query: string): Promise<NpyPlanes | undefined> {
  const shown = "expression=B04;3000*(B08-B04)/(B08%2BB04)&rescale=0,3000";
  const response = await fetch(
    `${server.url}/collections/wide/tiles/WebMercatorQuad/${z}/${x}/${y}.npy?${shown}&${query}`,
  );
  if (response.status === 204) return undefined;
  assert.equal(response.status, 200, `${query}: ${await response.clone().text()}`);
  return readNpy(new Uint8Array(await response.arrayBuffer()));
}

/** Every tile of a region against its part of one rendering of the region. The greatest difference, grey levels; holes must be the same. */
async function worst(
  z: number,
  query: string,
  zoomsUp: 1 | 2,
): Promise<{ readonly grey: number; readonly tiles: number }> {
  const side = 2 ** zoomsUp;
  const [x, y] = tileOf(middle, z - zoomsUp).tile;
  const large = await tile({ z: z - zoomsUp, x, y }, `${query}&tilesize=${256 * side}`);
  assert.ok(large !== undefined);
  let [grey, tiles] = [0, 0];
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const small = await tile({ z, x: side * x + column, y: side * y + row }, query);
      if (small === undefined) continue;
      tiles++;
      for (let r = 0; r < 256; r++)
        for (let c = 0; c < 256; c++) {
          const at = (plane: number): readonly [number, number] => [
            small.at(plane, r, c),
            large.at(plane, 256 * row + r, 256 * column + c),
          ];
          const [mine, whole] = at(small.planes - 1);
          assert.equal(mine, whole, `${query} z${z}: a hole at ${column}/${row} ${c}, ${r} in one alone`);
          for (let plane = 0; plane + 1 < small.planes; plane++) {
            const [a, b] = at(plane);
            grey = Math.max(grey, Math.abs(a - b));
          }
        }
    }
  }
  return { grey, tiles };
}

const METHODS = ["nearest", "linear", "harmonic", "tec"].map((name) => `inpaint=${name}&datetime=${CLOUDY_DATE}`);
const selection = (name: string): string =>
  name.startsWith("lastband") ? `pixel_selection=${name}&expression=B02` : `pixel_selection=${name}`;

test("tiles are the crop of one large rendering, to a grey level, for every selection and method", async () => {
  for (const query of [
    ...PIXEL_SELECTIONS.filter((name) => name !== "count").map(selection),
    ...METHODS,
    `inpaint=linear&pixel_selection=clear_newest&datetime=${CLOUDY_DATE}`,
  ]) {
    const { grey, tiles } = await worst(14, query, 1);
    assert.ok(tiles >= 4 && grey <= 1, `${query}: ${grey} grey levels over ${tiles} tiles`);
  }
});

test("two zooms above and below the native one as well", async () => {
  for (const query of ["", "pixel_selection=best", "pixel_selection=clear_median", ...METHODS.slice(1)]) {
    for (const z of [12, 16]) {
      const { grey, tiles } = await worst(z, query, 1);
      assert.ok(tiles >= 1 && grey <= 1, `${query} at zoom ${z}: ${grey} grey levels over ${tiles} tiles`);
    }
  }
});
