import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openTecCog } from "../../src/app/open-tec-cog.js";
import { inspectFile } from "../../src/app/inspect.js";
import { openSource } from "../../src/app/open-source.js";
import { parseConfig } from "../../src/app/config.js";
import { createDecoder, type Decoder } from "../../src/app/services.js";
import { openReferences } from "../../src/app/references.js";
import { verify } from "../../src/index.js";
import { chooseModel, type ModelChoice } from "../../src/app/choose-model.js";
import { BANDS } from "../../src/core/bands.js";
import { encodeImage } from "../../src/ingest/encode-image.js";
import { openLandscapeSource } from "../../src/ingest/landscape/landscape.js";
import type { Source } from "../../src/ingest/source.js";
import { cliFails } from "../support/cli-fails.js";
import { sceneTiff } from "../support/scene.js";
import { createWorkspace, type Workspace } from "../support/workspace.js";

let files: Workspace;
let decoder: Decoder;
before(async () => {
  files = await createWorkspace();
  decoder = await createDecoder(parseConfig({ provider: "cpu" }));
});
after(async () => {
  await decoder.close();
  await files.close();
});

let count = 0;
async function encode(source: Source, choice: ModelChoice) {
  const path = files.path(`out-${count++}.tif`);
  const report = await encodeImage(source, path, {
    ...decoder,
    ...(await chooseModel(choice, decoder)),
    codec: "fp",
    references: [],
  });
  return { path, report };
}

const landscape = (side: number, cloudCover?: number): Source =>
  openLandscapeSource({
    datetime: "2024-06-05T10:50:31Z",
    width: side,
    height: side,
    ...(cloudCover === undefined ? {} : { cloudCover }),
  });

/** PSNR over all bands and pixels of each whole chunk of a file, against its source. */
async function chunkPsnr(source: Source, path: string): Promise<readonly number[]> {
  const image = await openTecCog(path, { decoder });
  const { width, height } = source.grid;
  const out: number[] = [];
  for (let y = 0; y + 256 <= height; y += 256) {
    for (let x = 0; x + 256 <= width; x += 256) {
      const window = { x, y, width: 256, height: 256 };
      const [decoded, { raster }] = await Promise.all([image.readWindow(window), source.read(window)]);
      let sum = 0;
      raster.samples.forEach((value, i) => (sum += (value - (decoded.samples[i] ?? 0)) ** 2));
      out.push(10 * Math.log10(1e8 / (sum / raster.samples.length)));
    }
  }
  return out;
}

for (const [choice, wanted] of [
  [{ psnr: 38 }, 38],
  [{ psnr: 42 }, 42],
  [{ maxRmse: 60 }, 80 - 20 * Math.log10(60)],
] as const)
  test(`${JSON.stringify(choice)} is reached in every whole chunk`, async () => {
    const source = landscape(512);
    const { path, report } = await encode(source, choice);
    const found = await chunkPsnr(source, path);
    assert.equal(found.length, 4);
    // A chunk's own error is met within 0.05 dB; its rim shows its neighbours' too.
    for (const dB of found) assert.ok(Math.abs(dB - wanted) < 0.15, `${found.join(", ")} dB; ${wanted} wanted`);
    assert.ok(Math.abs((report.psnr["all"] ?? 0) - wanted) < 0.1, `${report.psnr["all"]} dB in all`);
    const { target } = await inspectFile(path);
    assert.deepEqual(target, choice);
  });

test("cloud is kept two steps coarser, clear pixels are not, and the classes stay exact", async () => {
  const source = landscape(512, 0.5);
  const [coarse, same] = [await encode(source, { quality: 3 }), await encode(source, { quality: 3, clouds: "same" })];
  const size = ({ report }: typeof coarse): number => report.levels[0]?.bytes ?? 0;
  assert.ok(size(coarse) < 0.98 * size(same), `${size(coarse)} bytes, ${size(same)} without`);
  const [clear, clearSame] = [coarse.report.psnr["all"] ?? 0, same.report.psnr["all"] ?? 0];
  assert.ok(Math.abs(clear - clearSame) < 0.3, `${clear} dB of clear pixels, ${clearSame} without`);
  const [clouded, cloudedSame] = [coarse, same].map(({ report }) => report.psnrClouded?.["all"] ?? 0);
  assert.ok((clouded ?? 0) < (cloudedSame ?? 0) - 1, `${clouded} dB of clouded pixels, ${cloudedSame} without`);
  assert.deepEqual(
    [(await inspectFile(coarse.path)).clouds, (await inspectFile(same.path)).clouds],
    ["coarse", "same"],
  );
});

