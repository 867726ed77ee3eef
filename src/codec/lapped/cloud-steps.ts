import { sharedMemory } from "../../core/shared-memory.js";
import { STRIDE } from "../../core/geometry.js";
import type { PixelMasks } from "../context/clear-shares.js";

/** SCL codes under which nobody reads texture: clouds of medium and high probability. */
const CLOUD: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => Number(code === 8 || code === 9));
/** A position's step, in sixteenths of the chunk's. */
export const PLAIN_MULT = 16;
/** Half the overlap of the lapped basis, pixels. */
const REACH = STRIDE / 2;

/**
 * Steps of a chunk's positions in sixteenths of its own: `cloudMult` where every pixel that a position's basis functions reach inside the
 * chunk is cloud or invalid, else 16. A decoder knows it from the lossless classes.
 */
export function positionSteps({ width, height, valid, classes }: PixelMasks, cloudMult: number): Uint8Array {
  const [rows, columns] = [Math.ceil(height / STRIDE), Math.ceil(width / STRIDE)];
  const out = new Uint8Array(sharedMemory(rows * columns)).fill(PLAIN_MULT);
  if (classes === undefined || cloudMult === PLAIN_MULT || valid === "none") return out;
  const hidden = hiddenPixels(valid, classes);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const [top, bottom] = [Math.max(0, STRIDE * r - REACH), Math.min(height, STRIDE * (r + 1) + REACH)];
      const [left, right] = [Math.max(0, STRIDE * c - REACH), Math.min(width, STRIDE * (c + 1) + REACH)];
      let isCloud = true;
      for (let y = top; isCloud && y < bottom; y++)
        for (let i = y * width + left; isCloud && i < y * width + right; i++) isCloud = hidden[i] === 1;
      if (isCloud) out[r * columns + c] = cloudMult;
    }
  }
  return out;
}

function hiddenPixels(valid: Uint8Array | "all", classes: Uint8Array): Uint8Array {
  const out = new Uint8Array(classes.length);
  for (let i = 0; i < out.length; i++) out[i] = CLOUD[classes[i] ?? 0] ?? 0;
  if (valid !== "all") for (let i = 0; i < out.length; i++) if (valid[i] === 0) out[i] = 1;
  return out;
}
