// How near inpainted pixels come to the truth: real cloud shapes put on clear dates of real series and of the procedural landscape.
// All dates are as the server has them: decoded from latents; the truth is not.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chooseModel } from "../../src/app/choose-model.js";
import { parseConfig } from "../../src/app/config.js";
import { createServices } from "../../src/app/services.js";
import { inpaint, type InpaintImage, type Acquisition } from "../../src/tile/inpaint/inpaint.js";
import { inLightOf } from "./lit.js";
import { FROM, predict } from "../../src/tile/inpaint/predict.js";
import { ROOT } from "../support/report.js";
import { Calibration } from "./calibration.js";
import { clearGuide, fillByClear, type ClearGuide } from "./clear.js";
import { encodeSeries, type Forecasted, type LatentSeries } from "./latents.js";
import { boadella, cloudMasks, coverWith, heldOutSeasons, landscape, shareOf, type Place } from "./places.js";
import { addErrors, addScore, createScore, HoleClasses, rimGradient, table, type Score } from "./score.js";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: join(ROOT, "../shared/data") },
    masks: { type: "string", default: "8" },
    each: { type: "string", default: "3" },
    size: { type: "string", default: "256" },
    quality: { type: "string" },
    only: { type: "string", default: "" },
    /** A folder: what was measured is kept there after each date, and a run that was stopped goes on. */
    state: { type: "string" },
  },
});

const METHODS = [
  "least cloudy",
  "mosaic",
  "linear, unmatched",
  "forecast, unmatched",
  "CLEAR",
  "nearest",
  "linear",
  "harmonic",
  "forecast alone",
  "tec",
] as const;
type Method = (typeof METHODS)[number];

const masks = await cloudMasks(join(values.data, "nrt_romania"), Number(values.masks));
const temporary = await mkdtemp(join(tmpdir(), "tectile-bench-"));
const folder = values.state ?? temporary;
if (values.state !== undefined) mkdirSync(values.state, { recursive: true });
const services = await createServices(parseConfig({ catalog: folder, provider: "cpu" }));
const choice = await chooseModel(values.quality === undefined ? {} : { quality: Number(values.quality) }, services);
try {
  for (const open of [
    () => boadella(values.data),
    () => heldOutSeasons(values.data),
    () => landscape(Number(values.size)),
  ]) {
    const place = await open();
    if (place?.name.includes(values.only) === true)
      await measure(place, await encodeSeries(place, { folder, ...choice }, services));
  }
} finally {
  await services.close();
  await rm(temporary, { recursive: true, force: true });
}

async function measure(place: Place, series: LatentSeries): Promise<void> {
  const { width, height, bands, dates } = place;
  const kept = readState(place);
  const scores = new Map(kept?.scores);
  const rims = new Map(kept?.rims);
  const calibration = new Calibration(kept?.bins);
  const score = (method: Method, group: string): Score => {
    const key = `${group}|${method}`;
    const found = scores.get(key) ?? createScore();
    scores.set(key, found);
    return found;
  };
  let { m, next } = kept ?? { m: 0, next: 0 };
  for (const [d, { truth, days }] of dates.entries()) {
    if (truth === undefined || d < next) continue;
    const forecast = await series.forecast(d);
    const looks: Acquisition[] = dates.flatMap((other, k) =>
      k === d
        ? []
        : [{ samples: series.decoded[k] ?? truth, clear: series.looks[k] ?? other.clear, days: other.days - days }],
    );
    const gap = gapOf(looks);
    const guide = clearGuide(place, looks);
    for (let k = 0; k < Number(values.each); k++) {
      const mask = masks[m++ % Math.max(1, masks.length)];
      const [seen, own] = [series.decoded[d], series.looks[d]];
      if (mask === undefined || seen === undefined || own === undefined) continue;
      const hidden = coverWith(mask, width, height);
      // The few clouds of the date itself stay holes, but there is no truth under them.
      const clear = hidden.map((c, i) => (own[i] === 0 ? 0 : c));
      const isTest = (i: number): boolean => hidden[i] === 0 && own[i] !== 0;
      const image: InpaintImage = {
        width,
        height,
        bands,
        clear,
        reach: new Uint8Array(width * height).fill(1),
        samples: seen.map((value, i) => (clear[i % (width * height)] === 0 ? 9000 : value)),
      };
      const holes = new HoleClasses(clear, width);
      const lit = inLightOf(image, looks);
      const harmonic = inpaint(image, [], "harmonic").samples;
      for (const method of METHODS) {
        const filled =
          method === "harmonic" ? harmonic : fillBy(method, { image, looks, lit, forecast, harmonic, guide });
        for (const size of ["small", "medium", "large"] as const) {
          const found = createScore();
          addErrors(found, { filled, truth, place, inside: (i) => isTest(i) && holes.sizeOf(i) === size });
          for (const group of ["all", gap, size]) addScore(score(method, group), found);
        }
        rims.set(method, [...(rims.get(method) ?? []), rimGradient(filled, { clear, counts: own }, place)]);
        if (method === "tec" && forecast !== undefined)
          calibration.add({
            filled,
            truth,
            expected: forecast.deviations,
            inside: (i) => isTest(i) && forecast.clear[i] !== 0,
          });
      }
    }
    next = d + 1;
    writeState(place, { scores: [...scores], rims: [...rims], bins: calibration.bins, m, next });
  }
  console.log(`\n${place.name}: ${dates.filter(({ truth }) => truth !== undefined).length} clear dates, ${m} masks`);
  table(scores, METHODS, rims);
  calibration.print();
}

