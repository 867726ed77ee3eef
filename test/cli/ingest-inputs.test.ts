import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { after, before, test } from "node:test";
import { openFileCatalog } from "../../src/catalog/file-catalog.js";
import { BANDS } from "../../src/core/bands.js";
import { bandPlanes, makeGeoTiff } from "../support/geotiff-fixture.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

let files: Workspace;
before(async () => {
  files = await createWorkspace();
});
after(() => files.close());

const image = (left = 500_000, change: Partial<Parameters<typeof makeGeoTiff>[0]> = {}): Uint8Array =>
  makeGeoTiff({
    width: 24,
    height: 20,
    planes: bandPlanes(24, 20, (band, row, column) => 900 + 40 * band + 9 * row + 7 * column),
    descriptions: [...BANDS],
    transform: [10, 0, left, 0, -10, 4_600_000],
    epsg: 32631,
    ...change,
  });

async function put(name: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(files.path(name)), { recursive: true });
  await writeFile(files.path(name), bytes);
}

async function idsIn(catalog: string): Promise<string[]> {
  const opened = await openFileCatalog(files.path(catalog));
  const page = await opened.search({ limit: 100 });
  await opened.close();
  return page.items.map(({ id }) => id).toSorted();
}

test(
  "same names in dated folders are items of their own, two at once; what is bad is listed at the end",
  { timeout: 120_000 },
  async () => {
    await put("in/20200615/stack.tif", image());
    await put("in/20200715/stack.tif", image());
    await put("in/undated.tif", image());
    await put(
      "in/three_20200815.tif",
      image(500_000, { planes: bandPlanes(24, 20, () => 5).slice(0, 3), descriptions: [] }),
    );
    await put("in/broken_20200915.tif", "II*");
    await put("in/readme.txt", "");
    await put("dates.csv", "name,date\nundated.tif,2020-10-15\n");
    const args = ["--catalog", files.path("catalog"), "--collection", "place", "--dates", files.path("dates.csv")];
    const run = await runCli(["ingest", files.path("in"), files.path("nowhere"), ...args, "--workers", "2"]);
    assert.equal(run.code, 1);
    assert.deepEqual(await idsIn("catalog"), ["20200615-stack", "20200715-stack", "undated"]);
    const report = run.stderr.slice(run.stderr.indexOf("tectile: "));
    assert.match(report, /^tectile: 3 of 6 inputs failed\n/);
    for (const name of ["three_20200815.tif", "broken_20200915.tif", "nowhere"]) assert.match(report, new RegExp(name));
    assert.match(run.stderr, /passed over 1 file that is no imagery of its own: readme\.txt/);
  },
);

test(
  "an id that another image has in the catalog is refused, the same image again is not",
  { timeout: 120_000 },
  async () => {
    const ingest = (name: string, ...more: readonly string[]) =>
      runCli(["ingest", files.path(name), "--catalog", files.path("one"), "--collection", "place", ...more]);
    await put("x/scene.tif", image());
    await put("y/scene.tif", image(700_000));
    assert.equal((await ingest("x/scene.tif", "--datetime", "2020-06-15T10:00:00")).code, 0);
    assert.match((await ingest("x/scene.tif", "--datetime", "2020-06-15T10:00:00")).stderr, /already there/);
    const later = await ingest("x/scene.tif", "--datetime", "2020-07-15T10:00:00Z");
    assert.equal(later.code, 1);
    assert.match(later.stderr, /item scene is in the catalog and is of 2020-06-15T10:00:00Z, this one of 2020-07-15/);
    const elsewhere = await ingest("y/scene.tif", "--datetime", "2020-06-15T10:00:00Z");
    assert.match(elsewhere.stderr, /item scene is in the catalog and lies elsewhere: another image/);
    assert.equal((await ingest("y/scene.tif", "--datetime", "2020-06-15", "--id", "scene-y")).code, 0);
    assert.deepEqual(await idsIn("one"), ["scene", "scene-y"]);
  },
);

test("an image that is kept badly is a warning that names the likely reason", { timeout: 120_000 }, async () => {
  let seed = 1;
  const noise = bandPlanes(64, 64, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return 1 + ((seed >> 8) % 60_000);
  });
  await put("noise_20200615.tif", image(500_000, { width: 64, height: 64, planes: noise }));
  const run = await runCli([
    "ingest",
    files.path("noise_20200615.tif"),
    "--catalog",
    files.path("noise"),
    "--collection",
    "n",
  ]);
  assert.equal(run.code, 0);
  assert.match(run.stderr, /warning: PSNR -?[\d.]+ dB is far below .* reach \d+, reflectance x 10000 ends near 16000/);
});

test(
  "an offset that was probably subtracted before is a warning, a plausible one isn't",
  { timeout: 120_000 },
  async () => {
    const land = (added: number): number[][] =>
      bandPlanes(64, 64, (band, row, column) => 300 + band * 150 + ((row * 7 + column * 3) % 200) + added);
    const scaled = {
      width: 64,
      height: 64,
      scales: Array<number>(12).fill(0.0001),
      offsets: Array<number>(12).fill(-0.1),
    };
    const ingest = async (name: string, added: number, ...options: readonly string[]): Promise<string> => {
      await put(name, image(500_000, { ...scaled, planes: land(added) }));
      const catalog = ["--catalog", files.path("offsets"), "--collection", "o"];
      return (await runCli(["ingest", files.path(name), ...catalog, ...options])).stderr;
    };
    const twice =
      /100 % of B03 and B04 lie below 0 with the offset of -1000: it was probably subtracted before \(--offset 0/;
    assert.match(await ingest("twice_20200615.tif", 0), twice);
    assert.doesNotMatch(await ingest("once_20200616.tif", 1000), /below 0/);
    assert.doesNotMatch(await ingest("told_20200617.tif", 0, "--offset", "0"), /below 0/);
  },
);
