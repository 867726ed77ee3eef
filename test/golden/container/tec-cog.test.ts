import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFile, open, readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { addDecoder, fromFile } from "geotiff";
import { createDecoder, type Decoder } from "../../../src/app/services.js";
import { parseConfig } from "../../../src/app/config.js";
import { inspectFile } from "../../../src/app/inspect.js";
import { openTecCog } from "../../../src/app/open-tec-cog.js";
import { openSource } from "../../../src/app/open-source.js";
import { TEC_COMPRESSION } from "../../../src/container/tec-cog.js";
import { readTecCog } from "../../../src/container/tec-cog-reader.js";
import { BANDS } from "../../../src/core/bands.js";
import { CorruptDataError, NotFoundError, UnsupportedError } from "../../../src/core/errors.js";
import type { Raster } from "../../../src/core/raster.js";
import { encodeImage, type EncodeReport } from "../../../src/ingest/encode-image.js";
import { openMemorySource } from "../../../src/store/memory-source.js";
import { createTecDecoder } from "../../../src/tile/geotiff-decoder.js";
import { gdal, hasGdal } from "../../support/gdal.js";
import { sceneTiff } from "../../support/scene.js";
import { seededRandom } from "../../support/seeded-random.js";
import { openNetwork } from "../../../src/model/session.js";
import type { RunBranch } from "../../../src/model/lapped/synthesise.js";
import { createWorkspace, type Workspace } from "../../support/workspace.js";

const [WIDTH, HEIGHT] = [600, 530];
let files: Workspace;
let decoder: Decoder;
let path: string;
let report: EncodeReport;

before(async () => {
  files = await createWorkspace();
  decoder = await createDecoder(parseConfig({ provider: "cpu" }));
  // A hole of 40 x 30 pixels across a chunk's edge: all bands 0.
  const hole = (row: number, column: number): boolean => row >= 240 && row < 270 && column >= 300 && column < 340;
  const source = await files.write("scene.tif", sceneTiff(WIDTH, HEIGHT, holed(hole)));
  path = files.path("scene-tec.tif");
  report = await encode(source, path);
});

after(async () => {
  await decoder.close();
  await files.close();
});

async function encode(from: string, to: string): Promise<EncodeReport> {
  const source = await openSource(from);
  const model = await decoder.loadModel("tec-s2");
  try {
    return await encodeImage(source, to, { ...decoder, model, quality: 3, codec: "fp", references: [] });
  } finally {
    await source.close();
  }
}

function holed(hole: (row: number, column: number) => boolean) {
  const plane = BANDS.map((_, b) =>
    Float64Array.from({ length: WIDTH * HEIGHT }, (__, i) => {
      const [row, column] = [Math.floor(i / WIDTH), i % WIDTH];
      return hole(row, column)
        ? 0
        : 500 + 100 * b + 300 * Math.sin(row / 20 + b) * Math.cos(column / 25) + ((row * 31 + column * 17) % 23);
    }),
  );
  return { planes: plane };
}

test("GDAL opens the file, sees its place and a picture of at most 2 % of the bytes, and complains of nothing", (t) => {
  if (!hasGdal()) return t.skip("gdalinfo is not installed");
  const run = spawnSync("gdalinfo", ["-json", "-checksum", path], { encoding: "utf8" });
  assert.equal(run.status, 0);
  assert.equal(run.stderr, "");
  const info = JSON.parse(run.stdout) as {
    size: number[];
    bands: { checksum: number }[];
    cornerCoordinates: Record<string, number[]>;
    stac: { "proj:epsg": number };
  };
  assert.equal(info.stac["proj:epsg"], 32631);
  assert.deepEqual(info.cornerCoordinates["upperLeft"], [500000, 4700000]);
  assert.deepEqual(info.cornerCoordinates["lowerRight"], [500000 + 10 * WIDTH, 4700000 - 10 * HEIGHT]);
  assert.equal(info.bands.length, 3);
  assert.ok(
    info.bands.every(({ checksum }) => checksum > 0),
    "the picture is black",
  );
});

