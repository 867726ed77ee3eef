import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fromFile, type GeoTIFFImage } from "geotiff";
import { bandPlanes, type FixtureOptions } from "../support/geotiff-fixture.js";
import { realData, SKIP_REAL_DATA } from "../support/real-data.js";
import { sceneTiff, sceneValue } from "../support/scene.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

let files: Workspace;
before(async () => {
  files = await createWorkspace();
});
after(() => files.close());

async function roundTrip(
  name: string,
  bytes: Uint8Array,
  options: readonly string[] = [],
): Promise<{ from: GeoTIFFImage; to: GeoTIFFImage; stderr: string }> {
  const [source, encoded, decoded] = [
    await files.write(`${name}.tif`, bytes),
    files.path(`${name}-tec.tif`),
    files.path(`${name}-out.tif`),
  ];
  const encoding = await runCli(["encode", source, encoded, ...options]);
  assert.equal(encoding.code, 0, encoding.stderr);
  const decoding = await runCli(["decode", encoded, decoded]);
  assert.equal(decoding.code, 0, decoding.stderr);
  return {
    from: await (await fromFile(source)).getImage(),
    to: await (await fromFile(decoded)).getImage(),
    stderr: encoding.stderr,
  };
}

/** dB, peak given, over all samples. */
async function psnrOf(from: GeoTIFFImage, to: GeoTIFFImage, peak: number): Promise<number> {
  const [a, b] = [await from.readRasters({ interleave: true }), await to.readRasters({ interleave: true })];
  assert.equal(a.length, b.length);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (Number(a[i]) - Number(b[i])) ** 2;
  return 10 * Math.log10((peak * peak * a.length) / sum);
}

const CASES: [string, Partial<FixtureOptions>, string[], number][] = [
  ["uint16 with names", {}, [], 10000],
  ["int16", { type: "int16" }, [], 10000],
  ["south-up", { transform: [10, 0, 500000, 0, 10, 4600000] }, [], 10000],
  ["rotated", { transform: [10, 2, 500000, 2, -10, 4600000] }, [], 10000],
];

for (const [name, options, flags, peak] of CASES) {
  test(`${name}: decode gives back the source's grid, dtype and place`, async () => {
    const { from, to } = await roundTrip(name.replaceAll(" ", "-"), sceneTiff(200, 150, options), flags);
    assert.deepEqual([to.getWidth(), to.getHeight(), to.getSamplesPerPixel()], [200, 150, 12]);
    assert.equal(to.getSampleFormat(), from.getSampleFormat());
    assert.equal(to.getBitsPerSample(), from.getBitsPerSample());
    assert.equal(to.getGeoKeys()?.["ProjectedCSTypeGeoKey"], 32631);
    assert.deepEqual(to.getBoundingBox(), from.getBoundingBox());
    assert.ok((await psnrOf(from, to, peak)) > 34, `${await psnrOf(from, to, peak)} dB`);
  });
}

test("reflectance in float32 with a scale comes back as reflectance", async () => {
  const planes = bandPlanes(130, 120, (b, r, c) => sceneValue(b, r, c) / 10000);
  const { from, to } = await roundTrip("float", sceneTiff(130, 120, { type: "float32", planes }), ["--scale", "10000"]);
  assert.equal(to.getSampleFormat(), 3);
  assert.ok((await psnrOf(from, to, 1)) > 34);
});

test("without names and without georeference it works and says so", async () => {
  const { to, stderr } = await roundTrip(
    "bare",
    sceneTiff(100, 90, { descriptions: undefined, transform: undefined, epsg: undefined } as never),
  );
  assert.match(stderr, /no names/);
  assert.match(stderr, /georeference|CRS/);
  assert.deepEqual([to.getWidth(), to.getHeight()], [100, 90]);
  assert.throws(() => to.getOrigin());
});

test("higher quality steps cost more bytes and give more dB", async () => {
  const source = await files.write("steps.tif", sceneTiff(256, 256));
  const found: { bytes: number; psnr: number }[] = [];
  for (const quality of ["0", "2", "4"]) {
    const run = await runCli(["encode", source, files.path(`steps-${quality}.tif`), "--quality", quality]);
    assert.equal(run.code, 0, run.stderr);
    const [, bytes, psnr] = /: (\d+) bytes.*PSNR ([\d.]+) dB/.exec(run.stdout) ?? [];
    found.push({ bytes: Number(bytes), psnr: Number(psnr) });
  }
  const [low, middle, high] = found;
  assert.ok(low && middle && high && low.bytes < middle.bytes && middle.bytes < high.bytes, JSON.stringify(found));
  assert.ok(low.psnr < middle.psnr && middle.psnr < high.psnr, JSON.stringify(found));
});

test("encoding the same twice gives the same bytes", async () => {
  const source = await files.write("same.tif", sceneTiff(150, 300));
  for (const name of ["same-1.tif", "same-2.tif"])
    assert.equal((await runCli(["encode", source, files.path(name)])).code, 0);
  assert.deepEqual(await readFile(files.path("same-1.tif")), await readFile(files.path("same-2.tif")));
});

test("a real date of the Boadella series: at least 38 dB in a hundredth of the pixels' bytes", async (t) => {
  const source = realData("eotdl_boadella/boadella_2020-06-21.tif");
  if (source === undefined) return t.skip(SKIP_REAL_DATA);
  const [encoded, decoded] = [files.path("boadella-tec.tif"), files.path("boadella.tif")];
  assert.equal((await runCli(["encode", source, encoded])).code, 0);
  assert.equal((await runCli(["decode", encoded, decoded])).code, 0);
  const [from, to] = [await (await fromFile(source)).getImage(), await (await fromFile(decoded)).getImage()];
  assert.deepEqual(to.getBoundingBox(), from.getBoundingBox());
  const psnr = await psnrOf(from, to, 10000);
  assert.ok(psnr >= 38, `${psnr} dB`);
  assert.ok((await readFile(encoded)).length < 0.012 * 380 * 377 * 24);
});

test("inspect --json is what the issue names; verify tells whole from damaged by its exit code", async () => {
  const path = files.path("same-1.tif");
  const inspected = await runCli(["inspect", path, "--json"]);
  const found = JSON.parse(inspected.stdout) as Record<string, unknown>;
  for (const key of ["model", "quality", "entropy", "headerBytes", "quicklookBytes", "maskBytes", "levels"])
    assert.ok(key in found, key);
  assert.equal((await runCli(["verify", path])).code, 0);
  const bytes = await readFile(path);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  const damaged = await runCli(["verify", await files.write("damaged.tif", bytes)]);
  assert.equal(damaged.code, 1);
  assert.match(damaged.stdout, /chunk 0\/\d\/\d of damaged\.tif/);
});
