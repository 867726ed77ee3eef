import { BANDS } from "../core/bands.js";
import type { PixelWindow } from "../core/raster.js";
import { cutPlane, emptyRaster } from "./block.js";
import type { SourceBlock } from "./source.js";

/**
 * One level's pixels in memory, written window by window: digital numbers as int16 (24 bytes a pixel), validity, and SCL codes and
 * provenance where there are any.
 */
export interface LevelStore {
  readonly width: number;
  readonly height: number;
  write(x: number, y: number, block: SourceBlock): void;
  read(window: PixelWindow): SourceBlock;
}

/** What a level's pixels have beside their numbers. */
export interface LevelPlanes {
  readonly classes: boolean;
  readonly provenance: boolean;
}

export function createLevelStore(width: number, height: number, has: LevelPlanes): LevelStore {
  const plane = width * height;
  const samples = new Int16Array(BANDS.length * plane);
  const valid = new Uint8Array(plane);
  const classes = has.classes ? new Uint8Array(plane) : undefined;
  const provenance = has.provenance ? new Uint8Array(plane) : undefined;
  return {
    width,
    height,
    write(x, y, block) {
      const { raster } = block;
      const [w, h] = [Math.min(raster.width, width - x), Math.min(raster.height, height - y)];
      for (let r = 0; r < h; r++) {
        const [source, target] = [r * raster.width, (y + r) * width + x];
        for (let b = 0; b < BANDS.length; b++) {
          const [s, t] = [b * raster.width * raster.height + source, b * plane + target];
          for (let c = 0; c < w; c++) {
            const value = raster.samples[s + c] ?? 0;
            samples[t + c] = value > 32767 ? 32767 : value < -32768 ? -32768 : Math.floor(value + 0.5);
          }
        }
        valid.set(raster.valid.subarray(source, source + w), target);
        const end = source + w;
        if (block.classes !== undefined) classes?.set(block.classes.subarray(source, end), target);
        if (block.provenance !== undefined) provenance?.set(block.provenance.subarray(source, end), target);
      }
    },
    read(window) {
      const { x, y, width: w, height: h } = window;
      const mask = new Uint8Array(w * h);
      const raster = emptyRaster(window, mask);
      for (let r = 0; r < h; r++) {
        const [source, target] = [(y + r) * width + x, r * w];
        for (let b = 0; b < BANDS.length; b++) {
          const from = b * plane + source;
          raster.samples.set(samples.subarray(from, from + w), b * w * h + target);
        }
        mask.set(valid.subarray(source, source + w), target);
      }
      const cut = (from: Uint8Array | undefined): Uint8Array | undefined => from && cutPlane(from, width, window);
      return { raster, classes: cut(classes), provenance: cut(provenance) };
    },
  };
}
