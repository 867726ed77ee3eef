import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  ALLCLEAR_PX,
  filesOf,
  readAllClearRecords,
  readAllClearSample,
} from "../../../bench/inpainting/allclear-dataset.js";
import { meanScore, scoreAllClear } from "../../../bench/inpainting/allclear-metrics.js";
import { makeGeoTiff } from "../../support/geotiff-fixture.js";
import { createWorkspace, type Workspace } from "../../support/workspace.js";

const SCRIPT = fileURLToPath(new URL("../../../bench/inpainting/allclear.js", import.meta.url));
const DATASET = "test_tx3_s2-s1_100pct_1proi";
/** Two pixels more on each side than what is read: they hold NaN, as files at the edge of a projection do. */
const FILE_PX = ALLCLEAR_PX + 4;
const DAYS = [2, 7, 12, 17] as const;
const TARGET_DAY = 7;
let files: Workspace;
let metadata: string;

const truth = (band: number, i: number): number => 1000 + 100 * band + ((i * 7919) % 601);
/** The land changes by 10 digital numbers a day. */
const seen = (day: number, band: number, i: number): number => truth(band, i) + 10 * (day - TARGET_DAY);
/** Clouds over the west on day 2, shadows over the north on day 12, day 17 unknown in a corner. */
const clouds = (day: number, x: number): number => (day === 2 && x < 100 ? 1 : 0);
const shadows = (day: number, x: number, y: number): number =>
  day === 12 && y < 60 ? 1 : day === 17 && x > 245 && y > 245 ? Number.NaN : 0;

function published(day: number, kind: string): string {
  return `/scratch/allclear/dataset_v3/dataset_30k_v4/roi12/2022_8/${kind}/roi12_${kind}_2022_8_${day}_median.tif`;
}

/** One file, 260 px a side; `value` gets positions within the middle 256. */
async function write(path: string, bands: number, value: (b: number, x: number, y: number) => number): Promise<void> {
  const at = (i: number): readonly [number, number] => [(i % FILE_PX) - 2, Math.floor(i / FILE_PX) - 2];
  const inside = (v: number): boolean => v >= 0 && v < ALLCLEAR_PX;
  const planes = Array.from({ length: bands }, (_, b) =>
    Float32Array.from({ length: FILE_PX ** 2 }, (__, i) => {
      const [x, y] = at(i);
      return inside(x) && inside(y) ? value(b, x, y) : Number.NaN;
    }),
  );
  await mkdir(dirname(files.path(path)), { recursive: true });
  await files.write(
    path,
    makeGeoTiff({ width: FILE_PX, height: FILE_PX, planes, type: "float32", compression: "deflate", tileSize: 64 }),
  );
}

before(async () => {
  files = await createWorkspace();
  for (const day of DAYS) {
    const local = (kind: string): string => published(day, kind).replace(/^.*(?=roi12\/)/, "data/");
    await write(local("s2_toa"), 13, (b, x, y) => (clouds(day, x) === 1 ? 12_000 : seen(day, b, y * ALLCLEAR_PX + x)));
    // s2cloudless probability, clouds, and shadows by three thresholds, of which the last counts.
    await write(local("cld_shdw"), 5, (b, x, y) => [50, clouds(day, x), 1, 1, shadows(day, x, y)][b] ?? 0);
  }
  const entry = (day: number): readonly string[] => [
    `2022-08-${`${day}`.padStart(2, "0")} 14:26:30`,
    published(day, "s2_toa"),
  ];
  const sample = {
    roi: ["roi12", [-13.4, -60.9]],
    target: [entry(TARGET_DAY)],
    s2_toa: [entry(17), entry(2), entry(12)],
    s1: [],
  };
  const gone = { ...sample, target: [[entry(TARGET_DAY)[0], published(30, "s2_toa")]] };
  await mkdir(files.path("metadata/datasets"), { recursive: true });
  metadata = await files.write(
    `metadata/datasets/${DATASET}.json`,
    JSON.stringify({ "roi12_2022-08-02_2022-08-17": sample, roi12_elsewhere: gone }),
  );
});
after(() => files.close());

