// How well the detector for items without scene classes agrees with SCL, on two series that have both (../shared/data or --data).
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fromFile } from "geotiff";
import { isClear } from "../../src/core/scene-classes.js";
import { isCloudOrShadow } from "../../src/tile/mosaic/cloud-detector.js";
import { ROOT } from "../support/report.js";

const { values } = parseArgs({ options: { data: { type: "string", default: join(ROOT, "../shared/data") } } });

interface Series {
  readonly name: string;
  readonly folder: string;
  /** Of blue, green, red, near and shortwave infrared among the file's samples. */
  readonly samples: readonly [number, number, number, number, number];
}

const SERIES: readonly Series[] = [
  { name: "nrt_romania (thresholds set here)", folder: "nrt_romania", samples: [0, 1, 2, 3, 5] },
  { name: "worldcereal_ts (unseen)", folder: "worldcereal_ts/0000280849BAC91C", samples: [0, 1, 2, 6, 8] },
];
const CLASS_NAMES: Readonly<Record<number, string>> = {
  2: "dark",
  3: "cloud shadow",
  4: "vegetation",
  5: "bare",
  6: "water",
  7: "unclassified",
  8: "cloud, medium",
  9: "cloud, high",
  10: "cirrus",
  11: "snow",
};

for (const series of SERIES) await measure(series);

async function measure({ name, folder, samples }: Series): Promise<void> {
  const path = join(values.data, folder);
  if (!existsSync(path)) {
    console.log(`${name}: ${path} is not there`);
    return;
  }
  const files = (await readdir(path)).filter((file) => file.endsWith(".tif") && !file.startsWith("SCL_"));
  const hidden = new Map<number, number>();
  const total = new Map<number, number>();
  for (const file of files) {
    const [blue, green, red, nir, swir] = await planes(join(path, file), samples);
    const [scl] = await planes(join(path, `SCL_${file}`), [0]);
    if (!blue || !green || !red || !nir || !swir || !scl) continue;
    for (let i = 0; i < scl.length; i++) {
      const code = scl[i] ?? 0;
      if (CLASS_NAMES[code] === undefined) continue;
      total.set(code, (total.get(code) ?? 0) + 1);
      if (isCloudOrShadow({ blue, green, red, nir, swir }, i)) hidden.set(code, (hidden.get(code) ?? 0) + 1);
    }
  }
  report(name, { files: files.length, hidden, total });
}

async function planes(path: string, samples: readonly number[]): Promise<readonly Float32Array[]> {
  const tiff = await fromFile(path);
  const image = await tiff.getImage();
  const rasters = await image.readRasters({ samples: [...samples] });
  tiff.close();
  return samples.map((_, k) => Float32Array.from(rasters[k] as ArrayLike<number>));
}

function report(
  name: string,
  { files, hidden, total }: { files: number; hidden: Map<number, number>; total: Map<number, number> },
): void {
  console.log(`\n${name}: ${files} dates`);
  console.table(
    [...total.keys()]
      .toSorted((a, b) => a - b)
      .map((code) => ({
        SCL: `${code} ${CLASS_NAMES[code] ?? ""}`,
        pixels: total.get(code) ?? 0,
        "told hidden, %": percent(hidden.get(code) ?? 0, total.get(code) ?? 0),
      })),
  );
  const sum = (of: Map<number, number>, clear: boolean): number =>
    [...of].reduce((n, [code, count]) => (isClear(code) === clear ? n + count : n), 0);
  const [hits, misses] = [sum(hidden, false), sum(total, false) - sum(hidden, false)];
  const [alarms, right] = [sum(hidden, true), sum(total, true) - sum(hidden, true)];
  console.table({
    "hidden in SCL": { "told hidden": hits, "told clear": misses },
    "clear in SCL": { "told hidden": alarms, "told clear": right },
  });
  console.log(
    `right ${percent(hits + right, hits + misses + alarms + right)} %, hidden found ${percent(hits, hits + misses)} %, ` +
      `clear lost ${percent(alarms, alarms + right)} %, F1 ${((2 * hits) / (2 * hits + misses + alarms)).toFixed(3)}`,
  );
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "-" : ((100 * part) / whole).toFixed(1);
}