test("inspect's parts add up to the file, the quicklook is at most 2 %, the levels halve", async () => {
  const found = await inspectFile(path);
  const sum =
    found.headerBytes +
    found.quicklookBytes +
    found.maskBytes +
    found.levels.reduce((total, { bytes }) => total + bytes, 0);
  assert.equal(sum, found.fileBytes);
  assert.ok(found.quicklookBytes <= 0.02 * found.fileBytes, `${found.quicklookBytes} of ${found.fileBytes}`);
  assert.deepEqual(
    found.levels.map(({ width, height }) => [width, height]),
    [
      [600, 530],
      [300, 265],
      [150, 133],
    ],
  );
});

test("one request of 64 KB opens a file", async () => {
  const memory = openMemorySource(await readFile(path));
  const requests: [number, number][] = [];
  await readTecCog({
    ...memory,
    size: () => memory.size(),
    identity: () => memory.identity(),
    getRange: (offset, length) => {
      requests.push([offset, length]);
      return memory.getRange(offset, length);
    },
  });
  assert.deepEqual(requests, [[0, 65536]]);
});

test("windows that straddle four chunks equal the decoded whole, cropped, to 1 DN", async () => {
  const image = await openTecCog(path, { decoder });
  for (const [level, size] of image.levels.entries()) {
    const whole = await image.readWindow({ x: 0, y: 0, width: size.width, height: size.height }, { level });
    const windows = [
      { x: 200, y: 190, width: 113, height: 131 },
      { x: 255, y: 255, width: 2, height: 2 },
      { x: 0, y: 0, width: 17, height: 40 },
      { x: size.width - 33, y: size.height - 50, width: 33, height: 50 },
    ].filter(({ x, y, width, height }) => x >= 0 && y >= 0 && x + width <= size.width && y + height <= size.height);
    for (const window of windows) {
      const part = await image.readWindow(window, { level, bands: ["B12", "B02"] });
      assert.ok(
        differenceOf(whole, part, window) <= 1,
        `level ${level} ${JSON.stringify(window)}: ${differenceOf(whole, part, window)}`,
      );
    }
  }
});

function differenceOf(whole: Raster, part: Raster, window: { x: number; y: number }): number {
  let largest = 0;
  part.bands.forEach((band, b) => {
    const plane = whole.bands.indexOf(band);
    for (let r = 0; r < part.height; r++) {
      for (let c = 0; c < part.width; c++) {
        const at = (plane * whole.height + window.y + r) * whole.width + window.x + c;
        largest = Math.max(
          largest,
          Math.abs((whole.samples[at] ?? 0) - (part.samples[(b * part.height + r) * part.width + c] ?? 0)),
        );
        assert.equal(part.valid[r * part.width + c], whole.valid[(window.y + r) * whole.width + window.x + c]);
      }
    }
  });
  return largest;
}

test("the PSNR measured at ingest is that of the decoded file, and the mask is exact", async () => {
  const image = await openTecCog(path, { decoder });
  const decoded = await image.readWindow({ x: 0, y: 0, width: WIDTH, height: HEIGHT });
  const source = await openSource(files.path("scene.tif"));
  const { raster } = await source.read({ x: 0, y: 0, width: WIDTH, height: HEIGHT });
  await source.close();
  assert.deepEqual(decoded.valid, raster.valid);
  assert.equal(
    decoded.valid.reduce((sum, v) => sum + v, 0),
    WIDTH * HEIGHT - 1200,
  );
  let [squares, count] = [0, 0];
  raster.samples.forEach((value, i) => {
    if (raster.valid[i % (WIDTH * HEIGHT)] === 0) return;
    squares += (value - (decoded.samples[i] ?? 0)) ** 2;
    count++;
  });
  const psnr = 10 * Math.log10(1e8 / (squares / count));
  assert.ok(Math.abs(psnr - (report.psnr["all"] ?? 0)) < 0.02, `${psnr} against ${report.psnr["all"]}`);
  assert.ok(psnr > 36, `${psnr}`);
});

