import { CHUNK_PX } from "../core/geometry.js";
import type { PixelWindow } from "../core/raster.js";
import { isClear } from "../core/scene-classes.js";
import { isCloudOrShadow, type DetectorBands } from "./mosaic/cloud-detector.js";
import type { ObservationRule } from "./mosaic/mosaic-spec.js";
import type { MaskPieces } from "./pixel-tasks.js";
import { windowMask } from "./window-mask.js";

/** Masks and scene classes of the chunks around a window. */
export interface ObservationPieces {
  readonly masks: MaskPieces;
  /** In the masks' layout; undefined where a chunk has none. */
  readonly classes: readonly (Uint8Array | undefined)[];
}

/** SCL has 12 codes in 4 bits; this stands for "not told". */
const UNKNOWN = 255;

/** How a window's pixels are judged. */
export interface ObservationOptions {
  readonly rule: ObservationRule;
  /** Pixels of level 0 in one of the window's. */
  readonly factor: number;
  /** Digital numbers of the window, for pixels without a scene class. */
  readonly bands?: DetectorBands | undefined;
}

/** An observation is clear when it has no cloud or shadow within this distance: scene classes are made at 20 m and miss thin rims. */
export const CLOUD_BUFFER_PX = 3;

/**
 * Which pixels of a window count, [height][width]; "all" where every one does.
 *
 * With "clear", pixels whose scene class says cloud, shadow or nothing are out, and those within 3 pixels (of level 0) of one; where no
 * class is known `bands` are asked, and without them such pixels count.
 */
export function windowObservations(
  pieces: ObservationPieces,
  window: PixelWindow,
  options: ObservationOptions,
): Uint8Array | "all" {
  const valid = windowMask(pieces.masks, window);
  if (options.rule === "valid") return valid;
  const cloudy = cloudsAround(pieces, window, options);
  if (cloudy === undefined) return valid;
  if (valid === "all") return cloudy.map((c) => 1 - c);
  return valid.map((v, i) => (cloudy[i] === 0 ? v : 0));
}

/** 1 where a cloud or shadow is near; undefined where there is none. */
function cloudsAround(
  pieces: ObservationPieces,
  window: PixelWindow,
  { factor, bands }: ObservationOptions,
): Uint8Array | undefined {
  const buffer = Math.max(1, Math.round(CLOUD_BUFFER_PX / factor));
  const around = {
    x: window.x - buffer,
    y: window.y - buffer,
    width: window.width + 2 * buffer,
    height: window.height + 2 * buffer,
  };
  const codes = windowClasses(pieces, around);
  const cloudy = new Uint8Array(codes.length);
  let any = false;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? UNKNOWN;
    // No data is the validity mask's matter: it has no buffer.
    const hides = code === UNKNOWN ? detects(bands, i, { around, window, buffer }) : code !== 0 && !isClear(code);
    if (!hides) continue;
    cloudy[i] = 1;
    any = true;
  }
  return any ? crop(dilate(cloudy, around.width, buffer), around, buffer) : undefined;
}

/** What the detector says of pixel `i` of the wider window; nothing outside the bands' own. */
function detects(
  bands: DetectorBands | undefined,
  i: number,
  { around, window, buffer }: { readonly around: PixelWindow; readonly window: PixelWindow; readonly buffer: number },
): boolean {
  if (bands === undefined) return false;
  const column = (i % around.width) - buffer;
  const row = Math.floor(i / around.width) - buffer;
  const inside = column >= 0 && row >= 0 && column < window.width && row < window.height;
  return inside && isCloudOrShadow(bands, row * window.width + column);
}

/** Spreads ones over the square of `radius` around them. */
function dilate(mask: Uint8Array, width: number, radius: number): Uint8Array {
  const height = mask.length / width;
  const across = new Uint8Array(mask.length);
  for (let r = 0; r < height; r++) {
    let last = -Infinity;
    for (let c = 0, ahead = 0; c < width; c++) {
      for (; ahead < width && ahead <= c + radius; ahead++) if (mask[r * width + ahead] !== 0) last = ahead;
      if (last >= c - radius) across[r * width + c] = 1;
    }
  }
  const out = new Uint8Array(mask.length);
  for (let c = 0; c < width; c++) {
    let last = -Infinity;
    for (let r = 0, ahead = 0; r < height; r++) {
      for (; ahead < height && ahead <= r + radius; ahead++) if (across[ahead * width + c] !== 0) last = ahead;
      if (last >= r - radius) out[r * width + c] = 1;
    }
  }
  return out;
}

function crop(mask: Uint8Array, around: PixelWindow, buffer: number): Uint8Array {
  const [width, height] = [around.width - 2 * buffer, around.height - 2 * buffer];
  const out = new Uint8Array(width * height);
  for (let r = 0; r < height; r++) {
    const from = (r + buffer) * around.width + buffer;
    out.set(mask.subarray(from, from + width), r * width);
  }
  return out;
}

/** True where some chunk that is not empty has no scene classes: only its bands can tell clouds. */
export function needsDetector({ masks, classes }: ObservationPieces): boolean {
  return masks.chunks.some((chunk, i) => chunk.valid !== "none" && classes[i] === undefined);
}

/** SCL codes of a window, [height][width]; 255 where no chunk around tells. */
export function windowClasses({ masks, classes }: ObservationPieces, window: PixelWindow): Uint8Array {
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
