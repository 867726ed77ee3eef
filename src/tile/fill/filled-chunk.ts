import type { BandName } from "../../core/bands.js";
import type { PixelWindow } from "../../core/raster.js";

/** What is inferred in one chunk of an item's own grid and level; where nothing is, it is empty (width 0). */
export interface FilledChunk {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly bands: readonly BandName[];
  /** Digital numbers, [bands][height][width]; those of seen pixels mean nothing. On shared memory, as all of these. */
  readonly samples: Uint16Array;
  /** 1 + index into FILL_METHODS, 0 = seen or not known. */
  readonly by: Uint8Array;
  /** Indices into `dates` of the one or two that each inferred pixel is made of, 255 where there is none. */
  readonly nearest: Uint8Array;
  readonly opposite: Uint8Array;
  /** Expected error, digital numbers; UNKNOWN_ERROR where unknown, 0 where nothing is inferred. */
  readonly errors: Uint16Array;
  /** Of the references: days, YYYY-MM-DD. */
  readonly dates: readonly string[];
}

export const UNKNOWN_ERROR = 65_535;

export const NOTHING_FILLED: FilledChunk = {
  width: 0,
  height: 0,
  bands: [],
  samples: new Uint16Array(),
  by: new Uint8Array(),
  nearest: new Uint8Array(),
  opposite: new Uint8Array(),
  errors: new Uint16Array(),
  dates: [],
};

/** Bytes of memory held. */
export function bytesOfFilled({ samples, by, nearest, opposite, errors }: FilledChunk): number {
  return samples.byteLength + by.byteLength + nearest.byteLength + opposite.byteLength + errors.byteLength + 1024;
}

/** Calls `put` for each inferred pixel of a chunk that lies in a window, with its index there and in the chunk, which begins at `x`, `y` of the same grid. */
export function eachInferred(
  { width, height, by }: FilledChunk,
  { x, y }: Pick<PixelWindow, "x" | "y">,
  window: PixelWindow,
  put: (to: number, from: number) => void,
): void {
  for (let r = Math.max(y, window.y); r < Math.min(y + height, window.y + window.height); r++) {
    for (let c = Math.max(x, window.x); c < Math.min(x + width, window.x + window.width); c++) {
      const from = (r - y) * width + c - x;
      if (by[from] !== 0) put((r - window.y) * window.width + c - window.x, from);
    }
  }
}
