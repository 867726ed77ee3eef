import { mkdir } from "node:fs/promises";
import { BAND_RESOLUTION_M, BANDS } from "../../src/core/bands.js";
import { bandPlanes } from "./geotiff-fixture.js";
import { sceneTiff, sceneValue } from "./scene.js";
import { runCli, type Workspace } from "./workspace.js";

/** Of the images, pixels: two chunks across, edges that are no whole positions. */
export const SIZE = { width: 300, height: 200 } as const;

const CLOUD = 9;
const SHADOW = 3;
const VEGETATION = 4;
const NOTHING = 0;

/** Scene class of a pixel on the k-th date: bands of cloud and shadow that wander, a hole, and a corner that is never clear. */
export function classAt(k: number, row: number, column: number): number {
  if (k === 1 && row > 150 && column < 60) return NOTHING;
  if (row < 20 && column > 270) return CLOUD;
  const at = (column + 2 * row + 130 * k) % 400;
  return at < 110 ? CLOUD : at < 140 ? SHADOW : VEGETATION;
}

/** Another year or month, another light. */
function valueAt(k: number, band: number, row: number, column: number): number {
  const code = classAt(k, row, column);
  if (code === NOTHING) return 0;
  if (code === CLOUD) return 7000 + band;
  const ground = Math.max(1, Math.round(sceneValue(band, row, column) * (1 + 0.07 * Math.sin(2 * k + band))));
  return code === SHADOW ? Math.round(ground / 3) : ground;
}

/** Pixels of 10 m in one of a band's own. */
export const nativeFactor = (band: number): number => BAND_RESOLUTION_M[BANDS[band] ?? "B02"] / 10;

/** Writes a GeoTIFF of each date (YYYY-MM-DD) into a folder, the date's number as it counts in `all`; `east` moves the grid, metres; native bands repeat pixels of 20 and 60 m. */
export async function writeMosaicDates(
  files: Workspace,
  folder: string,
  dates: readonly string[],
  {
    all = dates,
    east = 0,
    isNative = false,
  }: { readonly all?: readonly string[]; readonly east?: number; readonly isNative?: boolean } = {},
): Promise<void> {
  await mkdir(files.path(folder), { recursive: true });
  const { width, height } = SIZE;
  for (const date of dates) {
    const k = all.indexOf(date);
    const planes = bandPlanes(width, height, (b, r, c) => {
      const factor = isNative ? nativeFactor(b) : 1;
      return valueAt(k, b, r - (r % factor), c - (c % factor));
    });
    const scl = Array.from({ length: width * height }, (_, i) => classAt(k, Math.floor(i / width), i % width));
    const tiff = sceneTiff(width, height, {
      planes: [...planes, scl],
      descriptions: [...BANDS, "SCL"],
      transform: [10, 0, 500_000 + east, 0, -10, 4_700_000],
    });
    await files.write(`${folder}/place${east === 0 ? "" : `-${east}`}_${date}.tif`, tiff);
  }
}

/** Ingests a folder into a collection, quickly. */
export async function ingestFolder(files: Workspace, folder: string, catalog: string): Promise<void> {
  const args = [
    "ingest",
    files.path(folder),
    "--catalog",
    catalog,
    "--collection",
    "place",
    "--quality",
    "1",
    "--masks",
    "given",
  ];
  const run = await runCli(args);
  if (run.code !== 0) throw new Error(run.stderr);
}
