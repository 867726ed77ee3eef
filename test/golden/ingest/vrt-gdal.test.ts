import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { after, before, describe, test } from "node:test";
import { openSource } from "../../../src/app/open-source.js";
import { BANDS, BAND_RESOLUTION_M, type BandName } from "../../../src/core/bands.js";
import { listInputs } from "../../../src/ingest/inputs.js";
import { openRaster } from "../../../src/ingest/open-raster.js";
import { gdal, hasGdal } from "../../support/gdal.js";
import { bandPlanes, makeGeoTiff } from "../../support/geotiff-fixture.js";
import { createWorkspace, type Workspace } from "../../support/workspace.js";

const SIDE = 60;
const value = (band: number, row: number, column: number): number =>
  100 + band * 700 + ((row * 37 + column * 11) % 600);

describe(
  "VRTs against GDAL",
  { skip: hasGdal() ? false : "gdalbuildvrt is not installed: nothing to compare with", timeout: 120_000 },
  () => {
    let space: Workspace;
    before(async () => {
      space = await createWorkspace();
      // Four quarters, of which the last is missing, with holes and overlaps; and twelve bands in files of their own size.
      for (const [i, [x, y]] of [
        [0, 0],
        [56, 0],
        [0, 60],
      ].entries()) {
        const planes = bandPlanes(SIDE, SIDE, (band, row, column) =>
          row < 4 && column < 8 ? 0 : value(band, row + (y ?? 0), column + (x ?? 0)) + i,
        );
        const transform = [10, 0, 500_000 + 10 * (x ?? 0), 0, -10, 4_600_000 - 10 * (y ?? 0)] as const;
        const common = { width: SIDE, height: SIDE, planes, transform, epsg: 32631 };
        await put(`tiles/t${i}.tif`, makeGeoTiff({ ...common, descriptions: [...BANDS] }));
        await put(`nodata/t${i}.tif`, makeGeoTiff({ ...common, descriptions: [...BANDS], nodata: "0" }));
        await put(`float/t${i}.tif`, makeGeoTiff({ ...common, type: "float32", nodata: "nan" }));
      }
      for (const [b, band] of BANDS.entries()) await putBand("one", band, b, 10);
      for (const [b, band] of BANDS.entries()) await putBand("native", band, b, BAND_RESOLUTION_M[band]);
    });
    after(() => space.close());

    async function put(name: string, bytes: Uint8Array | string): Promise<void> {
      await mkdir(dirname(space.path(name)), { recursive: true });
      await writeFile(space.path(name), bytes);
    }
    async function putBand(folder: string, band: BandName, b: number, metres: number): Promise<void> {
      const side = (SIDE * 10) / metres;
      const plane = Array.from({ length: side * side }, (_, i) => value(b, Math.floor(i / side), i % side));
      const transform = [metres, 0, 500_000, 0, -metres, 4_600_000] as const;
      await put(
        `${folder}/S2_20200615_${band}.tif`,
        makeGeoTiff({ width: side, height: side, planes: [plane], transform, epsg: 32631 }),
      );
    }
    const bandFiles = (folder: string): string[] =>
      BANDS.map((band) => space.path(`${folder}/S2_20200615_${band}.tif`));
    const tiles = (folder: string): string[] => [0, 1, 2].map((i) => space.path(`${folder}/t${i}.tif`));

    const MATRIX: readonly (readonly [string, readonly string[], (folder: string) => string[], string])[] = [
      ["a mosaic with a gap and overlaps", [], tiles, "tiles"],
      ["a mosaic with nodata", [], tiles, "nodata"],
      ["a mosaic of floats with NaN as nodata", [], tiles, "float"],
      ["a mosaic with nodata of its own", ["-srcnodata", "0", "-vrtnodata", "65535"], tiles, "tiles"],
      ["a mosaic that hides its nodata", ["-srcnodata", "0", "-vrtnodata", "7", "-hidenodata"], tiles, "tiles"],
      ["a part of a mosaic", ["-te", "500100", "4599300", "500900", "4599900"], tiles, "tiles"],
      ["a part beyond a mosaic", ["-te", "499900", "4598500", "500900", "4600100"], tiles, "nodata"],
      ["a stack of bands", ["-separate"], bandFiles, "one"],
      ["a stack of bands with nodata", ["-separate", "-srcnodata", "0"], bandFiles, "one"],
      ["a stack of bands of 10, 20 and 60 m", ["-separate", "-resolution", "highest"], bandFiles, "native"],
    ];
    for (const [name, args, inputs, folder] of MATRIX) {
      test(`${name} holds GDAL's numbers`, async () => {
        const path = space.path(`${folder}/made.vrt`);
        gdal("gdalbuildvrt", ["-q", "-overwrite", ...args, path, ...inputs(folder)]);
        gdal("gdal_translate", [
          "-q",
          "-of",
          "ENVI",
          "-ot",
          "Float32",
          "-co",
          "INTERLEAVE=BSQ",
          path,
          space.path("raw.bin"),
        ]);
        const wanted = new Float32Array(new Uint8Array(await readFile(space.path("raw.bin"))).buffer);
        const file = await openRaster(path);
        const { width, height } = file;
        const planes = await file.read({ x: 0, y: 0, width, height }, [...BANDS.keys()]);
        assert.deepEqual(
          planes.flatMap((plane) => [...plane]),
          [...wanted],
        );
        const window = { x: 3, y: 5, width: width - 7, height: height - 9 };
        const [part = []] = await file.read(window, [4]);
        const at = (i: number): number =>
          4 * width * height + (5 + Math.floor(i / window.width)) * width + 3 + (i % window.width);
        assert.deepEqual(
          [...part],
          Array.from(part, (_, i) => wanted[at(i)]),
        );
        const info = JSON.parse(gdal("gdalinfo", ["-json", path])) as { geoTransform: number[] };
        const [c, a, b, f, d, e] = info.geoTransform;
        assert.deepEqual(file.georeference.transform, [a, b, c, d, e, f]);
        assert.equal(file.georeference.crs, "EPSG:32631");
        await file.close();
      });
    }

    test("bands of a stack are known by their files' names in any order, of a mosaic by its tiles' descriptions", async () => {
      const path = space.path("one/sorted.vrt");
      const sorted = bandFiles("one").toSorted().toReversed();
      gdal("gdalbuildvrt", ["-q", "-overwrite", "-separate", path, ...sorted]);
      const source = await openSource(path);
      const { raster } = await source.read({ x: 0, y: 0, width: 1, height: 1 });
      assert.deepEqual(
        [...raster.samples],
        BANDS.map((_, b) => value(b, 0, 0)),
      );
      assert.deepEqual([source.datetime, source.absentBands], [undefined, undefined]);
      await source.close();
      gdal("gdalbuildvrt", ["-q", "-overwrite", space.path("tiles/made.vrt"), ...tiles("tiles")]);
      const mosaic = await openRaster(space.path("tiles/made.vrt"));
      assert.deepEqual(mosaic.tags.descriptions, BANDS);
      await mosaic.close();
    });

    test("a folder's VRT and what it is made of are one input", async () => {
      gdal("gdalbuildvrt", ["-q", "-overwrite", space.path("tiles/made.vrt"), ...tiles("tiles")]);
      const { inputs, passedOver } = await listInputs([space.path("tiles")]);
      assert.deepEqual(
        inputs.map(({ location }) => basename(location)),
        ["made.vrt"],
      );
      assert.deepEqual(passedOver, []);
    });

    test("what isn't read is refused by its element's name", async () => {
      gdal("gdalbuildvrt", ["-q", "-overwrite", "-separate", space.path("one/base.vrt"), ...bandFiles("one")]);
      const base = await readFile(space.path("one/base.vrt"), "utf8");
      const cases: readonly (readonly [from: string | RegExp, to: string, wanted: RegExp])[] = [
        ["<VRTDataset ", '<VRTDataset subClass="VRTWarpedDataset" ', /the subClass VRTWarpedDataset/],
        [
          "<VRTRasterBand ",
          '<VRTRasterBand subClass="VRTDerivedRasterBand" ',
          /a band of subClass VRTDerivedRasterBand/,
        ],
        [/(Simple|Complex)Source/g, "KernelFilteredSource", /the element KernelFilteredSource/],
        [/(<\/(?:Simple|Complex)Source>)/, "<LUT>0:1,2:3</LUT>$1", /the element LUT in a/],
        [/(<\/(?:Simple|Complex)Source>)/, "<ScaleRatio>0.5</ScaleRatio>$1", /the element ScaleRatio/],
        [/(<\/(?:Simple|Complex)Source>)/, "<UseMaskBand>true</UseMaskBand>$1", /the element UseMaskBand/],
        ["</VRTDataset>", "<MaskBand/></VRTDataset>", /the element MaskBand/],
        ["</VRTDataset>", "<PansharpeningOptions/></VRTDataset>", /the element PansharpeningOptions/],
        [
          /<DstRect xOff="0" yOff="0" xSize="60"/,
          '<DstRect xOff="0" yOff="0" xSize="50"',
          /resampled by no whole factor/,
        ],
        [/<SourceBand>1</, "<SourceBand>mask,1<", /the SourceBand mask,1/],
        [/>S2_20200615_B01\.tif</, ">gone.tif<", /names .*gone\.tif, which can't be read/],
        [
          /relativeToVRT="1">S2_20200615_B01\.tif</,
          'relativeToVRT="0">/vsicurl/http://x/y.tif<',
          /a source at \/vsicurl/,
        ],
        [/relativeToVRT="1">S2_20200615_B01\.tif</, 'relativeToVRT="1">changed.vrt<', /names itself/],
        [/dataType="UInt16" band="1"/, 'dataType="Int16" band="1"', /mixes int16 and uint16/],
        [/rasterXSize="\d+"/, 'rasterXSize="-4"', /rasterXSize/],
        ["</VRTDataset>", "", /./],
      ];
      for (const [from, to, wanted] of cases) {
        const changed = base.replace(from, to);
        assert.notEqual(changed, base, String(from));
        await put("one/changed.vrt", changed);
        await assert.rejects(openSource(space.path("one/changed.vrt")), wanted);
      }
    });
  },
);
