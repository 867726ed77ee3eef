import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { catalogWriter } from "../../src/catalog/catalog-writer.js";
import { parseConfig } from "../../src/app/config.js";
import { mosaicSource } from "../../src/app/mosaics/mosaic-source.js";
import { MOSAIC_METHODS } from "../../src/app/mosaics/mosaic-use.js";
import { parseSchedule } from "../../src/app/mosaics/periods.js";
import { planFilled } from "../../src/app/mosaics/plan-filled.js";
import { planMosaics } from "../../src/app/mosaics/plan-mosaics.js";
import { openTecCog } from "../../src/app/open-tec-cog.js";
import { createDecoder, openFills, type Decoder } from "../../src/app/services.js";
import { BANDS } from "../../src/core/bands.js";
import { ByteBudget } from "../../src/core/byte-budget.js";
import { Limiter } from "../../src/core/limiter.js";
import { cropPlanes } from "../../src/core/raster.js";
import { ingestFolder, nativeFactor, SIZE, writeMosaicDates } from "../support/mosaic-dates.js";
import { createWorkspace, runCli, type Workspace } from "../support/workspace.js";

const DATES = ["2024-01-05", "2024-01-20", "2024-02-10"];
const { width, height } = SIZE;
const WINDOW = { x: 0, y: 0, width, height };
/** Cuts native pixels of both sizes on all sides. */
const PART = { x: 101, y: 47, width: 130, height: 75 };
let files: Workspace;
let catalog: string;
let decoder: Decoder;

before(async () => {
  files = await createWorkspace();
  catalog = files.path("catalog");
  await writeMosaicDates(files, "dates", DATES, { isNative: true });
  await ingestFolder(files, "dates", catalog);
  decoder = await createDecoder(parseConfig({ provider: "cpu" }));
});
after(async () => {
  await decoder.close();
  await files.close();
});

/** @throws where a native pixel has two values. */
function assertRepeated(samples: Float32Array, what: string): void {
  for (let b = 0; b < BANDS.length; b++) {
    const factor = nativeFactor(b);
    for (let i = 0; i < width * height; i++) {
      const [r, c] = [Math.floor(i / width), i % width];
      const first = (r - (r % factor)) * width + c - (c % factor);
      const [mine, other] = [samples[b * width * height + i] ?? 0, samples[b * width * height + first] ?? 0];
      assert.ok(Math.abs(mine - other) < 0.01, `${what}: ${BANDS[b]} at ${c}, ${r} is ${mine}, not ${other}`);
    }
  }
}

test(
  "mosaics keep 20 and 60 m bands native: one value a native pixel, that of the date it comes from, whatever window asks",
  { timeout: 120_000 },
  async () => {
    const items = await (await catalogWriter(catalog)).items("place");
    const merged = planMosaics(items, parseSchedule("year", 30));
    const budgetBytes = 2 ** 28;
    const shared = {
      decoder,
      fills: openFills(decoder, parseConfig({})).fills,
      every: "year",
      budgetBytes,
      budget: new ByteBudget({ maxBytes: budgetBytes, maxWaiting: Infinity }),
      decoding: new Limiter(4),
    };
    for (const method of MOSAIC_METHODS) {
      const [plan] = method === "inpaint" ? await planFilled(merged, items, 12) : merged;
      assert.ok(plan !== undefined);
      const source = await mosaicSource(plan, { ...shared, method });
      assert.equal(Object.keys(source.native ?? {}).length, 8, method);
      const [{ raster, provenance }, part] = await Promise.all([source.read(WINDOW), source.read(PART)]);
      assert.deepEqual(part.raster.samples, cropPlanes(raster.samples, WINDOW, PART));
      assert.deepEqual(part.provenance, provenance && cropPlanes(provenance, WINDOW, PART));
      // Native pixels of which one date alone is in sight are that date's, and so are all pixels of 10 m.
      const decoded = await Promise.all(
        plan.items.map(async ({ href }) => (await (await openTecCog(href, { decoder })).readWindow(WINDOW)).samples),
      );
      let [count, mixed] = [0, 0];
      for (let i = 0; i < width * height; i++) {
        const [r, c] = [Math.floor(i / width), i % width];
        const code = provenance?.[i] ?? 0;
        const date = decoded[code - 1];
        if (date === undefined) continue;
        for (let b = 0; b < BANDS.length; b++) {
          const factor = nativeFactor(b);
          const [top, left] = [r - (r % factor), c - (c % factor)];
          let isAlone = true;
          for (let y = top; y < Math.min(height, top + factor); y++)
            for (let x = left; x < Math.min(width, left + factor); x++) {
              const other = provenance?.[y * width + x] ?? 0;
              isAlone &&= other === code || other === 0 || (method === "inpaint" && other > 250);
            }
          if (!isAlone) mixed++;
          else {
            count++;
            assert.equal(
              raster.samples[b * width * height + i],
              Math.round(date[b * width * height + i] ?? 0),
              `${method} ${BANDS[b]} at ${c}, ${r}`,
            );
          }
        }
      }
      assert.ok(count > 50_000 && mixed < count / 4, `${method}: ${count} of one date, ${mixed} mixed`);
    }
  },
);

test("their files say so, and decode to native pixels", { timeout: 120_000 }, async () => {
  const made = await runCli([
    "mosaic",
    "--collection=place",
    "--every=year",
    "--method=medoid",
    `--catalog=${catalog}`,
    "--quality=1",
  ]);
  assert.equal(made.code, 0, made.stderr);
  const [id = ""] = (await readdir(`${catalog}/place-year`)).filter((name) => name.startsWith("2024"));
  const image = await openTecCog(`${catalog}/place-year/${id}/${id}.tif`, { decoder });
  assert.equal(Object.keys(image.metadata.native ?? {}).length, 8);
  assertRepeated((await image.readWindow(WINDOW)).samples, "decoded");
});
