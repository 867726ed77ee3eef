import assert from "node:assert/strict";
import { truncate } from "node:fs/promises";
import { after, before, test } from "node:test";
import fc from "fast-check";
import type { GeoTiffPlan } from "../../../src/container/geotiff-tags.js";
import { levelSizes } from "../../../src/container/tec-cog.js";
import { parseDirectories, TAG } from "../../../src/container/tiff.js";
import { COG_TILE_PX, layOutCog, tilesBetween } from "../../../src/container/virtual-cog.js";
import { gdal, hasGdal } from "../../support/gdal.js";
import { createWorkspace, type Workspace } from "../../support/workspace.js";

let files: Workspace;
before(async () => void (files = await createWorkspace()));
after(() => files.close());

const plan = (width: number, height: number, more: Partial<GeoTiffPlan> = {}): GeoTiffPlan => ({
  width,
  height,
  bands: ["B04"],
  dtype: "uint16",
  nodata: 0,
  transform: [10, 0, 500_000, 0, -10, 4_700_000],
  crs: "EPSG:32631",
  geoKeys: undefined,
  ...more,
});

const anyPlan = fc
  .record({
    width: fc.integer({ min: 1, max: 6000 }),
    height: fc.integer({ min: 1, max: 6000 }),
    dtype: fc.constantFrom("uint8", "uint16", "int16", "float32"),
    bands: fc.constantFrom(["B04"], ["red", "green", "blue"]),
  })
  .map(({ width, height, ...more }) => plan(width, height, more));

test("tiles follow one another without gaps from the header to the end, where the directories say", () => {
  fc.assert(
    fc.property(anyPlan, (one) => {
      const sizes = levelSizes(one.width, one.height);
      const cog = layOutCog(one, sizes);
      const tiles = [...tilesBetween(cog, 0, cog.fileBytes)];
      let at = cog.header.length;
      for (const tile of tiles) {
        assert.equal(tile.offset, at);
        at += cog.tileBytes;
      }
      assert.equal(at, cog.fileBytes);
      const parsed = parseDirectories(cog.header, "virtual");
      assert.ok("directories" in parsed);
      assert.equal(parsed.directories.length, sizes.length);
      for (const [level, directory] of parsed.directories.entries()) {
        const wanted = tiles.filter((tile) => tile.level === level).map(({ offset }) => offset);
        assert.deepEqual(directory.numbers(TAG.tileOffsets), wanted);
        assert.equal(directory.number(TAG.imageWidth), sizes[level]?.width);
      }
    }),
    { numRuns: 60 },
  );
});

test("a range finds exactly the tiles that it touches", () => {
  const cog = layOutCog(plan(3000, 2000), levelSizes(3000, 2000));
  const all = [...tilesBetween(cog, 0, cog.fileBytes)];
  const byte = fc.integer({ min: 0, max: cog.fileBytes });
  fc.assert(
    fc.property(byte, byte, (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b) + 1];
      const touched = all.filter(({ offset }) => offset < to && offset + cog.tileBytes > from);
      assert.deepEqual([...tilesBetween(cog, from, to)], touched);
    }),
  );
});

test("GDAL reads the header, which is a BigTIFF's where 4 GiB are not enough", { skip: !hasGdal() }, async () => {
  for (const [width, height, big] of [
    [700, 300, false],
    [39_000, 39_000, false],
    [40_500, 40_500, true],
  ] as const) {
    const cog = layOutCog(plan(width, height), levelSizes(width, height));
    assert.equal(cog.header[2], big ? 43 : 42);
    const file = await files.write("sparse.tif", cog.header);
    await truncate(file, cog.fileBytes);
    const info = JSON.parse(gdal("gdalinfo", ["-json", file])) as {
      size: number[];
      bands: { block: number[]; noDataValue: number; description: string; overviews?: { size: number[] }[] }[];
    };
    assert.deepEqual(info.size, [width, height]);
    const [band] = info.bands;
    assert.deepEqual([band?.block, band?.noDataValue, band?.description], [[COG_TILE_PX, COG_TILE_PX], 0, "B04"]);
    assert.deepEqual(
      band?.overviews?.map(({ size }) => size),
      levelSizes(width, height)
        .slice(1)
        .map((size) => [size.width, size.height]),
    );
  }
});
