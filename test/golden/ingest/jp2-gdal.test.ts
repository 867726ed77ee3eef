import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { CorruptDataError, UnsupportedError } from "../../../src/core/errors.js";
import { openRaster } from "../../../src/ingest/open-raster.js";
import { openMemorySource } from "../../../src/store/memory-source.js";
import { gdal, hasGdal } from "../../support/gdal.js";
import { makeGeoTiff } from "../../support/geotiff-fixture.js";
import { createWorkspace, type Workspace } from "../../support/workspace.js";

const [WIDTH, HEIGHT] = [331, 283];
const ORIGIN = [399_960, 4_700_040] as const;

/** Each layout is one choice of each line. */
const PIXELS: readonly (readonly string[])[] = [
  ...[1, 15, 8, 12, 7, 16].map((bits) => [
    "-scale",
    "0",
    "9000",
    "0",
    String(2 ** bits - 1),
    "-co",
    `NBITS=${bits}`,
    "-ot",
    bits > 8 ? "UInt16" : "Byte",
  ]),
  ["-ot", "Int16", "-scale", "0", "9000", "-4500", "4500"],
];
const LAYOUTS: readonly string[] = [
  "REVERSIBLE=YES QUALITY=100 BLOCKXSIZE=64 BLOCKYSIZE=64",
  "REVERSIBLE=YES QUALITY=100 BLOCKXSIZE=128 BLOCKYSIZE=96 RESOLUTIONS=6",
  "REVERSIBLE=YES QUALITY=100 BLOCKXSIZE=100 BLOCKYSIZE=300 RESOLUTIONS=3 PROGRESSION=RPCL CODEBLOCK_WIDTH=16 CODEBLOCK_HEIGHT=32",
  "REVERSIBLE=YES QUALITY=25,50,100 BLOCKXSIZE=80 BLOCKYSIZE=80 RESOLUTIONS=4 TILEPARTS=RESOLUTIONS PROGRESSION=RLCP",
  "REVERSIBLE=YES QUALITY=100 BLOCKXSIZE=128 BLOCKYSIZE=128 RESOLUTIONS=2 PRECINCTS={64,64},{32,32}",
  "REVERSIBLE=YES QUALITY=100 PROGRESSION=CPRL PLT=YES TLM=YES BLOCKXSIZE=64 BLOCKYSIZE=64",
  "QUALITY=30 BLOCKXSIZE=64 BLOCKYSIZE=128 SOP=YES EPH=YES",
  "QUALITY=40 BLOCKXSIZE=90 BLOCKYSIZE=70 RESOLUTIONS=5 CODEC=J2K",
];

