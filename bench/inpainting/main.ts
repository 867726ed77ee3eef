// How near inpainted pixels come to the truth: real cloud shapes put on clear dates of a real series and of the procedural landscape.
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fromFile } from "geotiff";
import { isClear } from "../../src/core/scene-classes.js";
import { clearTruth, DEMO_DATES, openLandscapeSource } from "../../src/ingest/landscape.js";
import { inpaint, type InpaintImage, type Look } from "../../src/tile/inpaint/inpaint.js";
import { predict } from "../../src/tile/inpaint/predict.js";
import { isCloudOrShadow } from "../../src/tile/mosaic/cloud-detector.js";
import { ROOT } from "../support/report.js";
import { addErrors, createScore, HoleClasses, rimGradient, table, type Score } from "./score.js";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: join(ROOT, "../shared/data") },
    masks: { type: "string", default: "12" },
    size: { type: "string", default: "384" },
  },
});

/** One date of a place: the truth, and what may be used of it as another date's support. */
interface Dated {
  readonly days: number;
  readonly samples: Float32Array;
  readonly clear: Uint8Array;
  /** Undefined where the date itself is cloudy, so it can't be a test. */
  readonly truth: Float32Array | undefined;
}

interface Place {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  readonly dates: readonly Dated[];
}

const METHODS = ["least cloudy", "mosaic", "linear, unmatched", "nearest", "linear", "harmonic"] as const;
type Method = (typeof METHODS)[number];

const masks = await cloudMasks(join(values.data, "nrt_romania"), Number(values.masks));
measure(await landscape(Number(values.size)));
const real = await boadella(join(values.data, "eotdl_boadella"));
if (real !== undefined) measure(real);

function measure(place: Place): void {
  const scores = new Map<string, Score>();
  const score = (method: Method, group: string): Score => {
    const key = `${group}|${method}`;
    const found = scores.get(key) ?? createScore();
    scores.set(key, found);
    return found;
  };
  const rims = new Map<Method, number[]>();
  const tests = place.dates.filter((date) => date.truth !== undefined);
  let m = 0;
  for (const date of tests) {
    for (let k = 0; k < 3; k++) {
      const mask = masks[m++ % Math.max(1, masks.length)];
      if (mask === undefined || date.truth === undefined) continue;
      const { width, height, bands } = place;
      const clear = tile(mask, width, height);
      const image: InpaintImage = {
        width,
        height,
        bands,
        clear,
        reach: new Uint8Array(width * height).fill(1),
        samples: date.truth.map((value, i) => (clear[i % (width * height)] === 0 ? 9000 : value)),
      };
      const looks: Look[] = place.dates
        .filter((other) => other !== date)
        .map((other) => ({ samples: other.samples, clear: other.clear, days: other.days - date.days }));
      const holes = new HoleClasses(clear, width);
      const gap = gapOf(looks);
      for (const method of METHODS) {
        const filled = fillBy(method, image, looks);
        const { truth } = date;
        addErrors(score(method, "all"), { filled, truth, place, inside: (i) => clear[i] === 0 });
        addErrors(score(method, gap), { filled, truth, place, inside: (i) => clear[i] === 0 });
        for (const size of ["small", "medium", "large"] as const)
          addErrors(score(method, size), { filled, truth, place, inside: (i) => holes.sizeOf(i) === size });
        rims.set(method, [...(rims.get(method) ?? []), rimGradient(filled, clear, place)]);
      }
    }
  }
  console.log(`\n${place.name}: ${tests.length} clear dates, ${m} masks`);
  table(scores, METHODS, rims);
}

function fillBy(method: Method, image: InpaintImage, looks: readonly Look[]): Float32Array {
  if (method === "nearest" || method === "linear" || method === "harmonic")
    return inpaint(image, looks, method).samples;
  const clearest = looks.toSorted((a, b) => share(b.clear) - share(a.clear) || Math.abs(a.days) - Math.abs(b.days));
  const used = method === "least cloudy" ? clearest.slice(0, 1) : looks;
  const guess = predict(image, used, method === "linear, unmatched" ? "linear" : "nearest");
  const pixels = image.width * image.height;
  const harmonic = inpaint(image, [], "harmonic").samples;
  return image.samples.map((value, i) => {
    if (image.clear[i % pixels] !== 0) return value;
    return guess.looks[i % pixels] === 0 ? (harmonic[i] ?? 0) : (guess.samples[i] ?? 0);
  });
}

