import { CHUNK_PX } from "../core/geometry.js";
import type { PixelWindow, Raster } from "../core/raster.js";
import { isClear } from "../core/scene-classes.js";

/** What counting needs of a block. */
interface CountedBlock {
  readonly raster: Raster | Pick<Raster, "width" | "height" | "valid">;
  readonly classes?: Uint8Array | undefined;
}

/** What an image's pixels at full resolution show, of the whole and of each chunk of 256 x 256. */
export interface ClearCounts {
  /** Adds a block; `at` tells where it lies, on chunks' edges. */
  add(at: PixelWindow, block: CountedBlock): void;
  /** 0..100. */
  validPercent(): number;
  /** Valid and neither cloud nor shadow, 0..100. */
  clearPercent(): number;
  /** The same of each chunk, row-major, whole percents rounded up: 0 is none at all. */
  chunkClearPercent(): readonly number[];
}

export function createClearCounts(width: number, height: number): ClearCounts {
  const [columns, rows] = [Math.ceil(width / CHUNK_PX), Math.ceil(height / CHUNK_PX)];
  const [valid, clear] = [new Uint32Array(columns * rows), new Uint32Array(columns * rows)];
  const share = (counts: Uint32Array): number => (100 * counts.reduce((sum, n) => sum + n, 0)) / (width * height);
  return {
    add(at, { raster, classes }) {
      for (let y = 0; y < raster.height; y++) {
        const row = Math.floor((at.y + y) / CHUNK_PX) * columns;
        for (let x = 0; x < raster.width; x++) {
          const i = y * raster.width + x;
          if (raster.valid[i] === 0) continue;
          const chunk = row + Math.floor((at.x + x) / CHUNK_PX);
          valid[chunk] = (valid[chunk] ?? 0) + 1;
          if (classes !== undefined && isClear(classes[i] ?? 0)) clear[chunk] = (clear[chunk] ?? 0) + 1;
        }
      }
    },
    validPercent: () => share(valid),
    clearPercent: () => share(clear),
    chunkClearPercent: () =>
      Array.from(clear, (count, i) => {
        const [w, h] = [
          Math.min(CHUNK_PX, width - (i % columns) * CHUNK_PX),
          Math.min(CHUNK_PX, height - Math.floor(i / columns) * CHUNK_PX),
        ];
        return Math.ceil((100 * count) / (w * h));
      }),
  };
}
