import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { catalogWriter } from "../../src/catalog/catalog-writer.js";
import { parseConfig } from "../../src/app/config.js";
import { mosaicSource } from "../../src/app/mosaics/mosaic-source.js";
import { parseSchedule } from "../../src/app/mosaics/periods.js";
import { planMosaics } from "../../src/app/mosaics/plan-mosaics.js";
import { openTecCog } from "../../src/app/open-tec-cog.js";
import { createDecoder, openFills } from "../../src/app/services.js";
import { parseCommand } from "../../src/cli/arguments.js";
import { mosaicCommand } from "../../src/cli/mosaic.js";
import { InvalidRequestError } from "../../src/core/errors.js";
import { BANDS } from "../../src/core/bands.js";
import { ByteBudget } from "../../src/core/byte-budget.js";
import { Limiter } from "../../src/core/limiter.js";
import { KEPT_SELECTIONS } from "../../src/tile/mosaic/merge-window.js";
import { classAt, ingestFolder, SIZE, writeMosaicDates } from "../support/mosaic-dates.js";
import { startServer } from "../support/server.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

const SCRIPT = fileURLToPath(new URL("../../../test/clients/mosaic_check.py", import.meta.url));
const PYTHON = process.env["TECTILE_TEST_PYTHON"] ?? "python3";
const DATES = ["2024-01-05", "2024-01-20", "2024-02-10", "2024-04-15"];
const run = promisify(execFile);
let files: Workspace;
let catalog: string;

const mosaicArgs = (folder: string, ...more: string[]): string[] => [
  "mosaic",
  "--collection=place",
  "--every=month",
  `--catalog=${folder}`,
  "--quality=1",
  ...more,
];

before(async () => {
  files = await createWorkspace();
  catalog = files.path("catalog");
  await writeMosaicDates(files, "dates", DATES);
  await writeMosaicDates(files, "dates", DATES.slice(0, 1), { east: 7000 });
  await ingestFolder(files, "dates", catalog);
});
after(() => files.close());

test(
  "median, medoid and best of the decoded dates are numpy's, whatever the cells",
  { timeout: 120_000 },
  async (t) => {
    const there = await run(PYTHON, ["-c", "import numpy"]).catch(() => undefined);
    if (there === undefined) return t.skip("numpy is not installed; TECTILE_TEST_PYTHON names a Python that has it");
    const decoder = await createDecoder(parseConfig({ provider: "cpu" }));
    t.after(() => decoder.close());
    const items = await (await catalogWriter(catalog)).items("place");
    const plan = planMosaics(items, parseSchedule("year", 30)).find((one) => one.items.length === DATES.length);
    assert.ok(plan !== undefined);
    const { fills } = openFills(decoder, parseConfig({}));
    const { width, height } = SIZE;
    const window = { x: 0, y: 0, width, height };
    const size = width * height;
    const dates = new Uint16Array(DATES.length * BANDS.length * size);
    const [hidden, observed] = [new Uint8Array(DATES.length * size), new Uint8Array(DATES.length * size)];
    for (const [k, item] of plan.items.entries()) {
      const image = await openTecCog(item.href, { decoder });
      const { samples } = await image.readWindow(window);
      dates.set(
        samples.map((value) => Math.max(0, Math.round(value))),
        k * samples.length,
      );
      const number = DATES.indexOf(item.datetime.slice(0, 10));
      for (let i = 0; i < size; i++) {
        const code = classAt(number, Math.floor(i / width), i % width);
        hidden[k * size + i] = code === 9 || code === 3 ? 1 : 0;
        observed[k * size + i] = code === 0 ? 0 : 1;
      }
    }
    for (const [budgetBytes, selection] of [
      [2 ** 29, "clear_median"],
      ...KEPT_SELECTIONS.map((name) => [2 ** 23, name] as const),
    ] as const) {
      const budget = new ByteBudget({ maxBytes: budgetBytes, maxWaiting: Infinity });
      const use = { decoder, method: selection, fills, every: "year", budget, budgetBytes, decoding: new Limiter(4) };
      const { raster, provenance } = await (await mosaicSource(plan, use)).read(window);
      const folder = files.path(`numpy-${selection}`);
      await mkdir(folder, { recursive: true });
      const put = (name: string, bytes: Uint8Array | Uint16Array): Promise<void> =>
        writeFile(`${folder}/${name}`, bytes);
      await put("dates.u16", dates);
      await put("hidden.u8", hidden);
      await put("observed.u8", observed);
      await put(
        "mosaic.u16",
        Uint16Array.from(raster.samples, (value) => Math.round(value)),
      );
      await put("valid.u8", raster.valid);
      await put("provenance.u8", provenance ?? new Uint8Array());
      await writeFile(`${folder}/shape.json`, JSON.stringify({ dates: DATES.length, height, width }));
      const { stdout } = await run(PYTHON, [SCRIPT, folder, selection]);
      assert.match(stdout, /pixels are as numpy has them/);
    }
  },
);

interface StacItem {
  readonly properties: Record<string, unknown>;
  readonly links: readonly { readonly rel: string; readonly href: string }[];
  readonly assets: Record<string, Record<string, unknown>>;
}

const readItems = async (folder: string): Promise<ReadonlyMap<string, StacItem>> => {
  const there = existsSync(folder) ? await readdir(folder, { withFileTypes: true }) : [];
  const ids = there.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const read = async (id: string): Promise<readonly [string, StacItem]> => [
    id,
    JSON.parse(await readFile(`${folder}/${id}/${id}.json`, "utf8")) as StacItem,
  ];
  return new Map(await Promise.all(ids.toSorted().map(read)));
};