function share(clear: Uint8Array): number {
  return clear.reduce((sum, c) => sum + c, 0) / clear.length;
}

/** By the days to the nearest other date that is mostly clear. */
function gapOf(looks: readonly Look[]): string {
  const days = Math.min(...looks.filter(({ clear }) => share(clear) > 0.5).map((look) => Math.abs(look.days)));
  if (days <= 15) return "gap to 15 days";
  return days <= 60 ? "gap to 60 days" : "gap over 60 days";
}

/** Masks of partly cloudy dates, 1 = clear, with clouds and shadows as SCL has them. */
async function cloudMasks(folder: string, most: number): Promise<readonly { side: number; clear: Uint8Array }[]> {
  if (!existsSync(folder)) throw new Error(`${folder} is not there: real cloud shapes come from it (--data)`);
  const found: { side: number; clear: Uint8Array }[] = [];
  for (const name of (await readdir(folder)).filter((file) => file.startsWith("SCL_")).toSorted()) {
    const { planes, width } = await read(join(folder, name));
    const clear = Uint8Array.from(planes[0] ?? [], (code) => (isClear(code) ? 1 : 0));
    const clouds = 1 - share(clear);
    if (clouds > 0.15 && clouds < 0.6) found.push({ side: width, clear });
  }
  const step = Math.max(1, Math.floor(found.length / most));
  return found.filter((_, i) => i % step === 0).slice(0, most);
}

/** A mask three times as large (so a pixel of it is 30 m), mirrored until it covers the image. */
function tile({ side, clear }: { side: number; clear: Uint8Array }, width: number, height: number): Uint8Array {
  const at = (i: number): number => {
    const p = Math.floor(i / 3) % (2 * side);
    return p < side ? p : 2 * side - 1 - p;
  };
  return Uint8Array.from(
    { length: width * height },
    (_, i) => clear[at(Math.floor(i / width)) * side + at(i % width)] ?? 1,
  );
}

async function read(path: string): Promise<{ planes: readonly ArrayLike<number>[]; width: number; height: number }> {
  const tiff = await fromFile(path);
  const image = await tiff.getImage();
  const rasters = await image.readRasters();
  tiff.close();
  const planes = Array.from({ length: image.getSamplesPerPixel() }, (_, k) => rasters[k] as ArrayLike<number>);
  return { planes, width: image.getWidth(), height: image.getHeight() };
}

async function landscape(size: number): Promise<Place> {
  const dates: Dated[] = [];
  for (const options of DEMO_DATES) {
    const shape = { ...options, width: size, height: size };
    const source = openLandscapeSource(shape);
    const { raster, classes } = await source.read({ x: 0, y: 0, width: size, height: size });
    await source.close();
    const clear = raster.valid.map((v, i) => (v !== 0 && isClear(classes?.[i] ?? 4) ? 1 : 0));
    const truth = share(clear) > 0.99 ? clearTruth(shape).samples : undefined;
    dates.push({ days: Date.parse(options.datetime) / 86_400_000, samples: raster.samples, clear, truth });
  }
  return { name: `landscape, ${size} px`, width: size, height: size, bands: 12, dates };
}

async function boadella(folder: string): Promise<Place | undefined> {
  if (!existsSync(folder)) return undefined;
  const dates: Dated[] = [];
  let [width, height] = [0, 0];
  for (const name of (await readdir(folder)).filter((file) => file.endsWith(".tif")).toSorted()) {
    const image = await read(join(folder, name));
    [width, height] = [image.width, image.height];
    const plane = (k: number): Float32Array => Float32Array.from(image.planes[k] ?? []);
    const bands = { blue: plane(1), green: plane(2), red: plane(3), nir: plane(7), swir: plane(10) };
    const clear = Uint8Array.from({ length: width * height }, (_, i) => (isCloudOrShadow(bands, i) ? 0 : 1));
    const samples = new Float32Array(12 * width * height);
    for (let b = 0; b < 12; b++) samples.set(plane(b), b * width * height);
    const date = /\d{4}-\d\d-\d\d/.exec(name)?.[0] ?? "";
    dates.push({
      days: Date.parse(date) / 86_400_000,
      samples,
      clear,
      truth: share(clear) > 0.85 ? samples : undefined,
    });
    console.log(`${name}: ${(100 * share(clear)).toFixed(1)} % clear`);
  }
  return { name: "eotdl_boadella", width, height, bands: 12, dates };
}
