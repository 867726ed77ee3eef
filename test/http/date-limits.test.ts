import assert from "node:assert/strict";
import { mkdir, readdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { pino } from "pino";
import { BANDS } from "../../src/core/bands.js";
import { openCrs } from "../../src/geo/crs.js";
import { bandPlanes } from "../support/geotiff-fixture.js";
import { placeAt, tileOf } from "../support/mosaic-catalog.js";
import { realData, SKIP_REAL_DATA } from "../support/real-data.js";
import { sceneTiff } from "../support/scene.js";
import { seededRandom } from "../support/seeded-random.js";
import { startServer, type TestServer } from "../support/server.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

const GRID = realData("../cases/14-many/grid");
const SIDE = 128;
const DATES = 9;
/** Dates at a place that the bound server reads. */
const MOST = 2;
let files: Workspace;
let catalog: string;
let bound: TestServer;
let unbound: TestServer;
/** Of the bound server's log. */
const lines: string[] = [];

before(async () => {
  files = await createWorkspace();
  catalog = files.path("catalog");
  await mkdir(files.path("stack"), { recursive: true });
  await mkdir(files.path("calm"), { recursive: true });
  for (let k = 0; k < DATES; k++) {
    await files.write(`stack/${idOf(k)}.tif`, tiffOf(k, true));
    await files.write(`calm/${idOf(k).replace("stack", "calm")}.tif`, tiffOf(k, false));
  }
  await ingest("stack");
  await ingest("calm");
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  bound = await startServer({ catalog, maxItemsPerTile: MOST }, { log });
  unbound = await startServer({ catalog, maxItemsPerTile: 100 });
});
after(async () => {
  await Promise.all([bound.close(), unbound.close()]);
  await files.close();
});

const ingest = (folder: string): Promise<void> => ingestPath(files.path(folder), folder);

async function ingestPath(path: string, collection: string, ...more: string[]): Promise<void> {
  const args = ["ingest", path, "--catalog", catalog, "--collection", collection, "--masks", "given"];
  const { code, stderr } = await runCli([...args, "--quality", "0", ...more]);
  assert.equal(code, 0, stderr);
}

const idOf = (k: number): string => `stack_2024-0${k + 1}-10`;

/** Every image has the same outline, but of each only a part was seen, and of that a part is cloud; or all of it is clear. */
function tiffOf(k: number, isPartial: boolean): Uint8Array {
  const random = seededRandom(k + 1);
  const [angle, offset, cloudRow] = [
    2 * Math.PI * random(),
    SIDE * (0.9 * random() - 0.3),
    Math.floor(SIDE * random()),
  ];
  const isSeen = (r: number, c: number): boolean =>
    !isPartial || (r - SIDE / 2) * Math.sin(angle) + (c - SIDE / 2) * Math.cos(angle) > offset;
  const isCloud = (r: number): boolean => isPartial && r >= cloudRow && r < cloudRow + 30;
  const planes = bandPlanes(SIDE, SIDE, (b, r, c) =>
    isSeen(r, c) ? (isCloud(r) ? 7000 : 500 * (k + 1) + 10 * b + ((r * 7 + c * 3) % 11)) : 0,
  );
  const scl = Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [r, c] = [Math.floor(i / SIDE), i % SIDE];
    return isSeen(r, c) ? (isCloud(r) ? 9 : 4) : 0;
  });
  return sceneTiff(SIDE, SIDE, { planes: [...planes, scl], descriptions: [...BANDS, "SCL"] });
}

interface Answer {
  readonly body: string;
  readonly dates: readonly string[];
  readonly limit: string | null;
}

async function ask({ url }: TestServer, path: string): Promise<Answer> {
  const response = await fetch(url + path);
  assert.ok(response.ok, `${path}: ${response.status} ${await response.clone().text()}`);
  const body = Buffer.from(await response.arrayBuffer()).toString("base64");
  const dates = (response.headers.get("tectile-dates") ?? "").split(",").filter((day) => day !== "");
  return { body, dates, limit: response.headers.get("tectile-limit") };
}

const ORDERED = ["first", "clear_newest", "clear_nearest"];
const MERGED = ["median", "mean", "highest", "clear_median", "medoid", "best", "count"];

