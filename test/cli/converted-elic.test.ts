import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { fromFile } from "geotiff";
import { openElic } from "../../src/codec/official/elic-package.js";
import { createElicCoder } from "../../src/codec/official/elic.js";
import { parseChunk } from "../../src/container/chunk.js";
import { readChunkBytes, readTecCog } from "../../src/container/tec-cog-reader.js";
import { openByteSource } from "../../src/store/byte-source.js";
import { folderEvaluate } from "../support/folder-evaluate.js";
import { sceneTiff } from "../support/scene.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

/** Folder of converted models; official-elic is a TEC-ELIC of the official package, small and randomly initialised. */
const MODELS = fileURLToPath(new URL("../../../test/fixtures/golden", import.meta.url));
const FOLDER = `${MODELS}/official-elic`;
const WITH_MODELS = ["--models", MODELS];
const WITH_ELIC = [...WITH_MODELS, "--model", "official-elic"];
const [WIDTH, HEIGHT, BANDS, CHANNELS, HALO] = [288, 272, 12, 16, 9];

let files: Workspace;
let source: string;
let encoded: string;
let told: string;
before(async () => {
  files = await createWorkspace();
  source = await files.write("scene.tif", sceneTiff(WIDTH, HEIGHT));
  encoded = files.path("tec.tif");
  const encoding = await runCli(["encode", source, encoded, ...WITH_ELIC]);
  assert.equal(encoding.code, 0, encoding.stderr);
  told = encoding.stdout;
});
after(() => files.close());

