import assert from "node:assert/strict";
import { test } from "node:test";
import { cropState } from "../../../src/ingest/landscape/spectra.js";
import { seasonOf } from "../../../src/ingest/landscape/season.js";

test("the sun stands at noon where declination and latitude put it", () => {
  // At 42 N 3 E, about noon: elevation is 90 - latitude + declination (23.44 at the solstices), azimuth due south; degrees.
  const cases: readonly (readonly [instant: string, elevation: number, azimuth: number])[] = [
    ["2024-06-21T11:50:00Z", 71.4, 178],
    ["2024-12-21T11:46:00Z", 24.6, 180],
    ["2024-03-20T11:55:00Z", 48, 180],
  ];
  for (const [instant, elevation, azimuth] of cases) {
    const season = seasonOf(new Date(instant), 42, 3);
    assert.ok(Math.abs(season.sunElevation - elevation) < 1, `${instant}: ${season.sunElevation}`);
    assert.ok(Math.abs(season.sunAzimuth - azimuth) < 6, `${instant}: ${season.sunAzimuth}`);
  }
});

test("wheat is green in spring, straw in July and gone in September; maize follows it", () => {
  assert.ok(cropState("wheat", 120).green > 0.9);
  assert.ok(cropState("wheat", 186).dry > 0.9);
  assert.ok(cropState("wheat", 265).green + cropState("wheat", 265).dry < 0.1);
  assert.ok(cropState("maize", 120).green < 0.05);
  assert.ok(cropState("maize", 210).green > 0.8);
  assert.ok(cropState("rape", 112).flower > 0.5);
});

test("the year has no seam", () => {
  for (const crop of ["wheat", "rape", "maize", "lucerne"] as const) {
    const [before, after] = [cropState(crop, 364.99), cropState(crop, 365.01)];
    assert.ok(Math.abs(before.green - after.green) < 0.01, crop);
  }
});