test("geotiff.js reads tiles through the decoder: inside as openTecCog, at the rim within the documented error", async () => {
  const folder = fileURLToPath(new URL("../../../../models/tec-s2/", import.meta.url));
  const [basis, tables] = await Promise.all(["basis.bin", "entropy.tables"].map((file) => readFile(folder + file)));
  const branch = await openNetwork(`${folder}branch.onnx`, { provider: "cpu", threads: 1 });
  const run: RunBranch = async (data, rows, columns) => {
    const feed = { dims: [1, data.length / (rows * columns), rows, columns], data };
    return (await branch.run({ coefficients: feed }, "residual")).data;
  };
  const model = { basis: basis ?? assert.fail(), tables: tables ?? assert.fail(), branch: run };
  addDecoder(TEC_COMPRESSION, async () => createTecDecoder(model) as never, undefined, false);
  const tiff = await fromFile(path);
  const image = await tiff.getImage(1);
  assert.deepEqual(image.getBoundingBox(), [500000, 4700000 - 10 * HEIGHT, 500000 + 10 * WIDTH, 4700000]);
  const planes = (await image.readRasters({ window: [0, 0, 512, 256] })) as unknown as Uint16Array[];
  const seamless = await (await openTecCog(path, { decoder })).readWindow({ x: 0, y: 0, width: 512, height: 256 });
  let [inside, rim] = [0, 0];
  for (let r = 0; r < 240; r++) {
    for (let c = 0; c < 512; c++) {
      if (seamless.valid[r * 512 + c] === 0) continue;
      const difference = Math.abs((planes[3]?.[r * 512 + c] ?? 0) - (seamless.samples[(3 * 256 + r) * 512 + c] ?? 0));
      if (c % 256 < 240 && (c < 256 || c % 256 >= 16)) inside = Math.max(inside, difference);
      else rim = Math.max(rim, difference);
    }
  }
  assert.ok(inside <= 1, `${inside} DN inside`);
  assert.ok(rim > 0 && rim < 1500, `${rim} DN at the rim`);
});

test("a flipped bit in a chunk is an error that names the chunk, and other chunks still decode", async () => {
  const image = await openTecCog(path, { decoder });
  const [level] = (await readTecCog(openMemorySource(await readFile(path)))).levels;
  const damaged = files.path("damaged.tif");
  await copyFile(path, damaged);
  const file = await open(damaged, "r+");
  const at = (level?.offsets[1] ?? 0) + Math.floor((level?.lengths[1] ?? 0) / 2);
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
  await file.write(Buffer.of((buffer[0] ?? 0) ^ 0x10), 0, 1, at);
  await file.close();
  const broken = await openTecCog(damaged, { decoder });
  await assert.rejects(
    broken.readWindow({ x: 300, y: 10, width: 20, height: 20 }),
    (error) => error instanceof CorruptDataError && error.message.startsWith("chunk 0/0/1 of damaged.tif: "),
  );
  const fine = await broken.readWindow({ x: 10, y: 300, width: 20, height: 20 });
  assert.deepEqual(fine.samples, (await image.readWindow({ x: 10, y: 300, width: 20, height: 20 })).samples);
});

async function withMetadata(name: string, change: (text: string) => string): Promise<string> {
  const bytes = await readFile(path);
  const text = bytes.toString("latin1");
  const start = text.indexOf('{"format":2');
  const end = text.indexOf("\0", start);
  const changed = change(text.slice(start, end));
  assert.equal(changed.length, end - start);
  bytes.write(changed, start, "latin1");
  return files.write(name, bytes);
}