interface State {
  readonly scores: readonly (readonly [string, Score])[];
  readonly rims: readonly (readonly [Method, number[]])[];
  readonly bins: Calibration["bins"];
  /** Masks used. */
  readonly m: number;
  /** The date to go on with. */
  readonly next: number;
}

function stateFile({ name }: Place): string {
  return join(values.state ?? "", `${name.replaceAll(/\W+/g, "-")}.json`);
}

function readState(place: Place): State | undefined {
  return values.state !== undefined && existsSync(stateFile(place))
    ? (JSON.parse(readFileSync(stateFile(place), "utf8")) as State)
    : undefined;
}

function writeState(place: Place, state: State): void {
  if (values.state !== undefined) writeFileSync(stateFile(place), JSON.stringify(state));
}

interface Filling {
  readonly image: InpaintImage;
  readonly looks: readonly Acquisition[];
  readonly lit: readonly Acquisition[];
  readonly forecast: Forecasted | undefined;
  readonly harmonic: Float32Array;
  readonly guide: ClearGuide;
}

function fillBy(
  method: Exclude<Method, "harmonic">,
  { image, looks, lit, forecast, harmonic, guide }: Filling,
): Float32Array {
  if (method === "CLEAR") return fillByClear(image, guide);
  if (method === "nearest" || method === "linear") return inpaint(image, lit, method).samples;
  if (method === "tec") return inpaint(image, lit, "tec", { forecast }).samples;
  if (method === "forecast alone") return inpaint(image, [], "tec", { forecast }).samples;
  const clearest = looks.toSorted((a, b) => shareOf(b.clear) - shareOf(a.clear) || Math.abs(a.days) - Math.abs(b.days));
  const others = method === "forecast, unmatched" ? [] : looks;
  const used = method === "least cloudy" ? clearest.slice(0, 1) : others;
  const guess = predict(image, used, method === "linear, unmatched" ? "linear" : "nearest", {
    forecast: method === "forecast, unmatched" ? forecast : undefined,
  });
  const pixels = image.width * image.height;
  return image.samples.map((value, i) => {
    if (image.clear[i % pixels] !== 0) return value;
    return guess.from[i % pixels] === FROM.none ? (harmonic[i] ?? 0) : (guess.samples[i] ?? 0);
  });
}

/** By the days to the nearest other date that is mostly clear. */
function gapOf(looks: readonly Acquisition[]): string {
  const days = Math.min(...looks.filter(({ clear }) => shareOf(clear) > 0.5).map((look) => Math.abs(look.days)));
  if (days <= 15) return "gap to 15 days";
  return days <= 60 ? "gap to 60 days" : "gap over 60 days";
}
