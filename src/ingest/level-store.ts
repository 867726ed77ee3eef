import { BANDS } from "../core/bands.js";
import type { PixelWindow } from "../core/raster.js";
import { emptyRaster } from "./block.js";
import type { SourceBlock } from "./source.js";

/**
 * One level's pixels in memory, written and read window by window: digital numbers as int16 (24 bytes a pixel), validity, and SCL codes and
 * provenance where there are any. Rows lie in strips, made when they are first written and given up when nothing will read them any more.
 */
export interface LevelStore {
  readonly width: number;
  readonly height: number;
  write(x: number, y: number, block: SourceBlock): void;
  /** @throws RangeError for rows that were given up or not written. */
  read(window: PixelWindow): SourceBlock;
  /** Gives up the strips that lie above a row whole. */
  dropAbove(y: number): void;
}

/** What a level's pixels have beside their numbers. */
export interface LevelPlanes {
  readonly classes: boolean;
  readonly provenance: boolean;
}

/** Rows. */
const STRIP = 256;

interface Strip {
  /** [row][band][column]. */
  readonly samples: Int16Array;
  readonly valid: Uint8Array;
  readonly classes: Uint8Array | undefined;
  readonly provenance: Uint8Array | undefined;
}

export function createLevelStore(width: number, height: number, has: LevelPlanes): LevelStore {
  const strips = new Map<number, Strip>();
  const newStrip = (index: number): Strip => {
    const pixels = width * Math.min(STRIP, height - index * STRIP);
    return {
      samples: new Int16Array(BANDS.length * pixels),
      valid: new Uint8Array(pixels),
      classes: has.classes ? new Uint8Array(pixels) : undefined,
      provenance: has.provenance ? new Uint8Array(pixels) : undefined,
    };
  };

  return {
    width,
    height,
    write(x, y, { raster, classes, provenance }) {
      const [w, h] = [Math.min(raster.width, width - x), Math.min(raster.height, height - y)];
      for (let r = 0; r < h; r++) {
        const index = Math.floor((y + r) / STRIP);
        const strip = strips.get(index) ?? newStrip(index);
        strips.set(index, strip);
        const [row, from] = [(y + r) % STRIP, r * raster.width];
        for (let b = 0; b < BANDS.length; b++) {
          const [s, t] = [b * raster.width * raster.height + from, (row * BANDS.length + b) * width + x];
          putRounded(raster.samples.subarray(s, s + w), strip.samples.subarray(t, t + w));
        }
        const put = (source: Uint8Array | undefined, target: Uint8Array | undefined): void => {
          if (source !== undefined) target?.set(source.subarray(from, from + w), row * width + x);
        };
        put(raster.valid, strip.valid);
        put(classes, strip.classes);
        put(provenance, strip.provenance);
      }
    },
    read({ x, y, width: w, height: h }) {
      const plane = (): Uint8Array => new Uint8Array(w * h);
      const raster = emptyRaster({ width: w, height: h }, plane());
      const [classes, provenance] = [has.classes ? plane() : undefined, has.provenance ? plane() : undefined];
      for (let r = 0; r < h; r++) {
        const strip = strips.get(Math.floor((y + r) / STRIP));
        if (strip === undefined) throw new RangeError(`row ${y + r} of ${height} is not in memory`);
        const row = (y + r) % STRIP;
        for (let b = 0; b < BANDS.length; b++) {
          const from = (row * BANDS.length + b) * width + x;
          raster.samples.set(strip.samples.subarray(from, from + w), (b * h + r) * w);
        }
        const take = (source: Uint8Array | undefined, target: Uint8Array | undefined): void => {
          if (source !== undefined) target?.set(source.subarray(row * width + x, row * width + x + w), r * w);
        };
        take(strip.valid, raster.valid);
        take(strip.classes, classes);
        take(strip.provenance, provenance);
      }
      return { raster, classes, provenance };
    },
    dropAbove(y) {
      for (const index of strips.keys()) if ((index + 1) * STRIP <= y) strips.delete(index);
    },
  };
}

function putRounded(from: Float32Array, to: Int16Array): void {
  for (let i = 0; i < to.length; i++) {
    const value = from[i] ?? 0;
    to[i] = value > 32767 ? 32767 : value < -32768 ? -32768 : Math.floor(value + 0.5);
  }
}
