import type { PixelWindow } from "../../core/raster.js";
import type { WorkerPool } from "../../core/worker-pool.js";
import { STATE } from "../../ingest/clouds/classify.js";
import { BYTES_A_PIXEL, REACH_M, type SeriesBlock } from "../../ingest/clouds/detect.js";
import { SERIES_BANDS } from "../../ingest/clouds/predict.js";
import { createStateStore, type StateStore } from "../../ingest/clouds/state-store.js";
import type { OpenContainer } from "../../tile/chunk-reader.js";
import type { WindowDecoder } from "../../tile/decode-window.js";
import { isCloudOrShadow } from "../../tile/mosaic/cloud-detector.js";
import { readDates, type DateWindow } from "./read-dates.js";

/** All dates of one grid, in order of time. */
export interface GridSeries {
  /** Level that clouds are told at, its size, and the side of its pixels in metres. */
  readonly level: number;
  readonly width: number;
  readonly height: number;
  readonly pixelM: number;
  readonly dates: readonly { readonly container: OpenContainer; readonly day: number }[];
}

/** What telling clouds takes. */
export interface StatesUse extends WindowDecoder {
  readonly clouds: WorkerPool<SeriesBlock, readonly Uint8Array[]>;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Bytes of a block of all dates: what a series takes at most, each thread. */
const BLOCK_BYTES = 256 * 2 ** 20;
/** Sides of blocks, pixels. */
const SIDES = [512, 256, 128, 64] as const;

/** Tells clouds of a whole series, block by block, side by side on threads. A date without scene classes is judged alone where time tells nothing. */
export async function findStates(series: GridSeries, use: StatesUse): Promise<StateStore> {
  const store = createStateStore(series.width, series.height);
  const blocks = blocksOf(series);
  let done = 0;
  const next = blocks.values();
  const work = async (): Promise<void> => {
    for (const { core, around } of next) {
      use.signal?.throwIfAborted();
      const dates = await readDates(series.dates, { level: series.level, window: around }, use, use.signal);
      const { width, height } = around;
      const states = await use.clouds.run({ width, height, pixelM: series.pixelM, dates }, { signal: use.signal });
      dates.forEach((date, t) => {
        const all = aloneWhereUnknown(states[t] ?? new Uint8Array(width * height).fill(STATE.unknown), date);
        store.put(t, core, cut(all, around, core));
      });
      use.onProgress?.(++done, blocks.length);
    }
  };
  await Promise.all(Array.from({ length: use.clouds.size }, work));
  return store;
}

/** Blocks as large as memory allows, each with what the rules look at around it. */
function blocksOf({ width, height, pixelM, dates }: GridSeries): readonly { core: PixelWindow; around: PixelWindow }[] {
  const reach = Math.ceil(REACH_M / pixelM);
  const side =
    SIDES.find((px) => {
      const [w, h] = [Math.min(width, px + 2 * reach), Math.min(height, px + 2 * reach)];
      return dates.length * BYTES_A_PIXEL * w * h <= BLOCK_BYTES;
    }) ?? SIDES[3];
  const blocks: { core: PixelWindow; around: PixelWindow }[] = [];
  for (let y = 0; y < height; y += side) {
    for (let x = 0; x < width; x += side) {
      const core = { x, y, width: Math.min(side, width - x), height: Math.min(side, height - y) };
      const [left, top] = [Math.max(0, x - reach), Math.max(0, y - reach)];
      const [right, bottom] = [Math.min(width, x + core.width + reach), Math.min(height, y + core.height + reach)];
      blocks.push({ core, around: { x: left, y: top, width: right - left, height: bottom - top } });
    }
  }
  return blocks;
}

function aloneWhereUnknown(states: Uint8Array, { samples, valid, hasClasses }: DateWindow): Uint8Array {
  if (hasClasses) return states;
  const pixels = valid.length;
  const [blue, green, red, nir, swir] = SERIES_BANDS.map((_, b) =>
    Float32Array.from(samples.subarray(b * pixels, (b + 1) * pixels)),
  );
  if (!blue || !green || !red || !nir || !swir) return states;
  const bands = { blue, green, red, nir, swir };
  return states.map((state, p) => {
    if (state !== STATE.unknown || valid[p] === 0) return state;
    return isCloudOrShadow(bands, p) ? STATE.cloud : STATE.clear;
  });
}

function cut(plane: Uint8Array, from: PixelWindow, to: PixelWindow): Uint8Array {
  const out = new Uint8Array(to.width * to.height);
  for (let r = 0; r < to.height; r++) {
    const at = (to.y - from.y + r) * from.width + to.x - from.x;
    out.set(plane.subarray(at, at + to.width), r * to.width);
  }
  return out;
}
