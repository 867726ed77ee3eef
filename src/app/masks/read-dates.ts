import { chunkSize } from "../../container/tec-cog.js";
import { CHUNK_PX } from "../../core/geometry.js";
import { Limiter } from "../../core/limiter.js";
import type { PixelWindow } from "../../core/raster.js";
import { isClear } from "../../core/scene-classes.js";
import { SERIES_BANDS } from "../../ingest/clouds/predict.js";
import type { SeriesDate } from "../../ingest/clouds/detect.js";
import type { OpenContainer } from "../../tile/chunk-reader.js";
import { decodeWindow, rectOfPixels, type WindowDecoder } from "../../tile/decode-window.js";

/** One date's part of a window, and whether its source told what is cloud. */
export interface DateWindow extends SeriesDate {
  readonly hasClasses: boolean;
}

/** Dates decoded at once. */
const AT_ONCE = 8;

/** The same window of a level of every date, without the decoder's learned branch: five bands, validity and the classes that the source had. */
export async function readDates(
  dates: readonly { readonly container: OpenContainer; readonly day: number }[],
  { level, window }: { readonly level: number; readonly window: PixelWindow },
  decoder: WindowDecoder,
  signal?: AbortSignal,
): Promise<readonly DateWindow[]> {
  const limiter = new Limiter(AT_ONCE);
  return Promise.all(
    dates.map(({ container, day }) =>
      limiter.run(async () => {
        signal?.throwIfAborted();
        const request = { container, level, rect: rectOfPixels(window), bands: SERIES_BANDS, refine: false };
        const decoded = await decodeWindow(request, decoder, signal);
        const samples = crop(decoded.pixels, decoded.window, window);
        return { day, samples, ...(await masksOf(container, { level, window }, decoder, signal)) };
      }),
    ),
  );
}

/** [5][height][width] as int16, on shared memory. */
function crop(pixels: Float32Array, from: PixelWindow, to: PixelWindow): Int16Array {
  const out = new Int16Array(new SharedArrayBuffer(2 * SERIES_BANDS.length * to.width * to.height));
  for (let b = 0; b < SERIES_BANDS.length; b++) {
    for (let r = 0; r < to.height; r++) {
      const source = (b * from.height + to.y - from.y + r) * from.width + to.x - from.x;
      const target = (b * to.height + r) * to.width;
      for (let c = 0; c < to.width; c++)
        out[target + c] = Math.max(0, Math.min(32767, Math.round(pixels[source + c] ?? 0)));
    }
  }
  return out;
}

async function masksOf(
  container: OpenContainer,
  { level, window }: { readonly level: number; readonly window: PixelWindow },
  { reader }: Pick<WindowDecoder, "reader">,
  signal: AbortSignal | undefined,
): Promise<Pick<DateWindow, "valid" | "hidden" | "hasClasses">> {
  const pixels = window.width * window.height;
  const [valid, hidden] = [
    new Uint8Array(new SharedArrayBuffer(pixels)),
    new Uint8Array(new SharedArrayBuffer(pixels)),
  ];
  const tiles = container.cog.levels[level];
  if (tiles === undefined) throw new RangeError(`level ${level} of ${container.cog.levels.length}`);
  const hasClasses = container.cog.metadata.classes;
  for (let row = Math.floor(window.y / CHUNK_PX); row * CHUNK_PX < window.y + window.height; row++) {
    for (let column = Math.floor(window.x / CHUNK_PX); column * CHUNK_PX < window.x + window.width; column++) {
      const size = chunkSize(tiles, row, column);
      const chunk = await reader.chunk(container, level, row * tiles.chunkColumns + column, signal);
      if (chunk.valid === "none") continue;
      const [left, top] = [column * CHUNK_PX, row * CHUNK_PX];
      for (let y = Math.max(top, window.y); y < Math.min(top + size.height, window.y + window.height); y++) {
        for (let x = Math.max(left, window.x); x < Math.min(left + size.width, window.x + window.width); x++) {
          const [from, to] = [(y - top) * size.width + x - left, (y - window.y) * window.width + x - window.x];
          valid[to] = chunk.valid === "all" ? 1 : (chunk.valid[from] ?? 0);
          const code = chunk.codedClasses?.[from] ?? 0;
          hidden[to] = code !== 0 && !isClear(code) ? 1 : 0;
        }
      }
    }
  }
  return { valid, hasClasses, ...(hasClasses ? { hidden } : {}) };
}
