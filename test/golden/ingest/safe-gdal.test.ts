import assert from "node:assert/strict";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openTecCog } from "../../../src/app/open-tec-cog.js";
import { openSource } from "../../../src/app/open-source.js";
import { catalogWriter } from "../../../src/catalog/catalog-writer.js";
import { BANDS, BAND_RESOLUTION_M } from "../../../src/core/bands.js";
import { listInputs } from "../../../src/ingest/inputs.js";
import type { Source } from "../../../src/ingest/source.js";
import { gdal, hasGdal } from "../../support/gdal.js";
import { makeSafe } from "../../support/safe-fixture.js";
import { createWorkspace, runCli, type Workspace } from "../../support/workspace.js";

const SIDE = 180;
const value = (band: number, row: number, column: number): number =>
  1100 + band * 300 + ((row * 37 + column * column) % 900);
const [L2A, L1C] = [
  "S2A_MSIL2A_20200615T164901_N0500_R026_T16TDL_20230401T120000",
  "S2A_MSIL1C_20200615T164901_N0209_R026_T16TDL_20200615T200000",
];

describe(
  "SAFE products against GDAL",
  { skip: hasGdal() ? false : "gdal_translate is not installed: nothing makes JP2 files", timeout: 300_000 },
  () => {
    let space: Workspace;
    before(async () => {
      space = await createWorkspace();
      await makeSafe(space.path(""), { level: "2A", side: SIDE, baseline: "05.00", name: L2A, value });
      await makeSafe(space.path(""), { level: "1C", side: SIDE, baseline: "02.09", name: L1C, value });
    });
    after(() => space.close());

    const read = new Map<string, number[]>();
    /** Stored numbers of a band as GDAL reads its file, each repeated over the 10 m grid. */
    async function byGdal(folder: string, band: string, metres: number): Promise<number[]> {
      const known = read.get(`${folder} ${band}`);
      if (known !== undefined) return known;
      const files = await readdir(folder, { recursive: true });
      const file = files.find((name) => new RegExp(`_${band}(_${metres}m)?\\.jp2$`).test(name)) ?? "";
      const raw = space.path("raw.bin");
      gdal("gdal_translate", ["-q", "-of", "ENVI", "-ot", "UInt16", join(folder, file), raw]);
      const stored = new Uint16Array(new Uint8Array(await readFile(raw)).buffer);
      const [width, factor] = [(10 * SIDE) / metres, metres / 10];
      const numbers = Array.from(
        { length: SIDE * SIDE },
        (_, i) => stored[Math.floor(Math.floor(i / SIDE) / factor) * width + Math.floor((i % SIDE) / factor)] ?? -1,
      );
      read.set(`${folder} ${band}`, numbers);
      return numbers;
    }

    async function compare(source: Source, folder: string, offset: number): Promise<void> {
      assert.deepEqual([source.grid.width, source.grid.height, source.grid.crs], [SIDE, SIDE, "EPSG:32616"]);
      assert.deepEqual(source.grid.transform, [10, 0, 600_000, 0, -10, 4_600_020]);
      const { raster, classes } = await source.read({ x: 0, y: 0, width: SIDE, height: SIDE });
      for (const [b, band] of BANDS.entries()) {
        const stored = await byGdal(folder, band, BAND_RESOLUTION_M[band]);
        const got = raster.samples.subarray(b * SIDE * SIDE, (b + 1) * SIDE * SIDE);
        const wanted = stored.map((number, i) => (raster.valid[i] === 1 ? number + offset : 0));
        assert.deepEqual([...got], wanted, band);
      }
      if (classes === undefined) return;
      assert.deepEqual([...classes], await byGdal(folder, "SCL", 20));
      assert.deepEqual(
        [...raster.valid],
        Array.from(classes, (code) => (code === 0 ? 0 : 1)),
      );
    }

    test("L2A: pixels, offset, classes, place, time and names", async () => {
      const source = await openSource(space.path(`${L2A}.SAFE`));
      await compare(source, space.path(`${L2A}.SAFE`), -1000);
      assert.deepEqual([source.id, source.datetime], [L2A, "2020-06-15T16:58:31.462Z"]);
      assert.deepEqual(source.warnings, []);
      assert.ok(source.hasClasses);
      assert.deepEqual(source.native, { B01: 6, B05: 2, B06: 2, B07: 2, B8A: 2, B09: 6, B11: 2, B12: 2 });
      const { properties } = source;
      assert.equal(properties["platform"], "sentinel-2a");
      assert.equal(properties["eo:cloud_cover"], 12.5);
      assert.equal(properties["s2:processing_baseline"], "05.00");
      assert.equal(properties["grid:code"], "MGRS-16TDL");
      assert.equal(properties["sat:relative_orbit"], 26);
      await source.close();
    });

    test("L1C of before baseline 04.00, by its metadata file and without its suffix", async () => {
      await cp(space.path(`${L1C}.SAFE`), space.path("unpacked"), { recursive: true });
      for (const path of [`${L1C}.SAFE`, `${L1C}.SAFE/MTD_MSIL1C.xml`, "unpacked"]) {
        const source = await openSource(space.path(path));
        await compare(source, space.path(`${L1C}.SAFE`), 0);
        assert.deepEqual([source.id, source.hasClasses], [L1C, false]);
        await source.close();
      }
      await rm(space.path("unpacked"), { recursive: true });
    });

    test("a folder that holds several is as many inputs, a product and a shell's star one", async () => {
      const locations = async (...names: readonly string[]) =>
        (await listInputs(names.map(space.path))).inputs.map(({ location }) => basename(location));
      assert.deepEqual(await locations(""), [`${L1C}.SAFE`, `${L2A}.SAFE`]);
      assert.deepEqual(await locations(`${L2A}.SAFE`), [`${L2A}.SAFE`]);
      const { passedOver } = await listInputs([space.path("")]);
      assert.deepEqual(
        passedOver.filter((file) => !file.includes("raw")),
        [],
      );
      const images = `${L2A}.SAFE/GRANULE/L2A_T16TDL_A026026_20200615T164901/IMG_DATA/R10m`;
      const files = (await readdir(space.path(images))).map((name) => `${images}/${name}`);
      assert.deepEqual(await locations(...files.filter((name) => !name.includes("TCI"))), [
        "T16TDL_20200615T164901_*.jp2",
      ]);
    });

    test("bare bands: the folders R10m, R20m, R60m are one image, which says what it takes for granted", async () => {
      await cp(space.path(`${L2A}.SAFE/GRANULE/L2A_T16TDL_A026026_20200615T164901/IMG_DATA`), space.path("bare"), {
        recursive: true,
      });
      const { inputs, passedOver } = await listInputs([space.path("bare")]);
      assert.deepEqual([inputs.length, inputs[0]?.id], [1, "T16TDL_20200615T164901"]);
      assert.deepEqual(
        passedOver.map((file) => basename(file)),
        ["T16TDL_20200615T164901_TCI_10m.jp2"],
      );
      const source = await openSource(inputs[0]?.location ?? "");
      await compare(source, space.path(`${L2A}.SAFE`), 0);
      assert.deepEqual([source.datetime, source.hasClasses], ["2020-06-15T16:49:01Z", true]);
      assert.match(source.warnings.join(), /before 25 January 2022 .* --offset -1000/);
      await source.close();
      const given = await openSource(inputs[0]?.location ?? "", { offset: -1000 });
      await compare(given, space.path(`${L2A}.SAFE`), -1000);
      assert.deepEqual(given.warnings, []);
      await given.close();
    });

    test("a STAC Item whose assets are JP2 files, in CDSE's words", async () => {
      const images = `${L2A}.SAFE/GRANULE/L2A_T16TDL_A026026_20200615T164901/IMG_DATA`;
      const files = (await readdir(space.path(images), { recursive: true })).filter((name) => name.endsWith(".jp2"));
      const assets = Object.fromEntries(
        files.map((name) => [
          /_([A-Z0-9]+_\d\dm)\.jp2$/.exec(name)?.[1] ?? name,
          { href: `${images}/${name}`, type: "image/jp2" },
        ]),
      );
      const properties = { datetime: "2020-06-15T16:49:01.024Z", "processing:version": "05.00" };
      const item = { type: "Feature", stac_version: "1.1.0", id: L2A, properties, assets, links: [] };
      await writeFile(space.path("cdse.json"), JSON.stringify(item));
      const source = await openSource(space.path("cdse.json"));
      await compare(source, space.path(`${L2A}.SAFE`), -1000);
      await source.close();
    });

    test("the command takes a folder of them: an item each, a damaged one ends nothing and is told", async () => {
      const folder = space.path("downloads");
      for (const name of [L2A, L1C])
        await cp(space.path(`${name}.SAFE`), join(folder, `${name}.SAFE`), { recursive: true });
      const torn = L2A.replace("20200615T164901", "20200620T164901");
      await cp(space.path(`${L2A}.SAFE`), join(folder, `${torn}.SAFE`), { recursive: true });
      await rm(join(folder, `${torn}.SAFE/GRANULE`), { recursive: true });
      const catalog = space.path("catalog");
      const run = await runCli(["ingest", folder, "--catalog", catalog, "--collection", "safe"]);
      assert.equal(run.code, 1, run.stderr);
      assert.match(run.stderr, new RegExp(`${torn}\\.SAFE.*GRANULE is missing or empty`));
      const items = await (await catalogWriter(catalog)).items("safe");
      assert.deepEqual(items.map(({ id }) => id).toSorted(), [L1C, L2A]);
      for (const { id, href } of items) {
        // Lossy, but the product's own numbers less its offset: a wrong one would be off by 1,000.
        const image = await openTecCog(href);
        const [{ samples }, source] = [
          await image.readWindow({ x: 0, y: 0, width: SIDE, height: SIDE }),
          await openSource(join(folder, `${id}.SAFE`)),
        ];
        const wanted = (await source.read({ x: 0, y: 0, width: SIDE, height: SIDE })).raster.samples;
        await Promise.all([image.close(), source.close()]);
        const off = samples.reduce((sum, value, i) => sum + (value - (wanted[i] ?? 0)), 0) / samples.length;
        assert.ok(Math.abs(off) < 20, `${id}: ${off} DN off in the mean`);
      }
      assert.equal((await runCli(["verify", catalog])).code, 0);
    });

    test("what is missing or damaged is named", async () => {
      const broken = async (change: (folder: string) => Promise<unknown>, wanted: RegExp): Promise<void> => {
        await mkdir(space.path("broken"), { recursive: true });
        const folder = space.path(`broken/${L2A}.SAFE`);
        await cp(space.path(`${L2A}.SAFE`), folder, { recursive: true });
        await change(folder);
        await assert.rejects(openSource(folder), wanted);
        await rm(space.path("broken"), { recursive: true });
      };
      const granule = "GRANULE/L2A_T16TDL_A026026_20200615T164901";
      await broken((folder) => rm(join(folder, granule, "MTD_TL.xml")), /has no MTD_TL\.xml, which tells/);
      await broken((folder) => rm(join(folder, "MTD_MSIL2A.xml")), /has no MTD_MSIL1C\.xml or MTD_MSIL2A\.xml/);
      await broken(
        (folder) => rm(join(folder, granule), { recursive: true }),
        /its folder GRANULE is missing or empty/,
      );
      await broken((folder) => rm(join(folder, granule, "IMG_DATA"), { recursive: true }), /holds no band/);
      await broken((folder) => writeFile(join(folder, "MTD_MSIL2A.xml"), "<a><b"), /./);
      await broken(async (folder) => {
        const path = join(folder, "MTD_MSIL2A.xml");
        await writeFile(path, (await readFile(path, "utf8")).replaceAll(/<BOA_ADD_OFFSET .*?<\/BOA_ADD_OFFSET>/g, ""));
      }, /no offset of B\w+ is told, though baseline 5 has one/);
      await broken(async (folder) => {
        const path = join(folder, granule, "IMG_DATA/R20m/T16TDL_20200615T164901_B11_20m.jp2");
        await writeFile(path, (await readFile(path)).subarray(0, 2000));
      }, /B11_20m\.jp2: .*cut short/);
    });
  },
);
