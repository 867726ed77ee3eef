import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { openCrs } from "../../../src/geo/crs.js";
import {
  parseTileOf,
  TILE_MATRIX_SETS,
  tileBoundsOf,
  tileMatrixSet,
  tileMatrixSetDocument,
  tileTransformOf,
  WEB_MERCATOR_QUAD,
} from "../../../src/geo/tile-matrix-sets.js";

const PYTHON = process.env["TECTILE_TEST_PYTHON"] ?? "python3";

interface Matrix {
  readonly id: string;
  readonly cellSize: number;
  readonly scaleDenominator: number;
  readonly pointOfOrigin: readonly [number, number];
  readonly matrixWidth: number;
  readonly matrixHeight: number;
}
interface Definition {
  readonly id: string;
  readonly crs: string;
  readonly uri: string;
  readonly orderedAxes: readonly string[];
  readonly tileMatrices: readonly Matrix[];
}

/** First matrices as OGC publishes them: id, scale denominator, cell, origin in the CRS's order, width, height. */
const PUBLISHED: Readonly<
  Record<string, readonly [string, number, number, readonly [number, number], number, number]>
> = {
  WebMercatorQuad: ["0", 559082264.0287178, 156543.03392804097, [-20037508.342789244, 20037508.342789244], 1, 1],
  WorldCRS84Quad: ["0", 279541132.0143589, 0.703125, [-180, 90], 2, 1],
  WorldMercatorWGS84Quad: ["0", 559082264.028717, 156543.033928041, [-20037508.3427892, 20037508.3427892], 1, 1],
  EuropeanETRS89_LAEAQuad: ["0", 62779017.8571428, 17578.125, [5500000, 2000000], 1, 1],
  UPSArcticWGS84Quad: ["0", 458726544.4, 128443.4324, [-14440759.350252, 18440759.350252], 1, 1],
  UTM31WGS84Quad: ["1", 279072704.500914, 78140.3572602559, [-9501965.72931276, 20003931.4586255], 1, 2],
};

const documentOf = (name: string): Definition => tileMatrixSetDocument(tileMatrixSet(name)) as unknown as Definition;
const near = (a: number, b: number, what: string): void =>
  assert.ok(Math.abs(a - b) <= 1e-7 * Math.max(1, Math.abs(b)), `${what}: ${a}, published ${b}`);

test("the first matrices are those that OGC publishes", () => {
  for (const [name, [id, scale, cell, origin, width, height]] of Object.entries(PUBLISHED)) {
    const [first] = documentOf(name).tileMatrices;
    assert.ok(first !== undefined);
    assert.deepEqual([first.id, first.matrixWidth, first.matrixHeight], [id, width, height], name);
    near(first.scaleDenominator, scale, name);
    near(first.cellSize, cell, name);
    origin.forEach((value, i) => near(first.pointOfOrigin[i] ?? 0, value, name));
  }
});

test("every matrix of every set is morecantile's", (t) => {
  const script = `
import json, morecantile
names = ${JSON.stringify(Object.keys(PUBLISHED).concat("UPSAntarcticWGS84Quad"))}
print(json.dumps({name: json.loads(morecantile.tms.get(name).model_dump_json()) for name in names}))`;
  const { stdout, status } = spawnSync(PYTHON, ["-c", script], { encoding: "utf8", maxBuffer: 1e8 });
  if (status !== 0) return t.skip("morecantile is not installed; TECTILE_TEST_PYTHON names a Python that has it");
  for (const [name, theirs] of Object.entries(JSON.parse(stdout) as Record<string, Definition>)) {
    const ours = documentOf(name);
    assert.deepEqual(
      [ours.id, ours.orderedAxes, ours.tileMatrices.length],
      [theirs.id, theirs.orderedAxes, theirs.tileMatrices.length],
    );
    theirs.tileMatrices.forEach((matrix, i) => {
      const one = ours.tileMatrices[i];
      assert.ok(one !== undefined);
      assert.deepEqual(
        [one.id, one.matrixWidth, one.matrixHeight],
        [matrix.id, matrix.matrixWidth, matrix.matrixHeight],
        name,
      );
      // Published cells are rounded to nine digits or so.
      assert.ok(
        Math.abs(one.cellSize / matrix.cellSize - 1) < 1e-6,
        `${name} ${one.id}: ${one.cellSize} ${matrix.cellSize}`,
      );
      matrix.pointOfOrigin.forEach((value, axis) => near(one.pointOfOrigin[axis] ?? 0, value, name));
    });
  }
});

test("every set's CRS can be projected, and a tile's place is where its bounds are", () => {
  for (const set of TILE_MATRIX_SETS) {
    const zoom = set.zooms[0] + 6;
    const centre = { UPS: [30, 80], UTM: [0, 45], Eur: [10, 50], Wor: [10, 50], Web: [10, 50] }[set.id.slice(0, 3)] ?? [
      0, 0,
    ];
    const [lon = 0, lat = 0] = set.id.startsWith("UTM")
      ? [6 * Number(set.id.slice(3, 5)) - 183.5, 45]
      : set.id.includes("Antarctic")
        ? [30, -80]
        : centre;
    const [x, y] = openCrs(set.crs).fromWgs84(lon, lat);
    const [side, , west, , , north] = tileTransformOf({ set, z: zoom, x: 0, y: 0 }, 1);
    const tile = parseTileOf(set, {
      z: String(zoom),
      x: String(Math.floor((x - west) / side)),
      y: String(Math.floor((north - y) / side)),
    });
    const [w, s, e, n] = tileBoundsOf(tile);
    const isWithin = w <= e ? lon >= w && lon <= e : lon >= w || lon <= e;
    assert.ok(isWithin && lat >= s && lat <= n, `${set.id}: ${lon} ${lat} in ${[w, s, e, n].join(" ")}`);
  }
});

test("aliases lead to their sets, and tiles outside are refused by name", () => {
  assert.equal(tileMatrixSet("GoogleMapsCompatible").id, "WebMercatorQuad");
  assert.equal(tileMatrixSet("GoogleCRS84Quad").id, "WorldCRS84Quad");
  assert.throws(() => tileMatrixSet("CDB1GlobalGrid"), /"CDB1GlobalGrid" is not served; there are WebMercatorQuad/);
  const set = tileMatrixSet("UTM31WGS84Quad");
  assert.throws(() => parseTileOf(set, { z: "0", x: "0", y: "0" }), /zoom is 0; wanted 1 to 24/);
  assert.throws(() => parseTileOf(set, { z: "1", x: "0", y: "2" }), /x from 0 to 0 and y from 0 to 1/);
  assert.throws(() => parseTileOf(set, { z: "a", x: "0", y: "2" }), /Tile z is "a"/);
});

test("addresses out of range, negative, fractional or huge are told apart", () => {
  const set = WEB_MERCATOR_QUAD;
  assert.deepEqual(parseTileOf(set, { z: "3", x: "7", y: "0" }), { set, z: 3, x: 7, y: 0 });
  for (const [z, x, y] of [
    ["3", "8", "0"],
    ["3", "0", "-1"],
    ["25", "0", "0"],
    ["3", "1000000000", "0"],
  ] as const)
    assert.throws(() => parseTileOf(set, { z, x, y }), /NotFoundError/);
  for (const [z, x, y] of [
    ["a", "0", "0"],
    ["3", "1.5", "0"],
    ["3", "NaN", "0"],
    ["3", "1e9", "0"],
    ["3", "", "0"],
  ] as const)
    assert.throws(() => parseTileOf(set, { z, x, y }), /InvalidRequestError/);
});
