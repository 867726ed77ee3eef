import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { catalogWriter } from "../../src/catalog/catalog-writer.js";
import { parseConfig } from "../../src/app/config.js";
import { mosaicSource } from "../../src/app/mosaics/mosaic-source.js";
import { parseSchedule } from "../../src/app/mosaics/periods.js";
import { planFilled } from "../../src/app/mosaics/plan-filled.js";
import { planMosaics } from "../../src/app/mosaics/plan-mosaics.js";
import { openTecCog } from "../../src/app/open-tec-cog.js";
import { createDecoder, openFills } from "../../src/app/services.js";
import { BANDS } from "../../src/core/bands.js";
import { ByteBudget } from "../../src/core/byte-budget.js";
import { Limiter } from "../../src/core/limiter.js";
import { PROVENANCE } from "../../src/core/provenance.js";
import { ingestFolder, SIZE, writeMosaicDates } from "../support/mosaic-dates.js";
import { readNpy } from "../support/npy.js";
import { startServer } from "../support/server.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

const DATES = ["2024-01-05", "2024-01-20", "2024-02-10", "2024-04-15"];
const { width, height } = SIZE;
const WINDOW = { x: 0, y: 0, width, height };
/** Of the grid: as writeMosaicDates places it. */
const BBOX = `500000,${4_700_000 - 10 * height},${500_000 + 10 * width},4700000/${width}x${height}`;
let files: Workspace;
let catalog: string;

before(async () => {
  files = await createWorkspace();
  catalog = files.path("catalog");
  await writeMosaicDates(files, "dates", DATES);
  await ingestFolder(files, "dates", catalog);
});
after(() => files.close());

const run = (...more: string[]): ReturnType<typeof runCli> =>
  runCli([
    "mosaic",
    "--collection=place",
    "--every=quarter",
    "--method=inpaint",
    `--catalog=${catalog}`,
    "--quality=1",
    ...more,
  ]);

test(
  "a filled mosaic is the clearest date as decoded, and the server's inpaint=tec of it elsewhere",
  { timeout: 120_000 },
  async (t) => {
    const decoder = await createDecoder(parseConfig({ provider: "cpu" }));
    t.after(() => decoder.close());
    const server = await startServer({ catalog });
    t.after(() => server.close());
    const items = await (await catalogWriter(catalog)).items("place");
    const clearest = items.toSorted((a, b) => (b.clearPercent ?? 0) - (a.clearPercent ?? 0))[0];
    const [plan] = await planFilled(planMosaics(items, parseSchedule("year", 30)), items, 12);
    assert.ok(plan !== undefined && clearest !== undefined);
    assert.equal(plan.items[0]?.id, clearest.id);
    assert.equal(plan.items.length, DATES.length);
    const budgetBytes = 2 ** 28;
    const source = await mosaicSource(plan, {
      decoder,
      method: "inpaint",
      fills: openFills(decoder, parseConfig({})).fills,
      every: "year",
      budgetBytes,
      budget: new ByteBudget({ maxBytes: budgetBytes, maxWaiting: Infinity }),
      decoding: new Limiter(4),
    });
    const { raster, provenance, classes } = await source.read(WINDOW);
    const image = await openTecCog(clearest.href, { decoder });
    const { samples: decoded } = await image.readWindow(WINDOW);
    const asked = `assets=tec&coord_crs=EPSG:32631&dst_crs=EPSG:32631&datetime=${clearest.datetime}&inpaint=tec&return_inferred=true`;
    const response = await fetch(`${server.url}/collections/place/bbox/${BBOX}.npy?${asked}`);
    assert.equal(response.status, 200, await response.clone().text());
    const served = readNpy(new Uint8Array(await response.arrayBuffer()));
    const [mask, inferred] = [BANDS.length, BANDS.length + 1];
    const counts = { seen: 0, inferred: 0 };
    for (let i = 0; i < width * height; i++) {
      const [r, c] = [Math.floor(i / width), i % width];
      const code = provenance?.[i];
      assert.equal(raster.valid[i], served.at(mask, r, c) === 0 ? 0 : 1, `valid at ${c}, ${r}`);
      if (code === PROVENANCE.none) continue;
      const isInferred = code === PROVENANCE.inferred;
      counts[isInferred ? "inferred" : "seen"]++;
      assert.ok(isInferred || code === 1, `provenance ${code} at ${c}, ${r}`);
      assert.equal(served.at(inferred, r, c) !== 0, isInferred, `inferred at ${c}, ${r}`);
      if (isInferred) assert.equal(classes?.[i], 7);
      for (let b = 0; b < BANDS.length; b++) {
        const value = raster.samples[b * width * height + i] ?? Number.NaN;
        assert.equal(value, served.at(b, r, c), `band ${b} at ${c}, ${r}`);
        if (!isInferred) assert.equal(value, Math.round(decoded[b * width * height + i] ?? 0));
      }
    }
    assert.ok(counts.seen > 10_000 && counts.inferred > 10_000, JSON.stringify(counts));
  },
);

test(
  "filled mosaics are kept, told apart from what was seen, and made again only where a date changed",
  { timeout: 180_000 },
  async () => {
    const first = await run();
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /2024-q1\S*: 2024-\d\d-\d\d filled from 3, \d+ % seen or inferred/);
    assert.equal((await runCli(["verify", catalog])).code, 0);
    const folder = `${catalog}/place-quarter`;
    const ids = (await readdir(folder)).filter((name) => name.startsWith("2024-q")).toSorted();
    assert.deepEqual(
      ids.map((id) => id.slice(0, 7)),
      ["2024-q1", "2024-q2"],
    );
    for (const id of ids) {
      const path = `${folder}/${id}/${id}`;
      const { properties, links } = JSON.parse(await readFile(`${path}.json`, "utf8")) as {
        readonly properties: {
          readonly "tec:mosaic": { readonly method: string; readonly sources: readonly string[] };
        };
        readonly links: readonly { readonly rel: string }[];
      };
      assert.equal(properties["tec:mosaic"].method, "inpaint");
      assert.equal(links.filter(({ rel }) => rel === "derived_from").length, DATES.length);
      const image = await openTecCog(`${path}.tif`);
      const provenance = await image.readProvenance(WINDOW);
      const { valid } = await image.readWindow(WINDOW);
      await image.close();
      assert.deepEqual(
        image.metadata.sources?.map((one) => one.id),
        properties["tec:mosaic"].sources,
      );
      assert.deepEqual([...new Set(provenance)].toSorted((a, b) => a - b).slice(-2), [1, PROVENANCE.inferred]);
      assert.ok(provenance?.every((code, i) => (code === 0) === (valid[i] === 0)));
    }
    const again = await run();
    assert.equal(again.stderr.match(/already there/g)?.length, 2, again.stderr);
    // A date of another quarter serves both; a period without a date gets no mosaic.
    await writeMosaicDates(files, "more", ["2023-12-20"], { all: [...DATES, "2023-12-20"] });
    await ingestFolder(files, "more", catalog);
    const grown = await run();
    assert.equal(grown.stderr.match(/already there/g), null, grown.stderr);
    assert.match(grown.stderr, /2024-q1\S*: 2024-\d\d-\d\d filled from 4/);
    assert.match(grown.stderr, /2023-q4\S*: 2023-12-20 filled from 4/);
    const empty = await run("--every=1999");
    assert.notEqual(empty.code, 0);
    assert.match(empty.stderr, /No date of place with a clear pixel lies in 1999/);
  },
);
