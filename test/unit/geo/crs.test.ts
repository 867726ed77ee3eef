import assert from "node:assert/strict";
import { test } from "node:test";
import { gridBoundsWgs84, gridOutline, hasKnownShift, isGeographic, openCrs } from "../../../src/geo/crs.js";

// pyproj 3.7 (PROJ 9), always_xy; the two grids with a datum shift by seven parameters agree to metres, the others to centimetres.
const KNOWN: [string, [number, number], [number, number], number][] = [
  ["EPSG:32631", [3.5, 42.1], [541343.969, 4661000.152], 0.01],
  ["EPSG:32736", [35.2, -3.4], [744436.948, 9623914.997], 0.01],
  ["EPSG:3857", [2.8, 42.3], [311694.574, 5206024.461], 0.01],
  ["EPSG:3035", [10.5, 51.2], [4355947.736, 3121111.787], 0.01],
  ["EPSG:2154", [2.1, 48.8], [633893.331, 6855923.55], 0.01],
  ["EPSG:27700", [-1.5, 53.0], [433653.297, 344858.883], 5],
  ["EPSG:3031", [30, -75], [819391.619, 1419227.916], 0.01],
  ["EPSG:3413", [-30, 72], [508693.476, -1898469.898], 0.01],
  ["EPSG:5070", [-100, 40], [-338390.588, 1894100.14], 2],
  ["EPSG:2056", [7.5, 46.9], [2604676.043, 1194322.889], 5],
  ["EPSG:25832", [9.2, 50.1], [514303.657, 5549768.408], 0.01],
  ["EPSG:26913", [-105, 39.5], [500000, 4372264.508], 2],
];

for (const [code, [lon, lat], [x, y], tolerance] of KNOWN) {
  test(`${code} agrees with PROJ, there and back`, () => {
    const { fromWgs84, toWgs84 } = openCrs(code);
    const [gotX, gotY] = fromWgs84(lon, lat);
    assert.ok(Math.abs(gotX - x) < tolerance && Math.abs(gotY - y) < tolerance, `${gotX}, ${gotY}`);
    const [backLon, backLat] = toWgs84(gotX, gotY);
    assert.ok(Math.abs(backLon - lon) < 1e-6 && Math.abs(backLat - lat) < 1e-6, `${backLon}, ${backLat}`);
  });
}

test("the projections last used are kept, and no more than 64 of them", () => {
  const first = openCrs("EPSG:32601");
  assert.equal(openCrs("EPSG:32601"), first);
  for (let zone = 1; zone <= 60; zone++) openCrs(`EPSG:${32700 + zone}`);
  assert.equal(openCrs("EPSG:32601"), first);
  for (let zone = 2; zone <= 60; zone++) openCrs(`EPSG:${32600 + zone}`);
  for (const code of ["EPSG:3035", "EPSG:2154", "EPSG:27700", "EPSG:3031", "EPSG:3413"]) openCrs(code);
  assert.notEqual(openCrs("EPSG:32601"), first);
});

test("an unknown code is one sentence; EPSG:4326 is in degrees, UTM is not", () => {
  assert.throws(() => openCrs("EPSG:99999"), /^UnsupportedError: CRS EPSG:99999 is not known here; wanted/);
  assert.throws(() => openCrs("nonsense"), /CRS nonsense is not known/);
  assert.equal(isGeographic("EPSG:4326"), true);
  assert.equal(isGeographic("EPSG:32631"), false);
});

test("degrees about another pole are refused, not taken for longitudes", () => {
  // gdalsrsinfo -o wkt2_2018 "+proj=ob_tran +o_proj=longlat +o_lat_p=40 +o_lon_p=0 +lon_0=0", shortened
  const degree = 'ANGLEUNIT["degree",0.0174532925199433]';
  const rotated = `GEOGCRS["rotated",BASEGEOGCRS["unknown",DATUM["World Geodetic System 1984",ELLIPSOID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0,${degree}]],DERIVINGCONVERSION["unknown",METHOD["PROJ ob_tran o_proj=longlat"],PARAMETER["o_lat_p",40,${degree}]],CS[ellipsoidal,2],AXIS["longitude",east],AXIS["latitude",north],${degree}]`;
  for (const crs of [rotated, '{"type": "DerivedGeographicCRS", "name": "rotated"}'])
    assert.throws(() => openCrs(crs), /^UnsupportedError: CRS .* is not known here/);
});

test("whether the way from a CRS's datum to WGS84 is known", () => {
  for (const crs of ["EPSG:4326", "EPSG:32631", "EPSG:3035", "EPSG:27700", "EPSG:26913", "+proj=sinu +R=6371007.181"])
    assert.equal(hasKnownShift(crs), true, crs);
  // Tananarive and Korean 1892 have no shift in the table: GDAL puts them 149 and 323 m elsewhere.
  for (const crs of [
    "EPSG:29702",
    "EPSG:5169",
    "+proj=utm +zone=32 +ellps=intl",
    "+proj=longlat +ellps=clrk66 +nadgrids=conus",
  ])
    assert.equal(hasKnownShift(crs), false, crs);
});

test("a grid across the antimeridian has west > east and a closed outline", () => {
  const bounds = gridBoundsWgs84([100, 0, 800000, 0, -100, 8000000], 1000, 1000, "EPSG:32701");
  assert.ok(bounds[0] < 180 && bounds[0] > -180);
  const crossing = gridBoundsWgs84([100, 0, 300000, 0, -100, 8000000], 8000, 100, "EPSG:32760");
  assert.ok(crossing[0] > crossing[2], crossing.join());
  const ring = gridOutline([10, 0, 500000, 0, -10, 4700000], 100, 100, "EPSG:32631");
  assert.deepEqual(ring[0], ring.at(-1));
});
