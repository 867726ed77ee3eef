import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fromFile } from "geotiff";
import { isClear } from "../../src/core/scene-classes.js";
import { clearTruth, DEMO_DATES, openLandscapeSource } from "../../src/ingest/landscape/landscape.js";
import { isCloudOrShadow } from "../../src/tile/mosaic/cloud-detector.js";

/** One date of a place: what was seen of it, and the truth. */
export interface Dated {
  readonly days: number;
  /** Digital numbers, [bands][height][width]. */
  readonly samples: Float32Array;
  readonly clear: Uint8Array;
  /** Undefined where the date itself is cloudy, so it can't be a test. */
  readonly truth: Float32Array | undefined;
}

export interface Place {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  readonly dates: readonly Dated[];
}

/** The procedural landscape of the demo, smaller. */
export async function landscape(size: number): Promise<Place> {
  const dates: Dated[] = [];
  for (const options of DEMO_DATES) {
    const shape = { ...options, width: size, height: size };
    const source = openLandscapeSource(shape);
    const { raster, classes } = await source.read({ x: 0, y: 0, width: size, height: size });
    await source.close();
    const clear = raster.valid.map((v, i) => (v !== 0 && isClear(classes?.[i] ?? 4) ? 1 : 0));
    const truth = shareOf(clear) > 0.99 ? clearTruth(shape).samples : undefined;
    dates.push({ days: Date.parse(options.datetime) / 86_400_000, samples: raster.samples, clear, truth });
  }
  return { name: `landscape, ${size} px`, width: size, height: size, bands: 12, dates };
}

/** Twelve dates of one place, no scene classes. */
export function boadella(data: string): Promise<Place | undefined> {
  return series("eotdl_boadella", join(data, "eotdl_boadella"), {
    pattern: /\.tif$/,
    daysOf: (name) => Date.parse(/\d{4}-\d\d-\d\d/.exec(name)?.[0] ?? "") / 86_400_000,
  });
}

/** Four seasons of the place that no training saw; their dates are not told, so a quarter of a year lies between them. */
export function heldOutSeasons(data: string): Promise<Place | undefined> {
  return series("ssl4eo-s12 0121563", join(data, "ssl4eo-s12"), {
    pattern: /val_0121563_\d\.tif$/,
    daysOf: (name) => 91 * Number(/_(\d)\.tif$/.exec(name)?.[1]),
  });
}

async function series(
  name: string,
  folder: string,
  { pattern, daysOf }: { readonly pattern: RegExp; readonly daysOf: (name: string) => number },
): Promise<Place | undefined> {
  if (!existsSync(folder)) return undefined;
  const dates: Dated[] = [];
  let [width, height] = [0, 0];
  for (const file of (await readdir(folder)).filter((one) => pattern.test(one)).toSorted()) {
    const image = await read(join(folder, file));
    [width, height] = [image.width, image.height];
    const plane = (k: number): Float32Array => Float32Array.from(image.planes[k] ?? []);
    const bands = { blue: plane(1), green: plane(2), red: plane(3), nir: plane(7), swir: plane(10) };
    const clear = Uint8Array.from({ length: width * height }, (_, i) => (isCloudOrShadow(bands, i) ? 0 : 1));
    const samples = new Float32Array(12 * width * height);
    for (let b = 0; b < 12; b++) samples.set(plane(b), b * width * height);
    dates.push({ days: daysOf(file), samples, clear, truth: shareOf(clear) > 0.85 ? samples : undefined });
    console.log(`${file}: ${(100 * shareOf(clear)).toFixed(1)} % clear`);
  }
  return { name, width, height, bands: 12, dates };
}

/** A cloud mask, square, 1 = clear. */
export interface CloudMask {
  readonly side: number;
  readonly clear: Uint8Array;
}

/** Masks of partly cloudy dates with clouds and shadows as SCL has them. */
export async function cloudMasks(folder: string, most: number): Promise<readonly CloudMask[]> {
  if (!existsSync(folder)) throw new Error(`${folder} is not there: real cloud shapes come from it (--data)`);
  const found: CloudMask[] = [];
  for (const name of (await readdir(folder)).filter((file) => file.startsWith("SCL_")).toSorted()) {
    const { planes, width } = await read(join(folder, name));
    const clear = Uint8Array.from(planes[0] ?? [], (code) => (isClear(code) ? 1 : 0));
    const clouds = 1 - shareOf(clear);
    if (clouds > 0.15 && clouds < 0.6) found.push({ side: width, clear });
  }
  const step = Math.max(1, Math.floor(found.length / most));
  return found.filter((_, i) => i % step === 0).slice(0, most);
}

/** A mask three times as large (so a pixel of it is 30 m), mirrored until it covers the image. */
export function coverWith({ side, clear }: CloudMask, width: number, height: number): Uint8Array {
  const at = (i: number): number => {
    const p = Math.floor(i / 3) % (2 * side);
    return p < side ? p : 2 * side - 1 - p;
  };
  return Uint8Array.from(
    { length: width * height },
    (_, i) => clear[at(Math.floor(i / width)) * side + at(i % width)] ?? 1,
  );
}

/** Mean of a mask. */
export function shareOf(clear: Uint8Array): number {
  return clear.reduce((sum, c) => sum + c, 0) / clear.length;
}

async function read(path: string): Promise<{ planes: readonly ArrayLike<number>[]; width: number; height: number }> {
  const tiff = await fromFile(path);
  const image = await tiff.getImage();
  const rasters = await image.readRasters();
  tiff.close();
  const planes = Array.from({ length: image.getSamplesPerPixel() }, (_, k) => rasters[k] as ArrayLike<number>);
  return { planes, width: image.getWidth(), height: image.getHeight() };
}
