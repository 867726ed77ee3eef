import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fromFile } from "geotiff";
import { isClear } from "../../src/core/scene-classes.js";
import type { SeriesBlock } from "../../src/ingest/clouds/detect.js";

/** A series of ../shared/data. */
export interface Place {
  readonly name: string;
  readonly folder: string;
  /** Of blue, green, red, near and short-wave infrared among the file's samples. */
  readonly samples: readonly [number, number, number, number, number];
  readonly labelName: string;
  /** The file of a date's labels, and the label of a number: 1 hidden, 0 clear, 2 not told. */
  readonly label: { readonly file: (name: string) => string; readonly of: (code: number) => number };
}

const ofScl = (code: number): number => (code < 2 || code > 11 ? 2 : isClear(code) ? 0 : 1);

export const PLACES: readonly Place[] = [
  {
    name: "nrt_romania",
    folder: "nrt_romania",
    samples: [0, 1, 2, 3, 5],
    labelName: "SCL",
    label: { file: (name) => `SCL_${name}`, of: ofScl },
  },
  {
    name: "worldcereal_ts",
    folder: "worldcereal_ts/0000280849BAC91C",
    samples: [0, 1, 2, 6, 8],
    labelName: "SCL",
    label: { file: (name) => `SCL_${name}`, of: ofScl },
  },
  {
    name: "biomassters",
    folder: "biomassters_0060c0a5",
    samples: [0, 1, 2, 6, 8],
    labelName: "cloud probability >= 40 %",
    label: { file: (name) => name.replace(".tif", "_CLP.tif"), of: (code) => (code > 100 ? 2 : Number(code >= 40)) },
  },
];

export interface Series {
  readonly block: SeriesBlock;
  /** 2019-06-25; of biomassters, a month of a year that is hidden. */
  readonly days: readonly string[];
  readonly labels: readonly Uint8Array[] | undefined;
}

export async function readSeries(data: string, { folder, samples, label }: Place): Promise<Series> {
  const path = join(data, folder);
  const names = (await readdir(path)).filter((name) => name.endsWith(".tif") && !/^SCL_|_CLP/.test(name));
  const dated = names.map((name) => ({ name, day: dayOf(name) })).toSorted((a, b) => (a.day < b.day ? -1 : 1));
  const read = await Promise.all(
    dated.map(async ({ name, day }) => {
      const image = await readPlanes(join(path, name), samples);
      const codes = await readPlanes(join(path, label.file(name)), [0]);
      return { day, image, label: Uint8Array.from(codes.planes[0] ?? [], label.of) };
    }),
  );
  const { width = 0, height = 0 } = read[0]?.image ?? {};
  return {
    block: {
      width,
      height,
      pixelM: 10,
      dates: read.map(({ day, image }) => ({
        day: Date.parse(day) / 86_400_000,
        samples: Int16Array.from(image.planes.flatMap((plane) => [...plane])),
        valid: new Uint8Array(width * height).fill(1),
      })),
    },
    days: read.map(({ day }) => day),
    labels: read.map((one) => one.label),
  };
}

function dayOf(name: string): string {
  const [, year, month, day] = /(\d{4})(\d\d)(\d\d)\.tif$/.exec(name) ?? [];
  return year === undefined ? `2020-${/month(\d\d)/.exec(name)?.[1] ?? "01"}-15` : `${year}-${month}-${day}`;
}

async function readPlanes(
  path: string,
  samples: readonly number[],
): Promise<{ readonly width: number; readonly height: number; readonly planes: readonly Uint16Array[] }> {
  const tiff = await fromFile(path);
  const image = await tiff.getImage();
  const rasters = await image.readRasters({ samples: [...samples] });
  tiff.close();
  return {
    width: image.getWidth(),
    height: image.getHeight(),
    planes: samples.map((_, k) => Uint16Array.from(rasters[k] as ArrayLike<number>)),
  };
}