describe(
  "JPEG 2000 against GDAL",
  { skip: hasGdal() ? false : "gdal_translate is not installed: nothing to compare with", timeout: 300_000 },
  () => {
    let space: Workspace;
    before(async () => {
      space = await createWorkspace();
      const plane = Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
        const [row, column] = [Math.floor(i / WIDTH), i % WIDTH];
        return Math.floor(4500 + 3000 * Math.sin(row / 17) * Math.cos(column / 23)) + ((i * 7919) % 800);
      });
      const transform = [10, 0, ORIGIN[0], 0, -10, ORIGIN[1]] as const;
      const base = makeGeoTiff({ width: WIDTH, height: HEIGHT, planes: [plane], transform, epsg: 32631 });
      await writeFile(space.path("base.tif"), base);
    });
    after(() => space.close());

    function make(name: string, args: readonly string[], from = "base.tif"): string {
      const path = space.path(name);
      gdal("gdal_translate", ["-q", "-of", "JP2OpenJPEG", ...args, space.path(from), path]);
      return path;
    }
    const options = (layout: string): string[] => layout.split(" ").flatMap((option) => ["-co", option]);
    async function byGdal(path: string): Promise<Float32Array> {
      gdal("gdal_translate", ["-q", "-of", "ENVI", "-ot", "Float32", path, space.path("raw.bin")]);
      return new Float32Array(new Uint8Array(await readFile(space.path("raw.bin"))).buffer);
    }

    for (const [l, layout] of LAYOUTS.entries()) {
      test(layout, async () => {
        for (const pixels of PIXELS.filter((_, i) => i % 2 === l % 2)) {
          const path = make(/CODEC=J2K/.test(layout) ? "layout.j2k" : "layout.jp2", [...pixels, ...options(layout)]);
          const wanted = await byGdal(path);
          const file = await openRaster(path);
          const [whole] = await file.read({ x: 0, y: 0, width: WIDTH, height: HEIGHT }, [0]);
          assert.deepEqual(Float32Array.from(whole ?? []), wanted, pixels.join(" "));
          const window = { x: 57, y: 99, width: 201, height: 150 };
          const [part = []] = await file.read(window, [0]);
          const cut = Array.from(part, (_, i) => wanted[(99 + Math.floor(i / 201)) * WIDTH + 57 + (i % 201)]);
          assert.deepEqual([...part], cut);
          await file.close();
        }
      });
    }

    test("a place by GeoJP2, by GMLJP2, and in degrees, whose GMLJP2 is latitude first", async () => {
      gdal("gdal_translate", [
        "-q",
        "-a_srs",
        "EPSG:4326",
        "-a_ullr",
        "10",
        "50",
        "10.0331",
        "49.9717",
        space.path("base.tif"),
        space.path("degrees.tif"),
      ]);
      for (const [from, crs, transform] of [
        ["base.tif", "EPSG:32631", [10, 0, ORIGIN[0], 0, -10, ORIGIN[1]]],
        ["degrees.tif", "EPSG:4326", [0.0001, 0, 10, 0, -0.0001, 50]],
      ] as const) {
        for (const boxes of ["GeoJP2=YES GMLJP2=YES", "GeoJP2=YES GMLJP2=NO", "GeoJP2=NO GMLJP2=YES"]) {
          const file = await openRaster(make("place.jp2", options(`${boxes} QUALITY=10`), from));
          assert.equal(file.georeference.crs, crs, boxes);
          for (const [i, value] of (file.georeference.transform ?? []).entries())
            assert.ok(
              Math.abs(value - (transform[i] ?? 0)) < 1e-9 * Math.max(1, Math.abs(value)),
              `${boxes}: ${value}`,
            );
          await file.close();
        }
      }
      const bare = await openRaster(make("place.jp2", options("GeoJP2=NO GMLJP2=NO QUALITY=10")));
      assert.match(bare.georeference.warnings.join(), /no georeference/);
      await bare.close();
    });

    test("several components are refused by name", async () => {
      const planes = [1, 2, 3].map((value) => Array<number>(64 * 64).fill(value));
      await writeFile(space.path("three.tif"), makeGeoTiff({ width: 64, height: 64, planes }));
      await assert.rejects(
        openRaster(make("three.jp2", [], "three.tif")),
        /three\.jp2 has 3 components; wanted one band/,
      );
    });

    test("damage anywhere is an error with the file's name or other pixels, never a crash; a cut is always an error", async () => {
      const lossless = options("REVERSIBLE=YES QUALITY=100 BLOCKXSIZE=128 BLOCKYSIZE=128");
      const whole = await readFile(make("damage.jp2", lossless));
      const read = async (bytes: Uint8Array): Promise<boolean> => {
        try {
          const file = await openRaster("damage.jp2", { openStore: async () => openMemorySource(bytes, "damage.jp2") });
          const [width, height] = [Math.min(WIDTH, file.width), Math.min(HEIGHT, file.height)];
          await file.read({ x: 0, y: 0, width, height }, [0]);
          return true;
        } catch (error) {
          assert.ok(error instanceof CorruptDataError || error instanceof UnsupportedError, String(error));
          return false;
        }
      };
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 3 }), async (length) => {
          assert.equal(await read(whole.subarray(0, length)), false, `cut to ${length}`);
        }),
        { numRuns: 60, seed: 1 },
      );
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 255 }), async (at, byte) => {
          const bytes = Uint8Array.from(whole);
          bytes[at] = byte;
          await read(bytes);
        }),
        { numRuns: 60, seed: 2 },
      );
    });
  },
);
