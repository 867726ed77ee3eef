import { positionsOf, STRIDE } from "../../core/geometry.js";
import { isClear } from "../../core/scene-classes.js";

/** What is known of a chunk's pixels, row-major. */
export interface PixelMasks {
  readonly width: number;
  readonly height: number;
  readonly valid: Uint8Array | "all" | "none";
  readonly classes: Uint8Array | undefined;
}

/** Clear share of the pixels of each latent (valid and, where classes are known, clear), 0..127, row-major. */
export function clearShares({ width, height, valid, classes }: PixelMasks): Uint8Array {
  const [rows, columns] = [positionsOf(height), positionsOf(width)];
  const out = new Uint8Array(rows * columns);
  if (valid === "none") return out;
  if (valid === "all" && classes === undefined) return out.fill(127);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      let [clear, pixels] = [0, 0];
      for (let y = STRIDE * r; y < Math.min(height, STRIDE * r + STRIDE); y++) {
        for (let i = y * width + STRIDE * c; i < y * width + Math.min(width, STRIDE * c + STRIDE); i++) {
          pixels++;
          if ((valid === "all" || valid[i] !== 0) && (classes === undefined || isClear(classes[i] ?? 0))) clear++;
        }
      }
      out[r * columns + c] = Math.floor((127 * clear) / pixels);
    }
  }
  return out;
}
