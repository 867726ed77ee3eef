import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fromFile } from "geotiff";
import { z } from "zod";

/** Side of the images that are scored, pixels of 10 m: the middle of each file. */
export const ALLCLEAR_PX = 256;
/** Sentinel-2 L1C: B1 to B8, B8A, B9, B10, B11, B12. */
export const ALLCLEAR_BANDS = 13;
/** Of cld_shdw, from 0: clouds (s2cloudless above 30 %) and shadows (dark pixels, threshold 0.30). */
const HIDING = [1, 4];

const files = z.array(z.tuple([z.string(), z.string()]));
const datasetSchema = z.record(
  z.string(),
  z.looseObject({ roi: z.tuple([z.string(), z.unknown()]), s2_toa: files.min(1), target: files.min(1) }),
);

/** One test of AllClear: times and files, paths as published. */
export interface AllClearRecord {
  readonly id: string;
  readonly inputs: readonly (readonly [time: string, path: string])[];
  readonly target: readonly [time: string, path: string];
}

/** One date: reflectance x 10000, clipped to 0..10000, [13][256][256], and 1 where neither cloud nor shadow is marked. */
export interface AllClearImage {
  readonly days: number;
  readonly samples: Float32Array;
  readonly clear: Uint8Array;
}

export interface AllClearSample {
  readonly id: string;
  readonly inputs: readonly AllClearImage[];
  readonly target: AllClearImage;
}

/**
 * The tests that a metadata file lists (`metadata/datasets/test_tx3_s2-s1_100pct_1proi.json` and its like).
 *
 * @throws Error naming the first thing that isn't as published.
 */
export async function readAllClearRecords(path: string): Promise<readonly AllClearRecord[]> {
  const parsed = datasetSchema.safeParse(JSON.parse(await readFile(path, "utf8")));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${path} isn't a dataset of AllClear: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  return Object.entries(parsed.data).flatMap(
    ([
      id,
      {
        s2_toa: inputs,
        target: [target],
      },
    ]) => (target === undefined ? [] : [{ id, inputs: inputs.toSorted(([a], [b]) => a.localeCompare(b)), target }]),
  );
}

/** The files that a test needs, images and masks, where `data` is the folder that download.py fills. */
export function filesOf({ inputs, target }: AllClearRecord, data: string): readonly string[] {
  return [...inputs, target].flatMap(([, path]) => [localPath(path, data), maskOf(localPath(path, data))]);
}

export async function readAllClearSample(record: AllClearRecord, data: string): Promise<AllClearSample> {
  const read = ([time, path]: readonly [string, string]): Promise<AllClearImage> =>
    readImage(time, localPath(path, data));
  return { id: record.id, inputs: await Promise.all(record.inputs.map(read)), target: await read(record.target) };
}

/** Published paths are those of the authors' cluster; what comes from `roi...` on is the same everywhere. */
function localPath(path: string, data: string): string {
  return existsSync(path) ? path : join(data, /roi\d+\/.*$/.exec(path)?.[0] ?? path);
}

const maskOf = (path: string): string => path.replaceAll("s2_toa", "cld_shdw");

async function readImage(time: string, path: string): Promise<AllClearImage> {
  const [bands, masks] = [await readMiddle(path), await readMiddle(maskOf(path))];
  if (bands.length !== ALLCLEAR_BANDS) throw new Error(`${path} has ${bands.length} bands; ${ALLCLEAR_BANDS} wanted`);
  const pixels = ALLCLEAR_PX ** 2;
  const samples = new Float32Array(ALLCLEAR_BANDS * pixels);
  bands.forEach((band, b) => {
    for (let i = 0; i < pixels; i++) samples[b * pixels + i] = clip(band[i] ?? Number.NaN);
  });
  // Unknown (NaN) counts as hidden.
  const clear = Uint8Array.from({ length: pixels }, (_, i) => (HIDING.every((k) => masks[k]?.[i] === 0) ? 1 : 0));
  return { days: Date.parse(`${time.replace(" ", "T")}Z`) / 86_400_000, samples, clear };
}

const clip = (value: number): number => (Number.isNaN(value) ? 0 : Math.min(10_000, Math.max(0, value)));

async function readMiddle(path: string): Promise<readonly ArrayLike<number>[]> {
  const tiff = await fromFile(path);
  try {
    const image = await tiff.getImage();
    const [left, top] = [image.getWidth(), image.getHeight()].map((side) => Math.floor(side / 2) - ALLCLEAR_PX / 2) as [
      number,
      number,
    ];
    if (left < 0 || top < 0) {
      throw new Error(
        `${path} is ${image.getWidth()} x ${image.getHeight()} pixels; at least ${ALLCLEAR_PX} a side wanted`,
      );
    }
    const rasters = await image.readRasters({ window: [left, top, left + ALLCLEAR_PX, top + ALLCLEAR_PX] });
    return Array.from({ length: image.getSamplesPerPixel() }, (_, k) => rasters[k] as ArrayLike<number>);
  } finally {
    await tiff.close();
  }
}