const CASES: readonly [string, number, number, (i: number) => number][] = [
  ["one pixel", 1, 1, () => 700],
  ["3 x 5 pixels", 3, 5, (i) => 500 + 40 * i],
  ["17 x 300 pixels", 17, 300, (i) => 500 + (i % 17) * 30],
  ["a constant image", 300, 40, () => 1234],
  ["a saturated image", 70, 70, () => 65535],
  ["dark and saturated pixels side by side", 64, 64, (i) => (i % 64 < 32 ? 1 : 65535)],
];
for (const [name, width, height, value] of CASES)
  test(`${name}: encoded, whole, and decoded near to what it was`, async () => {
    const planes = BANDS.map(() => Float64Array.from({ length: width * height }, (_, i) => value(i)));
    const source = await openSource(
      await files.write(`${name.replaceAll(" ", "-")}.tif`, sceneTiff(width, height, { planes })),
    );
    const { path, report } = await encode(source, { quality: 3 });
    const decoded = await (await openTecCog(path, { decoder })).readWindow({ x: 0, y: 0, width, height });
    let worst = 0;
    decoded.samples.forEach((sample, i) => (worst = Math.max(worst, Math.abs(sample - value(i % (width * height))))));
    const range = name.startsWith("dark") ? 12_000 : 400;
    assert.ok(worst < range, `${worst} digital numbers off`);
    assert.ok((report.psnr["all"] ?? 0) > 20, `${report.psnr["all"]} dB`);
    await source.close();
  });

test("an image without a valid pixel is encoded as one", async () => {
  const planes = BANDS.map(() => new Float64Array(50 * 40));
  const source = await openSource(await files.write("empty.tif", sceneTiff(50, 40, { planes })));
  const { path, report } = await encode(source, {});
  const decoded = await (await openTecCog(path, { decoder })).readWindow({ x: 0, y: 0, width: 50, height: 40 });
  assert.ok(decoded.valid.every((valid) => valid === 0));
  assert.deepEqual([report.validPercent, report.psnr], [0, {}]);
  await source.close();
});

test("targets that can't be, or that contradict each other, are refused in one sentence", async () => {
  const input = await files.write("scene.tif", sceneTiff(64, 64));
  const fails = (args: readonly string[], message: RegExp) =>
    cliFails(files, ["encode", input, files.path("x.tif"), ...args], message, 2);
  await fails(["--psnr", "0"], /PSNR is 0; wanted 15 to 60 dB/);
  await fails(["--psnr", "200"], /PSNR is 200; wanted 15 to 60 dB/);
  await fails(["--max-rmse=-1"], /Root mean square error is -1; wanted 10 to 1778 digital numbers/);
  await fails(["--psnr", "40", "--max-rmse", "60"], /psnr 40 and maxRmse 60 contradict each other; give one of them/);
  await fails(["--quality", "6"], /Quality is 6; model tec-s2 has the steps 0 to 5/);
  await fails(["--clouds", "none"], /--clouds is "none"; wanted coarse or same/);
  await fails(
    ["--psnr", "60"],
    /chunk 0\/0\/0 of .* can't be kept at 60\.0 dB: this model reaches \d+\.\d dB there; ask for less/,
  );
});

/** The first date's place upside down: the same spectra, and so axes worth taking, but nothing else that a reference could tell. */
function upsideDown(source: Source): Source {
  const { height } = source.grid;
  return {
    ...source,
    datetime: "2024-07-01T10:50:31Z",
    async read(window) {
      const { raster } = await source.read({ ...window, y: height - window.y - window.height });
      const { width, samples, valid } = raster;
      const flip = <T extends Float32Array | Uint8Array>(plane: T): T => {
        const out = plane.slice() as T;
        for (let at = 0; at < plane.length; at += width)
          out.set(plane.subarray(at, at + width), plane.length - width - at);
        return out;
      };
      const plane = width * raster.height;
      const flipped = new Float32Array(samples.length);
      for (let b = 0; b < BANDS.length; b++) flipped.set(flip(samples.subarray(b * plane, (b + 1) * plane)), b * plane);
      return { raster: { ...raster, samples: flipped, valid: flip(valid) }, classes: undefined };
    },
  };
}

test("a chunk that takes its axes from a reference leans on it, even where TEC-FP would be smaller", async () => {
  const source = landscape(264);
  const first: Source = {
    ...source,
    hasClasses: false,
    read: async (window) => ({ ...(await source.read(window)), classes: undefined }),
  };
  for (const quality of [0, 1, 3]) {
    const [keyframe, leaning] = [files.path(`keyframe-${quality}.tif`), files.path(`leaning-${quality}.tif`)];
    const fineness = await chooseModel({ quality }, decoder);
    await encodeImage(first, keyframe, { ...decoder, ...fineness, codec: "elic", references: [] });
    const references = await openReferences([keyframe], leaning, decoder);
    await encodeImage(upsideDown(first), leaning, { ...decoder, ...fineness, codec: "tt", references });
    assert.deepEqual(await verify(leaning, { sessions: 1 }), []);
    const { levels } = await inspectFile(leaning);
    assert.ok((levels[0]?.leaning ?? 0) > 0, "no chunk leans on the reference");
  }
});