test("dates that add no pixel don't count: a picture of few enough dates is the one without a limit", async () => {
  const place = fc.record({
    ids: fc.subarray(
      Array.from({ length: DATES }, (_, k) => idOf(k)),
      { minLength: 1 },
    ),
    selection: fc.constantFrom(...ORDERED, ...MERGED),
    at: fc.tuple(fc.integer({ min: 0, max: SIDE - 1 }), fc.integer({ min: 0, max: SIDE - 1 })),
    z: fc.constantFrom(13, 14, 16),
    month: fc.integer({ min: 1, max: DATES }),
  });
  const counts = { whole: 0, told: 0 };
  await fc.assert(
    fc.asyncProperty(place, async ({ ids, selection, at, z, month }) => {
      const path = `/collections/stack/${tileOf(placeAt(...at), z).path}.npy`;
      const when = selection === "clear_nearest" || selection === "best" ? `&datetime=2024-0${month}-20` : "";
      const query = `assets=B04&tilesize=96&pixel_selection=${selection}${when}`;
      const [mine, whole] = await Promise.all(
        [bound, unbound].map((server) => ask(server, `${path}?${query}&ids=${ids.join(",")}`)),
      );
      assert.ok(mine !== undefined && whole !== undefined);
      assert.equal(whole.limit, null);
      // Of a merge every date that has a pixel of the tile to show adds to it.
      const shown = MERGED.includes(selection)
        ? await Promise.all(ids.map((id) => ask(unbound, `${path}?${query}&ids=${id}`)))
        : whole.dates;
      const adding = MERGED.includes(selection)
        ? shown.filter((one) => typeof one !== "string" && one.dates.length > 0).length
        : whole.dates.length;
      if (adding <= MOST) {
        assert.equal(mine.body, whole.body, `${adding} dates add pixels`);
        assert.deepEqual(mine.dates, whole.dates);
        counts.whole++;
      }
      if (mine.limit === null) assert.equal(mine.body, whole.body, "nothing says that a limit cut");
      else {
        assert.equal(mine.limit, `maxItemsPerTile=${MOST}`);
        counts.told++;
      }
    }),
    { numRuns: 60, seed: 14 },
  );
  assert.ok(counts.whole > 20 && counts.told > 5, JSON.stringify(counts));
});

test("a hole that further dates might fill says so where their number is bound", async () => {
  let told = 0;
  for (let k = 0; k < DATES; k++) {
    const { path } = tileOf(placeAt(64, 64), 14);
    const response = await fetch(
      `${bound.url}/collections/stack/${path}.npy?assets=B04&datetime=2024-0${k + 1}-10&inpaint=nearest`,
    );
    assert.ok(response.ok);
    const hasMore = Math.max(k, DATES - 1 - k) > MOST;
    if (!hasMore || !/harmonic/.test(response.headers.get("tectile-method") ?? "")) continue;
    assert.equal(response.headers.get("tectile-limit"), `maxItemsPerTile=${MOST}`);
    told++;
  }
  assert.ok(told > 0);
});

test("best stops reading when no date that is left can win, and shows the same", async () => {
  const { path } = tileOf(placeAt(64, 64), 16);
  const shown = (query: string): Promise<Answer> => ask(unbound, `/collections/calm/${path}.npy?assets=B04&${query}`);
  const files = async (query: string): Promise<{ readonly read: number; readonly answer: Answer }> => {
    const { reader, catalog: items } = unbound.services;
    reader.forget(new Set((await items.search({ limit: 100 })).items.map(({ href }) => href)));
    const before = reader.stats().latents.misses;
    const answer = await shown(query);
    return { answer, read: reader.stats().latents.misses - before };
  };
  const best = await files("pixel_selection=best&datetime=2024-01-10");
  assert.deepEqual(best.answer.dates, ["2024-01-10"]);
  assert.equal(best.answer.limit, null);
  assert.equal(best.answer.body, (await shown("ids=calm_2024-01-10")).body);
  const all = await files("pixel_selection=medoid&datetime=2024-01-10");
  assert.equal(all.read, DATES);
  assert.equal(best.read, 4);
});

test(
  "25 abutting items are all drawn when zoomed out, as one date and as 25 dates",
  { skip: GRID === undefined ? SKIP_REAL_DATA : false },
  async (t) => {
    const names = (await readdir(GRID ?? "")).filter((name) => name.endsWith(".tif")).toSorted();
    assert.equal(names.length, 25);
    const table = names.map((name, k) => `${name},2020-06-${String(k + 1).padStart(2, "0")}T16:50:31Z`);
    await files.write("dates.csv", Buffer.from(`file,datetime\n${table.join("\n")}\n`));
    await ingestPath(GRID ?? "", "grid");
    await ingestPath(GRID ?? "", "days", "--dates", files.path("dates.csv"));
    const server = await startServer({ catalog });
    t.after(() => server.close());
    const [lon, lat] = openCrs("EPSG:32616").toWgs84(601_600, 6_098_400);
    const { path } = tileOf([lon, lat], 11);
    const observed = async (collection: string, query = ""): Promise<readonly [number, string | null]> => {
      const { headers } = await fetch(`${server.url}/collections/${collection}/${path}.png?${query}`);
      return [Number(headers.get("tectile-observed")), headers.get("tectile-limit")];
    };
    const [whole, none] = await observed("grid");
    assert.ok(whole > 0.01 && none === null, `${whole} seen, ${none}`);
    assert.deepEqual(await observed("days"), [whole, null]);
    assert.equal((await observed("days", "pixel_selection=median"))[0], whole);
  },
);

test("what a limit cuts is told pages and logged", async () => {
  lines.length = 0;
  const url = `${bound.url}/collections/stack/${tileOf(placeAt(64, 64), 14).path}.png?pixel_selection=`;
  await fetch(`${url}first&ids=${idOf(0)}`);
  assert.doesNotMatch(lines.join(""), /limit/);
  const cut = await fetch(`${url}median`);
  assert.equal(cut.headers.get("tectile-limit"), `maxItemsPerTile=${MOST}`);
  assert.match(cut.headers.get("access-control-expose-headers") ?? "", /Tectile-Limit/);
  await cut.arrayBuffer();
  assert.match(lines.join(""), new RegExp(`"limit":"maxItemsPerTile=${MOST}"`));
});
