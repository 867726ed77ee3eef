// How well clouds are told by time: against SCL, against points judged by eye, and how long it takes (../shared/data or --data).
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { STATE } from "../../src/ingest/clouds/classify.js";
import { detectClouds } from "../../src/ingest/clouds/detect.js";
import { isCloudOrShadow } from "../../src/tile/mosaic/cloud-detector.js";
import { ROOT } from "../support/report.js";
import { judge, readJudged, scores, type Scores } from "./judge.js";
import { PLACES, readSeries } from "./series.js";

const judged = await readJudged();

const { values } = parseArgs({ options: { data: { type: "string", default: join(ROOT, "../shared/data") } } });

const rows: Record<string, object>[] = [];
for (const place of PLACES) {
  if (!existsSync(join(values.data, place.folder))) {
    console.log(`${place.name}: ${join(values.data, place.folder)} is not there`);
    continue;
  }
  const series = await readSeries(values.data, place);
  const start = process.cpuUsage();
  const states = detectClouds(series.block);
  const microseconds = process.cpuUsage(start).user / (series.block.dates.length * pixelsOf(states));
  const byTime = states.map((date) => date.map((state) => (state === STATE.cloud || state === STATE.shadow ? 1 : 0)));
  const alone = series.block.dates.map(({ samples, valid }) => singleDate(samples, valid.length));
  const label = series.labels;
  const unknown = states.reduce((n, date) => n + date.filter((state) => state === STATE.unknown).length, 0);
  const asKept = byTime.map((date, t) =>
    date.map((told, p) => (states[t]?.[p] === STATE.unknown ? (alone[t]?.[p] ?? 0) : told)),
  );
  console.log(`${place.name}: ${((100 * unknown) / (states.length * pixelsOf(states))).toFixed(1)} % not told by time`);
  const say = (who: string, mask: readonly Uint8Array[]): void => {
    const points = judged[place.name];
    rows.push({
      place: place.name as never,
      dates: series.block.dates.length as never,
      "told by": who as never,
      ...(label === undefined ? {} : prefixed("label", score(mask, label))),
      ...(points === undefined ? {} : prefixed("eye", judge(series, mask, points))),
    });
  };
  say("time, else one date", asKept);
  say("one date", alone);
  if (label !== undefined)
    say(
      place.labelName,
      label.map((codes) => codes.map((code) => (code === 2 ? 0 : code))),
    );
  console.log(`${place.name}: ${microseconds.toFixed(1)} microseconds of processor time a pixel and date`);
}
console.table(rows);

function pixelsOf(masks: readonly Uint8Array[]): number {
  return masks[0]?.length ?? 0;
}

function singleDate(samples: Int16Array, pixels: number): Uint8Array {
  const plane = (band: number): Float32Array => Float32Array.from(samples.subarray(band * pixels, (band + 1) * pixels));
  const bands = { blue: plane(0), green: plane(1), red: plane(2), nir: plane(3), swir: plane(4) };
  return Uint8Array.from({ length: pixels }, (_, i) => (isCloudOrShadow(bands, i) ? 1 : 0));
}

/** Labels: 1 hidden, 0 clear, 2 not told. */
function score(mask: readonly Uint8Array[], labels: readonly Uint8Array[]): Scores {
  let [hits, misses, alarms, right] = [0, 0, 0, 0];
  labels.forEach((label, t) => {
    label.forEach((wanted, p) => {
      if (wanted === 2) return;
      const told = mask[t]?.[p] === 1;
      if (wanted === 1) {
        if (told) hits++;
        else misses++;
      } else if (told) alarms++;
      else right++;
    });
  });
  return scores(hits, misses, alarms, right);
}

function prefixed(prefix: string, found: Scores): Record<string, string> {
  return Object.fromEntries(Object.entries(found).map(([key, value]) => [`${prefix}: ${key}`, value]));
}
