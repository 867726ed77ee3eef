import assert from "node:assert/strict";
import { test } from "node:test";
import { openCrs } from "../../../src/geo/crs.js";
import { mercatorToWgs84, tileBoundsWgs84, tileTransform, zoomForResolution } from "../../../src/geo/web-mercator.js";
import { createWarpGrid } from "../../../src/geo/warp-grid.js";
import { applyAffine, invertAffine } from "../../../src/geo/affine.js";

test("tile bounds are mercantile's", () => {
  const known: [[number, number, number], number[], number[]][] = [
    [
      [13, 4160, 3030],
      [2.8125, 42.32606244456203, 2.8564453125, 42.35854391749706],
      [313086.06785608083, 5214839.817727866],
    ],
    [
      [0, 0, 0],
      [-180, -85.0511287798066, 180, 85.0511287798066],
      [-20037508.342789244, 20037508.342789244],
    ],
    [
      [16, 33280, 24242],
      [2.8125, 42.34636533160187, 2.8179931640625, 42.35042512243458],
      [313086.06785608083, 5213616.825275302],
    ],
  ];
  for (const [[z, x, y], bounds, corner] of known) {
    tileBoundsWgs84({ z, x, y }).forEach((value, i) => assert.ok(Math.abs(value - (bounds[i] ?? 0)) < 1e-9));
    const [left, top] = applyAffine(tileTransform({ z, x, y }, 256), 0, 0);
    assert.ok(Math.abs(left - (corner[0] ?? 0)) < 1e-4 && Math.abs(top - (corner[1] ?? 0)) < 1e-4);
    const [lon, lat] = mercatorToWgs84(left, top);
    assert.ok(Math.abs(lon - (bounds[0] ?? 0)) < 1e-9 && Math.abs(lat - (bounds[3] ?? 0)) < 1e-9);
  }
});

test("the native zoom is rio-tiler's: 10 m at the equator 14, at 42 degrees 13, at 60 degrees 13", () => {
  assert.deepEqual(
    [0, 42.3, 60].map((latitude) => zoomForResolution(10, latitude)),
    [14, 13, 13],
  );
  assert.equal(zoomForResolution(1e9, 0), 0);
});

test("the warp lattice stays within 0.01 source pixels of exact projection at native zoom", () => {
  const tile = { z: 14, x: 8320, y: 6060 };
  const utm = openCrs("EPSG:32631");
  const source = [10, 0, 480000, 0, -10, 4700000] as const;
  const options = {
    width: 256,
    height: 256,
    transform: tileTransform(tile, 256),
    toWgs84: mercatorToWgs84,
    fromWgs84: utm.fromWgs84,
    sourceTransform: source,
  };
  const grid = createWarpGrid(options);
  const inverse = invertAffine(source);
  for (const [c, r] of [
    [8, 8],
    [100, 37],
    [200, 250],
  ] as const) {
    const [lon, lat] = mercatorToWgs84(...applyAffine(options.transform, c, r));
    const [x, y] = applyAffine(inverse, ...utm.fromWgs84(lon, lat));
    const [i, j] = [Math.floor(c / 16), Math.floor(r / 16)];
    const [u, v] = [c / 16 - i, r / 16 - j];
    const at = (nodes: Float64Array): number => {
      const n = j * grid.columns + i;
      return (
        ((nodes[n] ?? 0) * (1 - u) + (nodes[n + 1] ?? 0) * u) * (1 - v) +
        ((nodes[n + grid.columns] ?? 0) * (1 - u) + (nodes[n + grid.columns + 1] ?? 0) * u) * v
      );
    };
    assert.ok(Math.abs(at(grid.x) - x) < 0.01 && Math.abs(at(grid.y) - y) < 0.01);
  }
});