test(
  "a mosaic of each month and grid is kept with provenance and links, and only what changed is made again",
  { timeout: 180_000 },
  async () => {
    const folder = files.path("grown");
    await ingestFolder(files, "dates", folder);
    const first = await runCli(mosaicArgs(folder));
    assert.equal(first.code, 0, first.stderr);
    assert.equal((await runCli(["verify", folder])).code, 0);
    const made = await readItems(`${folder}/place-month`);
    // Two grids in January, one in February and April.
    assert.deepEqual(
      [...made.keys()].map((id) => id.slice(0, 7)),
      ["2024-01", "2024-01", "2024-02", "2024-04"],
    );
    const [january = "", item] =
      [...made].find(([, { links }]) => links.filter(({ rel }) => rel === "derived_from").length === 2) ?? [];
    assert.deepEqual(item?.properties["start_datetime"], "2024-01-01T00:00:00Z");
    assert.deepEqual(item.properties["end_datetime"], "2024-01-31T23:59:59Z");
    assert.deepEqual(item.properties["datetime"], "2024-01-16T12:00:00Z");

    // Provenance counts the two dates, and what no date shows is a hole.
    const image = await openTecCog(`${folder}/place-month/${january}/${january}.tif`);
    const provenance = await image.readProvenance({ x: 0, y: 0, ...SIZE });
    const { valid } = await image.readWindow({ x: 0, y: 0, ...SIZE });
    await image.close();
    assert.ok(provenance !== undefined);
    assert.deepEqual(
      [...new Set(provenance)].toSorted((a, b) => a - b),
      [0, 1, 2, 255],
    );
    assert.ok(provenance.every((code, i) => (code === 0) === (valid[i] === 0)));
    assert.deepEqual(
      image.metadata.sources?.map(({ id }) => id),
      (item.properties["tec:mosaic"] as { sources: string[] }).sources,
    );

    // Nothing changed: nothing is made; a date more in February and one in May: those two months.
    const again = await runCli(mosaicArgs(folder));
    assert.equal(again.stderr.match(/already there/g)?.length, 4, again.stderr);
    await writeMosaicDates(files, "more", ["2024-02-20", "2024-05-01"], {
      all: [...DATES, "2024-02-20", "2024-05-01"],
    });
    await ingestFolder(files, "more", folder);
    const grown = await runCli(mosaicArgs(folder));
    assert.equal(grown.stderr.match(/already there/g)?.length, 3, grown.stderr);
    const now = await readItems(`${folder}/place-month`);
    assert.equal(now.size, 5);
    const changed = [...now].filter(([id, one]) => one.properties["created"] !== made.get(id)?.properties["created"]);
    assert.deepEqual(
      changed.map(([id]) => id.slice(0, 7)),
      ["2024-02", "2024-05"],
    );

    // April's only date goes, and its mosaic with it where that is asked for.
    await (await catalogWriter(folder)).removeItems("place", ["place_2024-04-15"]);
    assert.equal((await runCli(["verify", folder])).code, 0);
    const shrunk = await runCli(mosaicArgs(folder, "--prune"));
    assert.match(shrunk.stderr, /2024-04\S*: removed/);
    assert.equal((await readItems(`${folder}/place-month`)).size, 4);
    assert.equal((await runCli(["verify", folder])).code, 0);

    // The server shows both collections linked, and a mosaic's dates.
    const server = await startServer({ catalog: folder });
    const json = async (path: string): Promise<StacItem> => (await (await fetch(server.url + path)).json()) as StacItem;
    const hrefs = ({ links }: StacItem, rel: string): string[] =>
      links.filter((link) => link.rel === rel).map(({ href }) => href);
    assert.deepEqual(hrefs(await json("/collections/place"), "related"), [`${server.url}/collections/place-month`]);
    assert.deepEqual(hrefs(await json("/collections/place-month"), "derived_from"), [
      `${server.url}/collections/place`,
    ]);
    const shown = await json(`/collections/place-month/items/${january}`);
    for (const href of hrefs(shown, "derived_from")) assert.equal((await fetch(href)).status, 200);
    const preview = await fetch(`${server.url}/collections/place-month/items/${january}/preview.png`);
    assert.equal(preview.status, 200);
    await server.close();

    // Without the mosaics no link is left that leads to them.
    await (await catalogWriter(folder)).removeCollection("place-month");
    assert.equal((await runCli(["verify", folder])).code, 0);
  },
);

test("what can't be a mosaic is refused in one sentence", async () => {
  const wrongs: readonly [string[], RegExp][] = [
    [["mosaic", "--every", "month"], /wants --collection/],
    [["mosaic", "--collection", "place"], /wants --every/],
    [mosaicArgs(catalog, "--method", "mode"), /--method is "mode"; wanted clear_median, medoid, best, inpaint/],
    [mosaicArgs(catalog, "--out-collection", "place"), /a collection of their own/],
    [["mosaic", "--collection", "nowhere", "--every", "year", "--catalog", catalog], /Collection nowhere has no items/],
    [["mosaic", "--collection", "place", "--every", "1999", "--catalog", catalog], /No date of place/],
  ];
  for (const [args, message] of wrongs) {
    await assert.rejects(
      async () => mosaicCommand.run(parseCommand(mosaicCommand, args.slice(1))),
      (error) => error instanceof InvalidRequestError && message.test(error.message),
      args.join(" "),
    );
  }
  const target = files.path("ordinary.tif");
  const [id = ""] = (await readdir(`${catalog}/place`)).filter((name) => name.startsWith("place_"));
  await copyFile(`${catalog}/place/${id}/${id}.tif`, target);
  const { code, stderr } = await runCli(["decode", "--provenance", target, files.path("none.tif")]);
  assert.equal(code, 2);
  assert.match(stderr, /is no mosaic/);
});
