// Scenes with labels that pin the constants of the guide of filled chunks: bench/constants changes each a little and wants one of these to fail.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { BANDS } from "../../src/core/bands.js";
import { bandPlanes } from "../support/geotiff-fixture.js";
import { placeAt, SIDE, tileOf } from "../support/mosaic-catalog.js";
import { readNpy } from "../support/npy.js";
import { sceneTiff } from "../support/scene.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

interface Look {
  readonly day: number;
  readonly value: number;
  /** Columns, or rows without classes, that no cloud hides, from and to. */
  readonly seen: readonly (readonly [from: number, to: number])[];
  /** Where the ground is another. */
  readonly other?: { readonly from: number; readonly value: number };
}

const ALL = [[0, SIDE]] as const;
const BASE_DAY = 28;

/** Collections by name: all look at one square; the last date is the one shown. */
const COLLECTIONS: Readonly<Record<string, readonly Look[]>> = {
  // Without classes: 5 and 8 rows are left beyond the 3 around the cloud, 3.9 and 6.3 %.
  "detected-4": [
    { day: 8, value: 2000, seen: ALL },
    { day: BASE_DAY, value: 2000, seen: [[0, 8]] },
  ],
  "detected-6": [
    { day: 8, value: 2000, seen: ALL },
    { day: BASE_DAY, value: 2000, seen: [[0, 11]] },
  ],
  // All cloud; the nearest date shows 56 and 64 % of the place.
  "lender-56": [
    { day: 8, value: 1000, seen: ALL },
    { day: 18, value: 2000, seen: [[0, 75]] },
    { day: BASE_DAY, value: 3000, seen: [] },
  ],
  "lender-64": [
    { day: 8, value: 1000, seen: ALL },
    { day: 18, value: 2000, seen: [[0, 85]] },
    { day: BASE_DAY, value: 3000, seen: [] },
  ],
  // Seen in the west; the nearest date shows the east, the next one the east and the middle, only the second next the west too.
  "two-lenders": [
    { day: 1, value: 1000, seen: ALL, other: { from: 60, value: 1400 } },
    {
      day: 5,
      value: 1000,
      seen: [
        [0, 22],
        [45, SIDE],
      ],
    },
    { day: 15, value: 2000, seen: [[42, SIDE]] },
    { day: 22, value: 1500, seen: [[65, SIDE]] },
    { day: BASE_DAY, value: 3000, seen: [[0, 41]] },
  ],
  // The nearest date shows 5 % of what the base does.
  "little-common": [
    { day: 8, value: 1000, seen: ALL },
    { day: 18, value: 1500, seen: [[29, SIDE]] },
    { day: BASE_DAY, value: 3000, seen: [[0, 41]] },
  ],
};

let files: Workspace;
let server: TestServer;
before(async () => {
  files = await createWorkspace();
  const catalog = files.path("catalog");
  for (const [collection, looks] of Object.entries(COLLECTIONS)) {
    await mkdir(files.path(collection));
    const classes = !collection.startsWith("detected");
    for (const look of looks)
      await files.write(
        `${collection}/${collection}_2024-03-${String(look.day).padStart(2, "0")}.tif`,
        tiffOf(look, classes),
      );
    const asked = ["--catalog", catalog, "--collection", collection, "--masks", "given"];
    const { code, stderr } = await runCli(["ingest", files.path(collection), ...asked]);
    assert.equal(code, 0, stderr);
  }
  server = await startServer({ catalog, pixelThreads: 2 });
});
after(async () => {
  await server.close();
  await files.close();
});

function tiffOf({ value, seen, other }: Look, classes: boolean): Uint8Array {
  // Without classes clouds are told by the spectrum, so ground is a plant's: dark in the visible bands.
  const ground = (b: number, c: number): number =>
    !classes && b <= 3 ? 600 : other !== undefined && c >= other.from ? other.value : value;
  const isSeen = (at: number): boolean => seen.some(([from, to]) => at >= from && at < to);
  const planes = bandPlanes(SIDE, SIDE, (b, r, c) =>
    isSeen(classes ? c : r) ? ground(b, c) + ((r * 7 + c * 3) % 11) : 9000,
  );
  const codes = Array.from({ length: SIDE * SIDE }, (_, i) => (isSeen(i % SIDE) ? 4 : 9));
  return sceneTiff(SIDE, SIDE, {
    planes: classes ? [...planes, codes] : planes,
    descriptions: classes ? [...BANDS, "SCL"] : [...BANDS],
    transform: [10, 0, 500_000, 0, -10, 4_700_000],
  });
}

/** B08 of a pixel of the last date without its clouds, and the share of the tile that was seen. */
async function filled(
  collection: string,
  column: number,
  row = SIDE / 2,
): Promise<{ value: number; observed: number }> {
  const { path, x, y } = tileOf(placeAt(column + 0.5, row + 0.5), 14);
  const response = await fetch(`${server.url}/collections/${collection}/${path}.npy?assets=B08&inpaint=nearest`);
  assert.equal(response.status, 200, await response.clone().text());
  const values = readNpy(new Uint8Array(await response.arrayBuffer()));
  return { value: values.at(0, y, x), observed: Number(response.headers.get("tectile-observed")) };
}

const around = (got: number, wanted: number, what: string): void =>
  assert.ok(Math.abs(got - wanted) < 90, `${what}: ${got}, wanted ${wanted} or so`);

test("of a date without classes 4 % that look clear are missed cloud, 6 % are ground", async () => {
  assert.equal((await filled("detected-4", 60)).observed, 0);
  assert.ok((await filled("detected-6", 60, 2)).observed > 0);
});

test("a date lends its light from 60 % of the place on", async () => {
  around((await filled("lender-56", 30)).value, 1000, "a date of 56 % takes the light of the next one");
  around((await filled("lender-64", 30)).value, 2000, "one of 64 % keeps its own");
});

test("of the two nearest dates that show much the one lends light that shares most with what was seen", async () => {
  around((await filled("two-lenders", 112)).value, 3000, "not the nearest, nor the third");
});

test("where two dates share a twentieth of the place, others lend their light", async () => {
  around((await filled("little-common", 112)).value, 3000, "5 %");
});
