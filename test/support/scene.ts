import { BANDS } from "../../src/core/bands.js";
import { bandPlanes, makeGeoTiff, type FixtureOptions } from "./geotiff-fixture.js";

/** A small landscape by formula, digital numbers: hills, a shore, fields with sharp edges, fine texture; band by band different. */
export function sceneValue(band: number, row: number, column: number): number {
  const hills = 600 * Math.sin(row / 37) * Math.cos(column / 53) + 300 * Math.sin((row + column) / 17);
  const field = ((Math.floor(row / 24) * 7 + Math.floor(column / 31) * 13) % 9) * 90;
  const texture = ((row * 7919 + column * 104729 + row * column) % 97) - 48;
  const water = column - 90 - 30 * Math.sin(row / 29) < 0;
  if (water) return 400 - 20 * band + texture / 4;
  return Math.max(30, Math.round(900 + 130 * band + (hills + field) * (0.4 + band / 12) + texture));
}

/** A 12-band GeoTIFF of the landscape in UTM zone 31 north, or as `options` say. */
export function sceneTiff(width: number, height: number, options: Partial<FixtureOptions> = {}): Uint8Array {
  return makeGeoTiff({
    width,
    height,
    planes: bandPlanes(width, height, sceneValue),
    type: "uint16",
    tileSize: 64,
    descriptions: [...BANDS],
    transform: [10, 0, 500000, 0, -10, 4700000],
    epsg: 32631,
    ...options,
  });
}
