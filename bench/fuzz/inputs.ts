import assert from "node:assert/strict";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openSource } from "../../src/app/open-source.js";
import { BANDS } from "../../src/core/bands.js";
import { openGeoTiffSource } from "../../src/ingest/source-geotiff.js";
import { openRaster } from "../../src/ingest/open-raster.js";
import type { Source } from "../../src/ingest/source.js";
import { openMemorySource } from "../../src/store/memory-source.js";
import { gdal } from "../../test/support/gdal.js";
import { makeGeoTiff, type FixtureOptions } from "../../test/support/geotiff-fixture.js";
import { makeSafe } from "../../test/support/safe-fixture.js";
import { createWorkspace } from "../../test/support/workspace.js";
import { Dice, outcomeOf, type FuzzTarget } from "./target.js";

const EDGES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** A copy with one to six accidents: other bytes, numbers at the edge in either order, a cut. */
function damaged(bytes: Uint8Array, dice: Dice, reach = bytes.length): Uint8Array {
  let out = Uint8Array.from(bytes);
  for (let i = 0, n = 1 + dice.below(dice.chance(0.7) ? 2 : 6); i < n; i++) {
    const at = dice.below(Math.max(1, Math.min(reach, out.length - 4)));
    const kind = dice.below(6);
    if (kind < 2) out[at] = dice.below(256);
    else if (kind === 2) new DataView(out.buffer).setUint32(at, dice.pick(EDGES), dice.chance(0.5));
    else if (kind === 3) new DataView(out.buffer).setUint16(at, dice.pick(EDGES) & 0xffff, dice.chance(0.5));
    else if (kind === 4) out.copyWithin(at, dice.below(out.length), at + 1 + dice.below(40));
    else if (dice.chance(0.3)) out = out.slice(0, Math.max(8, at));
  }
  return out;
}

