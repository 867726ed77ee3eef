import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { AppError } from "../../../src/core/errors.js";
import { openTiff } from "../../../src/ingest/source-tiff.js";
import { gdal, hasGdal } from "../../support/gdal.js";
import { bandPlanes, makeGeoTiff } from "../../support/geotiff-fixture.js";
import { createWorkspace, type Workspace } from "../../support/workspace.js";

const [WIDTH, HEIGHT] = [67, 45];
const WINDOW = { x: 0, y: 0, width: WIDTH, height: HEIGHT };

/** Creation options: each layout is one choice from each line; what GDAL can't write is left out. */
const ENDIANNESS = ["LITTLE", "BIG"];
const INTERLEAVE = ["PIXEL", "BAND"];
const COMPRESS = ["NONE", "LZW", "DEFLATE", "ZSTD", "PACKBITS", "LERC"];
const PREDICTOR = ["1", "2", "3"];
const BLOCKS = [["BLOCKYSIZE=7"], ["TILED=YES", "BLOCKXSIZE=32", "BLOCKYSIZE=16"]];
const TYPES: readonly (readonly string[])[] = [
  ["-ot", "UInt16"],
  ["-ot", "Int16"],
  ["-ot", "Float32"],
  ["-ot", "Float32", "-co", "NBITS=16"],
  ["-ot", "Byte", "-scale", "0", "9000", "0", "255"],
  ...[9, 10, 11, 12, 13, 14, 15].map((bits) => [
    "-ot",
    "UInt16",
    "-scale",
    "0",
    "9000",
    "0",
    String(2 ** bits - 1),
    "-co",
    `NBITS=${bits}`,
  ]),
];

describe(
  "every layout that GDAL writes holds GDAL's numbers",
  {
    skip: hasGdal() ? false : "gdal_translate is not installed: nothing to compare with",
    timeout: 600_000,
  },
  () => {
    let space: Workspace;
    before(async () => {
      space = await createWorkspace();
      const value = (band: number, row: number, column: number): number =>
        1 + ((band * 733 + row * 97 + column * column * 13) % 8999);
      const planes = bandPlanes(WIDTH, HEIGHT, value).slice(0, 3);
      await writeFile(space.path("base.tif"), makeGeoTiff({ width: WIDTH, height: HEIGHT, planes }));
    });
    after(() => space.close());

    for (const type of TYPES) {
      test(type.join(" "), async () => {
        let [read, refused] = [0, 0];
        let wanted: readonly number[] | undefined;
        for (const options of layoutsOf(type)) {
          const path = space.path("layout.tif");
          const args = ["-q", ...type, ...options.flatMap((option) => ["-co", option]), space.path("base.tif"), path];
          try {
            gdal("gdal_translate", args);
          } catch {
            continue;
          }
          // No layout loses anything, so the first one's numbers are everyone's; but GDAL 3.6 itself swaps what it writes here.
          const isSwapped = /BIG.*PREDICTOR=3/.test(options.join(" "));
          const own = wanted === undefined || isSwapped ? await pixelsByGdal(path, space.path("raw.bin")) : wanted;
          wanted ??= own;
          try {
            const file = await openTiff(path);
            const planes = await file.read(WINDOW, [0, 1, 2]);
            await file.close();
            assert.deepEqual(
              planes.flatMap((plane) => [...plane]),
              own,
              `${type.join(" ")} ${options.join(" ")}`,
            );
            read++;
          } catch (error) {
            if (!(error instanceof AppError)) throw error;
            refused++;
            assert.match(options.join(" "), /LERC/, `${options.join(" ")}: ${error.message}`);
          }
        }
        assert.ok(read >= 16, `${read} layouts were read, ${refused} refused`);
      });
    }
  },
);

function* layoutsOf(type: readonly string[]): Generator<readonly string[]> {
  const isPacked = type.some((word) => word.startsWith("NBITS"));
  for (const endianness of ENDIANNESS) {
    for (const interleave of INTERLEAVE) {
      for (const compress of isPacked ? ["NONE", "DEFLATE"] : COMPRESS) {
        const hasPredictor = compress === "DEFLATE" && !isPacked;
        for (const predictor of hasPredictor ? PREDICTOR : ["1"]) {
          for (const blocks of BLOCKS) {
            const common = [`ENDIANNESS=${endianness}`, `INTERLEAVE=${interleave}`, `COMPRESS=${compress}`];
            yield [...common, ...(hasPredictor ? [`PREDICTOR=${predictor}`] : []), ...blocks];
          }
        }
      }
    }
  }
}

/** As numbers, band after band. */
async function pixelsByGdal(path: string, raw: string): Promise<number[]> {
  gdal("gdal_translate", ["-q", "-of", "ENVI", "-co", "INTERLEAVE=BSQ", "-ot", "Float32", path, raw]);
  const bytes = await readFile(raw);
  return [...new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))];
}