/** Digital numbers [12][HEIGHT][WIDTH]. */
async function pixelsOf(path: string): Promise<Float32Array> {
  const image = await (await fromFile(path)).getImage();
  assert.deepEqual([image.getWidth(), image.getHeight(), image.getSamplesPerPixel()], [WIDTH, HEIGHT, BANDS]);
  const bands = await image.readRasters();
  const out = new Float32Array(BANDS * WIDTH * HEIGHT);
  for (let b = 0; b < BANDS; b++) out.set(bands[b] as Uint16Array, b * WIDTH * HEIGHT);
  return out;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Planes with `pad` more on every side, which repeats the outermost values. */
function padded(values: Float32Array, { width, height }: Size, pad: number): Float32Array {
  const [wide, high] = [width + 2 * pad, height + 2 * pad];
  const clamp = (i: number, count: number): number => Math.max(0, Math.min(count - 1, i));
  const planes = values.length / (width * height);
  return Float32Array.from({ length: planes * wide * high }, (_, i) => {
    const [plane, row, column] = [Math.floor(i / (wide * high)), Math.floor(i / wide) % high, i % wide];
    return values[(plane * height + clamp(row - pad, height)) * width + clamp(column - pad, width)] ?? Number.NaN;
  });
}

/** The image through analysis, the coder chunk by chunk and synthesis, each run directly. */
async function expectedPixels(): Promise<Float32Array> {
  const { evaluate, close } = folderEvaluate(FOLDER);
  const coder = createElicCoder(await openElic(FOLDER), evaluate);
  const pad = 16 * HALO;
  const pixels = {
    dims: [1, BANDS, HEIGHT + 2 * pad, WIDTH + 2 * pad],
    data: padded(await pixelsOf(source), { width: WIDTH, height: HEIGHT }, pad),
  };
  const y = await evaluate("analysis.onnx", { pixels }, "latents");
  const [levelRows, levelColumns] = [HEIGHT / 16, WIDTH / 16];
  assert.equal(y.length, CHANNELS * levelRows * levelColumns);
  const seen = new Float32Array(y.length).fill(Number.NaN);
  for (const row of [0, 16]) {
    for (const column of [0, 16]) {
      const [rows, columns] = [Math.min(16, levelRows - row), Math.min(16, levelColumns - column)];
      const place = (i: number): number =>
        (Math.floor(i / (rows * columns)) * levelRows + row + (Math.floor(i / columns) % rows)) * levelColumns +
        column +
        (i % columns);
      const chunk = Float32Array.from({ length: CHANNELS * rows * columns }, (_, i) => y[place(i)] ?? Number.NaN);
      const { latents } = await coder.encode(chunk, { rows, columns });
      latents.forEach((value, i) => (seen[place(i)] = value));
    }
  }
  const decoded = await evaluate(
    "synthesis.onnx",
    {
      latents: {
        dims: [1, CHANNELS, levelRows + 2 * HALO, levelColumns + 2 * HALO],
        data: padded(seen, { width: levelColumns, height: levelRows }, HALO),
      },
      bands: { dims: [BANDS], data: BigInt64Array.from({ length: BANDS }, (_, b) => BigInt(b)) },
      scale: { dims: [1, BANDS], data: new Float32Array(BANDS).fill(1) },
      offset: { dims: [1, BANDS], data: new Float32Array(BANDS) },
    },
    "pixels",
  );
  await close();
  return decoded;
}

test("a converted TEC-ELIC's file decodes to what its networks give when they are run directly, chunk by chunk", async () => {
  const [decoded, expected] = [files.path("out.tif"), await expectedPixels()];
  const decoding = await runCli(["decode", encoded, decoded, ...WITH_MODELS]);
  assert.equal(decoding.code, 0, decoding.stderr);
  const found = await pixelsOf(decoded);
  assert.equal(found.length, expected.length);
  assert.ok(new Set(found).size > 100, "the picture is flat, so that its comparison says nothing");
  // 0 is a hole's.
  found.forEach((value, i) =>
    assert.ok(Math.abs(value - Math.max(1, expected[i] ?? Number.NaN)) < 0.6, `${i}: ${value} for ${expected[i]}`),
  );
});

test("the PSNR that is told is that of the decoded file, across blocks too", async () => {
  assert.match(told, /model official-elic, quality 0, entropy elic/);
  const tall = await files.write("tall.tif", sceneTiff(40, 1100));
  const [tec, decoded] = [files.path("tall-tec.tif"), files.path("tall-out.tif")];
  const encoding = await runCli(["encode", tall, tec, ...WITH_ELIC]);
  assert.equal(encoding.code, 0, encoding.stderr);
  const decoding = await runCli(["decode", tec, decoded, ...WITH_MODELS]);
  assert.equal(decoding.code, 0, decoding.stderr);
  const [original, result] = await Promise.all(
    [tall, decoded].map(async (path) => (await (await fromFile(path)).getImage()).readRasters({ interleave: true })),
  );
  assert.ok(original !== undefined && result !== undefined);
  let squares = 0;
  for (let i = 0; i < original.length; i++) squares += (Number(original[i]) - Number(result[i])) ** 2;
  const psnr = 10 * Math.log10(1e8 / (squares / original.length));
  const reported = Number(/PSNR ([\d.]+) dB/.exec(encoding.stdout)?.[1]);
  assert.ok(Math.abs(psnr - reported) < 0.02, `${psnr} against ${reported}`);
});

test("it verifies and is inspected like any other, and a damaged stream is told by its chunk", async () => {
  const verifying = await runCli(["verify", encoded, ...WITH_MODELS]);
  assert.equal(verifying.code, 0, verifying.stdout + verifying.stderr);
  const inspecting = await runCli(["inspect", encoded, "--json"]);
  const found = JSON.parse(inspecting.stdout) as {
    entropy: string;
    engine: string;
    levels: { chunks: number; entropy: Record<string, { chunks: number }> }[];
  };
  assert.deepEqual([found.entropy, found.engine], ["elic", "onnxruntime cpu"]);
  assert.deepEqual(
    found.levels.map(({ chunks, entropy }) => [chunks, entropy["elic"]?.chunks]),
    [
      [4, 4],
      [1, 1],
    ],
  );
  const stored = await openByteSource(encoded);
  const [level] = (await readTecCog(stored)).levels;
  const chunk = parseChunk((level && (await readChunkBytes(stored, level, 0))) ?? assert.fail(), "chunk");
  const groups = 3;
  const streams = chunk.sections.filter(({ kind }) => kind >= 32).map(({ kind }) => kind - 32);
  assert.deepEqual(streams, [...Array.from({ length: 2 * groups + 1 }).keys()]);
  await stored.close();
  const bytes = await readFile(encoded);
  const at = (level?.offsets[0] ?? 0) + 16 + 4 * chunk.sections.length + 10;
  bytes[at] = (bytes[at] ?? 0) ^ 16;
  const damaged = files.path("damaged.tif");
  await writeFile(damaged, bytes);
  const failing = await runCli(["verify", damaged, ...WITH_MODELS]);
  assert.equal(failing.code, 1);
  assert.match(failing.stdout, /chunk 0\/0\/0 of .*damaged\.tif: .* \(read with cpu, written by onnxruntime cpu\)/);
});

test("an entropy model that a converted model lacks, and a converted TEC-TT, are refused in one sentence", async () => {
  for (const entropy of ["fp", "tt", "flextec"]) {
    const refused = await runCli(["encode", source, files.path("no.tif"), ...WITH_ELIC, "--entropy", entropy]);
    assert.equal(refused.code, 2, refused.stderr);
    assert.equal(refused.stderr, `tectile: Entropy model is "${entropy}"; model official-elic has elic\n`);
  }
  const card = JSON.parse(await readFile(`${FOLDER}/model.json`, "utf8")) as object;
  const temporal = { ...card, id: "official-tt", entropy: { official: { kind: "tt" } } };
  await cp(FOLDER, files.path("models/official-tt"), { recursive: true });
  await writeFile(files.path("models/official-tt/model.json"), JSON.stringify(temporal));
  const options = ["--models", files.path("models"), "--model", "official-tt"];
  const refused = await runCli(["encode", source, files.path("no.tif"), ...options]);
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /^tectile: Model official-tt is a converted checkpoint with entropy model "tt"; .*\n$/);
});
