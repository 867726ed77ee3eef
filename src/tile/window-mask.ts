import { CHUNK_PX } from "../core/geometry.js";
import type { PixelWindow } from "../core/raster.js";
import type { MaskPieces } from "./pixel-tasks.js";

/** Which pixels of a window are valid, [height][width], 1 = valid; "all" where every one is. */
export function windowMask(pieces: MaskPieces, window: PixelWindow): Uint8Array | "all" {
  if (isAllValid(pieces, window)) return "all";
  const valid = new Uint8Array(window.width * window.height);
  pieces.chunks.forEach((chunk, i) => {
    if (chunk.valid === "none") return;
    const left = pieces.x + (i % pieces.chunkColumns) * CHUNK_PX;
    const top = pieces.y + Math.floor(i / pieces.chunkColumns) * CHUNK_PX;
    const [x0, x1] = [Math.max(left, window.x), Math.min(left + chunk.width, window.x + window.width)];
    if (x1 <= x0) return;
    for (let y = Math.max(top, window.y); y < Math.min(top + chunk.height, window.y + window.height); y++) {
      const target = (y - window.y) * window.width - window.x;
      const source = (y - top) * chunk.width - left;
      if (chunk.valid === "all") valid.fill(1, target + x0, target + x1);
      else valid.set(chunk.valid.subarray(source + x0, source + x1), target + x0);
    }
  });
  return valid;
}

/** True when the window lies inside the chunks and all of those it touches are valid everywhere. */
function isAllValid(pieces: MaskPieces, window: PixelWindow): boolean {
  let covered = 0;
  for (const [i, chunk] of pieces.chunks.entries()) {
    const left = pieces.x + (i % pieces.chunkColumns) * CHUNK_PX;
    const top = pieces.y + Math.floor(i / pieces.chunkColumns) * CHUNK_PX;
    const width = Math.min(left + chunk.width, window.x + window.width) - Math.max(left, window.x);
    const height = Math.min(top + chunk.height, window.y + window.height) - Math.max(top, window.y);
    if (width <= 0 || height <= 0) continue;
    if (chunk.valid !== "all") return false;
    covered += width * height;
  }
  return covered === window.width * window.height;
}