/** Text with pieces doubled, gone or replaced. */
function damagedText(text: string, dice: Dice): string {
  const words = [
    "",
    "0",
    "-1",
    "1e999",
    "NaN",
    "<a>",
    "</a>",
    "&amp;",
    "../../..",
    "\u0000",
    "EPSG:99999",
    "x".repeat(300),
  ];
  let out = text;
  for (let i = 0, n = 1 + dice.below(4); i < n; i++) {
    const marks = [...out.matchAll(/>[^<>]*<|"[^"]*"/g)];
    const mark = marks.length > 0 && dice.chance(0.8) ? dice.pick(marks) : undefined;
    const [from, length] =
      mark === undefined ? [dice.below(out.length), dice.below(30)] : [mark.index + 1, Math.max(0, mark[0].length - 2)];
    out = out.slice(0, from) + dice.pick(words) + out.slice(from + length);
  }
  return out;
}

/** Reads a corner as ingest would, and looks at what must hold whatever the input was. */
async function look(source: Source): Promise<void> {
  try {
    const { width, height } = source.grid;
    const window = { x: 0, y: 0, width: Math.min(24, width), height: Math.min(24, height) };
    const { raster, classes } = await source.read(window);
    const count = window.width * window.height;
    assert.equal(raster.samples.length, BANDS.length * count);
    assert.ok(classes === undefined || classes.length === count);
    for (const [i, value] of raster.samples.entries())
      assert.ok(Number.isFinite(value) && (raster.valid[i % count] !== 0 || value === 0), `sample ${i} is ${value}`);
    for (const band of source.absentBands ?? []) {
      const at = BANDS.indexOf(band) * count;
      assert.ok(
        raster.samples.subarray(at, at + count).every((value) => value === 0),
        `${band} is absent, not 0`,
      );
    }
  } finally {
    await source.close();
  }
}

/** Layouts of TIFF files: whole ones hold what was written, damaged ones are read or refused. */
export const tiff: FuzzTarget = {
  name: "tiff",
  async run(seed) {
    const dice = new Dice(seed);
    const [width, height] = [1 + dice.below(40), 1 + dice.below(30)];
    const bands = dice.pick([12, 12, 12, 10, 13, 3]);
    const type = dice.pick(["uint16", "int16", "float32", "uint8"] as const);
    const planes = Array.from({ length: bands }, (_, b) =>
      Array.from({ length: width * height }, (__, i) => 1 + ((b * 17 + i * 7 + seed) % 200)),
    );
    const options: FixtureOptions = {
      width,
      height,
      planes,
      type,
      layout: dice.pick(["chunky", "planar"]),
      compression: dice.pick(["none", "deflate"]),
      bigTiff: dice.chance(0.3),
      bigEndian: dice.chance(0.3),
      ...(dice.chance(0.5) ? { tileSize: dice.pick([16, 32]) } : { rowsPerStrip: 1 + dice.below(height) }),
      descriptions: bands === 12 || bands === 10 ? BANDS.slice(0, bands) : [],
      ...(dice.chance(0.5) ? { transform: [10, 0, 500_000, 0, -10, 4_600_000], epsg: 32631 } : {}),
    };
    const whole = makeGeoTiff(options);
    const isWhole = dice.chance(0.2);
    const bytes = isWhole ? whole : damaged(whole, dice, dice.chance(0.8) ? 600 : whole.length);
    return outcomeOf(async () => {
      const openStore = async () => openMemorySource(bytes, "fuzz.tif");
      if (isWhole) {
        const file = await openRaster("memory.tif", { openStore });
        const window = { x: 0, y: 0, width, height };
        const got = await file.read(window, [...planes.keys()]);
        assert.deepEqual(
          got.map((plane) => [...plane]),
          planes,
        );
      }
      await look(await openGeoTiffSource("http://memory/fuzz.tif", { openStore, scale: 1 }));
    });
  },
};

interface Prepared {
  readonly path: (name: string) => string;
  readonly jp2: Uint8Array;
  readonly jp2Pixels: readonly number[];
  readonly safe: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly item: string;
  readonly vrt: string;
}

let prepared: Promise<Prepared> | undefined;

async function prepare(): Promise<Prepared> {
  const space = await createWorkspace();
  const safe = await makeSafe(space.path(""), {
    level: "2A",
    side: 12,
    baseline: "05.00",
    name: "S2A_MSIL2A_X",
    value: (b, r, c) => 1200 + b + r + c,
  });
  const metadata = new Map<string, string>();
  for (const name of await readdir(safe, { recursive: true }))
    if (name.endsWith(".xml")) metadata.set(join(safe, name), await readFile(join(safe, name), "utf8"));
  const plane = Array.from({ length: 70 * 50 }, (_, i) => 1000 + ((i * 31) % 900));
  await space.write("plane.tif", makeGeoTiff({ width: 70, height: 50, planes: [plane] }));
  gdal("gdal_translate", [
    ..."-q -of JP2OpenJPEG -co REVERSIBLE=YES -co QUALITY=100 -co BLOCKXSIZE=32 -co BLOCKYSIZE=32".split(" "),
    space.path("plane.tif"),
    space.path("plane.jp2"),
  ]);
  for (const [b, band] of BANDS.entries())
    await space.write(
      `${band}.tif`,
      makeGeoTiff({
        width: 12,
        height: 12,
        planes: [Array<number>(144).fill(1000 + b)],
        transform: [10, 0, 500_000, 0, -10, 4_600_000],
        epsg: 32631,
      }),
    );
  gdal("gdalbuildvrt", ["-q", "-separate", space.path("stack.vrt"), ...BANDS.map((band) => space.path(`${band}.tif`))]);
  const item = {
    type: "Feature",
    stac_version: "1.0.0",
    id: "fuzz",
    properties: {
      datetime: "2020-06-15T16:50:31Z",
      platform: "sentinel-2a",
      "proj:epsg": 32631,
      "s2:processing_baseline": "05.00",
    },
    assets: Object.fromEntries(
      BANDS.map((band) => [
        band,
        {
          href: `./${band}.tif`,
          type: "image/tiff",
          "raster:bands": [{ scale: 0.0001, offset: -0.1, nodata: 0 }],
          "eo:bands": [{ name: band }],
        },
      ]),
    ),
  };
  return {
    path: space.path,
    jp2: new Uint8Array(await readFile(space.path("plane.jp2"))),
    jp2Pixels: plane,
    safe,
    metadata,
    item: JSON.stringify(item),
    vrt: await readFile(space.path("stack.vrt"), "utf8"),
  };
}

const ready = (): Promise<Prepared> => (prepared ??= prepare());

/** JP2 files: those that are cut are refused, others read or refused. */
export const jp2: FuzzTarget = {
  name: "jp2",
  async run(seed) {
    const dice = new Dice(seed);
    const { jp2: whole, jp2Pixels } = await ready();
    const isCut = dice.chance(0.2);
    const bytes = isCut ? whole.subarray(0, dice.below(whole.length - 2)) : damaged(whole, dice, 3000);
    return outcomeOf(async () => {
      const file = await openRaster("fuzz.jp2", { openStore: async () => openMemorySource(bytes, "fuzz.jp2") });
      const window = { x: 0, y: 0, width: Math.min(70, file.width), height: Math.min(50, file.height) };
      const [plane] = await file.read(window, [0]);
      assert.equal(plane?.length, window.width * window.height);
      if (isCut) assert.deepEqual([...plane], jp2Pixels, "a file that was cut was taken and holds other pixels");
    });
  },
};

/** Metadata of SAFE products. */
export const safe: FuzzTarget = {
  name: "safe",
  async run(seed) {
    const dice = new Dice(seed);
    const { safe: folder, metadata } = await ready();
    const [path, text] = dice.pick([...metadata]);
    await writeFile(path, damagedText(text, dice));
    try {
      return await outcomeOf(async () => look(await openSource(folder)));
    } finally {
      await writeFile(path, text);
    }
  },
};

/** STAC Items, and VRTs of their assets. */
const document = (name: string, file: string, text: (known: Prepared) => string): FuzzTarget => ({
  name,
  async run(seed) {
    const known = await ready();
    await writeFile(known.path(file), damagedText(text(known), new Dice(seed)));
    return outcomeOf(async () => look(await openSource(known.path(file))));
  },
});

export const stacItem = document("stac-item", "fuzz.json", ({ item }) => item);
export const vrt = document("vrt", "fuzz.vrt", (known) => known.vrt);