test("the published layout is read: dates in order, the middle 256 pixels, clipped, clouds and shadows marked", async () => {
  const [record, gone] = await readAllClearRecords(metadata);
  assert.ok(record !== undefined && gone !== undefined);
  assert.match(
    filesOf(gone, files.path("data")).at(-1) ?? "",
    /data\/roi12\/2022_8\/cld_shdw\/roi12_cld_shdw_2022_8_30_median\.tif$/,
  );
  const { inputs, target } = await readAllClearSample(record, files.path("data"));
  assert.deepEqual(
    inputs.map(({ days }) => Math.round(days - target.days)),
    [-5, 5, 10],
  );
  const pixels = ALLCLEAR_PX ** 2;
  assert.equal(target.samples.length, 13 * pixels);
  assert.ok(target.clear.every((c) => c === 1));
  assert.equal(target.samples[9 * pixels + 300], truth(9, 300));
  assert.equal(inputs[0]?.samples[0], 10_000);
  const hidden = inputs.map(({ clear }) => clear.reduce((sum, c) => sum + 1 - c, 0));
  assert.deepEqual(hidden, [100 * 256, 60 * 256, 100]);
});

test("what isn't AllClear's metadata is refused in a sentence", async () => {
  const path = await files.write("wrong.json", JSON.stringify({ a: { roi: ["roi1", [0, 0]], s2_toa: [] } }));
  await assert.rejects(readAllClearRecords(path), /wrong\.json isn't a dataset of AllClear: a\.s2_toa/);
});

// PyTorch 2.15, by the formulas of the benchmark's Metrics class.
const GOLDEN = {
  psnr: 22.04944502652141,
  ssim: 0.9754405666839919,
  mae: 0.0646099826388889,
  rmse: 0.07898193122524572,
  angle: 6.863887749868379,
  publishedAngle: 7.801748779883563,
};

test("the scores are those of AllClear's own definitions", () => {
  const [bands, height, width] = [3, 24, 20];
  const pixels = height * width;
  const mixed = (i: number, a: number, b: number, c: number): number => ((i * a + ((i * i) % b)) % c) / c;
  const at = Array.from({ length: bands * pixels }, (_, i) => i);
  const scored = {
    output: Float32Array.from(at, (i) => Math.floor(10_000 * mixed(i, 7919, 97, 1009))),
    target: Float32Array.from(at, (i) =>
      Math.floor(10_000 * (0.8 * mixed(i, 7919, 97, 1009) + 0.2 * mixed(i, 104_729, 89, 1013))),
    ),
    clear: Uint8Array.from({ length: pixels }, (_, i) => ((i * 31 + Math.floor(i / 7)) % 5 === 0 ? 0 : 1)),
    width,
  };
  const score = scoreAllClear(scored);
  for (const [name, wanted] of Object.entries(GOLDEN)) {
    const got = score[name as keyof typeof GOLDEN];
    assert.ok(Math.abs(got - wanted) < 1e-5 * wanted, `${name}: ${got}, ${wanted} wanted`);
  }
  const none = scoreAllClear({ ...scored, clear: new Uint8Array(pixels) });
  assert.deepEqual(meanScore([score, none]), score);
});

function run(args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [SCRIPT, ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, output: `${stdout}${stderr}` }),
    );
  });
}

test("without the data there is one sentence; with it, both tables, of the samples that are complete", async () => {
  const absent = await run(["--root", join(files.path("nowhere"))]);
  assert.equal(absent.code, 1);
  assert.match(absent.output, /^AllClear is not here: .*nowhere.* is missing; give the folder .* by --root\.\n$/);
  const { code, output } = await run(["--root", files.path("")]);
  assert.equal(code, 0, output);
  assert.match(output, /2 samples, 1 here, 1 measured/);
  const rows = new Map(
    output
      .split("\n")
      .map((line) => line.split("│").map((cell) => cell.trim().replaceAll("'", "")))
      .filter((cells) => cells.length === 10)
      .map((cells) => [cells[2], cells]),
  );
  // The land changes evenly, so it is known between looks before and after; elsewhere the look taken is 5 or 10 days off.
  const psnr = (off5: number, off10: number): number =>
    -10 * Math.log10((off5 * 0.005 ** 2 + off10 * 0.01 ** 2) / ALLCLEAR_PX ** 2);
  const near = (method: string, wanted: number): void =>
    assert.ok(Math.abs(Number(rows.get(method)?.[3]) - wanted) < 0.006, `${method}, ${wanted} wanted: ${output}`);
  const [west, northWest] = [100 * ALLCLEAR_PX, 100 * 60];
  near("least cloudy", psnr(0, ALLCLEAR_PX ** 2));
  near("nearest", psnr(ALLCLEAR_PX ** 2 - northWest, northWest));
  near("linear", psnr(west - northWest, northWest));
});
