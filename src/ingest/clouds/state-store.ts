import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { PixelWindow } from "../../core/raster.js";

/** What was found for every date of a series, window by window, until it is written: deflated, some 1 to 3 % of a byte a pixel. */
export interface StateStore {
  put(date: number, window: PixelWindow, states: Uint8Array): void;
  /** All of a date, [height][width]; 1 byte a pixel. */
  read(date: number): Uint8Array;
}

export function createStateStore(width: number, height: number): StateStore {
  const dates = new Map<number, { readonly window: PixelWindow; readonly packed: Uint8Array }[]>();
  return {
    put(date, window, states) {
      const kept = dates.get(date) ?? [];
      kept.push({ window, packed: deflateRawSync(states) });
      dates.set(date, kept);
    },
    read(date) {
      const out = new Uint8Array(width * height);
      for (const { window, packed } of dates.get(date) ?? []) {
        const states = inflateRawSync(packed);
        for (let r = 0; r < window.height; r++)
          out.set(states.subarray(r * window.width, (r + 1) * window.width), (window.y + r) * width + window.x);
      }
      return out;
    },
  };
}
