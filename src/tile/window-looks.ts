import type { PixelWindow } from "../core/raster.js";
import { isClear } from "../core/scene-classes.js";
import { isCloudOrShadow, type DetectorBands } from "./mosaic/cloud-detector.js";
import type { LookRule } from "./mosaic/mosaic-spec.js";
import type { MaskPieces } from "./pixel-tasks.js";
import { windowMask } from "./window-mask.js";

/** Masks and scene classes of the chunks around a window. */
export interface LookPieces {
  readonly masks: MaskPieces;
  /** In the masks' layout; undefined where a chunk has none. */
  readonly classes: readonly (Uint8Array | undefined)[];
}

/** SCL has 12 codes in 4 bits; this stands for "not told". */
const UNKNOWN = 255;
const CHUNK_PX = 256;

/**
 * Which pixels of a window count, [height][width]; "all" where every one does.
 *
 * With "clear", pixels whose scene class says cloud, shadow or nothing are out; where no class is known `bands` (digital numbers of
 * the same window) are asked, and without them such pixels count.
 */
export function windowLooks(
  { masks, classes }: LookPieces,
  window: PixelWindow,
  { look, bands }: { readonly look: LookRule; readonly bands?: DetectorBands | undefined },
): Uint8Array | "all" {
  const valid = windowMask(masks, window);
  if (look === "valid") return valid;
  const counts = valid === "all" ? new Uint8Array(window.width * window.height).fill(1) : valid;
  const codes = windowClasses({ masks, classes }, window);
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] === 0) continue;
    const code = codes[i] ?? UNKNOWN;
    if (code === UNKNOWN ? bands !== undefined && isCloudOrShadow(bands, i) : !isClear(code)) counts[i] = 0;
  }
  return counts;
}

/** True where some chunk that is not empty has no scene classes: only its bands can tell clouds. */
export function needsDetector({ masks, classes }: LookPieces): boolean {
  return masks.chunks.some((chunk, i) => chunk.valid !== "none" && classes[i] === undefined);
}

function windowClasses({ masks, classes }: LookPieces, window: PixelWindow): Uint8Array {
  const codes = new Uint8Array(window.width * window.height).fill(UNKNOWN);
  masks.chunks.forEach((chunk, i) => {
    const from = classes[i];
    if (from === undefined) return;
    const left = masks.x + (i % masks.chunkColumns) * CHUNK_PX;
    const top = masks.y + Math.floor(i / masks.chunkColumns) * CHUNK_PX;
    const [x0, x1] = [Math.max(left, window.x), Math.min(left + chunk.width, window.x + window.width)];
    if (x1 <= x0) return;
    for (let y = Math.max(top, window.y); y < Math.min(top + chunk.height, window.y + window.height); y++) {
      const source = (y - top) * chunk.width - left;
      codes.set(from.subarray(source + x0, source + x1), (y - window.y) * window.width - window.x + x0);
    }
  });
  return codes;
}