test("a newer format, an unknown model, another version of a model, a cut file: one clear sentence each", async () => {
  const cases: [string, (text: string) => string, RegExp, new (...args: never[]) => Error][] = [
    [
      "newer.tif",
      (text) => text.replace('"format":2', '"format":7'),
      /format 7, this version reads 2; update/,
      UnsupportedError,
    ],
    [
      "older.tif",
      (text) => text.replace('"format":2', '"format":1'),
      /format 1, of a transform that is gone; this version reads 2: encode or ingest its source again$/,
      UnsupportedError,
    ],
    [
      "model.tif",
      (text) => text.replace("tec-s2", "tec-xy"),
      /Model "tec-xy" is not installed; there are tec-s2/,
      NotFoundError,
    ],
    [
      "sha.tif",
      (text) => text.replace(/"sha256":"../, '"sha256":"zz'),
      /another version of model "tec-s2"/,
      CorruptDataError,
    ],
  ];
  for (const [name, change, message, kind] of cases) {
    await assert.rejects(
      openTecCog(await withMetadata(name, change), { decoder }),
      (error) => error instanceof kind && message.test(error.message),
      name,
    );
  }
  const bytes = await readFile(path);
  const cut = await files.write("cut.tif", bytes.subarray(0, bytes.length - 2000));
  await assert.rejects(
    openTecCog(cut, { decoder }),
    (error) => error instanceof CorruptDataError && /truncated/.test(error.message),
  );
  await assert.rejects(
    openTecCog(files.path("scene.tif"), { decoder }),
    (error) => error instanceof UnsupportedError && /not a TEC-COG/.test(error.message),
  );
});

test("rasterio and QGIS rely on GDAL: warped, the quicklook lies where the source does, and looks like it", async (t) => {
  if (!hasGdal()) return t.skip("gdalwarp is not installed");
  const warped = async (from: string, name: string): Promise<Uint8Array> => {
    const to = files.path(name);
    const box = ["-te", "334500", "5222720", "340500", "5228000", "-tr", "60", "60"];
    gdal("gdalwarp", ["-q", "-t_srs", "EPSG:3857", ...box, "-r", "bilinear", "-of", "ENVI", from, to]);
    return readFile(to);
  };
  // Noisy, as a smooth scene takes so few bytes that 2 % of them is no picture.
  const random = seededRandom(5);
  const planes = BANDS.map((_, b) =>
    Float64Array.from({ length: WIDTH * HEIGHT }, (__, i) => {
      const [row, column] = [Math.floor(i / WIDTH), i % WIDTH];
      return 600 + 20 * b + 500 * Math.sin(row / 20) * Math.cos(column / 25) + 800 * random();
    }),
  );
  const scene = await files.write("noisy.tif", sceneTiff(WIDTH, HEIGHT, { planes }));
  const encoded = files.path("noisy-tec.tif");
  await encode(scene, encoded);
  const trueColour = files.path("true-colour.tif");
  const bands = ["-b", "4", "-b", "3", "-b", "2"];
  gdal("gdal_translate", ["-q", ...bands, "-ot", "Byte", "-scale", "0", "2000", "0", "255", scene, trueColour]);
  const [seen, wanted] = [await warped(encoded, "quicklook.img"), await warped(trueColour, "wanted.img")];
  const [width, height] = [100, 88];
  assert.equal(seen.length, 3 * width * height);
  for (let band = 0; band < 3; band++) {
    const likeness = (dx: number, dy: number): number => {
      const pairs: [number, number][] = [];
      for (let r = 8; r < height - 8; r++)
        for (let c = 8; c < width - 8; c++)
          pairs.push([
            seen[(band * height + r) * width + c] ?? 0,
            wanted[(band * height + r + dy) * width + c + dx] ?? 0,
          ]);
      return correlation(pairs);
    };
    const here = likeness(0, 0);
    assert.ok(here > 0.95, `band ${band}: correlation ${here}`);
    for (const [dx, dy] of [
      [2, 0],
      [-2, 0],
      [0, 2],
      [0, -2],
    ] as const)
      assert.ok(likeness(dx, dy) < here - 0.01, `band ${band}: ${likeness(dx, dy)} at ${dx}, ${dy}, ${here} in place`);
  }
});

function correlation(pairs: readonly (readonly [number, number])[]): number {
  const mean = (k: 0 | 1): number => pairs.reduce((sum, pair) => sum + pair[k], 0) / pairs.length;
  const [a, b] = [mean(0), mean(1)];
  let [xx, xy, yy] = [0, 0, 0];
  for (const [x, y] of pairs) {
    xx += (x - a) ** 2;
    xy += (x - a) * (y - b);
    yy += (y - b) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}
