import assert from "node:assert/strict";
import { test } from "node:test";
import { readNpy, type NpyPlanes } from "../support/npy.js";
import { SCENE } from "../support/scene-catalog.js";
import { useSceneServer } from "../support/scene-server.js";

const TILE = "tiles/WebMercatorQuad/12/2082/1513";

const server = useSceneServer({ pixelThreads: 2 });

async function values(query: string, path = `items/scene_2024-01-10/${TILE}`): Promise<NpyPlanes> {
  const response = await fetch(`${server.url}/collections/${SCENE.collection}/${path}.npy?${query}`);
  assert.equal(response.status, 200, `${query}: ${response.status === 200 ? "" : await response.text()}`);
  return readNpy(new Uint8Array(await response.arrayBuffer()));
}

/** Runs over all pixels of equal arrays. */
function each(one: NpyPlanes, look: (y: number, x: number) => void): void {
  for (let y = 0; y < one.height; y++) for (let x = 0; x < one.width; x++) look(y, x);
}

test("a buffer adds the pixels that lie around the tile, and padding changes nothing", async () => {
  for (const [path, query] of [
    [`items/scene_2024-01-10/${TILE}`, "assets=B04"],
    [TILE, "assets=B04&datetime=2024-01-31"],
    [TILE, "assets=B04&pixel_selection=mean&tilesize=100"],
  ] as const) {
    const plain = await values(query, path);
    const wide = await values(`${query}&buffer=8`, path);
    assert.deepEqual([wide.width, wide.height], [plain.width + 16, plain.height + 16]);
    let [same, beyond, apart] = [0, 0, 0];
    each(plain, (y, x) => {
      const isThere = plain.at(1, y, x) !== 0 && wide.at(1, y + 8, x + 8) !== 0;
      if (isThere && Math.abs(plain.at(0, y, x) - wide.at(0, y + 8, x + 8)) <= 1) same++;
      else if (isThere || plain.at(1, y, x) !== wide.at(1, y + 8, x + 8)) apart++;
    });
    // At the image's edge a pixel's centre may fall to either side: positions are interpolated from another lattice.
    assert.ok(apart <= 0.002 * same, `${apart} of ${same} pixels differ`);
    each(wide, (y, x) => {
      const inside = y >= 8 && x >= 8 && y < wide.height - 8 && x < wide.width - 8;
      if (!inside && wide.at(1, y, x) !== 0) beyond++;
    });
    assert.ok(same > 0 && beyond > 0, `${same} ${beyond}`);
    const padded = await values(`${query}&padding=4`, path);
    let other = 0;
    each(plain, (y, x) => (other += padded.at(0, y, x) === plain.at(0, y, x) ? 0 : 1));
    assert.equal(other, 0);
  }
  const half = await values("assets=B04&buffer=0.5");
  assert.deepEqual([half.width, half.height], [257, 257]);
});

test("a tile has as many pixels as are asked for, 1 to 2048", async () => {
  for (const side of [16, 33, 300, 2048]) {
    const { width, height } = await values(`assets=B04&tilesize=${side}`);
    assert.deepEqual([width, height], [side, side]);
  }
});

test("unscaled values are reflectance, in bands, in expressions and in merged dates", async () => {
  for (const path of [`items/scene_2024-01-10/${TILE}`, TILE]) {
    const merged = path === TILE ? "&pixel_selection=median" : "";
    const [numbers, reflectance] = await Promise.all(
      ["", "&unscale=true"].map((more) => values(`assets=B04&assets=B08${merged}${more}`, path)),
    );
    assert.ok(numbers !== undefined && reflectance !== undefined);
    let wrong = 0;
    each(numbers, (y, x) => {
      // Digital numbers are rounded in uint16, reflectance isn't.
      for (const plane of [0, 1])
        wrong += Math.abs(reflectance.at(plane, y, x) - numbers.at(plane, y, x) / 10_000) <= 0.51e-4 ? 0 : 1;
    });
    const [evi, scaled] = await Promise.all(
      ["expression=(B08-B04)/(B08%2B10000)", "unscale=1&expression=(B08-B04)/(B08%2B1)"].map((query) =>
        values(query + merged, path),
      ),
    );
    assert.ok(evi !== undefined && scaled !== undefined);
    each(evi, (y, x) => (wrong += Math.abs(evi.at(0, y, x) - scaled.at(0, y, x)) < 1e-5 ? 0 : 1));
    assert.equal(wrong, 0);
  }
  const picture = (query: string): Promise<Buffer> =>
    fetch(`${server.url}/collections/${SCENE.collection}/items/scene_2024-01-10/${TILE}.png?${query}`).then(
      async (response) => Buffer.from(await response.arrayBuffer()),
    );
  // Ranges follow the unit: the picture is the same one.
  assert.deepEqual(await picture("assets=B04&unscale=true"), await picture("assets=B04"));
});

test("nodata makes holes of a number: of bands where all have it, of expressions where one has", async () => {
  const plain = await values("assets=B02&assets=B04");
  const counts = new Map<number, number>();
  each(
    plain,
    (y, x) => plain.at(2, y, x) !== 0 && counts.set(plain.at(1, y, x), (counts.get(plain.at(1, y, x)) ?? 0) + 1),
  );
  const [usual] = [...counts].toSorted(([, a], [, b]) => b - a)[0] ?? [0];
  const [both, red, ratio] = await Promise.all(
    ["assets=B02&assets=B04", "assets=B04", "expression=B02/B04"].map((query) => values(`${query}&nodata=${usual}`)),
  );
  assert.ok(both !== undefined && red !== undefined && ratio !== undefined);
  let [holes, wrong] = [0, 0];
  each(plain, (y, x) => {
    const [blue, is, valid] = [0, 1, 2].map((plane) => plain.at(plane, y, x));
    if (valid === 0) return;
    holes += is === usual ? 1 : 0;
    const right =
      (red.at(1, y, x) === 0) === (is === usual) &&
      (both.at(2, y, x) === 0) === (is === usual && blue === usual) &&
      (ratio.at(1, y, x) === 0) === (is === usual || blue === usual);
    wrong += right ? 0 : 1;
  });
  assert.equal(wrong, 0);
  assert.ok(holes > 10);
});

test("what is no such number is refused by its name", async () => {
  for (const wrong of [
    "buffer=0.3",
    "buffer=-1",
    "buffer=1e4",
    "padding=0.5",
    "padding=x",
    "tilesize=0",
    "tilesize=2049",
  ]) {
    const [name = ""] = wrong.split("=");
    const response = await fetch(`${server.url}/collections/${SCENE.collection}/${TILE}?assets=B04&${wrong}`);
    assert.equal(response.status, 400, wrong);
    assert.match(await response.text(), new RegExp(name));
  }
  for (const wrong of ["nodata=x", "unscale=x"])
    assert.equal(
      (await fetch(`${server.url}/collections/${SCENE.collection}/${TILE}?assets=B04&${wrong}`)).status,
      400,
    );
});
